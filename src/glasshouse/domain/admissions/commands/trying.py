# SPDX-License-Identifier: Apache-2.0
"""Trying what was handed in, by a job: nothing that was brought is looked into by the process that serves pages."""

from dataclasses import asdict, replace
from datetime import datetime
from typing import Any, Final

from glasshouse.domain.admissions import queries, rules, shelf, trying
from glasshouse.domain.admissions.commands import recording
from glasshouse.domain.admissions.models import Brought
from glasshouse.domain.admissions.values import Kind, State, Trial, Tried
from glasshouse.domain.jobs import commands as jobs
from glasshouse.domain.journal import commands as journal
from glasshouse.domain.people.viewer import Viewer
from glasshouse.kernel.ids import Uid

TRY: Final = "admissions.try"
"""The kind of the jobs that try."""
_ACTOR: Final = "operator:worker"


def attempt(uid: Uid, *, now: datetime) -> Tried | None:
    """Try what waits in the sandbox and keep what came of it; what fails is settled by that. None if nothing waits."""
    row = Brought.objects.select_related("organisation").filter(uid=uid.text, state=State.WAITING).first()
    if row is None:
        return None
    party = Uid(row.organisation.uid)
    tried = trying.attempt(Kind(row.kind), shelf.read(party, row.pack))
    with journal.transaction():
        row = recording.locked(uid)
        if row.state != State.WAITING:
            return None
        row.trial, row.facts = tried.outcome, _facts(tried)
        row.said = shelf.sealer(party).seal(tried.said.encode(), context=queries.said_context(uid))
        if tried.outcome == Trial.FAILED:
            recording.settle(row, State.BROKEN, by=None, now=now)
            recording.tell_visitor(row, now)
        else:
            row.save()
        recording.record(row, "tried", _ACTOR, now=now, told={"facts": row.facts, "outcome": row.trial})
    if tried.outcome == Trial.FAILED:
        recording.tidy(party)
    return tried


def try_again(viewer: Viewer, uid: Uid, *, now: datetime) -> None:
    """Ask for another trial of what could not be tried: the operator may have installed its tool since."""
    found = queries.row(viewer, uid)
    rules.check_may_settle(State(found.state))
    with journal.transaction():
        if Brought.objects.filter(pk=found.pk, trial=Trial.NOT_RUN).update(trial=Trial.PENDING):
            jobs.ask(TRY, {"brought": found.uid}, actor=viewer.uid.text, now=now)
            recording.record(found, "trial-asked", viewer.uid.text, now=now, told={})


def _facts(tried: Tried) -> dict[str, Any]:
    return asdict(replace(tried, said=""))
