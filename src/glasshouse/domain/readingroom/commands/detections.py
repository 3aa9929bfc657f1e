# SPDX-License-Identifier: Apache-2.0
"""Showing a visitor what tools found, as far as their grant covers it and lets them run tools.

What a tool says may repeat the source: a page of it is recorded as source is, and each message costs as a line does.
Code beside a detection costs as lines do, and is shown where the grant is for reading too.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import rfc8785

from glasshouse.domain.access.values import Purpose
from glasshouse.domain.detections import listing
from glasshouse.domain.detections.differing import Differing, differing
from glasshouse.domain.detections.listing import Page, Row
from glasshouse.domain.detections.narrowing import Narrowing
from glasshouse.domain.detections.sights import ALL, Sight
from glasshouse.domain.detections.values import SEEN
from glasshouse.domain.detections.whole import Step, Whole, whole
from glasshouse.domain.journal.values import Json
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.readingroom import queries
from glasshouse.domain.readingroom.commands.showing import show, visit_of
from glasshouse.domain.readingroom.errors import NotCarriedOffError
from glasshouse.domain.readingroom.values import Room, View
from glasshouse.domain.releases import queries as releases
from glasshouse.domain.releases.errors import NotTextError
from glasshouse.domain.releases.values import ReleaseRef, Window
from glasshouse.domain.triage import queries as triage
from glasshouse.domain.triage.values import Scope
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.errors import NotFoundError
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.lines import Span

_ROUND: Final = 5
"""Lines of code shown before and behind the place of a detection."""
_ROUND_STEP: Final = 1
_MOST: Final = 40
"""Lines of one place that are shown, and places of a detection that are."""


@dataclass(frozen=True, slots=True)
class DetectionsShown:
    """A page of detections, recorded."""

    view: View
    page: Page


@dataclass(frozen=True, slots=True)
class DetectionShown:
    """One detection, recorded. `code` has the lines at its places, as far as they are shown; `no_code` says why not."""

    view: View
    whole: Whole
    code: Mapping[Step, Window]
    no_code: str


@dataclass(frozen=True, slots=True)
class DifferingShown:
    """Two releases by what tools found, recorded."""

    view: View
    before: ReleaseRef
    differing: Differing


def open_detections(
    viewer: Viewer, grant: Uid, release: Uid, narrowing: Narrowing, *, now: datetime, after: Uid | None = None
) -> DetectionsShown:
    """Show a viewer a page of what tools found in a release under their own grant, and record it."""
    room = queries.open_room(viewer, grant, release, Purpose.TOOLS, now=now)
    visit = visit_of(room)
    scope = Scope(room.release, room.terms.patterns, room.engagement)
    page = listing.page(sight_under(viewer, room), narrowing, after=after, labels=triage.labels(viewer, scope, now))
    view = show(
        viewer,
        room,
        visit,
        "readingroom.detections-shown",
        shown=[],
        fields={
            "items": len(page.rows),
            "listing": str(_listing(page.rows)),
            "of": page.facets.total,
            "reports": [one.uid for one in page.reports],
        },
        source={"detections": [one.uid.text for one in page.rows]},
        name="found",
        visitor={"query": {**narrowing.told(), "after": after.text if after else ""}},
        at_least=max(1, len(page.rows)),
        has_text=bool(page.rows),
        now=now,
    )
    return DetectionsShown(view, page)


def open_detection(
    viewer: Viewer, grant: Uid, release: Uid, detection: Uid, *, now: datetime, has_code: bool = True
) -> DetectionShown:
    """Show a viewer one thing that a tool found, with the code at its places; both are recorded, and lines charged."""
    room = queries.open_room(viewer, grant, release, Purpose.TOOLS, now=now)
    visit = visit_of(room)
    sight = sight_under(viewer, room)
    found = whole(sight, detection, [one.uid for one in queries.granted(grant)])
    no_code = _no_code(room, found)
    code = _code(room, found) if has_code and not no_code else {}
    windows = list(code.values())
    told = [found.row, *found.neighbours]
    messages = [step.message for step in _steps(found) if step.message]
    view = show(
        viewer,
        room,
        visit,
        "readingroom.detection-shown",
        shown=[replace(one.shown, of=0, by_search=True) for one in windows],
        fields={
            "items": len(told),
            "lines": str(Digest.of(rfc8785.dumps([str(one.lines_digest) for one in windows]))),
            "listing": str(_listing(told, messages)),
        },
        source={"detection": detection.text, "files": [_evidence(one) for one in windows]},
        name="found",
        at_least=len(told) + len(messages),
        has_text=True,
        now=now,
    )
    return DetectionShown(view, found, code, no_code)


def open_differing(viewer: Viewer, grant: Uid, before: Uid, after: Uid, *, now: datetime) -> DifferingShown:
    """Show a viewer by rule what tools found in one of two releases of the grant and not in the other; no message."""
    earlier = queries.room(viewer, grant, before)
    room = queries.open_room(viewer, grant, after, Purpose.TOOLS, now=now)
    visit = visit_of(room)
    found = differing(sight_under(viewer, earlier), sight_under(viewer, room))
    told: list[Json] = [
        [one.rule.tool, one.rule.id, one.came, one.went, one.unknown, one.stayed] for one in found.rules
    ]
    view = show(
        viewer,
        room,
        visit,
        "readingroom.differing-shown",
        shown=[],
        fields={
            "before": str(earlier.release.root),
            "items": len(told),
            "listing": str(Digest.of(rfc8785.dumps(told))),
        },
        source={},
        at_least=1,
        now=now,
    )
    return DifferingShown(view, earlier.release, found)


def refuse_export(viewer: Viewer, grant: Uid, release: Uid, *, now: datetime) -> None:
    """Raise: under a grant that may be used, because what tools found is not carried off by a visitor."""
    queries.open_room(viewer, grant, release, Purpose.TOOLS, now=now)
    raise NotCarriedOffError(
        "What tools found is not carried off under a grant.",
        hint="It stays here to be read; the lab has no way yet by which results are released to a visitor.",
    )


def sight_under(viewer: Viewer, room: Room) -> Sight:
    """Return what a viewer may see of what tools found in a release that a judged grant of theirs names."""
    parties = ALL if viewer.is_vendor else (*ALL, viewer.organisation.text)
    return Sight(room.release, room.terms.patterns, parties)


def _listing(rows: Sequence[Row], messages: Sequence[str] = ()) -> Digest:
    """Return the digest of what tools said as it is recorded: each message with its detection, in their order."""
    return Digest.of(rfc8785.dumps([[[one.uid.text, one.message] for one in rows], list(messages)]))


def _no_code(room: Room, found: Whole) -> str:
    if Purpose.READ not in room.terms.purposes:
        return "purpose"
    return "" if found.row.state in SEEN else "absent"


def _steps(found: Whole) -> Iterable[Step]:
    yield found.place
    yield from found.others
    for way in found.ways:
        yield from way.steps


def _code(room: Room, found: Whole) -> dict[Step, Window]:
    code: dict[Step, Window] = {}
    for step in _steps(found):
        if step in code or step.path is None or step.span is None or len(code) == _MOST:
            continue
        window = _window(room, step, _ROUND if step is found.place else _ROUND_STEP)
        if window is not None and window.lines:
            code[step] = window
    return code


def _window(room: Room, step: Step, around: int) -> Window | None:
    """Return some lines round a place that a tool names; None where it names what is no line."""
    assert step.path is not None  # noqa: S101 -- the caller has looked
    assert step.span is not None  # noqa: S101 -- the caller has looked
    if not room.terms.patterns.covers(step.path):
        return None
    try:
        lines = releases.entry(room.release, step.path).lines
        if step.span.first > lines:
            return None
        first = max(1, step.span.first - around)
        last = min(lines, step.span.last + around, first + _MOST - 1)
        return releases.lines(room.release, step.path, Span(first, last))
    except (NotFoundError, NotTextError):
        return None


def _evidence(window: Window) -> Json:
    return {
        "digest": str(window.digest),
        "lines": [[window.first, window.last, str(window.lines_digest)]],
        "path": str(window.path),
    }
