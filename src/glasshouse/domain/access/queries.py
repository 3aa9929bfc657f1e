# SPDX-License-Identifier: Apache-2.0
"""Questions about grants and budgets."""

from datetime import datetime

from django.db import connection
from django.db.models import QuerySet

from glasshouse.domain.access import rules
from glasshouse.domain.access.commands import Purse
from glasshouse.domain.access.errors import GrantUnknownError
from glasshouse.domain.access.models import Grant
from glasshouse.domain.access.values import Balance, Patterns, Spent, Terms
from glasshouse.domain.people.values import Role
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
