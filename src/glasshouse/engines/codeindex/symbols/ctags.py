# SPDX-License-Identifier: Apache-2.0
"""The conversation with universal-ctags: documents go in on one stream, JSON comes out, "completed" after each.

In this mode the tool opens no file: it gets a name of ours, a size, and that many bytes, so neither a hostile name nor
a path reaches it. The word "completed" proves that it read a document to the end; the first document without one is
the one that broke it.
"""

import json
import re
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from sys import intern
from typing import Any, Final

from glasshouse.engines.codeindex.symbols.values import (
    MAX_NAME,
    MAX_SCOPE,
    MAX_SIGNATURE,
    MAX_SYMBOLS,
    MAX_WORD,
    Columns,
    Document,
    Gap,
    Outline,
)

# By its own name: `ctags` is a link through /etc/alternatives, which no sandbox has.
ARGV: Final = (
    "/usr/bin/ctags-universal",
    *("--options=NONE", "--quiet", "--_interactive", "--fields=NnKeSsl"),
    *("--kinds-C=+px", "--kinds-C++=+px", "--kinds-CUDA=+px"),
)
_BEGINS: Final = b'{"_type": "program", "name": "Universal Ctags", '
_COMPLETED: Final = b'{"_type": "completed", "command": "generate-tags"}\n'
_PIECE: Final = 256 * 1024
# A line as nearly all are: no escape in it, in the order in which the tool writes. Twice as fast as reading JSON.
_TEXT: Final = r'([^"\\\n\0]*)"'
_WORD: Final = r'([^"\\\n\0]+)"'
_NUMBER: Final = r"([0-9]{1,9})"
_PLAIN: Final = re.compile(
    rf'^\{{"_type": "tag", "name": "{_WORD}, "language": "{_TEXT}, "line": {_NUMBER}, "kind": "{_WORD}'
    rf'(?:, "signature": "{_TEXT})?(?:, "scope": "{_TEXT}, "scopeKind": "[^"\\\n]*")?(?:, "end": {_NUMBER})?\}}$',
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the tool printed, as far as it got: an outline for each document it completed, and what came of the next."""

    is_tool: bool
    outlines: tuple[Outline, ...]
    unfinished: Outline


def request(documents: Iterable[Document]) -> bytes:
    """Return the stream that asks about these documents in this order."""
    parts: list[bytes] = []
    for document in documents:
        content = _as_utf8(document.content)
        head = {"command": "generate-tags", "filename": document.name, "size": len(content)}
        parts += (json.dumps(head).encode("ascii"), b"\n", content)
    return b"".join(parts)


def _as_utf8(content: bytes) -> bytes:
    """Return content as UTF-8; what is not UTF-8 is taken for Latin-1.

    The tool leaves out, without a word, every name that is not UTF-8. Lines stay where they are.
    """
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("latin-1").encode("utf-8")
    return content


def read(printed: bytes, documents: Sequence[Document]) -> Answer:
    """Read what the tool printed about these documents. No bytes make it raise; what cannot be is left out."""
    if not printed.startswith(_BEGINS) or b"\n" not in printed:
        return Answer(is_tool=False, outlines=(), unfinished=Outline())
    at = printed.index(b"\n") + 1
    outlines: list[Outline] = []
    for document in documents:
        # A quote inside a JSON string is escaped, so no name can spell this line.
        stop = printed.find(_COMPLETED, at)
        if stop < 0:
            whole_lines = printed.rfind(b"\n", at) + 1  # the last line was cut where the tool was ended
            unfinished = _outline(printed, at, max(at, whole_lines), document)
            return Answer(is_tool=True, outlines=tuple(outlines), unfinished=unfinished)
        outlines.append(_outline(printed, at, stop, document))
        at = stop + len(_COMPLETED)
    return Answer(is_tool=True, outlines=tuple(outlines), unfinished=Outline())


def _outline(printed: bytes, at: int, stop: int, document: Document) -> Outline:
    """Read one document's lines, some at a time: what they become meanwhile is ten times as large."""
    reader = _Reader(document.content.count(b"\n") + (not document.content.endswith(b"\n")))
    taken = 0
    while at < stop:
        if taken >= MAX_SYMBOLS:
            return Outline(reader.columns(), Gap.TOO_MANY)
        end = printed.find(b"\n", min(at + _PIECE, stop), stop)
        piece = printed[at : end + 1] if end >= 0 else printed[at:stop]
        taken += reader.take(piece.decode("utf-8", "replace"), MAX_SYMBOLS - taken)
        at += len(piece)
    gap = Gap.TOO_MANY if taken > MAX_SYMBOLS else Gap.NOT_BELIEVED if reader.is_doubtful else None
    return Outline(reader.columns(), gap)


_Raw = tuple[Any, ...]
"""What a line of the tool holds in the places of a row: of any type."""
_Row = tuple[str, str, int, int, str, str, str]


class _Reader:
    """Collects the rows of one document."""

    def __init__(self, last_line: int) -> None:
        self.is_doubtful = False
        self._last_line = last_line
        self._names: list[str] = []
        self._kinds: list[str] = []
        self._lines, self._ends = array("I"), array("I")
        self._scopes: list[str] = []
        self._signatures: list[str] = []
        self._languages: list[str] = []

    def columns(self) -> Columns:
        """Return the columns of what was taken."""
        return Columns(
            self._names, self._kinds, self._lines, self._ends, self._scopes, self._signatures, self._languages
        )

    def take(self, piece: str, room: int) -> int:
        """Take a piece's lines, at most `room`, and return how many it has."""
        lines = piece.removesuffix("\n").count("\n") + 1
        rows = _PLAIN.findall(piece) if lines <= room else []
        if len(rows) != lines or not self._take_plain(rows):
            self._take_each(piece.removesuffix("\n").split("\n")[:room])
        return lines

    def _take_plain(self, rows: list[tuple[str, ...]]) -> bool:
        """Take rows as the tool wrote them, whose texts can rest line by line; say whether they can be believed."""
        names, languages, at, kinds, signatures, scopes, until = zip(*rows, strict=True)
        lines, ends = array("I", map(int, at)), array("I", [int(end) if end else 0 for end in until])
        if not (
            min(lines) > 0
            and max(lines) <= self._last_line
            and max(ends) <= self._last_line
            and all(not end or line <= end for line, end in zip(lines, ends, strict=True))
            and max(map(len, names)) <= MAX_NAME
            and max(map(len, kinds)) <= MAX_WORD
            and max(map(len, languages)) <= MAX_WORD
            and max(map(len, scopes)) <= MAX_SCOPE
            and max(map(len, signatures)) <= MAX_SIGNATURE
        ):
            return False
        self._names += names
        self._kinds += map(intern, kinds)
        self._lines += lines
        self._ends += ends
        self._scopes += map(intern, scopes)
        self._signatures += signatures
        self._languages += map(intern, languages)
        return True

    def _take_each(self, lines: list[str]) -> None:
        for row in self._rows(lines):
            checked = self._checked(row)
            if checked is None:
                self.is_doubtful = True
                continue
            name, kind, line, end, scope, signature, language = checked
            self._names.append(name)
            self._kinds.append(kind)
            self._lines.append(line)
            self._ends.append(end)
            self._scopes.append(scope)
            self._signatures.append(signature)
            self._languages.append(language)

    def _rows(self, lines: list[str]) -> list[_Raw]:
        try:
            return [_row(one) for one in json.loads(f"[{','.join(lines)}]") if one["_type"] == "tag"]
        except (ValueError, RecursionError, TypeError, KeyError):
            return list(self._rows_one_by_one(lines))

    def _rows_one_by_one(self, lines: list[str]) -> Iterator[_Raw]:
        for line in lines:
            try:
                one = json.loads(line)
                if one["_type"] == "tag":
                    yield _row(one)
                elif one["_type"] != "error" or not one.get("warning"):
                    self.is_doubtful = True
            except (ValueError, RecursionError, TypeError, KeyError, AttributeError):
                self.is_doubtful = True

    def _checked(self, row: _Raw) -> _Row | None:
        """Return a row as far as it can be true, None where it cannot."""
        name, kind, line, end, scope, signature, language = row
        if type(line) is not int or not 0 < line <= self._last_line or type(name) is not str or type(kind) is not str:
            return None
        if not name or not kind:
            return None
        if type(end) is not int or (end and not line <= end <= self._last_line):
            self.is_doubtful = True
            end = 0
        return (
            _clean(name, MAX_NAME),
            _clean(kind, MAX_WORD),
            line,
            end,
            _clean(scope, MAX_SCOPE),
            _clean(signature, MAX_SIGNATURE),
            _clean(language, MAX_WORD),
        )


def _row(one: dict[str, object]) -> _Raw:
    get = one.get
    return (
        one["name"],
        one["kind"],
        one["line"],
        get("end", 0),
        get("scope", ""),
        get("signature", ""),
        get("language", ""),
    )


def _clean(text: object, longest: int) -> str:
    """Return text that can rest line by line: what cannot stand in a line is replaced."""
    if type(text) is not str:
        return ""
    cut = text[:longest].replace("\n", "\ufffd").replace("\0", "\ufffd")
    return cut.encode("utf-8", "replace").decode("utf-8")
