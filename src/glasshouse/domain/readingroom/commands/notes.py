# SPDX-License-Identifier: Apache-2.0
"""Writing notes, changing, sharing and removing them. An entry tells that one was written, and nothing of it."""

from datetime import datetime
from typing import Final

from django.db import connection

from glasshouse.domain.engagements import queries as engagements
from glasshouse.domain.engagements.models import Engagement
from glasshouse.domain.engagements.rules import check_may_write
from glasshouse.domain.journal import commands as journal
from glasshouse.domain.journal import wording
from glasshouse.domain.journal.values import Fields
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.readingroom import notes, rules
from glasshouse.domain.readingroom.errors import ManyNotesError, NoNoteError
from glasshouse.domain.readingroom.models import Note
from glasshouse.domain.readingroom.places import shown_at
from glasshouse.kernel.errors import NotFoundError
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.lines import Span
from glasshouse.kernel.texts import readable

_WHAT: Final = "The note"


def write_note(
    viewer: Viewer,
    grant: Uid,
    event: Uid,
    text: str,
    *,
    now: datetime,
    span: Span | None = None,
    is_shared: bool = False,
) -> Uid:
    """Keep a visitor's note on lines that one of their entries showed, or on the search that it tells of.

    Raises NotFoundError for another's entry and for the vendor, NotShownError, RefusedError once the engagement is
    closed, ManyNotesError.
    """
    if viewer.is_vendor:
        raise NotFoundError
    words = readable(text, what=_WHAT, limit=rules.MAX_NOTE)
    shown = shown_at(viewer, grant, event, span)
    check_may_write(engagements.clearance(shown.engagement, viewer.row, now))
    uid = Uid.new()
    kept = wording.keep(words, notes.words_sealer(viewer.organisation), context=uid.text)
    place = notes.seal_place(shown.place, uid, organisation=viewer.organisation, product=shown.product)
    with journal.transaction():
        rows = Engagement.objects.filter(uid=shown.engagement.text)
        if connection.features.has_select_for_update:
            rows = rows.select_for_update()  # two tabs keep no more than one may
        engagement = rows.get()
        if engagement.notes.filter(author_id=viewer.row, removed_at=None).count() >= rules.MAX_NOTES:
            raise ManyNotesError(
                f"You keep {rules.MAX_NOTES:,} notes in this engagement.", hint="Remove one that you need no longer."
            )
        told: Fields = {"is_shared": is_shared, "words": str(kept.digest)}
        _record(viewer, uid, shown.engagement, "written", now=now, told=told)
        Note.objects.create(
            uid=uid.text,
            engagement=engagement,
            author_id=viewer.row,
            words=kept.sealed,
            place=place,
            is_shared=is_shared,
            written_at=now,
        )
    return uid


def change_note(viewer: Viewer, uid: Uid, text: str, *, now: datetime) -> None:
    """Give one of the viewer's own notes other words; the old ones are gone, and the entry says that it was changed."""
    row = notes.own(viewer, uid)
    words = readable(text, what=_WHAT, limit=rules.MAX_NOTE)
    engagement = Uid(row.engagement.uid)
    check_may_write(engagements.clearance(engagement, viewer.row, now))
    kept = wording.keep(words, notes.words_sealer(viewer.organisation), context=uid.text)
    with journal.transaction():
        _change(row, words=kept.sealed, changed_at=now)
        _record(viewer, uid, engagement, "changed", now=now, told={"words": str(kept.digest)})


def share_note(viewer: Viewer, uid: Uid, *, is_shared: bool, now: datetime) -> None:
    """Let colleagues of the same engagement read one of the viewer's own notes, or no longer."""
    row = notes.own(viewer, uid)
    engagement = Uid(row.engagement.uid)
    if is_shared:
        check_may_write(engagements.clearance(engagement, viewer.row, now))
    with journal.transaction():
        _change(row, is_shared=is_shared)
        _record(viewer, uid, engagement, "shared", now=now, told={"is_shared": is_shared})


def remove_note(viewer: Viewer, uid: Uid, *, now: datetime) -> None:
    """Remove one of the viewer's own notes for good, at any time; that there was one stays in the journal."""
    row = notes.own(viewer, uid)
    with journal.transaction():
        _change(row, words=b"", place=b"", is_shared=False, removed_at=now)
        _record(viewer, uid, Uid(row.engagement.uid), "removed", now=now)


def forget_notes(person: Uid, *, now: datetime) -> None:
    """Remove all notes of a person whose erasure two people approved, inside that transaction and under its entry.

    What they said to the other party, in questions and findings, stays without their name: it was said to somebody.
    """
    written = Note.objects.filter(author__uid=person.text, removed_at=None)
    written.update(words=b"", place=b"", is_shared=False, removed_at=now)


def _change(row: Note, **values: bytes | bool | datetime) -> None:
    if not Note.objects.filter(pk=row.pk, removed_at=None).update(**values):
        raise NoNoteError


def _record(viewer: Viewer, uid: Uid, engagement: Uid, what: str, *, now: datetime, told: Fields | None = None) -> None:
    # For the visitor's side alone: to the vendor an entry says only that somebody wrote.
    journal.record(
        f"readingroom.note-{what}",
        actor=viewer.uid.text,
        at=now,
        subject=uid,
        engagement=engagement,
        visitor={"note": told} if told else None,
    )
