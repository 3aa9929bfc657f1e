# SPDX-License-Identifier: Apache-2.0
"""Indexes in SCIP's form (scip.proto of the SCIP Code Intelligence Protocol), which a vendor's own build writes.

The file is hostile: its size, nesting and lists are capped, its texts are never believed. A mention is kept only where
its range lies in the very content that stands at its path, and its name is read there and not in the index; what is
left out is counted. A document that was made of another text is left out whole: it carries its text and that differs,
or most of its definitions do not spell what they define.
"""

import re
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from glasshouse.engines.codeindex.symbols import wire
from glasshouse.engines.codeindex.symbols.errors import ScipError
from glasshouse.engines.codeindex.symbols.values import MAX_NAME, Family
from glasshouse.kernel.errors import InvalidError
from glasshouse.kernel.paths import MAX_BYTES, TreePath

MAX_INDEX: Final = 512 * 2**20
MAX_DOCUMENTS: Final = 500_000
MAX_MENTIONS: Final = 20_000_000
MAX_A_DOCUMENT: Final = 1_000_000
MAX_SYMBOL: Final = 4096
_MAX_WORD: Final = 64
_RANGE: Final = (3, 4)
_LOCAL: Final = "local "

# Field numbers of scip.proto.
_INDEX_DOCUMENT: Final = 2
_PATH, _OCCURRENCE, _LANGUAGE, _TEXT, _ENCODING = 1, 2, 4, 5, 6
_AT, _SYMBOL, _ROLES, _ENCLOSING = 1, 2, 3, 7
# The newer forms of both ranges: messages of three numbers, or of four. A reader of the older form alone would find
# nothing in a newer index, and say nothing.
_AT_FORMS: Final = frozenset({8, 9})
_ENCLOSING_FORMS: Final = frozenset({10, 11})
_DEFINITION, _IMPORT, _WRITE, _DECLARATION = 0x1, 0x2, 0x4, 0x40
# How columns count: bytes, units of UTF-16, or code points; an index that does not say so counts as most do.
_UTF8, _UTF16, _UTF32 = 1, 2, 3
_LAST_SINGLE: Final = "\uffff"  # what lies behind takes two units of UTF-16

# The name in a symbol's last descriptor, where it is a plain word; what is quoted there need not stand in the source.
_DESCRIBED: Final = re.compile(r"(?:^|[ /#.:!)\]])(\w{1,200})(?:\([^()]*\)\.|[#.:!])$")

Contents = Callable[[TreePath], bytes | None]
"""Returns the content at a path, None where nothing is that may be read."""


@dataclass(frozen=True, slots=True)
class Mention:
    """A symbol's name in a document: its line from one, and the bytes of the line that spell it.

    `symbol` is the index's own word for it. `last` is the last line of what a definition stands for, 0 where the index
    does not tell.
    """

    symbol: str
    name: str
    line: int
    start: int
    end: int
    last: int
    is_definition: bool
    is_declaration: bool
    is_write: bool
    is_import: bool

    @property
    def is_local(self) -> bool:
        """Say whether the symbol means something in its document only."""
        return self.symbol.startswith(_LOCAL)

    @property
    def family(self) -> Family:
        """Return what kind of thing the symbol's last descriptor says it is."""
        if self.is_local:
            return Family.VARIABLE
        for suffix, family in _SUFFIXES.items():
            if self.symbol.endswith(suffix):
                return family
        return Family.OTHER


_SUFFIXES: Final = {
    "#": Family.TYPE,
    ").": Family.FUNCTION,
    ".": Family.VARIABLE,
    "/": Family.MODULE,
    "!": Family.MACRO,
}


@dataclass(frozen=True, slots=True)
class MentionedDocument:
    """What an index tells of one document, in the order of lines, and how much of it was left out."""

    path: TreePath
    language: str
    mentions: tuple[Mention, ...]
    left_out: int


@dataclass(slots=True)
class Reading:
    """The reading of one index, document by document; the counts are those of what was read so far.

    `foreign_documents` were made of another text than stands at their path.
    """

    index: bytes = field(repr=False)
    contents: Contents = field(repr=False)
    documents: int = 0
    mentions: int = 0
    left_out_documents: int = 0
    foreign_documents: int = 0
    kept_mentions: int = 0
    left_out_mentions: int = 0

    def __post_init__(self) -> None:
        """Refuse an index that is larger than any that is read."""
        if len(self.index) > MAX_INDEX:
            raise ScipError(f"An index has at most {MAX_INDEX // 2**20} MiB.")

    def __iter__(self) -> Iterator[MentionedDocument]:
        """Yield the documents that stand in the release; raises ScipError where the file is no index."""
        seen: set[TreePath] = set()
        for number, value in wire.fields(memoryview(self.index)):
            if number != _INDEX_DOCUMENT:
                continue
            self.documents += 1
            if self.documents > MAX_DOCUMENTS:
                raise ScipError("An index names more documents than any that is read.")
            document = self._document(wire.message(value))
            if document is None or document.path in seen:
                self.left_out_documents += 1
                continue
            seen.add(document.path)
            self.kept_mentions += len(document.mentions)
            self.left_out_mentions += document.left_out
            yield document

    def _document(self, message: memoryview) -> MentionedDocument | None:
        told = _told(message)
        self.mentions += len(told.occurrences)
        if self.mentions > MAX_MENTIONS:
            raise ScipError("An index names more places than any that is read.")
        content = self.contents(told.path) if told.path else None
        if told.path is None or content is None:
            return None
        lines = _Lines(content, told.encoding)
        found = [mention for one in told.occurrences if (mention := _mention(one, lines)) is not None]
        if (told.text and told.text != content) or _is_foreign(found):
            self.foreign_documents += 1
            return None
        found.sort(key=lambda one: (one.line, one.start, one.end))
        return MentionedDocument(told.path, told.language, tuple(found), len(told.occurrences) - len(found))


@dataclass(slots=True)
class _Told:
    """What a document's message says, its occurrences unread."""

    path: TreePath | None = None
    language: str = ""
    encoding: int = _UTF8
    text: memoryview | None = None
    occurrences: list[memoryview] = field(default_factory=list)


def _told(message: memoryview) -> _Told:
    told = _Told()
    for number, value in wire.fields(message):
        if number == _PATH:
            told.path = _path(wire.raw(value, longest=MAX_BYTES))
        elif number == _LANGUAGE:
            told.language = wire.text(value, longest=_MAX_WORD)
        elif number == _TEXT:
            told.text = wire.message(value)
        elif number == _ENCODING:
            told.encoding = wire.number(value)
        elif number == _OCCURRENCE:
            told.occurrences.append(wire.message(value))
            if len(told.occurrences) > MAX_A_DOCUMENT:  # each costs memory, also one of no bytes
                raise ScipError("A document of an index names more places than any that is read.")
    return told


def _is_foreign(mentions: Iterable[Mention]) -> bool:
    """Say whether most definitions do not spell the name that the index says they define."""
    told = [
        bool(match[1] == one.name)
        for one in mentions
        if one.is_definition and not one.is_local and (match := _DESCRIBED.search(one.symbol))
    ]
    return sum(told) * 2 < len(told)


def _path(raw: bytes) -> TreePath | None:
    try:
        return TreePath(raw)
    except InvalidError:
        return None


def _mention(message: memoryview, lines: "_Lines") -> Mention | None:
    """Read one occurrence; None where it names nothing, or a range that is not in the file."""
    at: list[int] = []
    enclosing: list[int] = []
    symbol, roles = "", 0
    for number, value in wire.fields(message):
        if number == _AT:
            at += wire.packed(value, most=_RANGE[1])
        elif number == _ENCLOSING:
            enclosing += wire.packed(value, most=_RANGE[1])
        elif number in _AT_FORMS:
            at = _typed(wire.message(value), numbers=_RANGE[number - min(_AT_FORMS)])
        elif number in _ENCLOSING_FORMS:
            enclosing = _typed(wire.message(value), numbers=_RANGE[number - min(_ENCLOSING_FORMS)])
        elif number == _SYMBOL:
            symbol = wire.text(value, longest=MAX_SYMBOL)
        elif number == _ROLES:
            roles = wire.number(value)
    if not symbol or len(at) not in _RANGE or (len(at) == _RANGE[1] and at[2] != at[0]):
        return None
    place = lines.place(at[0], at[1], at[-1])
    if place is None:
        return None
    start, end, name = place
    # A range of three numbers ends on its first line, one of four on its third number.
    last = enclosing[0 if len(enclosing) == _RANGE[0] else 2] + 1 if len(enclosing) in _RANGE else 0
    is_inside = at[0] + 1 <= last <= lines.count
    return Mention(
        symbol=symbol,
        name=name,
        line=at[0] + 1,
        start=start,
        end=end,
        last=last if is_inside else 0,
        is_definition=bool(roles & _DEFINITION),
        is_declaration=bool(roles & _DECLARATION),
        is_write=bool(roles & _WRITE),
        is_import=bool(roles & _IMPORT),
    )


def _typed(message: memoryview, *, numbers: int) -> list[int]:
    """Read a range in its newer form; a number that is absent is zero."""
    found = [0] * numbers
    for number, value in wire.fields(message):
        if 1 <= number <= numbers:
            found[number - 1] = wire.number(value)
    return found


class _Lines:
    """The lines of a content, and what a column of an index is in bytes of one."""

    def __init__(self, content: bytes, encoding: int) -> None:
        self._lines = content.split(b"\n")
        self._encoding = encoding
        self._tables: dict[int, tuple[array[int], array[int]]] = {}

    @property
    def count(self) -> int:
        """Return how many lines there are."""
        return len(self._lines) - (not self._lines[-1])

    def place(self, line: int, first: int, stop: int) -> tuple[int, int, str] | None:
        """Return the bytes between two columns of a line counted from zero, and their text; None outside of it."""
        if not 0 <= line < len(self._lines) or not 0 <= first < stop:
            return None
        text = self._lines[line]
        begin, end = self._byte(line, first), self._byte(line, stop)
        if begin is None or end is None or end - begin > MAX_NAME:
            return None
        return begin, end, text[begin:end].decode("utf-8", "replace")

    def _byte(self, line: int, column: int) -> int | None:
        text = self._lines[line]
        if self._encoding not in {_UTF16, _UTF32} or text.isascii():
            return column if column <= len(text) else None
        columns, places = self._tables.get(line) or self._tables.setdefault(line, self._table(text))
        at = bisect_left(columns, column)
        return places[at] if at < len(columns) and columns[at] == column else None

    def _table(self, text: bytes) -> tuple["array[int]", "array[int]"]:
        """Return the column and the byte at which each character begins, and those behind the last."""
        columns, places = array("I", [0]), array("I", [0])
        for char in text.decode("utf-8", "surrogateescape"):
            is_pair = self._encoding == _UTF16 and char > _LAST_SINGLE
            columns.append(columns[-1] + 1 + is_pair)
            places.append(places[-1] + len(char.encode("utf-8", "surrogateescape")))
        return columns, places
