# SPDX-License-Identifier: Apache-2.0
"""ripgrep, asked what Glasshouse was asked: the judge of which lines match."""

import os
import shutil
import subprocess
import sysconfig
from pathlib import Path
from random import Random
from typing import Final

from glasshouse.engines.codeindex.search.matching import Query

ABSENT = "" if shutil.which("rg") else "ripgrep is not installed: apt-get install ripgrep"
_SETS = (
    *(r"\s", r"\S", r"\w", r"\W", r"\d", r"\D", ".", "[^a]", "[a-z]", r"[^\s]", "[[:alpha:]_]", "[^[:space:]]"),
    *("[a-z&&[^aeiou]]", r"[\W\d]", '[^"]', "[]x]", "[^]]", "[-a]", "[a-]", r"[\]\\]", r"\t", r"\x41", r"\."),
    *("[A-Z--F]", "[a-f~~d-h]"),
)
_SECONDS: Final = 600  # that ripgrep may take: a pattern without a literal, over a gigabyte, on a busy machine
_TIMES = ("*", "+", "?", "{2}", "{1,3}", "{0,2}?", "*?", "+?", "??")


def command(query: Query, *more: str) -> list[str]:
    """Return ripgrep's command for a query. Encoding none: a byte order mark is text, as it is for us."""
    flags = ["-F"] * query.is_literal + ["-i"] * query.ignores_case + ["-w"] * query.whole_word
    fixed = [
        "rg",
        "-a",
        "--no-unicode",
        "--no-ignore",
        "--hidden",
        "--encoding",
        "none",
        "--no-config",
        "--color",
        "never",
    ]
    return [*fixed, *flags, *more, "-e", query.pattern]


def lines(query: Query, path: Path) -> list[int]:
    """Return the numbers, from 1, of the lines of one file that match."""
    found = _run([*command(query, "--line-number", "--no-filename"), os.fspath(path)])
    return [int(line.partition(b":")[0]) for line in found.splitlines() if line]


def counts(query: Query, root: Path) -> dict[bytes, int]:
    """Return the number of matching lines of each file below a folder that has any, by its path inside it."""
    found = _run([*command(query, "--count", "--null", "--with-filename"), os.fspath(root)])
    prefix = os.fsencode(root) + b"/"
    rows = (line.partition(b"\0") for line in found.split(b"\n") if line)
    return {path.removeprefix(prefix): int(number) for path, _, number in rows}


def patterns(text: bytes, number: int, *, seed: int) -> list[Query]:
    """Return random queries drawn from a text, so that many of them match.

    None asks for a line's end before its begin (`$^`): ripgrep 13 finds nothing there, PCRE2 and re2 the empty lines.
    """
    drawing = _Drawing(text, seed)
    return [drawing.query() for _ in range(number)]


def standard_library(most: int) -> bytes:
    """Return real text of about this size: Python's own, and lines of the kinds that it does not have."""
    found = b"".join(path.read_bytes() for path in sorted(Path(sysconfig.get_path("stdlib")).glob("*.py")))[:most]
    odd = b"crlf line\r\nsecond\r\n\r\n\n\xff\xfe bad \x00 nul\n caf\xc3\xa9 CAF\xc3\x89 \xc3\xa9\n"
    return found + b"\n" + odd * 3 + b"the end without newline, return"


def _run(arguments: list[str]) -> bytes:
    done = subprocess.run(arguments, capture_output=True, check=False, timeout=_SECONDS)
    assert done.returncode in {0, 1}, done.stderr.decode(errors="replace")
    return done.stdout


class _Drawing:
    def __init__(self, text: bytes, seed: int) -> None:
        self._random = Random(seed)  # noqa: S311 - a drawing that can be repeated, no secret
        self._lines = [line for line in text.split(b"\n") if len(line) > 3]

    def query(self) -> Query:
        draw = self._random
        is_literal = draw.random() < 0.12
        pattern = self._piece() if is_literal else self._whole()
        return Query(pattern, is_literal, ignores_case=draw.random() < 0.2, whole_word=draw.random() < 0.25)

    def _whole(self) -> str:
        draw = self._random
        parts = [self._part(0) for _ in range(draw.randrange(1, 4))]
        return draw.choice(["", "", "(?i)", "^"]) + "".join(parts) + draw.choice(["", "", "", "$"])

    def _part(self, depth: int) -> str:
        draw, chance = self._random, self._random.random()
        if depth > 3 or chance < 0.4:
            return "".join(f"\\{letter}" if letter in r"\.+*?()|[]{}^$#&~-" else letter for letter in self._piece())
        if chance < 0.55:
            return draw.choice(_SETS)
        if chance < 0.6:
            return draw.choice([r"\b", r"\B", r"\b\b"])
        if chance < 0.75:
            return f"(?:{self._part(depth + 1)}){draw.choice(_TIMES)}"
        if chance < 0.9:
            return f"({self._part(depth + 1)}|{self._part(depth + 1)}{draw.choice(['', '|'])})"
        return draw.choice([f"(?i:{self._part(depth + 1)})", draw.choice(_SETS) + draw.choice(["*", "+", "?", "{2,}"])])

    def _piece(self) -> str:
        while True:
            line = self._random.choice(self._lines)
            begin = self._random.randrange(len(line) - 1)
            piece = line[begin : begin + self._random.randrange(1, 9)].decode("latin-1")
            if piece.isascii() and piece.isprintable():
                return piece
