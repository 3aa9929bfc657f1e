# SPDX-License-Identifier: Apache-2.0
"""What tools mean, read from the many ways in which they may write it."""

import json
from typing import Any

import pytest

from glasshouse.engines.formats import sarif
from glasshouse.engines.formats.sarif import Level, Omission, Region, Severity
from tests.engines.formats.sarif.files import at, log, only, opened, result, results_of

CWE = {"toolComponent": {"name": "CWE"}}


def test_rules_may_stand_behind_the_results_that_name_them() -> None:
    rules = [{"id": "R0"}, {"id": "R1", "defaultConfiguration": {"level": "error"}}]
    told = log(rules=rules)
    told["runs"][0] = {"results": [{"ruleIndex": 1, "message": {"text": "m"}}], "tool": told["runs"][0]["tool"]}
    found = only(told)
    assert (found.rule_id, found.level, found.severity) == ("R1", Level.ERROR, Severity.HIGH)


def test_artifacts_may_stand_behind_the_results_that_point_to_them() -> None:
    place = {"physicalLocation": {"artifactLocation": {"index": 1}, "region": {"startLine": 3}}}
    artifacts = [{"location": {"uri": "a.c"}}, {"location": {"uri": "b%20c.c", "uriBaseId": "SRCROOT"}}]
    found = only(log(result(locations=[place]), artifacts=artifacts))
    assert found.place is not None
    assert (str(found.place.path), found.place.region) == ("b c.c", Region(3, 3))


def test_a_message_is_looked_up_and_its_arguments_are_filled_in() -> None:
    rules = [{"id": "R1", "messageStrings": {"default": {"text": "{0} of {1} in {{braces}} {7}", "markdown": "**"}}}]
    told = {"ruleId": "R1", "message": {"id": "default", "arguments": ["use", "p"]}}
    assert only(log(told, rules=rules)).message == "use of p in {braces} {7}"


def test_braces_without_arguments_are_text() -> None:
    assert only(log(result(text="if (x) { {0} }}"))).message == "if (x) { {0} }}"


def test_markup_in_a_message_stays_text_and_markdown_is_left_alone() -> None:
    told = {"ruleId": "R1", "message": {"text": "<script>alert(1)</script>", "markdown": "[x](javascript:1)"}}
    assert only(log(told)).message == "<script>alert(1)</script>"


def test_a_message_that_nothing_declares_is_told_by_its_id_and_counted() -> None:
    reading = opened(log({"ruleId": "R1", "message": {"id": "gone", "arguments": ["a"]}}))
    assert [one.message for _, one in reading.results()] == ["gone: a"]
    assert reading.omitted == {Omission.MESSAGE: 1}


def test_an_argument_repeated_without_end_does_not_grow_without_end() -> None:
    told = {"ruleId": "R1", "message": {"text": "{0}" * 5000, "arguments": ["x" * 10_000]}}
    assert len(only(log(told), limits=sarif.Limits(text=10**9)).message) < 2**21


def test_a_rule_of_an_extension_is_found_by_index_and_by_name() -> None:
    extension = {"name": "plug", "version": "2", "rules": [{"id": "R1", "defaultConfiguration": {"level": "note"}}]}
    told = log(
        {"ruleId": "R1", "rule": {"index": 0, "toolComponent": {"index": 0}}, "message": {"text": "m"}},
        {"rule": {"id": "R1", "toolComponent": {"name": "plug"}}, "message": {"text": "m"}},
        result(),
    )
    told["runs"][0]["tool"]["extensions"] = [extension]
    assert [(one.component, one.level) for one in results_of(told)] == [
        ("plug", Level.NOTE),
        ("plug", Level.NOTE),
        ("", Level.WARNING),
    ]


def test_a_part_of_a_rule_has_the_settings_of_the_rule() -> None:
    rules = [{"id": "CA1000", "defaultConfiguration": {"level": "error"}}]
    told = [result("CA1000/1", ruleIndex=0), result("CA1000/2")]
    assert [(one.rule_id, one.level) for one in results_of(log(*told, rules=rules))] == [
        ("CA1000/1", Level.ERROR),
        ("CA1000/2", Level.ERROR),
    ]


def test_a_name_counts_more_than_an_index_that_contradicts_it() -> None:
    reading = opened(log(result("R1", ruleIndex=0), result("R1", ruleIndex=9), rules=[{"id": "R0"}, {"id": "R1"}]))
    assert [one.rule_id for _, one in reading.results()] == ["R1", "R1"]
    assert reading.omitted == {Omission.RULE_INDEX: 2}


@pytest.mark.parametrize(
    ("rule", "told", "severity", "raw"),
    [
        ({}, {}, Severity.MEDIUM, "warning"),
        ({}, {"level": "none"}, Severity.NOTE, "none"),
        ({}, {"kind": "pass"}, Severity.NOTE, "none"),
        ({"properties": {"security-severity": "9.8"}}, {}, Severity.CRITICAL, "security-severity 9.8"),
        ({"properties": {"security-severity": 7}}, {"level": "note"}, Severity.HIGH, "security-severity 7"),
        ({"properties": {"security-severity": "3.9"}}, {}, Severity.LOW, "security-severity 3.9"),
        ({"properties": {"security-severity": "0.0"}}, {}, Severity.NOTE, "security-severity 0.0"),
        ({"properties": {"security-severity": "11"}}, {}, Severity.MEDIUM, "warning"),
        ({"properties": {"security-severity": "NaN"}}, {"level": "error"}, Severity.HIGH, "error"),
        (
            {"properties": {"security-severity": "9.8"}},
            {"properties": {"security-severity": "5"}},
            Severity.MEDIUM,
            "security-severity 5",
        ),
    ],
)
def test_severity_is_normalised_and_what_it_was_made_of_is_kept(
    rule: dict[str, Any], told: dict[str, Any], severity: Severity, raw: str
) -> None:
    found = only(log(result(**told), rules=[{"id": "R1"} | rule]))
    assert (found.severity, found.severity_raw) == (severity, raw)


@pytest.mark.parametrize(
    "rule",
    [
        {"properties": {"tags": ["security", "external/cwe/cwe-079"]}},
        {"properties": {"cwe": "CWE-79: Cross-site Scripting"}},
        {"properties": {"cwe": [79]}},
        {"relationships": [{"target": {"id": "CWE-79", "toolComponent": {"name": "CWE"}}}]},
        {"relationships": [{"target": {"id": "79", "toolComponent": {"name": "cwe"}}}]},
        {"helpUri": "https://cwe.mitre.org/data/definitions/79.html"},
    ],
)
def test_weaknesses_are_found_wherever_tools_write_them(rule: dict[str, object]) -> None:
    assert only(log(result(), rules=[{"id": "R1"} | rule])).cwes == (79,)


def test_weaknesses_of_a_result_and_of_its_rule_are_told_together() -> None:
    rules = [{"id": "R1", "properties": {"tags": ["CWE-120"]}}]
    assert only(log(result(taxa=[{"id": "CWE-20"} | CWE]), rules=rules)).cwes == (20, 120)


def test_what_only_looks_like_a_weakness_is_none() -> None:
    rules = [{"id": "R1", "properties": {"tags": ["OSCWE-79", "cwe", "cwe-0", "cwe-1234567"], "level": "79"}}]
    assert only(log(result(), rules=rules)).cwes == ()


def test_flows_are_steps_and_steps_may_be_shared() -> None:
    shared = [{"location": at("a.c", 9)}]
    flow = {"message": {"text": "how"}, "threadFlows": [{"locations": [{"index": 0, "nestingLevel": 2}]}]}
    found = only(log(result(codeFlows=[flow]), threadFlowLocations=shared))
    assert found.flows[0].message == "how"
    step = found.flows[0].steps[0]
    assert (step.location.region, step.nesting) == (Region(9, 9), 2)


def test_a_suppression_is_kept_as_the_proposal_that_it_is() -> None:
    found = only(log(result(suppressions=[{"kind": "inSource", "justification": "fine"}])))
    assert found.suppressions == (
        sarif.Suppression(sarif.SuppressionKind.IN_SOURCE, sarif.SuppressionStatus.ACCEPTED, "fine"),
    )


def test_how_the_tool_ended_and_which_files_it_could_not_read() -> None:
    note = {"level": "error", "message": {"text": "no such header"}, "locations": [at("a.c")]}
    run = {"executionSuccessful": False, "exitCode": 2, "toolExecutionNotifications": [note]}
    (found,) = opened(log(invocations=[run])).runs[0].invocations
    assert (found.is_successful, found.exit_code) == (False, 2)
    assert found.notifications[0].is_failure
    assert str(found.notifications[0].locations[0].path) == "a.c"


def test_runs_are_told_apart_and_counted() -> None:
    told = log(result(text="a"), result(text="b"))
    told["runs"].append(log(result(text="c"))["runs"][0])
    reading = opened(told)
    assert [run.result_count for run in reading.runs] == [2, 1]
    assert [(run, one.message) for run, one in reading.results()] == [(0, "a"), (0, "b"), (1, "c")]


def test_results_may_be_read_twice_and_are_the_same() -> None:
    reading = opened(log(result(locations=[at("../x")])))
    first = list(reading.results())
    assert list(reading.results()) == first
    assert reading.omitted == {Omission.OUTSIDE: 1}


def test_binary_places_are_ranges_of_bytes() -> None:
    place = {"physicalLocation": {"artifactLocation": {"uri": "fw.bin"}, "region": {"byteOffset": 16, "byteLength": 4}}}
    (found,) = only(log(result(locations=[place]))).locations
    assert (found.byte_range, found.region) == (sarif.ByteRange(16, 4), None)


def test_null_is_absent_and_a_byte_order_mark_is_no_text() -> None:
    told = json.dumps(log(result(locations=None, level=None, properties=None))).encode()
    assert only(b"\xef\xbb\xbf" + told).level is Level.WARNING


def test_source_that_a_tool_repeats_is_not_kept() -> None:
    secret = "char key[] = 1234"
    place = at("a.c")
    place["physicalLocation"]["region"]["snippet"] = {"text": secret}
    place["physicalLocation"]["contextRegion"] = {"startLine": 1, "snippet": {"text": secret}}
    told = log(result(locations=[place], fixes=[{"artifactChanges": [secret]}]))
    told["runs"][0]["artifacts"] = [{"location": {"uri": "a.c"}, "contents": {"text": secret}}]
    assert secret not in repr(only(told))
