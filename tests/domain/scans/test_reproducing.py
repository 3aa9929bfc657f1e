# SPDX-License-Identifier: Apache-2.0
"""A run is done again from its record alone, and what is other than then is said."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from glasshouse.domain.journal.models import Event
from glasshouse.domain.releases import queries as releases
from glasshouse.domain.releases.models import Release
from glasshouse.domain.scans import checking, commands, record, reproducing, results
from glasshouse.domain.scans.errors import (
    NotRecordedError,
    NotReproducibleError,
    RecordDamagedError,
    RunUnknownError,
)
from glasshouse.domain.scans.models import FileResult, ScanRun
from glasshouse.domain.scans.planning import Basis
from glasshouse.domain.scans.record import Came
from glasshouse.domain.scans.tools import installing
from glasshouse.domain.scans.tools.values import Coverage, Outcome
from glasshouse.domain.scans.working import Ways
from glasshouse.engines import fanout
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.paths import TreePath
from tests.lab import NOW, House

FILES = {
    "p/src/main.c": b'#include "shared.h"\nint main(void) { int *p = NOTHING; return *p; }\n',
    "p/include/shared.h": b"#define NOTHING 0\n",
    "p/src/plain.c": b"int plain(void) { return 0; }\n",
    "p/src/lost.c": b'#include "lost.h"\nint lost(void) { return 0; }\n',
    "p/run.py": b"import subprocess\n\n\ndef run(words):\n    return subprocess.call(words, shell=True)\n",
}
MAIN = TreePath(b"src/main.c")


@pytest.fixture(scope="module")
def ways() -> Iterator[Ways]:
    with fanout.local(workers=1) as compute:
        yield Ways(installing.standard_folder(), compute)


@pytest.fixture
def run(house: House, ways: Ways) -> ScanRun:
    house.take("1", FILES)
    commands.scan("operator:tests", "server", "1", ways, wanted=["gcc-analyzer"], now=NOW)
    return ScanRun.objects.get()


def again(run: ScanRun, ways: Ways, *, anyway: bool = False) -> reproducing.Reproduction:
    return reproducing.reproduce("operator:tests", Uid(run.uid), ways, now=NOW, anyway=anyway)


def test_a_run_is_equal_when_it_is_done_again_without_what_is_known_of_files(run: ScanRun, ways: Ways) -> None:
    for pack in results.folder(Uid(run.product)).glob("*.pack"):
        pack.unlink()
    FileResult.objects.all().delete()
    found = again(run, ways)
    assert (found.is_equal, found.files, found.circumstances) == (True, 3, ())
    assert found.same >= 1
    assert not FileResult.objects.exists()
    event = Event.objects.get(kind="scans.reproduced")
    assert event.subject == run.uid


def test_a_run_that_found_all_in_the_cache_has_the_record_of_the_first(run: ScanRun, ways: Ways) -> None:
    commands.scan("operator:tests", "server", "1", ways, wanted=["gcc-analyzer"], now=NOW)
    first, second = ScanRun.objects.order_by("pk")
    assert (second.cached, bytes(second.record), bytes(second.outcomes)) == (
        3,
        bytes(first.record),
        bytes(run.outcomes),
    )
    assert again(second, ways).is_equal


def test_the_record_says_what_went_in_and_what_came_of_each_file(run: ScanRun) -> None:
    written = record.read(run)
    head = written.inputs.head
    assert (head.tool, head.version, head.digest) == (run.tool, run.tool_version, bytes(run.tool_digest).hex())
    assert "/usr/bin/gcc-12" in head.argv
    assert head.environment["LC_ALL"] == "C.UTF-8"
    assert head.limits["cpu"] > 0
    assert head.packages["libc6-dev"]
    wanted = {one.file[0]: one for one in written.inputs.wanted}
    assert [str(path) for path, _ in wanted[MAIN].closure] == ["include/shared.h"]
    assert wanted[MAIN].basis is Basis.EFFORT
    came = {one.outcome.path: one for one in written.came}
    assert came[MAIN].outcome == Outcome(MAIN, Coverage.ANALYSED)
    assert [rule for rule, _ in came[MAIN].results] == ["-Wanalyzer-null-dereference"]
    assert came[TreePath(b"src/lost.c")].outcome.coverage is Coverage.SKIPPED


def test_a_record_is_sealed_and_one_that_was_exchanged_is_told(run: ScanRun, house: House, ways: Ways) -> None:
    product = Uid(run.product)
    (pack,) = record.folder(product).glob("run-*.pack")
    content = pack.read_bytes()
    assert b"main.c" not in content
    house.take("2", FILES | {"p/src/plain.c": b"int other(void) { return 0; }\n"})
    commands.scan("operator:tests", "server", "2", ways, wanted=["gcc-analyzer"], now=NOW)
    other = ScanRun.objects.order_by("pk")[1]
    (record.folder(product) / other.kept).write_bytes(content)
    with pytest.raises(RecordDamagedError):
        record.read(other)
    assert damages("1") == []
    assert [other.uid in told and other.kept in told for told in damages("2")] == [True]
    pack.write_bytes(content[:-7])
    with pytest.raises(RecordDamagedError):
        record.read(run)
    assert [run.uid in told and run.kept in told for told in damages("1")] == [True]


def damages(version: str) -> list[str]:
    """What a release's check tells, of its files, its reports and its runs."""
    row = Release.objects.get(version=version)
    return [one.message for one in checking.check(releases.ref(row), lambda _files, _bytes: None).damages]


def test_what_came_and_went_is_counted_by_rule_and_outcomes_by_kind(run: ScanRun) -> None:
    written = record.read(run)
    now = {one.outcome.path: one for one in written.came}
    plain = TreePath(b"src/plain.c")
    now[MAIN] = Came(Outcome(MAIN, Coverage.CRASHED, "it was ended by a signal"), ())
    now[plain] = Came(now[plain].outcome, (("-Wanalyzer-double-free", "00"),))
    found = reproducing.compared(Uid(run.uid), written, now, ())
    assert not found.is_equal
    assert found.gone == {"-Wanalyzer-null-dereference": 1}
    assert found.come == {"-Wanalyzer-double-free": 1}
    assert found.outcomes == {("analysed", "crashed"): 1}


def test_a_result_that_says_something_else_is_another(run: ScanRun) -> None:
    written = record.read(run)
    came = {one.outcome.path: one for one in written.came}
    ((rule, digest),) = came[MAIN].results
    turned = digest[::-1]
    assert turned != digest
    found = reproducing.compared(
        Uid(run.uid), written, came | {MAIN: replace(came[MAIN], results=((rule, turned),))}, ()
    )
    assert (found.gone, found.come, found.same) == ({rule: 1}, {rule: 1}, 0)


def test_another_tool_is_said_before_anything_is_started(
    run: ScanRun, ways: Ways, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = installing.find
    monkeypatch.setattr(installing, "find", lambda tool, folder: replace(there(tool, folder), version="99"))
    with pytest.raises(NotReproducibleError, match="is version 99 now"):
        again(run, ways)
    assert not Event.objects.filter(kind="scans.reproduced").exists()
    found = again(run, ways, anyway=True)
    assert found.is_equal
    assert len(found.circumstances) == 1


def test_a_missing_tool_a_foreign_run_and_one_without_a_record_are_told(house: House, ways: Ways) -> None:
    house.take("1", FILES)
    commands.scan("operator:tests", "server", "1", ways, wanted=["ruff"], now=NOW)
    run = ScanRun.objects.get()
    with pytest.raises(NotReproducibleError):
        again(run, Ways(house.folder / "nowhere", ways.compute), anyway=True)
    with pytest.raises(RunUnknownError):
        reproducing.reproduce("operator:tests", Uid.new(), ways, now=NOW)
    ScanRun.objects.update(kept="")
    with pytest.raises(NotRecordedError):
        again(ScanRun.objects.get(), ways)
