# SPDX-License-Identifier: Apache-2.0
"""What comes out of a source, what stays outside, and how much of it is allowed."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from glasshouse.kernel.paths import MAX_BYTES, TreePath

CHUNK = 256 * 1024
"""No chunk of a member is longer than this, in bytes."""

PLAIN = 0o100644
EXECUTABLE = 0o100755
SYMLINK = 0o120000


class Kind(StrEnum):
    """What a member is, once its mode has been reduced."""

    FILE = "file"
    LINK = "link"
    HARD_LINK = "hard-link"


class Reason(StrEnum):
    """Why something that stands in a source did not come in."""

    ABSOLUTE_NAME = "absolute-name"
    PARENT_NAME = "parent-name"
    BAD_NAME = "bad-name"
    NAME_TOO_LONG = "name-too-long"
    TOO_DEEP = "too-deep"
    DUPLICATE_NAME = "duplicate-name"
    FILE_FOLDER_CONFLICT = "file-folder-conflict"
    TOO_LARGE = "too-large"
    DEVICE = "device"
    FIFO = "fifo"
    SOCKET = "socket"
    HARD_LINK_MISSING = "hard-link-missing"
    BAD_LINK = "bad-link"
    SPARSE = "sparse"
    ENCRYPTED = "encrypted"
    SUBMODULE = "submodule"
    UNREADABLE = "unreadable"
    UNSUPPORTED = "unsupported"


@dataclass(frozen=True, slots=True)
class Member:
    """One file or link, its content still to be read.

    `mode` is 0o100644, 0o100755 or 0o120000; nothing else of the original mode survives. The chunks hold
    `size` bytes together, each at most `CHUNK`; they MUST be consumed before the next member is asked for, or
    they are gone. A symbolic link's content is its target, data and never followed. A hard link has no content:
    `target` is the path of an earlier member of the same source, which the store repeats under this path with
    the earlier member's mode. `git_id` is the id under which a git source files the content (20 or 32 bytes);
    whoever hashes the content MUST refuse it when the two differ.
    """

    path: TreePath
    kind: Kind
    mode: int
    size: int
    chunks: Iterator[bytes]
    target: TreePath | None = None
    git_id: bytes | None = None


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something that did not come in: its raw name (at most 4,096 bytes of it) and why."""

    name: bytes
    reason: Reason
    detail: str = ""

    def __post_init__(self) -> None:
        """Keep no more of a name than a path may have."""
        if len(self.name) > MAX_BYTES:
            object.__setattr__(self, "name", self.name[:MAX_BYTES])


LeftOutSink = Callable[[LeftOut], None]


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one source may unfold to. A file above `file_bytes` is left out; any other excess refuses the source.

    `ratio` is decoded to encoded bytes, looked at once `ratio_after` bytes were decoded. `members` counts all that
    is listed, folders too; `left_out` bounds the list that the manifest has to carry.
    """

    members: int = 2_000_000
    folders: int = 1_000_000
    left_out: int = 20_000
    total_bytes: int = 64 * 2**30
    file_bytes: int = 8 * 2**30
    ratio: int = 200
    ratio_after: int = 64 * 2**20
    seconds: float = 6 * 3600.0
