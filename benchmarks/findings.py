# SPDX-License-Identifier: Apache-2.0
"""Results of tools by the hundred thousand: `python -m benchmarks.findings`; `--quick` has a tenth, over newlib.

A file of SARIF as analysers write it (message, snippet, two steps of a flow, fingerprints) names real lines of Debian's
linux-source. It is taken in, taken in again in another order, and the two reports are compared; a report of a million
is counted by rule under a grant of a tenth of the paths, and listed, by processes of their own: the first question of
one reads the release's paths, which those after it know.
"""

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from benchmarks import pages
from benchmarks.measure import Conditions, Others, Row, at_most, fsync_p50, options, quantity, show
from benchmarks.searching import ground

_ASKED: Final = {"counts": "counts by rule", "list": "the first page of the list, with its counts"}
_WHERE: Final = {"narrowed": "under a grant of some folders", "whole": "whole"}
_LIMITS: Final = {("counts", "narrowed"): 0.3}
_OURS: Final = 1.0
"""What no bar is set for we want within a second."""
_RULES: Final = 400
_A_FILE: Final = 10
_WEIGHT: Final = 1_170
"""Bytes of a result, as in a file of 117 MB with a hundred thousand."""
_TAKE: Final = """
import json, sys, time
from pathlib import Path
from benchmarks.searching import ground
ground.open_lab(Path(sys.argv[1]))
from glasshouse.domain.detections import commands
from glasshouse.kernel import clock
begun = time.perf_counter()
(taken,) = commands.take_reports(ground.OPERATOR, ground.CORPUS, "1", Path(sys.argv[2]), now=clock.now())
seconds = time.perf_counter() - begun
states = {state.value: count for state, count in taken.states.items()}
status = Path("/proc/self/status").read_text()  # of this program; what a parent held counts in getrusage's peak
memory = int(status.partition("VmHWM:")[2].split()[0]) * 1024
print(json.dumps([taken.uid.text, seconds, memory, states, taken.results]))
"""
_ASK: Final = """
import json, statistics, sys, time
from pathlib import Path
from benchmarks.searching import ground
ground.open_lab(Path(sys.argv[1]))
from glasshouse.domain.access.values import Patterns
from glasshouse.domain.detections import listing, narrowing, queries, sights
from glasshouse.kernel.ids import Uid
report = queries.report(Uid(sys.argv[2]))
narrow = Patterns(("drivers/net/**", "libc/**", "newlib/libc/s*/**", "fs/**"))
patterns = queries.WHOLE if sys.argv[3] == "whole" else narrow
sight = sights.Sight(sights.operators_sight(ground.CORPUS, "1").release, patterns)
ask = {
    "counts": lambda: queries.tally(report, patterns),
    "list": lambda: listing.page(sight, narrowing.Narrowing()),
}[sys.argv[4]]
spent = []
for _ in range(6):
    begun = time.perf_counter()
    ask()
    spent.append(time.perf_counter() - begun)
found = queries.tally(report, patterns)
print(json.dumps([spent[0], statistics.median(spent[1:]), sum(found.states.values()), len(found.rules)]))
"""


def prepare(folder: Path, *, is_quick: bool, database: str) -> None:
    """Found a lab and take the corpus in with its symbols; what an earlier run left is used."""
    if (folder / "prepared").exists():
        ground.open_lab(folder)
        return
    archive = pages.corpus(folder, is_quick=is_quick)
    os.environ["GLASSHOUSE_HOME"] = str(folder / "lab")
    from glasshouse.edges.cli import founding

    url = f"http://localhost:{ground.PORT}"
    founding.found(
        founding.Plan(folder / "lab", folder / "keys", "Benchmark", url, database, is_demo=True), ground.OPERATOR
    )
    ground.take(ground.CORPUS, "1", archive)
    from glasshouse.domain.releases import symbols

    found = ground.releases(ground.CORPUS)
    symbols.index(found[0].product, found)
    ground.forget_jobs()
    (folder / "prepared").touch()


def places(count: int) -> list[tuple[str, int]]:
    """Draw places of real lines, so many to a file."""
    from glasshouse.domain.releases import queries

    entries = [one for one in queries.manifest(ground.releases(ground.CORPUS)[0]).entries() if one.lines > _A_FILE]
    draw = random.Random(1)  # noqa: S311 -- repeatable, not secret
    drawn = draw.sample(entries, min(len(entries), count // _A_FILE))
    a_file = -(-count // len(drawn))
    found = [
        (str(one.path), line)
        for one in drawn
        for line in sorted(draw.sample(range(1, one.lines + 1), min(a_file, one.lines)))
    ]
    return found[:count]


def write(path: Path, found: list[tuple[str, int]], *, shuffled: int) -> None:
    """Write the file; one that is shuffled tells the same in another order."""
    told = list(enumerate(found))
    if shuffled:
        random.Random(shuffled).shuffle(told)  # noqa: S311 -- repeatable, not secret
    rules = [{"id": f"rule-{number}", "shortDescription": {"text": "What it is about."}} for number in range(_RULES)]
    with path.open("w", encoding="ascii") as file:
        file.write('{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"measured","version":"1","rules":')
        file.write(f'{json.dumps(rules)}}}}},"results":[')
        for at, (number, place) in enumerate(told):
            file.write(("," if at else "") + json.dumps(_result(number, *place)) + "\n")
        file.write("]}]}")


def _result(number: int, path: str, line: int) -> dict[str, object]:
    place = {
        "physicalLocation": {
            "artifactLocation": {"uri": path.replace("%", "%25").replace(" ", "%20")},
            "region": {"startLine": line, "startColumn": 1, "snippet": {"text": "x" * 200}},
        }
    }
    step = {"physicalLocation": {"artifactLocation": {"uri": path}, "region": {"startLine": line}}}
    told: dict[str, object] = {
        "ruleId": f"rule-{number % _RULES}",
        "level": ("error", "warning", "note")[number % 3],
        "message": {"text": f"What was found here, the {number}th of its kind, and why it may matter."},
        "locations": [place],
        "codeFlows": [{"threadFlows": [{"locations": [{"location": one} for one in (step, step)]}]}],
        "partialFingerprints": {"hash/v1": f"{number:032x}"},
    }
    short = _WEIGHT - len(json.dumps(told))
    return told | {"properties": {"filler": "y" * max(short - 30, 0)}}


def take(folder: Path, source: Path) -> tuple[str, float, int, dict[str, int], int]:
    """Take the file in, in a process of its own, and return the report, the seconds, the memory and the states."""
    done = subprocess.run([sys.executable, "-c", _TAKE, folder, source], capture_output=True, text=True, check=True)
    uid, seconds, memory, states, results = json.loads(done.stdout)
    return uid, seconds, memory, states, results


def measure(folder: Path, *, count: int, million: int) -> Iterator[Row]:
    """Take every bar."""
    fsync = fsync_p50(folder)
    found = places(count)
    first, other = folder / "first.sarif", folder / "other.sarif"
    write(first, found, shuffled=0)
    write(other, found, shuffled=2)
    share = count / 100_000
    others = Others()
    before, seconds, memory, states, results = take(folder, first)
    after, again, memory_again, states_again, _ = take(folder, other)
    conditions = Conditions(fsync, others.share())
    said = f"{results:,} results, {first.stat().st_size / 1e6:.0f} MB; {states}"
    yield at_most("import", seconds, 20 * share, "s", peer=said, conditions=conditions)
    yield quantity("its memory, peak", memory / 1e6, 300, "MB", peer="a process of its own", conditions=conditions)
    yield at_most("the same in another order", again, 10 * share, "s", peer=f"{states_again}", conditions=conditions)
    yield quantity(
        "its memory, peak, again", memory_again / 1e6, 300, "MB", peer="both reports compared", conditions=conditions
    )
    changed = sum(states_again.values()) - states_again.get("unchanged", 0)
    yield quantity("new and closed by it", changed, 0, "", peer=f"{states_again}", conditions=conditions)
    yield _difference(before, after, fsync)
    write(first, places(million), shuffled=0)
    large, seconds, memory, _, results = take(folder, first)
    said = f"{results:,} results taken in in {seconds:.0f} s with {memory / 1e6:,.0f} MB"
    yield from _asked(folder, large, said, fsync)


def _difference(before: str, after: str, fsync: float) -> Row:
    from glasshouse.domain.detections import queries
    from glasshouse.kernel.ids import Uid

    left, right = queries.report(Uid(before)), queries.report(Uid(after))
    others, begun = Others(), time.perf_counter()
    found = queries.difference(left, right)
    seconds = time.perf_counter() - begun
    return at_most(
        "diff of two reports", seconds, 1, "s", peer=f"{found}", conditions=Conditions(fsync, others.share())
    )


def _asked(folder: Path, large: str, said: str, fsync: float) -> Iterator[Row]:
    """Ask each question of a process of its own, once at first and five times after."""
    for what in _ASKED:
        for where in _WHERE:
            others, words = Others(), [sys.executable, "-c", _ASK, str(folder), large, where, what]
            done = subprocess.run(words, capture_output=True, text=True, check=True)
            first, after, found, rules = json.loads(done.stdout)
            conditions = Conditions(fsync, others.share())
            peer = f"{found:,} detections, {rules} rules; the first question of a process {first:.2f} s; {said}"
            name = f"{_ASKED[what]}, {_WHERE[where]}"
            yield at_most(name, after, _LIMITS.get((what, where), _OURS), "s", peer=peer, conditions=conditions)


def main() -> None:
    """Measure and print."""
    parser = options(__doc__ or "")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="write there, and use what an earlier run left")
    parser.add_argument("--database", default="", metavar="URL", help="an empty one; SQLite without it")
    chosen = parser.parse_args()
    with ExitStack() as stack:
        folder = chosen.keep or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="glasshouse-findings-")))
        folder.mkdir(parents=True, exist_ok=True)
        prepare(folder, is_quick=chosen.quick, database=chosen.database)
        count, million = (10_000, 50_000) if chosen.quick else (100_000, 1_000_000)
        rows = list(measure(folder, count=count, million=million))
    show(rows, as_json=chosen.json)


if __name__ == "__main__":
    main()
