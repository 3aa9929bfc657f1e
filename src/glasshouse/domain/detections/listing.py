# SPDX-License-Identifier: Apache-2.0
"""A release's detections as a list: the worst first, then by path and line, a page at a time, counted on every side.

A report never changes once it is taken, so a page begins behind a detection and not behind a number of rows.
"""

import functools
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby, islice
from typing import Final, NamedTuple

from django.db.models import Q, QuerySet

from glasshouse.domain.access.values import Patterns
from glasshouse.domain.detections import counting, places, queries, shelf
from glasshouse.domain.detections.counting import Cell
from glasshouse.domain.detections.errors import NoDetectionError
from glasshouse.domain.detections.models import Report, Standing
from glasshouse.domain.detections.narrowing import UNLABELLED, Labels, Narrowing, Which
from glasshouse.domain.detections.ordering import Group, Order, Question, group_of
from glasshouse.domain.detections.places import Places
from glasshouse.domain.detections.sights import Sight
from glasshouse.domain.detections.values import SEVERITIES, RuleName
from glasshouse.engines.formats.sarif import Result, Severity
from glasshouse.engines.identity import DetectionState
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.paths import TreePath

PAGE: Final = 50


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
    order = asked.order()
    begin = asked.mark(after) if after else None
    found = list(islice(_taken(asked, order, begin, size + 1), size + 1))
    rows = rows_of(sight, asked.reports, found[:size])
    more = rows[-1].uid if len(found) > size else None
    return Page(rows, more, asked.facets(order), asked.reports)


def tallies(sight: Sight, narrowing: Narrowing) -> Facets:
    """Return the counts that `page` tells, without reading what any tool said."""
    asked = Asked.of(sight, narrowing)
    return asked.facets(asked.order())


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
    patterns: Patterns
    labels: Labels = UNLABELLED

    @classmethod
    def of(cls, sight: Sight, narrowing: Narrowing, labels: Labels = UNLABELLED) -> "Asked":
        """Count what may be seen, under the folder that is asked for."""
        here, reports = places.places_of(sight.release), sight.reports()
        paths = here.among(sight.patterns, narrowing.folder)
        among = _labelled(labels, narrowing.judged)
        whole = [
            one
            for report in reports
            for one in _cells(_Part((report.uid, sight.patterns, narrowing.folder), report, paths))
        ]
        # Counts by label are of all labels, and of rules that the label asked for may not have.
        labelled = (one for report in reports for one in counting.cells(report, paths, among))
        cells = list(labelled) if narrowing.judged else whole
        rules = {cell.rule for cell, _ in whole}
        named = queries.tagged_names(sight.release.product, rules)
        names = {pk: name for pk, (_, name) in named.items()}
        tags = {pk: tag for pk, (tag, _) in named.items()}
        return cls(narrowing, here, reports, paths, cells, names, tags, sight.patterns, labels)

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

    def order(self) -> Order:
        """Return how many there are of each severity at each path, in the order of the list."""
        asked = self.narrowing
        questions = [Question((report.uid, self.patterns, asked), self.standings([report])) for report in self.reports]
        return Order.of(questions, self.places, is_kept=not asked.judged)

    def mark(self, after: Uid) -> tuple[Group, _Mark]:
        """Return where a detection stands in the list; raises NoDetectionError where it is none of it."""
        found = self.standings(self.reports).filter(detection__uid=after.text).first()
        if found is None:
            raise NoDetectionError
        return group_of(found, self.places), _Mark(found.first_line, found.report_id, found.number)

    def facets(self, order: Order) -> Facets:
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
            total=order.total,
            which={one: which[one] for one in Which},
            severities={one: severities[one] for one in SEVERITIES},
            rules=sorted(by_rule, key=lambda one: (-one[2], one[0].id, one[1])),
            cwes=sorted(cwes.items(), key=lambda one: (-one[1], one[0])),
            tools=sorted(tools.items()),
            suppressed=dict(suppressed),
            folders=self._folders(order),
            labels=self._labels(order),
        )

    def _labels(self, order: Order) -> dict[str, int]:
        """Return how many bear each label, whichever is asked for."""
        if not self.labels.rest:
            return {}
        every = self._standings(self.reports)
        total = every.count() if self.narrowing.judged else order.total
        named = every.filter(detection__in=places.many(self.labels.of)).values_list("detection", flat=True)
        counts: Counter[str] = Counter()
        for detection in named:
            counts.update(self.labels.of[detection])
            total -= 1
        counts[self.labels.rest] += total
        return dict(counts)

    def _folders(self, order: Order) -> list[tuple[TreePath, int, bool]]:
        """Return what lies directly in the folder asked for, with how many are in it, and whether it is a folder."""
        files, folder = self.places.files, self.narrowing.folder
        cut = len(folder.raw) + 1 if folder else 0
        counts: Counter[tuple[bytes, bool]] = Counter()
        for place, count in order.by_place(len(files)):
            raw = files.raw_path(place)
            name, slash, _ = raw[cut:].partition(b"/")
            if name:
                counts[raw[: cut + len(name)], bool(slash)] += count
        return [(TreePath(raw), count, is_folder) for (raw, is_folder), count in sorted(counts.items())]


@dataclass(frozen=True, slots=True)
class _Part:
    """Some paths of a report, by a key that means the same ones for ever, for a report does not change."""

    key: tuple[object, ...]
    report: Report = field(compare=False)
    paths: Sequence[int] | None = field(compare=False)


@functools.lru_cache(maxsize=64)
def _cells(part: _Part) -> Sequence[tuple[Cell, int]]:
    return tuple(counting.cells(part.report, part.paths))


def _labelled(labels: Labels, wanted: str) -> Q:
    """Return the condition that a standing's detection bears a label; none is asked for where it is empty."""
    if not wanted:
        return Q()
    if wanted == labels.rest:
        return ~Q(detection__in=places.many(row for row, said in labels.of.items() if wanted not in said))
    return Q(detection__in=places.many(row for row, said in labels.of.items() if wanted in said))


def _taken(asked: Asked, order: Order, begin: tuple[Group, _Mark] | None, most: int) -> Iterator[Standing]:
    """Yield standings in order, behind a place in it; whoever asks takes so many at most."""
    if begin is not None:
        yield from _in_group(asked, begin[0], most, begin[1])
    for part in _few(order.behind(begin[0] if begin else None), most):
        yield from _in_group(asked, part[0], most) if len(part) == 1 else _in_groups(asked, part)


def _few(groups: Iterator[tuple[Group, int]], most: int) -> Iterator[list[Group]]:
    """Yield groups of one severity that together are few enough to be read whole, or one that is not, in order."""
    part: list[Group] = []
    rows = 0
    for group, count in groups:
        if part and (group.rank != part[0].rank or rows + count > most or group.path is None):
            yield part
            part, rows = [], 0
        part.append(group)
        rows += count
    if part:
        yield part


def _in_group(asked: Asked, group: Group, most: int, behind: _Mark | None = None) -> Iterator[Standing]:
    rows = asked.standings(asked.reports).filter(path=group.path, severity=SEVERITIES[group.rank].value)
    if behind is not None:
        line, report, number = behind
        rows = rows.filter(
            Q(first_line__gt=line)
            | Q(first_line=line, report__gt=report)
            | Q(first_line=line, report=report, number__gt=number)
        )
    ordered = rows.select_related("detection", "report").order_by("first_line", "report", "number")
    yield from ordered[:most]


def _in_groups(asked: Asked, groups: Sequence[Group]) -> list[Standing]:
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
