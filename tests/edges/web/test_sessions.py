# SPDX-License-Identifier: Apache-2.0
"""Who is signed in where, on pages: an ended session meets the front door, which says why."""

from allauth.usersessions.models import UserSession
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from glasshouse.domain.people import sessions
from glasshouse.domain.people.models import Person
from glasshouse.domain.people.viewer import Viewer
from tests.edges.conftest import SECRET
from tests.edges.web.conftest import Browse, base
from tests.edges.web.test_codes import code_of, give_password, with_password
from tests.lab import Desk, House

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def listed(client: Client, viewer: Viewer) -> str:
    """Let a browser's session stand among the person's, as the front door does; return its name."""
    key = client.session.session_key
    UserSession.objects.create(user_id=viewer.row, ip="198.51.100.7", user_agent=FIREFOX, session_key=key)
    return sessions.name_of(str(key))


def test_a_person_sees_their_sessions_and_ends_one_of_them(house: House, browser_of: Browse) -> None:
    reviewer = house.cast.reviewer
    here, there = browser_of(reviewer), browser_of(reviewer)
    listed(here, reviewer)
    name = listed(there, reviewer)
    page = here.get("/me/ways-in").content.decode()
    assert page.count("Firefox, Linux") == 2
    assert page.count("This one") == 1
    assert here.post(f"/me/sessions/{name}/end", follow=True).status_code == 200
    refused = there.get("/")
    assert refused.headers["Location"].startswith("/sign-in")
    assert "This session was ended from another one of yours." in there.get("/sign-in").content.decode()
    assert here.get("/").status_code == 200


def test_abuse_case_3_an_open_page_closes_when_its_session_was_ended(
    house: House, desk: Desk, browser_of: Browse
) -> None:
    reader, custodian = browser_of(desk.viewer), browser_of(house.cast.custodian)
    name = listed(reader, desk.viewer)
    still = f"{base(desk)}still"
    assert reader.get(still, headers={"hx-request": "true"}).status_code == 204
    address = f"/sessions/{desk.viewer.uid}/{name}/end"
    assert "Reviewer" in custodian.get("/sessions/").content.decode()
    assert custodian.post(address, {"reason": ""}).status_code == 200
    assert reader.get(still, headers={"hx-request": "true"}).status_code == 204
    assert custodian.post(address, {"reason": "Left at the machine."}).headers["Location"] == "/sessions/"
    closed = reader.get(still, headers={"hx-request": "true"})
    assert (closed.status_code, closed.headers["HX-Redirect"]) == (401, "/sign-in")
    assert "ended by the lab&#x27;s custodian" in reader.get("/sign-in").content.decode()
    assert custodian.post(address, {"reason": "Again."}).status_code == 404


def test_a_custodian_who_ends_their_own_last_session_meets_the_front_door(house: House, browser_of: Browse) -> None:
    custodian = browser_of(house.cast.custodian)
    name = listed(custodian, house.cast.custodian)
    page = custodian.post(f"/sessions/{house.cast.custodian.uid}/{name}/end", {"reason": "Going home."}, follow=True)
    assert page.redirect_chain[-1][0].startswith("/sign-in")


def test_signing_in_once_too_often_ends_the_oldest_and_both_browsers_are_told(house: House, browser_of: Browse) -> None:
    reviewer = house.cast.reviewer
    person = Person.objects.get(pk=reviewer.row)
    password = with_password(person)  # first, for a new password ends every session
    oldest, second = browser_of(reviewer), browser_of(reviewer)
    for browser in (oldest, second):
        listed(browser, reviewer)
    newest = Client(SERVER_NAME="localhost")
    give_password(newest, person, password)
    told = newest.post("/sign-in/code", {"code": code_of(SECRET)}, follow=True).content.decode()
    assert "Your oldest session elsewhere has ended" in told
    assert [one.get("/").status_code for one in (oldest, second, newest)] == [302, 200, 200]
    assert "This session ended when you signed in elsewhere" in oldest.get("/sign-in").content.decode()


def test_last_seen_costs_a_page_nothing_within_five_minutes(desk: Desk, browser_of: Browse) -> None:
    reader = browser_of(desk.viewer)
    listed(reader, desk.viewer)
    reader.get("/me/look")
    with CaptureQueriesContext(connection) as asked:
        reader.get("/me/look")
    assert not [one for one in asked.captured_queries if "usersession" in one["sql"]]
