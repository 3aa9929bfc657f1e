# SPDX-License-Identifier: Apache-2.0
"""Two releases by what tools found: what came, went, stayed, and what nobody looked for."""

import pytest

from glasshouse.domain.access.values import Patterns
from glasshouse.domain.detections.differing import Differing, differing
from glasshouse.domain.detections.errors import NotComparableError
from glasshouse.domain.detections.sights import Sight, operators_sight
from tests.domain.detections.handing import Told, hand_in, log
from tests.lab import House

LINES = b"".join(b"int line_%d;\n" % n for n in range(40))
FILES = {"p/src/a.c": LINES, "p/lib/b.c": LINES.replace(b"int", b"char")}
FIRST = [Told("gets", "src/a.c", 3), Told("gets", "lib/b.c", 4), Told("fopen", "lib/b.c", 9)]
SECOND = [Told("gets", "src/a.c", 3), Told("system", "lib/b.c", 20)]
WHOLE = Patterns(("**",))


@pytest.fixture
def house(house: House) -> House:
    house.take("1", FILES)
    house.take("2", FILES)
    hand_in(house, "1", log(FIRST))
    return house


def counts(found: Differing) -> dict[str, tuple[int, int, int, int]]:
    return {one.rule.id: (one.came, one.went, one.unknown, one.stayed) for one in found.rules}


def compared(patterns: Patterns = WHOLE) -> Differing:
    before, after = operators_sight("server", "1"), operators_sight("server", "2")
    return differing(Sight(before.release, patterns), Sight(after.release, patterns))


def test_each_rule_tells_what_came_went_and_stayed(house: House) -> None:
    hand_in(house, "2", log(SECOND, also=["fopen"]), is_complete=True)
    found = compared()
    assert counts(found) == {"system": (1, 0, 0, 0), "gets": (0, 1, 0, 1), "fopen": (0, 1, 0, 0)}
    assert [found.total(name) for name in ("came", "went", "unknown", "stayed")] == [1, 2, 0, 1]


@pytest.mark.parametrize("is_complete", [False, True])
def test_what_nobody_looked_for_did_not_go(house: House, is_complete: bool) -> None:  # noqa: FBT001 -- a case
    hand_in(house, "2", log(SECOND), is_complete=is_complete)  # where it is, the rule was off
    assert counts(compared())["fopen"] == (0, 0, 1, 0)


def test_a_grant_of_one_folder_compares_that_folder_alone(house: House) -> None:
    hand_in(house, "2", log(SECOND), is_complete=True)
    assert counts(compared(Patterns(("src/**",)))) == {"gets": (0, 0, 0, 1)}


def test_a_tool_of_one_release_is_told_and_not_compared(house: House) -> None:
    hand_in(house, "2", log(SECOND, tool="other"))
    found = compared()
    assert (counts(found), found.only_before, found.only_after) == ({}, ["cutter"], ["other"])


def test_releases_of_different_products_have_nothing_in_common(house: House) -> None:
    house.take("1", FILES, product="client")
    with pytest.raises(NotComparableError):
        differing(operators_sight("server", "1"), operators_sight("client", "1"))
