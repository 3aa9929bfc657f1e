# SPDX-License-Identifier: Apache-2.0
"""The conversation with universal-ctags: documents go in on one stream, JSON comes out, "completed" after each.

In this mode the tool opens no file: it gets a name of ours, a size, and that many bytes, so neither a hostile name nor
a path reaches it. The word "completed" proves that it read a document to the end; the first document without one is
the one that broke it.
"""

import json
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
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
_PIECE: Final = 2 * 2**20


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
        lines = piece.decode("utf-8", "replace").split("\n")
        if not lines[-1]:
            del lines[-1]
        room = MAX_SYMBOLS - taken
        reader.take(lines[:room])
        taken += len(lines)
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
        self._columns: tuple[list[Any], ...] = tuple([] for _ in range(7))

    def columns(self) -> Columns:
        """Return the columns of what was taken."""
        names, kinds, lines, ends, scopes, signatures, languages = self._columns
        return Columns(names, kinds, array("I", lines), array("I", ends), scopes, signatures, languages)

    def take(self, lines: list[str]) -> None:
        """Take some lines: all at once where they are as they should be, else each by itself."""
        rows = self._rows(lines)
        columns = list(zip(*rows, strict=True))
        if columns and self._is_plain(columns):
            for kept, column in zip(self._columns, columns, strict=True):
                kept.extend(column)
            return
        for row in rows:
            checked = self._checked(row)
            if checked is None:
                self.is_doubtful = True
                continue
            for kept, value in zip(self._columns, checked, strict=True):
                kept.append(value)

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

    def _is_plain(self, columns: Sequence[Sequence[Any]]) -> bool:
        names, kinds, lines, ends, scopes, signatures, languages = columns
        return (
            _are_plain(names, MAX_NAME)
            and _are_plain(kinds, MAX_WORD)
            and _are_plain(scopes, MAX_SCOPE)
            and _are_plain(signatures, MAX_SIGNATURE)
            and _are_plain(languages, MAX_WORD)
            and all(names)
            and all(kinds)
            and {*map(type, lines), *map(type, ends)} == {int}
            and all(
                0 < line <= self._last_line and (not end or line <= end <= self._last_line)
                for line, end in zip(lines, ends, strict=True)
            )
        )

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


def _are_plain(column: Sequence[Any], longest: int) -> bool:
    """Say whether a column is text that can rest line by line."""
    if set(map(type, column)) != {str} or max(map(len, column)) > longest:
        return False
    joined = "".join(column)
    return "\n" not in joined and "\0" not in joined and _can_be_encoded(joined)


def _can_be_encoded(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:  # half of a surrogate pair
        return False
    return True


def _clean(text: object, longest: int) -> str:
    """Return text that can rest line by line: what cannot stand in a line is replaced."""
    if type(text) is not str:
        return ""
    cut = text[:longest].replace("\n", "\ufffd").replace("\0", "\ufffd")
    return cut.encode("utf-8", "replace").decode("utf-8")
