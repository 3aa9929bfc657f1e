# SPDX-License-Identifier: Apache-2.0
"""Questions about grants and budgets."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import QuerySet

from glasshouse.domain.access.commands import Purse
from glasshouse.domain.access.errors import GrantUnknownError
from glasshouse.domain.access.models import Budget, Grant
from glasshouse.domain.access.values import Balance, Patterns, Spent, Terms
from glasshouse.domain.people.models import Role
from glasshouse.domain.people.viewer import Viewer
from glasshouse.kernel.ids import Uid


def grants_of(viewer: Viewer) -> QuerySet[Grant]:
    """Return the grants that this viewer holds, newest first; ended ones too, because they say so."""
    return Grant.objects.filter(holder_id=viewer.row).prefetch_related("releases").order_by("-opened_at")


def grants_arranged(viewer: Viewer) -> QuerySet[Grant]:
    """Return every grant, for those who arrange visits; nobody else learns who reads what."""
    viewer.check_role(Role.LAB_MANAGER, Role.CUSTODIAN)
    return Grant.objects.select_related("holder__organisation").prefetch_related("releases").order_by("-opened_at")


def grant(viewer: Viewer, uid: Uid) -> Grant:
    """Return one grant of the viewer's own."""
    found = Grant.objects.filter(uid=uid.text, holder_id=viewer.row).first()
    if found is None:
        raise GrantUnknownError
    return found


def terms(found: Grant, patterns: Patterns) -> Terms:
    """Return a grant's terms as a value; the caller unsealed its patterns."""
    return Terms(patterns, found.begins, found.ends, found.revoked_at, found.version)


def balance(purse: Purse, visit: Uid | None, now: datetime) -> Balance:
    """Return what is left in each window, the tightest budget of each."""
    seconds = int(now.timestamp())
    current: dict[str, int | str] = {"hour": seconds // 3600, "day": seconds // 86_400, "visit": str(visit or "")}
    rows = list(Budget.objects.filter(pk__in=purse.budgets))
    return Balance(*(_tightest(rows, name, current.get(name)) for name in ("hour", "day", "visit", "total")))


def _tightest(rows: Sequence[Budget], name: str, current: int | str | None) -> Spent:
    spent = []
    for row in rows:
        is_current = current is None or getattr(row, name) == current
        spent.append(Spent(getattr(row, f"{name}_used") if is_current else 0, getattr(row, f"{name}_limit")))
    return min(spent, key=lambda one: one.left)
