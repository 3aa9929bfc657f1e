# SPDX-License-Identifier: Apache-2.0
"""The JSON of what tools found. Words of tools hide nothing: what a screen would not show stands as `[U+202E]`."""

from collections.abc import Sequence
from datetime import datetime
from typing import Self

from ninja import Schema

from glasshouse.domain.detections import values
from glasshouse.domain.detections.differing import Differing as Differs
from glasshouse.domain.detections.listing import Facets, Page, Row
from glasshouse.domain.detections.whole import Moment as MomentOf
from glasshouse.domain.detections.whole import Step, Whole
from glasshouse.edges.api.shapes import NamedRelease, Showing
from glasshouse.kernel.texts import unhidden


class Rule(Schema):
    """A rule of a tool; `tag` is what narrows a list to it."""

    tag: str
    tool: str
    component: str
    id: str
    summary: str
    cwes: list[int]

    @classmethod
    def of(cls, rule: values.RuleName, tag: bytes) -> Self:
        """Describe a rule."""
        return cls(
            tag=tag.hex(),
            tool=unhidden(rule.tool),
            component=unhidden(rule.component),
            id=unhidden(rule.id),
            summary=unhidden(rule.summary),
            cwes=list(rule.cwes),
        )


class Detection(Schema):
    """One thing that a tool found. `outside` names what is no file of the release; no line is null."""

    uid: str
    rule: Rule
    severity: str
    state: str
    is_new: bool
    is_suppressed: bool
    tool: str
    path: str
    outside: str
    first_line: int | None
    last_line: int | None
    message: str

    @classmethod
    def of(cls, row: Row) -> Self:
        """Describe a row."""
        return cls(
            uid=row.uid.text,
            rule=Rule.of(row.rule, row.tag),
            severity=row.severity.value,
            state=row.state.value,
            is_new=row.is_new,
            is_suppressed=row.is_suppressed,
            tool=unhidden(row.tool),
            path=str(row.path or ""),
            outside=unhidden(row.outside),
            first_line=row.first or None,
            last_line=row.last or None,
            message=unhidden(row.message),
        )


class RuleCount(Schema):
    """How many of a rule there are."""

    rule: Rule
    count: int


class Tallies(Schema):
    """Counts on each side of a narrowing, each with all that is asked but its own kind; folders by path."""

    total: int
    which: dict[str, int]
    severities: dict[str, int]
    rules: list[RuleCount]
    cwes: dict[str, int]
    tools: dict[str, int]
    suppressed: dict[str, int]
    folders: dict[str, int]

    @classmethod
    def of(cls, facets: Facets) -> Self:
        """Copy the counts."""
        return cls(
            total=facets.total,
            which={one.value: count for one, count in facets.which.items()},
            severities={one.value: count for one, count in facets.severities.items()},
            rules=[RuleCount(rule=Rule.of(rule, tag), count=count) for rule, tag, count in facets.rules],
            cwes={str(cwe): count for cwe, count in facets.cwes},
            tools={unhidden(tool): count for tool, count in facets.tools},
            suppressed={"yes" if one else "no": count for one, count in facets.suppressed.items()},
            folders={str(path): count for path, count, _ in facets.folders},
        )


class Detections(Schema):
    """A page of detections, the worst first; ask with `after` for the next until it is null; recorded if granted."""

    rows: list[Detection]
    after: str | None
    tallies: Tallies
    reports: list[str]
    showing: Showing | None

    @classmethod
    def of(cls, page: Page, showing: Showing | None = None) -> Self:
        """Describe a page."""
        return cls(
            rows=[Detection.of(row) for row in page.rows],
            after=page.after.text if page.after else None,
            tallies=Tallies.of(page.facets),
            reports=[one.uid for one in page.reports],
            showing=showing,
        )


class Place(Schema):
    """A place that a tool names; of one outside of the grant nothing is told."""

    path: str
    outside: str
    lines: str
    message: str
    nesting: int
    is_hidden: bool

    @classmethod
    def of(cls, step: Step) -> Self:
        """Describe a place."""
        return cls(
            path=str(step.path or ""),
            outside=unhidden(step.outside),
            lines=str(step.span or ""),
            message=unhidden(step.message),
            nesting=step.nesting,
            is_hidden=step.is_hidden,
        )


class Moment(Schema):
    """What the newest report of a release said of it."""

    release: NamedRelease
    state: str
    at: datetime
    version: str
    path: str
    line: int | None

    @classmethod
    def of(cls, moment: MomentOf) -> Self:
        """Describe a moment."""
        return cls(
            release=NamedRelease.of(moment.release),
            state=moment.state.value,
            at=moment.at,
            version=unhidden(moment.version),
            path=str(moment.path or ""),
            line=moment.line or None,
        )


class WholeDetection(Schema):
    """A detection with all that is known of it; `run` is what `glasshouse scan reproduce` takes, null where none is.

    `digest` is of the file or record that the report came from.
    """

    detection: Detection
    report: str
    digest: str
    version: str
    run: str | None
    cwes: list[int]
    severity_raw: str
    help: str
    help_uri: str
    place: Place
    others: list[Place]
    flows: list[list[Place]]
    suppressions: list[str]
    history: list[Moment]
    first_seen: NamedRelease | None
    neighbours: list[Detection]
    showing: Showing | None

    @classmethod
    def of(cls, found: Whole, run: str | None, showing: Showing | None = None) -> Self:
        """Describe a detection."""
        return cls(
            detection=Detection.of(found.row),
            report=found.source.uid.text,
            digest=str(found.source.digest),
            version=unhidden(found.source.version),
            run=run,
            cwes=list(found.cwes),
            severity_raw=unhidden(found.severity_raw),
            help=unhidden(found.help),
            help_uri=unhidden(found.row.rule.help_uri),
            place=Place.of(found.place),
            others=[Place.of(one) for one in found.others],
            flows=[[Place.of(one) for one in way.steps] for way in found.ways],
            suppressions=[unhidden(one.justification) for one in found.suppressions],
            history=[Moment.of(one) for one in found.history],
            first_seen=NamedRelease.of(found.first_seen) if found.first_seen else None,
            neighbours=[Detection.of(row) for row in found.neighbours],
            showing=showing,
        )


class ChangedRule(Schema):
    """How many of a rule came, went, are unknown or stayed."""

    rule: Rule
    came: int
    went: int
    unknown: int
    stayed: int


class Differing(Schema):
    """Two releases by what tools found; tools of one of them alone are not compared."""

    rules: list[ChangedRule]
    only_before: list[str]
    only_after: list[str]
    showing: Showing | None

    @classmethod
    def of(cls, found: Differs, showing: Showing | None = None) -> Self:
        """Describe a difference."""
        rules = [
            ChangedRule(
                rule=Rule.of(one.rule, one.tag), came=one.came, went=one.went, unknown=one.unknown, stayed=one.stayed
            )
            for one in found.rules
        ]
        only = [list(map(unhidden, tools)) for tools in (found.only_before, found.only_after)]
        return cls(rules=rules, only_before=only[0], only_after=only[1], showing=showing)


class TakenReport(Schema):
    """What one report brought; `base` is the version that its states compare with."""

    report: str
    tool: str
    results: int
    folded: int
    not_failed: int
    outside: int
    omitted: dict[str, int]
    states: dict[str, int]
    base: str
    is_new: bool

    @classmethod
    def all_of(cls, taken: Sequence[values.Taken]) -> list[Self]:
        """Describe what was taken in."""
        return [
            cls(
                report=one.uid.text,
                tool=unhidden(one.tool),
                results=one.results,
                folded=one.folded,
                not_failed=one.not_failed,
                outside=one.outside,
                omitted=dict(one.omitted),
                states={state.value: count for state, count in one.states.items()},
                base=one.base,
                is_new=one.is_new,
            )
            for one in taken
        ]
