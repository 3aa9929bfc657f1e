# SPDX-License-Identifier: Apache-2.0
"""Questions about what is said of detections. A scope says what of a release the caller has judged to be seen."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Final

from django.db.models import Q, QuerySet

from glasshouse.domain.access.values import Patterns
from glasshouse.domain.detections import places
from glasshouse.domain.detections import queries as detections
from glasshouse.domain.detections.models import Report
from glasshouse.domain.detections.models import Standing as Stood
from glasshouse.domain.detections.narrowing import Labels
from glasshouse.domain.detections.values import SEEN
from glasshouse.domain.people.models import Organisation
from glasshouse.domain.people.values import Role
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.releases import queries as releases
from glasshouse.domain.releases import reliances
from glasshouse.domain.releases.errors import ReleaseUnknownError
from glasshouse.domain.releases.models import Release
from glasshouse.domain.releases.values import ReleaseRef
from glasshouse.domain.triage import opening, rules
from glasshouse.domain.triage.errors import NoDetectionError
from glasshouse.domain.triage.models import Verdict, VerdictOn
from glasshouse.domain.triage.values import Entry, Given, Opinion, Origin, Scope, Side, Spot, Standing, State, Tally
from glasshouse.engines.identity import DetectionState
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.paths import TreePath

KIND: Final = "triage.verdict"
"""The kind of conclusion that a verdict on a detection is."""
AGAIN: Final = "again"
"""The label of what wants another look, beside that of its state."""
_SEEN: Final = [state.value for state in SEEN]


def whole(viewer: Viewer, release: Uid) -> Scope:
    """Return a whole release for those of the vendor who read what tools found; raises ReleaseUnknownError."""
    row = Release.objects.select_related("product").filter(uid=release.text, product__destroyed_at=None).first()
    if row is None or not viewer.is_vendor or not viewer.may_act_as(*rules.READING):
        raise ReleaseUnknownError
    return Scope(releases.ref(row), detections.WHOLE)


def reports(viewer: Viewer, release: Uid) -> list[Report]:
    """Return the newest report of each tool on a release that the viewer may hear of."""
    found = detections.newest_reports(release)
    return found if viewer.is_vendor else found + detections.newest_reports(release, party=viewer.organisation.text)


def spots(viewer: Viewer, scope: Scope, uids: Collection[Uid]) -> list[Spot]:
    """Return some detections as they stand in a release, all or none of them; raises NoDetectionError."""
    rows = Stood.objects.filter(
        report__in=reports(viewer, scope.release.uid), detection__uid__in=[uid.text for uid in uids]
    ).select_related("detection")
    found = list(rows)
    files = _files(scope.release, {row.path_id for row in found if row.path_id})
    told = [_spot(row, files) for row in found]
    seen = [one for one in told if scope.patterns.is_whole or (one.path and scope.patterns.covers(TreePath(one.path)))]
    if {one.uid for one in seen} != set(uids):
        raise NoDetectionError
    return sorted(seen, key=lambda one: one.uid.text)


def standings(viewer: Viewer, scope: Scope, now: datetime) -> dict[int, Standing]:
    """Return where the viewer's own side stands on detections of a release, by their rows; most have no verdict.

    Those that the tools' newest reports name, seen or not, at paths that the scope covers.
    """
    verdicts = opening.own(viewer, scope.release.product)
    return standings_of(verdicts, scope, reports(viewer, scope.release.uid), now)


def standings_of(verdicts: QuerySet[Verdict], scope: Scope, of: Sequence[Report], now: datetime) -> dict[int, Standing]:
    """Return what these verdicts of one side come to on detections of some reports, by the detections' rows."""
    given: defaultdict[int, list[Given]] = defaultdict(list)
    for one in opening.on_detections(verdicts):
        given[one.detection].append(one.given)
    wide = opening.on_rules(verdicts)
    covering = [set(detections.path_rows(scope.release, one.patterns)) for one in wide]
    lapsed = reliances.lapsed_in(scope.release.uid, KIND)
    asked = Q(detection__in=VerdictOn.objects.filter(verdict__in=verdicts).exclude(detection=None).values("detection"))
    if wide:
        asked |= Q(rule__in={one.rule for one in wide})
    found: dict[int, Standing] = {}
    for report in of:
        rows = detections.covered(report, scope.patterns).filter(asked)
        for detection, rule, path, state in rows.values_list("detection", "rule", "path", "state"):
            general = [
                one.given
                for one, rows_of in zip(wide, covering, strict=True)
                if one.rule == rule and (one.patterns.is_whole or path in rows_of)
            ]
            standing = rules.standing([*given.get(detection, ()), *general], now)
            if standing is not None:
                found[detection] = _standing(standing, scope, DetectionState(state), lapsed)
    return found


def labels(viewer: Viewer, scope: Scope, now: datetime) -> Labels:
    """Return what the viewer's own side says of a release's detections, for a list of them to be narrowed by."""
    found = standings(viewer, scope, now)
    again = frozenset({AGAIN})
    return Labels(
        {row: frozenset({one.state.value}) | (again if one.asks_again else set()) for row, one in found.items()},
        State.OPEN.value,
    )


def tally(viewer: Viewer, scope: Scope, now: datetime) -> Tally:
    """Count what the tools see in a release by what the viewer's own side says of it; no verdict is open."""
    judged = standings(viewer, scope, now)
    seen = [one for one in judged.values() if one.is_seen]
    states = Counter(one.state for one in seen)
    suppressed = 0
    for report in reports(viewer, scope.release.uid):
        rows = detections.covered(report, scope.patterns).filter(state__in=_SEEN)
        states[State.OPEN] += rows.count()
        proposed = rows.filter(is_suppressed=True).values_list("detection", flat=True)
        suppressed += sum(one not in judged or judged[one].state == State.OPEN for one in proposed)
    states[State.OPEN] -= len(seen)
    return Tally({state: states[state] for state in State}, sum(one.asks_again for one in seen), suppressed)


def opinions(viewer: Viewer, scope: Scope, found: Sequence[Spot], now: datetime) -> dict[int, list[Opinion]]:
    """Return the opinions that the viewer is told on some detections, by their rows: their own side's first."""
    lapsed = reliances.lapsed_in(scope.release.uid, KIND)
    told: dict[int, list[Opinion]] = {}
    verdicts = _on(viewer, scope, found)
    names = _Names(viewer)
    for spot in found:
        sides: defaultdict[tuple[str, str], list[Given]] = defaultdict(list)
        for row, given, _ in verdicts[spot.row]:
            sides[row.side, row.organisation if row.side == Side.VISITOR else ""].append(given)
        opinions_of = []
        for (side, organisation), all_given in sides.items():
            standing = rules.standing(all_given, now)
            if standing is not None:
                is_mine = names.is_mine(Side(side), organisation)
                opinions_of.append(
                    Opinion(
                        Side(side),
                        names.of(Side(side), organisation, ""),
                        is_mine,
                        _standing(standing, scope, spot.state, lapsed),
                    )
                )
        told[spot.row] = sorted(opinions_of, key=lambda one: (not one.is_mine, list(Side).index(one.side), one.who))
    return told


def history(viewer: Viewer, scope: Scope, spot: Spot, now: datetime) -> list[Entry]:
    """Return every verdict on a detection that the viewer is told, oldest first; expired ones stay in it."""
    found = sorted(_on(viewer, scope, [spot])[spot.row], key=lambda one: (one[1].number, one[1].uid.text))
    rows = {row.pk: row for row, _, _ in found}
    reasons = opening.reasons_of(list(rows.values()))
    versions = dict(
        Release.objects.filter(uid__in={row.release for row in rows.values()}).values_list("uid", "version")
    )
    people = dict(Verdict.objects.filter(pk__in=list(rows)).values_list("pk", "author__name"))
    names = _Names(viewer)
    counting = {one.standing.given.uid for every in opinions(viewer, scope, [spot], now).values() for one in every}
    return [
        Entry(
            uid=Uid(row.uid),
            side=Side(row.side),
            who=names.of(Side(row.side), row.organisation, people[row.pk]),
            is_mine=names.is_mine(Side(row.side), row.organisation),
            told=given.told,
            vex=rules.vex_status(given.told.state, given.told.justification),
            reason=reasons.get(row.pk),
            at=row.at,
            expires_at=row.expires_at,
            version=versions.get(row.release, ""),
            is_wide=given.is_wide,
            pattern=", ".join(patterns.globs) if patterns else "",
            is_shared=row.is_shared,
            origin=Origin(row.origin),
            has_expired=row.expires_at is not None and row.expires_at <= now,
            counts=given.uid in counting,
        )
        for row, given, patterns in found
    ]


def verdict(viewer: Viewer, uid: Uid) -> Verdict:
    """Return a verdict of the viewer's own side; raises NoDetectionError."""
    row = Verdict.objects.filter(uid=uid.text).first()
    if row is None or not opening.own(viewer, Uid(row.product)).filter(pk=row.pk).exists():
        raise NoDetectionError
    return row


def fixes(product: Uid, found: Sequence[Spot], now: datetime) -> dict[int, rules.Fix]:
    """Return what the product's owner says of fixes of some detections, by their rows."""
    given: defaultdict[int, list[Given]] = defaultdict(list)
    for one in opening.on_detections(opening.of_side(product, Side.OWNER), [spot.row for spot in found]):
        given[one.detection].append(one.given)
    told = {}
    for spot in found:
        standing = rules.standing(given[spot.row], now)
        claimed = [one for one in given[spot.row] if one.told.state == State.FIX_CLAIMED]
        is_claimed = standing is not None and standing.told.state == State.FIX_CLAIMED
        told[spot.row] = rules.Fix(is_claimed, {one.author for one in claimed})
    return told


class _Names:
    """What speakers are called to one viewer: of the other party, no person; of a visitor, to some, no organisation."""

    def __init__(self, viewer: Viewer) -> None:
        self._viewer = viewer
        self._organisations: dict[str, str] = {}

    def is_mine(self, side: Side, organisation: str) -> bool:
        if side != opening.own_side(self._viewer):
            return False
        return side != Side.VISITOR or organisation == self._viewer.organisation.text

    def of(self, side: Side, organisation: str, author: str) -> str:
        is_ours = self._viewer.is_vendor == (side != Side.VISITOR)
        if is_ours:
            return author
        if self._viewer.is_vendor and self._viewer.may_act_as(Role.LAB_MANAGER):
            if organisation not in self._organisations:
                named = Organisation.objects.filter(uid=organisation).values_list("name", flat=True)
                self._organisations[organisation] = next(iter(named), "")
            return self._organisations[organisation]
        return ""


def _on(
    viewer: Viewer, scope: Scope, found: Sequence[Spot]
) -> Mapping[int, list[tuple[Verdict, Given, Patterns | None]]]:
    """Return the verdicts that the viewer reads on some detections, by their rows."""
    verdicts = opening.read_by(viewer, scope.release.product)
    told: defaultdict[int, list[tuple[Verdict, Given, Patterns | None]]] = defaultdict(list)
    rows = [one.row for one in found]
    narrowed = verdicts.filter(on__detection__in=rows).distinct()
    for one in opening.on_detections(narrowed, rows):
        told[one.detection].append((one.row, one.given, None))
    for wide in opening.on_rules(verdicts.filter(on__rule__in={one.rule for one in found}).distinct()):
        for spot in found:
            path = TreePath(spot.path) if spot.path else None
            is_covered = wide.patterns.is_whole or (path is not None and wide.patterns.covers(path))
            if spot.rule == wide.rule and is_covered:
                told[spot.row].append((wide.row, wide.given, wide.patterns))
    return told


def _standing(found: Given, scope: Scope, state: DetectionState, lapsed: Collection[Uid]) -> Standing:
    has_lapsed = found.uid in lapsed
    asks_again = rules.asks_again(found, scope.release.uid.text, state, has_lapsed=has_lapsed)
    return Standing(found, is_seen=state in SEEN, asks_again=asks_again)


def _files(found: ReleaseRef, rows: Collection[int]) -> dict[int, tuple[bytes, bytes]]:
    """Return path and digest of some paths of a release by their rows; nothing of what is not there."""
    if not rows:
        return {}
    here = places.places_of(found)
    order = here.order()
    known = {row: order[row] for row in rows if row in order}
    return {row: (here.files.raw_path(one), here.files.digest(one)) for row, one in known.items()}


def _spot(row: Stood, files: Mapping[int, tuple[bytes, bytes]]) -> Spot:
    path, digest = files.get(row.path_id or 0, (None, None))
    return Spot(
        row=row.detection_id,
        uid=Uid(row.detection.uid),
        rule=row.rule_id,
        state=DetectionState(row.state),
        is_suppressed=row.is_suppressed,
        path=path,
        digest=digest,
        first=row.first_line,
        last=row.last_line,
        report=row.seen_in_id,
        number=row.seen_number,
    )
