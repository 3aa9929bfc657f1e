# SPDX-License-Identifier: Apache-2.0
"""Saying what one has read, and seeing what newer releases leave of it.

A mark is its maker's alone. What it rests on is written with it, so that a release that changes those lines lapses it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import rfc8785

from glasshouse.domain.access import queries as access
from glasshouse.domain.access.models import Grant
from glasshouse.domain.access.rules import check_covers
from glasshouse.domain.access.values import Purpose
from glasshouse.domain.engagements.models import Engagement
from glasshouse.domain.journal import commands as journal
from glasshouse.domain.notices import commands as notices
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.readingroom import queries
from glasshouse.domain.readingroom.commands.showing import show, visit_of
from glasshouse.domain.readingroom.conclusions import MARK, standings_of
from glasshouse.domain.readingroom.models import Mark
from glasshouse.domain.readingroom.rules import check_was_read
from glasshouse.domain.readingroom.values import View
from glasshouse.domain.releases import queries as releases
from glasshouse.domain.releases import reliances, vault
from glasshouse.domain.releases.errors import NotTextError
from glasshouse.domain.releases.reliances import Ground, Standing
from glasshouse.domain.releases.values import ReleaseRef
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.errors import NotFoundError
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.lines import Span
from glasshouse.kernel.paths import TreePath


@dataclass(frozen=True, slots=True)
class ConclusionsShown:
    """One's own conclusions seen from a release, recorded; `bases` are the releases that they were made on."""

    view: View
    standings: Sequence[Standing]
    bases: dict[Uid, ReleaseRef]


def mark_read(
    viewer: Viewer, grant: Uid, release: Uid, path: TreePath, *, now: datetime, span: Span | None = None
) -> Uid:
    """Keep the viewer's word that they have read a file, or some lines of it; each line MUST have been opened.

    Raises NotShownError where it was not, NotTextError for a file without lines.
    """
    room = queries.open_room(viewer, grant, release, Purpose.READ, now=now)
    check_covers(room.terms, path)
    visit = visit_of(room)
    entry = releases.entry(room.release, path)
    if entry.is_binary or entry.is_link or not entry.lines:
        raise NotTextError("A file without lines is not read by line.")
    asked = span or Span(1, entry.lines)
    if asked.last > entry.lines:
        raise NotFoundError
    own = Grant.objects.filter(holder_id=viewer.row, product=room.release.product.text).values_list("pk", flat=True)
    lines = access.seen(own).get(vault.blob_id(room.release.product, entry.digest))
    check_was_read(asked, lines.read if lines else 0)
    uid = Uid.new()
    with journal.transaction():
        engagement = Engagement.objects.get(uid=room.engagement.text)
        Mark.objects.create(uid=uid.text, engagement=engagement, person_id=viewer.row, made_at=now)
        ground = Ground(entry.digest, path, span)
        reliances.rely(room.release, MARK, uid, [ground], actor=viewer.uid.text, now=now)
        journal.record(
            "readingroom.file-marked",
            actor=viewer.uid.text,
            at=now,
            subject=visit.uid,
            engagement=room.engagement,
            fields={"release": room.release.evidence()},
            visitor={"mark": {"mark": uid.text}},
        )
    return uid


def withdraw_mark(viewer: Viewer, mark: Uid, *, now: datetime) -> None:
    """Take back one of the viewer's own marks; that there was one stays in the journal."""
    row = Mark.objects.select_related("engagement").filter(uid=mark.text, person_id=viewer.row, ended_at=None).first()
    if row is None:
        raise NotFoundError
    with journal.transaction():
        if not Mark.objects.filter(pk=row.pk, ended_at=None).update(ended_at=now):
            raise NotFoundError
        reliances.end(MARK, mark, now=now)
        journal.record(
            "readingroom.mark-withdrawn",
            actor=viewer.uid.text,
            at=now,
            subject=mark,
            engagement=Uid(row.engagement.uid),
        )


def tell_of_lapses(release: Uid, subjects: Sequence[Uid], now: datetime) -> None:
    """Tell who made these conclusions that a release lapsed them, inside the transaction that judged it.

    Who has no grant that names the release does not hear of it yet, for there may be no such release to them.
    """
    rows = Mark.objects.filter(uid__in=[one.text for one in subjects], ended_at=None)
    for person, engagement in set(rows.values_list("person", "engagement__uid")):
        grants = Grant.objects.filter(holder_id=person, engagement=engagement, revoked_at=None, ends__gt=now)
        if grants.filter(releases__release=release.text).exists():
            _tell_of_lapses(person, release, now)


def tell_of_earlier_lapses(grant: Grant, *, now: datetime) -> None:
    """Tell a grant's holder what the releases that it names had lapsed before, inside the transaction that opens it."""
    rows = Mark.objects.filter(engagement__uid=grant.engagement, person_id=grant.holder_id, ended_at=None)
    subjects = [Uid(uid) for uid in rows.values_list("uid", flat=True)]
    for release in grant.releases.values_list("release", flat=True):
        if reliances.lapsed_by(Uid(release), MARK, subjects):
            _tell_of_lapses(grant.holder_id, Uid(release), now)


def _tell_of_lapses(person: int, release: Uid, now: datetime) -> None:
    clock = f"lapsed:{release}:{person}"
    kind, route = "readingroom.conclusions-lapsed", "conclusions-of"
    notices.tell_once(clock, [person], kind, subject=release, route=route, now=now)


def open_conclusions(viewer: Viewer, grant: Uid, release: Uid, *, now: datetime) -> ConclusionsShown:
    """Show a viewer which of their own conclusions stand in a release, which lapsed and why; it costs no lines.

    Conclusions of the engagement on this release and older ones, as far as the grant covers where they were made.
    """
    room = queries.open_room(viewer, grant, release, Purpose.READ, now=now)
    visit = visit_of(room)
    bases = {ref.uid: ref for ref in queries.granted(grant)}
    found = standings_of(viewer, room.engagement, release, room.terms.patterns, bases)
    named = [[one.subject.text, one.verdict.outcome.value if one.verdict else ""] for one in found]
    view = show(
        viewer,
        room,
        visit,
        "readingroom.conclusions-shown",
        shown=[],
        fields={"items": len(found), "listing": str(Digest.of(rfc8785.dumps(named)))},
        source={},
        now=now,
    )
    return ConclusionsShown(view, found, bases)
