# SPDX-License-Identifier: Apache-2.0
"""Decisions of threads as pure functions: who speaks for whom, whose turn it is, what is late."""

from datetime import datetime
from typing import Final

from glasshouse.domain.people.values import Role
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.threads.errors import NoThreadError, NotYoursToCloseError, ThreadClosedError
from glasshouse.domain.threads.values import Clock, Side, State

ANSWERING: Final = (Role.PRODUCT_OWNER, Role.LAB_MANAGER)
"""Who of the vendor reads and answers: the product's own line, and who hears of what is late."""
QUESTION: Final = Clock(hours=72)
"""The clock of a question on lines."""
SEALED_FOR: Final = "threads"
"""The purpose of the engagement's key that words are sealed for."""
MAX_WORDS: Final = 4_000
MAX_WAITING: Final = 200
"""Threads of one engagement that wait for the vendor; more could not be answered in time anyway."""


def side_of(viewer: Viewer) -> Side:
    """Return the party that a viewer speaks for; to the vendor's other roles a thread does not exist."""
    if not viewer.is_vendor:
        return Side.VISITOR
    if viewer.may_act_as(*ANSWERING):
        return Side.VENDOR
    raise NoThreadError


def next_state(state: State, speaker: Side) -> State:
    """Return whose turn it is after a word of one side."""
    if state == State.CLOSED:
        raise ThreadClosedError("This was closed by those who asked.", hint="They can ask anew.")
    return State.WAITING if speaker is Side.VISITOR else State.ANSWERED


def restarts_clock(state: State, speaker: Side) -> bool:
    """Say whether a word starts the clock: it does after an answer, and never grants time to one who is late."""
    return speaker is Side.VISITOR and state == State.ANSWERED


def check_may_close(state: State, side: Side) -> None:
    """Raise unless a side may close a thread: what was asked is settled when those who asked say so."""
    if side is Side.VENDOR:
        raise NotYoursToCloseError("Those who asked close this.", hint="Answer, and they see that it is answered.")
    if state == State.CLOSED:
        raise ThreadClosedError("This was closed before.")


def is_late(state: State, due: datetime | None, now: datetime) -> bool:
    """Say whether the vendor's time is over and it is still its turn."""
    return state == State.WAITING and due is not None and now >= due
