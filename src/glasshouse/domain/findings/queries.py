# SPDX-License-Identifier: Apache-2.0
"""Questions about findings. `reach` holds the engagements that a visitor may see, and is a required argument."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from django.db.models import Case, QuerySet, When

from glasshouse.domain.findings import rules
from glasshouse.domain.findings.errors import NoFindingError
from glasshouse.domain.findings.models import Finding, FindingPlace
from glasshouse.domain.findings.values import FoundAt, Severity, State, Step
from glasshouse.domain.journal import wording
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.releases import vault
from glasshouse.domain.releases.models import Product, Release
from glasshouse.domain.threads import queries as threads
from glasshouse.domain.threads import rules as thread_rules
from glasshouse.domain.threads.models import Thread
from glasshouse.domain.threads.values import Said
from glasshouse.domain.threads.values import State as ThreadState
from glasshouse.engines.store import Sealer
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.errors import RefusedError
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.lines import Span
from glasshouse.kernel.paths import TreePath

PURPOSE: Final = "findings"
_WORST_FIRST: Final = Case(*(When(severity=one, then=place) for place, one in enumerate(Severity)))


@dataclass(frozen=True, slots=True)
class FindingPage:
    """A finding as somebody with a part in it reads it.

    `places` is None once the product's key was destroyed. `due_at` is when the vendor's answer is due, None while it
    is not its turn. `releases` are those that a fix may be claimed in.
    """

    finding: Finding
    title: str = field(repr=False)
    product: str
    places: Sequence[FoundAt] | None
    fixed_in: str
    said: Sequence[Said] = field(repr=False)
    due_at: datetime | None
    is_late: bool
    escalated_at: datetime | None
    steps: Sequence[Step]
    may_comment: bool
    releases: Sequence[Release]


def findings_of(
    viewer: Viewer,
    reach: Collection[Uid],
    *,
    engagement: Uid | None = None,
    skip: int = 0,
    most: int | None = None,
) -> list[tuple[Finding, str]]:
    """Return the findings that the viewer has a part in with their titles, the worst first, then the newest.

    Those of one engagement, where it is named; of these no more than `most`, the first `skip` left out.
    """
    rows = _rows(viewer, reach)
    if engagement is not None:
        rows = rows.filter(engagement=engagement.text)
    return [(row, title_of(row)) for row in rows[skip : None if most is None else skip + most]]


def awaiting(viewer: Viewer, reach: Collection[Uid]) -> int:
    """Return how many findings wait for the viewer's next step."""
    return _rows(viewer, reach).filter(state__in=rules.awaited(viewer)).count()


def finding(viewer: Viewer, uid: Uid, reach: Collection[Uid]) -> Finding:
    """Return one finding that the viewer has a part in; raises NoFindingError."""
    found = _rows(viewer, reach).filter(uid=uid.text).first()
    if found is None:
        raise NoFindingError
    return found


def raised_from(viewer: Viewer, detection: Uid, reach: Collection[Uid]) -> list[tuple[Finding, str]]:
    """Return the findings that were raised from a detection and that the viewer has a part in, with their titles."""
    rows = _rows(viewer, reach).filter(detections__detection__uid=detection.text)
    return [(row, title_of(row)) for row in rows]


def detections_behind(row: Finding) -> list[Uid]:
    """Return the detections that a finding that was judged was raised from."""
    found = row.detections.order_by("detection__uid").values_list("detection__uid", flat=True)
    return [Uid(uid) for uid in found]


def finding_page(viewer: Viewer, uid: Uid, reach: Collection[Uid], now: datetime) -> FindingPage:
    """Return one finding with all that was said of it and the viewer's next steps."""
    row = finding(viewer, uid, reach)
    thread = Thread.objects.get(uid=row.thread)
    state, turn = State(row.state), ThreadState(thread.state)
    product = Product.objects.get(uid=row.product)
    return FindingPage(
        finding=row,
        title=title_of(row),
        product=product.slug,
        places=places_of(row),
        fixed_in=Release.objects.filter(uid=row.fixed_in).values_list("version", flat=True).first() or "",
        said=threads.messages(thread, thread_sealer(Uid(row.engagement))),
        due_at=thread.due_at if turn == ThreadState.WAITING else None,
        is_late=thread_rules.is_late(turn, thread.due_at, now),
        escalated_at=thread.escalated_at,
        steps=[step for step in Step if step in rules.steps_from(state) and rules.may_take(viewer, step)],
        may_comment=may_comment(viewer, state),
        releases=list(product.releases.all()),
    )


def may_comment(viewer: Viewer, state: State) -> bool:
    """Say whether the viewer may add a word: both parties while it is not withdrawn, the assessor by steps alone."""
    is_party = not viewer.is_vendor or viewer.may_act_as(*thread_rules.ANSWERING)
    return is_party and state != State.WITHDRAWN


def title_of(row: Finding) -> str:
    """Return the title of a finding that was judged."""
    return wording.read(bytes(row.title), title_sealer(Uid(row.engagement)), context=row.uid)


def places_of(row: Finding) -> list[FoundAt] | None:
    """Return the places of a finding that was judged; None once the product's key was destroyed."""
    try:
        key = vault.sealer(Uid(row.product), PURPOSE)
    except RefusedError:
        return None
    return [_place(one, key, row.uid) for one in row.places.order_by("pk")]


def title_sealer(engagement: Uid) -> Sealer:
    """Return what seals an engagement's titles for both its parties."""
    return vault.party_sealer(engagement, PURPOSE)


def thread_sealer(engagement: Uid) -> Sealer:
    """Return what seals what is said of an engagement's findings for both its parties."""
    return vault.party_sealer(engagement, thread_rules.SEALED_FOR)


def _rows(viewer: Viewer, reach: Collection[Uid]) -> QuerySet[Finding]:
    rows = Finding.objects.order_by(_WORST_FIRST, "-raised_at", "-pk")
    if viewer.is_vendor:
        return rows if viewer.may_act_as(*rules.READING) else rows.none()
    return rows.filter(engagement__in=[uid.text for uid in reach])


def _place(row: FindingPlace, key: Sealer, context: str) -> FoundAt:
    told = json.loads(key.open(bytes(row.sealed), context=context.encode()))
    return FoundAt(
        Uid(row.release), TreePath.parse(told["path"]), Digest.parse(told["digest"]), Span(row.first, row.last)
    )
