# SPDX-License-Identifier: Apache-2.0
"""A page of hits as it is answered: by file, with context, each line cut to what is shown of it."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import attrgetter

from glasshouse.edges.searcher.scoping import Scoped
from glasshouse.engines.codeindex.languages import language_of
from glasshouse.engines.codeindex.search.corpus import Corpus, Hit
from glasshouse.engines.codeindex.search.excerpts import ALSO, HEAD, SHOWN, matches_in_context, stretches
from glasshouse.engines.codeindex.search.matching import Query, matcher
from glasshouse.engines.codeindex.search.questions import Ask, FileFound, LineFound
from glasshouse.kernel.digests import Digest


def files_of(hits: Sequence[Hit], asked: Ask, query: Query, corpus: Corpus, scoped: Scoped) -> tuple[FileFound, ...]:
    """Return the hits by file, in their order."""
    return tuple(
        _file(document, list(group), asked, corpus, scoped, query=query)
        for document, group in groupby(hits, key=attrgetter("document"))
    )


def _file(document: int, hits: Sequence[Hit], asked: Ask, corpus: Corpus, scoped: Scoped, *, query: Query) -> FileFound:
    (place, *also), total = scoped.places(document, ALSO + 1)
    head = corpus.lines(document, 1, 1)
    language = language_of(place.path, head[0][:HEAD] if head else b"")
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
    for numbers in stretches(((line, line) for line in by_line), asked.context):
        # Without context each line of a stretch is a hit, whose text is here.
        lines = corpus.lines(document, numbers[0], numbers[-1]) if asked.context else [b""] * len(numbers)
        yield tuple(
            _line(number, text, by_line.get(number), query) for number, text in enumerate(lines, start=numbers[0])
        )


def _line(number: int, text: bytes, hit: Hit | None, query: Query) -> LineFound:
    if hit is not None:
        return LineFound(number, hit.text, hit.column, hit.length, hit.spans, is_hit=True)
    # Context may match as well: of the page before or the next one.
    spans = matches_in_context(text, matcher(query))
    return LineFound(number, text[:SHOWN], 0, len(text), spans, is_hit=bool(spans))
