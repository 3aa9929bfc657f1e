# SPDX-License-Identifier: Apache-2.0
"""The word at a spot of a file, and where the vendor's own build says that the same thing is meant.

What a compiler knows comes before what is only spelled alike, and is never mixed with it on a page.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Final

from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.readingroom.commands.search import show_found
from glasshouse.domain.readingroom.commands.showing import visit_of
from glasshouse.domain.readingroom.errors import NoWordError
from glasshouse.domain.readingroom.values import ReferencesShown, Room, Spot
from glasshouse.domain.releases import crossings
from glasshouse.domain.releases import queries as releases
from glasshouse.domain.releases.crossings import Meant
from glasshouse.domain.releases.found import Asked, FileHits, FoundLine, Stretch
from glasshouse.domain.releases.values import Window
from glasshouse.engines.codeindex.symbols.ranking import Reference
from glasshouse.engines.codeindex.text import Role, display_text
from glasshouse.kernel.errors import NotFoundError
from glasshouse.kernel.lines import Span
from glasshouse.kernel.paths import TreePath

BY_NAME: Final = "by-name"
"""The continuation behind the last exact page: lines that hold the name, whatever is meant there."""
_WORD: Final = re.compile(r"\w+")
_AFTER: Final = re.compile(r"exact:([1-9][0-9]{0,8})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a file; `column` is the byte of the line at which it begins, None where a mark stands before it."""

    window: Window
    path: TreePath
    line: int
    name: str
    column: int | None

    def meant(self, room: Room) -> Meant | None:
        """Return what an imported index knows of it, within the room's grant."""
        if self.column is None:
            return None
        return crossings.meant_at(room.release, room.terms.patterns, self.path, self.line, self.column)


def word_at(room: Room, path: TreePath, spot: Spot) -> Word:
    """Read the line of a spot and return it with the word there, of which nothing was shown yet."""
    window = releases.lines(room.release, path, Span(spot.line, spot.line))
    tokens = window.lines[0].tokens if window.lines else ()
    # What a screen would not show stands as a mark, and no word goes on over one.
    text = "".join("\0" * len(one.text) if one.role is Role.MARK else one.text for one in tokens)
    for match in _WORD.finditer(text):
        if match.start() <= spot.column <= match.end():
            before = text[: match.start()]
            return Word(window, path, spot.line, match[0], None if "\0" in before else len(before.encode()))
    raise NoWordError("No word stands there.", hint="Name the column of a letter of the word.")


def is_exact(after: str) -> bool:
    """Say whether a continuation is asked of the index; the first page is, where the index knows the word."""
    return not after or after.startswith("exact:")


def exact_references(viewer: Viewer, room: Room, word: Word, *, after: str, now: datetime) -> ReferencesShown | None:
    """Show a viewer the lines that mean the word at a spot, charged and recorded each; None where no index knows it."""
    visit = visit_of(room)
    meant = word.meant(room)
    match = _AFTER.fullmatch(after)
    if after and (match is None or meant is None):
        raise NotFoundError
    uses = meant.uses(int(match[1]) if match else 0) if meant else None
    if meant is None or uses is None or not uses.here:
        if after:
            raise NotFoundError
        return None
    asked = Asked(word.name, is_literal=True, whole_word=True, context=0)
    page = replace(uses.page(asked), rest=f"exact:{uses.next}" if uses.next else BY_NAME)
    found = show_found(viewer, [room], visit, page, asked, after="", now=now, more={"index": str(meant.index)})
    return ReferencesShown(
        found, display_text(word.name.encode()), by_use(uses.ranked(found.files), found.files), is_exact=True
    )


def by_use(ranked: Sequence[Reference], files: Sequence[FileHits]) -> list[tuple[str, list[FileHits]]]:
    """Return files' found lines grouped by what each does with a word, in the order of the references."""
    by_path = {file.path: file for file in files}
    lines = {(path, line.number): line for path, file in by_path.items() for line in found_lines(file)}
    return [
        (
            use.value,
            [
                _part_of(by_path[path], [lines[path, one.hit.line] for one in some])
                for path, some in groupby(of_use, key=attrgetter("hit.path"))
            ],
        )
        for use, of_use in groupby(ranked, key=attrgetter("use"))
    ]


def found_lines(file: FileHits) -> list[FoundLine]:
    """Return the lines of a file that were found, without those beside them."""
    return [line for stretch in file.stretches for line in stretch.lines if line.is_hit]


def _part_of(file: FileHits, lines: Sequence[FoundLine]) -> FileHits:
    """Return some of a file's lines, neighbours in one stretch."""
    stretches: list[Stretch] = []
    for line in lines:
        if stretches and stretches[-1].last + 1 == line.number:
            stretches[-1] = Stretch([*stretches[-1].lines, line])
        else:
            stretches.append(Stretch([line]))
    return replace(file, stretches=stretches, hits=len(lines))
