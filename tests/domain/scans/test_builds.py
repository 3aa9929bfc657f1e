# SPDX-License-Identifier: Apache-2.0
"""A release with a compile database is read with its flags; one without, or with a spoilt one, as best it can."""

import json
from collections.abc import Iterator

import pytest

from glasshouse.domain.scans import commands, record
from glasshouse.domain.scans.models import ScanRun
from glasshouse.domain.scans.planning import Basis
from glasshouse.domain.scans.record import Record
from glasshouse.domain.scans.tools import installing
from glasshouse.domain.scans.tools.values import Coverage
from glasshouse.domain.scans.working import Ways
from glasshouse.engines import fanout
from glasshouse.kernel.paths import TreePath
from tests.lab import NOW, House

MAIN = TreePath(b"src/main.c")
C_TOOLS = ["cppcheck", "gcc-analyzer", "clang-analyzer", "clang-tidy"]
FILES = {
    "p/src/main.c": b"#ifndef WITH\n#error not configured\n#endif\n#include <which.h>\n"
    b"int main(void) { int *p = WHICH; return *p; }\n",
    "p/one/which.h": b"#define WHICH &one\nstatic int one;\n",
    "p/two/which.h": b"#define WHICH (int *)0\n",
    "p/src/plain.c": b"int plain(void) { return 0; }\n",
}
COMMANDS = [
    {"directory": "/build/p", "file": "src/main.c", "arguments": ["cc", "-DWITH", "-I", "two", "-fplugin=x.so", "-c"]},
    {"directory": "/build/p", "file": "/build/p/gone.c", "command": "cc -c gone.c"},
]
DATABASE = {"p/build/compile_commands.json": json.dumps(COMMANDS).encode()}


@pytest.fixture(scope="module")
def ways() -> Iterator[Ways]:
    with fanout.local(workers=1) as compute:
        yield Ways(installing.standard_folder(), compute)


def scanned(ways: Ways, version: str, tool: str) -> tuple[ScanRun, Record]:
    (done,) = commands.scan("operator:tests", "server", version, ways, wanted=[tool], now=NOW)
    run = ScanRun.objects.get(uid=done.run.text)
    return run, record.read(run)


@pytest.mark.parametrize("tool", C_TOOLS)
def test_the_flags_of_a_build_are_used_and_the_record_says_so(house: House, ways: Ways, tool: str) -> None:
    house.take("1", FILES)
    house.take("2", FILES | DATABASE)
    bare, without = scanned(ways, "1", tool)
    assert bare.built == 0
    assert without.inputs.head.database is None
    assert {one.basis for one in without.inputs.wanted} == {Basis.EFFORT}
    came = {one.outcome.path: one for one in without.came}
    # Cppcheck tries configurations by itself, so that it gets past the one that is no configuration.
    assert tool == "cppcheck" or came[MAIN].outcome.coverage is Coverage.SKIPPED
    run, written = scanned(ways, "2", tool)
    assert (run.built, run.files, run.cached) == (1, 2, 1)
    database = written.inputs.head.database
    assert database is not None
    assert database[0] == "build/compile_commands.json"
    wanted = {one.file[0]: one for one in written.inputs.wanted}
    assert wanted[MAIN].basis is Basis.BUILD
    assert wanted[MAIN].flags == ("-DWITH", "-I", "two")
    assert [str(path) for path, _ in wanted[MAIN].closure] == ["two/which.h"]
    assert wanted[TreePath(b"src/plain.c")].basis is Basis.EFFORT
    came = {one.outcome.path: one for one in written.came}
    assert came[MAIN].outcome.coverage is Coverage.ANALYSED
    assert tool == "clang-tidy" or came[MAIN].results


@pytest.mark.parametrize("content", [b"{}", b"[" * 100_000, b'[{"directory": "/", "file": "elsewhere.c"}]'])
def test_a_spoilt_database_is_told_and_costs_nothing_else(house: House, ways: Ways, content: bytes) -> None:
    house.take("1", FILES | {"p/compile_commands.json": content})
    run, written = scanned(ways, "1", "cppcheck")
    assert written.inputs.head.trouble.startswith(("The compile database", "A compile database"))
    assert (run.built, sum(run.counts.values())) == (0, 2)


def test_of_two_databases_the_one_nearest_to_the_top_counts(house: House, ways: Ways) -> None:
    other = [{"directory": "/x", "file": "src/main.c", "arguments": ["cc", "-DWITH", "-I", "one"]}]
    house.take("1", FILES | DATABASE | {"p/compile_commands.json": json.dumps(other).encode()})
    _, written = scanned(ways, "1", "cppcheck")
    assert {one.file[0]: one.flags for one in written.inputs.wanted}[MAIN] == ("-DWITH", "-I", "one")
