# SPDX-License-Identifier: Apache-2.0
"""When a grant holds, what a line costs, what a window counts."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glasshouse.domain.access import rules
from glasshouse.domain.access.errors import (
    GrantEndedError,
    GrantNotYetError,
    GrantPausedError,
    GrantRevokedError,
    NotAccompaniedError,
    OutsideGrantError,
    OutsidePlaceError,
    PurposeMissingError,
)
from glasshouse.domain.access.rules import Standing
from glasshouse.domain.access.values import (
    ANYWHERE,
    USUAL,
    Conditions,
    Limits,
    NewGrant,
    Patterns,
    Pause,
    Purpose,
    Terms,
)
from glasshouse.domain.sites.values import ELSEWHERE, Presence
from glasshouse.kernel.errors import InvalidError, RefusedError
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.paths import TreePath
from tests.lab import MAIN, NOW, SECRET

ENDS = NOW + timedelta(days=2)
TERMS = Terms(Patterns.of(["src/**"]), NOW, ENDS, None, 1, USUAL, ANYWHERE)
TICK = timedelta(microseconds=1)


def standing_of(terms: Terms, now: datetime) -> Standing:
    return rules.standing(terms.begins, terms.ends, terms.revoked_at, terms.paused_at, now)


@pytest.mark.parametrize(
    ("moment", "standing"),
    [(NOW - TICK, Standing.NOT_YET), (NOW, Standing.OPEN), (ENDS - TICK, Standing.OPEN), (ENDS, Standing.ENDED)],
)
def test_a_grant_holds_from_its_beginning_up_to_its_end(moment: datetime, standing: Standing) -> None:
    assert standing_of(TERMS, moment) is standing


def test_a_revoked_grant_says_so_whatever_the_time() -> None:
    revoked = replace(TERMS, revoked_at=NOW)
    for moment in (NOW, ENDS):
        with pytest.raises(GrantRevokedError):
            rules.check_is_open(revoked, moment)
    later = replace(TERMS, revoked_at=NOW + TICK)
    rules.check_is_open(later, NOW)


@given(st.integers(-3, 3), st.one_of(st.none(), st.integers(-3, 3)), st.booleans())
def test_standing_and_refusal_always_agree(hours: int, revoked: int | None, is_paused: bool) -> None:  # noqa: FBT001
    moment = NOW + timedelta(hours=hours)
    ended = None if revoked is None else NOW + timedelta(hours=revoked)
    terms = replace(TERMS, ends=NOW + timedelta(hours=2), revoked_at=ended)
    if is_paused:
        terms = replace(terms, paused_at=NOW, pause=Pause.PACE)
    refusals: dict[Standing, type[RefusedError]] = {
        Standing.NOT_YET: GrantNotYetError,
        Standing.ENDED: GrantEndedError,
        Standing.PAUSED: GrantPausedError,
        Standing.REVOKED: GrantRevokedError,
    }
    standing = standing_of(terms, moment)
    if standing is Standing.OPEN:
        rules.check_is_open(terms, moment)
    else:
        with pytest.raises(refusals[standing]):
            rules.check_is_open(terms, moment)


def test_the_time_is_judged_before_purpose_and_place() -> None:
    away = replace(TERMS, conditions=Conditions(accompanied=True))
    with pytest.raises(GrantEndedError):
        rules.check_may(away, Purpose.TOOLS, ELSEWHERE, ENDS)
    with pytest.raises(PurposeMissingError, match="lets you read and search; it is not for this: run tools"):
        rules.check_may(away, Purpose.TOOLS, ELSEWHERE, NOW)
    with pytest.raises(OutsidePlaceError):
        rules.check_may(away, Purpose.READ, ELSEWHERE, NOW)
    rules.check_may(TERMS, Purpose.READ, ELSEWHERE, NOW)


@pytest.mark.parametrize("purpose", Purpose)
def test_a_grant_serves_the_purposes_it_names_and_no_other(purpose: Purpose) -> None:
    terms = replace(TERMS, purposes=frozenset({purpose}))
    for asked in Purpose:
        if asked is purpose:
            rules.check_may(terms, asked, ELSEWHERE, NOW)
        else:
            with pytest.raises(PurposeMissingError):
                rules.check_may(terms, asked, ELSEWHERE, NOW)
    rules.check_may(terms, None, ELSEWHERE, NOW)


def test_a_path_outside_does_not_exist() -> None:
    with pytest.raises(OutsideGrantError):
        rules.check_covers(TERMS, SECRET)
    rules.check_covers(TERMS, MAIN)
    rules.check_covers(TERMS, TreePath(b"src"))


BRUSSELS, DELFT, DESK, ARRIVED = Uid.new(), Uid.new(), Uid.new(), Uid.new()
SEATED = Presence(BRUSSELS, DESK, second_person=False, arrival=ARRIVED)


@pytest.mark.parametrize(
    ("conditions", "here", "reason"),
    [
        (Conditions(sites=frozenset({BRUSSELS})), ELSEWHERE, "no custodian has let you in"),
        (Conditions(sites=frozenset({BRUSSELS})), Presence(arrival=ARRIVED), "not at the machine"),
        (Conditions(sites=frozenset({BRUSSELS})), replace(SEATED, site=DELFT), "at another site"),
        (Conditions(at_workstation=True), ELSEWHERE, "no custodian has let you in"),
        (Conditions(at_workstation=True), Presence(arrival=ARRIVED), "not at the machine"),
        (Conditions(accompanied=True), Presence(arrival=ARRIVED, second_person=True), "not at the machine"),
        (Conditions(accompanied=True), SEATED, "second person"),
        (Conditions(frozenset({BRUSSELS}), at_workstation=True, accompanied=True), SEATED, "second person"),
    ],
)
def test_a_place_that_is_not_proved_is_refused_with_what_is_missing(
    conditions: Conditions, here: Presence, reason: str
) -> None:
    with pytest.raises((OutsidePlaceError, NotAccompaniedError), match=reason) as refused:
        rules.check_place(conditions, here)
    assert refused.value.hint


def test_a_place_that_is_proved_is_enough_and_nothing_is_asked_of_a_grant_without_conditions() -> None:
    rules.check_place(ANYWHERE, ELSEWHERE)
    rules.check_place(Conditions(sites=frozenset({BRUSSELS, DELFT}), at_workstation=True), SEATED)
    rules.check_place(Conditions(accompanied=True), replace(SEATED, second_person=True))


@pytest.mark.parametrize(
    ("depth", "limits"),
    [
        ("overview", Limits(3_000, 15_000, 30_000, 10_000)),
        ("targeted", Limits(12_000, 60_000, 120_000, 30_000)),
        ("full", Limits(40_000, 200_000, 400_000, 100_000)),
    ],
)
def test_each_depth_has_its_starting_budget(depth: str, limits: Limits) -> None:
    assert rules.limits_of(depth, 100_000) == limits
    assert rules.limits_of(depth, 1).total == 1
    assert rules.limits_of(depth, 0).total == 1, "an empty product still has a grant that can be written"


def test_tests_without_reading_have_no_budget_to_read() -> None:
    with pytest.raises(InvalidError):
        rules.limits_of("test-only", 1_000)


def test_a_share_is_never_told_smaller_than_it_is() -> None:
    assert rules.share_of(Limits(total=1), 1_000) == 1
    assert rules.share_of(Limits(total=300), 1_000) == 30
    assert rules.share_of(Limits(total=301), 1_000) == 31
    assert rules.share_of(Limits(total=5_000), 1_000) == 100


@pytest.mark.parametrize("window", rules.WINDOWS)
def test_more_is_twice_as_much_of_what_was_used_up_and_of_nothing_else(window: str) -> None:
    before = Limits(10, 20, 30, 40)
    after = rules.more(before, window)
    assert {name: getattr(after, name) // getattr(before, name) for name in rules.WINDOWS} == {
        name: 2 if name == window else 1 for name in rules.WINDOWS
    }
    with pytest.raises(InvalidError):
        rules.more(before, "hour_limit")


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
