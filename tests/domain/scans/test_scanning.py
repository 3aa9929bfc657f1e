# SPDX-License-Identifier: Apache-2.0
"""A release is scanned by real tools on a real cluster: every file accounted for, nothing looked at twice."""

from collections.abc import Iterator, Sequence

import pytest

from glasshouse.domain.detections import queries as detections
from glasshouse.domain.detections.models import Detection
from glasshouse.domain.journal.models import Event
from glasshouse.domain.releases.errors import ReleaseUnknownError
from glasshouse.domain.scans import commands, results
from glasshouse.domain.scans.commands import Scanned
from glasshouse.domain.scans.errors import NoToolError, ScanBusyError
from glasshouse.domain.scans.models import FileResult, ScanRun
from glasshouse.domain.scans.tools import installing
from glasshouse.domain.scans.tools.errors import ToolUnknownError
from glasshouse.domain.scans.working import Ways
from glasshouse.engines import fanout
from glasshouse.kernel.ids import Uid
from tests.lab import NOW, House

FLAWED = b"""import subprocess


def run(words):
    return subprocess.call(words, shell=True)
"""
CLEAN = b"def add(one, other):\n    return one + other\n"
FILES = {"p/run.py": FLAWED, "p/clean.py": CLEAN, "p/broken.py": b"def broken(:\n", "p/read.me": b"text\n"}
C = {
    "p/src/main.c": b'#include "shared.h"\nint main(void) { int *p = NOTHING; return *p; }\n',
    "p/include/shared.h": b"#define NOTHING 0\n",
    "p/src/plain.c": b"int plain(void) { return 0; }\n",
}


@pytest.fixture(scope="module")
def ways() -> Iterator[Ways]:
    with fanout.local(workers=2) as compute:
        yield Ways(installing.standard_folder(), compute)


def scan(ways: Ways, version: str, tools: Sequence[str]) -> list[Scanned]:
    return list(commands.scan("operator:tests", "server", version, ways, wanted=tools, now=NOW))


def states(one: Scanned) -> dict[str, int]:
    return {state.value: count for state, count in one.taken.states.items()}


def test_every_file_is_accounted_for_and_what_was_found_becomes_detections(house: House, ways: Ways) -> None:
    house.take("1", FILES)
    ruff, bandit = scan(ways, "1", ["ruff", "bandit"])
    assert ruff.counts == bandit.counts == {"analysed": 2, "skipped": 1}
    assert states(ruff)["new"] >= 1
    assert states(bandit)["new"] >= 1
    names = {rule.id for rule, _ in detections.tally(detections.report(ruff.taken.uid)).rules}
    assert "S602" in names
    run = ScanRun.objects.get(tool="ruff")
    assert (run.files, run.cached, run.report) == (3, 0, ruff.taken.uid.text)
    assert Event.objects.filter(kind="scans.ended").count() == 2


def test_a_second_scan_looks_at_nothing_and_a_changed_release_at_what_changed(house: House, ways: Ways) -> None:
    house.take("1", FILES)
    house.take("2", FILES | {"p/clean.py": CLEAN + b"\n\nprint(eval('1'))\n"})
    (first,) = scan(ways, "1", ["ruff"])
    (again,) = scan(ways, "1", ["ruff"])
    assert (again.cached, again.seconds, again.counts) == (3, 0, first.counts)
    assert set(states(again)) == {"unchanged"}
    (second,) = scan(ways, "2", ["ruff"])
    assert second.cached == 2
    assert states(second) == {"unchanged": states(first)["new"], "new": 1}
    assert bytes(ScanRun.objects.order_by("pk")[0].record) == bytes(ScanRun.objects.order_by("pk")[1].record)


def test_what_was_mended_is_absent_only_where_the_tool_looked(house: House, ways: Ways) -> None:
    whole = {name: content for name, content in FILES.items() if name != "p/broken.py"}
    house.take("1", whole)
    house.take("2", whole | {"p/run.py": CLEAN})
    house.take("3", whole | {"p/run.py": b"def broken(:\n"})
    (first,) = scan(ways, "1", ["ruff"])
    found = states(first)["new"]
    assert states(scan(ways, "2", ["ruff"])[0]) == {"absent": found}
    scan(ways, "1", ["ruff"])
    assert states(scan(ways, "3", ["ruff"])[0])["unknown"] == found
    assert Detection.objects.count() == found


def test_a_changed_header_brings_back_the_files_that_include_it(house: House, ways: Ways) -> None:
    house.take("1", C)
    house.take("2", C | {"p/include/shared.h": b"#define NOTHING 0 /* still */\n"})
    (first,) = scan(ways, "1", ["cppcheck"])
    assert first.counts == {"analysed": 2}
    (second,) = scan(ways, "2", ["cppcheck"])
    assert second.cached == 1
    assert set(states(second)) == {"unchanged"}


def test_what_rests_is_sealed_and_what_was_damaged_is_worked_out_again(house: House, ways: Ways) -> None:
    product = Uid(house.take("1", FILES).product.uid)
    (first,) = scan(ways, "1", ["ruff"])
    (pack,) = results.folder(product).glob("results-*.pack")
    content = pack.read_bytes()
    assert b"run.py" not in content
    assert b"S602" not in content
    pack.write_bytes(content[:-9])
    (again,) = scan(ways, "1", ["ruff"])
    assert (again.cached, again.counts) == (0, first.counts)
    assert set(states(again)) == {"unchanged"}
    assert FileResult.objects.count() == 3


def test_a_result_of_one_product_is_no_result_of_another(house: House, ways: Ways) -> None:
    house.take("1", FILES)
    house.take("1", FILES, product="client")
    scan(ways, "1", ["ruff"])
    (other,) = commands.scan("operator:tests", "client", "1", ways, wanted=["ruff"], now=NOW)
    assert other.cached == 0
    assert len({bytes(key) for key in FileResult.objects.values_list("key", flat=True)}) == 6


def test_only_installed_tools_scan_known_releases_one_scan_at_a_time(house: House, ways: Ways) -> None:
    product = Uid(house.take("1", FILES).product.uid)
    with pytest.raises(ReleaseUnknownError):
        scan(ways, "9", ["ruff"])
    with pytest.raises(ToolUnknownError):
        scan(ways, "1", ["no-such-tool"])
    with pytest.raises(NoToolError):
        scan(Ways(house.folder / "nowhere", ways.compute), "1", ["ruff"])
    with results.sole_writer(product), pytest.raises(ScanBusyError):
        scan(ways, "1", ["ruff"])
    assert not ScanRun.objects.exists()
