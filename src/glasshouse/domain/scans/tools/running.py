# SPDX-License-Identifier: Apache-2.0
"""Running a tool on a unit, and seeing to it that every file is accounted for."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from glasshouse.domain.scans.tools.errors import ToolMissingError, UnreadableOutputError
from glasshouse.domain.scans.tools.values import (
    GIVEN_FOLDER,
    SOURCE_FOLDER,
    Coverage,
    Installed,
    Invocation,
    Names,
    Outcome,
    Reading,
    SourceFile,
    State,
    Tool,
    Unit,
)
from glasshouse.engines import sandbox
from glasshouse.engines.formats import sarif
from glasshouse.kernel.paths import TreePath

_SLOW: Final = frozenset({sandbox.Outcome.TIMEOUT, sandbox.Outcome.CPU_EXHAUSTED})
_WHY: Final = {
    sandbox.Outcome.TIMEOUT: "it took longer than its time",
    sandbox.Outcome.CPU_EXHAUSTED: "it used up its processor time",
    sandbox.Outcome.OUT_OF_MEMORY: "it used up its memory",
    sandbox.Outcome.OUTPUT_TOO_LARGE: "it printed more than may be read",
    sandbox.Outcome.OUTPUT_INCOMPLETE: "its output could not be read to the end",
    sandbox.Outcome.KILLED: "it was ended by a signal",
}
_NEVER_STARTED: Final = frozenset({125, 126, 127})


@dataclass(frozen=True, slots=True)
class Analysis:
    """What a unit came to: results, exactly one outcome a file in the order of the unit, and what it cost.

    `seconds` are the processor's, of all starts together, and `starts` is how many there were.
    """

    results: tuple[sarif.Result, ...]
    outcomes: tuple[Outcome, ...]
    seconds: float
    starts: int


def analyse(installed: Installed, unit: Unit) -> Analysis:
    """Run a tool on a unit in the sandbox. A group in which it fails is halved until the file at fault is alone."""
    if installed.state is not State.READY:
        raise ToolMissingError(f"{installed.tool.name} is {installed.state} on this machine.", hint=installed.hint)
    kept = [file for file in unit.files if len(file.content) <= installed.tool.max_file]
    too_large = [file for file in unit.files if len(file.content) > installed.tool.max_file]
    done = list(_halved(installed, tuple(kept), unit)) if kept else []
    outcomes = {outcome.path: outcome for each in done for outcome in each.outcomes}
    outcomes |= {file.path: _too_large(file.path, installed) for file in too_large}
    return Analysis(
        tuple(result for each in done for result in each.results),
        tuple(outcomes[file.path] for file in unit.files),
        sum(each.seconds for each in done),
        sum(each.starts for each in done),
    )


def environment(invocation: Invocation) -> dict[str, str]:
    """Return the environment of a start, beside what the sandbox itself sets."""
    return {"LC_ALL": "C.UTF-8", **invocation.environment}


def _halved(installed: Installed, files: tuple[SourceFile, ...], whole: Unit) -> Iterator[Analysis]:
    unit = replace(whole, files=files)
    once = _once(installed, unit)
    failed = all(outcome.coverage in {Coverage.CRASHED, Coverage.TIMED_OUT} for outcome in once.outcomes)
    if not failed or len(files) == 1:
        yield once
        return
    yield Analysis((), (), once.seconds, once.starts)
    middle = len(files) // 2
    yield from _halved(installed, files[:middle], whole)
    yield from _halved(installed, files[middle:], whole)


def start(installed: Installed, unit: Unit, names: Names, invocation: Invocation) -> sandbox.Result:
    """Start a tool once in the sandbox and return what became of it; nothing of it is read."""
    tool = installed.tool
    with sandbox.staging(2 * unit.size + 64 * 2**20) as staged:
        for file in unit.everything:
            staged.put(TreePath(b"src/" + names.inside[file.path].encode()), tool.given(file.content))
        inputs = [*installed.inputs, staged.input(TreePath(b"src"), SOURCE_FOLDER)]
        for name, content in invocation.given.items():
            staged.put(TreePath(b"given/" + name.encode()), content)
        if invocation.given:
            inputs.append(staged.input(TreePath(b"given"), GIVEN_FOLDER))
        command = sandbox.Command(
            argv=invocation.argv,
            inputs=tuple(inputs),
            environment=environment(invocation),
            folder="/tmp",  # noqa: S108 - of the sandbox; in the source's own folder, tools pick up settings
            collect=invocation.collect,
        )
        return sandbox.run(command, invocation.limits)


def _once(installed: Installed, unit: Unit) -> Analysis:
    """Start the tool once and read what it said."""
    names = Names.of(unit)
    invocation = installed.tool.invocation(unit, names)
    result = start(installed, unit, names, invocation)
    reading = _read(installed, unit, names, result, invocation.ran)
    return Analysis(_proposed(installed.tool, unit, reading.results), reading.outcomes, result.usage.cpu, 1)


def _proposed(tool: Tool, unit: Unit, results: tuple[sarif.Result, ...]) -> tuple[sarif.Result, ...]:
    """Put the vendor's wish for silence beside each result that it is about."""
    # Of a unit with hundreds of headers, results are in few.
    about = {place.path for result in results if (place := result.place)}
    asked = {file.path: tool.comments.asked(file.content) for file in unit.everything if file.path in about}
    proposal = sarif.Suppression(sarif.SuppressionKind.IN_SOURCE, sarif.SuppressionStatus.UNDER_REVIEW)
    return tuple(
        replace(result, suppressions=(*result.suppressions, proposal))
        if (place := result.place) and place.path and place.region and place.region.start_line in asked[place.path]
        else result
        for result in results
    )


def _read(installed: Installed, unit: Unit, names: Names, result: sandbox.Result, ran: frozenset[int]) -> Reading:
    """Believe an adapter only where the tool came to its end; a file that it does not speak of has crashed."""
    why = _WHY.get(result.outcome, "")
    if not why and result.exit_status not in ran:
        started = result.exit_status not in _NEVER_STARTED
        why = f"it ended with status {result.exit_status}" if started else "it could not be started"
    if why:
        coverage = Coverage.TIMED_OUT if result.outcome in _SLOW else Coverage.CRASHED
        return Reading((), tuple(Outcome(file.path, coverage, why) for file in unit.files))
    try:
        reading = installed.tool.reading(unit, names, result)
    except UnreadableOutputError:
        crashed = (Outcome(file.path, Coverage.CRASHED, "its output is not what it writes") for file in unit.files)
        return Reading((), tuple(crashed))
    said: dict[TreePath, Outcome] = {}
    for outcome in reading.outcomes:
        # Two words about one file: the one that is not "analysed" stands.
        if outcome.path not in said or said[outcome.path].coverage is Coverage.ANALYSED:
            said[outcome.path] = outcome
    silent = "the tool ended well and said nothing of this file"
    return Reading(
        reading.results,
        tuple(said.get(file.path) or Outcome(file.path, Coverage.CRASHED, silent) for file in unit.files),
    )


def _too_large(path: TreePath, installed: Installed) -> Outcome:
    return Outcome(path, Coverage.SKIPPED, f"larger than the {installed.tool.max_file:,} bytes that this tool is given")
