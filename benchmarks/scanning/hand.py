# SPDX-License-Identifier: Apache-2.0
"""The same tools by hand: the same commands on plain files, side by side, without a lab, a sandbox or a cluster.

A tool that takes many files at once is started once on all of them; one that reads a file at a time, for each file. Its
output is read with the lab's own eyes, so that what is compared is what the tool said.
"""

import os
import re
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from glasshouse.domain.scans.planning import Wanted
from glasshouse.domain.scans.tools import running
from glasshouse.domain.scans.tools.errors import UnreadableOutputError
from glasshouse.domain.scans.tools.values import GIVEN_FOLDER, Coverage, Installed, Names, Reading, SourceFile, Unit
from glasshouse.engines import sandbox
from glasshouse.engines.formats import sarif
from glasshouse.kernel.paths import TreePath

Finding = tuple[str, str, int, int, str]
"""Rule, path, line, column, message."""
_SOURCE: Final = re.compile(r"(?<!/usr)/src(?=/|$)")
_OUT: Final = re.compile(r"/out(?=/|$)")


@dataclass(frozen=True, slots=True)
class ByHand:
    """What a tool said by hand, the processor's seconds of all its starts, and the files that it analysed."""

    cpu: float
    findings: frozenset[Finding]
    analysed: frozenset[str]


def finding(result: sarif.Result) -> Finding:
    """Return what two ways of running a tool are compared by."""
    place = result.place
    path = str(place.path or place.outside) if place else ""
    region = place.region if place else None
    return (
        result.rule_id,
        path,
        region.start_line if region else 0,
        region.start_column if region else 0,
        result.message,
    )


def run(installed: Installed, wanted: Sequence[Wanted], tree: Path, *, workers: int) -> ByHand:
    """Run a tool on the files of a plain tree."""
    units = list(_units(installed, wanted, tree))
    with ThreadPoolExecutor(workers) as pool:
        done = list(pool.map(lambda unit: _once(installed, unit, tree), units))
    return ByHand(
        sum(cpu for cpu, _ in done),
        frozenset(finding(result) for _, reading in done for result in reading.results),
        frozenset(
            str(one.path) for _, reading in done for one in reading.outcomes if one.coverage is Coverage.ANALYSED
        ),
    )


def _units(installed: Installed, wanted: Iterable[Wanted], tree: Path) -> Iterator[Unit]:
    """Yield a unit a file, or one of all files; headers lie in the tree and are named only."""
    tool, together = installed.tool, []
    for one in wanted:
        path = one.file[0]
        content = (tree / os.fsdecode(path.raw)).read_bytes()
        if len(content) > tool.max_file:
            continue
        file = SourceFile(path, content)
        if tool.unit_files > 1:
            together.append(file)
            continue
        closure = tuple(SourceFile(header, b"") for header, _ in one.closure)
        unit = Unit((file,), closure, one.flags)
        if all(name == str(place) for place, name in Names.of(unit).inside.items()):
            yield unit
    if together:
        yield Unit(tuple(together))


def _once(installed: Installed, unit: Unit, tree: Path) -> tuple[float, Reading]:
    names = Names.of(unit)
    start = installed.tool.invocation(unit, names)
    home = str(installed.inputs[0].source) if installed.inputs else "/tool"
    with tempfile.TemporaryDirectory(prefix="by-hand-") as place:
        out, given = Path(place) / "made", Path(place) / "given"
        out.mkdir()
        for name, content in start.given.items():
            (given / name).parent.mkdir(parents=True, exist_ok=True)
            (given / name).write_bytes(content)

        def here(word: str) -> str:
            # A release has folders of such names too: the first in a word is the sandbox's.
            word, is_source = _SOURCE.subn(str(tree), word, count=1)
            word = word if is_source else _OUT.sub(str(out), word, count=1)
            word = word.replace("/tool/", f"{home}/").replace("'/tool'", f"'{home}'")
            return word.replace(GIVEN_FOLDER, str(given)) if start.given else word

        printed, complained = Path(place) / "stdout", Path(place) / "stderr"
        with printed.open("wb") as stdout, complained.open("wb") as stderr:
            process = subprocess.Popen(
                [here(word) for word in start.argv],
                cwd=place,
                env={"PATH": "/usr/bin", "HOME": place, **running.environment(start)},
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
            )
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)

        def told(path: Path) -> bytes:
            return path.read_bytes().replace(str(tree).encode(), b"/src").replace(str(out).encode(), b"/out")

        files = [path for path in sorted(out.rglob("*")) if path.is_file()]
        result = sandbox.Result(
            outcome=sandbox.Outcome.FAILED if process.returncode else sandbox.Outcome.OK,
            exit_status=process.returncode,
            stdout=told(printed),
            stderr=told(complained),
            outputs=tuple(
                sandbox.OutputFile(TreePath(os.fsencode(path.relative_to(out))), told(path)) for path in files
            ),
            left_out=(),
            usage=sandbox.Usage(wall=0.0, cpu=used.ru_utime + used.ru_stime, peak_memory=None),
        )
    try:
        reading = installed.tool.reading(unit, names, result)
    except UnreadableOutputError:
        reading = Reading((), ())
    return used.ru_utime + used.ru_stime, reading
