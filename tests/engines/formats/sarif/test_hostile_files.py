# SPDX-License-Identifier: Apache-2.0
"""Files that are wrong, too large, or lie: refused with place and reason, or read with an account of what was not."""

import contextlib
import io
import json
import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glasshouse.engines.formats import sarif
from glasshouse.engines.formats.sarif import InvalidSarifError, Limits, Omission, SarifTooLargeError
from tests.engines.formats.sarif.files import at, log, only, opened, result, results_of


@pytest.mark.parametrize(
    ("told", "place", "reason"),
    [
        (b"", "", "an object"),
        (b"[]", "", "an object"),
        (b"{}", "/version", "2.1.0"),
        (b'{"version":"2.0.0","runs":[]}', "/version", "2.1.0"),
        (b'{"version":"2.1.0"}', "/runs", "no runs"),
        (b'{"version":"2.1.0","runs":{}}', "/runs", "an array"),
        (b'{"version":"2.1.0","runs":[{}]}', "/runs/0", "no tool"),
        (b'{"version":"2.1.0","runs":[]} x', "", "behind the end"),
        (b'{"version":"2.1.0","runs":[],"runs":[]}', "/runs", "twice"),
        (b'{"version":"2.1.0","runs":[],}', "", "a name"),
        (b'{"version":"2.1.0","runs":[', "/runs/0", "an object"),
        (b'{"version":"2.1.0" "runs":[]}', "", "a comma"),
        (b'{"version":"2.1.0","x":NaN,"runs":[]}', "/x", "NaN"),
        (b'{"version":"2.1.0","x":' + b"9" * 5000 + b"}", "/x", "not JSON"),
        (b'{"version":"2.1.0","x":tru', "/x", "not JSON"),
        (b'{"version":"2.1.0","x":"\xff"}', "", "not UTF-8 near byte 24"),
        (b'{"version":"2.1.0","x":"a\nb"}', "/x", "control character"),
    ],
)
def test_what_is_no_sarif_is_refused_with_place_and_reason(told: bytes, place: str, reason: str) -> None:
    with pytest.raises(InvalidSarifError) as caught:
        opened(told)
    assert caught.value.place == place
    assert reason in caught.value.reason


@pytest.mark.parametrize(
    ("told", "place"),
    [
        ("text", "/runs/0/results/1"),
        ({"message": {"text": "m"}}, "/runs/0/results/1/ruleId"),
        ({"message": {"text": "m"}, "ruleIndex": 4}, "/runs/0/results/1/ruleIndex"),
        ({"ruleId": "R1"}, "/runs/0/results/1/message"),
        (result(level="fatal"), "/runs/0/results/1/level"),
        (result(level={}), "/runs/0/results/1/level"),
        (result(locations={}), "/runs/0/results/1/locations"),
        (result(locations=[1]), "/runs/0/results/1/locations/0"),
        (result(locations=[{"physicalLocation": 1}]), "/runs/0/results/1/locations/0/physicalLocation"),
        (
            result(locations=[at("a.c", line="1")]),  # type: ignore[arg-type]
            "/runs/0/results/1/locations/0/physicalLocation/region/startLine",
        ),
        (
            result(locations=[{"physicalLocation": {"artifactLocation": {"index": 3}}}]),
            "/runs/0/results/1/locations/0/physicalLocation/artifactLocation/index",
        ),
        (result(message={"text": 1}), "/runs/0/results/1/message/text"),
        (result(suppressions=[{}]), "/runs/0/results/1/suppressions/0"),
        (
            result(codeFlows=[{"threadFlows": [{"locations": [{"index": 0}]}]}]),
            "/runs/0/results/1/codeFlows/0/threadFlows/0/locations/0/index",
        ),
        (result("R" * 501), "/runs/0/results/1/ruleId"),
    ],
)
def test_a_result_that_is_none_is_refused_with_its_place(told: Any, place: str) -> None:
    with pytest.raises(InvalidSarifError) as caught:
        results_of(log(result(), told))
    assert caught.value.place == place


def test_parts_in_other_files_are_refused_and_not_taken_for_nothing() -> None:
    with pytest.raises(InvalidSarifError, match="other files"):
        opened(log(externalPropertyFileReferences={"results": [{"location": {"uri": "more.sarif"}}]}))
    opened(log(externalPropertyFileReferences={"taxonomies": [{"location": {"uri": "cwe.sarif"}}]}))


@pytest.mark.parametrize("opener", ["[", '{"a":'])
@pytest.mark.parametrize("depth", [65, 5_000, 1_000_000])
def test_deep_nesting_is_refused(opener: str, depth: int) -> None:
    closer = "]" if opener == "[" else "}"
    deep = opener * depth + "1" + closer * depth
    told = json.dumps(log(result(x="HERE"))).replace('"HERE"', deep).encode()
    with pytest.raises(SarifTooLargeError) as caught:
        opened(told)
    assert caught.value.place == "/runs/0/results/0"


@pytest.mark.parametrize(
    "limits",
    [
        Limits(bytes=200),
        Limits(results=2),
        Limits(element=100),
        Limits(rules=1),
        Limits(artifacts=1),
        Limits(runs=1),
    ],
)
def test_beyond_a_limit_of_the_whole_nothing_is_taken_for_all(limits: Limits) -> None:
    told = log(*[result(text="x" * 200)] * 3, rules=[{"id": "R1"}, {"id": "R2"}], artifacts=[{}, {}])
    told["runs"].append(log()["runs"][0])
    with pytest.raises(SarifTooLargeError):
        opened(told, limits=limits)
    assert len(results_of(told)) == 3


def test_results_are_counted_over_all_runs() -> None:
    told = log(result(), result())
    told["runs"].append(log(result())["runs"][0])
    assert len(results_of(told, limits=Limits(results=3))) == 3
    with pytest.raises(SarifTooLargeError):
        opened(told, limits=Limits(results=2))


def test_what_is_left_out_of_a_result_is_counted() -> None:
    limits = Limits(text=5, locations=1, flows=1, steps=2, properties=1, suppressions=1, fingerprints=1)
    steps = {"locations": [{"location": at("a.c")}] * 3}
    told = result(
        text="too long",
        locations=[at("a.c"), at("b.c"), at("c.c")],
        codeFlows=[{"threadFlows": [steps, steps]}],
        properties={"a": 1, "b": 2, "c": {"nested": 1}},
        suppressions=[{"kind": "external"}] * 2,
        fingerprints={"a": "1", "b": "2"},
    )
    reading = opened(log(told), limits=limits)
    ((_, found),) = reading.results()
    assert (found.message, len(found.locations), len(found.flows[0].steps)) == ("too l", 1, 2)
    assert reading.omitted == {
        Omission.TEXT: 1,
        Omission.LOCATIONS: 2,
        Omission.FLOWS: 1,
        Omission.STEPS: 1,
        Omission.PROPERTIES: 2,
        Omission.SUPPRESSIONS: 1,
        Omission.FINGERPRINTS: 1,
    }
    assert all(one.sentence for one in Omission)


@pytest.mark.parametrize("lines", [(0, 1), (5, 4), (2**31, 2**31), (-3, 2)])
def test_lines_that_cannot_be_are_not_believed(lines: tuple[int, int]) -> None:
    region = {"startLine": lines[0], "endLine": lines[1]}
    place = {"physicalLocation": {"artifactLocation": {"uri": "a.c"}, "region": region}}
    reading = opened(log(result(locations=[place])))
    ((_, found),) = reading.results()
    assert found.locations[0].region is None
    assert reading.omitted == {Omission.REGIONS: 1}


def test_characters_that_no_store_keeps_are_replaced() -> None:
    assert only(log(result(text="a\0b\ud800c"))).message == "a\ufffdb\ufffdc"


def test_values_that_span_the_window_are_read_whole() -> None:
    told = json.dumps(log(*[result(text=f"{n} " + "\u00e4\U0001f600" * (n * 37 % 4000)) for n in range(300)]))
    for text in (told, json.dumps(json.loads(told), ensure_ascii=False, indent=3)):
        found = results_of(text.encode(), limits=Limits(text=10**6))
        assert [one.message for one in found] == [
            one["message"]["text"] for one in json.loads(told)["runs"][0]["results"]
        ]


class Endless(io.RawIOBase):
    """A file that goes on with one byte, as /dev/zero does."""

    def __init__(self, start: bytes, byte: bytes) -> None:
        super().__init__()
        self._start, self._byte, self.given = start, byte, 0

    def seek(self, _offset: int, _whence: int = 0) -> int:
        return 0

    def read(self, size: int = -1) -> bytes:
        self.given += size
        start, self._start = self._start, b""
        return start + self._byte * (size - len(start))


@pytest.mark.parametrize(("start", "byte"), [(b'{"a":"', b"x"), (b'{"a":', b"["), (b'{"a":', b"1"), (b"", b" ")])
def test_a_file_without_end_is_refused_before_memory_is(start: bytes, byte: bytes) -> None:
    tracemalloc.start()
    file = Endless(start, byte)
    with pytest.raises(InvalidSarifError):
        sarif.read(file, limits=Limits(bytes=2**25, element=2**20))  # type: ignore[arg-type]
    assert tracemalloc.get_traced_memory()[1] < 2**26
    tracemalloc.stop()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["uri", "index", "text", "id", "region", "startLine", "location", "locations", "level", "x"]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=12,
)
NAMES = ["ruleId", "ruleIndex", "rule", "level", "kind", "message", "locations", "codeFlows", "taxa", "properties"]


@given(
    st.dictionaries(st.sampled_from([*NAMES, "suppressions", "fingerprints"]), JSON),
    st.dictionaries(
        st.sampled_from(["tool", "artifacts", "invocations", "originalUriBaseIds", "columnKind", "automationDetails"]),
        JSON,
    ),
)
def test_whatever_stands_in_a_file_it_is_read_or_refused(told: dict[str, Any], run: dict[str, Any]) -> None:
    for one in (log(result(), result() | told), log(result() | told, **run)):
        with contextlib.suppress(InvalidSarifError):
            results_of(one)


@given(st.binary(max_size=60))
def test_whatever_bytes_come_they_are_refused(junk: bytes) -> None:
    with pytest.raises(InvalidSarifError):
        opened(b'{"version":' + junk)
