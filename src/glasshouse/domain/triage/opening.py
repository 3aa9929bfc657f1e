# SPDX-License-Identifier: Apache-2.0
"""Verdicts as they rest and as they are read: whose a viewer reads, and what each is on.

Callers judge what detections the viewer may see; here is judged whose word they may.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from django.db.models import Q, QuerySet

from glasshouse.domain.access.values import Patterns
from glasshouse.domain.journal import wording
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.releases import vault
from glasshouse.domain.triage import rules
from glasshouse.domain.triage.models import Reason, Verdict, VerdictOn
from glasshouse.domain.triage.values import Given, Side, Told
from glasshouse.engines.store import Sealer
from glasshouse.kernel.errors import RefusedError
from glasshouse.kernel.ids import Uid

PURPOSE: Final = "triage"
_BY_VENDOR: Final = (Side.OWNER, Side.ASSESSOR)


def read_by(viewer: Viewer, product: Uid) -> QuerySet[Verdict]:
    """Return the verdicts on a product that the viewer reads: the vendor's, their organisation's, and what is shared.

    What a visitor shares is for the vendor; another visitor reads none of it.
    """
    rows = Verdict.objects.filter(product=product.text)
    if viewer.is_vendor:
        if not viewer.may_act_as(*rules.READING):
            return rows.none()
        return rows.filter(Q(side__in=_BY_VENDOR) | Q(is_shared=True))
    return rows.filter(Q(side__in=_BY_VENDOR) | Q(side=Side.VISITOR, organisation=viewer.organisation.text))


def own_side(viewer: Viewer) -> Side:
    """Return whose opinion a viewer goes by: their own side's; who of the vendor gives no verdict reads the owner's."""
    if viewer.is_vendor and not viewer.may_act_as(*rules.JUDGING):
        return Side.OWNER
    return rules.side_of(viewer)


def own(viewer: Viewer, product: Uid) -> QuerySet[Verdict]:
    """Return the verdicts on a product that the viewer's own side gave."""
    return of_side(product, own_side(viewer), viewer.organisation)


def of_side(product: Uid, side: Side, organisation: Uid | None = None) -> QuerySet[Verdict]:
    """Return the verdicts on a product that one side gave; a visitor's side is an organisation."""
    rows = Verdict.objects.filter(product=product.text, side=side)
    return rows.filter(organisation=organisation.text) if side == Side.VISITOR and organisation else rows


class OnDetection(NamedTuple):
    """A verdict on one detection, by the detection's row."""

    detection: int
    row: Verdict
    given: Given


@dataclass(frozen=True, slots=True)
class OnRule:
    """A verdict on a rule's detections under some paths, by the rule's row."""

    rule: int
    row: Verdict
    given: Given
    patterns: Patterns


def on_detections(verdicts: QuerySet[Verdict], detections: Collection[int] | None = None) -> Iterator[OnDetection]:
    """Yield what these verdicts say of single detections: all of them, or some by their rows."""
    rows = VerdictOn.objects.filter(verdict__in=verdicts).exclude(detection=None)
    if detections is not None:
        rows = rows.filter(detection__in=list(detections))
    opened = _opened(verdicts)
    for uid, verdict, detection in rows.values_list("uid", "verdict", "detection"):
        row, told = opened[verdict]
        yield OnDetection(detection, row, _given(uid, row, told, is_wide=False))


def on_rules(verdicts: QuerySet[Verdict]) -> list[OnRule]:
    """Return what these verdicts say of rules; none once the product's key was destroyed."""
    rows = (
        VerdictOn.objects.filter(verdict__in=verdicts)
        .exclude(rule=None)
        .values_list("uid", "verdict", "rule", "pattern")
    )
    opened = _opened(verdicts.filter(on__detection=None)) if rows else {}
    found = []
    for uid, verdict, rule, sealed in rows:
        row, told = opened[verdict]
        try:
            patterns = open_pattern(bytes(sealed), row, uid)
        except RefusedError:
            continue
        found.append(OnRule(rule, row, _given(uid, row, told, is_wide=True), patterns))
    return found


def seal_pattern(patterns: Patterns, sealed_for: Uid, product: Uid, uid: str) -> bytes:
    """Seal a pattern under the product's key, because paths derive from source, and that under a party's."""
    inner = vault.sealer(product, PURPOSE).seal(patterns.to_bytes(), context=uid.encode())
    return key_of(sealed_for).seal(inner, context=uid.encode())


def open_pattern(sealed: bytes, row: Verdict, uid: str) -> Patterns:
    """Open a pattern; raises KeyDestroyedError where the product's key is gone."""
    inner = key_of(Uid(row.sealed_for)).open(sealed, context=uid.encode())
    return Patterns.from_bytes(vault.sealer(Uid(row.product), PURPOSE).open(inner, context=uid.encode()))


def reasons_of(verdicts: Collection[Verdict]) -> dict[int, str]:
    """Return why verdicts were given, by their rows; one whose author was erased has no reason any more."""
    by_row = {row.pk: row for row in verdicts}
    return {
        one.verdict_id: wording.read(
            bytes(one.sealed), key_of(Uid(by_row[one.verdict_id].sealed_for)), context=by_row[one.verdict_id].uid
        )
        for one in Reason.objects.filter(verdict__in=list(by_row))
    }


def key_of(party: Uid) -> Sealer:
    """Return what seals the verdicts of a party."""
    return vault.party_sealer(party, PURPOSE)


def _opened(verdicts: QuerySet[Verdict]) -> dict[int, tuple[Verdict, Told]]:
    return {
        row.pk: (row, Told.from_bytes(key_of(Uid(row.sealed_for)).open(bytes(row.told), context=row.uid.encode())))
        for row in verdicts
    }


def _given(uid: str, row: Verdict, told: Told, *, is_wide: bool) -> Given:
    return Given(Uid(uid), row.pk, told, row.author_id, row.at, row.release, row.expires_at, is_wide=is_wide)
