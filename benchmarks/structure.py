# SPDX-License-Identifier: Apache-2.0
"""Searching the structure of code, against ast-grep itself on the plain files: `python -m benchmarks.structure`.

The corpus is that of `benchmarks.search`, `--keep FOLDER` shares it. Each pattern is asked by somebody new, so that no
answer is there yet: the time to the first page, and until all is analysed. The peer runs the same rule with two threads
on the files in the open, without walls, grant or record; its matches are told beside ours.
"""

import json
import subprocess
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.measure import Conditions, Others, Row, at_most, fsync_p50, options, ratio, show
from benchmarks.searching import asking, building, ground
from benchmarks.searching.asking import Searcher
from glasshouse.domain.releases import structuretool
from glasshouse.engines.codeindex.search import asking as searcher_at
from glasshouse.engines.codeindex.search.questions import Ask, Found, Tallied, Waiting
from glasshouse.engines.codeindex.structure import rules
from glasshouse.engines.codeindex.structure.values import Structure
from glasshouse.kernel.ids import Uid

FIRST_SECONDS: Final = 5.0
WHOLE_SECONDS: Final = 60.0
WHOLE: Final = 1.5
_PULSE: Final = 0.2
_WAIT: Final = 5.0
_TOOL: Final = structuretool.tool()


@dataclass(frozen=True, slots=True)
class Question:
    """A pattern of C, and the folder that is searched; empty for all."""

    pattern: str
    folder: str = ""


QUESTIONS: Final = (
    Question("kfree_skb($X)"),
    Question("if (copy_from_user($$$)) return $E;"),
    Question("kfree_skb($X)", "drivers/net/ethernet"),
    Question("return $F($$$);", "drivers/net/ethernet/intel"),
)
QUICK: Final = (Question("memcpy($A, $B, $C)", "newlib/libc"), Question("if (!$X) return $E;", "newlib/libc/string"))


def main() -> None:
    """Measure and print."""
    parser = options("Searching the structure of code, against ast-grep.")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="write there, and use what an earlier run left")
    chosen = parser.parse_args()
    with ExitStack() as stack:
        folder = chosen.keep or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="glasshouse-structure-")))
        folder.mkdir(parents=True, exist_ok=True)
        ground.prepare(folder, is_quick=chosen.quick)
        building.ensure(folder)
        with asking.searching() as searcher:
            asked = QUICK if chosen.quick else QUESTIONS
            found: list[Row] = []
            for question in asked:
                found += rows(folder, searcher, question)
                if not chosen.json:
                    show(found[-2:], as_json=False)
            if chosen.json:
                show(found, as_json=True)


def rows(folder: Path, searcher: Searcher, question: Question) -> list[Row]:
    """Take one pattern: ours, and in one folder the peer's, which would take minutes for all."""
    others, name = Others(), f"{question.pattern} {question.folder}".strip()
    first, whole, tally = ours(searcher, question)
    said = f"{tally.lines:,} matches in {tally.files:,} files"
    if not question.folder:
        conditions = Conditions(fsync_p50(folder), others.share())
        return [
            at_most(f"{name}: first page", first, FIRST_SECONDS, "s", peer=said, conditions=conditions),
            at_most(f"{name}: all", whole, WHOLE_SECONDS, "s", peer=said, conditions=conditions),
        ]
    seconds, matches = peers(folder, question)
    conditions = Conditions(fsync_p50(folder), others.share())
    peer = f"{whole:.1f} s, ast-grep {seconds:.1f} s and {matches:,} matches"
    return [
        at_most(f"{name}: first page", first, FIRST_SECONDS, "s", peer=said, conditions=conditions),
        ratio(f"{name}: all, against ast-grep", whole / seconds, WHOLE, peer=peer, conditions=conditions),
    ]


def ours(searcher: Searcher, question: Question) -> tuple[float, float, Tallied]:
    """Return the seconds to the first page and until all is analysed, and what there is."""
    asked = Ask(
        person=Uid.new(),
        organisation=Uid.new(),
        grant=Uid.new(),
        product=searcher.product,
        roots=(searcher.root,),
        patterns=("**",),
        paths=(f"{question.folder}/**",) if question.folder else (),
        language="C",
        query=Structure(question.pattern, "C"),
        context=0,
    )
    begun = time.perf_counter()
    found: Found | Waiting = Waiting()
    while isinstance(found, Waiting):
        found = searcher_at.search(searcher.socket, asked, wait=_WAIT)
    first = time.perf_counter() - begun
    tally = found.tally
    while tally.is_running:
        time.sleep(_PULSE)
        tally = searcher_at.tally(searcher.socket, asked.person, asked.grant, found.ticket)
    assert not tally.left, "the analysis ended before all was done"
    return first, time.perf_counter() - begun, tally


def peers(folder: Path, question: Question) -> tuple[float, int]:
    """Return the seconds that ast-grep takes, and how many matches it finds, each first line once."""
    with tempfile.NamedTemporaryFile(suffix=".yml") as rule:
        rule.write(rules.rule(Structure(question.pattern, "C")))
        rule.flush()
        command = [str(_TOOL), "scan", "--rule", rule.name, "--json=stream", "--threads", "2"]
        command += [word for kind in ("hidden", "dot", "vcs") for word in ("--no-ignore", kind)]
        begun = time.perf_counter()
        done = subprocess.run(
            [*command, str(ground.tree(folder) / question.folder)], stdout=subprocess.PIPE, check=True
        )
        seconds = time.perf_counter() - begun
    found = [json.loads(line) for line in done.stdout.splitlines()]
    return seconds, len({(one["file"], one["range"]["start"]["line"]) for one in found})


if __name__ == "__main__":
    main()
