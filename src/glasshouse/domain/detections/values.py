# SPDX-License-Identifier: Apache-2.0
"""Values of detections."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from glasshouse.domain.releases.values import ReleaseRef
from glasshouse.engines.formats.sarif import Severity
from glasshouse.engines.identity import DetectionState
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.paths import TreePath

SEVERITIES: Final = tuple(Severity)
"""The worst first."""
SEEN: Final = frozenset(
    {
        DetectionState.NEW,
        DetectionState.UNCHANGED,
        DetectionState.MOVED,
        DetectionState.EDITED,
        DetectionState.REOPENED,
    }
)
"""What a detection is that the tool found in this very report."""


@dataclass(frozen=True, slots=True)
class Said:
    """What is said of a file of results when it is handed in.

    `is_complete` is the claim that the tool analysed every file of the release that it applies to; without it what was
    not found again is unknown, and never absent. `root` is the folder, as the tool writes it, that the release is.
    `party` is the organisation that alone sees the reports, "" where both parties do.
    """

    is_complete: bool = False
    root: bytes = b""
    party: str = ""


@dataclass(frozen=True, slots=True)
class Taken:
    """What one report brought.

    `results` are those of the file, `folded` how many said the same of the same place again, `not_failed` how many
    are no complaint, `outside` how many name no file of the release. `omitted` counts what was beyond a limit, by
    name. `base` is the version that the states compare with, "" for a tool's first report of the product. Not `is_new`
    when the same file was here already.
    """

    uid: Uid
    tool: str
    results: int
    folded: int
    not_failed: int
    outside: int
    omitted: Mapping[str, int]
    states: Mapping[DetectionState, int]
    base: str
    is_new: bool


@dataclass(frozen=True, slots=True)
class Looked:
    """Where a tool really looked. `is_complete` when it was everywhere that it has something to look for."""

    analysed: frozenset[TreePath]
    is_complete: bool


@dataclass(frozen=True, slots=True)
class Intake:
    """Results on their way in: of which release, from which input, for whom, and with somebody's claim or without.

    `uid` is the report's, where it is chosen before: whoever is killed and comes again then makes no second one.
    """

    release: ReleaseRef
    digest: Digest
    party: str = ""
    claims_complete: bool = False
    uid: Uid | None = None


@dataclass(frozen=True, slots=True)
class Tally:
    """How many detections of a report there are: by state, and of those that were seen, by severity and by rule."""

    states: Mapping[DetectionState, int]
    severities: Mapping[Severity, int]
    rules: tuple[tuple["RuleName", int], ...] = field(default=())


@dataclass(frozen=True, slots=True)
class RuleName:
    """A rule of a tool, by the plug-in that brought it ("" for the tool itself) and its id, with what it says."""

    tool: str
    component: str
    id: str
    summary: str = ""
    help_uri: str = ""
    cwes: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Difference:
    """What two reports of one tool have of each other: detections seen in one alone, and in both."""

    only_before: int
    only_after: int
    both: int
