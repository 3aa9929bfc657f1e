# SPDX-License-Identifier: Apache-2.0
"""The pages of what tools found: the vendor's readers see no code, a grant shows it, nobody else sees anything."""

import pytest
from django.test import Client

from glasshouse.domain.access.values import Purpose
from glasshouse.domain.detections import listing
from glasshouse.domain.detections.narrowing import Narrowing
from glasshouse.domain.detections.sights import operators_sight
from glasshouse.domain.journal.models import Event
from glasshouse.domain.people.values import Role
from glasshouse.domain.readingroom import commands as readingroom
from glasshouse.domain.releases import commands as releases
from glasshouse.domain.releases.reading import Reading
from glasshouse.kernel.ids import Uid
from tests.domain.detections.handing import Told, hand_in, log, place
from tests.edges.web.conftest import Browse
from tests.lab import FILES, NOW, Desk, House, add, next_version

TOOLS = frozenset({Purpose.READ, Purpose.SEARCH, Purpose.TOOLS})
HOSTILE = "<script>alert(1)</script> \u202egnp.exe \x1b[31m"
FLOW = {
    "codeFlows": [
        {
            "threadFlows": [
                {
                    "locations": [
                        {"location": place("src/main.c", 3, "It enters.")},
                        {"location": place("docs/guide.md", 1, "Through a secret place.")},
                        {"location": place("src/main.c", 12, "It is used.")},
                    ]
                }
            ]
        }
    ]
}
RESULTS = [
    Told("gets", "src/main.c", 12, message=HOSTILE, more=FLOW),
    Told("gets", "src/net/http.c", 4, level="warning"),
    Told("headline", "docs/guide.md", 1, level="note", message="The guide says it."),
]


def arrange(house: House) -> Desk:
    release = house.take()
    hand_in(house, "1", log(RESULTS, cwes={"gets": "242"}))
    return house.seat(house.cast.reviewer, release, purposes=TOOLS)


@pytest.fixture
def desk(house: House) -> Desk:
    return arrange(house)


@pytest.fixture
def owner(house: House, desk: Desk, browser_of: Browse) -> Client:
    del house, desk
    return browser_of(add("owner@vendor.example", "Vendor", Role.PRODUCT_OWNER, is_vendor=True))


def under(desk: Desk, rest: str = "") -> str:
    return f"/r/{desk.grant}/{desk.release}/detections/{rest}"


def found(rule: str = "gets") -> Uid:
    page = listing.page(operators_sight("server", "1"), Narrowing())
    return next(row.uid for row in page.rows if row.rule.id == rule)


def test_a_reader_of_the_vendor_sees_the_whole_release_and_no_code(desk: Desk, owner: Client) -> None:
    assert f'href="/detections/{desk.release}/"' in owner.get("/detections/").content.decode()
    page = owner.get(f"/detections/{desk.release}/").content.decode()
    assert "What tools found in server 1" in page
    for place_of in ("src/main.c:12", "src/net/http.c:4", "docs/guide.md:1"):
        assert place_of in page
    one = owner.get(f"/detections/{desk.release}/{found()}/").content.decode()
    assert "lines of source are shown under a grant alone" in one
    assert 'class="code"' not in one
    assert "Through a secret place." in one


def test_what_a_tool_says_is_text_with_nothing_hidden(desk: Desk, owner: Client) -> None:
    for address in (f"/detections/{desk.release}/", f"/detections/{desk.release}/{found()}/"):
        page = owner.get(address).content.decode()
        assert "<script>alert(1)" not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt; [U+202E]gnp.exe [U+001B][31m" in page
        assert "\u202e" not in page
        assert "\x1b" not in page


def test_a_visitor_sees_it_beside_its_code_recorded_and_charged(desk: Desk, reviewer: Client) -> None:
    answer = reviewer.get(under(desk))
    page = answer.content.decode()
    assert "Glasshouse-Promise" in answer.headers
    assert "src/main.c:12" in page
    assert Event.objects.filter(kind="readingroom.detections-shown").count() == 1
    one = reviewer.get(under(desk, f"{found()}/"))
    said = one.content.decode()
    assert one.status_code == 200
    assert '<li class="in"><a class="ln" ' in said
    assert f'href="/r/{desk.grant}/{desk.release}/file/src/main.c?lines=12#L12"' in said
    assert Event.objects.filter(kind="readingroom.detection-shown").count() == 1
    assert "It enters." in said


def test_a_fragment_is_the_same_without_the_page(desk: Desk, reviewer: Client) -> None:
    one = reviewer.get(under(desk, f"{found()}/"), headers={"hx-request": "true"}).content.decode()
    assert "<html" not in one
    assert 'id="limits" hx-swap-oob="true"' in one
    assert "It enters." in one


def test_a_grant_of_one_folder_shows_that_folder_and_counts_it_alone(
    house: House, desk: Desk, browser_of: Browse
) -> None:
    part = house.seat(house.cast.colleague, *desk.taken, patterns=("src/main.c",), purposes=TOOLS)
    client = browser_of(part.viewer)
    page = client.get(under(part)).content.decode()
    assert "src/main.c:12" in page
    assert "1 in all" in page
    one = client.get(under(part, f"{found()}/")).content.decode()
    assert "outside of your grant" in one
    for hidden in ("http.c", "guide", "headline", "secret", "src/net"):
        assert hidden not in page, hidden
        assert hidden not in one, hidden
    assert client.get(under(part, f"{found('headline')}/")).status_code == 404
    assert client.get(under(part, f"?after={found('headline')}")).status_code == 404
    narrow = house.seat(house.cast.stranger, *desk.taken, patterns=("src/net/**",), purposes=TOOLS)
    page = browser_of(narrow.viewer).get(under(narrow)).content.decode()
    assert "1 in all" in page
    assert "main.c" not in page


def test_what_one_organisation_brought_is_invisible_to_all_others(
    house: House, desk: Desk, owner: Client, browser_of: Browse
) -> None:
    mine = desk.viewer.organisation.text
    hand_in(house, "1", log([Told("own-rule", "src/main.c", 30)], tool="brought"), party=mine)
    assert "own-rule" in browser_of(desk.viewer).get(under(desk)).content.decode()
    theirs = house.seat(house.cast.stranger, *desk.taken, purposes=TOOLS)
    for client, address in ((owner, f"/detections/{desk.release}/"), (browser_of(theirs.viewer), under(theirs))):
        page = client.get(address).content.decode()
        assert "3 in all" in page
        assert "own-rule" not in page
        assert "brought" not in page


def test_without_the_purpose_or_the_grant_nothing_is_shown(house: House, desk: Desk, browser_of: Browse) -> None:
    client = browser_of(desk.viewer)
    reading = house.seat(house.cast.colleague, *desk.taken)
    assert browser_of(reading.viewer).get(under(reading)).status_code == 403
    assert "src/main.c:12" not in browser_of(reading.viewer).get(under(reading)).content.decode()
    assert browser_of(house.cast.stranger).get(under(desk)).status_code == 404
    assert browser_of(house.cast.stranger).get(f"/detections/{desk.release}/").status_code == 404
    readingroom.revoke_grant(house.cast.manager, desk.grant, now=NOW)
    for rest in ("", f"{found()}/"):
        answer = client.get(under(desk, rest))
        assert answer.status_code == 403
        assert "strcpy" not in answer.content.decode()
    assert not Event.objects.filter(kind="readingroom.detections-shown").exists()


def test_a_grant_for_tools_alone_says_why_no_code_is_shown(house: House, desk: Desk, browser_of: Browse) -> None:
    part = house.seat(house.cast.colleague, *desk.taken, purposes=frozenset({Purpose.TOOLS}))
    one = browser_of(part.viewer).get(under(part, f"{found()}/")).content.decode()
    assert "your grant is for running tools, and not for reading" in one
    assert 'class="code"' not in one


@pytest.mark.parametrize("query", ["?which=x", "?severity=worst", "?rule=zz", "?cwe=x", "?folder=../x", "?after=x"])
def test_nonsense_is_refused(desk: Desk, owner: Client, query: str) -> None:
    assert owner.get(f"/detections/{desk.release}/{query}").status_code in {404, 422}


def test_the_lists_of_releases_teach_who_sees_none(house: House, desk: Desk, browser_of: Browse) -> None:
    assert under(desk) in browser_of(desk.viewer).get("/detections/").content.decode()
    page = browser_of(house.cast.stranger).get("/detections/").content.decode()
    assert "No grant of yours is for running tools" in page
    assert "server" not in page


def test_two_releases_are_compared_by_rule_each_as_far_as_it_may_be_seen(
    house: House, desk: Desk, owner: Client, browser_of: Browse
) -> None:
    later = house.take("2", next_version(FILES))
    hand_in(house, "2", log([*RESULTS[1:], Told("system", "src/net/http.c", 30)], also=["gets"]), is_complete=True)
    said = owner.get(f"/detections/{later.uid}/since/{desk.release}/").content.decode()
    assert "What tools found in server 2, since 1" in said
    assert "system" in said
    assert (
        f'href="/detections/{later.uid}/since/{desk.release}/"'
        in owner.get(f"/detections/{later.uid}/").content.decode()
    )
    part = house.seat(house.cast.stranger, *desk.taken, later, patterns=("src/main.c",), purposes=TOOLS)
    client = browser_of(part.viewer)
    page = client.get(f"/r/{part.grant}/{later.uid}/detections/since/{desk.release}/")
    assert "Glasshouse-Promise" in page.headers
    assert "gets" in page.content.decode()
    assert "system" not in page.content.decode()
    assert Event.objects.filter(kind="readingroom.differing-shown").count() == 1
    ungranted = f"/r/{desk.grant}/{desk.release}/detections/since/{later.uid}/"
    assert browser_of(desk.viewer).get(ungranted).status_code == 404


def test_a_product_shown_in_pictures_shows_what_tools_say_in_pictures(desk: Desk, browser_of: Browse) -> None:
    person = add("owner@vendor.example", "Vendor", Role.PRODUCT_OWNER, is_vendor=True)
    product = Uid(desk.taken[0].product.uid)
    releases.set_reading(person, product, Reading(in_pictures=True), reason="Trade secret.", now=NOW)
    client = browser_of(desk.viewer)
    for rest in ("", f"{found()}/"):
        page = client.get(under(desk, rest)).content.decode()
        assert "alert(1)" not in page
        assert "It enters." not in page
        assert 'class="drawn"' in page
