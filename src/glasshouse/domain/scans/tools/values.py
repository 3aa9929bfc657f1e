# SPDX-License-Identifier: Apache-2.0
"""What a tool is, what it is given, and what it said, as values."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Final

from glasshouse.engines import sandbox
from glasshouse.engines.formats import sarif
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.errors import InvalidError
from glasshouse.kernel.paths import TreePath

MIB: Final = 2**20
# Where things stand in the sandbox: the tool's own files, the unit's, and what an adapter gives besides.
TOOL_FOLDER: Final = "/tool"
SOURCE_FOLDER: Final = "/src"
GIVEN_FOLDER: Final = "/given"


class Coverage(StrEnum):
    """What became of one file. Only `ANALYSED` lets silence mean that nothing was found."""

    ANALYSED = "analysed"
    SKIPPED = "skipped"
    TIMED_OUT = "timed-out"
    CRASHED = "crashed"
    NOT_APPLICABLE = "not-applicable"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file, and why where it was not analysed: words of ours, never of the tool or the source."""

    path: TreePath
    coverage: Coverage
    reason: str = ""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file of a release with its content, in memory."""

    path: TreePath
    content: bytes


@dataclass(frozen=True, slots=True)
class Unit:
    """What one start of a tool is given: files to analyse, and files that these include.

    `flags` are the compiler's, from a compile database; only tools that follow includes read them. `rules` are a pack
    that somebody brought, in the place of the tool's own; only tools that take rules read them.
    """

    files: tuple[SourceFile, ...]
    closure: tuple[SourceFile, ...] = ()
    flags: tuple[str, ...] = ()
    rules: tuple[SourceFile, ...] = ()

    @property
    def everything(self) -> tuple[SourceFile, ...]:
        """Return the files to analyse and those that they include."""
        return (*self.files, *self.closure)

    @property
    def size(self) -> int:
        """Return the bytes of all files, included ones too."""
        return sum(len(file.content) for file in self.everything)


@dataclass(frozen=True, slots=True)
class Selection:
    """Which files a tool reads: by suffix, by name, by the program that their first line names, or all."""

    suffixes: frozenset[str]
    names: frozenset[str] = frozenset()
    interpreters: frozenset[str] = frozenset()
    all_files: bool = False

    def takes(self, path: TreePath, head: bytes) -> bool:
        """Say whether the tool reads this file; `head` is the beginning of its content, 128 bytes are enough."""
        if self.all_files:
            return True
        name = path.parts[-1].decode("utf-8", "surrogateescape")
        if PurePosixPath(name).suffix.lower() in self.suffixes or name in self.names:
            return True
        line = re.match(rb"#! *(?:/usr/bin/env +(?:-S +)?)?(?:/[\w./-]*/)?([\w.+-]+)", head)
        return line is not None and line[1].decode().rstrip("0123456789.") in self.interpreters


@dataclass(frozen=True, slots=True)
class Names:
    """The names that a unit's files have in the sandbox, and the way back from what a tool prints.

    A plain name stays, so that includes are found. Any other (a leading dot or dash, a control, a letter beyond
    ASCII) becomes one of ours: no name is an option, a setting of the tool, or a line of its output.
    """

    inside: Mapping[TreePath, str]
    _back: Mapping[str, TreePath] = field(repr=False)

    @classmethod
    def of(cls, unit: Unit) -> "Names":
        """Name the files of a unit."""
        inside = {file.path: _name(file.path, number) for number, file in enumerate(unit.everything)}
        return cls(inside, {name: path for path, name in inside.items()})

    def arguments(self, unit: Unit) -> Iterator[str]:
        """Yield the absolute names of the files to analyse."""
        for file in unit.files:
            yield f"{SOURCE_FOLDER}/{self.inside[file.path]}"

    def path(self, printed: str) -> TreePath | None:
        """Return the file that a tool's word names, None where it names no file of the unit."""
        return self._back.get(
            printed.removeprefix("file://").removeprefix(SOURCE_FOLDER).removeprefix("/").removeprefix("./")
        )

    def location(self, printed: str, region: sarif.Region | None, message: str = "") -> sarif.Location:
        """Return a place in the unit, or outside it."""
        path = self.path(printed)
        if path is None:
            return sarif.Location(outside=printed[:500] or "no file", region=region, message=message)
        return sarif.Location(path=path, region=region, message=message)


_PLAIN: Final = re.compile(rb"[A-Za-z0-9_][A-Za-z0-9_.+-]{0,99}")
_SUFFIX: Final = re.compile(rb"\.[A-Za-z0-9+]{1,10}\Z")


def _name(path: TreePath, number: int) -> str:
    if len(path.raw) <= 1000 and all(_PLAIN.fullmatch(part) for part in path.parts):  # noqa: PLR2004 - well under PATH_MAX
        return path.raw.decode("ascii")
    suffix = _SUFFIX.search(path.raw)
    # No plain name begins with this sign, so that a vendor's file cannot be taken for one of ours.
    return f"~{number}{suffix[0].decode() if suffix else ''}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """One start: the command on files below `SOURCE_FOLDER`, within limits.

    `ran` are the exit statuses with which the tool says that it came to its end, whatever it found. With `collect`
    the files that it leaves in /out come back. `given` are files below `GIVEN_FOLDER`, under names of ours: rules, and
    programs of ours that drive a library.
    """

    argv: tuple[str, ...]
    limits: sandbox.Limits
    ran: frozenset[int] = frozenset({0})
    environment: Mapping[str, str] = field(default_factory=dict)
    collect: bool = False
    given: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a tool's output says: results, and what became of each file that it speaks of."""

    results: tuple[sarif.Result, ...]
    outcomes: tuple[Outcome, ...]


@dataclass(frozen=True, slots=True)
class House:
    """Is a program of ours, `program.py` in the tool's folder, run by the system's Python."""


@dataclass(frozen=True, slots=True)
class Wheels:
    """Comes from the Python package index, at exactly the bytes of `lock.txt` in the tool's folder.

    Where that folder has a `package-lock.json`, the packages that it locks come from npm's.
    """


@dataclass(frozen=True, slots=True)
class Debian:
    """Comes with the system: the package to name, and the files whose digest stands for the tool."""

    package: str
    parts: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comments:
    """How a comment in the source asks the tool for silence, as regular expressions; "" where there is no such way.

    `here` stands on the line of the result, `above` on the line before. A tool that cannot be told to ignore them is
    given the source with the words of `rewritten` as others of the same length, so that lines and columns stay.
    """

    here: bytes = b""
    above: bytes = b""
    rewritten: tuple[tuple[bytes, bytes], ...] = ()

    def __post_init__(self) -> None:
        """Refuse a replacement that would move columns."""
        if any(len(obeyed) != len(instead) for obeyed, instead in self.rewritten):
            raise InvalidError("a word is replaced by one of its length")

    def given(self, content: bytes) -> bytes:
        """Return what the tool reads in the place of this content."""
        for obeyed, instead in self.rewritten:
            content = content.replace(obeyed, instead)
        return content

    def asked(self, content: bytes) -> frozenset[int]:
        """Return the lines, counted from one, for which a comment asks for silence."""
        lines = content.split(b"\n") if self.here or self.above else []
        found = {number for number, line in enumerate(lines, 1) if self.here and re.search(self.here, line)}
        found |= {number for number, line in enumerate(lines, 2) if self.above and re.search(self.above, line)}
        return frozenset(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """One analyser. `invocation` and `reading` are pure.

    `unit_files` and `unit_bytes` bound a unit; a tool that is started once a file has one. `max_file` is the largest
    file that it is given at all. With `follows_includes` a unit brings its include closure, which counts in the
    cache key. With `takes_rules` it can be given rules that somebody brought; with `needs_rules` it has no others.
    With `utf8` it is given a letter in the place of each byte that is no UTF-8, so that lines and columns stay.
    `version` is the command that tells its version, read with `version_pattern`. What a vendor's comments ask for never
    silences a tool: `comments` says how that is seen to, and the wish becomes a proposal beside the result. `caveat` is
    what a reader of its results should know.
    """

    name: str
    about: str
    licence: str
    source: House | Wheels | Debian
    selection: Selection
    version: tuple[str, ...]
    version_pattern: str
    invocation: Callable[[Unit, Names], Invocation]
    reading: Callable[[Unit, Names, sandbox.Result], Reading]
    unit_files: int = 1
    unit_bytes: int = MIB
    max_file: int = 2 * MIB
    follows_includes: bool = False
    takes_rules: bool = False
    needs_rules: bool = False
    utf8: bool = False
    comments: Comments = Comments()
    caveat: str = ""

    @property
    def folder(self) -> str:
        """Return the name of its folder here."""
        return self.name.replace("-", "_")

    def given(self, content: bytes) -> bytes:
        """Return what the tool reads in the place of this content."""
        told = self.comments.given(content)
        if not self.utf8:
            return told
        # Only bytes that are no UTF-8 become surrogates here; each stands for one.
        return re.sub("[\udc80-\udcff]", "_", told.decode("utf-8", "surrogateescape")).encode()


class State(StrEnum):
    """Whether a tool can be used."""

    READY = "ready"
    MISSING = "missing"
    OUTDATED = "outdated"
    ALTERED = "altered"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    """What was found of a tool on this machine. `digest` is of all its files; `hint` says what to do."""

    tool: Tool
    state: State
    version: str = ""
    digest: Digest | None = None
    inputs: tuple[sandbox.Input, ...] = ()
    hint: str = ""
