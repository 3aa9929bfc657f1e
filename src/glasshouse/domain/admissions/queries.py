# SPDX-License-Identifier: Apache-2.0
"""Questions about what was brought, as each side may ask them.

A visitor sees what their organisation brought in engagements that name them; a custodian sees all of it by kind, digest
and facts, never its name. To everybody else of the vendor, and to other organisations, nothing was brought.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Case, QuerySet, When

from glasshouse.domain.admissions import licences, rules, shelf
from glasshouse.domain.admissions.errors import NotBroughtError
from glasshouse.domain.admissions.models import Brought
from glasshouse.domain.admissions.values import KEPT, Image, Kind, State, Told, Trial, Tried
from glasshouse.domain.engagements import queries as engagements
from glasshouse.domain.journal import wording
from glasshouse.domain.people.viewer import Viewer
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.ids import Uid

_TURN = Case(*(When(state=one, then=place) for place, one in enumerate(State)))


@dataclass(frozen=True, slots=True)
class Usable:
    """Rules that may be used now: whose they are, by which digest, and the bytes."""

    uid: Uid
    party: Uid
    kind: Kind
    digest: Digest
    content: bytes = field(repr=False)


def brought_of(viewer: Viewer, now: datetime, *, engagement: Uid | None = None) -> list[Told]:
    """Return what the viewer's organisation brought, for the custodian what everybody did; what waits stands first."""
    rows = _seen(viewer)
    if engagement is not None:
        rows = rows.filter(engagement__uid=engagement.text)
    return [_told(viewer, one, now) for one in rows.order_by(_TURN, "due_at", "-pk")]


def waiting(viewer: Viewer) -> int:
    """Return how much waits for the viewer's word; none for everybody who does not judge it."""
    return _seen(viewer).filter(state=State.WAITING).count() if rules.decides(viewer) else 0


def brought(viewer: Viewer, uid: Uid, now: datetime) -> Told:
    """Return one thing that was brought, as the viewer sees it; raises NotBroughtError."""
    return _told(viewer, row(viewer, uid), now)


def row(viewer: Viewer, uid: Uid) -> Brought:
    """Return the row of one thing that the viewer may see; raises NotBroughtError."""
    found = _seen(viewer).filter(uid=uid.text).first()
    if found is None:
        raise NotBroughtError
    return found


def own(viewer: Viewer, uid: Uid) -> Brought:
    """Return the row of one thing that the viewer's organisation brought; raises NotBroughtError."""
    if viewer.is_vendor:
        raise NotBroughtError
    return row(viewer, uid)


def admitted(viewer: Viewer, engagement: Uid, now: datetime) -> list[Told]:
    """Return the rules that the viewer's organisation may use in an engagement now."""
    if viewer.is_vendor:
        return []
    found = brought_of(viewer, now, engagement=engagement)
    return [one for one in found if one.state == State.ADMITTED and one.kind != Kind.IMAGE]


def usable(viewer: Viewer, uid: Uid, engagement: Uid, now: datetime) -> Brought:
    """Return the row of what the viewer's organisation may use in this engagement now.

    Raises NotBroughtError for what is another's or of another engagement, NotAdmittedError.
    """
    found = own(viewer, uid)
    if found.engagement.uid != engagement.text:
        raise NotBroughtError
    _check_usable(found, now)
    return found


def opened(uid: Uid, now: datetime) -> Usable:
    """Return rules with their bytes, for the worker that runs them by a viewer's command; judged again at this moment.

    Raises NotBroughtError, NotAdmittedError once they were withdrawn or their engagement is over.
    """
    found = check_usable(uid, now)
    party = Uid(found.organisation.uid)
    content = b"".join(shelf.read(party, found.pack))
    return Usable(uid, party, Kind(found.kind), Digest(bytes(found.digest)), content)


def check_usable(uid: Uid, now: datetime) -> Brought:
    """Return the row of rules that a worker was told to use; raises NotBroughtError, NotAdmittedError."""
    found = _rows().filter(uid=uid.text).first()
    if found is None:
        raise NotBroughtError
    _check_usable(found, now)
    return found


def awaiting(now: datetime) -> Iterator[Brought]:
    """Yield what waits for the custodian, for the clocks; what is over meanwhile calls nobody."""
    rows = _rows().filter(state=State.WAITING, engagement__closed_at=None, engagement__ends__gt=now)
    yield from rows.order_by("due_at", "pk")


def said_context(uid: Uid) -> bytes:
    """Name the place where a tool's words about something rest."""
    return f"{uid}/said".encode()


def reason_context(uid: Uid) -> str:
    """Name the place where a decision's reason rests."""
    return f"{uid}/reason"


def _rows() -> QuerySet[Brought]:
    return Brought.objects.select_related("engagement", "organisation", "brought_by", "settled_by")


def _seen(viewer: Viewer) -> QuerySet[Brought]:
    if viewer.is_vendor:
        return _rows() if rules.decides(viewer) else _rows().none()
    named = engagements.engagements_naming(viewer).order_by().values("pk")
    return _rows().filter(organisation__uid=viewer.organisation.text, engagement__in=named)


def _is_open(found: Brought, now: datetime) -> bool:
    engagement = found.engagement
    return engagement.closed_at is None and engagement.ends is not None and now < engagement.ends


def _check_usable(found: Brought, now: datetime) -> None:
    rules.check_may_use(State(found.state), is_engagement_open=_is_open(found, now))


def _told(viewer: Viewer, found: Brought, now: datetime) -> Told:
    uid, is_open = Uid(found.uid), _is_open(found, now)
    stored = State(found.state)
    state = stored if is_open or stored not in KEPT else State.OVER
    for_both, own_side = shelf.sealer(Uid(found.engagement.uid)), not viewer.is_vendor
    party = shelf.sealer(Uid(found.organisation.uid))
    said = party.open(bytes(found.said), context=said_context(uid)).decode() if own_side and found.said else ""
    reason = wording.read(bytes(found.reason), for_both, context=reason_context(uid)) if found.reason else ""
    return Told(
        uid=uid,
        engagement=Uid(found.engagement.uid),
        engagement_label=found.engagement.label,
        organisation=found.organisation.name,
        kind=Kind(found.kind),
        digest=Digest(bytes(found.digest)),
        size=found.size,
        licence=found.licence,
        is_open_licence=licences.is_open(found.licence),
        is_licence_waived=found.is_licence_waived,
        state=state,
        tried=_tried(found.facts, Trial(found.trial), said),
        name=party.open(bytes(found.name), context=name_context(uid)).decode() if own_side else "",
        purpose=wording.read(bytes(found.purpose), for_both, context=uid.text),
        by=found.brought_by.name if own_side else "",
        brought_at=found.brought_at,
        due_at=found.due_at,
        is_late=rules.is_late(state, found.due_at, now),
        settled_at=found.settled_at,
        settled_by=found.settled_by.name if found.settled_by else "",
        reason=reason,
        may_decide=rules.decides(viewer) and state == State.WAITING,
        may_withdraw=own_side and state in KEPT,
    )


def _tried(facts: dict[str, Any], outcome: Trial, said: str) -> Tried:
    image = facts.get("image")
    return Tried(
        outcome=outcome,
        why=facts.get("why", ""),
        tool=facts.get("tool", ""),
        version=facts.get("version", ""),
        rules=facts.get("rules", 0),
        languages=tuple(facts.get("languages", ())),
        image=Image(**{**image, "entry_point": tuple(image["entry_point"])}) if image else None,
        tier=facts.get("tier", ""),
        said=said,
    )


def name_context(uid: Uid) -> bytes:
    """Name the place where the visitor's name for something rests."""
    return f"{uid}/name".encode()
