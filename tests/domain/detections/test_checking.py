# SPDX-License-Identifier: Apache-2.0
"""A report that is not on the disk what was written is told by its name; what tools said goes with a product's key."""

from pathlib import Path

import pytest

from glasshouse.domain.detections import checking, queries, shelf
from glasshouse.domain.releases import queries as releases
from glasshouse.domain.releases.commands import destroy_marked_keys
from glasshouse.domain.releases.models import Product
from glasshouse.kernel.ids import Uid
from tests.domain.detections.test_taking_reports import FILES, FIRST, Desk
from tests.lab import NOW, House


@pytest.fixture
def desk(house: House, tmp_path: Path) -> Desk:
    return Desk(house, tmp_path)


def pack_of(uid: Uid) -> Path:
    report = queries.report(uid)
    return shelf.folder(Uid(report.product)) / report.pack


def test_a_report_that_was_changed_cut_or_exchanged_on_the_disk_is_told_by_its_name(desk: Desk) -> None:
    found = releases.ref(desk.release("1", FILES))
    first, second = desk.one("1", FIRST), desk.one("1", [("gets", "one.c", 9), ("gets", "one.c", 3)], tool="other")
    assert list(checking.damaged(found)) == []
    whole = pack_of(first.uid).read_bytes()
    for place in range(30, len(whole), len(whole) // 12):
        pack_of(first.uid).write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        (told,) = checking.damaged(found)
        assert first.uid.text in told
        assert pack_of(first.uid).name in told
    pack_of(first.uid).write_bytes(pack_of(second.uid).read_bytes())
    assert [("another report" in told, first.uid.text in told) for told in checking.damaged(found)] == [(True, True)]
    pack_of(first.uid).unlink()
    assert ["changed" in told for told in checking.damaged(found)] == [True]
    pack_of(first.uid).write_bytes(whole)
    assert list(checking.damaged(found)) == []


def test_what_tools_said_is_removed_with_the_products_key_also_by_a_later_start(desk: Desk) -> None:
    row = desk.release("1", FILES)
    place = pack_of(desk.one("1", FIRST).uid)
    Product.objects.filter(pk=row.product.pk).update(destroyed_at=NOW)
    assert destroy_marked_keys() == ["server"]
    assert not place.parent.exists()
    place.parent.mkdir()
    place.write_bytes(b"a writer finished when the key was gone already")
    assert destroy_marked_keys() == []
    assert not place.parent.exists()
