# SPDX-License-Identifier: Apache-2.0
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glasshouse.engines.measures import reading, wire
from glasshouse.engines.measures.meaning import MOST_CALLS
from glasshouse.engines.measures.values import MAX_DOCUMENT, Facts, Gap, Kind
from tests.engines.measures.small import reckoned

QUARTER = 2**18
LONG = {
    "brackets": b"(" * QUARTER,
    "braces": b"{" * QUARTER,
    "open and close": b"f(){" * (QUARTER // 4) + b"}" * (QUARTER // 4),
    "quotes": b'"\\' * (QUARTER // 2),
    "ticks": b"'" * QUARTER,
    "comments": b"/*" * (QUARTER // 2),
    "slashes": b"/" * QUARTER,
    "spaces": b" " * QUARTER,
    "raw strings": b'R"(' * (QUARTER // 3),
    "fences": b'R"aaaaaaaaaaaaaaaa' * (QUARTER // 18),
    "digits": b"1'" * (QUARTER // 2),
    "one name": b"a" * QUARTER,
    "names": b"a(" * (QUARTER // 2),
    "splices": b"\\\n" * (QUARTER // 2),
    "conditionals": b"#if 1\n" * (QUARTER // 6),
    "macros": b"".join(b"#define m%d(a) strcpy(a)\n" % one for one in range(10_000)),
    "commas": b"f(" + b"a," * (QUARTER // 2),
    "flags": b"-Wl,-z," * (QUARTER // 7),
    "hardening": b"hardening=" + b"+all," * (QUARTER // 5),
    "triple quotes": b'"""' * (QUARTER // 3),
    "prefixes": b"rb" * (QUARTER // 2),
    "less": b"<" * QUARTER,
    "pragmas": b"#pragma " + b"GCC " * (QUARTER // 4),
    "lint": b"// " + b"lint " * (QUARTER // 5),
    "warnings": b"#pragma warning " + b" " * QUARTER,
}


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("what", LONG)
def test_a_quarter_of_a_megabyte_of_anything_is_read_in_seconds(kind: Kind, what: str) -> None:
    began = time.process_time()
    found = reading.facts_of(LONG[what], kind)
    assert isinstance(found, Facts)
    assert wire.from_bytes(wire.to_bytes(found)) == found
    assert time.process_time() - began < 4


def test_what_is_not_read_is_said() -> None:
    assert reading.facts_of(b" " * (MAX_DOCUMENT + 1), Kind.C) is Gap.TOO_LARGE
    assert reading.facts_of(b"int a;\0", Kind.C) is Gap.BINARY


def test_what_is_beyond_a_limit_is_said() -> None:
    deep = reading.facts_of(b"void f() {" + b"{" * 5_000, Kind.C)
    assert isinstance(deep, Facts)
    assert deep.cut


@pytest.mark.parametrize(
    "text",
    [
        "#define A B\n#define B A\n",
        "#define memcpy(a) memcpy(a)\n",
        "#define A(x) B(x) B(x)\n#define B(x) A(x) A(x)\n",
        "#define memcpy_s memcpy_s\n",
        "void memcpy_s(int a, int b) { memcpy_s(a, b); }\n",
        "void safe(int a, int b) { safer(a, b); }\nvoid safer(int a, int b) { safe(a, b); }\n",
    ],
)
def test_definitions_that_go_round_come_to_an_end(text: str) -> None:
    call = "void f() { A(1); memcpy(1); memcpy_s(1, 2); safe(1, 2); }\n"
    reckoned({"a.h": text, "a.c": call})


def test_a_macro_that_doubles_itself_comes_to_no_more_than_a_thousand_calls() -> None:
    doubling = "".join(f"#define m{one}(a) m{one + 1}(a); m{one + 1}(a)\n" for one in range(30))
    found = reckoned({"a.h": doubling + "#define m30(a) gets(a)\n", "a.c": "void f() { m0(1); }\n"})
    assert found.calls[:, 5].sum() == MOST_CALLS


def test_a_thousand_macros_in_a_row_are_followed_as_far_as_is_safe() -> None:
    chain = "".join(f"#define m{one}(a) m{one + 1}(a)\n" for one in range(1_000))
    reckoned({"a.h": chain + "#define m1000(a) gets(a)\n", "a.c": "void f() { m0(1); }\n"})


@given(st.binary(max_size=400), st.sampled_from(Kind))
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_read(content: bytes, kind: Kind) -> None:
    found = reading.facts_of(content, kind)
    assert found is Gap.BINARY or isinstance(found, Facts)
    if isinstance(found, Facts):
        assert wire.from_bytes(wire.to_bytes(found)) == found


@given(st.lists(st.sampled_from(["memcpy(d, s, n);", "{", "}", "#if X\n", "#else\n", "#endif\n", '"', "/*", "\n"])))
@settings(max_examples=200, deadline=None)
def test_a_file_has_as_many_calls_as_it_has_names_at_most(parts: list[str]) -> None:
    text = "void f() {\n" + "\n".join(parts)
    found = reading.facts_of(text.encode(), Kind.C)
    assert isinstance(found, Facts)
    assert found.calls.get(b"memcpy", 0) <= text.count("memcpy")
