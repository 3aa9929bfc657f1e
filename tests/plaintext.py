# SPDX-License-Identifier: Apache-2.0
"""The search for plain text of a vendor's source at rest: in files, in what their compressed frames unfold to, in rows.

A word is looked for as it is, in hexadecimal, in base64 at each alignment, and in UTF-16.
"""

import base64
import re
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import zstandard
from django.db import connection

_ZSTD = re.compile(rb"\x28\xb5\x2f\xfd")
_ZLIB = re.compile(rb"\x78[\x01\x5e\x9c\xda]|\x1f\x8b\x08")


class Search:
    """Looks for some words wherever bytes rest."""

    def __init__(self, words: Iterable[bytes]) -> None:
        self._forms = {form: word for word in words for form in _forms(word)}

    def within(self, content: bytes) -> set[bytes]:
        """Return the words that the content holds, in the open or inside a compressed frame."""
        return {word for plain in _layers(content) for form, word in self._forms.items() if form in plain}

    def files(self, *folders: Path) -> set[bytes]:
        """Return the words in the names and contents of all files."""
        found = set()
        for folder in folders:
            for path in folder.rglob("*"):
                found |= self.within(str(path.relative_to(folder)).encode("utf-8", "surrogateescape"))
                if path.is_file():
                    found |= self.within(path.read_bytes())
        return found

    def rows(self) -> set[bytes]:
        """Return the words in any column of any table."""
        found = set()
        with connection.cursor() as cursor:
            for table in connection.introspection.table_names(cursor):
                cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608 -- names of the schema
                for row in cursor.fetchall():
                    for value in row:
                        is_raw = isinstance(value, bytes | memoryview)
                        found |= self.within(bytes(value) if is_raw else str(value).encode("utf-8", "surrogateescape"))
        return found


def _forms(word: bytes) -> Iterator[bytes]:
    yield word
    yield word.hex().encode()
    yield word.decode("latin-1").encode("utf-16-le")
    for shift in range(3):
        # The characters that stand for bytes of the word alone, whatever came before and comes after.
        text = base64.b64encode(bytes(shift) + word)
        yield text[-(-shift * 8 // 6) : (shift + len(word)) * 8 // 6]


def _layers(content: bytes) -> Iterator[bytes]:
    yield content
    for match in _ZSTD.finditer(content):
        try:
            yield zstandard.ZstdDecompressor().decompressobj().decompress(content[match.start() :])
        except zstandard.ZstdError:
            continue
    for match in _ZLIB.finditer(content):
        try:
            yield zlib.decompressobj(wbits=47).decompress(content[match.start() :])
        except zlib.error:
            continue
