# SPDX-License-Identifier: Apache-2.0
import os
import stat
from pathlib import Path

import pytest

from glasshouse.engines.store import KeyRing, MasterKey
from glasshouse.engines.store.errors import (
    BrokenSealError,
    KeyDestroyedError,
    KeyExistsError,
    KeyNotFoundError,
    MasterKeyError,
    UnsafeMasterKeyError,
    WrongMasterKeyError,
)
from glasshouse.kernel.errors import InvalidError
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.lines import Span
from glasshouse.kernel.paths import TreePath
from tests.engines.store.lab import Lab


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o601, 0o755])
def test_a_master_key_that_others_could_reach_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "master.key"
    MasterKey.create(path)
    path.chmod(mode)
    with pytest.raises(UnsafeMasterKeyError):
        MasterKey.load(path)


def test_a_link_to_a_master_key_is_refused(tmp_path: Path) -> None:
    MasterKey.create(tmp_path / "master.key")
    (tmp_path / "link").symlink_to(tmp_path / "master.key")
    with pytest.raises(MasterKeyError):
        MasterKey.load(tmp_path / "link")


@pytest.mark.parametrize("content", [b"", b"\n\n", b"glasshouse-master-key/v1\nabcd\n", b"\xff" * 90, b"x\n" * 40])
def test_a_file_that_holds_no_master_key_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "master.key"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(MasterKeyError):
        MasterKey.load(path)


def test_a_master_key_is_private_from_its_first_moment_and_never_replaced(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    umask = os.umask(0)
    try:
        MasterKey.create(path)
    finally:
        os.umask(umask)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = path.read_bytes()
    with pytest.raises(KeyExistsError):
        MasterKey.create(path)
    assert path.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == ["master.key"]


def test_a_passphrase_opens_what_it_locked_and_another_does_not(tmp_path: Path) -> None:
    uid, salt = Uid.new(), tmp_path / "salt"
    KeyRing(tmp_path / "keys", MasterKey.from_passphrase("correct horse", salt)).create(uid)
    again = KeyRing(tmp_path / "keys", MasterKey.from_passphrase("correct horse", salt)).open(uid)
    assert again.uid == uid
    with pytest.raises(WrongMasterKeyError):
        KeyRing(tmp_path / "keys", MasterKey.from_passphrase("correct horsf", salt)).open(uid)
    with pytest.raises(InvalidError):
        MasterKey.from_passphrase("", salt)


def test_every_changed_bit_of_a_wrapped_key_is_refused(lab: Lab) -> None:
    path = lab.ring.folder / f"{lab.uid}.key"
    good = path.read_bytes()
    for bit in range(8 * len(good)):
        bad = bytearray(good)
        bad[bit // 8] ^= 1 << bit % 8
        path.write_bytes(bad)
        with pytest.raises(WrongMasterKeyError):
            lab.ring.open(lab.uid)


def test_a_wrapped_key_does_not_open_under_another_products_name(lab: Lab) -> None:
    other = Uid.new()
    (lab.ring.folder / f"{other}.key").write_bytes((lab.ring.folder / f"{lab.uid}.key").read_bytes())
    with pytest.raises(WrongMasterKeyError):
        lab.ring.open(other)


def test_a_product_has_one_key_and_a_stranger_none(lab: Lab) -> None:
    with pytest.raises(KeyExistsError):
        lab.ring.create(lab.uid)
    with pytest.raises(KeyNotFoundError):
        lab.ring.open(Uid.new())
    with pytest.raises(KeyNotFoundError):
        lab.ring.destroy(Uid.new())


def test_after_a_key_is_destroyed_nothing_opens_not_even_in_a_process_that_had_it(lab: Lab) -> None:
    sealed = lab.take({b"secret.c": b"int secret;\n"})
    product = lab.product
    manifest = product.manifest(sealed.root)
    entry = manifest.entry(TreePath(b"secret.c"))
    blob = product.read_blob(entry)
    wrapped = (lab.ring.folder / f"{lab.uid}.key").read_bytes()

    lab.ring.destroy(lab.uid)

    with pytest.raises(KeyDestroyedError):
        product.read_window(entry, Span(1, 1))
    with pytest.raises(KeyDestroyedError):
        next(blob)
    for act in (product.roots, product.begin, lambda: product.manifest(sealed.root), lambda: lab.product):
        with pytest.raises(KeyDestroyedError):
            act()
    with pytest.raises(KeyDestroyedError):
        lab.ring.create(lab.uid)
    assert not lab.ring.exists(lab.uid)
    assert [path.name for path in lab.ring.folder.iterdir()] == [f"{lab.uid}.destroyed"]
    assert not any(wrapped[-48:] in path.read_bytes() for path in lab.root.rglob("*") if path.is_file())
    lab.ring.destroy(lab.uid)  # once more changes nothing


def test_a_destruction_cut_short_is_finished_by_the_next_look(lab: Lab) -> None:
    (lab.ring.folder / f"{lab.uid}.key.0123.tmp").write_bytes((lab.ring.folder / f"{lab.uid}.key").read_bytes())
    (lab.ring.folder / f"{lab.uid}.destroyed").write_bytes(b"")
    with pytest.raises(KeyDestroyedError):
        lab.ring.open(lab.uid)
    assert [path.name for path in lab.ring.folder.iterdir()] == [f"{lab.uid}.destroyed"]


def test_a_sealed_value_opens_only_where_it_belongs(lab: Lab) -> None:
    key = lab.ring.open(lab.uid)
    other = lab.ring.create(Uid.new())
    sealed = key.sealer("journal").seal(b"drivers/secret.c", context=b"event 7")
    assert lab.ring.open(lab.uid).sealer("journal").open(sealed, context=b"event 7") == b"drivers/secret.c"
    for sealer, context in (
        (key.sealer("journal"), b"event 8"),
        (key.sealer("paths"), b"event 7"),
        (other.sealer("journal"), b"event 7"),
    ):
        with pytest.raises(BrokenSealError):
            sealer.open(sealed, context=context)
    for bit in range(8 * len(sealed)):
        bad = bytearray(sealed)
        bad[bit // 8] ^= 1 << bit % 8
        with pytest.raises(BrokenSealError):
            key.sealer("journal").open(bytes(bad), context=b"event 7")
    for length in range(len(sealed)):
        with pytest.raises(BrokenSealError):
            key.sealer("journal").open(sealed[:length], context=b"event 7")


def test_tags_are_stable_for_a_purpose_and_tell_nothing_apart_from_it(lab: Lab) -> None:
    key, other = lab.ring.open(lab.uid), lab.ring.create(Uid.new())
    tag = key.sealer("paths").tag(b"src/main.c")
    assert tag == lab.ring.open(lab.uid).sealer("paths").tag(b"src/main.c")
    assert len({tag, key.sealer("names").tag(b"src/main.c"), other.sealer("paths").tag(b"src/main.c")}) == 3


def test_no_key_shows_in_a_message_or_repr(lab: Lab) -> None:
    key = lab.ring.open(lab.uid)
    secret = key._secret
    shown = repr((key, lab.ring, lab.ring.master, key.sealer("journal"), lab.product))
    assert secret.hex() not in shown
    assert repr(secret) not in shown
    assert repr(lab.ring.master._wrap) not in shown
