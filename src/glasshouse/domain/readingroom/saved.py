# SPDX-License-Identifier: Apache-2.0
"""Saved searches: whose they are, where each stands, on which releases it is still to run.

A saved search is a mandate: between visits the lab looks for its holder, and tells counts. It lapses with its grant.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from itertools import pairwise
from typing import Final

from glasshouse.domain.access import queries as access
from glasshouse.domain.access.models import Grant, GrantedRelease
from glasshouse.domain.access.rules import Standing
from glasshouse.domain.access.values import Purpose
from glasshouse.domain.engagements.models import Engagement
from glasshouse.domain.journal import queries as journal
from glasshouse.domain.journal.models import Event, SeedClass
from glasshouse.domain.people import queries as people
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.readingroom.errors import NoSavedSearchError
from glasshouse.domain.readingroom.models import SavedRun, SavedSearch
from glasshouse.domain.readingroom.searches import recorded_search
from glasshouse.domain.releases import queries as releases
from glasshouse.domain.releases import vault
from glasshouse.domain.releases.found import Asked
from glasshouse.domain.releases.models import Product, Release
from glasshouse.domain.releases.values import ReleaseRef
from glasshouse.kernel.errors import NotFoundError
from glasshouse.kernel.ids import Uid

PURPOSE: Final = "saved-searches"
"""What the places of new lines are sealed for."""


class Mandate(StrEnum):
    """Where a saved search stands: it runs, or why it lapsed."""

    RUNS = "runs"
    GRANT_ENDED = "grant-ended"
    GRANT_REVOKED = "grant-revoked"
    PRODUCT_DESTROYED = "product-destroyed"
    ERASED = "erased"


@dataclass(frozen=True, slots=True)
class Ran:
    """What was found new in one release; `lines` are at least so many when not `is_exact`."""

    uid: Uid
    release: ReleaseRef
    before: ReleaseRef
    ran_at: datetime
    opened_at: datetime | None
    lines: int
    files: int
    is_exact: bool


@dataclass(frozen=True, slots=True)
class Saved:
    """A saved search as its holder sees it. Label and `asked` are None once they were erased.

    `runs` are newest first; `due` counts releases that it is still to run on.
    """

    uid: Uid
    grant: Uid
    engagement: str
    label: str | None = field(repr=False)
    asked: Asked | None = field(repr=False)
    base: ReleaseRef
    saved_at: datetime
    mandate: Mandate
    runs: Sequence[Ran]
    due: int

    @property
    def new(self) -> int:
        """Return how many new lines wait for a visit."""
        return sum(ran.lines for ran in self.runs if ran.opened_at is None)

    @property
    def is_exact(self) -> bool:
        """Say whether `new` is not merely a least."""
        return all(ran.is_exact for ran in self.runs if ran.opened_at is None)


@dataclass(frozen=True, slots=True)
class Due:
    """A release that a saved search is to run on, beside the one before; `grants` are those whose patterns bound it."""

    before: ReleaseRef
    after: ReleaseRef
    own: Grant
    naming: Grant


def saved_of(viewer: Viewer, now: datetime) -> list[Saved]:
    """Return the viewer's own saved searches, newest first; lapsed ones too, because they say so."""
    rows = SavedSearch.objects.filter(grant__holder_id=viewer.row, ended_at=None)
    return [_told(viewer, row, now) for row in rows.select_related("grant").order_by("-saved_at", "-pk")]


def saved(viewer: Viewer, uid: Uid, now: datetime) -> Saved:
    """Return one of the viewer's own saved searches."""
    return _told(viewer, own(viewer, uid), now)


def own(viewer: Viewer, uid: Uid) -> SavedSearch:
    """Return the row of one of the viewer's own saved searches; raises NoSavedSearchError."""
    rows = SavedSearch.objects.select_related("grant")
    found = rows.filter(uid=uid.text, grant__holder_id=viewer.row, ended_at=None).first()
    if found is None:
        raise NoSavedSearchError
    return found


def asked_by(viewer: Viewer, row: SavedSearch) -> Asked | None:
    """Return what a saved search looks for, None once it was erased."""
    try:
        return recorded_search(viewer, Uid(row.grant.uid), Uid(row.search)).asked
    except NotFoundError:
        return None


def mandate(row: SavedSearch, asked: Asked | None, now: datetime) -> Mandate:
    """Say where a saved search stands."""
    if Product.objects.filter(uid=row.grant.product).exclude(destroyed_at=None).exists():
        return Mandate.PRODUCT_DESTROYED
    where = access.standing(row.grant, now)
    if where is Standing.REVOKED:
        return Mandate.GRANT_REVOKED
    if where is Standing.ENDED:
        return Mandate.GRANT_ENDED
    return Mandate.RUNS if asked is not None else Mandate.ERASED


def due(row: SavedSearch, now: datetime) -> list[Due]:
    """Return the releases newer than its base that its holder may read now and it has not run on, oldest first.

    A release may be named by the saved search's own grant, or by another open one of its holder's in the engagement.
    """
    grants = Grant.objects.filter(
        holder=row.grant.holder_id, engagement=row.grant.engagement, product=row.grant.product
    )
    readable = [one for one in grants.order_by("-opened_at", "-pk") if _is_open(one, now)]
    naming: dict[tuple[str, bytes], Grant] = {}
    for one in sorted(readable, key=lambda one: one.pk != row.grant.pk):
        for named in GrantedRelease.objects.filter(grant=one):
            naming.setdefault((named.release, bytes(named.root)), one)
    rows = Release.objects.select_related("product").filter(uid__in=[uid for uid, _ in naming])
    standing_there = [one for one in rows.order_by("imported_at", "pk") if (one.uid, bytes(one.root)) in naming]
    places = [place for place, one in enumerate(standing_there) if one.uid == row.base]
    if not places or row.grant not in readable:
        return []
    ran = set(SavedRun.objects.filter(saved=row).values_list("release", flat=True))
    later = standing_there[places[0] :]
    return [
        Due(releases.ref(before), releases.ref(after), row.grant, naming[after.uid, bytes(after.root)])
        for before, after in pairwise(later)
        if after.uid not in ran
    ]


def holder_of(row: SavedSearch) -> Viewer | None:
    """Return who a saved search looks for, None while their account is closed."""
    try:
        return people.viewer_by_row(row.grant.holder_id)
    except NotFoundError:
        return None


def rows_of_product(product: Uid) -> Iterator[SavedSearch]:
    """Yield the saved searches of a product that were not deleted, oldest first; for the lab's own job."""
    rows = SavedSearch.objects.filter(grant__product=product.text, ended_at=None)
    yield from rows.select_related("grant").order_by("pk")


def products_with_due(now: datetime) -> list[Uid]:
    """Return the products of which a saved search is still to run on something."""
    rows = SavedSearch.objects.filter(ended_at=None).select_related("grant")
    alive = set(Product.objects.filter(destroyed_at=None).values_list("uid", flat=True))
    return sorted({Uid(row.grant.product) for row in rows if row.grant.product in alive and due(row, now)})


def _is_open(grant: Grant, now: datetime) -> bool:
    return access.standing(grant, now) is Standing.OPEN and Purpose.SEARCH in access.purposes_of(grant.purposes)


def _told(viewer: Viewer, row: SavedSearch, now: datetime) -> Saved:
    asked = asked_by(viewer, row)
    where = mandate(row, asked, now)
    runs = list(row.runs.order_by("-pk"))
    named = {row.base, *(uid for run in runs for uid in (run.release, run.before))}
    refs = {one.uid: releases.ref(one) for one in Release.objects.select_related("product").filter(uid__in=named)}
    return Saved(
        uid=Uid(row.uid),
        grant=Uid(row.grant.uid),
        engagement=Engagement.objects.get(uid=row.grant.engagement).label,
        label=_label(row),
        asked=asked,
        base=refs[row.base],
        saved_at=row.saved_at,
        mandate=where,
        runs=[
            Ran(
                uid=Uid(run.uid),
                release=refs[run.release],
                before=refs[run.before],
                ran_at=run.ran_at,
                opened_at=run.opened_at,
                lines=run.lines,
                files=run.files,
                is_exact=run.is_exact,
            )
            for run in runs
        ],
        due=len(due(row, now)) if where is Mandate.RUNS else 0,
    )


def _label(row: SavedSearch) -> str | None:
    entry = Event.objects.get(uid=row.named)
    opened = journal.open_event(entry, vault.journal_sealer, classes=(SeedClass.SHARED, SeedClass.VISITOR))
    label = opened.fields.get("label")
    return None if label is None else str(label)
