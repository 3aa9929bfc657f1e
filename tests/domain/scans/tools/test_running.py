# SPDX-License-Identifier: Apache-2.0
"""Every file of a unit is accounted for, whatever the tool does: here it is a shell script that does its worst."""

import dataclasses

import pytest

from glasshouse.domain.scans.tools import outputs
from glasshouse.domain.scans.tools.errors import ToolMissingError
from glasshouse.domain.scans.tools.running import Analysis, analyse
from glasshouse.domain.scans.tools.values import (
    Coverage,
    Debian,
    Installed,
    Invocation,
    Names,
    Outcome,
    Reading,
    Selection,
    State,
    Tool,
    Unit,
)
from glasshouse.engines import sandbox
from glasshouse.engines.formats import sarif
from tests.domain.scans.tools.samples import coverage, sources, unit

MIB = 2**20
REPORT = 'printf "%s\\n" "$@"'


def scripted(script: str, *, ran: frozenset[int] = frozenset({0}), collect: bool = False) -> Installed:
    """A tool that is a shell script: each line that it prints names a file that it read."""

    def invocation(unit: Unit, names: Names) -> Invocation:
        return Invocation(
            argv=("/bin/sh", "-c", script, "tool", *names.arguments(unit)),
            limits=sandbox.Limits(wall=3, cpu=2, stream=MIB, scratch=4 * MIB, output_bytes=MIB),
            ran=ran,
            collect=collect,
        )

    def reading(_: Unit, names: Names, result: sandbox.Result) -> Reading:
        lines = result.stdout.decode().splitlines()
        if lines[:1] == ["{"]:
            outputs.parsed(result.stdout)
        paths = [path for line in lines if (path := names.path(line)) is not None]
        results = tuple(
            sarif.Result(rule_id="R", message="m", locations=(names.location(line, outputs.region(1)),))
            for line in lines
        )
        return Reading(results, tuple(Outcome(path, Coverage.ANALYSED) for path in paths))

    tool = Tool(
        name="scripted",
        about="a shell script",
        licence="Apache-2.0",
        source=Debian("dash", ("/bin/sh",)),
        selection=Selection(frozenset({".c"})),
        version=("/bin/sh", "-c", "echo 1"),
        version_pattern="(1)",
        invocation=invocation,
        reading=reading,
        unit_files=10,
        max_file=100,
    )
    return Installed(tool=tool, state=State.READY, version="1")


FILES = {b"%d.c" % number: b"harmless" for number in range(7)} | {b"evil.c": b"EVIL"}
ON_EVIL = f'for f; do grep -q EVIL "$f" && {{ WORST; }}; done; {REPORT}'
FAULTS = {
    "kills itself": ("kill -9 $$", Coverage.CRASHED),
    "fails": ("exit 3", Coverage.CRASHED),
    "sleeps": ("sleep 60", Coverage.TIMED_OUT),
    "loops": ("while :; do :; done", Coverage.TIMED_OUT),
    "floods": ("yes", Coverage.CRASHED),
    "fills its disk": ("cat /dev/zero >/tmp/x || exit 3", Coverage.CRASHED),
    "prints what it does not write": ("echo '{'; exit 0", Coverage.CRASHED),
    "says nothing": ("exit 0", Coverage.CRASHED),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_file_that_brings_the_tool_down_does_so_alone(fault: str) -> None:
    what, expected = FAULTS[fault]
    analysis = analyse(scripted(ON_EVIL.replace("WORST", what)), unit(FILES))
    assert coverage(analysis) == dict.fromkeys(FILES, Coverage.ANALYSED) | {b"evil.c": expected}
    assert [outcome.path.raw for outcome in analysis.outcomes] == list(FILES)
    assert len(analysis.results) == len(FILES) - 1
    assert analysis.starts <= 2 * len(FILES)


@pytest.mark.parametrize("left", ["ln -s /etc/passwd /out/report", "mkfifo /out/report"])
def test_a_link_or_a_pipe_instead_of_a_report_is_not_followed(left: str) -> None:
    analysis = analyse(scripted(f"{left}; {REPORT}", collect=True), unit({b"a.c": b""}))
    assert coverage(analysis) == {b"a.c": Coverage.ANALYSED}


def test_a_report_larger_than_is_taken_is_a_crash() -> None:
    analysis = analyse(scripted(f"head -c 3000000 /dev/zero >/out/report; {REPORT}", collect=True), unit({b"a.c": b""}))
    assert coverage(analysis) == {b"a.c": Coverage.CRASHED}


def test_a_tool_that_ends_well_without_a_word_on_a_file_has_not_analysed_it() -> None:
    analysis = analyse(scripted('printf "%s\\n" "$1"'), unit({b"a.c": b"", b"b.c": b""}))
    assert coverage(analysis) == {b"a.c": Coverage.ANALYSED, b"b.c": Coverage.CRASHED}


def test_an_exit_status_that_means_findings_is_no_failure_and_another_is() -> None:
    assert coverage(analyse(scripted(f"{REPORT}; exit 1", ran=frozenset({0, 1})), unit({b"a.c": b""}))) == {
        b"a.c": Coverage.ANALYSED
    }
    assert coverage(analyse(scripted(f"{REPORT}; exit 1"), unit({b"a.c": b""}))) == {b"a.c": Coverage.CRASHED}


def test_places_outside_the_unit_are_kept_as_text_and_never_as_paths() -> None:
    names = ["/usr/include/stdio.h", "../../etc/passwd", "/src/../etc/passwd", "/src/absent.c", "file:///etc/passwd"]
    analysis = analyse(scripted(f"{REPORT}; printf '%s\\n' {' '.join(names)}"), unit({b"a.c": b""}))
    places = [result.locations[0] for result in analysis.results]
    assert [str(place.path) for place in places if place.path] == ["a.c"]
    assert [place.outside for place in places if not place.path] == names


def test_a_tool_that_is_not_ready_runs_nothing() -> None:
    ready = scripted(REPORT)
    for state in State:
        if state is not State.READY:
            with pytest.raises(ToolMissingError):
                analyse(Installed(tool=ready.tool, state=state, hint="install it"), unit({b"a.c": b""}))


def test_no_source_is_on_a_disk_while_a_tool_reads_it() -> None:
    canary = b"canary-of-staging"
    analysis = analyse(
        scripted(f'stat -f -c %T "$1" >&2; grep -q {canary.decode()} "$1" && {REPORT}'), unit({b"a.c": canary})
    )
    assert coverage(analysis) == {b"a.c": Coverage.ANALYSED}
    kind = analyse(scripted(f'[ "$(stat -f -c %T "$1")" = tmpfs ] && {REPORT}'), unit({b"a.c": canary}))
    assert coverage(kind) == {b"a.c": Coverage.ANALYSED}


def test_deeply_nested_output_is_a_crash_and_no_error_of_ours() -> None:
    analysis = analyse(scripted("echo '{'; head -c 200000 /dev/zero | tr '\\0' '['"), unit({b"a.c": b""}))
    assert analysis == Analysis((), analysis.outcomes, analysis.seconds, 1)
    assert coverage(analysis) == {b"a.c": Coverage.CRASHED}


def test_what_an_adapter_gives_lies_beside_the_source_and_rules_stay_with_every_half_of_a_group() -> None:
    tool = scripted('cat /given/rules/0.yml >&2; for f; do grep -q EVIL "$f" && exit 3; done; ' + REPORT)
    plain = tool.tool.invocation
    seen: list[bytes] = []

    def invocation(unit: Unit, names: Names) -> Invocation:
        given = {f"rules/{number}.yml": rule.content for number, rule in enumerate(unit.rules)}
        return dataclasses.replace(plain(unit, names), given=given)

    def reading(unit: Unit, names: Names, result: sandbox.Result) -> Reading:
        seen.append(result.stderr)
        return tool.tool.reading(unit, names, result)

    given = dataclasses.replace(tool, tool=dataclasses.replace(tool.tool, invocation=invocation, reading=reading))
    analysis = analyse(given, dataclasses.replace(unit(FILES), rules=sources({b"a/pack.yml": b"id: brought"})))
    assert coverage(analysis) == dict.fromkeys(FILES, Coverage.ANALYSED) | {b"evil.c": Coverage.CRASHED}
    assert len(seen) > 1
    assert set(seen) == {b"id: brought"}
