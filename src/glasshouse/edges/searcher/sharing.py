# SPDX-License-Identifier: Apache-2.0
"""Of what is found, how much lies in which folder, release and language: counted within the scope alone."""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from glasshouse.domain.releases import searching
from glasshouse.domain.releases.narrowing import narrowed_to
from glasshouse.domain.releases.searching import Files
from glasshouse.edges.searcher.scoping import Scoped
from glasshouse.engines.codeindex.languages import Language
from glasshouse.engines.codeindex.search.questions import Ask, Share, Shares
from glasshouse.engines.codeindex.search.results import Spread
from glasshouse.kernel.paths import escaped

MOST: Final = 12
"""Folders, and languages, that are told; the others are told as a number."""
_LANGUAGES: Final = tuple(language.value.encode("ascii") for language in Language)
Numbers = NDArray[np.int64]


class _Sums:
    """Lines and files by name."""

    def __init__(self) -> None:
        self._sums: dict[bytes, tuple[int, int]] = {}

    def __len__(self) -> int:
        return len(self._sums)

    def add(self, keys: Numbers, lines: Numbers, names: Sequence[bytes]) -> None:
        """Add paths, by the place of their name; a negative place has none."""
        totals = np.bincount(keys + 1, weights=lines).astype(np.int64)
        files = np.bincount(keys + 1)
        for key in np.flatnonzero(files).tolist():
            name = names[key - 1] if key else b""
            before = self._sums.get(name, (0, 0))
            self._sums[name] = before[0] + int(totals[key]), before[1] + int(files[key])

    @property
    def only(self) -> bytes | None:
        """Return the only name there is, None where there are several."""
        return next(iter(self._sums)) if len(self._sums) == 1 else None

    def most(self) -> tuple[list[tuple[bytes, int, int]], int]:
        """Return those with the most lines, and how many are left out."""
        found = sorted((-lines, name, files) for name, (lines, files) in self._sums.items())
        return [(name, -lines, files) for lines, name, files in found[:MOST]], len(found[MOST:])


def shares_of(asked: Ask, spread: Spread, scoped: Scoped, *, is_exact: bool) -> Shares:
    """Return the shares of what was found; each path of a document counts."""
    by_release = list(_paths(spread, scoped))
    languages = _Sums()
    for one in by_release:
        languages.add(searching.languages(one.files)[one.rows].astype(np.int64), one.lines, _LANGUAGES)
    of_languages, more_languages = languages.most()
    of_folders, more_folders = _folders(by_release).most()
    of_releases = [
        Share(str(root), int(one.lines.sum()), len(one.rows))
        for root, one in zip(asked.roots, by_release, strict=True)
        if len(one.rows)
    ]
    return Shares(
        folders=tuple(
            Share(escaped(name), lines, files, narrowed_to(asked.paths, name)) for name, lines, files in of_folders
        ),
        more_folders=more_folders,
        releases=tuple(sorted(of_releases, key=lambda one: -one.lines)),
        languages=tuple(Share(name.decode("ascii"), lines, files) for name, lines, files in of_languages),
        more_languages=more_languages,
        is_exact=is_exact,
    )


class _Held(NamedTuple):
    """The rows of a release that hold found lines, and how many each."""

    files: Files
    rows: Numbers
    lines: Numbers


def _paths(spread: Spread, scoped: Scoped) -> Iterator[_Held]:
    for one in scoped.standing:
        if not len(spread.numbers):
            yield _Held(one.files, one.rows[:0], one.rows[:0])
            continue
        places = np.minimum(np.searchsorted(spread.numbers, one.numbers), len(spread.numbers) - 1)
        holds = spread.numbers[places] == one.numbers
        yield _Held(one.files, one.rows[holds], spread.lines[places[holds]])


def _folders(by_release: Sequence[_Held]) -> _Sums:
    """Return the entries of the deepest folder that holds everything found; a folder's name ends with a slash."""
    depth = 0
    while True:
        depth += 1
        sums = _Sums()
        for one in by_release:
            if len(one.rows):
                entries = searching.entries(one.files, depth)
                sums.add(entries.numbers[one.rows].astype(np.int64), one.lines, entries.names)
        if sums.only is None or not sums.only.endswith(b"/"):
            return sums
