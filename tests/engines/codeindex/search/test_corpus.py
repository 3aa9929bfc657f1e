# SPDX-License-Identifier: Apache-2.0
"""Planner and index together find what a full scan finds: in any scope, under any budget, page by page."""

import hashlib
import re
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glasshouse.engines.codeindex.search.building import build, merge
from glasshouse.engines.codeindex.search.corpus import Budget, Corpus, Count, Page, Place, Scope
from glasshouse.engines.codeindex.search.errors import PatternError
from glasshouse.engines.codeindex.search.matching import Query, matcher
from glasshouse.engines.codeindex.search.segments import Document, Segment
from glasshouse.kernel.errors import NotFoundError


def documents_of(*contents: bytes) -> list[Document]:
    return [Document(hashlib.sha256(content).digest(), content) for content in contents]


class Shelf:
    """Contents by digest, and what was read of them."""

    def __init__(self, *contents: bytes) -> None:
        self.documents = documents_of(*contents)
        self.reads: list[bytes] = []
        self._contents = dict(self.documents)

    def read(self, digest: bytes) -> bytes:
        self.reads.append(digest)
        return self._contents[digest]

    def digest(self, corpus: Corpus, number: int) -> bytes:
        """The digest of a document by its number."""
        numbers = corpus.numbers_of([document.digest for document in self.documents]).tolist()
        place: int = numbers.index(number)
        return self.documents[place].digest

    def corpus(self, *, budget: int = 1 << 30, per_segment: int = 3) -> Corpus:
        corpus = Corpus(self.read, budget=Budget(budget))
        for at in range(0, len(self.documents), per_segment):
            corpus.add(build(self.documents[at : at + per_segment]))
        return corpus


def everything(corpus: Corpus) -> Scope:
    numbers = np.arange(corpus.documents, dtype=np.int64)
    return corpus.scope(numbers, np.ones_like(numbers))


def found(corpus: Corpus, query: Query, scope: Scope, *, first: int = 10_000) -> list[tuple[bytes, int, bytes]]:
    """All hits, a page after the other."""
    hits: list[tuple[bytes, int, bytes]] = []
    after: Place | None = None
    while True:
        page = corpus.search(query, scope, first=first, after=after)
        hits.extend((hit.digest, hit.line, hit.text) for hit in page.hits)
        if page.rest is None:
            return hits
        assert page.rest == page.hits[-1].place
        after = page.rest


def scanned(documents: list[Document], query: Query) -> list[tuple[bytes, int, bytes]]:
    """The same without index, by giving the matcher one line after the other."""
    one = matcher(query)
    return [
        (digest, number, line)
        for digest, content in dict.fromkeys(documents)
        for number, line in enumerate(content.removesuffix(b"\n").split(b"\n") if content else [], start=1)
        if one.first(line + b"\n", 0, len(line) + 1, 1)
    ]


LINES = st.lists(st.sampled_from([b"alpha beta", b"ALPHA\tbeta", b"", b"\xffab\xfe", b"a_b_c(x)", b"ab" * 9, b"\r"]))
TEXTS = st.one_of(
    LINES.map(b"\n".join), st.binary(max_size=80), st.text(alphabet="abAB_( \n\t", max_size=200).map(str.encode)
)
ATOMS = st.one_of(
    st.text(alphabet="abcABC_ (é", min_size=1, max_size=5).map(re.escape),
    st.sampled_from([".", "[ab]", "[^a]", r"\w", r"\s", "^", "$", r"\b", "[A-C]", "(?i:ab)", "(?i)alp", "x{0}", "é"]),
)
PATTERNS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=4).map("".join),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: "(?:" + "|".join(parts) + ")"),
        st.tuples(inner, st.sampled_from(["*", "+", "?", "{2}", "{2,}", "{1,3}", "*?"])).map(
            lambda pair: f"(?:{pair[0]}){pair[1]}"
        ),
    ),
    max_leaves=8,
)


@st.composite
def queries(draw: st.DrawFn) -> Query:
    is_literal = draw(st.booleans())
    pattern = draw(st.text(alphabet="abcAB_( é", min_size=1, max_size=8) if is_literal else PATTERNS)
    try:
        return Query(pattern, is_literal=is_literal, ignores_case=draw(st.booleans()), whole_word=draw(st.booleans()))
    except PatternError:
        return Query("alpha")


@settings(max_examples=400, deadline=None)
@given(st.lists(TEXTS, max_size=8), queries(), st.sampled_from([0, 60, 1 << 20]), st.integers(1, 5))
def test_planner_and_index_find_what_a_full_scan_finds(
    contents: list[bytes], query: Query, budget: int, first: int
) -> None:
    shelf = Shelf(*contents)
    corpus = shelf.corpus(budget=budget)
    expected = scanned(shelf.documents, query)
    assert found(corpus, query, everything(corpus), first=first) == expected
    count = corpus.count(query, everything(corpus))
    holding = {digest for digest, _, _ in expected}
    assert count == Count(len(expected), len(holding), len(holding), is_exact=True)
    by_document = Counter(digest for digest, _, _ in expected)
    told, is_whole = corpus.spread(query, everything(corpus))
    for spread in (told, count.spread or told):
        assert spread.lines.tolist() == [by_document[shelf.digest(corpus, n)] for n in spread.numbers.tolist()]
        assert (len(spread.numbers), is_whole) == (len(by_document), True)


@settings(max_examples=100, deadline=None)
@given(st.lists(TEXTS, min_size=1, max_size=8), queries(), st.data())
def test_nothing_outside_the_scope_is_found_or_read(contents: list[bytes], query: Query, data: st.DataObject) -> None:
    shelf = Shelf(*contents)
    corpus = shelf.corpus(budget=0)
    weights = np.array(data.draw(st.lists(st.integers(0, 3), min_size=corpus.documents, max_size=corpus.documents)))
    scope = corpus.scope(np.arange(corpus.documents), weights)
    digests = list(dict.fromkeys(document.digest for document in shelf.documents))
    shelf.reads.clear()
    expected = [hit for hit in scanned(shelf.documents, query) if weights[digests.index(hit[0])]]
    assert found(corpus, query, scope, first=3) == expected
    count = corpus.count(query, scope)
    assert count.lines == sum(weights[digests.index(digest)] for digest, _, _ in expected)
    assert count.files == sum(weights[digests.index(digest)] for digest in {hit[0] for hit in expected})
    assert all(weights[digests.index(digest)] for digest in shelf.reads)


def long_text(seed: int) -> bytes:
    """About 300 KB in lines of many lengths, one of them longer than a chunk, with a needle here and there."""
    numbers = np.random.default_rng(seed)
    lines = [b"%d int value_%d = call(%d);" % (n, numbers.integers(99), n) + b"." * (n % 90) for n in range(3_000)]
    lines[700] = b"x" * 70_000 + b" needle " + b"y" * 70_000
    lines[2_500] = b"the needle again"
    return b"\n".join(lines)


@pytest.mark.parametrize("budget", [0, 400_000, 1 << 30])
@pytest.mark.parametrize("pattern", ["needle", "value_7 ", "call\\(29[0-9]*\\)", "^[0-9]+ int", "x{3} need", ";$"])
def test_lines_of_long_documents_are_numbered_through_their_chunks(pattern: str, budget: int) -> None:
    shelf = Shelf(b"needle", long_text(1), b"", long_text(2), b"\n\nneedle\n")
    corpus = shelf.corpus(budget=budget)
    expected = scanned(shelf.documents, Query(pattern))
    got = found(corpus, Query(pattern), everything(corpus), first=37)
    assert [hit[:2] for hit in got] == [hit[:2] for hit in expected]
    assert corpus.count(Query(pattern), everything(corpus)).lines == len(expected)


def test_a_long_line_is_cut_around_its_first_match() -> None:
    shelf = Shelf(long_text(1))
    corpus = shelf.corpus()
    hit = corpus.search(Query("needle"), everything(corpus)).hits[0]
    assert hit.line == 701
    assert hit.length == 140_008
    assert len(hit.text) == 4096


def test_a_match_far_inside_a_line_is_shown_and_marked() -> None:
    shelf = Shelf(b"-" * 9_000 + b"needle" + b"-" * 9_000 + b"needle")
    corpus = shelf.corpus()
    (hit,) = corpus.search(Query("needle"), everything(corpus)).hits
    assert hit.column == 7_976
    assert [hit.text[a:b] for a, b in hit.spans] == [b"needle"]


def test_a_search_whose_time_is_out_goes_on_where_it_stopped() -> None:
    shelf = Shelf(*(long_text(n) for n in range(30)))
    corpus = shelf.corpus(per_segment=4)
    scope, query = everything(corpus), Query("needle again")
    turns = iter(range(10**6))
    pages: list[Page] = [corpus.search(query, scope, is_out=lambda: next(turns) % 3 == 2)]
    while (rest := pages[-1].rest) is not None:
        pages.append(corpus.search(query, scope, after=rest, is_out=lambda: next(turns) % 3 == 2))
    assert [hit.line for page in pages for hit in page.hits] == [2_501] * 30


def test_a_search_without_trigrams_is_divided_and_goes_on_where_it_stopped() -> None:
    shelf = Shelf(*(long_text(n) for n in range(30)))
    corpus = shelf.corpus(per_segment=4)
    scope, query = everything(corpus), Query("[a-z]+ need")
    turns = iter(range(10**6))
    pages: list[Page] = [corpus.search(query, scope, is_out=lambda: next(turns) % 3 == 2)]
    while (rest := pages[-1].rest) is not None:
        pages.append(corpus.search(query, scope, after=rest, is_out=lambda: next(turns) % 3 == 2))
    assert len(pages) > 1
    assert sum(len(page.hits) for page in pages) == 60


def test_a_count_whose_time_is_out_says_at_least_so_many() -> None:
    shelf = Shelf(*(long_text(n) for n in range(30)))
    corpus = shelf.corpus()
    turns = iter(range(10**6))
    count = corpus.count(Query("int"), everything(corpus), is_out=lambda: next(turns) > 2)
    assert not count.is_exact
    assert 0 < count.lines < 30 * 2_999
    whole = corpus.count(Query("int"), everything(corpus))
    assert whole == Count(30 * 2_998, 30, 30, is_exact=True)
    assert whole.spread is None
    spread, is_whole = corpus.spread(Query("int"), everything(corpus))
    assert (spread.numbers.tolist(), spread.lines.tolist(), is_whole) == (list(range(30)), [2_998] * 30, True)
    turns = iter(range(10**6))
    spread, is_whole = corpus.spread(Query("int"), everything(corpus), is_out=lambda: next(turns) > 2)
    assert not is_whole
    assert 0 < spread.lines.sum() < 30 * 2_998


def test_every_line_is_counted_without_reading() -> None:
    shelf = Shelf(b"a\nb", b"", b"c\n", b"\n")
    corpus = shelf.corpus(budget=0)
    assert corpus.count(Query(".*"), everything(corpus)) == Count(4, 3, 3, is_exact=True)
    assert shelf.reads == []


def test_a_merged_segment_serves_without_reading_again() -> None:
    contents = [b"alpha %d\nneedle" % n for n in range(9)]
    shelf = Shelf(*contents)
    corpus = Corpus(shelf.read, budget=Budget(1 << 20))
    segments = [build(shelf.documents[at : at + 3]) for at in (0, 3, 6)]
    for segment in segments:
        corpus.add(segment)
    scope, query = everything(corpus), Query("needle")
    before, page = found(corpus, query, scope), corpus.search(query, scope, first=4)
    shelf.reads.clear()
    held = corpus.held
    corpus.replace(segments[:2], merge(segments[:2]))
    assert found(corpus, query, scope) == before
    assert [hit.document for hit in corpus.search(query, scope, after=page.rest).hits] == [4, 5, 6, 7, 8]
    assert shelf.reads == []
    assert corpus.held == held


def test_a_segment_is_searched_before_its_text_is_loaded_and_while_it_is() -> None:
    contents = [long_text(number) for number in range(12)] + [b"needle"]
    shelf, query = Shelf(*contents), Query("needle|value_7 ")
    corpus = Corpus(shelf.read, budget=Budget(1 << 30))
    first, second = build(shelf.documents[:6]), build(shelf.documents[6:])
    corpus.add(first, loads=False)
    corpus.add(second, loads=False)
    scope, size = everything(corpus), corpus.held
    assert corpus.awaited == size == sum(len(content) + 1 for content in contents)
    expected, generation = found(corpus, query, scope), corpus.generation
    assert [hit[:2] for hit in expected] == [hit[:2] for hit in scanned(shelf.documents, query)]
    page = corpus.search(query, scope, first=5)
    assert corpus.load(is_out=iter([False, True]).__next__) == 0
    assert 0 <= corpus.awaited < size
    assert found(corpus, query, scope) == expected
    corpus.replace([first, second], merge([first, second]), loads=False)
    assert corpus.load() == corpus.awaited == 0
    shelf.reads.clear()
    assert found(corpus, query, scope) == expected
    assert corpus.search(query, scope, first=5, after=page.rest).hits[0].line == expected[5][1]
    assert (shelf.reads, corpus.generation, corpus.held) == ([], generation + 1, size)


class UnreadableError(NotFoundError):
    """What a store says of a document that was changed."""


@pytest.mark.parametrize("budget", [0, 1 << 30])
def test_a_document_that_cannot_be_read_is_no_longer_there_and_the_others_are(budget: int) -> None:
    shelf = Shelf(b"needle one", b"needle two", b"needle three")

    def read(digest: bytes) -> bytes:
        if digest == shelf.documents[1].digest:
            raise UnreadableError
        return shelf.read(digest)

    corpus = Corpus(read, budget=Budget(budget))
    segment = build(shelf.documents)
    corpus.add(segment, loads=False)
    old, digests = everything(corpus), [document.digest for document in shelf.documents]
    assert corpus.load() == (1 if budget else 0)
    if not budget:
        with pytest.raises(UnreadableError):
            corpus.search(Query("needle"), old)
    numbers = corpus.numbers_of(digests)
    assert numbers.tolist() == [0, -1, 2]
    scope = corpus.scope(numbers, np.ones_like(numbers))
    assert corpus.count(Query("needle"), scope) == Count(2, 2, 2, is_exact=True)
    assert corpus.place(digests[1], 1) is None
    corpus.replace([segment], build(shelf.documents))
    assert corpus.numbers_of(digests).tolist() == [0, -1, 2]


def test_a_replacement_that_holds_less_is_refused() -> None:
    shelf = Shelf(b"a", b"b")
    corpus = Corpus(shelf.read, budget=Budget(0))
    old = build(shelf.documents)
    corpus.add(old)
    with pytest.raises(ValueError, match="does not hold"):
        corpus.replace([old], build(shelf.documents[:1]))
    with pytest.raises(ValueError, match="not in this corpus"):
        corpus.replace([Segment.parse(old.parts())], old)
    assert corpus.count(Query("[ab]"), everything(corpus)).lines == 2


def test_a_document_of_two_segments_is_found_once() -> None:
    shelf = Shelf(b"needle one", b"needle two", b"needle one", b"needle three")
    corpus = Corpus(shelf.read, budget=Budget(1 << 20))
    corpus.add(build(shelf.documents[:2]))
    corpus.add(build(shelf.documents[2:]))
    assert corpus.documents == 3
    assert corpus.count(Query("needle"), everything(corpus)).lines == 3


def test_a_document_that_came_later_is_in_no_earlier_scope() -> None:
    shelf = Shelf(b"needle one", b"needle two")
    corpus = Corpus(shelf.read, budget=Budget(1 << 20))
    corpus.add(build(shelf.documents[:1]))
    scope = everything(corpus)
    corpus.add(build(shelf.documents[1:]))
    assert len(corpus.search(Query("needle"), scope).hits) == 1
    assert corpus.numbers_of([shelf.documents[1].digest, bytes(32)]).tolist() == [1, -1]


@pytest.mark.parametrize("budget", [0, 1 << 30])
def test_lines_around_a_hit_are_read_from_both_tiers(budget: int) -> None:
    text = long_text(3)
    shelf = Shelf(b"one\ntwo\n\n", text, b"")
    corpus = shelf.corpus(budget=budget)
    assert corpus.lines(0, 0, 99) == (b"one", b"two", b"")
    assert corpus.lines(0, 2, 2) == (b"two",)
    assert corpus.lines(0, 4, 9) == ()
    assert corpus.lines(2, 1, 5) == ()
    lines = text.split(b"\n")
    for first, last in ((1, 3), (699, 703), (1_200, 2_900), (3_000, 4_000), (3_001, 3_002)):
        assert corpus.lines(1, first, last) == tuple(lines[first - 1 : last])


def test_a_closed_corpus_has_forgotten() -> None:
    shelf = Shelf(b"needle")
    corpus = shelf.corpus()
    scope, generation = everything(corpus), corpus.generation
    corpus.close()
    assert corpus.search(Query("needle"), scope) == Page((), None)
    assert corpus.held == corpus.documents == 0
    assert corpus.generation > generation
    assert corpus.place(shelf.documents[0].digest, 1) is None
