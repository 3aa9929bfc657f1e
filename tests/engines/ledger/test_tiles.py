# SPDX-License-Identifier: Apache-2.0
import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glasshouse.engines.ledger import audits
from glasshouse.engines.ledger.checkpoints import Checkpoint
from glasshouse.engines.ledger.errors import MalformedError
from glasshouse.engines.ledger.notes import Note
from glasshouse.engines.ledger.tiles import (
    WIDTH,
    Tile,
    index_path,
    pack_entries,
    parse_entries,
    parse_hashes,
    parse_index_path,
    tiles_of,
)
from glasshouse.kernel.merkle import tree_root

MIRROR = "witness/mirror/000de184301123b9278c086a7d9f68c9577e83872224c197058fd90784ea9706"


def _served(path: Path) -> bytes:
    raw = path.read_bytes()
    return gzip.decompress(raw) if raw.startswith(b"\x1f\x8b") else raw


def test_a_mirrored_tree_of_others_recomputes_to_its_root(vectors: Path) -> None:
    folder = vectors / "sunlight-witness-tree" / MIRROR
    checkpoint = Checkpoint.parse(Note.parse((folder / "checkpoint").read_bytes()).text)
    held: dict[int | None, bytes] = {0: b"", 1: b""}
    for tile in tiles_of(300):
        raw = _served(folder / tile.path)
        if tile.level is None:
            # The bundles of this vector are words, not entries, and are taken for nothing else.
            with pytest.raises(MalformedError):
                parse_entries(raw)
        else:
            assert len(parse_hashes(raw, tile.width)) == tile.width
            held[tile.level] += raw
    rows = audits.tree(held[0])
    assert checkpoint.size == 300
    assert rows == [held[0], held[1]]
    assert audits.root_of(rows) == tree_root(parse_hashes(held[0], 300)) == checkpoint.root


@pytest.mark.parametrize(("number", "path"), [(0, "000"), (999, "999"), (1000, "x001/000"), (1234067, "x001/x234/067")])
def test_an_index_is_written_in_groups(number: int, path: str) -> None:
    assert index_path(number) == path
    assert parse_index_path(path) == number


@given(st.integers(0, 2**55), st.integers(1, WIDTH), st.none() | st.integers(0, 63))
def test_a_path_leads_back_to_its_tile(number: int, width: int, level: int | None) -> None:
    tile = Tile(level, number, width)
    assert Tile.parse(tile.path) == tile


@pytest.mark.parametrize(
    "path",
    [
        "tile/0/0",
        "tile/00/000",
        "tile/64/000",
        "tile/0/x000/000",
        "tile/0/001/000",
        "tile/0/x001",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/01",
        "tile/0/000.p/",
        "tile/entries/",
        "tile/-1/000",
        "tile/0/../../etc/passwd",
        "tile/0/\u0660\u0660\u0660",
        "/tile/0/000",
        "tile/0/000/",
        "",
    ],
)
def test_no_other_path_is_a_tile(path: str) -> None:
    with pytest.raises(MalformedError):
        Tile.parse(path)


def test_the_specifications_example_of_seventy_thousand_entries_has_its_tiles() -> None:
    tiles = [tile for tile in tiles_of(70_000) if tile.level is not None]
    assert len([tile for tile in tiles if tile.level == 0 and tile.width == WIDTH]) == 273
    partial = [(tile.level, tile.width) for tile in tiles if tile.width < WIDTH]
    assert partial == [(0, 112), (1, 17), (2, 1)]


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=WIDTH))
def test_a_bundle_returns_its_entries(entries: list[bytes]) -> None:
    raw = pack_entries(entries)
    assert parse_entries(raw) == entries
    with pytest.raises(MalformedError):
        parse_entries(raw[:-1])
    with pytest.raises(MalformedError):
        parse_entries(raw + b"\0")


def test_a_bundle_is_neither_empty_nor_too_long() -> None:
    with pytest.raises(MalformedError):
        parse_entries(b"")
    with pytest.raises(MalformedError):
        parse_entries(pack_entries([b"x"] * (WIDTH + 1)))
    with pytest.raises(MalformedError):
        pack_entries([bytes(65_536)])
    with pytest.raises(MalformedError):
        parse_hashes(bytes(31), 1)
