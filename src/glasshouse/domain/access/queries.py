# SPDX-License-Identifier: Apache-2.0
"""Questions about grants and budgets."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import QuerySet

from glasshouse.domain.access import rules
from glasshouse.domain.access.commands import Purse
from glasshouse.domain.access.errors import GrantUnknownError
from glasshouse.domain.access.models import Budget, Grant, Scope, Seen
from glasshouse.domain.access.rules import Standing
from glasshouse.domain.access.values import Balance, Conditions, Limits, Purpose, Spent
from glasshouse.domain.people.values import Role
from glasshouse.domain.people.viewer import Viewer
from glasshouse.kernel.errors import NotFoundError
from glasshouse.kernel.ids import Uid


def grants_of(viewer: Viewer) -> QuerySet[Grant]:
    """Return the grants that this viewer holds, newest first; ended ones too, because they say so."""
    return Grant.objects.filter(holder_id=viewer.row).prefetch_related("releases").order_by("-opened_at")


def grants_arranged(viewer: Viewer) -> QuerySet[Grant]:
    """Return every grant, for those who arrange visits; nobody else learns who reads what."""
    if not viewer.is_vendor:
        raise NotFoundError
    viewer.check_role(Role.LAB_MANAGER, Role.CUSTODIAN)
    return Grant.objects.select_related("holder__organisation").prefetch_related("releases").order_by("-opened_at")


def paused(viewer: Viewer, now: datetime) -> QuerySet[Grant]:
    """Return the grants that wait for a custodian, those that ended left out."""
    viewer.check_role(Role.CUSTODIAN)
    return Grant.objects.filter(revoked_at=None, ends__gt=now).exclude(paused_at=None).order_by("paused_at", "pk")


def grant(viewer: Viewer, uid: Uid) -> Grant:
    """Return one grant of the viewer's own."""
    found = Grant.objects.filter(uid=uid.text, holder_id=viewer.row).first()
    if found is None:
        raise GrantUnknownError
    return found


def newest_naming(viewer: Viewer, release: Uid, now: datetime, purpose: Purpose | None = None) -> Grant:
    """Return the newest of the viewer's open grants that names a release, for a purpose; raise when none does."""
    rows = grants_of(viewer).filter(releases__release=release.text, revoked_at=None, begins__lte=now, ends__gt=now)
    found = next((one for one in rows if purpose is None or purpose in purposes_of(one.purposes)), None)
    if found is None:
        raise GrantUnknownError
    return found


def purposes_of(stored: str) -> frozenset[Purpose]:
    """Read the purposes of a grant's row."""
    return frozenset(Purpose(one) for one in stored.split())


def conditions_of(sites: str | Sequence[str], *, at_workstation: bool, accompanied: bool) -> Conditions:
    """Read the conditions of a grant's row, its sites as the database gives them to plain SQL or as a list."""
    named: Sequence[str] = json.loads(sites) if isinstance(sites, str) else sites
    return Conditions(frozenset(Uid(site) for site in named), bool(at_workstation), bool(accompanied))


def conditions(found: Grant) -> Conditions:
    """Return where and how a grant may be used."""
    return conditions_of(found.sites, at_workstation=found.at_workstation, accompanied=found.accompanied)


def standing(found: Grant, now: datetime) -> Standing:
    """Say where a grant stands."""
    return rules.standing(found.begins, found.ends, found.revoked_at, found.paused_at, now)


def limits(found: Grant) -> Limits:
    """Return the budget of a grant alone, as it was agreed to last."""
    row = Budget.objects.get(scope=Scope.GRANT, key=found.uid, product=found.product)
    return Limits(row.hour_limit, row.day_limit, row.visit_limit, row.total_limit)


_BUDGETS = """
SELECT hour, hour_used, hour_limit, day, day_used, day_limit, visit, visit_used, visit_limit, total_used, total_limit
  FROM access_budget WHERE id IN (%s, %s, %s)
"""


def balance(purse: Purse, visit: Uid | None, now: datetime) -> Balance:
    """Return what is left in each window, the tightest budget of each."""
    seconds = int(now.timestamp())
    hours, days, visits, totals = [], [], [], []
    with connection.cursor() as cursor:
        cursor.execute(_BUDGETS, purse.budgets)
        for hour, hour_used, hour_limit, day, day_used, day_limit, *rest in cursor.fetchall():
            current, visit_used, visit_limit, total_used, total_limit = rest
            hours.append(Spent(hour_used if rules.still_counts(hour, seconds // 3600) else 0, hour_limit))
            days.append(Spent(day_used if rules.still_counts(day, seconds // 86_400) else 0, day_limit))
            visits.append(Spent(visit_used if current == str(visit or "") else 0, visit_limit))
            totals.append(Spent(total_used, total_limit))
    return Balance(*(min(spent, key=lambda one: one.left) for spent in (hours, days, visits, totals)))


@dataclass(frozen=True, slots=True)
class Lines:
    """Which lines of a blob somebody was shown, bit i for line i + 1; `read` without those that searches showed."""

    shown: int
    read: int


def seen(grants: Iterable[int]) -> dict[bytes, Lines]:
    """Return what was shown under any of these grants, by blob. The caller has judged whose they are."""
    found: dict[bytes, tuple[int, int]] = {}
    rows = Seen.objects.filter(grant_id__in=list(grants)).values_list("blob", "part", "bits", "read")
    for blob, part, bits, read in rows.iterator(chunk_size=2000):
        shown_before, read_before = found.get(bytes(blob), (0, 0))
        shift = part * rules.SEEN_LINES
        found[bytes(blob)] = (
            shown_before | int.from_bytes(bytes(bits), "little") << shift,
            read_before | int.from_bytes(bytes(read), "little") << shift,
        )
    return {blob: Lines(shown, read) for blob, (shown, read) in found.items()}
