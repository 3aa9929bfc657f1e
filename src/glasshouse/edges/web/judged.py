# SPDX-License-Identifier: Apache-2.0
"""What people say of detections, as pages show it beside each, and where the viewer says something themselves."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext

from glasshouse.domain.detections.narrowing import Narrowing
from glasshouse.domain.findings import queries as findings
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.readingroom import questions, triaging
from glasshouse.domain.readingroom.triaging import Where
from glasshouse.domain.triage import linking, opening, queries, rules
from glasshouse.domain.triage.values import Entry, Opinion, Scope, Side, Spot, State
from glasshouse.edges.web.detected import JUDGED, Base, Held, Item
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.paths import TreePath
from glasshouse.kernel.texts import unhidden

if TYPE_CHECKING:
    from glasshouse.domain.findings.models import Finding

_MOST_LINKED: Final = 20
MARKS: Final = {
    State.OPEN: "wait",
    State.CONFIRMED: "fail",
    State.FALSE_POSITIVE: "na",
    State.WONT_FIX: "waived",
    State.FIX_CLAIMED: "part",
    State.FIX_VERIFIED: "pass",
}


@dataclass(frozen=True, slots=True)
class Past:
    """A verdict in a detection's history, in words."""

    entry: Entry
    said: str
    whose: str
    reason: str


@dataclass(frozen=True, slots=True)
class Judged:
    """What is said of one detection, and what is linked with it, by place and address.

    `judge_url` and `put_url` are empty for those who do neither.
    """

    opinions: Sequence[Held]
    history: Sequence[Past]
    findings: "Sequence[tuple[Finding, str]]"
    linked: Sequence[tuple[str, str]]
    judge_url: str
    put_url: str


def judge_url(viewer: Viewer, base: Base, narrowing: Narrowing | None = None) -> str:
    """Return where a viewer judges detections of a release, and comes back to a list so narrowed; "" for readers."""
    if viewer.is_vendor and not viewer.may_act_as(*rules.JUDGING):
        return ""
    told = narrowing.told() if narrowing else {}
    url = _url(base, "detections-judge")
    return f"{url}?{urlencode(told)}" if told else url


def put_url(base: Base) -> str:
    """Return where a visitor raises a finding from detections; the vendor raises none."""
    return _url(base, "detections-put") if base.grant else ""


def side_of(viewer: Viewer) -> Side:
    """Return whom a viewer judges for; raises NotYoursToJudgeError."""
    return rules.side_of(viewer)


def listed(viewer: Viewer, base: Base, items: Sequence[Item], now: datetime) -> list[Item]:
    """Return the rows of a list with what people hold of each."""
    scope = scope_of(viewer, base, now)
    spots = queries.spots(viewer, scope, [item.row.uid for item in items])
    told = queries.opinions(viewer, scope, spots, now)
    held = {spot.uid: [_held(one) for one in told[spot.row]] for spot in spots}
    return [replace(item, opinions=held[item.row.uid]) for item in items]


def of_one(viewer: Viewer, base: Base, detection: Uid, now: datetime) -> Judged:
    """Return what is said of one detection."""
    scope = scope_of(viewer, base, now)
    (spot,) = queries.spots(viewer, scope, [detection])
    past = queries.history(viewer, scope, spot, now)
    return Judged(
        opinions=[_held(one) for one in queries.opinions(viewer, scope, [spot], now)[spot.row]],
        history=[
            Past(
                one,
                str(JUDGED[one.told.state.value]),
                _whose(one.side, one.who, is_mine=one.is_mine),
                unhidden(one.reason or ""),
            )
            for one in reversed(past)
        ],
        findings=findings.raised_from(viewer, detection, questions.reach_of(viewer)),
        linked=_linked(viewer, scope, base, spot),
        judge_url=judge_url(viewer, base),
        put_url=put_url(base),
    )


def scope_of(viewer: Viewer, base: Base, now: datetime) -> Scope:
    """Return what a viewer may see of a release's detections."""
    return triaging.scope_of(viewer, Where(base.release, base.grant), now)


def list_context(viewer: Viewer, base: Base, narrowing: Narrowing, context: dict[str, Any], now: datetime) -> None:
    """Add what people say to what a list of detections says."""
    context["items"] = listed(viewer, base, context["items"], now) if context["items"] else []
    context["triage_url"] = judge_url(viewer, base, narrowing)
    context["put_url"] = put_url(base)
    context["own_side"] = opening.own_side(viewer).label


def _linked(viewer: Viewer, scope: Scope, base: Base, spot: Spot) -> list[tuple[str, str]]:
    """Return what is linked with a detection: where it is, and its address."""
    others = linking.linked_to(viewer, scope, spot)[:_MOST_LINKED]
    found = queries.spots(viewer, scope, others) if others else []
    return [(f"{TreePath(one.path)}:{one.first}" if one.path else "", base.one(one.uid)) for one in found]


def _held(one: Opinion) -> Held:
    state = one.standing.state
    return Held(
        str(JUDGED[state.value]),
        MARKS[state],
        _whose(one.side, one.who, is_mine=one.is_mine),
        one.standing.asks_again,
    )


def _whose(side: Side, who: str, *, is_mine: bool) -> str:
    if side == Side.VISITOR and not is_mine:
        return who or gettext("a visitor")
    label = {
        Side.OWNER: gettext("product owner"),
        Side.ASSESSOR: gettext("assessor"),
        Side.VISITOR: gettext("your side"),
    }[side]
    return f"{label}, {who}" if who else label


def _url(base: Base, name: str) -> str:
    if base.grant is None:
        return reverse(name, args=[base.release.text])
    return reverse(f"{name}-under", args=[base.grant.text, base.release.text])
