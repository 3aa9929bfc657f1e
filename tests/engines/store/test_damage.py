# SPDX-License-Identifier: Apache-2.0
"""Whoever changes the store's files is found out, and told where."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from glasshouse.engines.store import Manifest, ProductStore
from glasshouse.engines.store.errors import DamagedError, ReleaseNotFoundError
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.lines import Span
from tests.engines.store.lab import Files, Lab, Noise, make_lab

NOISE = Noise(6962)
FILES: Files = {
    b"include/registers.h": b"".join(b"#define REG_%d 0x%x\n" % (i, i * 7) for i in range(20_000)),
    b"src/blob.bin": NOISE.randbytes(300_000),
    b"src/main.c": b"int main(void)\n{\n\treturn 0;\n}\n",
    b"src/other.c": b"static int other;\n",
}


def everything(product: ProductStore, root: Digest) -> Iterator[bytes]:
    """Read all there is of a release, and prove all of it."""
    manifest = product.manifest(root)
    for entry in manifest.entries():
        yield b"".join(product.read_blob(entry))
        yield product.read_window(entry, Span(1, 5)).digest.raw
        yield manifest.prove(entry.path).leaf
    yield repr(manifest.left_out()).encode()


def folder_of(lab: Lab, root: Digest) -> Path:
    return lab.folder / "releases" / str(root)


@pytest.mark.parametrize("name", ["blobs-0000.pack", "index.pack", "manifest.pack"])
def test_abuse_case_20_a_changed_byte_in_any_region_of_any_pack_is_found_and_named(lab: Lab, name: str) -> None:
    root = lab.take(FILES).root
    path = folder_of(lab, root) / name
    good = path.read_bytes()
    size = len(good)
    places = {*range(24), *range(size - 40, size), *(size * step // 40 for step in range(40))}
    for place in sorted(places):
        bad = bytearray(good)
        bad[place] ^= 1 << place % 8
        path.write_bytes(bad)
        with pytest.raises(DamagedError) as caught:
            list(everything(lab.product, root))
        assert name in caught.value.message
        assert str(lab.uid) in caught.value.message
        assert "main.c" not in caught.value.message
    path.write_bytes(good)
    assert lab.product.verify(root).is_whole


@pytest.mark.parametrize("name", ["blobs-0000.pack", "index.pack", "manifest.pack"])
@pytest.mark.parametrize("change", ["cut", "grown", "emptied", "removed"])
def test_a_pack_of_another_length_is_found_and_named(lab: Lab, name: str, change: str) -> None:
    root = lab.take(FILES).root
    path = folder_of(lab, root) / name
    good = path.read_bytes()
    path.write_bytes({"cut": good[:-1], "grown": good + b"\0", "emptied": b"", "removed": b""}[change])
    if change == "removed":
        path.unlink()
    with pytest.raises(DamagedError, match=name):
        list(everything(lab.product, root))


def test_a_pack_from_another_product_or_release_is_not_taken_for_this_one(lab: Lab, tmp_path: Path) -> None:
    other_lab = make_lab(tmp_path / "other")
    other = other_lab.take(FILES).root
    first = lab.take(FILES).root
    second = lab.take({**FILES, b"src/new.c": b"int fresh;\n"}).root
    for name in ("blobs-0000.pack", "index.pack", "manifest.pack"):
        path = folder_of(lab, second) / name
        good = path.read_bytes()
        for source in (folder_of(other_lab, other), folder_of(lab, first)):
            shutil.copyfile(source / name, path)
            with pytest.raises(DamagedError):
                list(everything(lab.product, second))
        path.write_bytes(good)
    assert lab.product.verify(second).is_whole


def test_releases_whose_folders_change_places_are_found_out(lab: Lab) -> None:
    first = lab.take(FILES).root
    second = lab.take({**FILES, b"src/new.c": b"int fresh;\n"}).root
    one, two, aside = folder_of(lab, first), folder_of(lab, second), lab.folder / "aside"
    one.rename(aside)
    two.rename(one)
    aside.rename(two)
    with pytest.raises(DamagedError, match="another release"):
        list(everything(lab.product, first))


def test_a_release_that_was_taken_away_is_missed_by_those_that_build_on_it(lab: Lab) -> None:
    first = lab.take(FILES).root
    second = lab.take({**FILES, b"src/new.c": b"int fresh;\n"}).root
    shutil.rmtree(folder_of(lab, first))
    with pytest.raises(DamagedError, match="missing"):
        lab.product.manifest(second)


def test_blocks_that_change_places_inside_a_pack_are_found_out(lab: Lab) -> None:
    noise = {b"a.bin": NOISE.randbytes(200_000), b"b.bin": NOISE.randbytes(200_000)}
    root = lab.take(noise).root
    path = folder_of(lab, root) / "blobs-0000.pack"
    good = path.read_bytes()
    # Two blocks of incompressible bytes have nearly one length; take the blocks' ends from the pack itself.
    product = lab.product
    product.manifest(root)
    _, ends, _ = product._catalog.segments[0].blobs[0]._open()
    first, second = good[24 : ends[0]], good[ends[0] : ends[1]]
    assert len(first) == len(second)
    path.write_bytes(good[:24] + second + first + good[ends[1] :])
    with pytest.raises(DamagedError, match="block 0"):
        list(everything(lab.product, root))


def test_a_folder_that_is_no_release_is_named(lab: Lab) -> None:
    root = lab.take(FILES).root
    (lab.folder / "releases" / "planted").mkdir()
    with pytest.raises(DamagedError, match="planted"):
        lab.product.manifest(root)


def test_a_root_that_was_never_sealed_is_not_found(lab: Lab) -> None:
    lab.take(FILES)
    with pytest.raises(ReleaseNotFoundError):
        lab.product.manifest(Digest.of(b"nothing"))


def test_verification_names_the_file_and_goes_on(lab: Lab) -> None:
    root = lab.take(FILES).root
    path = folder_of(lab, root) / "blobs-0000.pack"
    bad = bytearray(path.read_bytes())
    bad[24 + 5] ^= 1
    path.write_bytes(bad)
    told: list[tuple[int, int]] = []
    report = lab.product.verify(root, progress=lambda files, size: told.append((files, size)))
    assert not report.is_whole
    assert {str(damage.path) for damage in report.damages} >= {"None", "include/registers.h"}
    assert all("block 0" in damage.message for damage in report.damages)
    assert report.files == len(FILES)
    assert told[-1][0] == len(FILES)


def test_verification_reads_the_disk_and_not_what_lies_in_memory(lab: Lab) -> None:
    root = lab.take(FILES).root
    product = lab.product
    assert product.verify(root).is_whole
    list(everything(product, root))
    for name in ("blobs-0000.pack", "index.pack", "manifest.pack"):
        path = folder_of(lab, root) / name
        good = path.read_bytes()
        path.write_bytes(good[:30] + bytes([good[30] ^ 1]) + good[31:])
        assert not product.verify(root).is_whole
        path.write_bytes(good)
    assert product.verify(root).is_whole


def test_a_manifest_that_lies_about_its_entries_does_not_hash_to_its_root(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = lab.take(FILES).root
    product = lab.product
    manifest = product.manifest(root)
    honest = list(manifest.entries())
    monkeypatch.setattr(Manifest, "entries", lambda _self: iter(honest[:-1]))
    messages = [damage.message for damage in product.verify(root).damages]
    assert len(messages) == 2
    assert "root" in messages[1]
