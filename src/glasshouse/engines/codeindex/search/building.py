# SPDX-License-Identifier: Apache-2.0
"""Making segments: from documents, and from segments that have grown too many."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from glasshouse.engines.codeindex.search.errors import SegmentFullError
from glasshouse.engines.codeindex.search.folding import Distinct, fold
from glasshouse.engines.codeindex.search.postings import MAX_CHUNKS, Lists, Postings, joined
from glasshouse.engines.codeindex.search.segments import Document, Segment

CHUNK: Final = 1 << 16
_KEYS: Final = 1 << 22  # sorted at once: 32 MB


def closed(content: bytes) -> bytes:
    """Return content whose last line is ended, as it is indexed and searched."""
    return content if not content or content.endswith(b"\n") else content + b"\n"


def build(documents: Iterable[Document]) -> Segment:
    """Index documents, of which a repeated digest counts once; raises SegmentFullError past 65,536 chunks.

    The memory is that of the documents' index (a tenth of them for source) besides 150 MB, as long as the iterable
    gives them one by one. The same documents in the same order make the same segment.
    """
    seen: dict[bytes, tuple[int, int]] = {}
    lengths: list[int] = []
    lines: list[int] = []
    gathered = _Gathered()
    distinct = Distinct()
    for document in documents:
        if document.digest in seen:
            continue
        text = closed(document.content)
        folded = fold(text)
        before = len(lengths)
        for begin, end in _chunks(text):
            if len(lengths) == MAX_CHUNKS:
                raise SegmentFullError("These documents are too many for one segment of the search index.")
            gathered.add(distinct.of(folded[begin:end]), len(lengths))
            lengths.append(end - begin)
            lines.append(text.count(b"\n", begin, end))
        seen[document.digest] = len(document.content), len(lengths) - before
    sizes, counts = zip(*seen.values(), strict=True) if seen else ((), ())
    return Segment(
        b"".join(seen),
        np.array(sizes, dtype=np.uint64),
        np.array(counts, dtype=np.uint32),
        np.array(lengths, dtype=np.uint32),
        np.array(lines, dtype=np.uint32),
        Postings.packed(len(lengths), gathered.lists()),
    )


def merge(segments: Sequence[Segment]) -> Segment:
    """Make the segment that `build` would have made of all their documents, in this order; reads no document."""
    seen: set[bytes] = set()
    stays = []
    for segment in segments:
        digests = [segment.digest(document) for document in range(len(segment))]
        stays.append(np.array([digest not in seen for digest in digests], dtype=np.bool_))
        seen.update(digests)
    kept = [np.repeat(stay, segment.chunk_counts) for stay, segment in zip(stays, segments, strict=True)]
    chunks = sum(int(keep.sum()) for keep in kept)
    if chunks > MAX_CHUNKS:
        raise SegmentFullError("These segments are too large to become one.")
    lists, base = [], 0
    for segment, keep in zip(segments, kept, strict=True):
        numbers = np.where(keep, np.cumsum(keep) - 1 + base, -1)
        lists.append(segment.postings.unpacked().renumbered(numbers))
        base += int(keep.sum())
    pairs = list(zip(segments, stays, kept, strict=True))
    return Segment(
        b"".join(segment.digest(document) for segment, stay, _ in pairs for document in np.flatnonzero(stay).tolist()),
        np.concatenate([np.empty(0, np.uint64), *(segment.sizes[stay] for segment, stay, _ in pairs)]),
        np.concatenate([np.empty(0, np.uint32), *(segment.chunk_counts[stay] for segment, stay, _ in pairs)]),
        np.concatenate([np.empty(0, np.uint32), *(segment.lengths[keep] for segment, _, keep in pairs)]),
        np.concatenate([np.empty(0, np.uint32), *(segment.lines[keep] for segment, _, keep in pairs)]),
        Postings.packed(chunks, joined(lists)),
    )


def _chunks(text: bytes) -> Iterator[tuple[int, int]]:
    """Cut a closed text behind newlines into pieces of at most 64 KiB; a longer line makes a longer piece."""
    begin = 0
    while begin < len(text):
        end = len(text)
        if end - begin > CHUNK:
            end = text.rfind(b"\n", begin, begin + CHUNK) + 1 or text.index(b"\n", begin + CHUNK) + 1
        yield begin, end
        begin = end


class _Gathered:
    """The trigrams of chunk after chunk, sorted from time to time, so that few are held in their long form."""

    def __init__(self) -> None:
        self._keys: list[npt.NDArray[np.uint64]] = []
        self._held = 0
        self._lists: list[Lists] = []

    def add(self, trigrams: npt.NDArray[np.intp], chunk: int) -> None:
        self._keys.append((trigrams << 16 | chunk).view(np.uint64))
        self._held += len(trigrams)
        if self._held >= _KEYS:
            self._sort()

    def lists(self) -> Lists:
        self._sort()
        return joined(self._lists)

    def _sort(self) -> None:
        if self._held:
            self._lists.append(Lists.of_keys(np.concatenate(self._keys)))
            self._keys, self._held = [], 0
