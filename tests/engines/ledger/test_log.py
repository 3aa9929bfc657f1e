# SPDX-License-Identifier: Apache-2.0
import errno
import json
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glasshouse.engines.ledger import merkle, writer
from glasshouse.engines.ledger.errors import (
    AppendConflictError,
    DamagedError,
    LogBusyError,
    MalformedError,
    OutOfRangeError,
    StorageError,
)
from glasshouse.engines.ledger.log import Log
from glasshouse.engines.ledger.tiles import WIDTH, Tile, tiles_of
from glasshouse.kernel.merkle import EMPTY_ROOT, leaf_hash, tree_root

Entries = list[bytes]


def _tree(entries: Entries) -> tuple[Entries, merkle.SubtreeHash]:
    leaves = [leaf_hash(entry) for entry in entries]
    return leaves, merkle.subtree_hasher(leaves)


def test_hostile_entries_are_refused_before_anything_is_written(tmp_path: Path) -> None:
    folder = tmp_path / "ledger"
    for entry in (b"", bytes(31), bytes(33), bytes(70_000)):
        with pytest.raises(MalformedError), Log(folder) as log:
            log.append([bytes(32), entry])
    assert not folder.exists()


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(1, 700), min_size=1, max_size=6))
def test_whatever_the_batches_the_tiles_are_those_of_the_tree(entries: Entries, sizes: list[int]) -> None:
    with TemporaryDirectory() as name, Log(Path(name)) as log:
        size = 0
        for batch in sizes:
            size += batch
            assert log.append(entries[size - batch : size]) == size
        leaves, subtree = _tree(entries[:size])
        assert log.size == size
        assert log.root() == subtree(0, size)
        assert list(log.entries()) == entries[:size]
        rows = [leaves]
        while len(rows[-1]) >= WIDTH:
            row = rows[-1]
            rows.append([tree_root(row[at : at + WIDTH]) for at in range(0, len(row) - WIDTH + 1, WIDTH)])
        for tile in tiles_of(size):
            first = tile.number * WIDTH
            held = (Path(name) / tile.path).read_bytes()
            if tile.level is None:
                assert held == b"".join(b"\x00\x20" + entry for entry in entries[first : first + tile.width])
            else:
                assert held == b"".join(rows[tile.level][first : first + tile.width])
        assert log.audit(size, subtree(0, size)).is_clean


def test_proofs_at_every_size_verify(tmp_path: Path, entries: Entries) -> None:
    size = 1500
    leaves, subtree = _tree(entries[:size])
    with Log(tmp_path) as log:
        for start in range(0, size, 300):
            log.append(entries[start : start + 300])
        for tree in (1, 2, 255, 256, 257, 300, 511, 512, 513, 900, 1024, 1499, 1500):
            root = log.root(tree)
            assert root == subtree(0, tree)
            for index in {0, 1, tree // 2, tree - 1} & set(range(tree)):
                merkle.verify_inclusion(leaves[index], index, tree, root, log.inclusion_proof(index, tree))
            for old in (0, 1, 256, 300, 512, 899, tree):
                if old <= tree:
                    proof = log.consistency_proof(old, tree)
                    merkle.verify_consistency(old, subtree(0, old), tree, root, proof)
        assert log.entry(1499) == entries[1499]
        assert list(log.entries(250, 520)) == entries[250:520]


def test_an_empty_folder_is_an_empty_tree(tmp_path: Path) -> None:
    log = Log(tmp_path / "nothing")
    assert log.size == 0
    assert log.root() == EMPTY_ROOT
    assert list(log.entries()) == []
    assert log.append([]) == 0
    log.close()
    assert Log(tmp_path / "nothing").size == 0


def test_what_the_log_has_not_reached_is_out_of_range(tmp_path: Path, entries: Entries) -> None:
    with Log(tmp_path) as log:
        log.append(entries[:10])
        for ask in (
            lambda: log.root(11),
            lambda: log.root(-1),
            lambda: log.entry(10),
            lambda: log.entry(-1),
            lambda: log.inclusion_proof(10),
            lambda: log.inclusion_proof(5, 11),
            lambda: log.consistency_proof(11),
            lambda: log.consistency_proof(5, 4),
            lambda: log.entries(7, 6),
        ):
            with pytest.raises(OutOfRangeError):
                ask()


def test_entries_that_stand_there_already_are_not_added_again(tmp_path: Path, entries: Entries) -> None:
    with Log(tmp_path) as log:
        log.append(entries[:300], at=0)
        assert log.append(entries[:300], at=0) == 300
        assert log.append(entries[200:400], at=200) == 400
        assert log.append(entries[:0], at=400) == 400
        for place, batch in ((399, entries[:1]), (401, entries[401:402]), (-1, entries[:1])):
            with pytest.raises(AppendConflictError):
                log.append(batch, at=place)
        assert list(log.entries()) == entries[:400]


def test_a_reader_follows_the_sequencer(tmp_path: Path, entries: Entries) -> None:
    reader = Log(tmp_path)
    with Log(tmp_path) as log:
        for start in range(0, 20_000, 1_250):
            size = log.append(entries[start : start + 1_250])
            assert reader.size == size
            assert reader.root() == log.root()
            assert reader.entry(size - 1) == entries[size - 1]
            assert reader.inclusion_proof(0, size) == log.inclusion_proof(0, size)
    assert Log(tmp_path).size == 20_000


def test_a_reader_that_lags_still_finds_its_tiles(
    tmp_path: Path, entries: Entries, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "SETTLE_AFTER", 256)
    reader = Log(tmp_path)
    with Log(tmp_path) as log:
        log.append(entries[:100])
        root = reader.root()
        log.append(entries[100:700])
    assert not (tmp_path / Tile(0, 0, 100).path).exists()
    _, subtree = _tree(entries[:100])
    assert root == reader.root(100) == subtree(0, 100)
    assert list(reader.entries(0, 100)) == entries[:100]
    fresh = Log(tmp_path)
    assert fresh.root(100) == root


def test_a_batch_whose_tiles_are_not_there_yet_is_not_read(tmp_path: Path, entries: Entries) -> None:
    with Log(tmp_path) as log:
        log.append(entries[:40])
        log.append(entries[40:50])
    (tmp_path / Tile(0, 0, 50).path).unlink()
    assert Log(tmp_path).size == 40
    with Log(tmp_path) as log:
        assert log.open_for_append() == 50
    assert Log(tmp_path).size == 50


APPENDER = """
import json, sys
from pathlib import Path
from glasshouse.engines.ledger.errors import LogBusyError
from glasshouse.engines.ledger.log import Log
try:
    print(json.dumps(Log(Path(sys.argv[1])).append([bytes(32)])))
except LogBusyError as error:
    print(json.dumps(error.code))
"""


def test_a_second_process_cannot_be_the_sequencer(
    tmp_path: Path, entries: Entries, environment: dict[str, str]
) -> None:
    def other() -> object:
        ran = subprocess.run(
            [sys.executable, "-c", APPENDER, tmp_path], capture_output=True, check=True, env=environment
        )
        return json.loads(ran.stdout)

    with Log(tmp_path) as log:
        log.append(entries[:5])
        assert other() == LogBusyError.code
        with pytest.raises(LogBusyError):
            Log(tmp_path).open_for_append()
    assert other() == 6


def test_a_full_disk_acknowledges_nothing_and_the_same_entries_go_in_later(
    tmp_path: Path, entries: Entries, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = os.write
    room = 40_000

    def write(descriptor: int, content: bytes) -> int:
        nonlocal room
        if room <= 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        written = whole(descriptor, bytes(content)[: max(1, room)])
        room -= written
        return written

    log = Log(tmp_path)
    log.append(entries[:300])
    monkeypatch.setattr(os, "write", write)
    refusals: list[StorageError] = []
    size = 300
    for _ in range(40):
        try:
            size = log.append(entries[size : size + 300], at=size)
        except StorageError as error:
            refusals.append(error)
            room = 15_000
    monkeypatch.undo()
    assert len(refusals) > 3
    assert {error.message for error in refusals} == {"the ledger could not be written: No space left on device"}
    size = log.append(entries[size:12_000], at=size)
    assert size == 12_000
    log.close()
    assert list(Log(tmp_path).entries()) == entries[:12_000]
    _, subtree = _tree(entries[:12_000])
    assert Log(tmp_path).audit(12_000, subtree(0, 12_000)).is_clean


def test_a_tail_that_was_shortened_or_lost_stops_the_sequencer(tmp_path: Path, entries: Entries) -> None:
    with Log(tmp_path) as log:
        for start in range(0, 600, 20):
            log.append(entries[start : start + 20])
    tail = tmp_path / "tail"
    whole = tail.read_bytes()
    for spoiled in (whole[:-1], whole[: -20 * 32], whole[:27], whole[:-1] + b"\0", b"", b"x" + whole[1:]):
        tail.write_bytes(spoiled)
        with pytest.raises(DamagedError):
            Log(tmp_path).open_for_append()
    tail.unlink()
    with pytest.raises(DamagedError):
        Log(tmp_path).open_for_append()
    tail.write_bytes(whole)
    with Log(tmp_path) as log:
        assert log.open_for_append() == 600


def test_a_missing_full_tile_stops_the_sequencer(
    tmp_path: Path, entries: Entries, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "SETTLE_AFTER", 256)
    with Log(tmp_path) as log:
        log.append(entries[:1000])
    (tmp_path / Tile(0, 1).path).unlink()
    with pytest.raises(DamagedError, match="tile/0/001 is missing"):
        Log(tmp_path).open_for_append()
