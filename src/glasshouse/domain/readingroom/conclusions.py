# SPDX-License-Identifier: Apache-2.0
"""What somebody concluded, as far as a grant of theirs covers where they concluded it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from glasshouse.domain.access.values import Patterns
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.readingroom import queries
from glasshouse.domain.readingroom.models import Mark
from glasshouse.domain.releases import reliances
from glasshouse.domain.releases.models import Outcome, Reason
from glasshouse.domain.releases.reliances import Standing, Verdict
from glasshouse.domain.releases.values import ReleaseRef
from glasshouse.kernel.ids import Uid

MARK: Final = "readingroom.mark"
"""The kind of conclusion that a mark is."""


@dataclass(frozen=True, slots=True)
class Lapsed:
    """How many of somebody's conclusions the newest release of a grant of theirs lapsed."""

    grant: Uid
    release: ReleaseRef
    count: int


def standings_of(
    viewer: Viewer, engagement: Uid, release: Uid, patterns: Patterns, bases: Collection[Uid]
) -> Sequence[Standing]:
    """Return the viewer's own conclusions of an engagement on these releases, seen from one that they may read."""
    rows = Mark.objects.filter(engagement__uid=engagement.text, person_id=viewer.row, ended_at=None)
    subjects = [Uid(uid) for uid in rows.values_list("uid", flat=True)]
    return [
        _covered(patterns, one)
        for one in reliances.standings(MARK, subjects, release)
        if one.release in bases and (patterns.is_whole if one.ground.path is None else patterns.covers(one.ground.path))
    ]


def lapsed_of(viewer: Viewer, now: datetime) -> list[Lapsed]:
    """Return what lapsed with the newest release of each grant that the viewer may read under now; no path, no line."""
    if not Mark.objects.filter(person_id=viewer.row, ended_at=None).exists():
        return []
    found = []
    for held in queries.desk(viewer, now):
        if held.is_readable and held.patterns is not None:
            refs = queries.granted(Uid(held.grant.uid))
            bases, newest = [ref.uid for ref in refs], refs[-1]
            seen = standings_of(viewer, Uid(held.engagement.uid), newest.uid, held.patterns, bases)
            count = sum(one.verdict is not None and one.verdict.outcome == Outcome.LAPSED for one in seen)
            found.append(Lapsed(Uid(held.grant.uid), newest, count))
    return [one for one in found if one.count]


def _covered(patterns: Patterns, one: Standing) -> Standing:
    """Return a standing as the grant's holder is told it: what moved to where the grant does not reach is gone."""
    now = one.verdict.now if one.verdict else None
    if now is None or now.path is None or patterns.covers(now.path):
        return one
    lines = one.ground.span.count if one.ground.span else 0
    return replace(one, verdict=Verdict(Outcome.LAPSED, None, Reason.REMOVED, lines))
