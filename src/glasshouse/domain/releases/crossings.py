# SPDX-License-Identifier: Apache-2.0
"""Questions to the indexes that a vendor's own build wrote: what exactly is meant by the name at a spot.

The newest index that knows the spot answers. Every answer is narrowed to a grant's patterns before anything is
counted; an index of another release answers nothing. Names are source: who shows them has judged the grant and
records it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from glasshouse.domain.access.values import Patterns
from glasshouse.domain.releases import crossingshelf, finding, queries, vault
from glasshouse.domain.releases.defining import Definition
from glasshouse.domain.releases.finding import FoundPage
from glasshouse.domain.releases.found import Asked, FileHits
from glasshouse.domain.releases.models import SymbolIndex
from glasshouse.domain.releases.values import ReleaseRef
from glasshouse.engines.codeindex.languages import language_of
from glasshouse.engines.codeindex.search.questions import FileFound, Found, LineFound, Tallied
from glasshouse.engines.codeindex.search.questions import Place as FoundPlace
from glasshouse.engines.codeindex.symbols.crossing import Crossing, Place, Spelled
from glasshouse.engines.codeindex.symbols.ranking import Hit as RankedHit
from glasshouse.engines.codeindex.symbols.ranking import Known, Reference, Use, ranked
from glasshouse.engines.codeindex.symbols.values import Family
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.lines import Span
from glasshouse.kernel.paths import TreePath

MAX_DEFINITIONS: Final = 100
LINES: Final = 50
"""Lines of references on one page."""


@dataclass(frozen=True, slots=True)
class Meant:
    """What stands at a spot, as the index of this digest knows it, for patterns that cover some of the places."""

    release: ReleaseRef
    patterns: Patterns
    index: Digest
    crossing: Crossing
    spelled: Spelled

    def definitions(self) -> list[Definition]:
        """Return where it is defined, else declared, as far as the patterns cover it; the same file comes first."""
        with crossingshelf.reading():
            places = self.crossing.definitions(self.spelled, self.patterns.covers)
        places.sort(key=lambda one: (one.path != self.spelled.path, one.path, one.line))
        return [_definition(one) for one in places[:MAX_DEFINITIONS]]

    def uses(self, first: int) -> "Uses":
        """Return a page of the covered lines that mean it, from number `first` on, by what each does with it."""
        with crossingshelf.reading():
            found = self.crossing.lines(self.spelled, self.patterns.covers, first=first, count=LINES)
        here: dict[tuple[TreePath, int], list[Place]] = {}
        for place in found.places:
            here.setdefault((place.path, place.line), []).append(place)
        return Uses(self, here, found.lines, found.files, first)


@dataclass(frozen=True, slots=True)
class Uses:
    """A page of lines that mean one symbol; `lines` and `files` count all that the patterns cover."""

    meant: Meant
    here: dict[tuple[TreePath, int], list[Place]]
    lines: int
    files: int
    first: int

    @property
    def next(self) -> int:
        """Return the number of the line that the page after begins with, 0 at the end."""
        following = self.first + len(self.here)
        return following if following < self.lines else 0

    def page(self, asked: Asked) -> FoundPage:
        """Read the lines and return them as they are shown, with their price."""
        found = Found(
            ticket="",
            files=tuple(
                self._file(path, [line for _, line in some])
                for path, some in groupby(sorted(self.here), key=lambda one: one[0])
            ),
            rest="",
            tally=Tallied(self.lines, self.files, is_exact=True, is_running=False),
            searched=self.files,
            skipped=(),
            seconds=0.0,
        )
        return finding.page_of(found, [self.meant.release], self.meant.patterns, asked)

    def _file(self, path: TreePath, numbers: Sequence[int]) -> FileFound:
        item = queries.entry(self.meant.release, path)
        store = vault.product_store(self.meant.release.product)
        stretches: list[list[LineFound]] = []
        for number in numbers:
            (line,) = store.read_window(item, Span(number, number)).lines
            spans = tuple(
                (one.start, min(one.end, len(line.text)))
                for one in self.here[path, number]
                if one.start < len(line.text)
            )
            shown = LineFound(number, line.text, 0, line.length, spans, is_hit=True)
            if stretches and stretches[-1][-1].number + 1 == number:
                stretches[-1].append(shown)
            else:
                stretches.append([shown])
        language = language_of(path, b"")
        return FileFound(
            place=FoundPlace(0, path),
            digest=item.digest,
            language=language.value if language else "",
            hits=len(numbers),
            also=(),
            also_total=0,
            stretches=tuple(map(tuple, stretches)),
        )

    def ranked(self, files: Sequence[FileHits]) -> list[Reference]:
        """Order the page's lines by what each does with the name: told by the index, guessed where it does not tell."""
        hits = []
        for file in files:
            for line in (line for stretch in file.stretches for line in stretch.lines):
                text = b"".join(part.token.text.encode() for part in line.parts)
                first = self.here[file.path, line.number][0]
                hits.append(
                    (RankedHit(file.path, line.number, text, first.start, first.end), language_of(file.path, b""))
                )
        known = Known(
            {key for key, places in self.here.items() if any(one.is_definition for one in places)},
            {key for key, places in self.here.items() if any(one.is_declaration for one in places)},
        )
        writes = {key for key, places in self.here.items() if any(one.is_write for one in places)}
        found = ranked(hits, known, here=self.meant.spelled.path)
        told = (Use.DEFINITION, Use.DECLARATION)
        corrected = [
            Reference(one.hit, Use.ASSIGNMENT)
            if one.use not in told and (one.hit.path, one.hit.line) in writes
            else one
            for one in found
        ]
        order = list(Use)
        return sorted(corrected, key=lambda one: order.index(one.use))


def meant_at(found: ReleaseRef, patterns: Patterns, path: TreePath, line: int, column: int) -> Meant | None:
    """Return what a byte of a line means, as an imported index knows it; None where none does.

    A path that the patterns do not cover is known to no index.
    """
    rows = SymbolIndex.objects.filter(release__uid=found.uid.text, release__product__destroyed_at=None)
    for digest, pack in rows.values_list("digest", "pack"):
        with crossingshelf.reading():
            crossing = crossingshelf.opened(found.product, pack)
            spelled = crossing.at(path, line, column, patterns.covers)
        if spelled is not None:
            return Meant(found, patterns, Digest(bytes(digest)), crossing, spelled)
    return None


def _definition(one: Place) -> Definition:
    family = Family.DECLARATION if one.is_declaration else one.family
    language = language_of(one.path, b"")
    return Definition(
        one.path,
        one.line,
        one.last,
        one.name,
        one.family.value,
        family,
        language.value if language else "",
        is_exact=True,
    )
