# SPDX-License-Identifier: Apache-2.0
"""Saved searches: whose they are, where each stands, on which releases it is still to run.

A saved search is a mandate: between visits the lab looks for its holder, and tells counts. It lapses with its grant.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from itertools import pairwise
from typing import Final, Self

from django.db.models import Case, Count, Q, QuerySet, Sum, When

from glasshouse.domain.access import queries as access
from glasshouse.domain.access.models import Grant, GrantedRelease
from glasshouse.domain.access.rules import Standing
from glasshouse.domain.access.values import Purpose
from glasshouse.domain.engagements.models import Engagement
from glasshouse.domain.journal import queries as journal
from glasshouse.domain.journal.models import Event, SeedClass
from glasshouse.domain.people import queries as people
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.readingroom import queries
from glasshouse.domain.readingroom.errors import NoSavedSearchError
from glasshouse.domain.readingroom.models import SavedRun, SavedSearch, Visit
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
MOST_RUNS: Final = 20
"""Runs that are told of one saved search: those that wait first."""


class Mandate(StrEnum):
    """Where a saved search stands: it runs, or why it lapsed."""

    RUNS = "runs"
    GRANT_ENDED = "grant-ended"
    GRANT_REVOKED = "grant-revoked"
    PRODUCT_DESTROYED = "product-destroyed"
    ERASED = "erased"


@dataclass(frozen=True, slots=True)
class Ran:
    """What was found new in one release; `lines` are at least so many when not `is_exact`.

    `unsearched` counts new files that were not looked at; `is_open` says whether the grant that names the release is.
    """

    uid: Uid
    release: ReleaseRef
    before: ReleaseRef
    ran_at: datetime
    opened_at: datetime | None
    lines: int
    files: int
    is_exact: bool
    unsearched: int
    is_open: bool


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits for somebody's next visit: new lines of so many saved searches; at least, when not `is_exact`."""

    lines: int
    searches: int
    is_exact: bool


@dataclass(frozen=True, slots=True)
class Saved:
    """A saved search as its holder sees it. Label and `asked` are None once they were erased.

    `new` lines wait for a visit, at least so many when not `is_exact`. `runs` are those that wait and then the newest,
    `older` ones are left out; `due` counts releases that it is still to run on. `has_visit` says that one is open.
    """

    uid: Uid
    grant: Uid
    engagement: str
    label: str | None = field(repr=False)
    asked: Asked | None = field(repr=False)
    base: ReleaseRef
    saved_at: datetime
    mandate: Mandate
    new: int
    is_exact: bool
    runs: Sequence[Ran]
    older: int
    due: int
    has_visit: bool


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
    desk = _Desk.of(viewer, now)
    return [_told(desk, row, now) for row in rows.select_related("grant").order_by("-saved_at", "-pk")]


def saved(viewer: Viewer, uid: Uid, now: datetime) -> Saved:
    """Return one of the viewer's own saved searches."""
    return _told(_Desk.of(viewer, now), own(viewer, uid), now)


def ran(viewer: Viewer, uid: Uid, run: Uid, now: datetime) -> Ran:
    """Return what one of the viewer's own saved searches found new in a release."""
    found = _of_runs(own(viewer, uid)).filter(uid=run.text)
    for told in _runs_told(found, _open_grants(viewer, now)):
        return told
    raise NoSavedSearchError


def waiting_of(viewer: Viewer, now: datetime) -> Waiting:
    """Return what of the viewer's saved searches waits for a visit."""
    held, destroyed = _open_grants(viewer, now), Product.objects.exclude(destroyed_at=None).values_list("uid")
    rows = SavedRun.objects.filter(saved__ended_at=None, saved__grant__uid__in=held)
    return _waiting(rows.exclude(saved__grant__product__in=destroyed), held)


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

    A release may be named by the saved search's own grant, or by another open one of its holder's in the engagement;
    it is looked at again when it came under a grant of other patterns than those of the runs that can be opened.
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
    by_uid, under = {one.uid: one for one in readable}, defaultdict[str, list[Grant]](list)
    for release, uid in SavedRun.objects.filter(saved=row).values_list("release", "grant"):
        if uid in by_uid:
            under[release].append(by_uid[uid])
    dues = [
        Due(releases.ref(before), releases.ref(after), row.grant, naming[after.uid, bytes(after.root)])
        for before, after in pairwise(standing_there[places[0] :])
    ]
    return [one for one in dues if not any(_is_alike(one.naming, ran) for ran in under[one.after.uid.text])]


def _is_alike(one: Grant, other: Grant) -> bool:
    """Say whether two grants of a product cover the same paths; what is sealed differs even then."""
    if one.pk == other.pk:
        return True
    patterns, others = (queries.patterns_of(Uid(grant.product), bytes(grant.patterns)) for grant in (one, other))
    return patterns == others


def holder_of(row: SavedSearch) -> Viewer | None:
    """Return who a saved search looks for, None while their account is closed."""
    try:
        return people.viewer_by_row(row.grant.holder_id)
    except NotFoundError:
        return None


def rows_of_product(product: Uid, now: datetime) -> list[SavedSearch]:
    """Return the saved searches of a product whose grant is open, oldest first; for the lab's own job."""
    return list(_running(now).filter(grant__product=product.text).order_by("pk"))


def products_with_due(now: datetime) -> list[Uid]:
    """Return the products of which a saved search is still to run on something."""
    alive = Product.objects.filter(destroyed_at=None).values("uid")
    found: set[str] = set()
    for row in _running(now).filter(grant__product__in=alive):
        if row.grant.product not in found and due(row, now):
            found.add(row.grant.product)
    return sorted(Uid(product) for product in found)


def _running(now: datetime) -> QuerySet[SavedSearch]:
    rows = SavedSearch.objects.filter(ended_at=None, grant__revoked_at=None)
    return rows.filter(grant__begins__lte=now, grant__ends__gt=now).select_related("grant")


def _is_open(grant: Grant, now: datetime) -> bool:
    return access.standing(grant, now) is Standing.OPEN and Purpose.SEARCH in access.purposes_of(grant.purposes)


@dataclass(frozen=True, slots=True)
class _Desk:
    """What all saved searches of a viewer share: their open grants, their engagements, those with an open visit."""

    viewer: Viewer
    held: frozenset[str]
    engagements: Mapping[str, str]
    visited: frozenset[str]

    @classmethod
    def of(cls, viewer: Viewer, now: datetime) -> Self:
        named = Grant.objects.filter(holder_id=viewer.row).values("engagement")
        visits = Visit.objects.filter(person=viewer.row, closed_at=None)
        return cls(
            viewer,
            _open_grants(viewer, now),
            dict(Engagement.objects.filter(uid__in=named).values_list("uid", "label")),
            frozenset(visits.values_list("engagement__uid", flat=True)),
        )


def _told(desk: _Desk, row: SavedSearch, now: datetime) -> Saved:
    asked = asked_by(desk.viewer, row)
    where = mandate(row, asked, now)
    held = desk.held if where is Mandate.RUNS else frozenset()
    runs = _of_runs(row)
    waiting = _waiting(runs, held)
    is_read = Case(When(opened_at=None, lines__gt=0, grant__in=held, then=0), default=1)
    told = _runs_told(runs.order_by(is_read, "-pk")[:MOST_RUNS], held)
    return Saved(
        uid=Uid(row.uid),
        grant=Uid(row.grant.uid),
        engagement=desk.engagements[row.grant.engagement],
        label=_label(row),
        asked=asked,
        base=_refs({row.base})[row.base],
        saved_at=row.saved_at,
        mandate=where,
        new=waiting.lines,
        is_exact=waiting.is_exact,
        runs=told,
        older=runs.count() - len(told),
        due=len(due(row, now)) if where is Mandate.RUNS else 0,
        has_visit=row.grant.engagement in desk.visited,
    )


def _of_runs(row: SavedSearch) -> QuerySet[SavedRun]:
    return SavedRun.objects.filter(saved=row).defer("places")


def _waiting(runs: QuerySet[SavedRun], held: frozenset[str]) -> Waiting:
    told = runs.filter(opened_at=None, lines__gt=0, grant__in=held).aggregate(
        lines=Sum("lines"), searches=Count("saved", distinct=True), least=Count("pk", filter=Q(is_exact=False))
    )
    return Waiting(told["lines"] or 0, told["searches"], is_exact=not told["least"])


def _runs_told(runs: Iterable[SavedRun], held: frozenset[str]) -> list[Ran]:
    rows = list(runs)
    refs = _refs({uid for run in rows for uid in (run.release, run.before)})
    return [
        Ran(
            uid=Uid(run.uid),
            release=refs[run.release],
            before=refs[run.before],
            ran_at=run.ran_at,
            opened_at=run.opened_at,
            lines=run.lines,
            files=run.files,
            is_exact=run.is_exact,
            unsearched=run.unsearched,
            is_open=run.grant in held,
        )
        for run in rows
    ]


def _refs(uids: set[str]) -> dict[str, ReleaseRef]:
    rows = Release.objects.select_related("product").filter(uid__in=uids)
    return {one.uid: releases.ref(one) for one in rows}


def _open_grants(viewer: Viewer, now: datetime) -> frozenset[str]:
    rows = Grant.objects.filter(holder_id=viewer.row)
    return frozenset(one.uid for one in rows if _is_open(one, now))


def _label(row: SavedSearch) -> str | None:
    entry = Event.objects.get(uid=row.named)
    opened = journal.open_event(entry, vault.journal_sealer, classes=(SeedClass.SHARED, SeedClass.VISITOR))
    label = opened.fields.get("label")
    return None if label is None else str(label)
