# SPDX-License-Identifier: Apache-2.0
"""Symbols of releases: found once for all of them by the real tool, sealed at rest, resumed after a kill."""

import time
from collections.abc import Iterator
from functools import partial

import pytest

from glasshouse.domain.releases import queries, symbols, symbolshelf, symboltool, vault
from glasshouse.domain.releases.errors import SymbolsBusyError, SymbolsDamagedError
from glasshouse.domain.releases.models import Release
from glasshouse.domain.releases.values import ReleaseRef
from glasshouse.engines.codeindex.symbols.errors import SymbolToolError
from glasshouse.engines.codeindex.symbols.extraction import Ended, Printed
from glasshouse.engines.codeindex.symbols.tables import How, Wanted
from glasshouse.engines.codeindex.symbols.values import Gap
from glasshouse.engines.store.errors import KeyDestroyedError
from glasshouse.engines.store.packs import PackReader
from glasshouse.kernel.ids import Uid
from tests.engines.codeindex.symbols.samples import SAMPLES
from tests.lab import House

FILES = {f"p/{path}": content for path, (content, _) in SAMPLES.items()}


@pytest.fixture(autouse=True)
def _forgotten() -> Iterator[None]:
    yield
    symbolshelf.forget()


class Counting:
    """The real tool, counting what it is asked; it can be made to fail after some runs."""

    def __init__(self, *, runs: int = 10**9) -> None:
        self.asked = 0
        self.left = runs

    def __call__(self, stdin: bytes) -> Printed:
        self.left -= 1
        if self.left < 0:
            raise KeyboardInterrupt
        self.asked += stdin.count(b'"generate-tags"')
        return symboltool.run(stdin)


def answer(printed: Printed, stdin: bytes) -> Printed:
    assert stdin
    return printed


def taken(house: House, *releases: dict[str, bytes]) -> tuple[Uid, list[ReleaseRef]]:
    rows: list[Release] = [house.take(str(number), files) for number, files in enumerate(releases, 1)]
    refs = [queries.ref(row) for row in rows]
    return refs[0].product, refs


def names(product: Uid, asked: str, how: How = How.EXACT) -> list[tuple[str, int]]:
    found = [
        (one.name, one.line)
        for table in symbolshelf.tables(product)
        for one in table.find(Wanted(asked, how), table.mask(set(table.digests)))
    ]
    return sorted(found)


def test_a_file_that_breaks_the_tool_is_told_and_every_other_has_its_symbols(house: House) -> None:
    product, refs = taken(house, {**FILES, "p/bad.c": b"{" * 500_000, "p/\udcff\n.c": b"int odd(void) { return 0; }\n"})
    done = symbols.index(product, refs)
    assert (done.gaps, done.unreadable, done.damaged_tables) == (1, 0, 0)
    gaps = [gap for table in symbolshelf.tables(product) for _, gap in table.gaps()]
    assert gaps == [Gap.CRASHED]
    assert names(product, "odd") == [("odd", 1)]
    for _, wanted in SAMPLES.values():
        for name, _, line in wanted:
            assert (name, line) in names(product, name)


def test_a_second_release_asks_about_what_is_new_only(house: House) -> None:
    changed = {**FILES, "p/src/a.c": FILES["p/src/a.c"] + b"int added;\n"}
    product, refs = taken(house, FILES, changed)
    first, second = Counting(), Counting()
    symbols.index(product, refs[:1], run=first)
    assert first.asked == 1 + len(FILES)  # the known sample, then each
    symbols.index(product, refs, run=second)
    assert second.asked == 1 + 1
    assert names(product, "added") == [("added", 19)]
    third = Counting()
    assert symbols.index(product, refs, run=third).documents == 0
    assert third.asked == 0
    assert symbols.is_complete(product, refs)


def test_no_name_rests_in_the_clear(house: House) -> None:
    product, refs = taken(house, {"p/a.c": b"int unmistakable_canary_name(void) { return 0; }\n" * 50})
    symbols.index(product, refs)
    assert names(product, "unmistakable_canary_name")
    for path in symbolshelf.folder(product).rglob("*"):
        assert b"canary" not in path.read_bytes()
        assert path.stat().st_mode & 0o077 == 0


def test_work_that_was_killed_goes_on_where_it_was(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(symbols, "SYMBOLS_A_TABLE", 1)  # a table for each batch
    big = {f"p/{number}.c": b"int f_%d(void) { return 0; }\n" % number + b"/* */\n" * 200_000 for number in range(9)}
    product, refs = taken(house, big)
    with pytest.raises(KeyboardInterrupt):
        symbols.index(product, refs, run=Counting(runs=3))
    (symbolshelf.folder(product) / "symbols-00.part").write_bytes(b"half")
    before = len(names(product, "f_", How.PREFIX))
    assert not symbols.is_complete(product, refs)
    rest = Counting()
    done = symbols.index(product, refs, run=rest)
    assert done.documents == 9 - before
    assert sorted(name for name, _ in names(product, "f_", How.PREFIX)) == [f"f_{number}" for number in range(9)]
    assert not list(symbolshelf.folder(product).glob("*.part"))


def test_a_table_with_one_byte_changed_is_refused_and_then_made_anew(house: House) -> None:
    product, refs = taken(house, FILES)
    symbols.index(product, refs)
    (name,) = symbolshelf.names(product)
    path = symbolshelf.folder(product) / name
    content = bytearray(path.read_bytes())
    content[40] ^= 1
    path.write_bytes(content)
    symbolshelf.forget()
    with pytest.raises(SymbolsDamagedError), symbolshelf.reading():
        list(symbolshelf.table(product, name).outlines())
    done = symbols.index(product, refs)
    assert done.damaged_tables == 1
    assert names(product, "LIMIT")
    assert symbols.is_complete(product, refs)


def test_small_tables_are_joined_and_answer_the_same(house: House) -> None:
    versions = [{"p/a.c": b"int v_%d(void) { return 0; }\n" % number} for number in range(symbols.MERGE_FROM)]
    product, refs = taken(house, *versions)
    for stop in range(1, len(refs) + 1):
        symbols.index(product, refs[:stop])
    assert len(symbolshelf.names(product)) == 1
    assert [name for name, _ in names(product, "v_", How.PREFIX)] == [f"v_{number}" for number in range(len(versions))]


def test_a_merge_that_was_killed_leaves_no_symbol_twice(house: House) -> None:
    product, refs = taken(house, FILES)
    symbols.index(product, refs)
    (table,) = symbolshelf.tables(product)
    symbolshelf.write(product, blocks(product))
    assert len(symbolshelf.names(product)) == 2
    symbols.index(product, refs)
    assert len(symbolshelf.names(product)) == 1
    assert symbolshelf.tables(product)[0].symbols == table.symbols


def blocks(product: Uid) -> list[bytes]:
    (name,) = symbolshelf.names(product)
    pack = PackReader(symbolshelf.folder(product) / name, vault.ring().open(product), symbolshelf.KIND)
    return [pack.block(number) for number in range(pack.blocks)]


def test_a_tool_that_finds_nothing_fails_the_work_and_marks_nothing_done(house: House) -> None:
    product, refs = taken(house, FILES)
    begin = b'{"_type": "program", "name": "Universal Ctags", "version": "5.9.0"}\n'
    for printed in (Printed(b"", Ended.WELL), Printed(begin, Ended.WELL), Printed(b"", Ended.CRASHED)):
        with pytest.raises(SymbolToolError):
            symbols.index(product, refs, run=partial(answer, printed))
    assert not symbolshelf.names(product)
    assert not symbols.is_complete(product, refs)


def test_one_process_at_a_time_looks_for_the_symbols_of_a_product(house: House) -> None:
    product, refs = taken(house, FILES)
    with symbolshelf.sole_writer(product), pytest.raises(SymbolsBusyError):
        symbols.index(product, refs)


def test_a_destroyed_product_has_no_symbols(house: House) -> None:
    product, refs = taken(house, FILES)
    symbols.index(product, refs)
    assert symbolshelf.tables(product)
    vault.ring().destroy(product)
    with pytest.raises(KeyDestroyedError):
        symbolshelf.tables(product)


def test_progress_is_told_while_a_document_keeps_the_tool_busy(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(symbols, "_BEAT", 0.01)
    told: list[tuple[int, int]] = []
    product, refs = taken(house, FILES)

    def slow(stdin: bytes) -> Printed:
        time.sleep(0.1)
        return symboltool.run(stdin)

    symbols.index(product, refs, report=lambda done, of: told.append((done, of)), run=slow)
    assert told[-1][0] == told[-1][1] == len(FILES)
    assert told[0] == (0, len(FILES))
