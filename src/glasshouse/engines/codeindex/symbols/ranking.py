# SPDX-License-Identifier: Apache-2.0
"""References in the order in which a reader wants them: by kind of use, then what is near.

A word-exact search finds the lines; what a line does with the word is read off the line alone. That is a guess, good
enough to sort by and never a reason to leave a line out.
"""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from glasshouse.engines.codeindex.languages import Language
from glasshouse.kernel.paths import TreePath


class Use(StrEnum):
    """What a line does with a name, in the order of interest."""

    DEFINITION = "definition"
    DECLARATION = "declaration"
    CALL = "call"
    ASSIGNMENT = "assignment"
    TYPE = "type"
    OTHER = "use"
    TEXT = "comment or string"


_ORDER: Final = {use: place for place, use in enumerate(Use)}
_MAX_READ: Final = 4096
_HASH: Final = frozenset({
    *(Language.PYTHON, Language.SHELL, Language.PERL, Language.RUBY, Language.MAKE, Language.KCONFIG, Language.TCL),
    *(Language.CMAKE, Language.MESON, Language.YAML, Language.TOML, Language.AWK, Language.DOCKERFILE),
})  # fmt: skip
_DASHES: Final = frozenset({
    *(Language.SQL, Language.LUA, Language.HASKELL, Language.ADA, Language.VHDL, Language.ASN1),
})  # fmt: skip
_STRINGS: Final = rb"\"(?:[^\"\\]|\\.)*+\"?|'(?:[^'\\]|\\.)*+'?"
_SLASHES: Final = re.compile(_STRINGS + rb"|//.*+|/\*(?:[^*]|\*(?!/))*+(?:\*/)?|^\s*+\*(?:\s.*+|/.*+|$)")
_HASHES: Final = re.compile(_STRINGS + rb"|#.*+")
_DASHED: Final = re.compile(_STRINGS + rb"|--.*+")
_INCLUDE: Final = re.compile(rb"\s*+#\s*+(?:include|import)\b")
_CALL: Final = re.compile(rb"\s*+!?(?:<[\w:, *&]{1,200}>)?\(")
_ASSIGNED: Final = re.compile(
    rb"(?:\s*+\[[^\]]{0,200}\]|(?:\.|->)\w{1,100}){0,4}\s*+(?:[-+*/%&|^.?]|<<|>>|\*\*|//|\|\||&&|:)?=(?![=~>])"
)
_CHANGED: Final = re.compile(rb"\s*+(?:\+\+|--)")
_TYPE_BEFORE: Final = re.compile(
    rb"(?:\b(?:struct|class|union|enum|interface|trait|impl|extends|implements|new|typename|instanceof|throws|isa|sizeof\s*+\()\s*+"
    rb"|(?<![:?]):\s?+|->\s?+|<|::\s*+<)$"
)
_DECLARED: Final = re.compile(rb"(?:\s*+[*&]++\s*+|\s++)[A-Za-z_]\w*+\s*+(?:[;,=)\[{(]|$)")


@dataclass(frozen=True, slots=True)
class Hit:
    """A line that holds the word, as a search found it; `start` and `end` are the word's bytes in the text."""

    path: TreePath
    line: int
    text: bytes
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Reference:
    """A hit, and what its line does with the word."""

    hit: Hit
    use: Use


@dataclass(frozen=True, slots=True)
class Known:
    """Where tables know the word to be defined, and where only declared: paths with lines."""

    definitions: Collection[tuple[TreePath, int]] = ()
    declarations: Collection[tuple[TreePath, int]] = ()

    def use_of(self, hit: Hit, language: Language | None) -> Use:
        """Name the use of a hit."""
        if (hit.path, hit.line) in self.definitions:
            return Use.DEFINITION
        if (hit.path, hit.line) in self.declarations:
            return Use.DECLARATION
        return use_of(hit.text, hit.start, hit.end, language)


def ranked(
    hits: Iterable[tuple[Hit, Language | None]], known: Known, *, here: TreePath | None = None
) -> list[Reference]:
    """Return every hit, ordered by use; within a use the file `here` comes first, then its folder, then by path."""
    references = [Reference(hit, known.use_of(hit, language)) for hit, language in hits]
    folder = here.parent if here else None

    def place(reference: Reference) -> tuple[int, bool, bool, TreePath, int, int]:
        hit = reference.hit
        is_elsewhere = hit.path != here
        is_far = here is None or hit.path.parent != folder
        return _ORDER[reference.use], is_elsewhere, is_far, hit.path, hit.line, hit.start

    return sorted(references, key=place)


def use_of(text: bytes, start: int, end: int, language: Language | None) -> Use:
    """Guess what a line does with the word between these bytes. Linear in the line, of which 4 KB count."""
    text = text[:_MAX_READ]
    if _INCLUDE.match(text):  # it names a file, in quotes or not
        return Use.OTHER
    if _is_text(text, start, language):
        return Use.TEXT
    if _ASSIGNED.match(text, end) or _CHANGED.match(text, end) or text[:start].rstrip().endswith((b"++", b"--")):
        return Use.ASSIGNMENT
    if _TYPE_BEFORE.search(text[max(0, start - 64) : start]):
        return Use.TYPE
    if _CALL.match(text, end):
        return Use.CALL
    return Use.TYPE if _DECLARED.match(text, end) else Use.OTHER


def _is_text(text: bytes, start: int, language: Language | None) -> bool:
    pattern = _HASHES if language in _HASH else _DASHED if language in _DASHES else _SLASHES
    for match in pattern.finditer(text):
        if match.start() > start:
            return False
        if start < match.end():
            return True
    return False
