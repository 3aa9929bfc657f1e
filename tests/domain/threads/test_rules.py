# SPDX-License-Identifier: Apache-2.0
"""Whose turn it is, whose word starts a clock, and what is late: every pair of state and side."""

from datetime import UTC, datetime, timedelta

import pytest

from glasshouse.domain.threads import rules
from glasshouse.domain.threads.errors import NotYoursToCloseError, ThreadClosedError
from glasshouse.domain.threads.values import Clock, Side, State
from glasshouse.kernel.errors import InvalidError

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
OPEN = (State.WAITING, State.ANSWERED)


@pytest.mark.parametrize("state", OPEN)
def test_the_vendors_word_answers_and_the_visitors_asks(state: State) -> None:
    assert rules.next_state(state, Side.VENDOR) == State.ANSWERED
    assert rules.next_state(state, Side.VISITOR) == State.WAITING


@pytest.mark.parametrize("side", Side)
def test_a_closed_thread_takes_no_word(side: Side) -> None:
    with pytest.raises(ThreadClosedError):
        rules.next_state(State.CLOSED, side)


def test_only_asking_on_after_an_answer_starts_the_clock() -> None:
    starting = [(state, side) for state in State for side in Side if rules.restarts_clock(state, side)]
    assert starting == [(State.ANSWERED, Side.VISITOR)]


@pytest.mark.parametrize("state", State)
def test_the_vendor_closes_nothing(state: State) -> None:
    with pytest.raises(NotYoursToCloseError):
        rules.check_may_close(state, Side.VENDOR)


@pytest.mark.parametrize("state", OPEN)
def test_those_who_asked_close_at_any_time_and_once(state: State) -> None:
    rules.check_may_close(state, Side.VISITOR)
    with pytest.raises(ThreadClosedError):
        rules.check_may_close(State.CLOSED, Side.VISITOR)


def test_late_is_from_the_very_moment_and_only_while_it_is_the_vendors_turn() -> None:
    due = rules.QUESTION.due(NOW)
    assert due == NOW + timedelta(hours=72)
    assert [state for state in State if rules.is_late(state, due, due)] == [State.WAITING]
    assert not rules.is_late(State.WAITING, due, due - timedelta(microseconds=1))


@pytest.mark.parametrize("hours", [0, -1, 24 * 90 + 1])
def test_a_clock_that_nobody_could_keep_is_refused(hours: int) -> None:
    with pytest.raises(InvalidError):
        Clock(hours)
