# SPDX-License-Identifier: Apache-2.0
"""A page that is open when its grant stops shows why instead; who has no lines left asks for more with one click."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from glasshouse.domain.access.models import Grant
from glasshouse.domain.access.rules import share_of
from glasshouse.domain.access.values import Limits, Pause
from glasshouse.domain.approvals.models import Proposal
from glasshouse.domain.engagements.models import Engagement
from glasshouse.domain.journal.models import Event
from glasshouse.domain.people.values import Role
from glasshouse.domain.readingroom import commands
from tests.edges.web.conftest import Browse, Moment, base
from tests.lab import NOW, Desk, House, add
from tests.searching import index, searcher


def text(answer: object) -> str:
    content = getattr(answer, "content", b"")
    assert isinstance(content, bytes)
    return content.decode()


def still(client: Client, desk: Desk) -> tuple[int, str]:
    """Ask as an open page does every few seconds."""
    answer = client.get(f"{base(desk)}still", headers={"hx-request": "true"})
    return answer.status_code, text(answer)


def test_every_page_that_shows_source_asks_whether_it_may_stay(desk: Desk, reviewer: Client) -> None:
    asking = f'hx-get="{base(desk)}still" hx-trigger="every 5s" hx-target="#main" hx-swap="innerHTML"'
    here = base(desk)
    shown = {
        name: text(reviewer.get(address))
        for name, address in {
            "folder": here,
            "file": f"{here}file/src/main.c",
            "facts": f"{here}file/logo.png",
            "left out": f"{here}left-out",
            "history": f"{here}history/src/main.c",
        }.items()
    }
    for name, page in shown.items():
        # Inside what the refusal takes the place of: a page that was closed asks no more.
        main = page[page.index("<main") : page.index("</main>")]
        assert asking in main, name


def test_pages_without_source_ask_nothing(desk: Desk, reviewer: Client) -> None:
    for address in ("/", "/record/", f"/record/visits/{desk.visit}", f"/grants/{desk.grant}/more"):
        assert 'hx-get="/r/' not in text(reviewer.get(address)), address


def test_an_open_page_stays_while_the_grant_does_and_leaves_no_trace(desk: Desk, reviewer: Client) -> None:
    before = Event.objects.count()
    assert [still(reviewer, desk) for _ in range(3)] == [(204, "")] * 3
    assert Event.objects.count() == before


@pytest.mark.parametrize(
    ("end", "said"),
    [("revoke", "Your grant was revoked"), ("pause", "more lines in a minute"), ("close", "Your visit is closed")],
)
def test_what_is_open_is_replaced_by_the_refusal_with_its_reason(
    house: House, desk: Desk, reviewer: Client, end: str, said: str
) -> None:
    assert reviewer.get(f"{base(desk)}file/src/main.c").status_code == 200
    if end == "revoke":
        commands.revoke_grant(house.cast.custodian, desk.grant, now=NOW)
    elif end == "pause":
        Grant.objects.update(paused_at=NOW, pause=Pause.PACE)
    else:
        commands.close_visit(desk.viewer, desk.visit, now=NOW)
    status, piece = still(reviewer, desk)
    assert status == 403
    assert said in piece
    assert "<html" not in piece, "the piece takes the place of what was shown"
    assert "hx-trigger" not in piece, "and asks no more"
    assert "line_1" not in piece


def test_a_grant_that_runs_out_closes_its_pages_too(desk: Desk, reviewer: Client, moment: Moment) -> None:
    moment.pass_by(days=2)
    assert still(reviewer, desk)[0] == 403


def test_a_session_that_was_ended_elsewhere_goes_to_the_door(desk: Desk, reviewer: Client) -> None:
    reviewer.logout()
    answer = reviewer.get(f"{base(desk)}still", headers={"hx-request": "true"})
    assert answer.status_code == 401
    assert answer["HX-Redirect"] == "/sign-in"


def test_asking_whether_a_page_may_stay_is_cheap(
    desk: Desk, reviewer: Client, django_assert_max_num_queries: object
) -> None:
    still(reviewer, desk)
    assert callable(django_assert_max_num_queries)
    with django_assert_max_num_queries(6):
        assert still(reviewer, desk)[0] == 204


@pytest.fixture
def spent(house: House) -> Desk:
    return house.desk(limits=Limits(hour=40, day=200, visit=300, total=400))


def button(page: str) -> tuple[str, str]:
    """Return where the page's one click goes, and for which window."""
    found = re.search(r'action="(/grants/[^"]+/more)".*?name="window" value="(\w+)"', page, re.DOTALL)
    assert found
    return found[1], found[2]


def test_one_click_on_the_refusal_asks_for_more_and_two_words_give_it(
    house: House, spent: Desk, browser_of: Browse
) -> None:
    client = browser_of(spent.viewer)
    client.get(f"{base(spent)}file/src/main.c")
    refused = client.get(f"{base(spent)}file/src/net/http.c")
    assert refused.status_code == 403
    address, window = button(text(refused))
    assert window == "hour"
    told = client.post(address, {"window": window}, follow=True)
    assert "Two people decide" in text(told)
    assert 'name="window"' not in text(told), "what waits is not asked for again"
    assert client.post(address, {"window": window}).status_code == 409

    proposal = Proposal.objects.get(kind="access.more")
    for name in ("custodian", "officer"):
        page = browser_of(getattr(house.cast, name))
        shown = text(page.get(f"/proposals/{proposal.uid}/"))
        assert "40 an hour" in shown
        assert "80 an hour" in shown
        digest = bytes(proposal.digest).hex()
        assert page.post(f"/proposals/{proposal.uid}/", {"verdict": "agree", "digest": digest}).status_code == 302
    assert "Agreed, and raised" in text(client.get(address))
    assert client.get(f"{base(spent)}file/src/net/http.c?from=1").status_code == 403, "a hundred lines are more than 40"
    assert client.get(f"{base(spent)}file/src/long.c").status_code == 200


def test_a_search_that_found_more_than_is_left_asks_with_one_click_too(house: House, browser_of: Browse) -> None:
    taken = house.take()
    index(taken)
    with searcher():
        seat = house.seat(house.cast.reviewer, taken, limits=Limits(hour=5))
        asked = {"pattern": "int line_", "case": "smart", "context": "0", "release": [taken.uid]}
        answer = browser_of(seat.viewer).post(f"/search/{seat.grant}/", asked, headers={"hx-request": "true"})
    assert answer.status_code == 403
    assert button(text(answer)) == (f"/grants/{seat.grant}/more", "hour")


def test_no_other_refusal_offers_more(house: House, desk: Desk, reviewer: Client) -> None:
    commands.revoke_grant(house.cast.custodian, desk.grant, now=NOW)
    assert "/more" not in text(reviewer.get(f"{base(desk)}file/src/main.c"))


def test_a_window_that_there_is_not_is_told(desk: Desk, reviewer: Client) -> None:
    assert reviewer.post(f"/grants/{desk.grant}/more", {"window": "minute"}).status_code == 422


def test_the_custodian_reads_why_a_grant_waits_and_lets_it_go_on(
    house: House, desk: Desk, reviewer: Client, browser_of: Browse
) -> None:
    Grant.objects.update(paused_at=NOW, pause=Pause.SWEEP)
    custodian = browser_of(house.cast.custodian)
    assert "Waits for a custodian since 23 Nov, 08:00" in text(custodian.get("/grants/"))
    page = text(custodian.get(f"/grants/{desk.grant}/resume"))
    assert "file after file from first line to last" in page
    assert "Waits for a custodian" in text(reviewer.get("/"))
    assert browser_of(house.cast.manager).post(f"/grants/{desk.grant}/resume").status_code == 404
    assert custodian.post(f"/grants/{desk.grant}/resume").headers["Location"] == "/grants/"
    assert reviewer.get(f"{base(desk)}file/src/main.c").status_code == 200
    assert custodian.post(f"/grants/{desk.grant}/resume").status_code == 409
    page = text(custodian.get(f"/grants/{desk.grant}/resume"))
    assert "does not wait" in page
    assert 'class="btn main"' not in page, "there is nothing to press"


def test_limits_left_empty_are_as_the_engagements_depth_has_them(house: House, browser_of: Browse) -> None:
    taken = house.take()
    fields = {
        "engagement": house.engage(house.cast.reviewer, taken).text,
        "holder": "reviewer@regulator.example",
        "releases": [taken.uid],
        "patterns": "**",
        "purposes": ["read"],
        "accompanied": "on",
        "begins": "2026-11-23T08:00",
        "ends": "2026-12-01T18:00",
        "day": "500",
    }
    address = browser_of(house.cast.manager).post("/proposals/grant", fields).headers["Location"]
    page = text(browser_of(house.cast.custodian).get(address))
    total = -(-taken.lines * 30 // 100)
    assert f"12,000 an hour, 500 a day, 120,000 a visit, {total} in all" in page
    share = share_of(Limits(total=total), taken.lines)
    assert share in {30, 31}, "rounded up, for a share is never told smaller than it is"
    assert f"(at most {share} % of the product" in page
    assert "a second person present" in page
    assert Engagement.objects.get().depth == "targeted"


def test_a_vendors_own_reviewer_sees_nobody_elses_question(spent: Desk, browser_of: Browse) -> None:
    asked = commands.ask_for_more(spent.viewer, spent.grant, "hour", now=NOW + timedelta(minutes=1))
    own = add("inside@vendor.example", "Vendor", Role.REVIEWER, is_vendor=True)
    client = browser_of(own)
    assert client.get(f"/proposals/{asked.uid}/").status_code == 404
    assert "Regulator" not in text(client.get("/"))
