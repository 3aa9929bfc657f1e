# SPDX-License-Identifier: Apache-2.0
"""Having a tool look at files of a release: units go out to the cluster, and every file of theirs comes back."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from glasshouse.domain.scans import descriptions, planning
from glasshouse.domain.scans.descriptions import Description, FileSaid, Named
from glasshouse.domain.scans.planning import Read, Wanted
from glasshouse.domain.scans.tools.values import Coverage, Installed, Outcome
from glasshouse.engines import fanout
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.ids import Uid

FUNCTION: Final = "glasshouse.domain.scans.units:analyse"
_LASTING: Final = frozenset({Coverage.ANALYSED, Coverage.SKIPPED, Coverage.NOT_APPLICABLE})
"""Outcomes that come again; what crashed or was too slow is tried again."""


@dataclass(frozen=True, slots=True)
class Ways:
    """Where tools are, and what runs them."""

    tools: Path
    compute: fanout.Compute


@dataclass(frozen=True, slots=True)
class Answer:
    """What the tool says of the files of one unit. Not `is_lasting` where the unit did not come to its end."""

    said: tuple[FileSaid, ...]
    is_lasting: bool

    def lasting(self) -> Iterator[FileSaid]:
        """Yield what the tool would say again."""
        return (one for one in self.said if self.is_lasting and one.outcome.coverage in _LASTING)


def never() -> bool:
    """Say that nobody called the work off."""
    return False


def answers(
    ways: Ways,
    installed: Installed,
    files: Iterable[Wanted],
    read: Read,
    *,
    rules: Sequence[Named] = (),
    is_out: Callable[[], bool] = never,
) -> Iterator[Answer]:
    """Yield what a tool says of files, each of them in one answer; once `is_out`, what was not begun is in none."""
    units, content = _units(ways, installed, files, rules)
    outcomes = fanout.run(
        ways.compute,
        list(units),
        FUNCTION,
        content=fanout.Content(Uid.new().text, 1, lambda digest: content.get(digest) or read(digest)),
        report=lambda _done, _of: None,
        is_out=is_out,
    )
    for outcome in outcomes:
        if outcome.kind is not fanout.Kind.CANCELLED:
            yield _answer(outcome, units[outcome.unit])


def _units(
    ways: Ways, installed: Installed, files: Iterable[Wanted], rules: Sequence[Named]
) -> tuple[dict[fanout.Unit, Description], dict[Digest, bytes]]:
    tool = installed.tool
    settings = json.dumps({"digest": str(installed.digest), "folder": str(ways.tools), "tool": tool.name})
    units: dict[fanout.Unit, Description] = {}
    content: dict[Digest, bytes] = {}
    for number, (description, size) in enumerate(planning.grouped(tool, files, rules)):
        told = description.to_bytes()
        content[Digest.of(told)] = told
        digests = (Digest.of(told), *description.digests)
        units[fanout.Unit(str(number), digests, settings, float(max(1, size)))] = description
    return units, content


def _answer(outcome: fanout.Outcome, description: Description) -> Answer:
    """Return what is said of every file of a unit, whatever became of it."""
    if outcome.kind is fanout.Kind.DONE:
        return Answer(tuple(descriptions.parted(outcome.value)), is_lasting=True)
    why = "the process that ran the tool ended" if outcome.kind is fanout.Kind.LOST else "the unit failed"
    crashed = (FileSaid(Outcome(path, Coverage.CRASHED, why), (), 0.0) for path, _ in description.files)
    return Answer(tuple(crashed), is_lasting=False)
