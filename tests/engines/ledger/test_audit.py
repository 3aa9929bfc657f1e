# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

import pytest

from glasshouse.engines.ledger import writer
from glasshouse.engines.ledger.log import Log

SIZE = 2 * 256 + 44


@pytest.fixture
def log(tmp_path: Path, entries: list[bytes], monkeypatch: pytest.MonkeyPatch) -> Log:
    monkeypatch.setattr(writer, "SETTLE_AFTER", 256)
    with Log(tmp_path) as writing:
        writing.append(entries[: SIZE - 20])
        writing.append(entries[SIZE - 20 : SIZE])
    return Log(tmp_path)


def _flip(path: Path, place: int) -> None:
    raw = bytearray(path.read_bytes())
    raw[place] ^= 0x10
    path.write_bytes(raw)


def test_an_untouched_log_is_clean(log: Log) -> None:
    root = log.root()
    audit = log.audit(SIZE, root)
    assert audit.is_clean
    assert audit.root == root
    assert log.audit(300, log.root(300)).is_clean
    assert log.audit(0, log.root(0)).is_clean


@pytest.mark.parametrize("place", [1, 5, 31, 500, -1])
def test_a_changed_byte_in_any_file_is_named(log: Log, tmp_path: Path, place: int) -> None:
    root = log.root()
    paths = [path for path in tmp_path.rglob("*") if path.is_file() and path.name != "lock"]
    names = sorted(str(path.relative_to(tmp_path)) for path in paths)
    assert names == [
        "tail",
        "tile/0/000",
        "tile/0/001",
        "tile/0/002.p/24",
        "tile/0/002.p/44",
        "tile/1/000.p/2",
        "tile/entries/000",
        "tile/entries/001",
        "tile/entries/002.p/24",
        "tile/entries/002.p/44",
    ]
    for name in names:
        path = tmp_path / name
        whole = path.read_bytes()
        if place >= len(whole):
            continue
        _flip(path, place)
        found = Log(tmp_path).audit(SIZE, root).differences
        assert [difference.path for difference in found] == [name]
        path.write_bytes(whole)
    assert Log(tmp_path).audit(SIZE, root).is_clean


@pytest.mark.parametrize("name", ["tile/0/001", "tile/1/000.p/2", "tile/entries/001", "tile/entries/002.p/44", "tail"])
def test_a_missing_file_is_named(log: Log, tmp_path: Path, name: str) -> None:
    root = log.root()
    size = log.size
    (tmp_path / name).unlink()
    assert name in {difference.path for difference in log.audit(size, root).differences}


def test_the_first_changed_entry_is_told(log: Log, tmp_path: Path) -> None:
    root = log.root()
    _flip(tmp_path / "tile/entries/001", 34 * 7 + 2)
    (found,) = log.audit(SIZE, root).differences
    assert (found.path, found.index) == ("tile/entries/001", 256 + 7)


def test_an_entry_changed_together_with_its_leaf_does_not_lead_to_the_root(
    log: Log, tmp_path: Path, entries: list[bytes]
) -> None:
    """An administrator who rewrites all files consistently is caught by the root that the world has seen."""
    root = log.root()
    forged = tmp_path / "forged"
    with Log(forged) as other:
        other.append([*entries[:100], entries[101], entries[100], *entries[102:SIZE]])
        audit = other.audit(SIZE, root)
    assert [difference.path for difference in audit.differences] == ["root"]
    assert audit.root != root


def test_an_entry_and_its_leaf_that_both_differ_from_the_upper_tiles_are_named(log: Log, tmp_path: Path) -> None:
    root = log.root()
    _flip(tmp_path / "tile/entries/000", 3)
    _flip(tmp_path / "tile/0/000", 32 * 9)
    names = {difference.path for difference in log.audit(SIZE, root).differences}
    assert {"tile/entries/000", "tile/0/000"} <= names


def test_a_log_that_lost_its_end_is_not_clean(log: Log, tmp_path: Path, entries: list[bytes]) -> None:
    root = log.root()
    short = tmp_path / "short"
    with Log(short) as other:
        other.append(entries[: SIZE - 1])
    (found,) = Log(short).audit(SIZE, root).differences
    assert found.index == SIZE - 1
