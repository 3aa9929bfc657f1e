# SPDX-License-Identifier: Apache-2.0
"""What tools found, as pages show it: addresses, counts that are links, and words with nothing hidden in them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, gettext_lazy

from glasshouse.domain.detections.differing import Changed, Differing
from glasshouse.domain.detections.listing import Facets, Row
from glasshouse.domain.detections.narrowing import Narrowing, Which
from glasshouse.domain.detections.whole import Step, Way, Whole
from glasshouse.domain.releases.values import Ink, Window
from glasshouse.edges.web.code import coloured
from glasshouse.edges.web.drawing import Pen
from glasshouse.edges.web.places import Place
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.texts import unhidden

WHICH: Final[Mapping[Which, Any]] = {
    Which.FOUND: gettext_lazy("Found"),
    Which.NEW: gettext_lazy("New"),
    Which.MOVED: gettext_lazy("Moved"),
    Which.EDITED: gettext_lazy("Edited"),
    Which.UNCHANGED: gettext_lazy("Unchanged"),
    Which.UNKNOWN: gettext_lazy("Unknown"),
    Which.ABSENT: gettext_lazy("Absent"),
}
STATES: Final[Mapping[str, Any]] = {
    "new": gettext_lazy("New"),
    "unchanged": gettext_lazy("Unchanged"),
    "moved": gettext_lazy("Moved"),
    "edited": gettext_lazy("Edited"),
    "reopened": gettext_lazy("Reopened"),
    "absent": gettext_lazy("Absent"),
    "unknown": gettext_lazy("Unknown"),
}
SEVERITIES: Final[Mapping[str, Any]] = {
    "critical": gettext_lazy("Critical"),
    "high": gettext_lazy("High"),
    "medium": gettext_lazy("Medium"),
    "low": gettext_lazy("Low"),
    "note": gettext_lazy("Note"),
}
JUDGED: Final[Mapping[str, Any]] = {
    "open": gettext_lazy("Open"),
    "again": gettext_lazy("Look again"),
    "confirmed": gettext_lazy("Confirmed"),
    "false-positive": gettext_lazy("False positive"),
    "wont-fix": gettext_lazy("Won\u2019t fix"),
    "fix-claimed": gettext_lazy("Fix claimed"),
    "fix-verified": gettext_lazy("Fix verified"),
}
_MARKS: Final = {"new": "new", "reopened": "new", "unchanged": "same", "absent": "na"}
_FIRST_SIDES: Final = 6
_SHORT: Final = 240


@dataclass(frozen=True, slots=True)
class Base:
    """Where the detections of a release stand: under a grant, or for the vendor's readers."""

    release: Uid
    grant: Uid | None = None

    @property
    def address(self) -> str:
        """Return the address of the list."""
        if self.grant is None:
            return reverse("detections-of", args=[self.release.text])
        return reverse("detections-under", args=[self.grant.text, self.release.text])

    def since(self, before: Uid) -> str:
        """Return the address of what differs from another release."""
        return f"{self.address}since/{before.text}/"

    def narrowed(self, narrowing: Narrowing, **other: str) -> str:
        """Return the address of the list so narrowed; of `other`, what is empty is left out."""
        told = {name: value for name, value in {**narrowing.told(), **other}.items() if value}
        return f"{self.address}{'?' if told else ''}{urlencode(told)}"

    def one(self, detection: Uid) -> str:
        """Return the address of a detection."""
        return f"{self.address}{detection.text}/"


@dataclass(frozen=True, slots=True)
class Side:
    """A count that is a link: what it narrows the list to, and whether that is so already."""

    name: str
    count: int
    url: str
    is_here: bool


@dataclass(frozen=True, slots=True)
class Sides:
    """One way to narrow a list; `folded` are the many that few look for."""

    title: str
    some: Sequence[Side]
    folded: Sequence[Side]

    @classmethod
    def of(cls, title: str, sides: Iterable[Side]) -> Self:
        """Fold what is many."""
        every = list(sides)
        return cls(title, every[:_FIRST_SIDES], every[_FIRST_SIDES:])


@dataclass(frozen=True, slots=True)
class Held:
    """What a side holds of a detection, in words; `again` when its lines have changed since."""

    said: str
    mark: str
    whose: str
    again: bool


@dataclass(frozen=True, slots=True)
class Item:
    """A row of the list. `message` is escaped text or a picture of it, `opinions` what people hold of it."""

    row: Row
    url: str
    rule: str
    tool: str
    where: str
    message: SafeString
    state: str
    said: str
    mark: str
    severity: str
    opinions: Sequence[Held] = ()


def item_of(row: Row, base: Base, pen: Pen | None, number: int = 0) -> Item:
    """Return a row as a list shows it; with a pen its message is drawn."""
    state = "new" if row.is_new and row.state.value == "unchanged" else row.state.value
    return Item(
        row=row,
        url=base.one(row.uid),
        rule=unhidden(row.rule.id),
        tool=unhidden(row.tool),
        where=where_of(row),
        message=words_of(row.message, pen, number, most=_SHORT),
        state=state,
        said=str(STATES[state]),
        mark=_MARKS.get(state, state),
        severity=str(SEVERITIES[row.severity.value]),
    )


def where_of(row: Row) -> str:
    """Write where a detection is: path and line, or the name of what is no file of the release."""
    name = str(row.path) if row.path else unhidden(row.outside) or gettext("no file")
    return f"{name}:{row.first}" if row.first else name


def words_of(text: str, pen: Pen | None, number: int, *, most: int = 0) -> SafeString:
    """Return a tool's words as HTML: nothing hidden, all escaped; with a pen they are pictures. `most` shortens."""
    said = unhidden(text)
    if most:
        said = " ".join(said.split())
        said = said if len(said) <= most else f"{said[:most]}\u2026"
    if pen is None:
        return mark_safe(escape(said))  # noqa: S308 -- escaped
    lines = (pen.line(number, [(Ink.PLAIN, line, False)]) for line in said.split("\n"))
    return mark_safe("<br>".join(lines))  # noqa: S308 -- pictures


def tabs_of(base: Base, narrowing: Narrowing, facets: Facets) -> list[Side]:
    """Return the states as tabs; what is unknown or absent is always told."""
    return [
        Side(
            str(label),
            facets.which[which],
            base.narrowed(narrowing.without("which"), which=which.value if which is not Which.FOUND else ""),
            narrowing.which is which,
        )
        for which, label in WHICH.items()
    ]


def sides_of(base: Base, narrowing: Narrowing, facets: Facets) -> list[Sides]:
    """Return each way to narrow a list, with its counts."""

    def side(name: str, count: int, field: str, value: str) -> Side:
        is_here = narrowing.told().get(field) == value
        url = base.narrowed(narrowing.without(field), **({} if is_here else {field: value}))
        return Side(name, count, url, is_here)

    found = [
        Sides.of(
            gettext("Verdict"),
            [
                side(str(label), facets.labels[name], "judged", name)
                for name, label in JUDGED.items()
                if facets.labels.get(name)
            ],
        ),
        Sides.of(
            gettext("Severity"),
            [
                side(str(SEVERITIES[one.value]), count, "severity", one.value)
                for one, count in facets.severities.items()
                if count
            ],
        ),
        Sides.of(
            gettext("Rule"),
            [side(unhidden(rule.id), count, "rule", tag.hex()) for rule, tag, count in facets.rules],
        ),
        Sides.of(gettext("CWE"), [side(f"CWE-{cwe}", count, "cwe", str(cwe)) for cwe, count in facets.cwes]),
        Sides.of(
            gettext("Folder"),
            [
                side(f"{path.name}/" if is_folder else path.name, count, "folder", str(path))
                for path, count, is_folder in facets.folders
            ],
        ),
        Sides.of(gettext("Tool"), [side(unhidden(tool), count, "tool", tool) for tool, count in facets.tools]),
        Sides.of(
            gettext("Suppressed in the source"),
            [
                side(gettext("yes") if one else gettext("no"), count, "suppressed", "yes" if one else "no")
                for one, count in sorted(facets.suppressed.items(), reverse=True)
            ],
        ),
    ]
    return [one for one in found if one.some]


def told_of(base: Base, narrowing: Narrowing, facets: Facets) -> list[tuple[str, str]]:
    """Return what a list is narrowed to, each with the address of the list without it."""
    rules = {tag: rule.id for rule, tag, _ in facets.rules}
    said = {
        "severity": str(SEVERITIES.get(narrowing.severity.value if narrowing.severity else "", "")),
        "rule": unhidden(rules.get(narrowing.rule, gettext("a rule"))),
        "cwe": f"CWE-{narrowing.cwe}",
        "tool": unhidden(narrowing.tool),
        "suppressed": gettext("suppressed") if narrowing.suppressed else gettext("not suppressed"),
        "words": f"\u201c{unhidden(narrowing.words)}\u201d",
        "folder": str(narrowing.folder or ""),
        "judged": str(JUDGED.get(narrowing.judged, gettext("a verdict"))),
    }
    return [(said[name], base.narrowed(narrowing.without(name))) for name in narrowing.told() if name in said]


@dataclass(frozen=True, slots=True)
class ChangedRule:
    """A rule of two releases, its name with nothing hidden; the address is of what the newer one has of it."""

    rule: str
    tool: str
    changed: Changed
    url: str


def changes_of(base: Base, found: Differing) -> list[ChangedRule]:
    """Return the rules of two releases."""
    return [
        ChangedRule(unhidden(one.rule.id), unhidden(one.rule.tool), one, base.narrowed(Narrowing(), rule=one.tag.hex()))
        for one in found.rules
    ]


@dataclass(frozen=True, slots=True)
class Stop:
    """A place of a detection as its page shows it; `code` is the list items of its lines, "" where none are shown."""

    name: str
    url: str
    message: SafeString
    code: SafeString
    is_hidden: bool
    depth: int


@dataclass(frozen=True, slots=True)
class Route:
    """One way through the code that leads to a detection; `left_out` steps are not told."""

    stops: Sequence[Stop]
    message: SafeString
    left_out: int


@dataclass(frozen=True, slots=True)
class Drawn:
    """Draws the places of one detection: with their code where it is shown, as pictures with a pen."""

    code: Mapping[Step, Window]
    place: Place | None
    pen: Pen | None

    def stop(self, step: Step) -> Stop:
        """Return a place."""
        name = str(step.path) if step.path else unhidden(step.outside)
        url = ""
        if self.place is not None and step.path is not None:
            lines = f"?lines={step.span}#L{step.span.first}" if step.span else ""
            url = f"{self.place.file(step.path)}{lines}"
        window = self.code.get(step)
        return Stop(
            name=f"{name}:{step.span.first}" if step.span else name,
            url=url,
            message=words_of(step.message, self.pen, step.span.first if step.span else 0),
            code=self._lines(step, window, url) if window else SafeString(),
            is_hidden=step.is_hidden,
            depth=min(step.nesting, 8),
        )

    def route(self, way: Way) -> Route:
        """Return a way."""
        return Route(
            [self.stop(one) for one in way.steps], words_of(way.message, self.pen, 0), way.total - len(way.steps)
        )

    def _lines(self, step: Step, window: Window, url: str) -> SafeString:
        span, items = step.span, []
        base = url.partition("?")[0]
        for line, text in zip(window.lines, coloured(window.lines, self.pen), strict=True):
            mark = ' class="in"' if span and span.first <= line.number <= span.last else ""
            number = line.number
            items.append(
                f'<li{mark}><a class="ln" href="{base}?lines={number}#L{number}" tabindex="-1">{number}</a>'
                f'<span class="mg"></span><code>{text}</code></li>'
            )
        return mark_safe("".join(items))  # noqa: S308 -- every text was escaped; numbers are numbers, addresses quoted


def characters_of(found: Whole, code: Mapping[Step, Window]) -> int:
    """Count what a pen would draw."""
    lines = sum(len(token.text) for window in code.values() for line in window.lines for token in line.tokens)
    return lines + len(found.row.message)
