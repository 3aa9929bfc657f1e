# SPDX-License-Identifier: Apache-2.0
"""When a grant holds, what a line costs, what a window counts."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glasshouse.domain.access import rules
from glasshouse.domain.access.errors import GrantEndedError, GrantNotYetError, GrantRevokedError, OutsideGrantError
from glasshouse.domain.access.rules import Standing
from glasshouse.domain.access.values import Limits, NewGrant, Patterns, Terms
from glasshouse.kernel.errors import InvalidError, RefusedError
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.paths import TreePath
from tests.lab import MAIN, NOW, SECRET

ENDS = NOW + timedelta(days=2)
TERMS = Terms(Patterns.of(["src/**"]), NOW, ENDS, None, 1)
TICK = timedelta(microseconds=1)


def standing_of(terms: Terms, now: datetime) -> Standing:
    return rules.standing(terms.begins, terms.ends, terms.revoked_at, now)


@pytest.mark.parametrize(
    ("moment", "standing"),
    [(NOW - TICK, Standing.NOT_YET), (NOW, Standing.OPEN), (ENDS - TICK, Standing.OPEN), (ENDS, Standing.ENDED)],
)
def test_a_grant_holds_from_its_beginning_up_to_its_end(moment: datetime, standing: Standing) -> None:
    assert standing_of(TERMS, moment) is standing


def test_a_revoked_grant_says_so_whatever_the_time() -> None:
    revoked = Terms(TERMS.patterns, NOW, ENDS, NOW, 2)
    for moment in (NOW, ENDS):
        with pytest.raises(GrantRevokedError):
            rules.check_is_open(revoked, moment)
    later = Terms(TERMS.patterns, NOW, ENDS, NOW + TICK, 2)
    rules.check_is_open(later, NOW)


@given(st.integers(-3, 3), st.one_of(st.none(), st.integers(-3, 3)))
def test_standing_and_refusal_always_agree(hours: int, revoked: int | None) -> None:
    moment = NOW + timedelta(hours=hours)
    ended = None if revoked is None else NOW + timedelta(hours=revoked)
    terms = Terms(TERMS.patterns, NOW, NOW + timedelta(hours=2), ended, 1)
    refusals: dict[Standing, type[RefusedError]] = {
        Standing.NOT_YET: GrantNotYetError,
        Standing.ENDED: GrantEndedError,
        Standing.REVOKED: GrantRevokedError,
    }
    standing = standing_of(terms, moment)
    if standing is Standing.OPEN:
        rules.check_is_open(terms, moment)
    else:
        with pytest.raises(refusals[standing]):
            rules.check_is_open(terms, moment)


def test_the_time_is_judged_before_the_path() -> None:
    with pytest.raises(GrantEndedError):
        rules.check_may_read(TERMS, SECRET, ENDS)
    with pytest.raises(OutsideGrantError):
        rules.check_may_read(TERMS, SECRET, NOW)
    rules.check_may_read(TERMS, MAIN, NOW)
    rules.check_may_read(TERMS, TreePath(b"src"), NOW)


@pytest.mark.parametrize(("length", "cost"), [(0, 1), (1, 1), (400, 1), (401, 2), (4000, 10), (10**6, 2500)])
def test_a_long_line_costs_as_many_lines_as_it_would_fill(length: int, cost: int) -> None:
    assert rules.cost_of(length) == cost


@given(st.lists(st.integers(1, 20), max_size=30), st.data())
def test_only_lines_not_seen_cost_and_parts_of_lines_always_do(costs: list[int], data: st.DataObject) -> None:
    offsets = range(len(costs))
    seen = data.draw(st.sets(st.sampled_from(offsets))) if costs else set()
    always = frozenset(data.draw(st.sets(st.sampled_from(offsets)))) if costs else frozenset()
    bits = sum(1 << offset for offset in seen)
    wanted = sum(cost for offset, cost in enumerate(costs) if offset in always or offset not in seen)
    assert rules.new_cost(costs, always, bits) == wanted


def test_a_counter_one_hour_ahead_still_counts_and_no_other_does() -> None:
    assert [rules.still_counts(stored, 100) for stored in (98, 99, 100, 101, 102)] == [False, False, True, True, False]
    assert rules.still_counts("visit", "visit")
    assert not rules.still_counts("visit", "another")


@pytest.mark.parametrize("limits", [{"hour": 0}, {"day": -1}, {"visit": 10**13}, {"total": 0}])
def test_limits_of_nothing_are_refused(limits: dict[str, int]) -> None:
    with pytest.raises(InvalidError):
        Limits(**limits)


def test_a_grant_of_no_release_or_no_time_is_refused() -> None:
    release = Uid.new()
    for releases, begins, ends in (((), NOW, ENDS), ((release,), NOW, NOW), ((release,), ENDS, NOW)):
        with pytest.raises(InvalidError):
            NewGrant(Uid.new(), "r@c.example", Uid.new(), releases, Patterns.of(["**"]), begins, ends, Limits())
