# SPDX-License-Identifier: Apache-2.0
"""Values of a search: what a person asks, and what was found, as far as their patterns cover it."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from glasshouse.domain.access.values import Patterns
from glasshouse.domain.releases.values import ReleaseRef
from glasshouse.engines.codeindex.languages import Language
from glasshouse.engines.codeindex.search.matching import Query, matcher
from glasshouse.engines.codeindex.structure.values import LANGUAGES as STRUCTURED
from glasshouse.engines.codeindex.structure.values import Structure
from glasshouse.engines.codeindex.text import Token
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.errors import InvalidError
from glasshouse.kernel.paths import TreePath

MAX_CONTEXT = 10
MAX_PATHS = 16
LANGUAGES: Final = tuple(language.value for language in Language)
"""The names of languages that a search can be narrowed to."""
STRUCTURE_LANGUAGES: Final = STRUCTURED
"""The names of languages whose structure can be searched."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person asks: a pattern, how it is meant, and where to look for it.

    `paths` are patterns as a grant has them, all paths when empty; `language` is a name of LANGUAGES, all when empty;
    `context` counts the lines shown on each side of a found one. Raises InvalidError with a reason for people.
    """

    pattern: str
    is_literal: bool = False
    ignores_case: bool = False
    whole_word: bool = False
    paths: tuple[str, ...] = ()
    language: str = ""
    context: int = 2

    def __post_init__(self) -> None:
        """Refuse what cannot be searched for."""
        _check_scope(self.paths, self.context)
        if self.language and self.language not in LANGUAGES:
            raise InvalidError(f"Not a language: {self.language[:40]!r}", hint="Leave it empty to search them all.")
        matcher(self.query)  # raises for a pattern that cannot be searched, before anybody is asked

    @property
    def query(self) -> Query:
        """Return the pattern and how it is meant."""
        return Query(self.pattern, self.is_literal, self.ignores_case, self.whole_word)


@dataclass(frozen=True, slots=True)
class StructureAsked:
    """What a person asks of the structure of code: a piece of code of a language, with `$NAME` for holes.

    `language` is a name of STRUCTURE_LANGUAGES, the others are as in `Asked`. Raises InvalidError with a reason for
    people; whether the pattern is code of its language is said by the search.
    """

    pattern: str
    language: str
    paths: tuple[str, ...] = ()
    context: int = 2

    def __post_init__(self) -> None:
        """Refuse what cannot be searched for."""
        _check_scope(self.paths, self.context)
        Structure(self.pattern, self.language)

    @property
    def query(self) -> Structure:
        """Return the pattern with its language."""
        return Structure(self.pattern, self.language)


def _check_scope(paths: tuple[str, ...], context: int) -> None:
    if not 0 <= context <= MAX_CONTEXT:
        raise InvalidError(f"A search shows 0 to {MAX_CONTEXT} lines of context, not {context}.")
    if len(paths) > MAX_PATHS:
        raise InvalidError(f"A search has at most {MAX_PATHS} path patterns, not {len(paths)}.")
    if paths:
        Patterns(paths)


@dataclass(frozen=True, slots=True)
class FoundPart:
    """Some text of a shown line, of one colour; `is_found` where the pattern matched it."""

    token: Token
    is_found: bool


@dataclass(frozen=True, slots=True)
class FoundLine:
    """A line as a search shows it: one that was found, or context beside one.

    `column` counts the bytes left out before the shown part, `length` the bytes of the whole line; `is_cut` says that
    something was left out before or behind.
    """

    number: int
    parts: Sequence[FoundPart]
    is_hit: bool
    column: int
    length: int
    is_cut: bool


@dataclass(frozen=True, slots=True)
class Stretch:
    """Neighbouring lines of one file; between two stretches something is left out."""

    lines: Sequence[FoundLine]

    @property
    def first(self) -> int:
        """Return the number of the first line."""
        return self.lines[0].number

    @property
    def last(self) -> int:
        """Return the number of the last line."""
        return self.lines[-1].number


@dataclass(frozen=True, slots=True)
class FoundAt:
    """A place of some content: a path in a release."""

    release: ReleaseRef
    path: TreePath


@dataclass(frozen=True, slots=True)
class FileHits:
    """The lines found in one file. The same content elsewhere in the scope is shown once: `also` names some of it."""

    release: ReleaseRef
    path: TreePath
    digest: Digest
    language: str
    stretches: Sequence[Stretch]
    hits: int
    also: Sequence[FoundAt]
    also_total: int


class Unsearched(StrEnum):
    """Why a file in scope was not searched."""

    BINARY = "binary"
    TOO_LARGE = "too-large"
    LINK = "link"
    NOT_INDEXED = "not-indexed"
    # Of a structural search alone.
    NOT_PARSED = "not-parsed"
    TOO_SLOW = "too-slow"
    TOO_MANY = "too-many-matches"


@dataclass(frozen=True, slots=True)
class NotSearched:
    """Files in scope that were not looked at, which is not the same as no match; `some` names the first of them."""

    reason: Unsearched
    files: int
    some: Sequence[FoundAt]


@dataclass(frozen=True, slots=True)
class Share:
    """The lines found in one part of what was searched, and in how many of its files.

    `name` is that of a language, empty where none is known, of a release, or the path of a file or folder, which ends
    with a slash. `paths` are the patterns that narrow the same search to a folder or file, none where none can.
    """

    name: str
    lines: int
    files: int
    release: ReleaseRef | None = None
    paths: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Shares:
    """Where lines were found, the parts with the most first; at least so many when it is not exact.

    `folders` are the entries of the deepest folder that holds all of them. `more` counts those that are left out.
    """

    folders: Sequence[Share]
    more_folders: int
    releases: Sequence[Share]
    languages: Sequence[Share]
    more_languages: int
    is_exact: bool


@dataclass(frozen=True, slots=True)
class Tally:
    """How much a whole search finds, in lines and in files, each path counted for itself.

    Not `is_exact`: at least so many. While it `is_running`, ask again. `left` counts the files that a structural search
    has not come to; it goes on only while it is asked, and its next pages come to the others. `shares` say where the
    lines are, or come later while it `is_sharing`.
    """

    lines: int
    files: int
    is_exact: bool
    is_running: bool
    left: int = 0
    shares: Shares | None = None
    is_sharing: bool = False
