# SPDX-License-Identifier: Apache-2.0
"""Questions to the searcher and its answers, as values."""

from dataclasses import dataclass
from typing import NamedTuple

from glasshouse.engines.codeindex.search.matching import Query
from glasshouse.engines.codeindex.structure.values import Structure
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.errors import ConflictError, InvalidError
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.paths import TreePath


class SearcherSilentError(ConflictError):
    """No searcher answers."""

    code = "codeindex.searcher-silent"


class SearchBusyError(ConflictError):
    """This person asks more often than people do."""

    code = "codeindex.search-busy"


class MalformedMessageError(InvalidError):
    """Bytes that are no message of this protocol."""

    code = "codeindex.malformed-message"


@dataclass(frozen=True, slots=True)
class Ask:
    """A search as its asker was judged: the releases of a product by root, narrowed by sets of path patterns.

    A path is searched when `patterns`, the grant's, and `paths`, the person's own where there are any, both cover it.
    A query for structure has the language it is written in, and `language` is the same.
    `after` is where the page before ended. Searches are fair between persons, and nobody else may ask for the tally.
    How many a person and their organisation begin in a minute is bounded.
    """

    person: Uid
    organisation: Uid
    grant: Uid
    product: Uid
    roots: tuple[Digest, ...]
    patterns: tuple[str, ...]
    paths: tuple[str, ...]
    language: str
    query: Query | Structure
    context: int
    after: str = ""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A page that is not there yet; the same question joins its search.

    `loading`: how many hundredths of its text the searcher has loaded since it began, None when that is not why.
    """

    loading: int | None = None


class LineFound(NamedTuple):
    """A line to show: its text from byte `column` on, cut to a bound; `length` is the whole line's."""

    number: int
    text: bytes
    column: int
    length: int
    spans: tuple[tuple[int, int], ...]
    is_hit: bool


class Place(NamedTuple):
    """A path in the release whose root is the `root`-th of the question."""

    root: int
    path: TreePath


@dataclass(frozen=True, slots=True)
class FileFound:
    """Content that holds hits: where it stands first, some of where else, and its lines in stretches."""

    place: Place
    digest: Digest
    language: str
    hits: int
    also: tuple[Place, ...]
    also_total: int
    stretches: tuple[tuple[LineFound, ...], ...]


@dataclass(frozen=True, slots=True)
class Skipped:
    """Files in scope that were not searched, and why; `some` names the first of them."""

    reason: str
    files: int
    some: tuple[Place, ...]


class Share(NamedTuple):
    """The lines that were found in one part of the scope, and in how many of its files.

    `paths` narrow the question to a folder or a file.
    """

    name: str
    lines: int
    files: int
    paths: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Shares:
    """Where lines were found, by lines, the most first; at least so many when it is not exact.

    `folders` are the entries of the deepest folder that holds all of them, by their whole path, a folder's with a slash
    at its end; `releases` are named by their roots, a file of no known language is in the language "".
    `more` counts those that are left out.
    """

    folders: tuple[Share, ...]
    more_folders: int
    releases: tuple[Share, ...]
    languages: tuple[Share, ...]
    more_languages: int
    is_exact: bool


@dataclass(frozen=True, slots=True)
class Tallied:
    """How much a whole search finds; at least so much when it is not exact. `left` files wait to be analysed."""

    lines: int
    files: int
    is_exact: bool
    is_running: bool
    left: int = 0
    shares: Shares | None = None
    is_sharing: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """The first page of a search, or the next one; `loading` as in `Waiting`: all was searched, only more slowly."""

    ticket: str
    files: tuple[FileFound, ...]
    rest: str
    tally: Tallied
    searched: int
    skipped: tuple[Skipped, ...]
    seconds: float
    loading: int | None = None
