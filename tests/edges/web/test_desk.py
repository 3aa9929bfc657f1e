# SPDX-License-Identifier: Apache-2.0
import re

import pytest
from django.test import Client

from glasshouse.domain.access.models import Grant
from glasshouse.domain.approvals.models import Proposal
from glasshouse.domain.people.models import Person
from glasshouse.domain.people.values import Role
from glasshouse.domain.releases.models import Product
from tests.edges.web.conftest import Browse, Moment
from tests.lab import EXPORT, House, add


def form(house: House, **changed: object) -> dict[str, object]:
    """A grant as the lab manager fills it in."""
    release = house.take()
    return {
        "engagement": house.engage(house.cast.reviewer, release).text,
        "holder": "reviewer@regulator.example",
        "releases": [release.uid],
        "patterns": "src/**\ndocs/*.md",
        "begins": "2026-11-23T08:00",
        "ends": "2026-12-01T18:00",
        "purposes": ["read", "search"],
        "hour": "100",
        "day": "200",
        "visit": "300",
        "total": "400",
        **changed,
    }


def digest_of(client: Client, address: str) -> str:
    found = re.search(r'name="digest" value="([0-9a-f]{64})"', client.get(address).content.decode())
    assert found
    return found[1]


def test_a_grant_is_proposed_read_agreed_by_two_and_stands_on_the_reviewers_desk(
    house: House, browser_of: Browse
) -> None:
    manager, custodian, officer = (
        browser_of(one) for one in (house.cast.manager, house.cast.custodian, house.cast.officer)
    )
    address = manager.post("/proposals/grant", form(house)).headers["Location"]
    own = manager.get(address).content.decode()
    assert "Somebody else decides" in own
    assert "<code>src/**</code>, <code>docs/*.md</code>" in own
    assert Proposal.objects.get(kind="access.grant").statement.replace('"', "&quot;") in own
    assert "100 an hour, 200 a day" in own

    digest = digest_of(custodian, address)
    assert custodian.post(address, {"verdict": "agree", "digest": digest}).status_code == 302
    assert not Grant.objects.exists()
    without = officer.post(address, {"verdict": "agree", "digest": digest})
    assert "Your agreement names the export decision." in without.content.decode()
    assert not Grant.objects.exists()
    officer.post(address, {"verdict": "agree", "digest": digest, "basis": EXPORT})
    assert Grant.objects.get().holder_id == house.cast.reviewer.row
    decided = manager.get(address).content.decode()
    assert EXPORT in decided
    assert "Carried out" in decided

    desk = browser_of(house.cast.reviewer).get("/").content.decode()
    assert "Open until 1 Dec 2026, 18:00" in desk
    assert "Begin a visit" in desk
    assert "src/**, docs/*.md" in desk


def test_a_refusal_gives_its_reason_and_ends_the_proposal(house: House, browser_of: Browse) -> None:
    address = browser_of(house.cast.manager).post("/proposals/grant", form(house)).headers["Location"]
    custodian = browser_of(house.cast.custodian)
    digest = digest_of(custodian, address)
    mute = custodian.post(address, {"verdict": "refuse", "digest": digest})
    assert "Say why you refuse." in mute.content.decode()
    custodian.post(address, {"verdict": "refuse", "digest": digest, "reason": "Too wide."})
    page = browser_of(house.cast.officer).get(address).content.decode()
    assert "Too wide." in page
    assert 'value="agree"' not in page


def test_a_word_on_another_statement_than_the_shown_one_is_not_taken(house: House, browser_of: Browse) -> None:
    address = browser_of(house.cast.manager).post("/proposals/grant", form(house)).headers["Location"]
    answer = browser_of(house.cast.custodian).post(address, {"verdict": "agree", "digest": "0" * 64})
    assert answer.status_code == 409
    assert "another statement" in answer.content.decode()


def test_nobody_decides_on_what_they_proposed(house: House, browser_of: Browse) -> None:
    manager = browser_of(house.cast.manager)
    address = manager.post("/proposals/grant", form(house)).headers["Location"]
    digest = bytes(Proposal.objects.get(kind="access.grant").digest).hex()
    answer = manager.post(address, {"verdict": "agree", "digest": digest})
    assert answer.status_code == 403
    assert "You proposed this" in answer.content.decode()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"patterns": "/etc"}, "Not a path pattern"),
        ({"patterns": "  \n "}, "This field is required"),
        ({"ends": "2026-11-22T08:00"}, "ends after it begins"),
        ({"hour": "0"}, "greater than or equal to 1"),
        ({"purposes": []}, "This field is required"),
        ({"purposes": ["own"]}, "Select a valid choice"),
        ({"sites": ["7" * 26]}, "Select a valid choice"),
        ({"holder": "manager@vendor.example"}, "Select a valid choice"),
        ({"releases": ["7" * 26]}, "Select a valid choice"),
        ({"releases": []}, "This field is required"),
        ({"begins": "soon"}, "Enter a valid date/time"),
    ],
)
def test_a_form_says_what_is_wrong_and_keeps_the_rest(
    house: House, browser_of: Browse, changed: dict[str, object], said: str
) -> None:
    answer = browser_of(house.cast.manager).post("/proposals/grant", form(house, **changed))
    assert answer.status_code == 200
    assert said in answer.content.decode()
    assert not Proposal.objects.filter(kind="access.grant").exists()


def test_releases_of_two_products_are_two_grants(house: House, browser_of: Browse) -> None:
    fields = form(house)
    fields["releases"] = [*fields["releases"], house.take(product="client").uid]  # type: ignore[misc] # a list above
    answer = browser_of(house.cast.manager).post("/proposals/grant", fields)
    assert "of one product" in answer.content.decode()


def test_a_grant_is_revoked_after_being_asked(house: House, browser_of: Browse) -> None:
    desk = house.desk()
    custodian = browser_of(house.cast.custodian)
    assert "Revoke the grant of Reviewer now?" in custodian.get(f"/grants/{desk.grant}/revoke").content.decode()
    assert Grant.objects.get().revoked_at is None
    assert custodian.post(f"/grants/{desk.grant}/revoke").headers["Location"] == "/grants/"
    assert Grant.objects.get().revoked_at is not None
    assert "Revoked 23 Nov, 08:00" in custodian.get("/grants/").content.decode()
    assert custodian.post(f"/grants/{desk.grant}/revoke").status_code == 403


def test_only_those_who_arrange_visits_revoke(house: House, browser_of: Browse) -> None:
    desk = house.desk()
    for viewer in (house.cast.officer, house.cast.reviewer, house.cast.stranger):
        assert browser_of(viewer).post(f"/grants/{desk.grant}/revoke").status_code == 404
    assert Grant.objects.get().revoked_at is None


def test_erasing_a_person_takes_two_words_and_removes_their_name(house: House, browser_of: Browse) -> None:
    house.desk()
    manager = browser_of(house.cast.manager)
    assert "What stays" in manager.get("/proposals/erasure").content.decode()
    unknown = manager.post("/proposals/erasure", {"email": "nobody@regulator.example", "reason": "Asked for."})
    assert "Nobody whom you may name" in unknown.content.decode()
    asked = {"email": "reviewer@regulator.example", "reason": "Asked for."}
    assert "engagement 26-001 is open" in manager.post("/proposals/erasure", asked).content.decode()
    house.part()
    address = manager.post("/proposals/erasure", asked).headers["Location"]
    for viewer in (house.cast.custodian, house.cast.officer):
        client = browser_of(viewer)
        assert "Personal data of Reviewer is destroyed" in client.get(address).content.decode()
        client.post(address, {"verdict": "agree", "digest": digest_of(client, address)})
    assert not Person.objects.get(pk=house.cast.reviewer.row).is_active
    assert "Erased person" in manager.get(address).content.decode()


def test_destroying_a_key_asks_for_the_name_twice(house: House, browser_of: Browse) -> None:
    house.take()
    owner = browser_of(add("owner@vendor.example", "Vendor", Role.PRODUCT_OWNER, is_vendor=True))
    wrong = owner.post("/proposals/shredding", {"product": "server", "again": "sever"})
    assert "another name than the product" in wrong.content.decode()
    address = owner.post("/proposals/shredding", {"product": "server", "again": "server"}).headers["Location"]
    for viewer in (house.cast.custodian, house.cast.officer):
        client = browser_of(viewer)
        assert "All source of server is destroyed" in client.get(address).content.decode()
        client.post(address, {"verdict": "agree", "digest": digest_of(client, address)})
    assert Product.objects.get().destroyed_at is not None
    assert "destroyed" in owner.get("/").content.decode()


def test_an_empty_desk_says_how_it_fills(house: House, browser_of: Browse) -> None:
    reviewer = browser_of(house.cast.reviewer)
    for address, said in (
        ("/", "You hold no grant"),
        ("/r/", "You hold no grant"),
        ("/changes/", "Nothing to compare"),
        ("/record/", "Nothing was shown to you yet"),
    ):
        assert said in reviewer.get(address).content.decode()
    assert "No proposal waits for you" in browser_of(house.cast.manager).get("/").content.decode()
    assert "No grant yet" in browser_of(house.cast.manager).get("/grants/").content.decode()


def test_a_grant_that_has_not_begun_says_when_it_does(house: House, browser_of: Browse, moment: Moment) -> None:
    proposal = house.propose(house.take())
    moment.pass_by(days=-1)
    house.agree(proposal, house.cast.custodian)
    house.agree(proposal, house.cast.officer, basis=EXPORT)
    page = browser_of(house.cast.reviewer).get("/").content.decode()
    assert "Begins 23 Nov 2026, 08:00" in page
    assert "Begin a visit" not in page


@pytest.mark.parametrize(
    ("role", "said"), [(Role.COMMITTEE, "Policies, waivers, accepted risks"), (Role.PSIRT, "embargoes and advisories")]
)
def test_who_has_no_room_yet_is_told_what_comes_and_what_they_can_do(
    house: House, browser_of: Browse, role: Role, said: str
) -> None:
    del house
    client = browser_of(add("somebody@vendor.example", "Vendor", role, is_vendor=True))
    page = client.get("/").content.decode()
    assert said in page
    assert "What you can do today" in page
    assert "<p>Nothing waits for you</p>" not in page
    for address in set(re.findall(r'<a class="btn" href="([^"]+)"', page)):
        assert client.get(address).status_code == 200, address
    for room in ("/r/", "/changes/", "/engagements/", "/notes/", "/sites/"):
        assert f'<a href="{room}"' not in page, "a room in which there is never anything for them"


def test_holds_are_offered_to_who_keeps_them(house: House, browser_of: Browse) -> None:
    auditor = add("auditor@vendor.example", "Vendor", Role.AUDITOR, is_vendor=True)
    for viewer, is_offered in ((house.cast.manager, True), (auditor, True), (house.cast.custodian, False)):
        assert ('href="/holds/"' in browser_of(viewer).get("/").content.decode()) is is_offered


def test_two_grants_of_one_engagement_stand_under_one_heading_each_named(house: House, browser_of: Browse) -> None:
    desk = house.desk()
    house.grant(*desk.taken, holder=desk.viewer, patterns=("src/**",))
    for address in ("/", "/r/"):
        page = browser_of(desk.viewer).get(address).content.decode()
        assert page.count('Lines left in <span class="nowrap">26-001</span>') == 1, address
        assert page.count('<ul class="bars">') == 2, address
        assert '<span class="mono quiet">src/**</span>' in page
