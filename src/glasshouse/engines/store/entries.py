# SPDX-License-Identifier: Apache-2.0
"""What a manifest tells of a release: its files, its folders, and what differs from another release."""

from dataclasses import dataclass
from typing import NamedTuple

from glasshouse.engines.store.unpack.members import EXECUTABLE, PLAIN, SYMLINK
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.paths import TreePath

MODES = (PLAIN, EXECUTABLE, SYMLINK)


class Chunk(NamedTuple):
    """256 KiB of a larger file: its SHA-256, and the number of the line that its first byte belongs to."""

    digest: Digest
    first_line: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One file or link of a release.

    `mode` is 0o100644, 0o100755 or 0o120000 (a link, whose content is its target). `lines` counts newlines, and a
    last line without one. `git_id` is the SHA-1 under which git files the content. Files above 256 KiB have
    `chunks`. A file is binary when its first 8 KiB hold a NUL.
    """

    path: TreePath
    mode: int
    size: int
    digest: Digest
    git_id: bytes
    lines: int
    chunks: tuple[Chunk, ...]
    is_binary: bool

    @property
    def is_link(self) -> bool:
        """Say whether this is a symbolic link."""
        return self.mode == SYMLINK


class Content(NamedTuple):
    """What a search needs of a file or link: its path, and which content stands there.

    `number` names the content within the product: equal numbers are equal content, in every release.
    """

    path: bytes
    number: int
    digest: bytes
    size: int
    is_link: bool
    is_binary: bool


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder of a release; files, bytes and lines are counted through all folders below."""

    path: TreePath
    files: int
    bytes: int
    lines: int


@dataclass(frozen=True, slots=True)
class Added:
    """A file that only the newer release has."""

    entry: Entry


@dataclass(frozen=True, slots=True)
class Removed:
    """A file that only the older release has."""

    entry: Entry


@dataclass(frozen=True, slots=True)
class Changed:
    """A path whose content or mode differs."""

    before: Entry
    after: Entry


@dataclass(frozen=True, slots=True)
class Moved:
    """Content that left one path and came up at another."""

    before: Entry
    after: Entry


Change = Added | Removed | Changed | Moved


@dataclass(frozen=True, slots=True)
class Proof:
    """That a leaf stands in the manifest with this root: the leaf's bytes, its place, and the audit path.

    The leaf opens one entry, with its salt; the other leaves' salts keep their names closed.
    """

    root: Digest
    leaf: bytes
    leaf_index: int
    tree_size: int
    path: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Sealed:
    """A release that is now in the store, durable and whole.

    `new_bytes` is what the product's folder grew by on disk; `is_new` is False when the store had this very release.
    """

    root: Digest
    files: int
    bytes: int
    lines: int
    left_out: int
    new_blobs: int
    new_bytes: int
    is_new: bool
