# SPDX-License-Identifier: Apache-2.0
"""Notes: whose they are, who else reads them, and how their words and places rest.

A note is its author's. Shared, it is read by their colleagues whom the engagement names; its place is told to those
alone whose own grant covers it. The vendor has no part in it, whatever the role: to them a note does not exist.
"""

from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Final

from django.db.models import Q, QuerySet

from glasshouse.domain.engagements import queries as engagements
from glasshouse.domain.journal import wording
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.readingroom import places
from glasshouse.domain.readingroom.errors import NoNoteError
from glasshouse.domain.readingroom.models import Note
from glasshouse.domain.readingroom.places import Place, Reach
from glasshouse.domain.releases import vault
from glasshouse.engines.store import Sealer
from glasshouse.kernel.ids import Uid

PURPOSE: Final = "notes"


@dataclass(frozen=True, slots=True)
class Written:
    """A note as somebody who may read it sees it.

    `place` is None where the product's key was destroyed, and where it is a colleague's and lies outside the viewer's
    own grants: `is_outside` tells the two apart. `grant` is the viewer's own that leads there.
    """

    uid: Uid
    engagement: Uid
    engagement_label: str
    author: str
    is_mine: bool
    words: str = field(repr=False)
    place: Place | None
    grant: Uid | None
    is_outside: bool
    is_shared: bool
    written_at: datetime
    changed_at: datetime | None


def notes_of(
    viewer: Viewer, *, engagement: Uid | None = None, text: str = "", skip: int = 0, most: int | None = None
) -> list[Written]:
    """Return the notes that the viewer may read, newest first: their own, and those that colleagues share.

    `text` keeps those that hold it, letter case aside, in their words, path or pattern. Of what is left the first
    `skip` are left out, and no more than `most` returned.
    """
    rows = _readable(viewer)
    if engagement is not None:
        rows = rows.filter(engagement__uid=engagement.text)
    sought, reach = text.casefold().strip(), Reach(viewer)
    end = None if most is None else skip + most
    if not sought:  # what the database leaves out need not be opened
        return [_opened(viewer, row, reach) for row in rows[skip:end]]
    told = (_opened(viewer, row, reach) for row in rows.iterator(chunk_size=200))
    return list(islice((note for note in told if sought in _said(note)), skip, end))


def notes_on(viewer: Viewer, place: Place) -> list[Written]:
    """Return the readable notes on lines of the same content, by their lines: a file may stand in many releases.

    Every page of a file asks, so of notes elsewhere no more than the place is opened.
    """
    found = [
        (there.span.first, row)
        for row in _readable(viewer)
        if (there := place_of(row)) and there.span and (there.digest, there.path) == (place.digest, place.path)
    ]
    reach = Reach(viewer)
    told = [_opened(viewer, row, reach) for _, row in sorted(found, key=lambda pair: pair[0])]
    return [note for note in told if note.place]


def note(viewer: Viewer, uid: Uid) -> Written:
    """Return one note that the viewer may read."""
    row = _readable(viewer).filter(uid=uid.text).first()
    if row is None:
        raise NoNoteError
    return _opened(viewer, row, Reach(viewer))


def own(viewer: Viewer, uid: Uid) -> Note:
    """Return the row of one of the viewer's own notes; a colleague's that is shared is theirs to change, not ours."""
    row = _kept().filter(uid=uid.text, author_id=viewer.row).first()
    if row is None or viewer.is_vendor:
        raise NoNoteError
    return row


def words_sealer(organisation: Uid) -> Sealer:
    """Return what seals an organisation's notes."""
    return vault.party_sealer(organisation, PURPOSE)


def seal_place(place: Place, uid: Uid, *, organisation: Uid, product: Uid) -> bytes:
    """Seal the place of one note."""
    return places.seal(place, words_sealer(organisation), product, purpose=PURPOSE, context=_place_context(uid))


def place_of(row: Note) -> Place | None:
    """Return a note's place for whom may see it; None once the product's key was destroyed."""
    sealer, product = words_sealer(Uid(row.author.organisation.uid)), Uid(row.engagement.product)
    return places.unseal(bytes(row.place), sealer, product, purpose=PURPOSE, context=_place_context(Uid(row.uid)))


def _kept() -> QuerySet[Note]:
    rows: QuerySet[Note] = Note.objects.filter(removed_at=None)
    return rows.select_related("engagement", "author__organisation").order_by("-written_at", "-pk")


def _readable(viewer: Viewer) -> QuerySet[Note]:
    if viewer.is_vendor:
        return Note.objects.none()
    shared = Q(
        is_shared=True,
        author__organisation__uid=viewer.organisation.text,
        engagement__in=engagements.engagements_naming(viewer).order_by().values("pk"),
    )
    return _kept().filter(Q(author_id=viewer.row) | shared)


def _opened(viewer: Viewer, row: Note, reach: Reach) -> Written:
    is_mine = row.author_id == viewer.row
    place = place_of(row)
    grant = None
    if place is not None:
        grant = place.grant if is_mine else reach.grant_to(Uid(row.engagement.uid), place)
    # A search is its visitor's words, and what it found is not in the note.
    is_outside = place is not None and place.path is not None and grant is None
    return Written(
        uid=Uid(row.uid),
        engagement=Uid(row.engagement.uid),
        engagement_label=row.engagement.label,
        author=row.author.name,
        is_mine=is_mine,
        words=wording.read(bytes(row.words), words_sealer(Uid(row.author.organisation.uid)), context=row.uid),
        place=None if is_outside else place,
        grant=grant,
        is_outside=is_outside,
        is_shared=row.is_shared,
        written_at=row.written_at,
        changed_at=row.changed_at,
    )


def _place_context(uid: Uid) -> str:
    return f"{uid}/place"


def _said(note: Written) -> str:
    path = str(note.place.path or "") if note.place else ""
    pattern = note.place.pattern if note.place else ""
    return f"{note.words}\n{path}\n{pattern}".casefold()
