# SPDX-License-Identifier: Apache-2.0
"""Judging on pages: many with one reason, each side's word beside the other's, the list narrowed by what was said."""

import re

import pytest
from django.test import Client

from glasshouse.domain.detections import listing
from glasshouse.domain.detections.narrowing import Narrowing
from glasshouse.domain.detections.sights import operators_sight
from glasshouse.domain.people.values import Role
from glasshouse.domain.triage.models import Verdict
from glasshouse.kernel.ids import Uid
from tests.domain.detections.handing import Told, hand_in, log
from tests.edges.web.conftest import Browse
from tests.edges.web.test_detections import TOOLS, under
from tests.lab import Desk, House, add

RESULTS = [Told("gets", "src/main.c", 12), Told("gets", "src/net/http.c", 4), Told("headline", "docs/guide.md", 1)]
REASON = "The caller <b>checks</b> it."


def arrange(house: House) -> Desk:
    release = house.take()
    hand_in(house, "1", log(RESULTS))
    return house.seat(house.cast.reviewer, release, purposes=TOOLS)


@pytest.fixture
def desk(house: House) -> Desk:
    return arrange(house)


@pytest.fixture
def owner(desk: Desk, browser_of: Browse) -> Client:
    del desk
    return browser_of(add("owner@vendor.example", "Vendor", Role.PRODUCT_OWNER, is_vendor=True))


def found() -> list[Uid]:
    """Return the detections in the order of the list."""
    return [row.uid for row in listing.page(operators_sight("server", "1"), Narrowing()).rows]


def counted(page: str) -> dict[str, int]:
    """Return what the list counts by verdict."""
    (side,) = re.findall(r'<h2 class="cap">Verdict</h2><ul>(.*?)</ul>', page)
    return {name: int(count) for name, count in re.findall(r'anywhere">([^<]+)</span><span class="n">(\d+)', side)}


def test_selected_detections_are_judged_with_one_reason_and_the_list_is_narrowed_by_it(
    desk: Desk, owner: Client
) -> None:
    url, chosen = f"/detections/{desk.release}/judge?which=found", [one.text for one in found()]
    asked = owner.post(url, {"detection": chosen[:2], "state": "false-positive"}).content.decode()
    assert "Judge 2 detections" in asked
    assert '<option value="false-positive" selected>' in asked
    assert "fix-verified" not in asked, "its own fix"
    assert not Verdict.objects.exists()
    wrong = owner.post(url, {"detection": chosen[:2], "state": "false-positive", "reason": "a\u202eb"})
    assert "does not show" in wrong.content.decode()
    done = owner.post(url, {"detection": chosen[:2], "state": "false-positive", "reason": REASON, "days": "9"})
    assert (done.status_code, done["Location"]) == (302, f"/detections/{desk.release}/")
    page = owner.get(f"/detections/{desk.release}/").content.decode()
    assert counted(page) == {"Open": 1, "False positive": 2}
    narrowed = owner.get(f"/detections/{desk.release}/?judged=false-positive").content.decode()
    assert [one in narrowed for one in chosen] == [True, True, False]
    assert counted(narrowed) == {"Open": 1, "False positive": 2}
    rest = owner.get(f"/detections/{desk.release}/?judged=open&words=gets").content.decode()
    assert [one in rest for one in chosen] == [False, False, True]
    assert counted(rest) == {"Open": 1, "False positive": 1}


def test_one_detection_tells_what_each_side_holds_and_why(desk: Desk, owner: Client, browser_of: Browse) -> None:
    one = found()[0].text
    reviewer, base = browser_of(desk.viewer), under(desk)
    owner.post(
        f"/detections/{desk.release}/judge", {"detection": one, "state": "wont-fix", "reason": REASON, "one": "yes"}
    )
    said = {"detection": one, "state": "confirmed", "reason": "Reached.", "one": "yes"}
    assert reviewer.post(f"{base}judge", said)["Location"] == f"{base}{one}/"
    page = reviewer.get(f"{base}{one}/").content.decode()
    assert "your side, Reviewer" in page
    assert "The caller &lt;b&gt;checks&lt;/b&gt; it." in page
    assert "Reached." in page
    theirs = owner.get(f"/detections/{desk.release}/{one}/").content.decode()
    assert "Reached." not in theirs
    assert "your side" not in theirs
    reviewer.post(f"{base}judge", {**said, "is_shared": "on"})
    assert "Reached." in owner.get(f"/detections/{desk.release}/{one}/").content.decode()


def test_a_visitor_puts_detections_to_the_vendor_and_the_detection_leads_to_the_finding(
    desk: Desk, owner: Client, browser_of: Browse
) -> None:
    chosen, base = [one.text for one in found()[:2]], under(desk)
    reviewer = browser_of(desk.viewer)
    assert "Raise a finding from 2" in reviewer.post(f"{base}put", {"detection": chosen}).content.decode()
    told = {"detection": chosen, "title": "Unsafe reads", "severity": "high", "words": "See both."}
    made = reviewer.post(f"{base}put", told)
    assert made["Location"].startswith("/findings/")
    assert "Unsafe reads" in owner.get(f"/detections/{desk.release}/{chosen[0]}/").content.decode()
    assert owner.post(f"{base}put", told).status_code == 404


def test_nothing_selected_is_said_so_and_who_only_reads_is_offered_no_verdict(
    house: House, desk: Desk, owner: Client, browser_of: Browse
) -> None:
    assert "Nothing is selected" in owner.post(f"/detections/{desk.release}/judge", {}).content.decode()
    manager = browser_of(house.cast.manager)
    assert 'data-key="c"' not in manager.get(f"/detections/{desk.release}/").content.decode()
    chosen = {"detection": found()[0].text, "state": "confirmed", "reason": "x"}
    assert manager.post(f"/detections/{desk.release}/judge", chosen).status_code == 403
    assert browser_of(house.cast.stranger).post(f"/detections/{desk.release}/judge", chosen).status_code == 404


def test_a_notice_of_a_verdict_leads_to_the_list(desk: Desk, owner: Client, browser_of: Browse) -> None:
    base = under(desk)
    reviewer = browser_of(desk.viewer)
    for client, url in ((owner, f"/detections/{desk.release}/"), (reviewer, base)):
        client.post(f"{url}judge", {"detection": found()[0].text, "state": "confirmed", "reason": "x"})
        uid = Verdict.objects.latest("pk").uid
        assert client.get(f"/verdicts/{uid}/")["Location"] == url
        assert client.get(f"/verdicts/of/{desk.release}/")["Location"] == f"{url}?judged=again"
    assert owner.get(f"/verdicts/{uid}/").status_code == 404, "the visitor's"
