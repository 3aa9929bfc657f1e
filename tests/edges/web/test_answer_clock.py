# SPDX-License-Identifier: Apache-2.0
"""The clock of an answer as a page draws it."""

from datetime import UTC, datetime, timedelta

import pytest

from glasshouse.domain.threads.rules import QUESTION
from glasshouse.edges.web.speaking import Answer

DUE = datetime(2026, 11, 26, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("left", "used", "is_near", "is_late"),
    [(72, 0, False, False), (80, 0, False, False), (36, 36, False, False), (18, 54, True, False), (0, 72, True, True)],
)
def test_the_clock_runs_from_the_question_to_its_due_moment(left: int, used: int, is_near: bool, is_late: bool) -> None:  # noqa: FBT001
    clock = Answer.of(QUESTION, DUE, DUE - timedelta(hours=left))
    assert (clock.used, clock.whole) == (used * 3600, 72 * 3600)
    assert (clock.is_near, clock.is_late) == (is_near, is_late)
