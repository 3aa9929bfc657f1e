# SPDX-License-Identifier: Apache-2.0
"""Verbs of jobs."""

from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F, Q

from glasshouse.domain.jobs.errors import StaleTokenError
from glasshouse.domain.jobs.models import Job, State
from glasshouse.domain.journal import commands as journal
from glasshouse.kernel.ids import Uid

LEASE = timedelta(seconds=30)
ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Claim:
    """A job in a worker's hands; the token fences off a worker that lost its lease."""

    uid: Uid
    kind: str
    arguments: Mapping[str, str | int]
    token: int
    attempt: int


def ask(
    kind: str,
    arguments: Mapping[str, str | int],
    *,
    actor: str,
    now: datetime,
    not_before: datetime | None = None,
    attempts: int = ATTEMPTS,
) -> Uid:
    """Put work in the queue, inside the caller's transaction; so many workers may die of it before it has failed."""
    job = Job.objects.create(
        uid=Uid.new().text,
        kind=kind,
        arguments=dict(arguments),
        asked_at=now,
        not_before=not_before or now,
        attempts_limit=attempts,
    )
    journal.record("jobs.asked", actor=actor, at=now, subject=Uid(job.uid), fields={"kind": kind})
    return Uid(job.uid)


def claim(*, now: datetime, among: Collection[str] = (), besides: Collection[str] = ()) -> Claim | None:
    """Take the oldest job that is due, or one whose worker fell silent; None when there is none.

    Only of the kinds `among` where any is named, and never of those `besides`: what takes hours has its own worker.
    """
    due = Q(state=State.WAITING, not_before__lte=now) | Q(state=State.RUNNING, leased_until__lte=now)
    if among:
        due &= Q(kind__in=among)
    if besides:
        due &= ~Q(kind__in=besides)
    while (job := Job.objects.filter(due).order_by("not_before", "pk").first()) is not None:
        if job.attempts >= job.attempts_limit:
            with suppress(StaleTokenError):  # another worker said so first
                _end(job.uid, job.token, State.FAILED, f"gave up after {job.attempts} attempts; the worker died", now)
            continue
        if (held := _taken(job, due, now)) is not None:
            return held
    return None


def take(uid: Uid, *, now: datetime) -> Claim | None:
    """Take one job that waits, due or not, for who asked for it and does it too; None when a worker has it."""
    waiting = Q(state=State.WAITING) | Q(state=State.RUNNING, leased_until__lte=now)
    job = Job.objects.filter(waiting, uid=uid.text).first()
    return _taken(job, waiting, now) if job is not None else None


def _taken(job: Job, condition: Q, now: datetime) -> Claim | None:
    with journal.transaction():
        # The token in the condition decides between two workers.
        is_mine = Job.objects.filter(condition, pk=job.pk, token=job.token).update(
            state=State.RUNNING, leased_until=now + LEASE, token=F("token") + 1, attempts=F("attempts") + 1
        )
    return Claim(Uid(job.uid), job.kind, job.arguments, job.token + 1, job.attempts + 1) if is_mine else None


def give_back(held: Claim, *, now: datetime, not_before: datetime | None = None) -> None:
    """Let another worker go on; that this one left counts as no attempt. Raise when the lease was lost."""
    with journal.transaction():
        changed = Job.objects.filter(uid=held.uid.text, token=held.token, state=State.RUNNING).update(
            state=State.WAITING, leased_until=None, not_before=not_before or now, attempts=F("attempts") - 1
        )
    if not changed:
        raise StaleTokenError("Another worker holds this job now.")


def beat(held: Claim, *, now: datetime, done: int = 0, of: int = 0) -> None:
    """Renew the lease and say how far the work is; raise when the lease was lost."""
    with journal.transaction():
        changed = Job.objects.filter(uid=held.uid.text, token=held.token, state=State.RUNNING).update(
            leased_until=now + LEASE, done_units=done, all_units=of
        )
    if not changed:
        raise StaleTokenError("Another worker holds this job now.")


def let_go(held: Claim, *, until: datetime) -> None:
    """Let another worker try from then on, one attempt less. Raise when the lease was lost."""
    with journal.transaction():
        changed = Job.objects.filter(uid=held.uid.text, token=held.token, state=State.RUNNING).update(
            leased_until=until
        )
    if not changed:
        raise StaleTokenError("Another worker holds this job now.")


def finish(held: Claim, message: str, *, now: datetime) -> None:
    """Say that the work is done; raise when the lease was lost."""
    _end(held.uid.text, held.token, State.DONE, message, now)


def fail(held: Claim, message: str, *, now: datetime) -> None:
    """Say that the work cannot be done; the message carries no source text."""
    _end(held.uid.text, held.token, State.FAILED, message, now)


def _end(uid: str, token: int, state: State, message: str, now: datetime) -> None:
    with journal.transaction():
        changed = Job.objects.filter(uid=uid, token=token, state__in=[State.RUNNING, State.WAITING]).update(
            state=state, message=message[:500], ended_at=now, leased_until=None
        )
        if not changed:
            raise StaleTokenError("Another worker holds this job now.")
        journal.record(
            "jobs.ended",
            actor="operator:worker",
            at=now,
            subject=Uid(uid),
            fields={"message": message[:500], "state": state.value},
        )
