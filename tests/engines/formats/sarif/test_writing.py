# SPDX-License-Identifier: Apache-2.0
"""Writing, and that reading gives the same values back."""

import io
import json
import string
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from glasshouse.engines.formats import sarif
from glasshouse.engines.formats.sarif import (
    BaselineState,
    ByteRange,
    ColumnKind,
    Component,
    Flow,
    FlowStep,
    Invocation,
    Kind,
    Level,
    Location,
    Notification,
    NotificationSource,
    Region,
    Result,
    Rule,
    Run,
    Severity,
    Suppression,
    SuppressionKind,
    SuppressionStatus,
    Tool,
)
from glasshouse.kernel.paths import TreePath

LINES = st.integers(1, 2**31 - 1)
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
NAME = st.text(string.ascii_letters + string.digits + "-_.", min_size=1, max_size=8)
SCALAR = TEXT | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False) | st.booleans()
PROPERTIES = st.dictionaries(
    NAME.filter(lambda name: not name.lower().startswith(("cwe", "tags"))),
    SCALAR | st.lists(SCALAR, max_size=3).map(tuple),
    max_size=3,
).map(lambda bag: tuple(sorted(bag.items())))
CWES = st.sets(st.integers(1, 99_999), max_size=3).map(lambda found: tuple(sorted(found)))
PATHS = (
    st.lists(st.binary(min_size=1, max_size=6), min_size=1, max_size=3)
    .map(b"/".join)
    .filter(lambda raw: b"\0" not in raw and not {b"", b".", b".."} & set(raw.split(b"/")))
    .map(TreePath)
)
REGIONS = st.builds(
    lambda first, more, start, end: Region(first, min(first + more, 2**31 - 1), start, end),
    LINES,
    st.integers(0, 9),
    st.integers(0, 200),
    st.integers(0, 200),
)
SAID: dict[str, Any] = {
    "message": TEXT,
    "logical": st.lists(TEXT.filter(bool), max_size=2, unique=True).map(tuple),
}
PARTS: dict[str, Any] = SAID | {
    "region": st.none() | REGIONS,
    "byte_range": st.none() | st.builds(ByteRange, st.integers(0, 2**63 - 1), st.integers(0, 2**63 - 1)),
}
OUTSIDE = st.sampled_from(
    ["/etc/passwd", "../x", "file:///usr/include/a.h", "https://x.example/%41?", "a b", "%", "\u202e"]
)
LOCATIONS = st.one_of(
    st.builds(Location, path=PATHS, **PARTS), st.builds(Location, outside=OUTSIDE, **PARTS), st.builds(Location, **SAID)
)
SOME = st.lists(LOCATIONS, max_size=2, unique=True).map(tuple)
STEPS = st.builds(FlowStep, LOCATIONS, st.integers(0, 9), st.lists(TEXT, max_size=2, unique=True).map(tuple))
FLOWS = st.builds(Flow, st.lists(STEPS, min_size=1, max_size=3).map(tuple), TEXT)
RULES = st.builds(
    Rule,
    id=NAME,
    name=TEXT,
    summary=TEXT,
    help=TEXT,
    help_uri=TEXT,
    cwes=CWES,
    default_level=st.sampled_from(Level),
    security_severity=st.sampled_from(["", "9.8", "4", "high"]),
    is_enabled=st.booleans(),
    properties=PROPERTIES,
)
PRINTS = st.dictionaries(NAME, TEXT, max_size=2).map(lambda found: tuple(sorted(found.items())))
COMPONENTS = st.builds(Component, NAME, TEXT, st.lists(RULES, max_size=3, unique_by=lambda one: one.id).map(tuple))
NOTIFICATIONS = st.lists(
    st.builds(Notification, TEXT, st.sampled_from(Level), st.sampled_from(NotificationSource), TEXT, TEXT, SOME),
    max_size=3,
).map(lambda found: tuple(sorted(found, key=lambda one: one.source is not NotificationSource.EXECUTION)))
RUNS = st.builds(
    Run,
    tool=st.builds(Tool, COMPONENTS, st.lists(COMPONENTS, max_size=2, unique_by=lambda one: one.name).map(tuple)),
    invocations=st.lists(
        st.builds(Invocation, st.booleans(), st.none() | st.integers(-99, 99), NOTIFICATIONS), max_size=2
    ).map(tuple),
    automation_id=TEXT,
    column_kind=st.none() | st.sampled_from(ColumnKind),
    properties=PROPERTIES,
)
RESULTS = st.builds(
    Result,
    rule_id=NAME,
    message=TEXT,
    severity=st.sampled_from(Severity),
    severity_raw=TEXT,
    level=st.sampled_from(Level),
    kind=st.sampled_from(Kind),
    locations=SOME,
    related=SOME,
    flows=st.lists(FLOWS, max_size=2).map(tuple),
    cwes=CWES,
    fingerprints=PRINTS,
    partial_fingerprints=PRINTS,
    suppressions=st.lists(
        st.builds(Suppression, st.sampled_from(SuppressionKind), st.sampled_from(SuppressionStatus), TEXT), max_size=2
    ).map(tuple),
    baseline_state=st.none() | st.sampled_from(BaselineState),
    properties=PROPERTIES,
)


@st.composite
def written(draw: st.DrawFn) -> tuple[Run, list[Result]]:
    """A run whose results name its rules, and others."""
    run, results = draw(RUNS), draw(st.lists(RESULTS, max_size=3))
    rules = run.rules()
    found: list[Result] = []
    for one in results:
        if draw(st.booleans()) and rules:
            component, name = draw(st.sampled_from(sorted(rules)))
            cwes = tuple(sorted({*one.cwes, *rules[component, name].cwes}))
            found.append(replace(one, component=component, rule_id=name, cwes=cwes))
        else:
            rule = rules.get(("", one.rule_id))
            found.append(replace(one, cwes=tuple(sorted({*one.cwes, *(rule.cwes if rule else ())}))))
    return replace(run, result_count=len(found)), found


def text_of(*runs: tuple[Run, list[Result]]) -> bytes:
    file = io.BytesIO()
    sarif.write(file, runs)
    return file.getvalue()


@given(st.lists(written(), max_size=2))
def test_what_is_written_is_read_again(runs: list[tuple[Run, list[Result]]]) -> None:
    text = text_of(*runs)
    reading = sarif.read(io.BytesIO(text))
    assert list(reading.runs) == [run for run, _ in runs]
    assert list(reading.results()) == [(number, one) for number, (_, results) in enumerate(runs) for one in results]
    assert not reading.omitted.keys() - {sarif.Omission.OUTSIDE}
    assert text_of(*runs) == text


def test_a_line_holds_a_result_and_script_stays_text() -> None:
    results = [Result(rule_id="R", message="</script>\u2028\ud800"), Result(rule_id="R", message="b")]
    text = text_of((Run(Tool(Component("t"))), results))
    assert text.isascii()
    assert len(text.splitlines()) == 5
    assert [one["message"]["text"] for one in json.loads(text)["runs"][0]["results"]] == ["</script>\u2028\ud800", "b"]


def test_results_refer_to_their_rules_as_the_standard_says() -> None:
    run = Run(Tool(Component("t", rules=(Rule("A"), Rule("B"))), (Component("x", rules=(Rule("A", cwes=(79,)),)),)))
    results = [Result(rule_id="B", message="m"), Result(rule_id="A", message="m", component="x", cwes=(20, 79))]
    told = json.loads(text_of((run, results)))["runs"][0]
    assert told["results"][0]["ruleIndex"] == 1
    assert told["results"][1]["rule"] == {"id": "A", "index": 0, "toolComponent": {"name": "x", "index": 0}}
    assert told["results"][1]["taxa"] == [{"id": "CWE-20", "toolComponent": {"name": "CWE"}}]
    assert told["taxonomies"] == [{"name": "CWE", "taxa": [{"id": "CWE-20"}, {"id": "CWE-79"}]}]


def test_names_are_uris() -> None:
    places = (Location(path=TreePath(b"a b/\xff#%.c")), Location(outside="../etc/passwd"))
    run = (Run(Tool(Component("t"))), [Result(rule_id="R", message="m", locations=places)])
    inside, outside = json.loads(text_of(run))["runs"][0]["results"][0]["locations"]
    assert inside["physicalLocation"]["artifactLocation"] == {"uri": "a%20b/%FF%23%25.c"}
    assert outside["physicalLocation"]["artifactLocation"] == {"uri": "../etc/passwd", "uriBaseId": "OUTSIDE"}
