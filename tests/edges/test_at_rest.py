# SPDX-License-Identifier: Apache-2.0
"""No plain text of a vendor's source at rest, after everything a lab does with it; and the search is no blind one."""

import base64
import gzip
import logging
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest
import zstandard
from django.conf import settings as configured
from django.db import connection
from pytest_django.fixtures import Settings

from glasshouse.domain.access.errors import OutsideGrantError
from glasshouse.domain.journal import boxes
from glasshouse.domain.readingroom import commands as readingroom
from glasshouse.domain.releases import commands as releases
from glasshouse.domain.releases import queries
from glasshouse.edges.cli.backups import back_up
from glasshouse.engines.store import keys, packs
from glasshouse.kernel.errors import NotFoundError, RefusedError
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.lines import Span
from glasshouse.kernel.paths import TreePath
from tests.engines.store.unpack.archives import tar_file, tar_header
from tests.lab import NOW, House, forget, furnish
from tests.plaintext import Search
from tests.searching import index, search, searcher

FUNCTION, REGISTER, COMMENT = b"quokka_dispatch_table", b"NUMBAT_CTRL_BASE", b"the bandicoot lemma"
FOLDER, FILE, LINK, LEFT_OUT, PATTERN = (
    b"wombat_core",
    b"echidna_vm.c",
    b"bilby_target",
    b"dingo_device",
    b"potoroo_dir",
)
ASKED: Final = b"bettong_query"
SAVED: Final = b"cassowary_label"
WORDS: Final = (ASKED, SAVED, FUNCTION, REGISTER, COMMENT, FOLDER, FILE, LINK, LEFT_OUT, PATTERN)
PATH: Final = TreePath(b"wombat_core/echidna_vm.c")


class Clear:
    """What an encrypting box would look like if it did nothing."""

    def __init__(self, key: bytes) -> None:
        """Take a key as AES-256-GCM does."""
        assert len(key) == 32

    def encrypt(self, _nonce: bytes, plain: bytes, _context: bytes | None) -> bytes:
        """Return what was to be hidden."""
        return plain

    def decrypt(self, _nonce: bytes, sealed: bytes, _context: bytes | None) -> bytes:
        """Return what was given."""
        return sealed


@pytest.fixture
def folder(transactional_db: None, tmp_path: Path, settings: Settings) -> Path:
    """Where a lab is to be founded, with files of its own."""
    del transactional_db
    settings.GLASSHOUSE = replace(settings.GLASSHOUSE, home=tmp_path / "lab", keys=tmp_path / "keys")
    return tmp_path


@pytest.fixture
def house(folder: Path) -> House:
    """A founded lab."""
    return furnish(folder)


@pytest.fixture
def clear_house(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """A founded lab whose every box is of glass."""
    for module in (packs, keys, boxes):
        monkeypatch.setattr(module, "AESGCM", Clear)
    yield furnish(folder)
    forget()


def archive(body: bytes) -> bytes:
    members = [
        tar_file(b"pkg/wombat_core/echidna_vm.c", body),
        tar_file(b"pkg/wombat_core/large.h", b"#define NUMBAT_CTRL_BASE 0x1000 /* quokka_dispatch_table */\n" * 9_000),
        tar_header(b"pkg/wombat_core/link", 0, kind=b"2", link=b"../bilby_target"),
        tar_header(b"pkg/dingo_device", 0, kind=b"3"),
        tar_file(b"pkg/README", b"A server.\n"),
    ]
    return b"".join(members) + bytes(1024)


def live(house: House, sources: Path) -> None:
    """Do everything that a lab does with source: import, grant, show in every way, refuse, prove, copy."""
    body = b"/* the bandicoot lemma */\nint quokka_dispatch_table(void)\n{\n\treturn NUMBAT_CTRL_BASE;\n}\n" * 5
    taken = []
    for version, content in (("1", body), ("2", body.replace(b"return", b"goto"))):
        source = sources / f"{version}.tar"
        source.write_bytes(archive(content))
        taken.append(releases.intake("operator:tests", "server", version, source, now=NOW))
    old, new = taken
    desk = house.seat(house.cast.reviewer, new, old, patterns=("wombat_core/**", "potoroo_dir/*", "**/dingo*"))
    who = (desk.viewer, desk.grant)
    readingroom.open_file(*who, desk.release, PATH, Span(1, 9), now=NOW)
    readingroom.open_file(*who, desk.release, PATH, Span(2, 2), now=NOW, column=4)
    readingroom.open_folder(*who, desk.release, None, now=NOW)
    readingroom.open_folder(*who, desk.release, TreePath(FOLDER), now=NOW)
    readingroom.open_facts(*who, desk.release, PATH, now=NOW)
    readingroom.open_left_out(*who, desk.release, now=NOW)
    readingroom.open_changes(*who, Uid(old.uid), Uid(new.uid), now=NOW)
    readingroom.open_difference(*who, Uid(old.uid), Uid(new.uid), PATH, now=NOW)
    index(old, new)
    with searcher():
        assert search(desk, "quokka_dispatch_table", context=2).hits
        asked = search(desk, ASKED.decode(), paths=("wombat_core/**",))
        assert not asked.hits
        readingroom.save_search(*who, asked.view.recorded.uid, SAVED.decode(), now=NOW)
        readingroom.run_saved_searches(Uid(old.product.uid), now=lambda: NOW, report=lambda _done, _of: None)
    for path, span in ((TreePath(PATTERN), Span(1, 1)), (PATH, Span(9_999, 9_999))):
        with pytest.raises((OutsideGrantError, RefusedError, NotFoundError)):
            readingroom.open_file(*who, desk.release, path, span, now=NOW)
    house.sign()
    readingroom.close_visit(desk.viewer, desk.visit, now=NOW)
    house.sign()
    assert FILE in readingroom.make_receipt(desk.viewer, desk.visit, now=NOW)
    queries.verify(queries.ref(new), lambda _files, _bytes: None)
    house.sign()


def rest_of(house: House) -> tuple[Path, ...]:
    """Every folder in which something of the lab rests, a fresh copy included."""
    target = house.folder / "copy"
    back_up(target, "operator:tests", now=NOW, report=lambda _done, _of: None)
    if connection.vendor == "sqlite":  # the file itself, with what it keeps of rows that are gone
        database = Path(str(connection.settings_dict["NAME"]))
        raw = house.folder / "raw"
        raw.mkdir()
        for path in database.parent.glob(f"{database.name}*"):
            (raw / path.name).write_bytes(path.read_bytes())
        return configured.GLASSHOUSE.home, configured.GLASSHOUSE.keys, target, raw
    return configured.GLASSHOUSE.home, configured.GLASSHOUSE.keys, target


def test_no_word_of_the_source_rests_in_the_open(
    house: House,
    tmp_path_factory: pytest.TempPathFactory,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    live(house, tmp_path_factory.mktemp("sources"))
    search = Search(WORDS)
    assert search.rows() == set()
    assert search.files(*rest_of(house)) == set()
    said = capfd.readouterr()
    logged = "\n".join(f"{line.getMessage()} {line.__dict__}" for line in caplog.records)
    told = logged.replace(str(house.folder), "") + said.out + said.err
    assert search.within(told.encode("utf-8", "surrogateescape")) == set()


def test_the_search_finds_every_word_in_a_lab_that_does_not_encrypt(
    clear_house: House, tmp_path_factory: pytest.TempPathFactory
) -> None:
    live(clear_house, tmp_path_factory.mktemp("sources"))
    search = Search(WORDS)
    assert search.rows() >= {FOLDER, FILE, PATTERN}
    assert search.files(configured.GLASSHOUSE.home) >= set(WORDS) - {PATTERN, ASKED, SAVED}
    assert search.files(*rest_of(clear_house)) == set(WORDS)


@pytest.mark.parametrize("shift", range(5))
def test_the_search_sees_through_the_usual_spellings(shift: int) -> None:
    search = Search([FUNCTION])
    plain = b"x" * shift + b"int quokka_dispatch_table(void);" * 9
    for spelled in (
        plain,
        plain.hex().encode(),
        base64.b64encode(plain),
        plain.decode().encode("utf-16-le"),
        b"junk" + zstandard.compress(plain) + b"junk",
        b"junk" + zlib.compress(plain) + b"junk",
        gzip.compress(plain),
        zstandard.compress(base64.b64encode(plain)),
    ):
        assert search.within(spelled) == {FUNCTION}, spelled
    assert search.within(plain.replace(b"quokka", b"quoll")) == set()
