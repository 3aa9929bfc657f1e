# SPDX-License-Identifier: Apache-2.0
"""What every command of admissions does to a row, and how its entry tells of it."""

from datetime import datetime

from django.db import connection

from glasshouse.domain.admissions import shelf
from glasshouse.domain.admissions.errors import NotBroughtError
from glasshouse.domain.admissions.models import Brought
from glasshouse.domain.admissions.values import KEPT, State
from glasshouse.domain.journal import commands as journal
from glasshouse.domain.journal.values import Fields
from glasshouse.domain.notices import commands as notices
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.ids import Uid


def locked(uid: Uid) -> Brought:
    """Return a row that nobody else changes until the transaction ends."""
    rows = Brought.objects.select_related("engagement", "organisation").filter(uid=uid.text)
    if connection.features.has_select_for_update:
        rows = rows.select_for_update(of=("self",))
    found = rows.first()
    if found is None:
        raise NotBroughtError
    return found


def settle(row: Brought, state: State, *, by: int | None, now: datetime) -> None:
    """Write that something no longer waits; what is not kept is opened no more."""
    row.state, row.settled_by_id, row.settled_at = state, by, now
    if state not in KEPT:
        row.pack = ""
    row.save()


def record(row: Brought, what: str, actor: str, *, now: datetime, told: Fields, visitor: Fields | None = None) -> None:
    """Write an entry of the engagement; the digest names what it is about, and what it is called is the visitor's."""
    journal.record(
        f"admissions.{what}",
        actor=actor,
        at=now,
        subject=Uid(row.uid),
        engagement=Uid(row.engagement.uid),
        fields={"brought": {"digest": str(Digest(bytes(row.digest))), "kind": row.kind, **told}},
        visitor=visitor,
    )


def tell_visitor(row: Brought, now: datetime) -> None:
    """Tell who brought it that there is news of it."""
    notices.tell([row.brought_by_id], "admissions.settled", subject=Uid(row.uid), route="brought-one", now=now)


def tidy(party: Uid) -> None:
    """Remove from the disk what no row keeps; to be called after the commit."""
    with shelf.sole_writer(party):
        shelf.remove_others(party, names(party))


def names(party: Uid) -> set[str]:
    """Return the names of an organisation's packs that rows keep."""
    rows = Brought.objects.filter(organisation__uid=party.text).exclude(pack="")
    return set(rows.values_list("pack", flat=True))
