# SPDX-License-Identifier: Apache-2.0
"""A page of hits as it is answered: by file, with context, each line cut to what is shown of it."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Final

from glasshouse.edges.searcher.scoping import Scoped
from glasshouse.engines.codeindex.languages import language_of
from glasshouse.engines.codeindex.search.corpus import Corpus, Hit
from glasshouse.engines.codeindex.search.matching import Query, matcher
from glasshouse.engines.codeindex.search.questions import Ask, FileFound, LineFound
from glasshouse.kernel.digests import Digest

MAX_LINE: Final = 4096
ALSO: Final = 8
_HEAD: Final = 256


def files_of(hits: Sequence[Hit], asked: Ask, query: Query, corpus: Corpus, scoped: Scoped) -> tuple[FileFound, ...]:
    """Return the hits by file, in their order."""
    return tuple(
        _file(document, list(group), asked, corpus, scoped, query=query)
        for document, group in groupby(hits, key=attrgetter("document"))
    )


def _file(document: int, hits: Sequence[Hit], asked: Ask, corpus: Corpus, scoped: Scoped, *, query: Query) -> FileFound:
    (place, *also), total = scoped.places(document, ALSO + 1)
    head = corpus.lines(document, 1, 1)
    language = language_of(place.path, head[0][:_HEAD] if head else b"")
    return FileFound(
        place=place,
        digest=Digest(hits[0].digest),
        language=language.value if language else "",
        hits=len(hits),
        also=tuple(also),
        also_total=total - 1,
        stretches=tuple(_stretches(document, hits, asked, query, corpus)),
    )


def _stretches(
    document: int, hits: Sequence[Hit], asked: Ask, query: Query, corpus: Corpus
) -> Iterator[tuple[LineFound, ...]]:
    by_line = {hit.line: hit for hit in hits}
    for first, last in _ranges(list(by_line), asked.context):
        # Without context each line of a stretch is a hit, whose text is here.
        lines = corpus.lines(document, first, last) if asked.context else [b""] * (last - first + 1)
        yield tuple(_line(number, text, by_line.get(number), query) for number, text in enumerate(lines, start=first))


def _ranges(numbers: Sequence[int], context: int) -> list[tuple[int, int]]:
    """Return the stretches of lines round these, joined where they touch."""
    ranges: list[tuple[int, int]] = []
    for number in numbers:
        first, last = max(1, number - context), number + context
        if ranges and first <= ranges[-1][1] + 1:
            ranges[-1] = (ranges[-1][0], last)
        else:
            ranges.append((first, last))
    return ranges


def _line(number: int, text: bytes, hit: Hit | None, query: Query) -> LineFound:
    if hit is not None:
        return LineFound(number, hit.text, hit.column, hit.length, hit.spans, is_hit=True)
    # Context may match as well: of the page before or the next one. A long line was written by a machine.
    spans = matcher(query).spans(text) if len(text) <= MAX_LINE else ()
    return LineFound(number, text[:MAX_LINE], 0, len(text), spans, is_hit=bool(spans))
