# SPDX-License-Identifier: Apache-2.0
"""The lines of a release that a search finds there and did not find in the release before.

A document that the release before has is not looked at: nothing in it is new. What a changed file says in lines that
also matched before, as often as before, is not new either. So the work is in proportion to what changed, and no index
is wanted for it.
"""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, Self

import numpy as np
from django.conf import settings

from glasshouse.domain.access.values import Patterns
from glasshouse.domain.releases import searching, vault
from glasshouse.domain.releases.found import Asked, Unsearched
from glasshouse.domain.releases.searching import Files, Mask
from glasshouse.domain.releases.values import ReleaseRef
from glasshouse.engines.codeindex.languages import language_of
from glasshouse.engines.codeindex.search.excerpts import ALSO, HEAD, SHOWN, cut, matches_in_context, stretches
from glasshouse.engines.codeindex.search.matching import Matcher, matcher
from glasshouse.engines.codeindex.search.questions import FileFound, Found, LineFound, Place, Tallied
from glasshouse.engines.store.errors import BrokenSealError, DamagedError, EntryNotFoundError
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.errors import NotFoundError

PAGE: Final = 50
"""Found lines on a page."""
MOST_PLACES: Final = 5_000
"""Lines whose places are kept; what is found beyond them is counted only."""
MOST_LINES: Final = 100_000
SECONDS: Final = 120.0
Report = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class NewAt:
    """Where new lines stand: the row of a file in its release, what it holds, the numbers of the lines."""

    row: int
    digest: bytes
    lines: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class NewLines:
    """How many lines are new, each document counted once, and where; at least so many when not `is_exact`.

    `unsearched` counts new documents that were not looked at: binary, too large, or damaged in the store.
    """

    lines: int
    files: int
    is_exact: bool
    unsearched: int
    places: tuple[NewAt, ...]

    def to_bytes(self) -> bytes:
        """Write the places for sealing."""
        return json.dumps([[at.row, at.digest.hex(), at.lines] for at in self.places]).encode()

    @classmethod
    def places_from(cls, content: bytes) -> tuple[NewAt, ...]:
        """Read the places that `to_bytes` wrote."""
        return tuple(NewAt(row, bytes.fromhex(digest), tuple(lines)) for row, digest, lines in json.loads(content))


@dataclass(frozen=True, slots=True, eq=False)
class _Sides:
    """Two releases of a product, and which of their files are looked at."""

    before: Files
    after: Files
    covered: Mask  # of `before`
    wanted: Mask  # of `after`
    passed_over: Mask  # of `after`: in scope, and not looked at

    @classmethod
    def of(cls, before: ReleaseRef, after: ReleaseRef, patterns: Sequence[Patterns], asked: Asked) -> Self:
        limit = settings.GLASSHOUSE.search_file_bytes
        then, now = (searching.files_of(ref.product, ref.root, limit) for ref in (before, after))
        narrowing = [*patterns, *([Patterns(asked.paths)] if asked.paths else [])]
        covered, scope = (searching.narrowed(one, narrowing, asked.language) & ~one.is_empty for one in (then, now))
        is_text, is_link = now.kinds == 0, now.kinds == searching.KINDS.index(Unsearched.LINK)
        return cls(then, now, covered & (then.kinds == 0), scope & is_text, scope & ~is_text & ~is_link)

    def fresh(self) -> list[int]:
        """Return the rows of documents that the release before has nowhere in scope, each document once."""
        is_fresh = self.wanted & ~np.isin(self.after.numbers, self.before.numbers[self.covered])
        rows = np.flatnonzero(is_fresh)
        _, first = np.unique(self.after.numbers[rows], return_index=True)
        return [int(row) for row in np.sort(rows[first])]

    def unsearched(self) -> int:
        """Count the documents of `after` that are not looked at and that the release before has nowhere."""
        return len(np.setdiff1d(self.after.numbers[self.passed_over], self.before.numbers))

    def earlier(self) -> dict[bytes, bytes]:
        """Return what the release before has at each path in scope, by digest."""
        return {self.before.raw_path(int(row)): self.before.digest(int(row)) for row in np.flatnonzero(self.covered)}


def new_lines(
    before: ReleaseRef, after: ReleaseRef, patterns: Sequence[Patterns], asked: Asked, *, report: Report
) -> NewLines:
    """Count and place what a search finds in `after` and not in `before`, as far as every one of the patterns covers.

    It ends by itself after two minutes or 100,000 lines; the count is then a least. What is damaged in the store counts
    as not looked at. Raises when the product's key was destroyed.
    """
    sides = _Sides.of(before, after, patterns, asked)
    looked, rows, earlier = matcher(asked.query), sides.fresh(), sides.earlier()
    until = time.monotonic() + SECONDS
    places: list[NewAt] = []
    lines = files = kept = 0
    unsearched, is_exact = sides.unsearched(), True
    for done, row in enumerate(rows):
        report(done, len(rows))
        if lines >= MOST_LINES or time.monotonic() >= until:
            is_exact = False
            break
        try:
            numbers = _new_in(sides.after, row, earlier.get(sides.after.raw_path(row)), looked)
        except (BrokenSealError, DamagedError, EntryNotFoundError):
            unsearched += 1  # the lab's check of itself names it; here it is only no answer
            continue
        if numbers:
            lines, files = lines + len(numbers), files + 1
            some = tuple(numbers[: MOST_PLACES - kept])
            kept += len(some)
            places += [NewAt(row, sides.after.digest(row), some)] if some else []
    return NewLines(lines, files, is_exact, unsearched, tuple(places))


def _new_in(files: Files, row: int, earlier: bytes | None, looked: Matcher) -> list[int]:
    store = vault.product_store(files.product)
    known: Counter[bytes] = Counter()
    if earlier is not None:
        known.update(digest for _, digest in _matching(store.document(earlier), looked))
    found = []
    for number, digest in _matching(store.document(files.digest(row)), looked):
        if known[digest]:
            known[digest] -= 1
        else:
            found.append(number)
    return found


def _matching(content: bytes, looked: Matcher) -> Iterator[tuple[int, bytes]]:
    """Yield number and digest of each line that matches."""
    number, reached = 1, 0
    for begin, end in looked.first(content, 0, len(content), len(content) + 1):
        number += content.count(b"\n", reached, begin)
        reached = begin
        yield number, sha256(content[begin:end]).digest()


def found_at(
    ref: ReleaseRef, places: Sequence[NewAt], patterns: Sequence[Patterns], asked: Asked, *, first: int
) -> Found:
    """Return a page of the lines at these places, from the `first`-th on, as the searcher answers one.

    Raises NotFoundError when a place is not in scope, or names content that does not stand there.
    """
    sides = _Sides.of(ref, ref, patterns, asked)
    page = list(_page(places, first))
    shown = sum(len(at.lines) for at in page)
    total = sum(len(at.lines) for at in places)
    if not shown:
        raise NotFoundError
    return Found(
        ticket="",
        files=tuple(_file(sides, at, asked) for at in page),
        rest=str(first + shown) if first + shown < total else "",
        tally=Tallied(total, len(places), is_exact=True, is_running=False),
        searched=int(sides.wanted.sum()),
        skipped=(),
        seconds=0.0,
    )


def _page(places: Sequence[NewAt], first: int) -> Iterator[NewAt]:
    passed = 0
    for at in places:
        some = at.lines[max(0, first - passed) : max(0, first + PAGE - passed)]
        passed += len(at.lines)
        if some:
            yield NewAt(at.row, at.digest, some)


def _file(sides: _Sides, at: NewAt, asked: Asked) -> FileFound:
    files = sides.after
    if not (at.row < len(files) and sides.wanted[at.row] and files.digest(at.row) == at.digest):
        raise NotFoundError
    content = vault.product_store(files.product).document(at.digest)
    lines = content.removesuffix(b"\n").split(b"\n")
    if at.lines[-1] > len(lines):
        raise NotFoundError
    others = [int(row) for row in np.flatnonzero(sides.wanted & (files.numbers == files.numbers[at.row]))]
    others.remove(at.row)
    path = files.path(at.row)
    language = language_of(path, lines[0][:HEAD])
    return FileFound(
        place=Place(0, path),
        digest=Digest(at.digest),
        language=language.value if language else "",
        hits=len(at.lines),
        also=tuple(Place(0, files.path(row)) for row in others[:ALSO]),
        also_total=len(others),
        stretches=tuple(
            tuple(_line(number, lines[number - 1], asked, is_hit=number in at.lines) for number in stretch)
            for stretch in stretches(((line, line) for line in at.lines), asked.context, len(lines))
        ),
    )


def _line(number: int, text: bytes, asked: Asked, *, is_hit: bool) -> LineFound:
    looked = matcher(asked.query)
    if is_hit:
        part, column, spans = cut(text, looked.spans(text))
        return LineFound(number, part, column, len(text), spans, is_hit=True)
    return LineFound(number, text[:SHOWN], 0, len(text), matches_in_context(text, looked), is_hit=False)
