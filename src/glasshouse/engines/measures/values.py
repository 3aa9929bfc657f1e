# SPDX-License-Identifier: Apache-2.0
"""What is known of one document, and the words for it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

VERSION: Final = 1
"""Of the way documents are read; facts of another version are not these facts."""
MAX_DOCUMENT: Final = 16 * 2**20


class Kind(StrEnum):
    """How a document is read; the value is the same for ever, because what was read rests under it."""

    C = "c"
    PYTHON = "python"
    OTHER = "other"
    """Source of which comments that silence a tool are counted, and no more."""
    BUILD = "build"


class Gap(StrEnum):
    """Why nothing is known of a document that should be measured."""

    TOO_LARGE = "too-large"
    BINARY = "binary"
    UNREADABLE = "unreadable"


class Silenced(StrEnum):
    """How a warning is silenced."""

    PRAGMA = "pragma"
    COMMENT = "comment"
    FLAG = "flag"


@dataclass(frozen=True, slots=True)
class Definition:
    """A macro or a function that may be another function by another name.

    `calls` are the names that its body calls, with how often. `alias` is the one word that the body of a macro is.
    `forwards` are those that get two parameters of a function first, as a copying function gets them. `checks` says
    that the body compares something, and `dropped` how many parameters it never uses. A `local` one is seen in its
    own file alone.
    """

    name: bytes
    line: int
    is_macro: bool
    calls: Mapping[bytes, int] = field(default_factory=dict)
    alias: bytes = b""
    forwards: tuple[bytes, ...] = ()
    checks: bool = False
    dropped: int = 0
    local: bool = False


@dataclass(frozen=True, slots=True)
class Hardened:
    """A build file that turns a protection on or off, by its place in `hardening.PROTECTIONS`."""

    protection: int
    is_on: bool
    line: int


@dataclass(frozen=True, slots=True)
class Facts:
    """What one document says by itself.

    `calls` counts each name that is called; `uses` names in capitals that stand without a bracket. `code` holds, for
    each line with code, its number, a hash of its tokens and how many they are (255 for more), as `clones` packs it.
    `cut` says that more was there than is kept.
    """

    code_lines: int = 0
    calls: Mapping[bytes, int] = field(default_factory=dict)
    uses: Mapping[bytes, int] = field(default_factory=dict)
    definitions: tuple[Definition, ...] = ()
    silenced: Mapping[Silenced, int] = field(default_factory=dict)
    hardened: tuple[Hardened, ...] = ()
    code: bytes = b""
    cut: bool = False
