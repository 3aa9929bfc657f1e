# SPDX-License-Identifier: Apache-2.0
from time import monotonic

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glasshouse.engines.codeindex.search.matching import Matcher, PatternError, Query, matcher


def never() -> bool:
    return False


def lines_of(query: Query, text: bytes) -> list[bytes]:
    """Return the lines found, after holding the count against them."""
    found = matcher(query)
    spans = found.first(text, 0, len(text), len(text) + 1)
    assert found.count(text, 0, len(text), is_out=never) == (len(spans), True)
    return [text[begin:end] for begin, end in spans]


HOSTILE = [
    "(" * 10_000 + ")" * 10_000,
    "(" * 499 + ")" * 499,
    "[" * 499 + "a" + "]" * 499,
    "a" + "*" * 900,
    "(a{1000}){1000}",
    "((a{100}){100}){100}",
    "a{1001}",
    "a{99999999999999999999999999}",
    r"(\w{900}){9}",
    "|".join(["[é-\U0010ffff]{30}"] * 50),
    "(", ")", "[", "[a", "[]", "[^]", "a\\", "*", "+a", "?", "{2}", "(?", "(?P<", "(?P<1>a)", "(?z)", "(?-m)^",
    "(?=a)", "(?!a)", "(?<=a)", "(?<!a)", r"\1", r"\Z", r"\A", r"\z", r"\G", r"\n", r"\x0a", r"\x{a}", r"[\n]", r"\pL",
    r"\x", r"\xg0", r"\x{}", r"\x{110000}", r"\x{d800}", r"\u12", "[z-a]", "a{2,1}", "a{,2}", "[^é]", "[é&&a]",
    "(?i)[é-\uffff]", "", "a\nb", "\ud800", r"\<a", r"[a-\d]", r"[\xff-é]",
]  # fmt: skip


@pytest.mark.parametrize("pattern", HOSTILE, ids=range(len(HOSTILE)))
def test_a_pattern_that_cannot_be_searched_is_refused_at_once_with_a_message(pattern: str) -> None:
    begun = monotonic()
    with pytest.raises(PatternError) as caught:
        Query(pattern)
    assert monotonic() - begun < 1
    assert len(caught.value.message) > 15
    assert len(caught.value.message) < 200


@settings(deadline=1_000, max_examples=300)
@given(
    st.one_of(st.text(max_size=60), st.text(alphabet=r"ab(){}[]|*+?^$.\-&~:,0123Ppxsi", max_size=60)),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)
def test_any_pattern_is_refused_or_searched_in_bounded_time(
    pattern: str,
    is_literal: bool,  # noqa: FBT001
    ignores_case: bool,  # noqa: FBT001
    whole_word: bool,  # noqa: FBT001
) -> None:
    text = b"ab\n\naB (a) [b]\r\n\xff\x00 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n" + pattern.encode(errors="replace")
    try:
        query = Query(pattern, is_literal, ignores_case, whole_word)
    except PatternError:
        return
    for line in lines_of(query, text):
        assert b"\n" not in line
        for begin, end in matcher(query).spans(line):
            assert 0 <= begin < end <= len(line)


@pytest.mark.parametrize("pattern", ["(a|b)*a(a|b){400}c", "(a*)*c", "(a?){500}a{400}c", "(.*)(.*)(.*)(.*)x{300}c"])
def test_a_pattern_made_to_explode_is_asked_whether_to_go_on(pattern: str) -> None:
    text = (b"ab" * 40 + b"ba" * 3 + b"\n") * 20_000
    until = monotonic() + 0.2
    matcher(Query(pattern)).count(text, 0, len(text), is_out=lambda: monotonic() > until)
    assert monotonic() < until + 1


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        (r"^\s+return", b"\n\n  return 1\n", [b"  return 1"]),
        ("[^a]b", b"a\nb\ncb\n", [b"cb"]),
        (r"a\s*b", b"a\nb\na b\n", [b"a b"]),
        ("x$", b"x\r\nx\nax", [b"x", b"ax"]),
        (r"\bfoo\b", b"foo\nfoobar\n(foo)", [b"foo", b"(foo)"]),
        ("^$", b"\na\n\n", [b"", b""]),
        (r"\b$", b"foo\n\n(\nbar", [b"foo", b"bar"]),
        ("a(?i)b|c", b"aB\nC\nA", [b"aB", b"C"]),
        ("(?i:a)b", b"Ab\nAB", [b"Ab"]),
        ("é", "É\né".encode(), ["é".encode()]),
        ("(?i)é", "É\né\ne".encode(), ["É".encode(), "é".encode()]),
        ("[aé]x", "éx\nax\n\xa9x".encode(), ["éx".encode(), b"ax"]),
        ("^[à-ï]$", "é\nÉ\nï\nð\n".encode(), ["é".encode(), "ï".encode()]),
        (r"^\xe9$", b"\xe9\n\xc3\xa9\n", [b"\xe9"]),
        (r"^\x{e9}$", b"\xe9\n\xc3\xa9\n", [b"\xc3\xa9"]),
        ("é{2}", "éé\né\xa9".encode(), ["éé".encode()]),
        ("a++b", b"aab\na+b", [b"aab"]),
        ("(?i)k", "K\nk\n\u212a".encode(), [b"K", b"k"]),
        ("foo {", b"foo {\nfoo", [b"foo {"]),
    ],
)
def test_a_pattern_means_what_it_means_to_ripgrep(pattern: str, text: bytes, found: list[bytes]) -> None:
    assert lines_of(Query(pattern), text) == found


@pytest.mark.parametrize("pattern", [".*", "^", "$", "a*", "|a", "x?", "(a*)+", "(?i)b*$"])
def test_a_pattern_that_no_line_can_fail_is_known(pattern: str) -> None:
    assert matcher(Query(pattern)).is_every_line
    assert lines_of(Query(pattern), b"a\n\nb") == [b"a", b"", b"b"]
    assert lines_of(Query(pattern), b"") == []


@pytest.mark.parametrize("pattern", ["^$", r"\b", r"\B", "a", "a|^b"])
def test_a_pattern_that_some_line_can_fail_is_not_taken_for_one_that_none_can(pattern: str) -> None:
    assert not matcher(Query(pattern)).is_every_line


@settings(max_examples=300)
@given(
    st.lists(st.sampled_from([b"a", b"A", b"b", b"_", b" ", b"\n"]), max_size=400).map(b"".join),
    st.text(alphabet="aAb ", min_size=1, max_size=4),
    st.booleans(),
    st.booleans(),
)
def test_a_literal_and_the_pattern_of_the_same_meaning_count_the_same_lines(
    text: bytes,
    literal: str,
    ignores_case: bool,  # noqa: FBT001
    whole_word: bool,  # noqa: FBT001
) -> None:
    query = Query(literal, is_literal=True, ignores_case=ignores_case, whole_word=whole_word)
    same = Query(f"(?:{literal}|\\x00)", ignores_case=ignores_case, whole_word=whole_word)
    for thinned in (text, text.replace(b"\n", b"\n" + b"." * 300 + b"\n")):
        assert lines_of(query, thinned) == lines_of(same, thinned)


def test_what_is_marked_is_the_word_and_not_what_stands_around_it() -> None:
    assert Matcher(Query("foo", whole_word=True)).spans(b"foo foo,food foo") == ((0, 3), (4, 7), (13, 16))
    assert Matcher(Query("a")).spans(b"a" * 500) == tuple((at, at + 1) for at in range(100))
    assert Matcher(Query("x*")).spans(b"axxa") == ((1, 3),)


def test_a_range_inside_a_text_is_searched_with_its_surroundings_left_out() -> None:
    text = b"one a\ntwo a\nthree a\nfour a"
    assert matcher(Query("a$")).first(memoryview(text), 6, 20, 9) == [(6, 11), (12, 19)]
    assert matcher(Query("^")).first(memoryview(text), 6, 20, 9) == [(6, 11), (12, 19)]
    assert matcher(Query("a", is_literal=True)).first(text, 0, len(text), 2) == [(0, 5), (6, 11)]


@pytest.mark.parametrize("pattern", ["a", "(?i)A", "^$", r"\b$", "^", "a$", r"\Ba", "zz"])
@pytest.mark.parametrize("whole_word", [False, True])
def test_a_document_holds_the_pattern_exactly_when_a_line_of_it_is_found(
    pattern: str,
    whole_word: bool,  # noqa: FBT001
) -> None:
    text, bounds, start = b"", [], 0
    for document in (b"a\n", b"b\n", b"\n", b"", b"ba\nb\n", b"A\n", b"(\n", b"a\n\n", b"ab"):
        text += document
        bounds.append((start, len(text)))
        start = len(text)
    found = matcher(Query(pattern, whole_word=whole_word))
    assert found.holding(text, bounds) == [bool(found.first(text, *bound, 1)) for bound in bounds]


def test_a_count_that_is_out_of_time_says_so_and_keeps_what_it_has() -> None:
    text = b"a line with return\n" * 200_000
    turns = iter([False, False, False, True])
    lines, is_exact = matcher(Query("return")).count(text, 0, len(text), is_out=lambda: next(turns))
    assert not is_exact
    assert 0 < lines < 200_000
