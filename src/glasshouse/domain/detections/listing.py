# SPDX-License-Identifier: Apache-2.0
"""A release's detections as a list: the worst first, then by path and line, a page at a time, counted on every side.

A report never changes once it is taken, so a page begins behind a detection and not behind a number of rows.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Final, NamedTuple

from django.db.models import Count, Q, QuerySet

from glasshouse.domain.detections import counting, places, queries, shelf
from glasshouse.domain.detections.counting import Cell
from glasshouse.domain.detections.errors import NoDetectionError
from glasshouse.domain.detections.models import Report, Standing
from glasshouse.domain.detections.narrowing import UNLABELLED, Labels, Narrowing, Which
from glasshouse.domain.detections.places import Places
from glasshouse.domain.detections.sights import Sight
from glasshouse.domain.detections.values import SEVERITIES, RuleName
from glasshouse.engines.formats.sarif import Result, Severity
from glasshouse.engines.identity import DetectionState
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.paths import TreePath

PAGE: Final = 50
_RANK: Final = {severity.value: rank for rank, severity in enumerate(SEVERITIES)}


@dataclass(frozen=True, slots=True)
class Row:
    """A detection as a list shows it. `message` is the tool's word, and may repeat source.

    `outside` names a file that is none of the release, `first` is 0 where no line is told.
    """

    uid: Uid
    rule: RuleName
    tag: bytes
    severity: Severity
    state: DetectionState
    is_new: bool
    is_suppressed: bool
    tool: str
    path: TreePath | None
    outside: str
    first: int
    last: int
    message: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Facets:
    """How many detections there are on each side of a narrowing: each count with all that is asked but its own kind.

    `folders` are what lies directly in the folder asked for, a folder's path with what is below it.
    """

    total: int
    which: Mapping[Which, int]
    severities: Mapping[Severity, int]
    rules: Sequence[tuple[RuleName, bytes, int]]
    cwes: Sequence[tuple[int, int]]
    tools: Sequence[tuple[str, int]]
    suppressed: Mapping[bool, int]
    folders: Sequence[tuple[TreePath, int, bool]]
    labels: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Page:
    """Some detections in order; `after` is where the next page begins, None at the end."""

    rows: Sequence[Row]
    after: Uid | None
    facets: Facets
    reports: Sequence[Report]


class _Group(NamedTuple):
    """Where standings stand in the order: how bad they are, and the place of their path among the release's."""

    rank: int
    place: int
    path: int | None


class _Mark(NamedTuple):
    """Where a standing stands in its group."""

    line: int
    report: int
    number: int


def page(
    sight: Sight,
    narrowing: Narrowing,
    *,
    after: Uid | None = None,
    size: int = PAGE,
    labels: Labels = UNLABELLED,
) -> Page:
    """Return a page of the detections that may be seen; raises NoDetectionError where `after` is none of them."""
    asked = Asked.of(sight, narrowing, labels)
    groups = asked.groups()
    begin = asked.mark(after) if after else None
    found = list(_taken(asked, groups, begin, size + 1))
    rows = rows_of(sight, asked.reports, found[:size])
    more = rows[-1].uid if len(found) > size else None
    return Page(rows, more, asked.facets(groups), asked.reports)


def tallies(sight: Sight, narrowing: Narrowing) -> Facets:
    """Return the counts that `page` tells, without reading what any tool said."""
    asked = Asked.of(sight, narrowing)
    return asked.facets(asked.groups())


@dataclass(slots=True)
class Asked:
    """One question for detections: which reports and paths it is about, what was counted, and which rules it means."""

    narrowing: Narrowing
    places: Places
    reports: Sequence[Report]
    paths: list[int] | None
    cells: Sequence[tuple[Cell, int]]
    names: Mapping[int, RuleName]
    tags: Mapping[int, bytes]
    labels: Labels = UNLABELLED

    @classmethod
    def of(cls, sight: Sight, narrowing: Narrowing, labels: Labels = UNLABELLED) -> "Asked":
        """Count what may be seen, under the folder that is asked for."""
        here, reports = places.places_of(sight.release), sight.reports()
        paths = here.among(sight.patterns, narrowing.folder)
        among = _labelled(labels, narrowing.judged)
        cells = [one for report in reports for one in counting.cells(report, paths, among)]
        # Counts by label are of all labels, and of rules that the label asked for may not have.
        whole = (one for report in reports for one in counting.cells(report, paths)) if narrowing.judged else cells
        rules = {cell.rule for cell, _ in whole}
        named = queries.tagged_names(sight.release.product, rules)
        names = {pk: name for pk, (_, name) in named.items()}
        return cls(narrowing, here, reports, paths, cells, names, {pk: tag for pk, (tag, _) in named.items()}, labels)

    def misses(self, cell: Cell) -> list[str]:
        """Return the fields of the narrowing that leave a cell out."""
        asked = self.narrowing
        is_rule, has_cwe, is_said = asked.names_rule(self.tags[cell.rule], self.names[cell.rule])
        judged = (
            ("which", asked.which.holds(cell.state, is_new=cell.is_new)),
            ("severity", asked.severity in (None, cell.severity)),
            ("rule", is_rule),
            ("cwe", has_cwe),
            ("tool", asked.tool in ("", self.names[cell.rule].tool)),
            ("suppressed", asked.suppressed in (None, cell.is_suppressed)),
            ("words", is_said),
        )
        return [name for name, is_held in judged if not is_held]

    def standings(self, reports: Iterable[Report]) -> QuerySet[Standing]:
        """Return the standings of some reports that are asked for."""
        return self._standings(reports).filter(_labelled(self.labels, self.narrowing.judged))

    def _standings(self, reports: Iterable[Report]) -> QuerySet[Standing]:
        asked, names = self.narrowing, self.names.items()
        rules = [
            pk for pk, name in names if all(asked.names_rule(self.tags[pk], name)) and asked.tool in ("", name.tool)
        ]
        of_reports = Q()
        for report in reports:
            of_reports |= Q(report=report) & self._which(report)
        rows = Standing.objects.filter(of_reports) if of_reports else Standing.objects.none()
        if len(rules) < len(self.names):
            rows = rows.filter(rule__in=rules)
        if self.narrowing.severity:
            rows = rows.filter(severity=self.narrowing.severity.value)
        if self.narrowing.suppressed is not None:
            rows = rows.filter(is_suppressed=self.narrowing.suppressed)
        return places.at(rows, self.paths)

    def _which(self, report: Report) -> Q:
        which = self.narrowing.which
        if which is Which.NEW:
            return counting.is_new(report)
        states = [one.value for one in DetectionState if which.holds(one, is_new=False)]
        return Q(state__in=states) if len(states) < len(DetectionState) else Q()

    def groups(self) -> list[tuple[_Group, int]]:
        """Return how many there are of each severity at each path, in the order of the list."""
        order, last = self.places.order(), len(self.places.files)
        counts: Counter[_Group] = Counter()
        for report in self.reports:
            rows = self.standings([report]).values_list("severity", "path").annotate(count=Count("pk")).order_by()
            for severity, path, count in rows:
                # Behind the release's files come those that it has no more, and then what names none.
                place = order.get(path, last + path) if path else 2**62
                counts[_Group(_RANK[severity], place, path)] += count
        return sorted(counts.items())

    def mark(self, after: Uid) -> tuple[_Group, _Mark]:
        """Return where a detection stands in the list; raises NoDetectionError where it is none of it."""
        found = self.standings(self.reports).filter(detection__uid=after.text).first()
        if found is None:
            raise NoDetectionError
        place = self.places.order().get(found.path_id or 0, len(self.places.files) + (found.path_id or 0))
        group = _Group(_RANK[found.severity], place if found.path_id else 2**62, found.path_id)
        return group, _Mark(found.first_line, found.report_id, found.number)

    def facets(self, groups: Sequence[tuple[_Group, int]]) -> Facets:
        """Add up what was counted."""
        which: Counter[Which] = Counter()
        severities: Counter[Severity] = Counter()
        rules: Counter[int] = Counter()
        cwes: Counter[int] = Counter()
        tools: Counter[str] = Counter()
        suppressed: Counter[bool] = Counter()
        for cell, count in self.cells:
            misses, name = self.misses(cell), self.names[cell.rule]
            if misses in ([], ["which"]):
                which.update({one: count for one in Which if one.holds(cell.state, is_new=cell.is_new)})
            if misses in ([], ["severity"]):
                severities[cell.severity] += count
            if misses in ([], ["rule"]):
                rules[cell.rule] += count
            if misses in ([], ["cwe"]):
                cwes.update(dict.fromkeys(name.cwes, count))
            if misses in ([], ["tool"]):
                tools[name.tool] += count
            if misses in ([], ["suppressed"]):
                suppressed[cell.is_suppressed] += count
        by_rule = ((self.names[pk], self.tags[pk], count) for pk, count in rules.items())
        return Facets(
            total=sum(count for _, count in groups),
            which={one: which[one] for one in Which},
            severities={one: severities[one] for one in SEVERITIES},
            rules=sorted(by_rule, key=lambda one: (-one[2], one[0].id, one[1])),
            cwes=sorted(cwes.items(), key=lambda one: (-one[1], one[0])),
            tools=sorted(tools.items()),
            suppressed=dict(suppressed),
            folders=self._folders(groups),
            labels=self._labels(groups),
        )

    def _labels(self, groups: Sequence[tuple[_Group, int]]) -> dict[str, int]:
        """Return how many bear each label, whichever is asked for."""
        if not self.labels.rest:
            return {}
        every = self._standings(self.reports)
        total = every.count() if self.narrowing.judged else sum(count for _, count in groups)
        named = every.filter(detection__in=places.many(self.labels.of)).values_list("detection", flat=True)
        counts: Counter[str] = Counter()
        for detection in named:
            counts.update(self.labels.of[detection])
            total -= 1
        counts[self.labels.rest] += total
        return dict(counts)

    def _folders(self, groups: Sequence[tuple[_Group, int]]) -> list[tuple[TreePath, int, bool]]:
        """Return what lies directly in the folder asked for, with how many are in it, and whether it is a folder."""
        files, folder = self.places.files, self.narrowing.folder
        cut = len(folder.raw) + 1 if folder else 0
        counts: Counter[tuple[bytes, bool]] = Counter()
        for group, count in groups:
            if group.place >= len(files):
                continue
            raw = files.raw_path(group.place)
            name, slash, _ = raw[cut:].partition(b"/")
            if name:
                counts[raw[: cut + len(name)], bool(slash)] += count
        return [(TreePath(raw), count, is_folder) for (raw, is_folder), count in sorted(counts.items())]


def _labelled(labels: Labels, wanted: str) -> Q:
    """Return the condition that a standing's detection bears a label; none is asked for where it is empty."""
    if not wanted:
        return Q()
    if wanted == labels.rest:
        return ~Q(detection__in=places.many(row for row, said in labels.of.items() if wanted not in said))
    return Q(detection__in=places.many(row for row, said in labels.of.items() if wanted in said))


def _taken(
    asked: Asked, groups: Sequence[tuple[_Group, int]], begin: tuple[_Group, _Mark] | None, most: int
) -> Iterator[Standing]:
    """Yield so many standings in order, behind a place in it."""
    left = most
    if begin is not None:
        group, mark = begin
        for row in _in_group(asked, group, left, mark):
            left -= 1
            yield row
    ahead = [(group, count) for group, count in groups if begin is None or group > begin[0]]
    for _, alike in groupby(ahead, key=lambda one: one[0].rank):
        waiting = list(alike)
        while waiting and left > 0:
            part = _few(waiting, left)
            del waiting[: len(part)]
            rows = list(_in_group(asked, part[0], left)) if len(part) == 1 else _in_groups(asked, part)
            left -= len(rows)
            yield from rows
        if left <= 0:
            return


def _few(waiting: Sequence[tuple[_Group, int]], most: int) -> list[_Group]:
    """Return the next groups that together are few enough to be read whole, one at least."""
    taken, rows = [waiting[0][0]], waiting[0][1]
    for group, count in waiting[1:]:
        rows += count
        if rows > most or group.path is None:
            break
        taken.append(group)
    return taken


def _in_group(asked: Asked, group: _Group, most: int, behind: _Mark | None = None) -> Iterator[Standing]:
    rows = asked.standings(asked.reports).filter(path=group.path, severity=SEVERITIES[group.rank].value)
    if behind is not None:
        line, report, number = behind
        rows = rows.filter(
            Q(first_line__gt=line)
            | Q(first_line=line, report__gt=report)
            | Q(first_line=line, report=report, number__gt=number)
        )
    ordered = rows.select_related("detection", "report").order_by("first_line", "report", "number")
    yield from ordered[: max(most, 0)]


def _in_groups(asked: Asked, groups: Sequence[_Group]) -> list[Standing]:
    at = {group.path: place for place, group in enumerate(groups)}
    rows = asked.standings(asked.reports).filter(
        path__in=[group.path for group in groups], severity=SEVERITIES[groups[0].rank].value
    )
    found = list(rows.select_related("detection", "report"))
    return sorted(found, key=lambda one: (at[one.path_id], one.first_line, one.report_id, one.number))


def rows_of(sight: Sight, reports: Sequence[Report], standings: Sequence[Standing]) -> list[Row]:
    """Return standings as rows, their details read from the packs that hold them."""
    names = queries.tagged_names(sight.release.product, {one.rule_id for one in standings})
    told, new = details(sight.release.product, standings), _new(reports, standings)
    rows = []
    for one in standings:
        tag, name = names[one.rule_id]
        result = told[one.pk]
        place = result.place
        rows.append(
            Row(
                uid=Uid(one.detection.uid),
                rule=name,
                tag=tag,
                severity=Severity(one.severity),
                state=DetectionState(one.state),
                is_new=one.pk in new,
                is_suppressed=one.is_suppressed,
                tool=one.report.tool,
                path=place.path if place else None,
                outside=place.outside if place else "",
                first=one.first_line,
                last=one.last_line,
                message=result.message,
            )
        )
    return rows


def details(product: Uid, standings: Iterable[Standing]) -> dict[int, Result]:
    """Return what the tool said of each standing, by its row; each pack is read once."""
    found: dict[int, Result] = {}
    ordered = sorted(standings, key=lambda one: one.seen_in_id)
    packs = dict(Report.objects.filter(pk__in={one.seen_in_id for one in ordered}).values_list("pk", "pack"))
    for seen_in, some in groupby(ordered, key=lambda one: one.seen_in_id):
        rows = list(some)
        results = shelf.Kept(product, packs[seen_in]).results(one.seen_number for one in rows)
        found |= {one.pk: results[one.seen_number] for one in rows}
    return found


def _new(reports: Sequence[Report], standings: Sequence[Standing]) -> set[int]:
    """Return the rows of those that the release before had not."""
    keys, found = [one.pk for one in standings], set[int]()
    for report in reports:
        here = Standing.objects.filter(counting.is_new(report), report=report, pk__in=keys)
        found |= set(here.values_list("pk", flat=True))
    return found
