# SPDX-License-Identifier: Apache-2.0
"""A vendor's SCIP index comes in whole or not at all, sealed, once, and answers within a grant alone."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from glasshouse.domain.access.values import Patterns
from glasshouse.domain.journal.models import Event
from glasshouse.domain.releases import crossings, crossingshelf, defining, queries, searching
from glasshouse.domain.releases.commands import destroy_marked_keys
from glasshouse.domain.releases.errors import ForeignSymbolsError, ReleaseUnknownError, SymbolsDamagedError
from glasshouse.domain.releases.found import Asked
from glasshouse.domain.releases.models import Product, Release, SymbolIndex
from glasshouse.domain.releases.takingsymbols import Taken, take_symbols
from glasshouse.engines.codeindex.symbols.errors import ScipError
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.paths import TreePath
from tests.engines.codeindex.symbols.scipbytes import document, occurrence
from tests.lab import NOW, House

A: Final = b"int area(int x)\n{\n\treturn x;\n}\n"
B: Final = b"int two(void)\n{\n\treturn area(1) + area(2);\n}\n"
HIDDEN: Final = b"int hidden(void)\n{\n\treturn area(3);\n}\n"
FILES: Final = {"p/src/a.c": A, "p/src/b.c": B, "p/secret/h.c": HIDDEN}
AREA: Final = "cxx . . $ area(49f6)."
INDEX: Final = (
    document(b"src/a.c", occurrence([0, 4, 8], AREA, 1, [0, 0, 3, 1]), occurrence([2, 8, 9], "local 0"))
    + document(b"src/b.c", occurrence([2, 8, 12], AREA), occurrence([2, 18, 22], AREA))
    + document(b"secret/h.c", occurrence([0, 4, 10], "cxx . . $ hidden(1).", 1), occurrence([2, 8, 12], AREA))
)
WHOLE: Final = Patterns(("**",))
SRC: Final = Patterns(("src/**",))
SPOT: Final = (TreePath(b"src/b.c"), 3, 8)


@pytest.fixture(autouse=True)
def _forgotten() -> Iterator[None]:
    yield
    defining.forget()
    searching.forget()
    crossingshelf.forget()


@pytest.fixture
def row(house: House) -> Release:
    return house.take("1", FILES)


def take(folder: Path, content: bytes = INDEX, version: str = "1") -> Taken:
    source = folder / "index.scip"
    source.write_bytes(content)
    return take_symbols("operator:tests", "server", version, source, now=NOW)


def imported() -> list[Event]:
    return list(Event.objects.filter(kind="releases.symbols-imported"))


def test_an_index_comes_in_once_with_an_entry_that_names_who_did_it(row: Release, tmp_path: Path) -> None:
    first = take(tmp_path)
    assert (first.documents, first.mentions, first.left_out_documents, first.is_new) == (3, 6, 0, True)
    again = take(tmp_path)
    assert (again.digest, again.mentions, again.is_new) == (first.digest, 6, False)
    [event] = imported()
    assert event.actor == "operator:tests"
    assert SymbolIndex.objects.get().release == row
    assert len(list(crossingshelf.folder(Uid(row.product.uid)).glob("*.pack"))) == 1


def test_definitions_and_uses_are_exact_and_none_is_outside_the_grant(row: Release, tmp_path: Path) -> None:
    take(tmp_path)
    found = queries.ref(row)
    whole = crossings.meant_at(found, WHOLE, *SPOT)
    assert whole is not None
    [definition] = whole.definitions()
    assert (str(definition.path), definition.line, definition.end, definition.label) == ("src/a.c", 1, 4, "area")
    assert definition.is_exact
    assert (whole.uses(0).lines, whole.uses(0).files) == (3, 3)
    narrow = crossings.meant_at(found, SRC, *SPOT)
    assert narrow is not None
    uses = narrow.uses(0)
    assert (uses.lines, uses.files, uses.next) == (2, 2, 0)
    page = uses.page(Asked("area", is_literal=True))
    assert [str(file.path) for file in page.files] == ["src/a.c", "src/b.c"]
    assert [one.use.value for one in uses.ranked(page.files)] == ["definition", "call"]
    assert (page.tally.lines, page.tally.is_exact) == (2, True)
    for patterns in (Patterns(("secret/**",)), Patterns(("src/a.c",))):
        assert crossings.meant_at(found, patterns, *SPOT) is None
    only = crossings.meant_at(found, Patterns(("src/b.c",)), *SPOT)
    assert only is not None
    assert only.definitions() == []
    assert crossings.meant_at(found, WHOLE, TreePath(b"src/b.c"), 3, 2) is None


def test_another_release_is_answered_by_no_index_of_this_one(house: House, row: Release, tmp_path: Path) -> None:
    take(tmp_path)
    other = queries.ref(house.take("2", {**FILES, "p/new.c": b"int n;\n"}))
    assert crossings.meant_at(queries.ref(row), WHOLE, *SPOT) is not None
    assert crossings.meant_at(other, WHOLE, *SPOT) is None


def test_an_index_of_other_source_leaves_nothing(row: Release, tmp_path: Path) -> None:
    for content in (
        b"",
        document(b"lib/none.c", occurrence([0, 4, 8], AREA, 1)),
        document(b"src/a.c", occurrence([90, 4, 8], AREA, 1)),
        document(b"src/a.c", occurrence([2, 1, 7], AREA, 1)),
    ):
        with pytest.raises(ForeignSymbolsError):
            take(tmp_path, content)
    for hostile in (b"\xff" * 40, INDEX + b"\x12\xff\xff\xff\xff\x7f"):
        with pytest.raises(ScipError):
            take(tmp_path, hostile)
    with pytest.raises(ReleaseUnknownError):
        take(tmp_path, version="9")
    assert not SymbolIndex.objects.exists()
    assert not imported()
    assert not list(crossingshelf.folder(Uid(row.product.uid)).glob("crossing-*"))


def test_what_is_left_out_is_counted(row: Release, tmp_path: Path) -> None:
    del row
    taken = take(
        tmp_path,
        INDEX + document(b"../x.c", occurrence([0, 0, 1], AREA)) + document(b"src/none.c", occurrence([0, 0, 1], AREA)),
    )
    assert (taken.documents, taken.left_out_documents) == (3, 2)


def test_no_name_of_an_index_rests_in_the_open(row: Release, tmp_path: Path) -> None:
    take(tmp_path)
    rest = b"".join(
        path.read_bytes() for path in crossingshelf.folder(Uid(row.product.uid)).rglob("*") if path.is_file()
    )
    for word in (b"hidden", b"area", b"src/a.c", b"49f6"):
        assert word not in rest


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
def test_a_changed_byte_is_told_and_the_same_import_mends_it(row: Release, tmp_path: Path, share: float) -> None:
    def asked() -> list[defining.Definition]:
        meant = crossings.meant_at(found, WHOLE, *SPOT)
        return meant.definitions() if meant else []

    take(tmp_path)
    found = queries.ref(row)
    [pack] = crossingshelf.folder(found.product).glob("*.pack")
    content = bytearray(pack.read_bytes())
    content[int(len(content) * share)] ^= 1
    pack.write_bytes(bytes(content))
    crossingshelf.forget()
    with pytest.raises(SymbolsDamagedError):
        asked()
    [damage] = queries.verify(found, lambda _files, _bytes: None).damages
    assert damage.message.startswith("Symbol index ")
    assert take(tmp_path).is_new
    assert queries.verify(found, lambda _files, _bytes: None).is_whole
    assert len(asked()) == 1
    assert SymbolIndex.objects.count() == 1
    take(tmp_path)
    assert [one.name for one in crossingshelf.folder(found.product).glob("*.pack")] == [SymbolIndex.objects.get().pack]


def test_what_a_killed_import_left_is_removed_by_the_next(row: Release, tmp_path: Path) -> None:
    product = Uid(row.product.uid)
    take(tmp_path)
    for name in ("crossing-1.tmp", "crossing-2.pack"):
        (crossingshelf.folder(product) / name).write_bytes(b"half")
    take(tmp_path)
    assert len(list(crossingshelf.folder(product).glob("crossing-*"))) == 1


def test_a_destroyed_product_forgets_its_indexes(row: Release, tmp_path: Path) -> None:
    take(tmp_path)
    found = queries.ref(row)
    assert crossings.meant_at(found, WHOLE, *SPOT) is not None
    Product.objects.filter(pk=row.product.pk).update(destroyed_at=NOW)
    assert destroy_marked_keys() == ["server"]
    assert crossings.meant_at(found, WHOLE, *SPOT) is None
    assert not crossingshelf.folder(found.product).exists()
