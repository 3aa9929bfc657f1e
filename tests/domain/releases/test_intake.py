# SPDX-License-Identifier: Apache-2.0
"""A release comes in whole or not at all, once, and its entry says what came."""

import hashlib
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from glasshouse.domain.journal import queries as journal
from glasshouse.domain.journal.models import Event
from glasshouse.domain.releases import commands, queries, vault
from glasshouse.domain.releases.errors import BadNameError, ReleaseExistsError, ReleaseUnknownError
from glasshouse.domain.releases.models import Product, Release
from glasshouse.engines.store.unpack.errors import UnpackError
from glasshouse.kernel.errors import GlasshouseError
from glasshouse.kernel.ids import Uid
from tests.engines.store.unpack.archives import tar_file, tar_header
from tests.lab import FILES, NOW, House, next_version, tar_of


def packs() -> dict[str, str]:
    """Every file of the store with its digest, locks aside."""
    return {
        str(path): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in settings.GLASSHOUSE.packs.rglob("*")
        if path.is_file() and path.name != "lock"
    }


def test_what_came_in_stands_in_the_row_and_in_the_entry(house: House) -> None:
    row = house.take()
    assert (row.files, row.left_out, row.leaves) == (10, 0, 11)
    assert row.bytes == sum(len(content) for content in FILES.values())
    event = Event.objects.get(kind="releases.release-imported")
    assert (event.subject, event.actor) == (row.uid, "operator:tests")
    assert journal.open_event(event, vault.journal_sealer).fields == {
        "bytes": row.bytes,
        "files": 10,
        "left_out": 0,
        "lines": row.lines,
        "product": "server",
        "root": bytes(row.root).hex(),
        "version": "1",
    }
    assert queries.verify(queries.ref(row), lambda _files, _bytes: None).is_whole


CUT = tar_of(FILES)[:-40]
HOSTILE = {
    "cut short": CUT,
    "a tar of one half file": (tar_header(b"a.c", 100_000) + b"int a;")[:2048],
    "a bad checksum": tar_file(b"a.c").replace(b"a.c", b"b.c", 1) + bytes(1024),
    "nothing": b"",
    "no archive": b"int main(void) { return 0; }\n" * 100,
    "an empty tar": bytes(10240),
    "only what is left out": tar_file(b"../a.c") + tar_file(b"/etc/passwd") + bytes(1024),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_source_that_does_not_come_out_whole_leaves_neither_row_nor_pack(
    house: House, tmp_path: Path, what: str
) -> None:
    house.take()
    before, events = packs(), Event.objects.count()
    source = tmp_path / "hostile"
    source.write_bytes(HOSTILE[what])
    with pytest.raises(UnpackError):
        commands.intake("operator:tests", "server", "2", source, now=NOW)
    assert packs() == before
    assert Release.objects.count() == 1
    assert Event.objects.count() == events
    with pytest.raises(UnpackError):
        commands.intake("operator:tests", "brand-new", "1", source, now=NOW)
    assert Release.objects.count() == 1
    assert {path for path in packs() if path not in before} == set()


@pytest.mark.usefixtures("house")
def test_what_is_left_out_is_counted_and_listed(tmp_path: Path) -> None:
    source = tmp_path / "source.tar"
    members = [
        tar_file(b"pkg/a.c", b"int a;\n"),
        tar_file(b"../outside.c"),
        tar_header(b"pkg/device", 0, kind=b"3"),
        tar_header(b"pkg/fifo", 0, kind=b"6"),
        tar_file(b"pkg/a.c", b"int other;\n"),
    ]
    source.write_bytes(b"".join(members) + bytes(1024))
    row = commands.intake("operator:tests", "server", "1", source, now=NOW)
    names = {one.name for one in queries.left_out(queries.ref(row))}
    assert (row.files, row.left_out) == (1, 4)
    assert names == {b"../outside.c", b"pkg/device", b"pkg/fifo", b"pkg/a.c"}


def test_an_identical_release_of_another_version_grows_no_pack(house: House) -> None:
    first = house.take()
    before = packs()
    again = house.take("1-again")
    assert bytes(again.root) == bytes(first.root)
    assert packs() == before
    assert house.take("2", next_version(FILES)).root != first.root
    assert before.items() <= packs().items()


def test_a_version_is_given_once(house: House) -> None:
    house.take()
    before = packs()
    with pytest.raises(ReleaseExistsError):
        house.take("1", next_version(FILES))
    assert packs() == before


def test_another_product_shares_no_pack_and_no_key(house: House) -> None:
    one, other = house.take(), house.take(product="client")
    assert one.product.uid != other.product.uid
    assert bytes(one.root) != bytes(other.root)
    path = next(iter(queries.manifest(queries.ref(one)).entries())).digest
    assert vault.blob_id(Uid(one.product.uid), path) != vault.blob_id(Uid(other.product.uid), path)


@pytest.mark.parametrize("product", ["", "Server", "a b", "-a", "a-", "../a", "a/b", "é", "a" * 81])
def test_a_products_name_that_cannot_stand_in_an_address_is_refused(house: House, product: str) -> None:
    with pytest.raises(BadNameError):
        house.take(product=product.replace("/", "\N{DIVISION SLASH}") if "/" in product else product)
    assert Product.objects.count() == 0


@pytest.mark.parametrize("version", ["", "1 2", "\n", "-1", "v1/2", "1" * 81, "1;rm"])
@pytest.mark.usefixtures("house")
def test_a_version_that_cannot_stand_in_an_address_is_refused(tmp_path: Path, version: str) -> None:
    (tmp_path / "s.tar").write_bytes(tar_of(FILES))
    with pytest.raises(BadNameError):
        commands.intake("operator:tests", "server", version, tmp_path / "s.tar", now=NOW)


@pytest.mark.usefixtures("open_house")
def test_two_imports_of_one_version_at_once_make_one_release(tmp_path: Path) -> None:
    source = tmp_path / "source.tar.gz"
    source.write_bytes(tar_of(FILES))
    ready = threading.Barrier(4)

    def importer(_: int) -> str:
        try:
            ready.wait(30)
            return commands.intake("operator:tests", "server", "1", source, now=NOW).uid
        except GlasshouseError as error:
            return error.code
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(importer, range(4)))
    row = Release.objects.get()
    assert told.count(row.uid) == 1, told
    assert set(told) <= {row.uid, "releases.release-exists", "store.busy"}, told
    assert Product.objects.count() == 1
    assert queries.verify(queries.ref(row), lambda _files, _bytes: None).is_whole


def test_only_arrangers_and_holders_find_a_release(house: House) -> None:
    row, other = house.take(), house.take("2", next_version(FILES))
    house.grant(row)
    cast = house.cast
    assert [one.uid for one in queries.releases_of(cast.manager)] == [row.uid, other.uid]
    assert [one.uid for one in queries.releases_of(cast.reviewer)] == [row.uid]
    assert queries.release(cast.reviewer, Uid(row.uid)).uid == row.uid
    assert queries.release_by_name(cast.officer, "server", "2").uid == other.uid
    for viewer, uid, version in ((cast.stranger, row, "1"), (cast.colleague, row, "1"), (cast.reviewer, other, "2")):
        with pytest.raises(ReleaseUnknownError):
            queries.release(viewer, Uid(uid.uid))
        with pytest.raises(ReleaseUnknownError):
            queries.release_by_name(viewer, "server", version)
    assert list(queries.releases_of(cast.stranger)) == []
    with pytest.raises(GlasshouseError):
        queries.product_by_slug(cast.stranger, "server")
