# SPDX-License-Identifier: Apache-2.0
"""Searching a release, against ripgrep on the plain files: `python -m benchmarks.search [--json] [--quick]`.

The corpus is Debian's linux-source (1.3 GB, 79,000 files) and eleven releases of one product of a package registry;
`--quick` uses newlib-source (90 MB, 7,000 files), its second release with every twentieth file changed, and fewer of
all else. The lab is founded and filled first, which is not timed. Then: the index is built as the worker builds it; a
searcher answers on its socket; the whole lab answers over HTTP; and random patterns are asked of index and ripgrep.
ripgrep runs in turn with us, on the same files, those taken away that Glasshouse tells as not searched.
"""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from benchmarks.measure import Row, options, show
from benchmarks.searching import agreeing, asking, building, drawing, ground, peer, served

PARTS = ("build", "ask", "serve", "agree", "releases")


def main() -> None:
    """Measure and print."""
    parser = options("Searching a release, against ripgrep.")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="write there, and use what an earlier run left")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS, help="measure only these")
    parser.add_argument("--plot", type=Path, metavar="SVG", help="draw first pages and counts beside ripgrep's")
    chosen = parser.parse_args()
    peer.check()
    with ExitStack() as stack:
        folder = chosen.keep or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="glasshouse-search-")))
        folder.mkdir(parents=True, exist_ok=True)
        ground.prepare(folder, is_quick=chosen.quick)
        rows: list[Row] = []
        for found in measure(folder, chosen.parts, is_quick=chosen.quick, plot=chosen.plot):
            rows += found
            if not chosen.json:
                show(found, as_json=False)
        if chosen.json:
            show(rows, as_json=True)


def measure(folder: Path, parts: Sequence[str], *, is_quick: bool, plot: Path | None) -> Iterator[list[Row]]:
    """Take the bars of some parts, in their order; yield those of each."""
    building.ensure(folder)

    def ask() -> list[Row]:
        with asking.searching() as searcher:
            answers = asking.ask_all(folder, searcher, repeats=1 if is_quick else 3)
            beside = asking.beside_a_scan(folder, searcher, times=5 if is_quick else 30)
        if plot is not None:
            plot.write_text(drawing.drawn(answers.whole), encoding="utf-8")
        return [*asking.judged(folder, answers), beside]

    works: dict[str, Callable[[], list[Row]]] = {
        "build": lambda: building.rows(folder, repeats=1 if is_quick else 3),
        "ask": ask,
        "serve": lambda: served.rows(
            folder, number=4 if is_quick else 16, seconds=3 if is_quick else 30, repeats=2 if is_quick else 5
        ),
        "releases": lambda: building.later_rows(folder, is_quick=is_quick),
        "agree": lambda: [agreeing.row(folder, number=20 if is_quick else 1_000)],
    }
    for part in PARTS:
        if part in parts:
            yield works[part]()


if __name__ == "__main__":
    main()
