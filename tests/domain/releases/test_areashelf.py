# SPDX-License-Identifier: Apache-2.0
"""What the rules know of a table is worked out once, rests sealed, and is worked out anew where it was spoiled."""

from collections.abc import Callable
from pathlib import Path

import pytest

from glasshouse.domain.releases import areas, areashelf, queries, surveys, symbols, symbolshelf
from glasshouse.domain.releases.values import ReleaseRef
from glasshouse.engines.codeindex.symbols.tables import Table
from tests.lab import House

FILES = {
    "read.me": b"",
    "a/one.c": b"int check_password(void) { return 0; }\n",
    "a/two.c": b"int plain(void) { return 0; }\n",
}
MORE = {"b/three.c": b"int parse_url(void) { return 0; }\n", "b/four.c": b"int other(void) { return 0; }\n"}


def kept(found: ReleaseRef) -> list[Path]:
    return sorted(symbolshelf.folder(found.product).glob("areas-*"))


def risky(found: ReleaseRef) -> dict[str, set[str]]:
    surveys.forget()
    symbolshelf.forget()
    survey = surveys.survey(found)
    by_row = {str(survey.files.path(row)): {rule.area for rule in survey.rules_of(row)} for row in range(len(survey))}
    return {path: named for path, named in by_row.items() if named}


def taken(house: House) -> ReleaseRef:
    found = queries.ref(house.take("1", FILES))
    symbols.index(found.product, [found])
    return found


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-9])


def _change(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def test_names_are_gone_through_once_and_never_by_who_asks(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    found = taken(house)
    monkeypatch.setattr(Table, "definers", lambda *_asked: pytest.fail("the names were gone through again"))
    assert risky(found) == {"a/one.c": {"authentication"}}
    symbols.index(found.product, [found])


def test_what_rests_follows_the_tables(house: House) -> None:
    found = taken(house)
    later = queries.ref(house.take("2", FILES | MORE))
    symbols.index(found.product, [found, later])
    assert len(kept(found)) == len(symbolshelf.names(found.product)) == 2
    symbolshelf.remove(found.product, symbolshelf.names(found.product)[0])
    symbols.index(found.product, [found, later])
    assert len(kept(found)) == len(symbolshelf.names(found.product))
    assert risky(later) == {"a/one.c": {"authentication"}, "b/three.c": {"parsers"}}


@pytest.mark.parametrize("spoil", [_cut, _change, Path.unlink])
def test_what_was_spoiled_is_worked_out_and_the_next_job_mends_it(
    house: House, spoil: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = taken(house)
    spoil(kept(found)[0])
    assert risky(found) == {"a/one.c": {"authentication"}}
    symbols.index(found.product, [found])
    monkeypatch.setattr(Table, "definers", lambda *_asked: pytest.fail("it was not mended"))
    assert risky(found) == {"a/one.c": {"authentication"}}


def test_what_is_of_another_table_is_not_believed(house: House) -> None:
    found = taken(house)
    later = queries.ref(house.take("2", FILES | MORE))
    symbols.index(found.product, [found, later])
    first, second = kept(found)
    spare = first.with_name("spare")
    first.rename(spare)
    second.rename(first)
    spare.rename(second)
    assert risky(later) == {"a/one.c": {"authentication"}, "b/three.c": {"parsers"}}


def test_what_older_rules_said_is_removed(house: House) -> None:
    found = taken(house)
    old = kept(found)[0]
    old.rename(old.with_name(old.name.replace(f"areas-{areas.rules().version}-", "areas-0-")))
    symbols.index(found.product, [found])
    assert [path.name for path in kept(found)] == [old.name]
    assert areashelf.definers(found.product, symbolshelf.names(found.product)[0])
