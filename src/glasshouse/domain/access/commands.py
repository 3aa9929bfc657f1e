# SPDX-License-Identifier: Apache-2.0
"""Verbs of access. They run inside the transaction of the room whose lines are shown or whose matter is decided."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import Value
from django.db.models.functions import Greatest

from glasshouse.domain.access import rules
from glasshouse.domain.access.errors import BudgetExhaustedError, GrantRevokedError
from glasshouse.domain.access.models import NO_LIMIT, Budget, Grant, GrantedRelease, Scope
from glasshouse.domain.access.values import Limits, NewGrant, Shown
from glasshouse.domain.journal import commands as journal
from glasshouse.domain.people.models import Person
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.errors import NotFoundError
from glasshouse.kernel.ids import Uid

# Together, an organisation's people may see twice what one of them may.
ORGANISATION_FACTOR = 2
_WINDOWS = ("hour", "day", "visit", "total")


@dataclass(frozen=True, slots=True)
class Purse:
    """The rows that a view is charged to: the grant's, its holder's and the organisation's budgets."""

    grant: int
    budgets: tuple[int, ...]


def open_grant(
    new: NewGrant,
    holder: Person,
    actor: str,
    roots: Mapping[Uid, Digest],
    *,
    proposal: Uid,
    engagement: Uid,
    sealed: bytes,
    now: datetime,
) -> Grant:
    """Open an agreed grant with its budgets, inside the transaction of the last agreement."""
    grant = Grant.objects.create(
        uid=Uid.new().text,
        engagement=engagement.text,
        proposal=proposal.text,
        holder=holder,
        product=new.product.text,
        patterns=sealed,
        begins=new.begins,
        ends=new.ends,
        opened_at=now,
    )
    GrantedRelease.objects.bulk_create(
        GrantedRelease(grant=grant, release=release.text, root=roots[release].raw) for release in new.releases
    )
    _open_budgets(grant, holder, new.limits)
    journal.record(
        "access.grant-opened",
        actor=actor,
        at=now,
        subject=Uid(grant.uid),
        engagement=engagement,
        fields={
            "proposal": proposal.text,
            "releases": sorted(str(roots[release]) for release in new.releases),
            "limits": {name: getattr(new.limits, name) for name in _WINDOWS},
        },
    )
    return grant


def _open_budgets(grant: Grant, holder: Person, limits: Limits) -> None:
    Budget.objects.create(
        scope=Scope.GRANT,
        key=grant.uid,
        product=grant.product,
        **{f"{name}_limit": getattr(limits, name) for name in _WINDOWS},
    )
    # A person's and an organisation's budgets outlive grants: a second grant never doubles an hour.
    for scope, key, factor in (
        (Scope.PERSON, holder.uid, 1),
        (Scope.ORGANISATION, holder.organisation.uid, ORGANISATION_FACTOR),
    ):
        budget, is_new = Budget.objects.get_or_create(
            scope=scope,
            key=key,
            product=grant.product,
            defaults={
                "hour_limit": limits.hour * factor,
                "day_limit": limits.day * factor,
                "visit_limit": NO_LIMIT,
                "total_limit": limits.total * factor,
            },
        )
        if not is_new:  # limits only: a view may be paying from the same row
            raised = {
                f"{name}_limit": Greatest(f"{name}_limit", Value(getattr(limits, name) * factor))
                for name in ("hour", "day", "total")
            }
            Budget.objects.filter(pk=budget.pk).update(**raised)


def revoke(grant: Grant, *, actor: str, now: datetime) -> None:
    """End a grant at once, inside the caller's transaction; its next request is refused."""
    if not Grant.objects.filter(pk=grant.pk, revoked_at=None).update(revoked_at=now, version=grant.version + 1):
        raise GrantRevokedError("This grant was revoked before.")
    journal.record(
        "access.grant-revoked", actor=actor, at=now, subject=Uid(grant.uid), engagement=Uid(grant.engagement)
    )


def purse_of(grant: Grant) -> Purse:
    """Find the budget rows of a grant; outside the transaction, they never change place."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT b.id FROM access_budget b JOIN people_person p ON p.id = %s"
            " JOIN people_organisation o ON o.id = p.organisation_id WHERE b.product = %s AND"
            " ((b.scope = 'grant' AND b.key = %s) OR (b.scope = 'person' AND b.key = p.uid)"
            " OR (b.scope = 'organisation' AND b.key = o.uid)) ORDER BY b.id",
            [grant.holder_id, grant.product, grant.uid],
        )
        budgets = tuple(row[0] for row in cursor.fetchall())
    return Purse(grant.pk, budgets)


def charge(purse: Purse, version: int, visit: Uid, shown: Sequence[Shown], *, now: datetime, at_least: int = 0) -> int:
    """Charge a view and mark its lines as seen, inside the view's transaction; return what it cost.

    Re-checks that the grant is the one that was judged. All budgets pay or none does: one UPDATE carries every
    limit as its condition, and the number of rows that it changed is the answer. `at_least` is the price of a view
    that tells something even where it shows no new line.
    """
    with connection.cursor() as cursor:
        cursor.execute(_LOCKED if connection.features.has_select_for_update else _VERSION, [purse.grant])
        row = cursor.fetchone()
    if row is None:
        raise NotFoundError
    if row[0] != version:
        raise GrantRevokedError("Your grant changed while the page was made.", hint="Load the page again.")
    cost = max(at_least, sum(_mark_seen(purse.grant, lines) for lines in shown))
    if cost:
        _pay(purse, visit, cost, now)
    return cost


_VERSION = "SELECT version FROM access_grant WHERE id = %s"
_LOCKED = "SELECT version FROM access_grant WHERE id = %s FOR UPDATE"
_IN_ORDER = "SELECT id FROM access_budget WHERE id IN (%(grant)s, %(person)s, %(organisation)s) ORDER BY id FOR UPDATE"
# Each window counts from zero again when its name changes: the hour, the day, the visit. Requests that set out
# before the hour struck, or on a host whose clock is behind, must not set it back: they pay in the newer one.
_PAY = """
UPDATE access_budget
   SET hour_used = CASE WHEN hour IN (%(hour)s, %(hour)s + 1) THEN hour_used ELSE 0 END + %(cost)s,
       hour = CASE WHEN hour = %(hour)s + 1 THEN hour ELSE %(hour)s END,
       day_used = CASE WHEN day IN (%(day)s, %(day)s + 1) THEN day_used ELSE 0 END + %(cost)s,
       day = CASE WHEN day = %(day)s + 1 THEN day ELSE %(day)s END,
       visit_used = CASE WHEN visit = %(visit)s THEN visit_used ELSE 0 END + %(cost)s, visit = %(visit)s,
       total_used = total_used + %(cost)s
 WHERE id IN (%(grant)s, %(person)s, %(organisation)s)
   AND CASE WHEN hour IN (%(hour)s, %(hour)s + 1) THEN hour_used ELSE 0 END + %(cost)s <= hour_limit
   AND CASE WHEN day IN (%(day)s, %(day)s + 1) THEN day_used ELSE 0 END + %(cost)s <= day_limit
   AND CASE WHEN visit = %(visit)s THEN visit_used ELSE 0 END + %(cost)s <= visit_limit
   AND total_used + %(cost)s <= total_limit
"""


def _pay(purse: Purse, visit: Uid, cost: int, now: datetime) -> None:
    seconds = int(now.timestamp())
    windows: dict[str, int | str] = {"hour": seconds // 3600, "day": seconds // 86_400, "visit": visit.text}
    payers = dict(zip(("grant", "person", "organisation"), purse.budgets, strict=True))
    with connection.cursor() as cursor:
        if connection.features.has_select_for_update:
            cursor.execute(_IN_ORDER, payers)  # two grants of one organisation would lock each other out
        cursor.execute(_PAY, {**windows, **payers, "cost": cost})
        if cursor.rowcount != len(purse.budgets):
            raise _exhausted(purse, windows, cost)


def _exhausted(purse: Purse, windows: Mapping[str, int | str], cost: int) -> BudgetExhaustedError:
    for budget in Budget.objects.filter(pk__in=purse.budgets).order_by("pk"):
        for name in _WINDOWS:
            is_current = name == "total" or rules.still_counts(getattr(budget, name), windows[name])
            used = getattr(budget, f"{name}_used") if is_current else 0
            limit = getattr(budget, f"{name}_limit")
            over = used + cost - limit
            if over > 0:
                when = {"hour": "this hour", "day": "today", "visit": "this visit", "total": "all its time"}[name]
                return BudgetExhaustedError(
                    f"{over:,} {'line' if over == 1 else 'lines'} over the budget for {when} of"
                    f" {budget.get_scope_display()} ({used:,} of {limit:,} used, {cost:,} asked).",
                    hint="Ask for fewer lines, wait for the next hour or day, or ask the lab manager for more.",
                )
    return BudgetExhaustedError("The budget was used up by another page.", hint="Load the page again.")


def _mark_seen(grant: int, shown: Shown) -> int:
    """Set the bits of these lines and return the cost of those that were not set before.

    A line of which only a part is shown stays unset: else its last byte would buy the whole of it.
    """
    cost, position = 0, 0
    first = shown.first - 1
    while position < len(shown.costs):
        part, offset = divmod(first + position, rules.SEEN_LINES)
        count = min(rules.SEEN_LINES - offset, len(shown.costs) - position)
        costs = shown.costs[position : position + count]
        always = frozenset(index - position for index in shown.always if position <= index < position + count)
        cost += _mark_part((grant, shown.blob, part), offset, costs, always)
        position += count
    return cost


def _mark_part(key: tuple[int, bytes, int], offset: int, costs: Sequence[int], always: frozenset[int]) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT bits FROM access_seen WHERE grant_id = %s AND blob = %s AND part = %s", key)
        row = cursor.fetchone()
        bits = int.from_bytes(bytes(row[0]), "little") if row else 0
        wanted = (1 << len(costs)) - 1
        cost = rules.new_cost(costs, always, bits >> offset & wanted)
        parts = sum(1 << index for index in always)
        after = bits | (wanted & ~parts) << offset
        if after != bits:
            content = after.to_bytes((after.bit_length() + 7) // 8, "little")
            cursor.execute(
                "INSERT INTO access_seen (grant_id, blob, part, bits) VALUES (%s, %s, %s, %s)"
                " ON CONFLICT (grant_id, blob, part) DO UPDATE SET bits = excluded.bits",
                [*key, content],
            )
    return cost
