# SPDX-License-Identifier: Apache-2.0
"""What analysers say, as values: the part of SARIF 2.1.0 that is used here, by the names of the standard.

Everything in them is the tool's word: text is text and never markup, fingerprints are kept and not believed, a
suppression is a proposal. Snippets, fixes, web requests and whatever else repeats the source are not here.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from glasshouse.kernel.errors import InvalidError
from glasshouse.kernel.lines import Span
from glasshouse.kernel.paths import TreePath

MAX_LINE: Final = 2**31 - 1
Scalar = str | int | float | bool
Properties = tuple[tuple[str, Scalar | tuple[Scalar, ...]], ...]
"""Names with a value or a flat list each, in the order of names."""


class Severity(StrEnum):
    """How bad a result is, in one scale for all tools, the worst first."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    NOTE = "note"


class Level(StrEnum):
    """How serious the tool calls it."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"
    NONE = "none"


class Kind(StrEnum):
    """What a result says of its rule; only `FAIL` is a complaint."""

    FAIL = "fail"
    REVIEW = "review"
    OPEN = "open"
    INFORMATIONAL = "informational"
    PASS = "pass"  # noqa: S105 (a word of the standard)
    NOT_APPLICABLE = "notApplicable"


class BaselineState(StrEnum):
    """How the tool relates a result to an earlier run of its own. Its word: identity is not decided by it."""

    NEW = "new"
    UNCHANGED = "unchanged"
    UPDATED = "updated"
    ABSENT = "absent"


class SuppressionKind(StrEnum):
    """Where a suppression is written down."""

    IN_SOURCE = "inSource"
    EXTERNAL = "external"


class SuppressionStatus(StrEnum):
    """What became of the wish to suppress."""

    ACCEPTED = "accepted"
    UNDER_REVIEW = "underReview"
    REJECTED = "rejected"


class ColumnKind(StrEnum):
    """What columns of a run count."""

    UTF16_CODE_UNITS = "utf16CodeUnits"
    UNICODE_CODE_POINTS = "unicodeCodePoints"


@dataclass(frozen=True, slots=True)
class Rule:
    """What a tool looks for. `id` is unique in its component.

    `cwes` are numbers, ascending. `security_severity` is a score from 0 to 10 as the tool wrote it, "" where it
    wrote none. `help_uri` is text: nobody fetches it, and a page links it only after a look at its scheme.
    """

    id: str
    name: str = ""
    summary: str = ""
    help: str = ""
    help_uri: str = ""
    cwes: tuple[int, ...] = ()
    default_level: Level = Level.WARNING
    security_severity: str = ""
    is_enabled: bool = True
    properties: Properties = ()


@dataclass(frozen=True, slots=True)
class Component:
    """A tool, or a plug-in of one: its name, version and rules."""

    name: str
    version: str = ""
    rules: tuple[Rule, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a component that nobody could name."""
        if not self.name:
            raise InvalidError("a tool has a name")


@dataclass(frozen=True, slots=True)
class Tool:
    """Who speaks: the driver, and the extensions that brought rules of their own."""

    driver: Component
    extensions: tuple[Component, ...] = ()

    @property
    def name(self) -> str:
        """Return the driver's name."""
        return self.driver.name

    @property
    def version(self) -> str:
        """Return the driver's version, "" where it tells none."""
        return self.driver.version


@dataclass(frozen=True, slots=True)
class Region:
    """Lines, and columns where the tool tells them; all count from one.

    `end_line` is the last line. `end_column` is the column behind the last character; a column of zero is not told.
    """

    start_line: int
    end_line: int
    start_column: int = 0
    end_column: int = 0

    def __post_init__(self) -> None:
        """Refuse what is not a part of a text."""
        if not 1 <= self.start_line <= self.end_line <= MAX_LINE:
            raise InvalidError(f"not a range of lines: {self.start_line}-{self.end_line}")
        if not (0 <= self.start_column <= MAX_LINE and 0 <= self.end_column <= MAX_LINE):
            raise InvalidError(f"not columns: {self.start_column}-{self.end_column}")

    @property
    def span(self) -> Span:
        """Return the lines."""
        return Span(self.start_line, self.end_line)


@dataclass(frozen=True, slots=True)
class ByteRange:
    """A part of a binary file, counted from zero."""

    offset: int
    length: int = 0

    def __post_init__(self) -> None:
        """Refuse what is not a part of a file."""
        if not (0 <= self.offset < 2**63 and 0 <= self.length < 2**63):
            raise InvalidError(f"not a range of bytes: {self.offset}+{self.length}")


@dataclass(frozen=True, slots=True)
class Location:
    """Where. One of `path` and `outside` is told, or neither where the tool names no file, and then no part of one.

    `path` lies below the analysed root. `outside` is a name that does not (a system header, an address of the tool's
    own machine, something hostile): escaped text for people, never opened.
    """

    path: TreePath | None = None
    region: Region | None = None
    byte_range: ByteRange | None = None
    message: str = ""
    logical: tuple[str, ...] = ()
    outside: str = ""

    def __post_init__(self) -> None:
        """Refuse a place that is inside and outside, or a part of no file."""
        if self.path is not None:
            if self.outside:
                raise InvalidError("a location lies inside or outside, not both")
        elif not self.outside and (self.region is not None or self.byte_range is not None):
            raise InvalidError("a region is part of a file that has a name")


@dataclass(frozen=True, slots=True)
class FlowStep:
    """One step on the way to a result; `nesting` is the depth of its call."""

    location: Location
    nesting: int = 0
    kinds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Flow:
    """One way through the code that leads to the result, in the order in which it runs; it has a step at least."""

    steps: tuple[FlowStep, ...]
    message: str = ""

    def __post_init__(self) -> None:
        """Refuse a way of no step."""
        if not self.steps:
            raise InvalidError("a flow has a step at least")


@dataclass(frozen=True, slots=True)
class Suppression:
    """A wish that a result be silent. A vendor's comment in the source is one: a proposal, never a decision."""

    kind: SuppressionKind
    status: SuppressionStatus = SuppressionStatus.ACCEPTED
    justification: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One thing that a tool says.

    `rule_id` names a rule of the driver, or of the extension `component`; the rule may be undeclared. `message` has
    its arguments filled in. `level` is the effective one: the result's own, else its rule's. `severity_raw` is what
    `severity` was made of, as the tool said it. `cwes` are the result's and its rule's together, ascending.
    The first location is where a person looks first; one that is told twice counts once. Fingerprints are the tool's,
    kept and not believed.
    """

    rule_id: str
    message: str
    severity: Severity = Severity.MEDIUM
    severity_raw: str = ""
    level: Level = Level.WARNING
    kind: Kind = Kind.FAIL
    component: str = ""
    locations: tuple[Location, ...] = ()
    related: tuple[Location, ...] = ()
    flows: tuple[Flow, ...] = ()
    cwes: tuple[int, ...] = ()
    fingerprints: tuple[tuple[str, str], ...] = ()
    partial_fingerprints: tuple[tuple[str, str], ...] = ()
    suppressions: tuple[Suppression, ...] = ()
    baseline_state: BaselineState | None = None
    properties: Properties = ()

    @property
    def place(self) -> Location | None:
        """Return the first location, None where there is none."""
        return self.locations[0] if self.locations else None


class NotificationSource(StrEnum):
    """What a notification is about: running the tool, or how it was set up."""

    EXECUTION = "execution"
    CONFIGURATION = "configuration"


@dataclass(frozen=True, slots=True)
class Notification:
    """Something that the tool says of itself, such as a file that it could not read."""

    message: str
    level: Level = Level.WARNING
    source: NotificationSource = NotificationSource.EXECUTION
    id: str = ""
    rule_id: str = ""
    locations: tuple[Location, ...] = ()

    @property
    def is_failure(self) -> bool:
        """Say whether the tool calls it an error."""
        return self.level is Level.ERROR


@dataclass(frozen=True, slots=True)
class Invocation:
    """One start of the tool and how it ended, in its own words. `is_successful` is never taken as proof of coverage."""

    is_successful: bool
    exit_code: int | None = None
    notifications: tuple[Notification, ...] = ()


@dataclass(frozen=True, slots=True)
class Run:
    """All of a run but its results, which may be many: `result_count` tells how many follow."""

    tool: Tool
    invocations: tuple[Invocation, ...] = ()
    automation_id: str = ""
    column_kind: ColumnKind | None = None
    result_count: int = 0
    properties: Properties = ()

    def rule_of(self, result: Result) -> Rule | None:
        """Return the rule that a result names, None where the tool declares none.

        Searches; whoever asks for many results makes a mapping of `rules` once.
        """
        rules = self.rules()
        component, name = result.component, result.rule_id
        return rules.get((component, name)) or rules.get((component, name.rpartition("/")[0]))

    def rules(self) -> dict[tuple[str, str], Rule]:
        """Return the declared rules by component ("" for the driver) and id."""
        found = {("", rule.id): rule for rule in self.tool.driver.rules}
        for extension in self.tool.extensions:
            found |= {(extension.name, rule.id): rule for rule in extension.rules}
        return found
