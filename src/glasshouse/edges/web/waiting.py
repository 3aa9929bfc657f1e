# SPDX-License-Identifier: Apache-2.0
"""What waits for somebody, as their home page says it: how many of what, where, and when it is due.

Proposals and terms are not in it: they stand on the same page, with what is decided or signed.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.urls import reverse
from django.utils.translation import ngettext_lazy

from glasshouse.domain.access import queries as access
from glasshouse.domain.engagements import queries as engagements
from glasshouse.domain.engagements.values import Step
from glasshouse.domain.findings import queries as findings
from glasshouse.domain.people.values import Role
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.readingroom import conclusions, questions
from glasshouse.domain.sites import queries as sites
from glasshouse.domain.threads import queries as threads
from glasshouse.domain.threads.values import AboutKind
from glasshouse.edges.web.places import Place

_N: Final = "number"
_TO_PUBLISH: Final = ngettext_lazy(
    "%(number)d text of the terms to publish, before an engagement can open",
    "%(number)d texts of the terms to publish, before an engagement can open",
    _N,
)
_LET_IN: Final = ngettext_lazy("%(number)d visitor to let in, %(room)s", "%(number)d visitors to let in, %(room)s", _N)
_SEE_OUT: Final = ngettext_lazy("%(number)d visitor to see out", "%(number)d visitors to see out", _N)
_PAUSED: Final = ngettext_lazy("%(number)d grant stands still", "%(number)d grants stand still", _N)
_STEPS: Final[Mapping[Step, Any]] = {
    Step.VET: ngettext_lazy("%(number)d request to vet", "%(number)d requests to vet", _N),
    Step.CLEAR: ngettext_lazy("%(number)d export decision to take", "%(number)d export decisions to take", _N),
    Step.PROPOSE: ngettext_lazy(
        "%(number)d request to put up for opening", "%(number)d requests to put up for opening", _N
    ),
}
_TO_ANSWER: Final = ngettext_lazy("%(number)d question to answer", "%(number)d questions to answer", _N)
_ANSWERED: Final = ngettext_lazy("%(number)d question answered", "%(number)d questions answered", _N)
_TO_REPLY: Final = ngettext_lazy("%(number)d finding to reply to", "%(number)d findings to reply to", _N)
_TO_JUDGE: Final = ngettext_lazy("%(number)d reply to judge", "%(number)d replies to judge", _N)
_LAPSED: Final = ngettext_lazy(
    "%(number)d conclusion lapsed with %(release)s", "%(number)d conclusions lapsed with %(release)s", _N
)


@dataclass(frozen=True, slots=True)
class Waiting:
    """One line: what waits, where it is done, until when, and how many of it were called late."""

    what: str
    url: str
    due: datetime | None = None
    late: int = 0


def waiting_for(viewer: Viewer, now: datetime) -> list[Waiting]:
    """Return what waits for the viewer, in the order in which it would be done."""
    return [
        *_terms(viewer),
        *_at_the_door(viewer, now),
        *_requests(viewer),
        *_spoken(viewer),
        *_lapsed(viewer, now),
    ]


def _terms(viewer: Viewer) -> Iterator[Waiting]:
    if number := engagements.unpublished(viewer):
        yield Waiting(_TO_PUBLISH % {_N: number}, reverse("terms"))


def _at_the_door(viewer: Viewer, now: datetime) -> Iterator[Waiting]:
    for booking, number in sites.expected(viewer, now):
        told = {_N: number, "room": f"{booking.room.site.name}, {booking.room.name}"}
        yield Waiting(_LET_IN % told, reverse("booking", args=[booking.uid]))
    if number := sites.overdue(viewer, now):
        yield Waiting(_SEE_OUT % {_N: number}, reverse("sites-today"))
    if viewer.is_vendor and viewer.may_act_as(Role.CUSTODIAN):
        paused = list(access.paused(viewer, now))
        if paused:
            url = reverse("grant-resume", args=[paused[0].uid]) if len(paused) == 1 else reverse("grants")
            yield Waiting(_PAUSED % {_N: len(paused)}, url)


def _requests(viewer: Viewer) -> Iterator[Waiting]:
    for step, rows in engagements.awaiting(viewer):
        url = reverse("request", args=[rows[0].uid]) if len(rows) == 1 else reverse("engagements")
        yield Waiting(_STEPS[step] % {_N: len(rows)}, url)


def _spoken(viewer: Viewer) -> Iterator[Waiting]:
    reach = questions.reach_of(viewer)
    asked = threads.awaiting(viewer, reach, kind=AboutKind.LINES)
    if asked.count:
        said = _TO_ANSWER if viewer.is_vendor else _ANSWERED
        yield Waiting(
            said % {_N: asked.count}, reverse("questions"), asked.due if viewer.is_vendor else None, asked.late
        )
    found = findings.awaiting(viewer, reach)
    turn = threads.awaiting(viewer, reach, kind=AboutKind.FINDING)
    if found:
        is_owner = viewer.is_vendor and viewer.may_act_as(Role.PRODUCT_OWNER)
        due, late = (turn.due, turn.late) if is_owner else (None, 0)
        said = _TO_REPLY if is_owner else _TO_JUDGE
        yield Waiting(said % {_N: found}, reverse("findings"), due, late)
    elif viewer.is_vendor and turn.late:
        yield Waiting(_TO_REPLY % {_N: turn.late}, reverse("findings"), turn.due, turn.late)


def _lapsed(viewer: Viewer, now: datetime) -> Iterator[Waiting]:
    for one in conclusions.lapsed_of(viewer, now):
        url = Place.of(one.grant, one.release.uid).conclusions
        yield Waiting(_LAPSED % {_N: one.count, "release": str(one.release)}, url)
