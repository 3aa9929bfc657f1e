# SPDX-License-Identifier: Apache-2.0
"""Where c2sp.org/tlog-tiles keeps the tree and its entries, and how both are written. Tiles have height 8.

The layout is `tile/<level>/<N>` and `tile/entries/<N>`; N is written in groups of three digits, all but the last
with an `x` before them; a tile that is not full yet ends in `.p/<width>`.
"""

import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from glasshouse.engines.ledger.encoding import parse_number
from glasshouse.engines.ledger.errors import MalformedError
from glasshouse.kernel.merkle import HASH_SIZE

WIDTH = 256
HEIGHT = 8
MAX_LEVEL = 63
MAX_ENTRY = 0xFFFF
_INDEX = re.compile(r"(?:x[0-9]{3}/){0,6}[0-9]{3}")
_GROUP = 1000


def index_path(number: int) -> str:
    """Write a tile's index: 1234067 is x001/x234/067."""
    groups = [f"{number % _GROUP:03}"]
    while number >= _GROUP:
        number //= _GROUP
        groups.append(f"x{number % _GROUP:03}")
    return "/".join(reversed(groups))


def parse_index_path(text: str) -> int:
    """Read a tile's index in its one spelling."""
    number = int(text.replace("x", "").replace("/", "")) if _INDEX.fullmatch(text) else -1
    if number < 0 or index_path(number) != text:
        raise MalformedError(f"not the index of a tile: {text[:40]!r}")
    return number


@dataclass(frozen=True, slots=True)
class Tile:
    """The address of a tile of hashes, or of a bundle of entries when `level` is None."""

    level: int | None
    number: int
    width: int = WIDTH

    @classmethod
    def parse(cls, path: str) -> Self:
        """Read a path below the log's prefix."""
        match path.split("/", 2):
            case ["tile", level, rest] if rest:
                pass
            case _:
                raise MalformedError(f"not the path of a tile: {path[:80]!r}")
        where, partial, width = rest.partition(".p/")
        tile = cls(
            None if level == "entries" else parse_number(level),
            parse_index_path(where),
            parse_number(width) if partial else WIDTH,
        )
        if tile.path != path or not 0 < tile.width <= WIDTH or (tile.level or 0) > MAX_LEVEL:
            raise MalformedError(f"not the path of a tile: {path[:80]!r}")
        return tile

    @property
    def path(self) -> str:
        """Return the path below the log's prefix."""
        level = "entries" if self.level is None else self.level
        partial = f".p/{self.width}" if self.width < WIDTH else ""
        return f"tile/{level}/{index_path(self.number)}{partial}"


def partial_widths(folder: Path, level: int | None, number: int) -> list[int]:
    """Return the widths at which a tile is kept in its partial form, the narrowest first."""
    try:
        names = [path.name for path in (folder / Tile(level, number, 1).path).parent.iterdir()]
    except FileNotFoundError:
        return []
    return sorted(int(name) for name in names if name.isascii() and name.isdecimal())


def tiles_of(size: int) -> list[Tile]:
    """Return every tile and bundle of a tree, bundles first, then by level."""
    found = [*_row(None, size)]
    level = 0
    while (count := size >> (HEIGHT * level)) > 0:
        found += _row(level, count)
        level += 1
    return found


def _row(level: int | None, count: int) -> list[Tile]:
    full, rest = divmod(count, WIDTH)
    return [*(Tile(level, number) for number in range(full)), *([Tile(level, full, rest)] if rest else [])]


def pack_entries(entries: Sequence[bytes]) -> bytes:
    """Write a bundle: each entry after its length as two bytes, big-endian."""
    if any(len(entry) > MAX_ENTRY for entry in entries):
        raise MalformedError(f"an entry has at most {MAX_ENTRY} bytes")
    return b"".join(struct.pack(">H", len(entry)) + entry for entry in entries)


def parse_entries(bundle: bytes) -> list[bytes]:
    """Read a bundle of 1 to 256 entries, to its last byte."""
    entries: list[bytes] = []
    place = 0
    while place < len(bundle):
        start = place + 2
        place = start + int.from_bytes(bundle[place:start], "big")
        if start > len(bundle) or place > len(bundle) or len(entries) == WIDTH:
            raise MalformedError("a bundle of entries that is cut short or too long")
        entries.append(bundle[start:place])
    if not entries:
        raise MalformedError("an empty bundle of entries")
    return entries


def parse_hashes(tile: bytes, width: int) -> list[bytes]:
    """Read a tile of exactly this many hashes."""
    if len(tile) != width * HASH_SIZE:
        raise MalformedError(f"a tile of width {width} has {width * HASH_SIZE} bytes, not {len(tile)}")
    return [tile[place : place + HASH_SIZE] for place in range(0, len(tile), HASH_SIZE)]
