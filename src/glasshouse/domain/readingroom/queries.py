# SPDX-License-Identifier: Apache-2.0
"""Questions of the reading room."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from glasshouse.domain.access import queries as access
from glasshouse.domain.access.commands import Purse, purse_of
from glasshouse.domain.access.errors import GrantUnknownError
from glasshouse.domain.access.models import Grant, GrantedRelease
from glasshouse.domain.access.rules import Standing, check_may
from glasshouse.domain.access.values import Balance, Conditions, Patterns, Purpose, Terms
from glasshouse.domain.approvals import queries as approvals
from glasshouse.domain.approvals.models import Proposal
from glasshouse.domain.engagements.models import Engagement
from glasshouse.domain.engagements.rules import check_has_signed
from glasshouse.domain.journal import audit, proving
from glasshouse.domain.journal import queries as journal
from glasshouse.domain.journal.models import Event, SeedClass
from glasshouse.domain.journal.moments import aware
from glasshouse.domain.journal.values import Audience, Opened, Opening
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.readingroom.errors import NoVisitError, ProductDestroyedError
from glasshouse.domain.readingroom.models import Visit
from glasshouse.domain.readingroom.values import Room, VisitRef
from glasshouse.domain.releases import queries as releases
from glasshouse.domain.releases import vault
from glasshouse.domain.releases.models import Release
from glasshouse.domain.releases.reading import Reading
from glasshouse.domain.releases.values import ReleaseRef
from glasshouse.domain.sites import queries as sites
from glasshouse.domain.sites.values import ELSEWHERE
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.errors import NotFoundError, RefusedError
from glasshouse.kernel.ids import Uid

PATTERNS = b"access.grant/patterns"
_OPENED = (SeedClass.SHARED, SeedClass.PERSONAL, SeedClass.VISITOR)
_ROOM = """
SELECT g.id, g.engagement, g.product, g.patterns, g.begins, g.ends, g.revoked_at, g.version,
       g.purposes, g.sites, g.at_workstation, g.accompanied, g.paused_at, g.pause,
       e.label, p.slug, r.version, r.root, r.files, r.bytes, r.lines, r.left_out, r.leaves,
       v.uid, v.number, v.opened_at, v.text_at, p.destroyed_at, p.reading,
       EXISTS (SELECT 1 FROM engagements_agreement a JOIN engagements_signature s ON s.agreement_id = a.id
                WHERE a.engagement_id = e.id AND a.number = e.agreement AND s.person_id = g.holder_id)
  FROM access_grant g
  JOIN access_grantedrelease gr ON gr.grant_id = g.id
  JOIN releases_release r ON r.uid = gr.release AND r.root = gr.root
  JOIN releases_product p ON p.id = r.product_id
  JOIN engagements_engagement e ON e.uid = g.engagement
  LEFT JOIN readingroom_visit v ON v.engagement_id = e.id AND v.person_id = g.holder_id AND v.closed_at IS NULL
 WHERE g.uid = %s AND g.holder_id = %s AND gr.release = %s
"""


def room(viewer: Viewer, grant: Uid, release: Uid) -> Room:
    """Return the viewer's own grant and one of its releases in one look; not judged yet."""
    with connection.cursor() as cursor:
        cursor.execute(_ROOM, [grant.text, viewer.row, release.text])
        row = cursor.fetchone()
    if row is None:
        raise GrantUnknownError
    (key, engagement, product, sealed, *judged) = row[:14]
    label, slug, name, root, *rest = row[14:]
    files, size, lines, left_out, leaves, visit, visit_number, opened, text_at, destroyed, reading, has_signed = rest
    if destroyed is not None:
        vault.close()  # this process may hold the key that another one destroyed
        raise ProductDestroyedError(
            f"The source of {slug} was destroyed on {aware(destroyed):%d %b %Y, %H:%M} UTC, for everybody.",
            hint="What you were shown and your receipts remain yours.",
        )
    return Room(
        grant=grant,
        grant_row=key,
        engagement=Uid(engagement),
        engagement_label=label,
        release=ReleaseRef(release, Uid(product), slug, name, Digest(bytes(root)), leaves),
        files=files,
        bytes=size,
        lines=lines,
        left_out=left_out,
        terms=_terms(patterns_of(Uid(product), bytes(sealed)), judged),
        purse=_purse(grant),
        visit=VisitRef(Uid(visit), visit_number, aware(opened), has_text=text_at is not None) if visit else None,
        has_signed=bool(has_signed),
        reading=Reading.parse(reading),
    )


def _terms(patterns: Patterns, judged: Sequence[Any]) -> Terms:
    begins, ends, revoked, version, purposes, named, at_workstation, accompanied, paused, pause = judged
    return Terms(
        patterns,
        aware(begins),
        aware(ends),
        aware(revoked) if revoked else None,
        version,
        access.purposes_of(purposes),
        access.conditions_of(named, at_workstation=at_workstation, accompanied=accompanied),
        aware(paused) if paused else None,
        pause,
    )


def open_room(viewer: Viewer, grant: Uid, release: Uid, purpose: Purpose | None, *, now: datetime) -> Room:
    """Return the viewer's own grant and one of its releases, judged: raises unless it may be used so, here and now."""
    found = room(viewer, grant, release)
    here = sites.presence(viewer, now) if found.terms.conditions.ask_presence else ELSEWHERE
    check_may(found.terms, purpose, here, now)
    return found


def check_still_open(viewer: Viewer, grant: Uid, release: Uid, *, now: datetime) -> None:
    """Raise unless a page that shows this release under the viewer's own grant may stay on their screen.

    It reads no source, charges nothing and is asked every few seconds by every open page.
    """
    found = open_room(viewer, grant, release, None, now=now)
    check_has_signed(has_signed=found.has_signed)
    if found.visit is None:
        raise NoVisitError("Your visit is closed.", hint="Its receipt is under My record. Begin another visit at home.")


def check_may_go_on(viewer: Viewer, grant: Uid, purpose: Purpose | None, *, now: datetime) -> None:
    """Raise unless the viewer's own grant may be used now: for what continues a showing without showing more source.

    Terms or scope that changed and are not signed yet end a showing as a revocation does.
    """
    first = GrantedRelease.objects.filter(grant__uid=grant.text, grant__holder_id=viewer.row).first()
    if first is None:
        raise GrantUnknownError
    room = open_room(viewer, grant, Uid(first.release), purpose, now=now)
    check_has_signed(has_signed=room.has_signed)


@functools.lru_cache(maxsize=1024)
def patterns_of(product: Uid, sealed: bytes) -> Patterns:
    """Unseal a grant's patterns."""
    return Patterns.from_bytes(vault.sealer(product, "patterns").open(sealed, context=PATTERNS))


@functools.lru_cache(maxsize=1024)
def _purse(grant: Uid) -> Purse:
    return purse_of(Grant.objects.get(uid=grant.text))


def balance(found: Room, now: datetime) -> Balance:
    """Return what is left of the viewer's budgets."""
    return access.balance(found.purse, found.visit.uid if found.visit else None, now)


@functools.lru_cache(maxsize=1024)
def granted(grant: Uid) -> tuple[ReleaseRef, ...]:
    """Return the releases of a grant in the order they came; they never change. The caller has judged the grant."""
    named = GrantedRelease.objects.filter(grant__uid=grant.text).values("release")
    return tuple(releases.ref(row) for row in Release.objects.select_related("product").filter(uid__in=named))


@dataclass(frozen=True, slots=True)
class DeskGrant:
    """A grant on its holder's desk, with the releases it covers: none, and no patterns, once they are destroyed."""

    grant: Grant
    engagement: Engagement
    standing: Standing
    patterns: Patterns | None
    releases: Sequence[Release]
    visit: Visit | None
    balance: Balance

    @property
    def purposes(self) -> Sequence[Purpose]:
        """Return what the grant is for, in a fixed order."""
        held = access.purposes_of(self.grant.purposes)
        return [one for one in Purpose if one in held]

    @property
    def conditions(self) -> Conditions:
        """Return where and how the grant may be used."""
        return access.conditions(self.grant)

    @property
    def is_readable(self) -> bool:
        """Say whether a visit could show something now."""
        return self.standing is Standing.OPEN and bool(self.releases) and self.balance.total.left > 0


def desk(viewer: Viewer, now: datetime) -> list[DeskGrant]:
    """Return the viewer's own grants, newest first, ended ones included."""
    found = []
    for grant in access.grants_of(viewer):
        engagement = Engagement.objects.select_related("organisation").get(uid=grant.engagement)
        rows = Release.objects.select_related("product").filter(
            uid__in=[granted.release for granted in grant.releases.all()], product__destroyed_at=None
        )
        visit = engagement.visits.filter(person_id=viewer.row, closed_at=None).first()
        spent = access.balance(_purse(Uid(grant.uid)), Uid(visit.uid) if visit else None, now)
        where = access.standing(grant, now)
        patterns = unsealed(Uid(grant.product), bytes(grant.patterns))
        found.append(DeskGrant(grant, engagement, where, patterns, list(rows), visit, spent))
    return found


def more_asked(viewer: Viewer, grant: Uid) -> Proposal | None:
    """Return what the viewer last asked for under their own grant, decided or not, None where they asked nothing."""
    found = access.grant(viewer, grant)
    return approvals.last_about(Uid(found.uid), "access.more")


def visits_of(viewer: Viewer, *, most: int | None = None) -> list[Visit]:
    """Return the viewer's own visits, or so many of them, newest first."""
    rows = Visit.objects.filter(person_id=viewer.row).select_related("engagement").order_by("-opened_at")
    return list(rows[:most])


def visit(viewer: Viewer, uid: Uid) -> Visit:
    """Return one of the viewer's own visits."""
    found = Visit.objects.select_related("engagement").filter(uid=uid.text, person_id=viewer.row).first()
    if found is None:
        raise NotFoundError
    return found


@dataclass(frozen=True, slots=True)
class RecordPage:
    """A page of what somebody was shown, newest first."""

    events: Sequence[Opened]
    in_tree: frozenset[Uid]
    older: int | None


def record_of(viewer: Viewer, *, before: int | None = None, size: int = 100, visit: Uid | None = None) -> RecordPage:
    """Return what the viewer was shown and did in engagements, in all or during one visit; opened for them alone."""
    rows = Event.objects.filter(actor=viewer.uid.text).exclude(engagement=None)
    if visit is not None:
        rows = rows.filter(subject=visit.text)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    page = list(rows.order_by("-pk").prefetch_related("seeds")[: size + 1])
    events = [journal.open_event(row, vault.journal_sealer, classes=_OPENED) for row in page[:size]]
    places = journal.leaf_indexes([row.pk for row in page[:size]])
    signed = _signed_size()
    in_tree = frozenset(Uid(row.uid) for row in page[:size] if places.get(row.pk, signed) < signed)
    return RecordPage(events, in_tree, page[size - 1].pk if len(page) > size else None)


def own_event(viewer: Viewer, uid: Uid) -> Event:
    """Return an event that the viewer caused."""
    found = Event.objects.filter(actor=viewer.uid.text, uid=uid.text).first()
    if found is None:
        raise NotFoundError
    return found


@dataclass(frozen=True, slots=True)
class Seal:
    """An entry as its seal states it; `is_in_tree` once a signed head covers its leaf."""

    uid: Uid
    number: int | None
    is_in_tree: bool


def seal_of(viewer: Viewer, uid: Uid) -> Seal:
    """Say whether the signed tree has one of the viewer's own entries."""
    row = own_event(viewer, uid)
    index = journal.leaf_index(row)
    return Seal(uid, row.number, index is not None and index < _signed_size())


@dataclass(frozen=True, slots=True)
class EntryProof:
    """One entry with all that its actor may open of it, and its place in the signed tree if it has one."""

    event: Opened
    commitment: bytes
    field_commitments: Sequence[bytes]
    openings: Sequence[Opening]
    index: int | None
    tree_size: int
    path: Sequence[bytes]
    faults: Sequence[str]

    @property
    def is_in_tree(self) -> bool:
        """Say whether a signed head covers the entry."""
        return self.index is not None and self.index < self.tree_size


def proof_of(viewer: Viewer, uid: Uid) -> EntryProof:
    """Return what proves one of the viewer's own entries; `faults` name what is not as it was committed."""
    row = own_event(viewer, uid)
    index, size = journal.leaf_index(row), _signed_size()
    is_in_tree = index is not None and index < size
    return EntryProof(
        event=journal.open_event(row, vault.journal_sealer, classes=_OPENED),
        commitment=bytes(row.commitment),
        field_commitments=journal.field_commitments(row),
        openings=journal.openings(row, vault.journal_sealer, classes=_OPENED),
        index=index,
        tree_size=size,
        path=journal.the_log().inclusion_proof(index, size) if index is not None and is_in_tree else (),
        faults=[one.message for one in audit.audit_rows(index, index + 1)] if index is not None and is_in_tree else [],
    )


def unsealed(product: Uid, sealed: bytes) -> Patterns | None:
    """Unseal a grant's or a proposal's patterns; None where the product's key is gone."""
    try:
        return patterns_of(product, sealed)
    except RefusedError:
        return None


def tlog_proof_of(viewer: Viewer, uid: Uid) -> bytes:
    """Return the `.tlog-proof` of one of the viewer's own entries; it names nothing but the commitment."""
    return proving.inclusion(Uid(own_event(viewer, uid).uid))


def party_checkpoint(viewer: Viewer) -> journal.KeptCheckpoint | None:
    """Return the newest tree head that parties were given, None before the first."""
    del viewer  # whoever has an account here belongs to a party
    return journal.newest_checkpoint(Audience.PARTIES)


def visit_of_event(viewer: Viewer, row: Event) -> Visit | None:
    """Return the visit, with its engagement, that one of the viewer's own entries belongs to."""
    return Visit.objects.select_related("engagement").filter(uid=row.subject, person_id=viewer.row).first()


def _signed_size() -> int:
    head = journal.signed_head()
    return head[0].size if head else 0
