# SPDX-License-Identifier: Apache-2.0
"""Looking at the clocks."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from glasshouse.domain.deadlines import queries
from glasshouse.domain.journal import commands as journal
from glasshouse.domain.notices import commands as notices
from glasshouse.domain.threads import commands as threads
from glasshouse.domain.threads.models import Thread
from glasshouse.domain.threads.values import State
from glasshouse.kernel.ids import Uid

LOOK: Final = "deadlines.look"
"""The kind of the jobs that look."""


def look(*, now: datetime, report: Callable[[int, int], None] = lambda _done, _of: None) -> int:
    """Make every call that is due and was not made; return how many. Two that look at once call once.

    Answers that are late are found here too: the job of a single thread may have met a clock that was set back.
    """
    made, due = 0, queries.due(now)
    for number, call in enumerate(due):
        report(number, len(due))
        with journal.transaction():
            persons = call.persons()
            if notices.tell_once(call.clock, persons, call.kind, subject=call.subject, route=call.route, now=now):
                made += 1
                journal.record(
                    "deadlines.called",
                    actor="operator:worker",
                    at=now,
                    subject=call.subject,
                    fields={"kind": call.kind, "told": len(persons)},
                )
    late = Thread.objects.filter(state=State.WAITING, escalated_at=None, due_at__lte=now)
    return made + sum(threads.escalate(Uid(uid), turn, now=now) for uid, turn in late.values_list("uid", "turn"))
