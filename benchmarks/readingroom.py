# SPDX-License-Identifier: Apache-2.0
"""A full house: `python -m benchmarks.readingroom`; `--quick` has fewer people, a small corpus and short runs.

A hundred reviewers of ten organisations, each with an engagement whose terms they signed by passkey, a grant, a visit
and a session of their own, read and search Debian's linux-source over HTTP, with two seconds to think. Web, worker,
signer and searcher run as `glasshouse serve` runs them. Every page that a person saw is then looked up in the signed
tree, and fifty clients try to get more than a budget has.
"""

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from benchmarks import pages
from benchmarks.measure import Conditions, Others, Row, at_most, fsync_p50, options, quantity, shares_of_memory, show
from benchmarks.reviewing import budgets
from benchmarks.searching import ground

if TYPE_CHECKING:
    from benchmarks.searching.ground import Seat

THINK: Final = 2.0
ORGANISATIONS: Final = tuple(f"Organisation {number}" for number in range(1, 11))
_FILES: Final = 2_000
_DONE: Final = "prepared"
_ARENA: Final = frozenset({"dd", "hg"})
"""What marks the memory in which the searcher holds text: left out of core dumps, in huge pages."""


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured."""

    people: int
    seconds: float

    @classmethod
    def of(cls, *, is_quick: bool) -> "Size":
        """Return the whole, or what is soon done."""
        return cls(20, 6) if is_quick else cls(100, 60)


def prepare(folder: Path, *, is_quick: bool) -> None:
    """Found a lab and take the corpus in; what an earlier run left is used."""
    if (folder / _DONE).exists():
        ground.open_lab(folder)
        return
    archive = pages.corpus(folder, is_quick=is_quick)
    os.environ["GLASSHOUSE_HOME"] = str(folder / "lab")
    from glasshouse.edges.cli import founding

    url = f"http://localhost:{ground.PORT}"
    founding.found(founding.Plan(folder / "lab", folder / "keys", "Benchmark", url, "", is_demo=True), ground.OPERATOR)
    ground.take(ground.CORPUS, "1", archive)
    (folder / _DONE).touch()


@contextmanager
def serving() -> Iterator[int]:
    """Run the lab as it is run until all jobs are done, and yield its process."""
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "glasshouse.config.settings"}
    command = [sys.executable, "-m", "glasshouse.edges.cli", "serve", "--listen", f"127.0.0.1:{ground.PORT}"]
    process = subprocess.Popen([*command, "--workers", "2"], env=environment)
    try:
        pages.wait_for_lab(ground.PORT)
        pages.wait_for_jobs()
        yield process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def files() -> list[str]:
    """Return the paths of text files of the release, drawn by their lines."""
    from glasshouse.domain.releases import queries

    entries = [one for one in queries.manifest(ground.releases(ground.CORPUS)[0]).entries() if one.lines]
    entries = [one for one in entries if not one.is_binary]
    drawn = random.Random(1).choices(entries, weights=[one.lines for one in entries], k=_FILES)  # noqa: S311
    return [str(one.path) for one in drawn]


def read(seated: "Sequence[Seat]", paths: Sequence[str], seconds: float) -> dict[str, Any]:
    """Let them read in a process of its own, and return what they saw."""
    plan = {
        "port": ground.PORT,
        "seconds": seconds,
        "think": THINK,
        "people": [
            {"cookie": cookie, "grant": grant.text, "release": release.text} for _, grant, release, cookie in seated
        ],
        "files": [quote(path) for path in paths],
    }
    command = [sys.executable, "-m", "benchmarks.reviewing.persons"]
    done = subprocess.run(command, input=json.dumps(plan), capture_output=True, text=True, check=True)
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def measure(folder: Path, lab: int, seated: "Sequence[Seat]", seconds: float) -> Iterator[Row]:
    """Take every bar of the reading room."""
    fsync, paths = fsync_p50(folder), files()
    read(seated, paths, seconds / 4)  # what each process keeps is there
    others, last = Others(), _newest_event()
    told = read(seated, paths, seconds)
    conditions = Conditions(fsync, others.share())
    memory = _memory(lab, conditions)
    yield _answers(told, len(seated), conditions)
    yield quantity(
        "answers that were errors", sum(told["bad"].values()), 0, "", peer=f"{told['bad']}", conditions=conditions
    )
    yield _in_tree(told, last, conditions)
    yield memory
    yield from budgets.rows(ground.PORT, conditions)
    yield _coverage(seated, fsync)


def _answers(told: dict[str, Any], people: int, conditions: Conditions) -> Row:
    both = sorted(told["pages"] + told["searches"])
    share = told["processors"] / told["seconds"] / (os.cpu_count() or 1)
    said = (
        f"{len(told['pages']):,} pages, p50 {_at(told['pages'], 0.5):.0f}, p95 {_at(told['pages'], 0.95):.0f} ms; "
        f"{len(told['searches']):,} searches, p50 {_at(told['searches'], 0.5):.0f}, "
        f"p95 {_at(told['searches'], 0.95):.0f} ms; {len(told['pieces']):,} pieces, "
        f"p95 {_at(told['pieces'], 0.95):.0f} ms; the readers take {share:.0%} of the processors"
    )
    bar = f"{people} reviewers, {THINK:.0f} s to think: p95 of pages and searches"
    return at_most(bar, _at(both, 0.95), 150, "ms", peer=said, conditions=conditions)


def _newest_event() -> int:
    from glasshouse.domain.journal.models import Event

    newest = Event.objects.order_by("-pk").first()
    return newest.pk if newest else 0


def _in_tree(told: dict[str, Any], last: int, conditions: Conditions) -> Row:
    """Count what people saw that no entry under a signed head tells of; the entries and the tree are audited."""
    from glasshouse.domain.journal import audit, queries
    from glasshouse.domain.journal.models import Event, Leaf, Outbox

    until = time.monotonic() + 10
    while Outbox.objects.filter(follower="ledger").exists() and time.monotonic() < until:
        time.sleep(0.1)
    time.sleep(1)  # the signer's turn
    head = queries.signed_head()
    size = head[0].size if head else 0
    rows = Leaf.objects.filter(event_id__gt=last, leaf_index__lt=size).order_by("leaf_index")
    places = {row.event.uid: row.leaf_index for row in rows.select_related("event")}
    shown = Event.objects.filter(pk__gt=last, kind__startswith="readingroom.", kind__endswith="-shown").count()
    seen: list[str] = told["events"]
    assert len(set(seen)) == len(seen), "two pages with one entry"
    found = [*audit.audit_tree(), *audit.audit_rows(min(places.values()), size)]
    assert not found, found[0].message
    said = f"{len(seen):,} seen, {shown:,} entries of showings, audited with the tree of {size:,}"
    missing = len(set(seen) - places.keys())
    return quantity("seen and not in the signed tree", missing, 0, "", peer=said, conditions=conditions)


def _memory(lab: int, conditions: Conditions) -> Row:
    memory = shares_of_memory(lab)
    pack = sum(_arenas(process) for process in memory)
    whole = sum(memory.values())
    roles: Counter[str] = Counter()
    for process, share in memory.items():
        roles[_role(process)] += share - _arenas(process)
    each = ", ".join(f"{role} {share / 1e6:,.0f}" for role, share in roles.most_common())
    said = f"{len(memory)} processes, beside {pack / 1e6:,.0f} MB of text that the searcher holds; {each}"
    return quantity("PSS less the searcher's text", (whole - pack) / 1e6, 1_200, "MB", peer=said, conditions=conditions)


def _role(process: int) -> str:
    """Return the module that a process of the lab runs, by its last name."""
    try:
        words = Path(f"/proc/{process}/cmdline").read_text(encoding="utf-8").split("\0")
    except OSError:  # it ended meanwhile
        return "ended"
    module = words[words.index("-m") + 1] if "-m" in words else words[0]
    return module.rpartition(".")[2] + (" of jobs" if "--jobs" in words else "")


def _arenas(process: int) -> int:
    """Return the proportional share of a process's memory that is arenas of text."""
    held, share = 0, 0
    try:
        told = Path(f"/proc/{process}/smaps").read_text(encoding="utf-8", errors="replace")
    except OSError:  # it ended meanwhile
        return 0
    for line in told.splitlines():
        name, _, rest = line.partition(":")
        if name == "Pss":
            share = int(rest.split()[0]) * 1024
        elif name == "VmFlags" and set(rest.split()) >= _ARENA:
            held += share
    return held


def _coverage(seated: "Sequence[Seat]", fsync: float) -> Row:
    _, grant, release, cookie = seated[0]
    reader = pages.Reader(cookie, [f"/r/{grant}/{release}/coverage"], "", 0, 0)
    cold = pages.load(reader, ground.PORT, 0.01)["times"]
    others = Others()
    times = pages.load(reader, ground.PORT, 10, rate=3)["times"]
    assert isinstance(times, list)
    assert isinstance(cold, list)
    said = f"p50 {_at(times, 0.5):.0f} ms; asked first of each process {max(cold):,.0f} ms"
    conditions = Conditions(fsync, others.share())
    return at_most(
        "what was read of the whole release, p95", _at(times, 0.95), 300, "ms", peer=said, conditions=conditions
    )


def _at(values: Sequence[float], share: float) -> float:
    return values[min(int(len(values) * share), len(values) - 1)] if values else 0.0


def main() -> None:
    """Measure and print."""
    parser = options(__doc__ or "")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="write there, and use what an earlier run left")
    chosen = parser.parse_args()
    size = Size.of(is_quick=chosen.quick)
    with ExitStack() as stack:
        folder = chosen.keep or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="glasshouse-room-")))
        folder.mkdir(parents=True, exist_ok=True)
        prepare(folder, is_quick=chosen.quick)
        begun = time.perf_counter()
        seated = ground.reviewers(size.people, organisations=ORGANISATIONS)
        if not chosen.json:
            print(f"{size.people} reviewers engaged, signed and seated in {time.perf_counter() - begun:.1f} s")
        with serving() as lab:
            rows = list(measure(folder, lab, seated, size.seconds))
    show(rows, as_json=chosen.json)


if __name__ == "__main__":
    main()
