# SPDX-License-Identifier: Apache-2.0
"""Asking, answering, closing, and what happens when no answer comes in time."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Final

from django.db import connection

from glasshouse.domain.jobs import commands as jobs
from glasshouse.domain.journal import commands as journal
from glasshouse.domain.journal import wording
from glasshouse.domain.journal.values import Json
from glasshouse.domain.notices import commands as notices
from glasshouse.domain.people.queries import office
from glasshouse.domain.people.values import Role
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.threads import queries, rules
from glasshouse.domain.threads.errors import ManyThreadsError, NoThreadError
from glasshouse.domain.threads.models import Message, Thread
from glasshouse.domain.threads.values import AboutKind, Clock, NewThread, Side, State
from glasshouse.kernel import clock as times
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.texts import readable

DEADLINE: Final = "threads.deadline"
"""The kind of the jobs that look whether an answer came in time; they name a thread and the turn of its clock."""


def open_thread(viewer: Viewer, new: NewThread, text: str, *, sealer: wording.Sealer, now: datetime) -> Uid:
    """Ask the vendor something; its clock runs from now on. The caller has judged that the viewer may ask about it."""
    words = readable(text, what="The question", limit=rules.MAX_WORDS)
    with journal.transaction():
        waiting = Thread.objects.filter(engagement=new.engagement.text, state=State.WAITING).count()
        if waiting >= rules.MAX_WAITING:
            raise ManyThreadsError(f"{waiting} questions of this engagement wait for an answer; that many may.")
        made, message = start(viewer, new, words, sealer=sealer, now=now)
        told = {"about": new.about.kind.value, "due": times.to_text(made.due_at)}
        _record(viewer, made, "opened", now, {"thread": told, "words": message})
    return Uid(made.uid)


def start(viewer: Viewer, new: NewThread, words: str, *, sealer: wording.Sealer, now: datetime) -> tuple[Thread, str]:
    """Begin a thread inside the caller's transaction and under its entry; return it and what commits to its words."""
    if rules.side_of(viewer) is not Side.VISITOR:
        raise NoThreadError
    made = Thread.objects.create(
        uid=Uid.new().text,
        engagement=new.engagement.text,
        product=new.product.text,
        about_kind=new.about.kind,
        about=new.about.uid.text,
        place=new.about.place,
        opened_by_id=viewer.row,
        opened_at=now,
        hours=new.clock.hours,
        due_at=new.clock.due(now),
        moved_at=now,
    )
    digest = _add(viewer, made, words, sealer, now)
    _wind(made, actor=viewer.uid.text, now=now)
    _tell(made, office(Role.PRODUCT_OWNER), "asked", now)
    return made, digest


def reply(
    viewer: Viewer, uid: Uid, text: str, *, reach: Collection[Uid], sealer: wording.Sealer, now: datetime
) -> None:
    """Say something in a thread about lines: the vendor's word answers it, the visitor's starts its clock again."""
    found = queries.thread(viewer, uid, reach, kind=AboutKind.LINES)
    words = readable(text, what="The answer" if viewer.is_vendor else "The question", limit=rules.MAX_WORDS)
    with journal.transaction():
        row = locked(Uid(found.uid))
        digest = say(viewer, row, words, sealer=sealer, now=now)
        _record(viewer, row, "replied", now, {"words": digest})


def say(viewer: Viewer, row: Thread, words: str, *, sealer: wording.Sealer, now: datetime) -> str:
    """Add a word to a thread inside the caller's transaction and under its entry; return what commits to it."""
    side, before = rules.side_of(viewer), State(row.state)
    after = rules.next_state(before, side)
    if side is Side.VENDOR:
        _keep_late(row, now)
    row.state = after
    row.moved_at = now
    if restarted := rules.restarts_clock(before, side):
        row.turn += 1
        row.due_at = Clock(row.hours).due(now)
        row.escalated_at = None
    row.save(update_fields=["state", "moved_at", "turn", "due_at", "escalated_at"])
    digest = _add(viewer, row, words, sealer, now)
    if restarted:
        _wind(row, actor=viewer.uid.text, now=now)
    _tell(row, _others(row, side), "asked" if side is Side.VISITOR else "answered", now)
    return digest


def close(viewer: Viewer, uid: Uid, *, reach: Collection[Uid], now: datetime) -> None:
    """Close a thread of the viewer's own side; what was said in it stays."""
    found = queries.thread(viewer, uid, reach, kind=AboutKind.LINES)
    with journal.transaction():
        row = locked(Uid(found.uid))
        rules.check_may_close(State(row.state), rules.side_of(viewer))
        _keep_late(row, now)
        row.state, row.closed_at, row.moved_at = State.CLOSED, now, now
        row.save(update_fields=["state", "closed_at", "moved_at", "escalated_at"])
        _tell(row, _others(row, Side.VISITOR), "closed", now)
        _record(viewer, row, "closed", now, {})


def settle(viewer: Viewer, row: Thread, words: str, *, sealer: wording.Sealer, now: datetime) -> str:
    """Add a word that expects no answer, inside the caller's transaction and under its entry; its clock stops."""
    after = rules.next_state(State(row.state), Side.VENDOR)
    _keep_late(row, now)
    row.state, row.moved_at = after, now
    row.save(update_fields=["state", "moved_at", "escalated_at"])
    digest = _add(viewer, row, words, sealer, now)
    _tell(row, {*_others(row, Side.VENDOR), *_others(row, Side.VISITOR)} - {viewer.row}, "settled", now)
    return digest


def escalate(uid: Uid, turn: int, *, now: datetime) -> bool:
    """Tell who manages the lab that an answer is late, once a turn; return whether it was.

    A clock that was set back, an answer meanwhile, or the same job again: nothing happens.
    """
    with journal.transaction():
        row = Thread.objects.filter(uid=uid.text).first()
        if row is None or row.turn != turn or not rules.is_late(State(row.state), row.due_at, now):
            return False
        # The condition in the UPDATE decides between this and an answer, and between two workers.
        late = Thread.objects.filter(pk=row.pk, turn=turn, state=State.WAITING, escalated_at=None)
        if not late.update(escalated_at=now):
            return False
        _tell_late(row, "operator:worker", now)
    return True


def locked(uid: Uid) -> Thread:
    """Return a thread's row for a change inside the caller's transaction, which has judged it."""
    found = Thread.objects.filter(uid=uid.text)
    if connection.features.has_select_for_update:
        found = found.select_for_update()
    return found.get()


def _keep_late(row: Thread, now: datetime) -> None:
    """Keep that a thread is late before what is said changes its state: a worker that stood still hides nothing."""
    if row.escalated_at is None and rules.is_late(State(row.state), row.due_at, now):
        row.escalated_at = now
        _tell_late(row, "operator:web", now)


def _tell_late(row: Thread, actor: str, now: datetime) -> None:
    journal.record(
        "threads.escalated",
        actor=actor,
        at=now,
        subject=Uid(row.uid),
        engagement=Uid(row.engagement),
        fields={"thread": {"due": times.to_text(row.due_at), "turn": row.turn}},
    )
    _tell(row, office(Role.LAB_MANAGER, Role.PRODUCT_OWNER), "late", now)
    _tell(row, [row.opened_by_id], "late", now)


def _add(viewer: Viewer, row: Thread, words: str, sealer: wording.Sealer, now: datetime) -> str:
    uid = Uid.new()
    kept = wording.keep(words, sealer, context=uid.text)
    Message.objects.create(
        uid=uid.text, thread=row, author_id=viewer.row, is_vendor=viewer.is_vendor, words=kept.sealed, at=now
    )
    return str(kept.digest)


def _wind(row: Thread, *, actor: str, now: datetime) -> None:
    jobs.ask(DEADLINE, {"thread": row.uid, "turn": row.turn}, actor=actor, now=now, not_before=row.due_at)


def _tell(row: Thread, persons: Iterable[int], what: str, now: datetime) -> None:
    is_finding = row.about_kind == AboutKind.FINDING
    subject, route = (row.about, "finding") if is_finding else (row.uid, "question")
    notices.tell(persons, f"threads.{what}", subject=Uid(subject), route=route, now=now)


def _others(row: Thread, side: Side) -> set[int]:
    """Return whom a word of one side is for: everybody who answers, or all of the visitor's side who spoke."""
    if side is Side.VISITOR:
        spoke = row.messages.filter(is_vendor=True).values_list("author", flat=True)
        return {*spoke, *office(Role.PRODUCT_OWNER)}
    asked = row.messages.filter(is_vendor=False).values_list("author", flat=True)
    return {row.opened_by_id, *asked}


def _record(viewer: Viewer, row: Thread, what: str, now: datetime, told: dict[str, Json]) -> None:
    journal.record(
        f"threads.{what}",
        actor=viewer.uid.text,
        at=now,
        subject=Uid(row.uid),
        engagement=Uid(row.engagement),
        fields=told,
    )
