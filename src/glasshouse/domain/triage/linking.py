# SPDX-License-Identifier: Apache-2.0
"""Which detections of a release are linked: worked out anew each time, of the tools' reports and a side's own words."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime

from glasshouse.domain.detections import places
from glasshouse.domain.detections import queries as detections
from glasshouse.domain.detections.models import Detection, Standing
from glasshouse.domain.detections.values import SEEN
from glasshouse.domain.journal import commands as journal
from glasshouse.domain.journal import wording
from glasshouse.domain.journal.values import Fields
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.triage import opening, queries, rules
from glasshouse.domain.triage.clusters import Mark, Pair, clusters
from glasshouse.domain.triage.errors import NoDetectionError, UnusableVerdictError
from glasshouse.domain.triage.families import families
from glasshouse.domain.triage.models import Link, LinkReason
from glasshouse.domain.triage.values import Scope, Side, Spot
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.texts import readable


def clusters_of(viewer: Viewer, scope: Scope) -> list[list[Uid]]:
    """Return the clusters of what tools see in a release, as the viewer's own side has them; each in a fixed order."""
    return _named(clusters(list(_marks(viewer, scope)), _words(viewer, scope)))


def linked_to(viewer: Viewer, scope: Scope, spot: Spot) -> list[Uid]:
    """Return the detections that are in one cluster with this one."""
    words = _words(viewer, scope)
    # All that it may be linked with lies in its file, or in those of what words name.
    near = list(_marks(viewer, scope, {spot.row, *(row for pair in words for row in pair)}))
    group = next((group for group in clusters(near, words) if spot.row in group), [])
    return [uid for part in _named([group]) for uid in part if uid != spot.uid]


def link(viewer: Viewer, scope: Scope, pair: tuple[Uid, Uid], reason: str, *, is_linked: bool, now: datetime) -> Uid:
    """Keep the word of the viewer's side that two detections are of one thing, or are not; its last word counts.

    Raises NoDetectionError, NotYoursToJudgeError, UnusableVerdictError.
    """
    side = rules.side_of(viewer)
    if (side == Side.VISITOR) != (scope.engagement is not None):
        raise NoDetectionError
    if pair[0] == pair[1]:
        raise UnusableVerdictError("A detection is itself already.")
    left, right = sorted(spot.row for spot in queries.spots(viewer, scope, pair))
    words, uid = readable(reason, what="The reason", limit=rules.MAX_REASON), Uid.new()
    kept = wording.keep(words, opening.key_of(viewer.organisation), context=uid.text)
    told: Fields = {
        "detections": sorted(one.text for one in pair),
        "is_linked": is_linked,
        "side": side.value,
        "words": str(kept.digest),
    }
    with journal.transaction():
        row = Link.objects.create(
            uid=uid.text,
            product=scope.release.product.text,
            side=side,
            organisation=viewer.organisation.text,
            author_id=viewer.row,
            left_id=left,
            right_id=right,
            is_linked=is_linked,
            at=now,
        )
        LinkReason.objects.create(link=row, sealed=kept.sealed)
        journal.record(
            "triage.linked",
            actor=viewer.uid.text,
            at=now,
            subject=uid,
            engagement=scope.engagement,
            fields={"link": told} if side != Side.VISITOR else None,
            visitor={"link": told} if side == Side.VISITOR else None,
        )
    return uid


def _words(viewer: Viewer, scope: Scope) -> dict[Pair, bool]:
    """Return what the viewer's side last said of pairs."""
    side = opening.own_side(viewer)
    rows = Link.objects.filter(product=scope.release.product.text, side=side)
    if side == Side.VISITOR:
        rows = rows.filter(organisation=viewer.organisation.text)
    said = rows.order_by("pk").values_list("left", "right", "is_linked")
    return {(left, right): is_linked for left, right, is_linked in said}


def _marks(viewer: Viewer, scope: Scope, beside: Collection[int] | None = None) -> Iterator[Mark]:
    """Yield where what tools see lies, as far as the scope covers it; or only in the files of some detections."""
    every, states = queries.reports(viewer, scope.release.uid), [one.value for one in SEEN]
    files: set[int] | None = None
    if beside is not None:
        named = Standing.objects.filter(report__in=every, detection__in=list(beside)).exclude(path=None)
        files = set(named.values_list("path", flat=True))
    rows: list[tuple[str, tuple[int, int, int | None, int, int]]] = []
    for report in every:
        standings = detections.covered(report, scope.patterns).filter(state__in=states)
        if files is not None:
            standings = standings.filter(path__in=files)
        told = standings.values_list("detection", "rule", "path", "first_line", "last_line")
        rows += [(report.tool, row) for row in told.iterator()]
    names = detections.rule_names(scope.release.product, {row[1] for _, row in rows})
    of_rule = {rule: families(name.cwes) for rule, name in names.items()}
    for tool, (detection, rule, path, first, last) in rows:
        yield Mark(detection, tool, path or 0, first, max(first, last), of_rule[rule])


def _named(found: Sequence[Sequence[int]]) -> list[list[Uid]]:
    rows = places.many(row for group in found for row in group)
    uids = {pk: Uid(uid) for pk, uid in Detection.objects.filter(pk__in=rows).values_list("pk", "uid")}
    return [sorted((uids[row] for row in group), key=lambda one: one.text) for group in found]
