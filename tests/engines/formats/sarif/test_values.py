# SPDX-License-Identifier: Apache-2.0
import pytest

from glasshouse.engines.formats.sarif import Component, Location, Region, Result, Rule, Run, Tool
from glasshouse.kernel.errors import InvalidError
from glasshouse.kernel.paths import TreePath


@pytest.mark.parametrize("lines", [(0, 0), (0, 3), (3, 2), (-1, 4), (1, 2**31)])
def test_a_region_is_a_range_of_lines(lines: tuple[int, int]) -> None:
    with pytest.raises(InvalidError):
        Region(*lines)


def test_a_location_is_not_inside_and_outside_at_once() -> None:
    with pytest.raises(InvalidError):
        Location(path=TreePath(b"a.c"), outside="/usr/include/stdio.h")


def test_a_region_is_part_of_a_file_that_has_a_name() -> None:
    with pytest.raises(InvalidError):
        Location(region=Region(1, 1))


def test_a_rule_of_an_extension_is_not_the_drivers_of_the_same_id() -> None:
    ours, theirs = Rule("S1", name="ours"), Rule("S1", name="theirs")
    run = Run(Tool(Component("t", rules=(ours,)), (Component("plug", rules=(theirs,)),)))
    assert run.rule_of(Result(rule_id="S1", message="m")) == ours
    assert run.rule_of(Result(rule_id="S1", message="m", component="plug")) == theirs
    assert run.rule_of(Result(rule_id="S2", message="m")) is None
