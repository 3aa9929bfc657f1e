# SPDX-License-Identifier: Apache-2.0
"""Verbs of access. They run inside the transaction of the room whose lines are shown or whose matter is decided."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import F, Value
from django.db.models.functions import Greatest

from glasshouse.domain.access import rules
from glasshouse.domain.access.errors import BudgetExhaustedError, GrantNotPausedError, GrantRevokedError
from glasshouse.domain.access.models import NO_LIMIT, Budget, Grant, GrantedRelease, Scope
from glasshouse.domain.access.pace import Step, Trail, follow
from glasshouse.domain.access.rules import WINDOWS
from glasshouse.domain.access.values import Conditions, Limits, NewGrant, Pause, Shown
from glasshouse.domain.journal import commands as journal
from glasshouse.domain.journal.values import Json
from glasshouse.domain.notices import commands as notices
from glasshouse.domain.people.models import Person
from glasshouse.domain.people.queries import office
from glasshouse.domain.people.values import Role
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.errors import NotFoundError
from glasshouse.kernel.ids import Uid

# Together, an organisation's people may see twice what one of them may in an hour or a day. Its share of the product
# is one person's: what two accounts saw is put together in an afternoon.
ORGANISATION_FACTOR = 2


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
    sealed: bytes,
    now: datetime,
) -> Grant:
    """Open an agreed grant with its budgets, inside the transaction of the last agreement."""
    grant = Grant.objects.create(
        uid=Uid.new().text,
        engagement=new.engagement.text,
        proposal=proposal.text,
        holder=holder,
        product=new.product.text,
        purposes=" ".join(sorted(new.purposes)),
        sites=sorted(site.text for site in new.conditions.sites),
        at_workstation=new.conditions.at_workstation,
        accompanied=new.conditions.accompanied,
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
        engagement=new.engagement,
        fields={
            "proposal": proposal.text,
            "releases": sorted(str(roots[release]) for release in new.releases),
            "limits": limits_as_fields(new.limits),
            "purposes": sorted(new.purposes),
            "conditions": conditions_as_fields(new.conditions),
        },
    )
    notices.tell([holder.pk], "access.grant-opened", subject=new.engagement, route="engagement", now=now)
    return grant


def limits_as_fields(limits: Limits) -> dict[str, int]:
    """Return limits as statements and entries write them."""
    return {name: getattr(limits, name) for name in WINDOWS}


def conditions_as_fields(conditions: Conditions) -> dict[str, Json]:
    """Return conditions as statements and entries write them."""
    return {
        "accompanied": conditions.accompanied,
        "sites": sorted(site.text for site in conditions.sites),
        "workstation": conditions.at_workstation,
    }


def _open_budgets(grant: Grant, holder: Person, limits: Limits) -> None:
    Budget.objects.create(
        scope=Scope.GRANT,
        key=grant.uid,
        product=grant.product,
        **{f"{name}_limit": getattr(limits, name) for name in WINDOWS},
    )
    # A person's and an organisation's budgets outlive grants: a second grant never doubles an hour.
    for scope, key in ((Scope.PERSON, holder.uid), (Scope.ORGANISATION, holder.organisation.uid)):
        together = _together(scope, limits)
        budget, is_new = Budget.objects.get_or_create(
            scope=scope,
            key=key,
            product=grant.product,
            defaults={**{f"{name}_limit": value for name, value in together.items()}, "visit_limit": NO_LIMIT},
        )
        if not is_new:
            _raise(budget, together)


def _together(scope: Scope, limits: Limits) -> dict[str, int]:
    """Return what a person's or an organisation's grants for a product may show together; a visit is one grant's."""
    factor = ORGANISATION_FACTOR if scope == Scope.ORGANISATION else 1
    return {"hour": limits.hour * factor, "day": limits.day * factor, "total": limits.total}


def _raise(budget: Budget, limits: Mapping[str, int]) -> None:
    """Raise limits, never lower one, and touch nothing else: a view may be paying from the same row."""
    raised = {f"{name}_limit": Greatest(f"{name}_limit", Value(value)) for name, value in limits.items()}
    Budget.objects.filter(pk=budget.pk).update(**raised)


def raise_limits(grant: Grant, limits: Limits, actor: str, *, proposal: Uid, now: datetime) -> None:
    """Raise a grant's budget to what two people agreed, inside the transaction of the last agreement.

    The caller holds the grant's row: whoever pays locks it before the budgets.
    """
    if grant.revoked_at is not None:
        raise GrantRevokedError("This grant was revoked meanwhile.")
    keys = {Scope.GRANT: grant.uid, Scope.PERSON: grant.holder.uid, Scope.ORGANISATION: grant.holder.organisation.uid}
    for budget in Budget.objects.filter(product=grant.product, key__in=keys.values()).order_by("pk"):
        if keys[Scope(budget.scope)] == budget.key:
            _raise(
                budget,
                limits_as_fields(limits) if budget.scope == Scope.GRANT else _together(Scope(budget.scope), limits),
            )
    journal.record(
        "access.limits-raised",
        actor=actor,
        at=now,
        subject=Uid(grant.uid),
        engagement=Uid(grant.engagement),
        fields={"limits": limits_as_fields(limits), "proposal": proposal.text},
    )
    notices.tell([grant.holder_id], "access.limits-raised", subject=Uid(grant.uid), route="grant-more", now=now)


def revoke(grant: Grant, *, actor: str, now: datetime) -> None:
    """End a grant at once, inside the caller's transaction; its next request is refused."""
    if not Grant.objects.filter(pk=grant.pk, revoked_at=None).update(revoked_at=now, version=F("version") + 1):
        raise GrantRevokedError("This grant was revoked before.")
    journal.record(
        "access.grant-revoked", actor=actor, at=now, subject=Uid(grant.uid), engagement=Uid(grant.engagement)
    )
    notices.tell([grant.holder_id], "access.grant-revoked", subject=Uid(grant.engagement), route="engagement", now=now)


def judge_anew(engagement: Uid) -> None:
    """Have each page that is being made in an engagement judged again, inside the transaction of what changed."""
    rows = Grant.objects.filter(engagement=engagement.text, revoked_at=None).order_by("pk")
    if connection.features.has_select_for_update:
        list(rows.select_for_update().values_list("pk"))  # in the order in which views lock them
    Grant.objects.filter(engagement=engagement.text, revoked_at=None).update(version=F("version") + 1)


def resume(grant: Grant, *, actor: str, now: datetime) -> None:
    """Let a grant that waits go on, its trail begun anew, inside the caller's transaction."""
    reason = grant.pause
    rows = Grant.objects.filter(pk=grant.pk, revoked_at=None).exclude(paused_at=None)
    if not rows.update(paused_at=None, pause="", version=F("version") + 1):
        raise GrantNotPausedError("This grant does not wait for anybody.", hint="Load the page again.")
    Budget.objects.filter(scope=Scope.GRANT, key=grant.uid, product=grant.product).update(trail="")
    journal.record(
        "access.grant-resumed",
        actor=actor,
        at=now,
        subject=Uid(grant.uid),
        engagement=Uid(grant.engagement),
        fields={"pause": reason},
    )
    notices.tell([grant.holder_id], "access.grant-resumed", subject=Uid(grant.uid), route="grant-more", now=now)


def _pause(row: int, reason: Pause, now: datetime) -> None:
    """Have a grant wait for a custodian's word, inside the transaction of the view that gave the reason.

    Whatever else its holder has for the product waits with it: a second grant is no way round a pause.
    """
    grant = Grant.objects.get(pk=row)
    together = Grant.objects.filter(holder=grant.holder_id, product=grant.product, revoked_at=None, paused_at=None)
    for held in together.filter(ends__gt=now).order_by("pk"):
        Grant.objects.filter(pk=held.pk).update(paused_at=now, pause=reason, version=F("version") + 1)
        journal.record(
            "access.grant-paused",
            actor="operator:web",
            at=now,
            subject=Uid(held.uid),
            engagement=Uid(held.engagement),
            fields={"pause": reason.value},
        )
        custodians = office(Role.CUSTODIAN)
        notices.tell(custodians, "access.grant-paused", subject=Uid(held.uid), route="grant-resume", now=now)


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
    that tells something even where it shows no new line. A view that looks like copying is shown, and the last: the
    grant then waits for a custodian.
    """
    with connection.cursor() as cursor:
        if connection.features.has_select_for_update:
            cursor.execute(_LOCKED, [purse.grant, now])
        else:
            cursor.execute(_VERSION, [purse.grant])
        row = next((held for number, *held in cursor.fetchall() if number == purse.grant), None)
    if row is None:
        raise NotFoundError
    if row[0] != version:
        raise GrantRevokedError("Your grant changed while the page was made.", hint="Load the page again.")
    cost = max(at_least, sum(_mark_seen(purse.grant, lines) for lines in shown))
    if cost:
        trail, pause = follow(Trail.parse(row[1]), _step(shown, cost, now), hour_limit=row[2])
        _pay(purse, visit, cost, trail, now)
        if pause is not None:
            _pause(purse.grant, pause, now)
    return cost


def _step(shown: Sequence[Shown], cost: int, now: datetime) -> Step:
    at = int(now.timestamp())
    if len(shown) != 1 or not shown[0].of:
        return Step(at, cost)
    one = shown[0]
    return Step(at, cost, one.blob.hex(), one.first, one.first + len(one.costs) - 1, one.of)


_VERSION = """
SELECT g.id, g.version, b.trail, b.hour_limit FROM access_grant g
  JOIN access_budget b ON b.scope = 'grant' AND b.key = g.uid AND b.product = g.product WHERE g.id = %s
"""
# The budget too: whoever waited for the grant would else read the trail of before, and lose a step of another's. And
# every live grant of its holder for the product, in one order: a pause takes them all, and two views at once would
# else wait for each other.
_LOCKED = """
SELECT g.id, g.version, b.trail, b.hour_limit FROM access_grant mine
  JOIN access_grant g ON g.holder_id = mine.holder_id AND g.product = mine.product
  JOIN access_budget b ON b.scope = 'grant' AND b.key = g.uid AND b.product = g.product
 WHERE mine.id = %s AND (g.id = mine.id OR (g.revoked_at IS NULL AND g.ends > %s)) ORDER BY g.id FOR UPDATE OF g, b
"""
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
       total_used = total_used + %(cost)s,
       trail = CASE WHEN scope = 'grant' THEN %(trail)s ELSE '' END
 WHERE id IN (%(grant)s, %(person)s, %(organisation)s)
   AND CASE WHEN hour IN (%(hour)s, %(hour)s + 1) THEN hour_used ELSE 0 END + %(cost)s <= hour_limit
   AND CASE WHEN day IN (%(day)s, %(day)s + 1) THEN day_used ELSE 0 END + %(cost)s <= day_limit
   AND CASE WHEN visit = %(visit)s THEN visit_used ELSE 0 END + %(cost)s <= visit_limit
   AND total_used + %(cost)s <= total_limit
"""


def _pay(purse: Purse, visit: Uid, cost: int, trail: Trail, now: datetime) -> None:
    seconds = int(now.timestamp())
    windows: dict[str, int | str] = {"hour": seconds // 3600, "day": seconds // 86_400, "visit": visit.text}
    payers = dict(zip(("grant", "person", "organisation"), purse.budgets, strict=True))
    with connection.cursor() as cursor:
        if connection.features.has_select_for_update:
            cursor.execute(_IN_ORDER, payers)  # two grants of one organisation would lock each other out
        cursor.execute(_PAY, {**windows, **payers, "cost": cost, "trail": str(trail)})
        if cursor.rowcount != len(purse.budgets):
            raise _exhausted(purse, windows, cost)


def _exhausted(purse: Purse, windows: Mapping[str, int | str], cost: int) -> BudgetExhaustedError:
    for budget in Budget.objects.filter(pk__in=purse.budgets).order_by("pk"):
        for name in WINDOWS:
            is_current = name == "total" or rules.still_counts(getattr(budget, name), windows[name])
            used = getattr(budget, f"{name}_used") if is_current else 0
            limit = getattr(budget, f"{name}_limit")
            over = used + cost - limit
            if over > 0:
                when = {"hour": "this hour", "day": "today", "visit": "this visit", "total": "all its time"}[name]
                return BudgetExhaustedError(
                    f"{over:,} {'line' if over == 1 else 'lines'} over the budget for {when} of"
                    f" {budget.get_scope_display()} ({used:,} of {limit:,} used, {cost:,} asked).",
                    hint="Ask for fewer lines, wait for the next hour or day, or ask for more.",
                    window=name,
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
        cost += _mark_part((grant, shown.blob, part), offset, costs, always, is_read=not shown.by_search)
        position += count
    return cost


def _mark_part(
    key: tuple[int, bytes, int], offset: int, costs: Sequence[int], always: frozenset[int], *, is_read: bool
) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT bits, read FROM access_seen WHERE grant_id = %s AND blob = %s AND part = %s", key)
        row = cursor.fetchone()
        bits, read = (int.from_bytes(bytes(column), "little") for column in row) if row else (0, 0)
        wanted = (1 << len(costs)) - 1
        cost = rules.new_cost(costs, always, bits >> offset & wanted)
        parts = sum(1 << index for index in always)
        whole = (wanted & ~parts) << offset
        after, read_after = bits | whole, read | whole if is_read else read
        if (after, read_after) != (bits, read):
            contents = [one.to_bytes((one.bit_length() + 7) // 8, "little") for one in (after, read_after)]
            cursor.execute(
                "INSERT INTO access_seen (grant_id, blob, part, bits, read) VALUES (%s, %s, %s, %s, %s)"
                " ON CONFLICT (grant_id, blob, part) DO UPDATE SET bits = excluded.bits, read = excluded.read",
                [*key, *contents],
            )
    return cost
