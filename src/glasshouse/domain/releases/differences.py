# SPDX-License-Identifier: Apache-2.0
"""One file side by side in two releases, as rows that are shown, charged and recorded."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from glasshouse.domain.access.values import Shown
from glasshouse.domain.journal.values import Fields, Json
from glasshouse.domain.releases import vault
from glasshouse.domain.releases.errors import NotTextError, TooLargeToCompareError
from glasshouse.domain.releases.matching import Pair, Side, matches
from glasshouse.domain.releases.values import Line, ReleaseRef, shown_of
from glasshouse.engines.codeindex.colour import colour
from glasshouse.engines.codeindex.languages import Language, language_of
from glasshouse.engines.store import Entry
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.paths import TreePath

MAX_BYTES = 2 * 1024 * 1024
MAX_LINES = 50_000
CONTEXT = 3
PAGE_ROWS = 400


@dataclass(frozen=True, slots=True)
class Row:
    """A row as it is shown; `skipped` counts equal lines left out before it."""

    side: Side
    before: Line | None
    after: Line | None
    skipped: int = 0


@dataclass(frozen=True, slots=True)
class Half:
    """One side of the comparison: the file, and which of its lines are shown."""

    release: ReleaseRef
    path: TreePath
    digest: Digest
    shown: tuple[Shown, ...]
    lines_digest: Digest


@dataclass(frozen=True, slots=True)
class Difference:
    """A page of the comparison from `first_row` on. `next_row` continues it; None at the end."""

    rows: Sequence[Row]
    added: int
    removed: int
    before: Half
    after: Half
    first_row: int
    next_row: int | None

    @property
    def shown(self) -> tuple[Shown, ...]:
        """Return the lines of both sides, for the charge."""
        return (*self.before.shown, *self.after.shown)

    def evidence(self) -> Fields:
        """Return what the event says of the shown lines, without a name."""
        return {
            "sides": [
                {
                    "lines": str(half.lines_digest),
                    "ranges": [[part.first, part.first + len(part.costs) - 1] for part in half.shown],
                    "root": str(half.release.root),
                }
                for half in (self.before, self.after)
            ]
        }

    def source_evidence(self) -> Fields:
        """Return what the event says under the product's key."""
        sides: list[Json] = [{"digest": str(half.digest), "path": str(half.path)} for half in (self.before, self.after)]
        return {"sides": sides}


def is_comparable(before: Entry, after: Entry) -> bool:
    """Say whether two files are compared by lines: both are text, neither is too large."""
    return not any(entry.is_binary or _is_too_large(entry) for entry in (before, after))


def _is_too_large(entry: Entry) -> bool:
    return entry.size > MAX_BYTES or entry.lines > MAX_LINES


def difference(
    before: ReleaseRef,
    path_before: TreePath,
    after: ReleaseRef,
    path: TreePath,
    *,
    first_row: int = 0,
    at: int | None = None,
) -> Difference:
    """Compare two files line by line and return one page of rows, equal stretches left out.

    `at` names a line of the newer file: a page that holds it is returned, or what differs nearest to it.
    """
    old, new = _File.of(before, path_before), _File.of(after, path)
    pairs = list(_rows(old.lines, new.lines))
    visible = list(_with_context(pairs))
    if at is not None:
        first_row = _page_with(visible, at - 1)
    page = visible[first_row : first_row + PAGE_ROWS]
    old_shown = sorted({pair.before for _, pair in page if pair.before is not None})
    new_shown = sorted({pair.after for _, pair in page if pair.after is not None})
    old_lines, new_lines = old.coloured(old_shown), new.coloured(new_shown)
    rows = [
        Row(
            pair.side,
            old_lines[pair.before] if pair.before is not None else None,
            new_lines[pair.after] if pair.after is not None else None,
            skipped,
        )
        for skipped, pair in page
    ]
    end = first_row + PAGE_ROWS
    return Difference(
        rows=rows,
        added=sum(pair.before is None or pair.side is Side.CHANGED for pair in pairs),
        removed=sum(pair.after is None or pair.side is Side.CHANGED for pair in pairs),
        before=old.half(old_shown),
        after=new.half(new_shown),
        first_row=first_row,
        next_row=end if end < len(visible) else None,
    )


@dataclass(frozen=True, slots=True)
class _File:
    release: ReleaseRef
    path: TreePath
    entry: Entry
    lines: Sequence[bytes]
    language: Language | None

    @classmethod
    def of(cls, release: ReleaseRef, path: TreePath) -> "_File":
        store = vault.product_store(release.product)
        entry = store.manifest(release.root).entry(path)
        if entry.is_binary:
            raise NotTextError("A binary file is compared by its digest only.")
        if _is_too_large(entry):
            raise TooLargeToCompareError(
                f"This file has {entry.size:,} bytes in {entry.lines:,} lines; files up to {MAX_BYTES:,} bytes and"
                f" {MAX_LINES:,} lines are compared by lines.",
                hint="Open each side and read the lines you need.",
            )
        content = b"".join(store.read_blob(entry))
        lines = [line + b"\n" for line in content.split(b"\n")]
        lines[-1] = lines[-1][:-1]
        if not lines[-1]:
            lines.pop()
        return cls(release, path, entry, lines, language_of(path, b"".join(lines[:2])[:256]))

    def coloured(self, wanted: Sequence[int]) -> dict[int, Line]:
        found: dict[int, Line] = {}
        for first, last in _ranges(wanted):
            context = self.lines[max(0, first - 100) : first]
            tokens = colour(self.lines[first : last + 1], self.language, context_before=context)
            found |= {first + step: Line(first + step + 1, line) for step, line in enumerate(tokens)}
        return found

    def half(self, wanted: Sequence[int]) -> Half:
        blob = vault.blob_id(self.release.product, self.entry.digest)
        shown = tuple(
            shown_of(blob, first + 1, [len(line) for line in self.lines[first : last + 1]], frozenset())
            for first, last in _ranges(wanted)
        )
        digest = hashlib.sha256()
        for index in wanted:
            digest.update(self.lines[index])
        return Half(self.release, self.path, self.entry.digest, shown, Digest(digest.digest()))


def _ranges(wanted: Sequence[int]) -> Iterator[tuple[int, int]]:
    start = None
    for place, index in enumerate(wanted):
        start = index if start is None else start
        if place + 1 == len(wanted) or wanted[place + 1] != index + 1:
            yield start, index
            start = None


def _rows(before: Sequence[bytes], after: Sequence[bytes]) -> Iterator[Pair]:
    """Yield every row: equal lines, and what lies between them paired as changed, removed or added."""
    at_a = at_b = 0
    for index_a, index_b in (*matches(before, after), (len(before), len(after))):
        while at_a < index_a and at_b < index_b:
            yield Pair(Side.CHANGED, at_a, at_b)
            at_a, at_b = at_a + 1, at_b + 1
        yield from (Pair(Side.REMOVED, index, None) for index in range(at_a, index_a))
        yield from (Pair(Side.ADDED, None, index) for index in range(at_b, index_b))
        at_a, at_b = index_a + 1, index_b + 1
        if index_a < len(before) and index_b < len(after):
            yield Pair(Side.SAME, index_a, index_b)


def _page_with(visible: Sequence[tuple[int, Pair]], index: int) -> int:
    """Return the first row of a page that holds a line of the newer file: the first page where that one does."""
    place = next((row for row, (_, pair) in enumerate(visible) if (pair.after or 0) >= index), len(visible))
    return 0 if place < PAGE_ROWS else min(place, len(visible) - 1) - CONTEXT


def _with_context(pairs: Sequence[Pair]) -> Iterator[tuple[int, Pair]]:
    """Yield the rows near a change, each with the number of equal rows left out before it."""
    near = bytearray(len(pairs))
    for place, pair in enumerate(pairs):
        if pair.side is not Side.SAME:
            near[max(0, place - CONTEXT) : place + CONTEXT + 1] = b"\1" * len(
                near[max(0, place - CONTEXT) : place + CONTEXT + 1]
            )
    skipped = 0
    for place, pair in enumerate(pairs):
        if near[place]:
            yield skipped, pair
            skipped = 0
        else:
            skipped += 1
