# SPDX-License-Identifier: Apache-2.0
"""The files of a release as a search sees them: columns, narrowed by patterns and language before anything is read.

A release of 79,000 paths is read in a quarter of a second and then held as some megabytes; patterns are matched in
one pass over all paths. Both are remembered, because a release never changes and a grant's patterns seldom do.
"""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import re2
from numpy.typing import NDArray

from glasshouse.domain.access.globs import expression
from glasshouse.domain.access.values import Patterns
from glasshouse.domain.releases import indexing, vault
from glasshouse.domain.releases.found import Unsearched
from glasshouse.engines.codeindex.languages import Language, language_of
from glasshouse.engines.store import Content
from glasshouse.engines.store.errors import DamagedError
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.paths import TreePath

Mask = NDArray[np.bool_]
DIGEST: Final = 32
# What a file of each kind is; the first is searched.
KINDS: Final = (None, Unsearched.BINARY, Unsearched.TOO_LARGE, Unsearched.LINK)
_LANGUAGES: Final = tuple(Language)
_PLACES: Final = {language: place for place, language in enumerate(_LANGUAGES)}
_EXPRESSION_BYTES: Final = 64 * 2**20


@dataclass(frozen=True, slots=True, eq=False)
class Files:
    """A release's files as columns, in the order of paths.

    `joined` holds NUL, slash, path and NUL for each, `starts` where each path begins; `numbers` name content within
    the product, `digests` are its SHA-256, 32 bytes each; `kinds` index KINDS, `is_empty` marks files of no bytes,
    `lines` counts as a listing does.
    """

    product: Uid
    root: Digest
    joined: bytes
    starts: NDArray[np.int64]
    numbers: NDArray[np.uint32]
    digests: bytes
    kinds: NDArray[np.uint8]
    is_empty: Mask
    lines: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.numbers)

    def path(self, row: int) -> TreePath:
        """Return the path of a row."""
        return TreePath(self.raw_path(row))

    def raw_path(self, row: int) -> bytes:
        """Return the bytes of a row's path."""
        start = int(self.starts[row])
        return self.joined[start : self.joined.index(b"\0", start)]

    def digest(self, row: int) -> bytes:
        """Return the digest of a row's content."""
        return self.digests[row * DIGEST : (row + 1) * DIGEST]


@functools.lru_cache(maxsize=32)
def files_of(product: Uid, root: Digest, largest: int) -> Files:
    """Return the files of a release; those of more than `largest` bytes are not searched.

    Raises when the product's key was destroyed or the release is not in the store.
    """
    contents = list(vault.product_store(product).manifest(root).contents())
    lengths = np.fromiter((len(one.path) + 3 for one in contents), np.int64, len(contents))
    sizes = np.fromiter((one.size for one in contents), np.int64, len(contents))
    return Files(
        product=product,
        root=root,
        joined=b"".join([b"\0/%s\0" % one.path for one in contents]),
        starts=np.cumsum(lengths) - lengths + 2,
        numbers=np.fromiter((one.number for one in contents), np.uint32, len(contents)),
        digests=b"".join([one.digest for one in contents]),
        kinds=np.fromiter((_kind(one, largest) for one in contents), np.uint8, len(contents)),
        is_empty=sizes == 0,
        lines=np.fromiter((one.lines for one in contents), np.int64, len(contents)),
    )


def _kind(content: Content, largest: int) -> int:
    if content.is_link:
        return KINDS.index(Unsearched.LINK)
    if content.is_binary:
        return KINDS.index(Unsearched.BINARY)
    return KINDS.index(Unsearched.TOO_LARGE) if content.size > largest else 0


def narrowed(files: Files, patterns: Sequence[Patterns], language: str) -> Mask:
    """Return which files every one of these patterns covers, in a language if one is named."""
    mask = np.ones(len(files), np.bool_)
    for one in patterns:
        if not one.is_whole:
            mask &= _covered(files, one)
    if language:
        mask &= languages(files) == _LANGUAGES.index(Language(language))
    return mask


@functools.lru_cache(maxsize=512)
def _covered(files: Files, patterns: Patterns) -> Mask:
    globs = [glob.encode("utf-8", "surrogateescape") for glob in patterns.globs]
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.max_mem = _EXPRESSION_BYTES
    options.never_capture = True
    found = re2.compile(expression(globs), options).finditer(files.joined)
    begins = np.fromiter((match.start() + 2 for match in found), np.int64)
    mask = np.zeros(len(files), np.bool_)
    mask[np.searchsorted(files.starts, begins)] = True
    return mask


def languages(files: Files) -> NDArray[np.int16]:
    """Return each file's language as a place in `Language`, -1 where none is known.

    It is told by the name, else by the first line, as far as the files are indexed.
    """
    return _languages(files, frozenset(indexing.names(files.product)))


@functools.lru_cache(maxsize=32)
def _languages(files: Files, segments: frozenset[str]) -> NDArray[np.int16]:
    found = _named(files).copy()
    told: dict[bytes, int] = {}
    for name in segments:
        told |= _told(files.product, name)
    for row in np.flatnonzero((found < 0) & (files.kinds == 0)).tolist():
        found[row] = told.get(files.digest(row), -1)
    return found


@functools.lru_cache(maxsize=32)
def _named(files: Files) -> NDArray[np.int16]:
    """Return each file's language by its name alone."""
    named = (language_of(files.path(row), b"") for row in range(len(files)))
    return np.fromiter((-1 if one is None else _PLACES[one] for one in named), np.int16, len(files))


@functools.lru_cache(maxsize=128)
def _told(product: Uid, name: str) -> dict[bytes, int]:
    """Return what a segment tells of first lines; nothing while it is damaged, which others report."""
    try:
        return {digest: _PLACES[language] for digest, language in indexing.languages(product, name).items()}
    except DamagedError:
        return {}


@dataclass(frozen=True, slots=True, eq=False)
class Entries:
    """Each path cut behind so many parts, a folder's with a slash at its end; `numbers` index `names`."""

    numbers: NDArray[np.int32]
    names: tuple[bytes, ...]


@functools.lru_cache(maxsize=64)
def entries(files: Files, depth: int) -> Entries:
    """Return the entries of a release so many folders down."""
    known: dict[bytes, int] = {}
    numbers = np.empty(len(files), np.int32)
    for row in range(len(files)):
        parts = files.raw_path(row).split(b"/", depth)
        entry = b"/".join(parts[:depth]) + b"/" * (len(parts) > depth)
        numbers[row] = known.setdefault(entry, len(known))
    return Entries(numbers, tuple(known))


def forget() -> None:
    """Let go of every path: a product was destroyed."""
    files_of.cache_clear()
    _covered.cache_clear()
    _languages.cache_clear()
    _named.cache_clear()
    _told.cache_clear()
    entries.cache_clear()
