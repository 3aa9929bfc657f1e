# SPDX-License-Identifier: Apache-2.0
"""What a tool's folder of tests tells of it, so that every tool is put through the same trials.

The sources are ours and wrong on purpose; they lie in strings, where no linter of ours reads them.
"""

import dataclasses
import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from glasshouse.domain.scans.tools import installing, registry
from glasshouse.domain.scans.tools.running import Analysis, analyse
from glasshouse.domain.scans.tools.values import Installed, SourceFile, State, Unit
from glasshouse.kernel.paths import TreePath

Found = frozenset[tuple[str, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """Sources for one tool.

    `flawed` has exactly `found`, rule and line; `silenced` is the same with comments that ask for silence, and
    `settings` are files by which a vendor might switch the tool off. `broken` is what it cannot read to the end.
    `rules` are brought for a tool that has none of its own.
    """

    suffix: bytes
    flawed: bytes
    found: Found
    clean: bytes
    broken: tuple[bytes, ...]
    silenced: bytes = b""
    settings: Mapping[bytes, bytes] = field(default_factory=dict)
    rules: Mapping[bytes, bytes] = field(default_factory=dict)


def sample(name: str) -> Sample:
    found: Sample = importlib.import_module(f"tests.domain.scans.tools.{name.replace('-', '_')}.sample").SAMPLE
    return found


def ready(name: str) -> Installed:
    """The tool as set-up installed it; one that is missing fails and is never skipped."""
    found = installing.find_again(registry.tool(name), installing.standard_folder())
    assert found.state is State.READY, f"{name} is {found.state}: scripts/setup.sh tests"
    return found


def unit(files: Mapping[bytes, bytes], closure: Mapping[bytes, bytes] | None = None, *flags: str) -> Unit:
    return Unit(sources(files), sources(closure or {}), flags)


def unit_of(name: str, files: Mapping[bytes, bytes], closure: Mapping[bytes, bytes] | None = None, *flags: str) -> Unit:
    """A unit for one tool, with the rules that it needs."""
    return dataclasses.replace(unit(files, closure, *flags), rules=sources(sample(name).rules))


def sources(files: Mapping[bytes, bytes]) -> tuple[SourceFile, ...]:
    return tuple(SourceFile(TreePath(name), content) for name, content in files.items())


def run(name: str, files: Mapping[bytes, bytes], closure: Mapping[bytes, bytes] | None = None, *flags: str) -> Analysis:
    """Analyse files in groups as large as the tool takes, and put the answers together."""
    tool, whole = ready(name), unit_of(name, files, closure, *flags)
    step = tool.tool.unit_files
    parts = [
        analyse(tool, dataclasses.replace(whole, files=whole.files[start : start + step]))
        for start in range(0, len(whole.files), step)
    ]
    return Analysis(
        tuple(result for part in parts for result in part.results),
        tuple(outcome for part in parts for outcome in part.outcomes),
        sum(part.seconds for part in parts),
        sum(part.starts for part in parts),
    )


def found(analysis: Analysis, path: bytes | None = None) -> Found:
    """Rule and line of each result, of all files or of one."""
    return frozenset(
        (result.rule_id, place.region.start_line if place.region else 0)
        for result in analysis.results
        if (place := result.place) is not None and (path is None or place.path == TreePath(path))
    )


def coverage(analysis: Analysis) -> dict[bytes, str]:
    return {outcome.path.raw: outcome.coverage for outcome in analysis.outcomes}
