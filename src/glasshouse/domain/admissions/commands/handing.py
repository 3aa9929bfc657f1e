# SPDX-License-Identifier: Apache-2.0
"""Handing something in."""

from datetime import datetime

from glasshouse.domain.admissions import licences, queries, rules, shelf
from glasshouse.domain.admissions.commands import recording, trying
from glasshouse.domain.admissions.errors import BroughtAlreadyError, ManyBroughtError
from glasshouse.domain.admissions.models import Brought
from glasshouse.domain.admissions.values import KEPT, MOST, Kind, NewBrought, State
from glasshouse.domain.engagements import queries as engagements
from glasshouse.domain.engagements.commands.locking import locked_engagement
from glasshouse.domain.engagements.rules import check_may_write
from glasshouse.domain.jobs import commands as jobs
from glasshouse.domain.journal import commands as journal
from glasshouse.domain.journal import wording
from glasshouse.domain.journal.values import Fields
from glasshouse.domain.notices import commands as notices
from glasshouse.domain.people.models import Organisation
from glasshouse.domain.people.queries import office
from glasshouse.domain.people.viewer import Viewer
from glasshouse.kernel import clock
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.errors import NotFoundError
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.texts import readable


def hand_in(viewer: Viewer, new: NewBrought, *, now: datetime) -> Uid:
    """Take in what a visitor brings, sealed to their organisation; it is tried soon, and the custodian's clock runs.

    Raises NotFoundError for the vendor and for an engagement that does not name the viewer, RefusedError once it is
    closed, UnfitError, LicenceError, BroughtAlreadyError, ManyBroughtError, AdmissionsBusyError.
    """
    if viewer.is_vendor:
        raise NotFoundError
    engagement = engagements.engagement(viewer, new.engagement)
    check_may_write(engagements.clearance(new.engagement, viewer.row, now))
    name = readable(new.name, what="The name", limit=rules.MAX_NAME)
    words = readable(new.purpose, what="The purpose", limit=rules.MAX_WORDS)
    licence = licences.parse(new.licence)
    digest, size = shelf.measured(new.content, MOST[new.kind])
    rules.check_size(new.kind, size)
    if new.kind != Kind.IMAGE:
        new.content.seek(0)
        rules.check_is_text(new.content.read())
    uid = Uid.new()
    purpose = wording.keep(words, shelf.sealer(new.engagement), context=uid.text)
    row = Brought(
        uid=uid.text,
        engagement=engagement,
        organisation=Organisation.objects.get(uid=viewer.organisation.text),
        brought_by_id=viewer.row,
        brought_at=now,
        due_at=rules.CLOCK.due(now),
        kind=new.kind,
        digest=digest.raw,
        size=size,
        licence=licence,
        name=shelf.sealer(viewer.organisation).seal(name.encode(), context=queries.name_context(uid)),
        purpose=purpose.sealed,
    )
    with shelf.sole_writer(viewer.organisation):
        shelf.remove_others(viewer.organisation, recording.names(viewer.organisation))
        row.pack = shelf.write(viewer.organisation, new.content)
        try:
            _write(viewer, row, name, purpose.digest, now)
        except BaseException:
            shelf.remove_others(viewer.organisation, recording.names(viewer.organisation))
            raise
    return uid


def _write(viewer: Viewer, row: Brought, name: str, purpose: Digest, now: datetime) -> None:
    with journal.transaction():
        _check_room(row)
        row.save()
        told: Fields = {
            "due": clock.to_text(row.due_at),
            "licence": row.licence,
            "purpose": str(purpose),
            "size": row.size,
        }
        recording.record(row, "handed-in", viewer.uid.text, now=now, told=told, visitor={"name": name})
        jobs.ask(trying.TRY, {"brought": row.uid}, actor=viewer.uid.text, now=now)
        notices.tell(
            office(*rules.DECIDING), "admissions.handed-in", subject=Uid(row.uid), route="brought-one", now=now
        )


def _check_room(row: Brought) -> None:
    """Raise where the same is there, or too much waits; two tabs bring no more than one."""
    locked_engagement(Uid(row.engagement.uid))
    there = Brought.objects.filter(engagement=row.engagement)
    if there.filter(digest=row.digest, state__in=KEPT).exists():
        raise BroughtAlreadyError("These very bytes are here already in this engagement.", hint="Withdraw them first.")
    if there.filter(state=State.WAITING).count() >= rules.MAX_WAITING:
        raise ManyBroughtError(f"{rules.MAX_WAITING} things of this engagement wait for the custodian; that many may.")
