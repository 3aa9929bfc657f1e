# SPDX-License-Identifier: Apache-2.0
"""The trials that every tool passes, run for real in the sandbox on sources of ours."""

import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glasshouse.domain.scans.tools import registry
from glasshouse.domain.scans.tools.errors import UnreadableOutputError
from glasshouse.domain.scans.tools.running import analyse
from glasshouse.domain.scans.tools.values import Coverage, Invocation, Names, Unit
from glasshouse.engines import sandbox
from glasshouse.engines.formats import sarif
from glasshouse.kernel.paths import TreePath
from tests.domain.scans.tools.samples import coverage, found, ready, run, sample, unit_of

NAMES = [tool.name for tool in registry.tools()]
every_tool = pytest.mark.parametrize("name", NAMES)
HOSTILE = (b"-rf", b"--version", b"--config=x", b".hidden", b"two words", b"line\nfeed", b"\xff\xfe", b"~0", b"$(id)")


@every_tool
def test_flaws_are_found_where_they_are_and_nowhere_else(name: str) -> None:
    it = sample(name)
    analysis = run(name, {b"lib/flawed" + it.suffix: it.flawed, b"lib/clean" + it.suffix: it.clean})
    assert found(analysis, b"lib/flawed" + it.suffix) == it.found
    assert found(analysis) == it.found
    assert set(coverage(analysis).values()) == {Coverage.ANALYSED}
    assert all(result.message and result.severity for result in analysis.results)


@every_tool
def test_a_second_run_says_exactly_the_same(name: str) -> None:
    it = sample(name)
    files = {b"a/one" + it.suffix: it.flawed, b"b/one" + it.suffix: it.flawed}
    one, two = run(name, files), run(name, files)
    assert sorted(map(repr, one.results)) == sorted(map(repr, two.results))
    assert one.outcomes == two.outcomes


@every_tool
def test_a_file_that_it_cannot_read_is_never_analysed_and_takes_no_neighbour_along(name: str) -> None:
    it = sample(name)
    files = {b"broken%d" % number + it.suffix: content for number, content in enumerate(it.broken)}
    analysis = run(name, {**files, b"flawed" + it.suffix: it.flawed})
    said = coverage(analysis)
    assert said.pop(b"flawed" + it.suffix) == Coverage.ANALYSED
    assert found(analysis, b"flawed" + it.suffix) == it.found
    assert set(said) == set(files)
    assert Coverage.ANALYSED not in said.values()
    assert all(outcome.reason for outcome in analysis.outcomes if outcome.coverage is not Coverage.ANALYSED)


@every_tool
def test_a_vendors_comments_silence_nothing_and_are_kept_as_proposals(name: str) -> None:
    it = sample(name)
    if not it.silenced:
        assert ready(name).tool.comments.here == b"", "a tool that knows such comments has a sample of them"
        return
    analysis = run(name, {b"silenced" + it.suffix: it.silenced})
    assert {rule for rule, _ in found(analysis)} == {rule for rule, _ in it.found}
    assert len(found(analysis)) == len(it.found)
    proposed = [suppression for result in analysis.results for suppression in result.suppressions]
    assert proposed
    assert {each.kind for each in proposed} == {sarif.SuppressionKind.IN_SOURCE}
    assert {each.status for each in proposed} == {sarif.SuppressionStatus.UNDER_REVIEW}


@every_tool
def test_a_vendors_settings_switch_nothing_off(name: str) -> None:
    it = sample(name)
    around = {folder + path: content for path, content in it.settings.items() for folder in (b"", b"lib/")}
    analysis = run(name, {b"lib/flawed" + it.suffix: it.flawed}, around)
    assert found(analysis, b"lib/flawed" + it.suffix) == it.found


@every_tool
def test_no_name_of_a_file_is_an_option_or_lost(name: str) -> None:
    it = sample(name)
    files = {stem + it.suffix: it.flawed for stem in HOSTILE} | {b"-folder/x" + it.suffix: it.flawed}
    analysis = run(name, files)
    assert {path: found(analysis, path) for path in files} == dict.fromkeys(files, it.found)
    assert set(coverage(analysis).values()) == {Coverage.ANALYSED}


@every_tool
def test_a_tool_out_of_time_leaves_every_file_timed_out(name: str) -> None:
    it, installed = sample(name), ready(name)

    def hurried(unit: Unit, names: Names) -> Invocation:
        invocation = installed.tool.invocation(unit, names)
        return dataclasses.replace(invocation, limits=dataclasses.replace(invocation.limits, wall=0.001))

    tool = dataclasses.replace(installed.tool, invocation=hurried)
    analysis = analyse(dataclasses.replace(installed, tool=tool), unit_of(name, {b"a" + it.suffix: it.flawed}))
    assert (coverage(analysis), analysis.results) == ({b"a" + it.suffix: Coverage.TIMED_OUT}, ())


@every_tool
def test_a_file_larger_than_it_is_given_is_skipped_with_the_reason(name: str) -> None:
    it, installed = sample(name), ready(name)
    small = dataclasses.replace(installed, tool=dataclasses.replace(installed.tool, max_file=len(it.flawed)))
    files = {b"large" + it.suffix: it.flawed + b"\n\n", b"fits" + it.suffix: it.flawed}
    for path, expected in zip(files, (Coverage.SKIPPED, Coverage.ANALYSED), strict=True):
        assert coverage(analyse(small, unit_of(name, {path: files[path]}))) == {path: expected}


@every_tool
@settings(max_examples=60, deadline=None)
@given(printed=st.binary(max_size=300) | st.sampled_from([b"[]", b"{}", b"null", b"[" * 100_000, b'{"results": [1]}']))
def test_output_that_it_does_not_write_is_never_believed(name: str, printed: bytes) -> None:
    it, tool = sample(name), registry.tool(name)
    given_files = unit_of(name, {b"a" + it.suffix: it.flawed})
    lie = sandbox.Result(
        outcome=sandbox.Outcome.OK,
        exit_status=0,
        stdout=printed,
        stderr=printed,
        outputs=(),
        left_out=(),
        usage=sandbox.Usage(wall=0, cpu=0, peak_memory=None),
    )
    try:
        reading = tool.reading(given_files, Names.of(given_files), lie)
    except UnreadableOutputError:
        return
    assert reading.results == ()


@every_tool
def test_it_is_described_and_takes_its_own_kind_of_file(name: str) -> None:
    tool = registry.tool(name)
    assert tool.about
    assert tool.licence
    assert tool.selection.takes(TreePath(b"lib/flawed" + sample(name).suffix), sample(name).flawed)
    assert tool.selection.all_files or not tool.selection.takes(TreePath(b"README"), b"read me")
