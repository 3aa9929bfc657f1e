# SPDX-License-Identifier: Apache-2.0
"""The list of detections: its order, its pages, its counts on every side, and what of it a viewer may see."""

import pytest

from glasshouse.domain.access.values import Patterns
from glasshouse.domain.detections import listing, queries
from glasshouse.domain.detections.errors import NoDetectionError
from glasshouse.domain.detections.narrowing import Narrowing, Which
from glasshouse.domain.detections.sights import Sight, operators_sight, sight_of
from glasshouse.domain.people.values import Role
from glasshouse.domain.releases.errors import ReleaseUnknownError
from glasshouse.engines.formats.sarif import Severity
from glasshouse.kernel.errors import InvalidError
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.paths import TreePath
from tests.domain.detections.handing import Told, hand_in, log
from tests.lab import House, add

FILES = {
    f"p/{name}": b"".join(b"int line_%d_of_%s;\n" % (n, name.encode()) for n in range(40))
    for name in ("src/b.c", "src/a.c", "lib/deep/c.c", "top.c")
}
RESULTS = [
    Told("gets", "src/b.c", 9),
    Told("gets", "src/a.c", 30),
    Told("gets", "src/a.c", 4),
    Told("strcpy", "lib/deep/c.c", 7),
    Told("long-line", "src/a.c", 1, level="note"),
    Told("fopen", "top.c", 2, level="warning", more={"suppressions": [{"kind": "inSource"}]}),
]
CWES = {"gets": "242", "strcpy": "120"}
ALL = Narrowing()


@pytest.fixture
def sight(house: House) -> Sight:
    house.take("1", FILES)
    hand_in(house, "1", log(RESULTS, cwes=CWES))
    return operators_sight("server", "1")


def places(page: listing.Page) -> list[str]:
    return [f"{row.path}:{row.first}" for row in page.rows]


ORDER = ["lib/deep/c.c:7", "src/a.c:4", "src/a.c:30", "src/b.c:9", "top.c:2", "src/a.c:1"]


def test_the_worst_comes_first_and_then_the_order_of_paths_and_lines(sight: Sight) -> None:
    found = listing.page(sight, ALL)
    assert places(found) == ORDER
    assert found.after is None
    assert [row.severity for row in found.rows] == [*[Severity.HIGH] * 4, Severity.MEDIUM, Severity.LOW]
    assert found.rows[0].message == "strcpy is dangerous"
    assert found.rows[0].rule.cwes == (120,)
    assert [row.is_suppressed for row in found.rows] == [False] * 4 + [True, False]


@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_pages_follow_each_other_with_nothing_lost_or_twice(house: House, sight: Sight, size: int) -> None:
    hand_in(house, "1", log([Told("eval", "src/a.c", 4), Told("eval", "top.c", 2)], tool="other"))
    whole = [row.uid for row in listing.page(sight, ALL).rows]
    found: list[Uid] = []
    after: Uid | None = None
    while True:
        page = listing.page(sight, ALL, after=after, size=size)
        found += [row.uid for row in page.rows]
        assert page.facets.total == 8
        after = page.after
        if after is None:
            break
    assert found == whole
    assert len(set(found)) == 8


def narrowed(sight: Sight, **asked: str) -> list[str]:
    return places(listing.page(sight, Narrowing.parse(asked)))


def test_each_way_to_narrow_keeps_the_order(sight: Sight) -> None:
    assert narrowed(sight, severity="high") == ORDER[:4]
    assert narrowed(sight, severity="low") == ORDER[5:]
    assert narrowed(sight, cwe="242") == ORDER[1:4]
    assert narrowed(sight, words="cwe-120") == ORDER[:1]
    assert narrowed(sight, words="LONG") == ORDER[5:]
    assert narrowed(sight, folder="src") == [*ORDER[1:4], ORDER[5]]
    assert narrowed(sight, folder="src/b.c") == ORDER[3:4]
    assert narrowed(sight, suppressed="yes") == ORDER[4:5]
    assert narrowed(sight, suppressed="no") == ORDER[:4] + ORDER[5:]
    assert narrowed(sight, tool="cutter") == ORDER
    assert narrowed(sight, tool="other") == []
    assert narrowed(sight, which="absent") == []
    rule = listing.page(sight, ALL).rows[0].tag.hex()
    assert narrowed(sight, rule=rule) == ORDER[:1]
    assert narrowed(sight, rule=rule, folder="src") == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("which", "x"),
        ("severity", "worst"),
        ("rule", "zz"),
        ("rule", "00"),
        ("cwe", "-1"),
        ("cwe", "1" * 9),
        ("suppressed", "maybe"),
        ("folder", "../etc"),
    ],
)
def test_what_narrows_nothing_is_refused(name: str, value: str) -> None:
    with pytest.raises(InvalidError):
        Narrowing.parse({name: value})


def test_a_narrowing_is_read_as_it_is_told() -> None:
    asked = {
        "which": "new",
        "severity": "low",
        "rule": "ab" * 16,
        "cwe": "79",
        "tool": "t",
        "suppressed": "no",
        "words": "x",
        "folder": "src",
    }
    assert Narrowing.parse(asked).told() == asked
    assert Narrowing.parse({}).told() == {}


def test_each_count_is_of_what_a_click_on_it_shows(sight: Sight) -> None:
    for asked in ({}, {"folder": "src"}, {"severity": "high"}, {"cwe": "242", "suppressed": "no"}, {"words": "e"}):
        facets = listing.page(sight, Narrowing.parse(asked)).facets
        sides = {
            "severity": {one.value: count for one, count in facets.severities.items()},
            "which": {one.value: count for one, count in facets.which.items()},
            "rule": {tag.hex(): count for _, tag, count in facets.rules},
            "cwe": {str(cwe): count for cwe, count in facets.cwes},
            "suppressed": {"yes" if one else "no": count for one, count in facets.suppressed.items()},
            "folder": {str(path): count for path, count, _ in facets.folders},
        }
        for name, counts in sides.items():
            for value, count in counts.items():
                assert len(narrowed(sight, **{**asked, name: value})) == count, (asked, name, value)
        assert facets.total == len(narrowed(sight, **asked))


def test_what_a_grant_does_not_cover_is_neither_listed_nor_counted(sight: Sight) -> None:
    part = Sight(sight.release, Patterns(("lib/**",)))
    found = listing.page(part, ALL)
    assert places(found) == ORDER[:1]
    assert [rule.id for rule, _, _ in found.facets.rules] == ["strcpy"]
    assert (found.facets.total, found.facets.which[Which.FOUND]) == (1, 1)
    assert [str(path) for path, _, _ in found.facets.folders] == ["lib"]
    assert sum(found.facets.severities.values()) == 1
    hidden = next(row.uid for row in listing.page(sight, ALL).rows if str(row.path) == "src/b.c")
    with pytest.raises(NoDetectionError):
        listing.page(part, ALL, after=hidden)


def test_another_partys_report_is_in_no_list_and_no_count(house: House, sight: Sight) -> None:
    mine = house.cast.reviewer.organisation.text
    hand_in(house, "1", log([Told("secret-rule", "top.c", 5)], tool="brought"), party=mine)
    assert "top.c:5" not in places(listing.page(sight, ALL))
    assert listing.page(sight, ALL).facets.tools == [("cutter", 6)]
    theirs = Sight(sight.release, sight.patterns, ("", house.cast.stranger.organisation.text))
    assert listing.page(theirs, ALL).facets.total == 6
    own = listing.page(Sight(sight.release, sight.patterns, ("", mine)), ALL)
    assert ("brought", 1) in own.facets.tools
    assert "top.c:5" in places(own)


@pytest.mark.usefixtures("sight")
def test_new_means_new_since_the_release_before_however_often_the_tool_ran(house: House) -> None:
    house.take("2", FILES)
    again = [*RESULTS[1:], Told("system", "top.c", 20)]
    hand_in(house, "2", log(again, cwes=CWES), is_complete=True)
    later = operators_sight("server", "2")
    assert narrowed(later, which="new") == ["top.c:20"]
    assert narrowed(later, which="absent") == ["src/b.c:9"]
    hand_in(house, "2", log([*again, Told("system", "top.c", 30)], cwes=CWES), is_complete=True)
    page = listing.page(later, Narrowing(Which.NEW))
    assert places(page) == ["top.c:20", "top.c:30"]
    assert all(row.is_new for row in page.rows)
    assert page.facets.which[Which.NEW] == 2
    assert page.facets.severities[Severity.HIGH] == 2
    assert [row.is_new for row in listing.page(later, ALL).rows] == [False] * 3 + [True, True] + [False] * 2


def test_what_names_no_file_of_the_release_comes_last_and_in_no_grant_but_the_whole(house: House, sight: Sight) -> None:
    hand_in(house, "1", log([Told("stray", "gone.c", 3)], tool="other"))
    found = listing.page(sight, Narrowing.parse({"severity": "high"}))
    assert places(found) == [*ORDER[:4], "gone.c:3"]
    assert [
        row.uid for row in listing.page(sight, Narrowing.parse({"severity": "high"}), after=found.rows[3].uid).rows
    ] == [found.rows[4].uid]
    part = Sight(sight.release, Patterns(("*.c", "src/**", "lib/**")))
    assert "gone.c:3" not in places(listing.page(part, ALL))


def test_the_tally_is_of_the_same_counts(sight: Sight) -> None:
    (report,) = sight.reports()
    tally = queries.tally(report, Patterns(("src/**",)))
    assert [(rule.id, count) for rule, count in tally.rules] == [("gets", 3), ("long-line", 1)]


def test_only_the_vendors_readers_see_a_whole_release(house: House, sight: Sight) -> None:
    owner = add("owner@vendor.example", "Vendor", Role.PRODUCT_OWNER, is_vendor=True)
    for viewer in (owner, house.cast.manager):
        assert sight_of(viewer, sight.release.uid).patterns.is_whole
    for viewer in (house.cast.custodian, house.cast.officer, house.cast.reviewer, house.cast.stranger):
        with pytest.raises(ReleaseUnknownError):
            sight_of(viewer, sight.release.uid)


def test_a_folder_with_signs_of_patterns_in_its_name_is_itself(house: House) -> None:
    house.take("3", {"p/a*b/x.c": b"int x;\n", "p/axb/x.c": b"int x;\n"})
    hand_in(house, "3", log([Told("r", "a*b/x.c", 1), Told("r", "axb/x.c", 1)]))
    found = listing.page(operators_sight("server", "3"), Narrowing(folder=TreePath(b"a*b")))
    assert places(found) == ["a*b/x.c:1"]
