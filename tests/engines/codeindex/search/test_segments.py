# SPDX-License-Identifier: Apache-2.0
"""Segments at rest: what was written comes back, one other byte does not, and merging is building."""

import hashlib
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glasshouse.engines.codeindex.search.building import CHUNK, build, merge
from glasshouse.engines.codeindex.search.errors import SegmentDamagedError, SegmentFullError
from glasshouse.engines.codeindex.search.folding import fold, trigrams_of
from glasshouse.engines.codeindex.search.matching import Query
from glasshouse.engines.codeindex.search.planning import plan
from glasshouse.engines.codeindex.search.segments import Document, Segment

CONTENTS = st.lists(st.one_of(st.binary(max_size=60), st.text(alphabet="abc\n", max_size=40).map(str.encode)))


def documents_of(*contents: bytes) -> list[Document]:
    return [Document(hashlib.sha256(content).digest(), content) for content in contents]


def varied(seed: int, size: int) -> bytes:
    """Text with many different trigrams, in lines."""
    numbers = np.random.default_rng(seed)
    return numbers.integers(32, 127, size, dtype=np.uint8).tobytes().replace(b"~", b"\n")


SEGMENT = build(documents_of(b"alpha\nbeta", b"", varied(1, 3_000)))


@pytest.mark.parametrize("part", range(len(SEGMENT.parts())))
def test_any_changed_byte_is_noticed(part: int) -> None:
    parts = SEGMENT.parts()
    for at in range(0, len(parts[part]), max(1, len(parts[part]) // 997)):
        changed = bytearray(parts[part])
        changed[at] ^= 0x10
        with pytest.raises(SegmentDamagedError):
            Segment.parse([*parts[:part], bytes(changed), *parts[part + 1 :]])


@pytest.mark.parametrize("cut", [[], [b""], SEGMENT.parts()[:1], SEGMENT.parts()[1:], [*SEGMENT.parts(), b"x"]])
def test_missing_and_foreign_parts_are_noticed(cut: list[bytes]) -> None:
    with pytest.raises(SegmentDamagedError):
        Segment.parse(cut)


@settings(deadline=None)
@given(CONTENTS)
def test_what_was_written_comes_back(contents: list[bytes]) -> None:
    segment = build(documents_of(*contents))
    read = Segment.parse(segment.parts())
    assert read.parts() == segment.parts()
    assert [read.digest(n) for n in range(len(read))] == [d.digest for d in dict.fromkeys(documents_of(*contents))]
    assert read.sizes.tolist() == [len(content) for content in dict.fromkeys(contents)]


@settings(deadline=None)
@given(st.lists(CONTENTS, max_size=4))
def test_merging_is_building_of_all(groups: list[list[bytes]]) -> None:
    merged = merge([build(documents_of(*group)) for group in groups])
    assert merged.parts() == build(documents_of(*(content for group in groups for content in group))).parts()


def test_merging_large_segments_with_bitmaps_and_repeats_is_building_of_all() -> None:
    groups = [[varied(seed, 90_000) for seed in range(begin, begin + 9)] for begin in (0, 5, 20)]
    merged = merge([build(documents_of(*group)) for group in groups])
    whole = build(documents_of(*(content for group in groups for content in group)))
    assert merged.parts() == whole.parts()
    assert (whole.postings.counts > len(whole.lengths) / 16).any()


def test_each_chunk_is_listed_under_exactly_its_trigrams() -> None:
    contents = [varied(seed, size) for seed, size in enumerate((5, 70_000, 300, 150_000, 2))]
    contents.append(b"z" * 70_000 + b"qqj" + b"z" * 70_000 + b"\nkkw")
    segment = build(documents_of(*contents))
    lists = segment.postings.unpacked()
    rows = np.repeat(lists.trigrams, lists.counts)
    listed: dict[int, set[int]] = {}
    for code, chunk in zip(rows.tolist(), lists.chunks.tolist(), strict=True):
        listed.setdefault(chunk, set()).add(code)
    ends = np.cumsum(segment.lengths).tolist()
    text = b"".join(content if content.endswith(b"\n") else content + b"\n" for content in contents)
    for chunk, (begin, end) in enumerate(pairwise([0, *ends])):
        assert text[end - 1 : end] == b"\n"
        assert listed.get(chunk, set()) == trigrams_of(fold(text[begin:end]))
        assert text.count(b"\n", begin, end) == segment.lines[chunk]
    assert [length for length in segment.lengths.tolist() if length > CHUNK] == [140_004]


def test_a_plan_leaves_the_chunk_that_holds_the_needle_alone() -> None:
    contents = [varied(seed, 400) for seed in range(200)]
    contents[77] += b"the Needle is here"
    segment = build(documents_of(*contents))
    marks = segment.postings.candidates(plan(Query("needle", is_literal=True)))
    assert marks is not None
    assert np.flatnonzero(marks).tolist() == [77]


def test_more_chunks_than_a_segment_numbers_are_refused() -> None:
    with pytest.raises(SegmentFullError):
        build(documents_of(*(b"%d" % n for n in range(65_537))))
    halves = [build(documents_of(*(b"%d" % n for n in range(begin, begin + 40_000)))) for begin in (0, 40_000)]
    with pytest.raises(SegmentFullError):
        merge(halves)
