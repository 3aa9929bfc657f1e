# SPDX-License-Identifier: Apache-2.0
"""Symbols as values, and the caps on what is believed about one document."""

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

MAX_DOCUMENT: Final = 32 * 2**20
MAX_SYMBOLS: Final = 300_000
MAX_NAME: Final = 512
MAX_SCOPE: Final = 1024
MAX_SIGNATURE: Final = 2048
MAX_WORD: Final = 40  # of a kind or a language: the tool's own words


class Gap(StrEnum):
    """Why an outline is missing, or is not all there is. A gap is shown; it never reads as "no symbols"."""

    NO_PARSER = "no-parser"
    BINARY = "binary"
    TOO_LARGE = "too-large"
    TOO_SLOW = "too-slow"
    TOO_MANY = "too-many"
    CRASHED = "crashed"
    NOT_BELIEVED = "not-believed"

    @property
    def sentence(self) -> str:
        """Say it to a person."""
        return _SENTENCES[self]


_SENTENCES: Final = {
    Gap.NO_PARSER: "No parser of symbols knows this kind of file.",
    Gap.BINARY: "A binary file; symbols are looked for in text.",
    Gap.TOO_LARGE: f"Larger than {MAX_DOCUMENT // 2**20} MiB; its symbols were not looked for.",
    Gap.TOO_SLOW: "The symbol tool did not come to an end on this file.",
    Gap.TOO_MANY: f"More symbols than are kept of one file ({MAX_SYMBOLS:,}); the first of them are here.",
    Gap.CRASHED: "The symbol tool crashed on this file.",
    Gap.NOT_BELIEVED: "Some of what the symbol tool said of this file cannot be; that was left out.",
}


class Family(StrEnum):
    """What kinds of many languages have in common."""

    FUNCTION = "function"
    TYPE = "type"
    MACRO = "macro"
    MEMBER = "member"
    CONSTANT = "constant"
    VARIABLE = "variable"
    MODULE = "module"
    DECLARATION = "declaration"
    OTHER = "other"


_KINDS: Final = {
    Family.FUNCTION: "function func method subroutine procedure constructor getter setter singletonMethod generator"
    " task subprogram process trigger sub",
    Family.TYPE: "class struct union enum typedef interface type trait record entity table view subtype implementation"
    " protocol exception annotation message object talias",
    Family.MACRO: "macro define config",
    Family.MEMBER: "member field property accessor attribute port signal column",
    Family.CONSTANT: "constant enumerator const enumConstant",
    Family.VARIABLE: "variable var local global externvar",
    Family.MODULE: "module namespace package packageName library service",
    Family.DECLARATION: "prototype methodSpec subprogspec externvar",
}
_FAMILIES: Final = {kind: family for family, kinds in _KINDS.items() for kind in kinds.split()}


def family_of(kind: str, language: str) -> Family:
    """Name the family of a kind."""
    if language == "Python" and kind == "member":  # the tool's word for a method
        return Family.FUNCTION
    return _FAMILIES.get(kind, Family.OTHER)


@dataclass(frozen=True, slots=True)
class Symbol:
    """A name that a document defines or declares, as the tool says it.

    Lines count from one. `end` is the last line of what the name stands for, 0 where the tool does not know it.
    `scope` is the name of what it lies in, as the language writes it.
    """

    name: str
    kind: str
    line: int
    end: int = 0
    scope: str = ""
    signature: str = ""
    language: str = ""

    @property
    def family(self) -> Family:
        """Return the family of the kind."""
        return family_of(self.kind, self.language)

    @property
    def is_anonymous(self) -> bool:
        """Say whether the tool made the name up, for a struct that has none."""
        return self.name.startswith("__anon")


@dataclass(frozen=True, slots=True)
class Columns:
    """Symbols of one document in the order of the tool, one column a property; all columns are of one length."""

    names: Sequence[str] = ()
    kinds: Sequence[str] = ()
    lines: "array[int]" = field(default_factory=lambda: array("I"))
    ends: "array[int]" = field(default_factory=lambda: array("I"))
    scopes: Sequence[str] = ()
    signatures: Sequence[str] = ()
    languages: Sequence[str] = ()

    def __len__(self) -> int:
        return len(self.names)


@dataclass(frozen=True, slots=True)
class Outline:
    """The symbols of one document, and what is missing; None where nothing is."""

    columns: Columns = field(default_factory=Columns)
    gap: Gap | None = None

    def __len__(self) -> int:
        return len(self.columns)

    def __iter__(self) -> Iterator[Symbol]:
        """Yield the symbols in the order of the tool."""
        columns = self.columns
        return map(
            Symbol,
            columns.names,
            columns.kinds,
            columns.lines,
            columns.ends,
            columns.scopes,
            columns.signatures,
            columns.languages,
        )


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """What a document is known by: the digest of its content, and the kind of source that its name tells.

    One content may lie at two paths of different kinds; it is read once for each.
    """

    digest: bytes
    form: str


@dataclass(frozen=True, slots=True)
class Document:
    """A document to be read. `name` is the name that the tool is told: ours, never the vendor's."""

    key: Key
    name: str
    content: bytes = field(repr=False)
