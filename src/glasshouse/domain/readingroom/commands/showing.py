# SPDX-License-Identifier: Apache-2.0
"""The one transaction of every showing: nothing leaves before it is durable."""

from collections.abc import Sequence
from datetime import datetime

from django.db import connection

from glasshouse.domain.access import commands as access
from glasshouse.domain.access.values import Shown
from glasshouse.domain.engagements.rules import check_has_signed
from glasshouse.domain.journal import commands as journal
from glasshouse.domain.journal.promises import promise
from glasshouse.domain.journal.values import Fields, SourceFields
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.readingroom import queries
from glasshouse.domain.readingroom.errors import NoVisitError
from glasshouse.domain.readingroom.rules import check_has_form
from glasshouse.domain.readingroom.values import Room, View, VisitRef
from glasshouse.domain.releases import vault


def visit_of(room: Room) -> VisitRef:
    """Return the visit that is open; raises where none is, or where the engagement's terms are not signed."""
    check_has_signed(has_signed=room.has_signed)
    if room.visit is None:
        raise NoVisitError("No visit is open.", hint="Begin a visit on your home page; its end gives you a receipt.")
    return room.visit


def show(
    viewer: Viewer,
    room: Room,
    visit: VisitRef,
    kind: str,
    *,
    shown: Sequence[Shown],
    fields: Fields,
    source: Fields,
    now: datetime,
    name: str = "file",
    visitor: Fields | None = None,
    at_least: int = 0,
    has_text: bool = False,
) -> View:
    """Charge and record a showing, with what may have changed since it was judged checked again.

    `source` rests under the product's key as the field `name`; `visitor` is for the visitor's side alone. `has_text`
    says that words are shown which may repeat source, beside its lines or without.
    """
    as_pictures = room.as_pictures and (has_text or bool(shown))
    check_has_form(as_pictures=as_pictures, draws=viewer.origin.draws)
    with journal.transaction():
        journal.check_may_show(now)
        charged = access.charge(room.purse, room.terms.version, visit.uid, shown, now=now, at_least=at_least)
        recorded = journal.record(
            kind,
            actor=viewer.uid.text,
            at=now,
            subject=visit.uid,
            engagement=room.engagement,
            fields={
                "reading": room.reading.evidence(as_pictures=as_pictures),
                "release": room.release.evidence(),
                "shown": {**fields, "charged": charged},
            },
            visitor=visitor,
            source=SourceFields(room.release.product, vault.journal_sealer(room.release.product), {name: source})
            if source
            else None,
        )
        # Last, because the chain is ours from `record` on: a visit that another tab closes meanwhile shows no more.
        _check_still_open(visit)
    return View(room, recorded, now, promise(recorded), charged, queries.balance(room, now))


def _check_still_open(visit: VisitRef) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM readingroom_visit WHERE uid = %s AND closed_at IS NULL", [visit.uid.text])
        if cursor.fetchone() is None:
            raise NoVisitError("This visit was closed while the page was made.", hint="Begin another on your desk.")
