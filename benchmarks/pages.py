# SPDX-License-Identifier: Apache-2.0
"""The file page of a real lab under load: `python -m benchmarks.pages`; `--quick` uses a small corpus and short runs.

A lab is founded with its own commands, Debian's linux-source imported, a reviewer given a grant; then web, worker and
signer run as `glasshouse serve` runs them, and pages of random files and lines are asked for over HTTP, signed in,
every view durably journalled. The peer is the same page without its journal transaction (`benchmarks.unrecorded`).
"""

import json
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Self
from urllib.error import URLError
from urllib.parse import quote
from urllib.request import urlopen

from benchmarks import intake
from benchmarks.measure import Conditions, Others, Row, at_least, at_least_ratio, at_most, fsync_p50, options, show

PORT, UNRECORDED_PORT = 8391, 8392
PATHS = 2_000
CONNECTIONS = 8
PULSE = 0.02


@dataclass(frozen=True, slots=True)
class Reader:
    """A signed-in reviewer: the cookie, pages to ask for, and the largest text file."""

    cookie: str
    paths: Sequence[str]
    large: str
    large_lines: int
    large_bytes: int


def corpus(folder: Path, *, is_quick: bool) -> Path:
    """Find or fetch the archive to import."""
    name, pattern = (
        ("newlib-source", "usr/src/newlib/*.tar.xz") if is_quick else ("linux-source", "usr/src/linux-source-*.tar.xz")
    )
    return intake.installed(pattern) or intake.fetch(folder, name, pattern)


def found(folder: Path, archive: Path) -> Reader:
    """Found a lab, import the corpus, open a grant, and sign its holder in."""
    os.environ["GLASSHOUSE_HOME"] = str(folder / "lab")
    from glasshouse.edges.cli import founding

    plan = founding.Plan(folder / "lab", folder / "keys", "Benchmark", f"http://localhost:{PORT}", "", is_demo=True)
    founding.found(plan, "operator:benchmark")
    from glasshouse.domain.access.models import Budget
    from glasshouse.domain.readingroom import commands, queries
    from glasshouse.domain.releases import queries as releases
    from glasshouse.kernel import clock
    from glasshouse.kernel.ids import Uid
    from scripts import cast

    cast.import_release("operator:benchmark", "corpus", "1", archive, lambda _files, _bytes: None)
    people = cast.people("operator:benchmark", vendor="Vendor", visitor="Visitor")
    reviewer = next(member for role, member in people.items() if role.value == "reviewer")
    cast.open_grant(people, "corpus", timedelta(days=1), is_signed=True)
    names = ("hour_limit", "day_limit", "visit_limit", "total_limit")
    Budget.objects.update(**dict.fromkeys(names, 10**12))
    desk = queries.desk(reviewer.viewer, clock.now())[0]
    grant, release = Uid(desk.grant.uid), Uid(desk.releases[0].uid)
    commands.begin_visit(reviewer.viewer, grant, release, now=clock.now())
    base = f"/r/{grant}/{release}/file/"
    entries = [
        entry
        for entry in releases.manifest(releases.ref(desk.releases[0])).entries()
        if entry.lines and not entry.is_binary
    ]
    chosen = random.Random(1).choices(entries, weights=[entry.lines for entry in entries], k=PATHS)  # noqa: S311
    lines = [random.Random(number).randint(1, entry.lines) for number, entry in enumerate(chosen)]  # noqa: S311
    large = max(entries, key=lambda entry: entry.size)
    return Reader(
        cookie=signed_in(reviewer.email),
        paths=[f"{base}{quote(str(entry.path))}?from={line}" for entry, line in zip(chosen, lines, strict=True)],
        large=f"{base}{quote(str(large.path))}",
        large_lines=large.lines,
        large_bytes=large.size,
    )


def signed_in(email: str) -> str:
    """Return the cookie of a session like the one that a sign-in with an app makes."""
    from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    from glasshouse.domain.people.models import Person

    person = Person.objects.get(email=email)
    TOTP.activate(person, generate_totp_secret())
    session = SessionStore()
    session[SESSION_KEY] = str(person.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[-1]
    session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    session.save()
    return f"{settings.SESSION_COOKIE_NAME}={session.session_key}"


@contextmanager
def serving() -> Iterator[None]:
    """Run the lab, and the page without its journal beside it; only one of them is asked at a time."""
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "glasshouse.config.settings"}
    lab = [sys.executable, "-m", "glasshouse.edges.cli", "serve", "--listen", f"127.0.0.1:{PORT}", "--workers", "2"]
    bare = [
        *(sys.executable, "-m", "granian", "--interface", "wsgi", "--no-ws", "--log-level", "warning"),
        *("--host", "127.0.0.1", "--port", str(UNRECORDED_PORT), "--workers", "2"),
        *("--blocking-threads", "1", "--backpressure", "64", "benchmarks.unrecorded:application"),
    ]
    running = [subprocess.Popen(command, env=environment) for command in (lab, bare)]
    try:
        for port in (PORT, UNRECORDED_PORT):
            wait_for_lab(port)
        yield
    finally:
        for process in running:
            process.send_signal(signal.SIGTERM)
        for process in running:
            process.wait(30)


def has_jobs() -> bool:
    """Say whether something of what the import asked for, index or symbols, is not done yet."""
    from glasshouse.domain.jobs.models import Job, State

    return Job.objects.filter(kind__startswith="releases.", state__in=[State.WAITING, State.RUNNING]).exists()


def wait_for_jobs() -> None:
    """Wait until what the import asked for is done: its index and its symbols are no part of a page."""
    until = time.monotonic() + 300
    while has_jobs():
        if time.monotonic() >= until:
            raise TimeoutError("the jobs of the import do not end")
        time.sleep(0.5)


def wait_for_lab(port: int) -> None:
    """Wait until a lab answers at a port of this machine."""
    for _ in range(300):
        try:
            urlopen(f"http://localhost:{port}/sign-in", timeout=5).close()
        except (URLError, ConnectionError, TimeoutError):
            time.sleep(0.2)
        else:
            return
    raise TimeoutError(f"nothing answers at port {port}")


def load(reader: Reader, port: int, seconds: float, rate: float = 0) -> dict[str, list[float] | float]:
    """Ask for pages from a process of its own."""
    command = [
        sys.executable,
        "-m",
        "benchmarks.load",
        str(port),
        reader.cookie,
        str(seconds),
        str(CONNECTIONS),
        str(rate),
    ]
    done = subprocess.run(command, input="\n".join(reader.paths), capture_output=True, text=True, check=True)
    told: dict[str, list[float] | float] = json.loads(done.stdout)
    assert not told["bad"], told["bad"]
    return told


class Heads:
    """Watches the signed head grow, to tell when each entry came under it."""

    def __init__(self) -> None:
        self._sizes: list[tuple[int, float]] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        time.sleep(1)
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        from glasshouse.domain.journal import queries

        while not self._stop.wait(PULSE):
            head = queries.signed_head()
            if head and (not self._sizes or head[0].size > self._sizes[-1][0]):
                self._sizes.append((head[0].size, time.time()))

    def latencies(self) -> list[float]:
        """Return, for each entry made meanwhile, the seconds from its time to the first head that covers it."""
        from glasshouse.domain.journal.models import Leaf

        first, last = self._sizes[0], self._sizes[-1]
        rows = Leaf.objects.filter(leaf_index__gte=first[0], leaf_index__lt=last[0]).values_list(
            "leaf_index", "event__at"
        )
        sizes = [size for size, _ in self._sizes]
        return sorted(self._sizes[bisect_right(sizes, index)][1] - at.timestamp() for index, at in rows)


def _at(values: Sequence[float], share: float) -> float:
    return values[min(int(len(values) * share), len(values) - 1)]


@dataclass(frozen=True, slots=True)
class Beside:
    """Pages a second while the jobs of the import were done; `is_whole` says that these did not end before."""

    rate: float
    others: float
    is_whole: bool

    def row(self, quiet: float, fsync: float) -> Row:
        """Judge the rate beside that of a quiet lab."""
        judged = at_least_ratio(
            "while a release is indexed, against quiet",
            self.rate / quiet,
            0.5,
            conditions=Conditions(fsync, self.others),
        )
        return replace(judged, met=judged.met if self.is_whole else None, peer=f"{self.rate:.0f}/s; {judged.peer}")


def beside_jobs(reader: Reader, *, seconds: float) -> Beside:
    """Ask for pages while index and symbols of the import are made."""
    load(reader, PORT, seconds / 2)
    others = Others()
    told = load(reader, PORT, seconds)
    return Beside(float(str(told["pages"])) / float(str(told["seconds"])), others.share(), has_jobs())


def measure(reader: Reader, folder: Path, *, seconds: float, repeats: int) -> list[Row]:
    """Take every bar of the pages."""
    beside = beside_jobs(reader, seconds=seconds)
    wait_for_jobs()
    for port in (PORT, UNRECORDED_PORT):
        load(reader, port, seconds / 2)
    fsync = fsync_p50(folder)
    rates: dict[int, list[float]] = {PORT: [], UNRECORDED_PORT: []}
    shares: list[float] = []
    latencies: list[float] = []
    for _ in range(repeats):
        for port, taken in rates.items():
            others = Others()
            with Heads() as heads:
                told = load(reader, port, seconds)
            shares.append(others.share())
            taken.append(float(str(told["pages"])) / float(str(told["seconds"])))
            latencies += heads.latencies() if port == PORT else []
    full, bare = (statistics.median(taken) for taken in rates.values())
    conditions = Conditions(fsync, statistics.median(shares))
    others = Others()
    calm = load(reader, PORT, seconds * 2, rate=80)["times"]
    assert isinstance(calm, list)
    at_80 = Conditions(fsync, others.share())
    return [
        at_least(
            "file pages at saturation", full, 200, "/s", peer=f"without the journal {bare:.0f}/s", conditions=conditions
        ),
        at_least_ratio("against the page without its journal", full / bare, 0.5, conditions=conditions),
        at_most("p99 at 80 pages/s", _at(calm, 0.99), 40, "ms", peer=f"p50 {_at(calm, 0.5):.1f} ms", conditions=at_80),
        at_most(
            "commit to signed tree under load, p99",
            _at(sorted(latencies), 0.99),
            0.5,
            "s",
            peer=f"{len(latencies):,} entries",
            conditions=conditions,
        ),
        _large_file(reader, fsync),
        beside.row(full, fsync),
    ]


def _large_file(reader: Reader, fsync: float) -> Row:
    paths = [f"{reader.large}?from={random.randint(1, reader.large_lines)}" for _ in range(60)]  # noqa: S311
    others = Others()
    told = load(Reader(reader.cookie, paths, "", 0, 0), PORT, 3, rate=20)["times"]
    assert isinstance(told, list)
    return at_most(
        "largest file, at any line, p99",
        _at(told, 0.99),
        60,
        "ms",
        peer=f"{reader.large_bytes / 1e6:.1f} MB",
        conditions=Conditions(fsync, others.share()),
    )


def main() -> None:
    """Measure and print."""
    chosen = options(__doc__ or "").parse_args()
    with tempfile.TemporaryDirectory(prefix="glasshouse-pages-") as name:
        folder = Path(name)
        reader = found(folder, corpus(folder, is_quick=chosen.quick))
        with serving():
            rows = measure(reader, folder, seconds=2 if chosen.quick else 10, repeats=1 if chosen.quick else 3)
    show(rows, as_json=chosen.json)


if __name__ == "__main__":
    main()
