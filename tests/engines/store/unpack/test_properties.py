# SPDX-License-Identifier: Apache-2.0
import bz2
import gzip
import lzma
import tempfile
from contextlib import suppress
from pathlib import Path

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from glasshouse.engines.store.unpack import Limits, UnpackError, open_source
from glasshouse.engines.store.unpack.names import FingerprintSet, Gate
from tests.engines.store.unpack.archives import END, ZipEntry, long_name, pax, tar_file, tar_header, unpack, zip_of

PART = st.sampled_from([b"", b".", b"..", b"a", b"b", b"A", b"\0", b"\xff", b"\n", b"c:", b"\\", b"\xe2\x80\xae"])
NAME = st.one_of(
    st.lists(PART, max_size=6).map(b"/".join),
    st.binary(max_size=40),
    st.lists(PART, min_size=250, max_size=260).map(b"/".join),
)
TAR = (
    tar_file(b"a", b"1" * 700)
    + pax({b"path": b"\xff" * 200})
    + tar_file(b"x", b"2")
    + long_name(b"n" * 200)
    + tar_header(b"x", kind=b"2", link=b"a")
    + tar_header(b"h", kind=b"1", link=b"a")
    + END
)
ZIP = zip_of(ZipEntry(b"a", b"1" * 700), ZipEntry(b"b", method=0), ZipEntry(b"c", b"3" * 90, flags=8))
WHOLE = {
    "tar": TAR,
    "zip": ZIP,
    "gzip": gzip.compress(TAR),
    "bzip2": bz2.compress(TAR),
    "xz": lzma.compress(TAR),
    "zstd": zstandard.compress(TAR),
}


def read(content: bytes, *, limits: Limits | None = None) -> dict[bytes, bytes]:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "source").write_bytes(content)
        return unpack(Path(folder) / "source", limits=limits).files


@given(st.lists(NAME, max_size=12))
def test_no_name_leads_outside_and_every_name_is_kept_or_listed(names: list[bytes]) -> None:
    listed: list[bytes] = []
    gate = Gate(Limits(), lambda left: listed.append(left.name))
    kept = {}
    for name in names:
        path = gate.admit(name, 1)
        if path is not None:
            assert path.raw not in kept
            kept[path.raw] = name
    assert sorted([*kept.values(), *listed]) == sorted(names)
    for raw in kept:
        parts = raw.split(b"/")
        assert not {b"", b".", b".."} & set(parts)
        assert b"\0" not in raw
        assert len(raw) <= 4096
        assert len(parts) <= 256
        assert not any(b"/".join(parts[:depth]) in kept for depth in range(1, len(parts)))


@given(st.lists(NAME.filter(lambda name: len(name) < 2000), min_size=1, max_size=6), st.data())
def test_tar_and_zip_decide_alike_about_names(names: list[bytes], data: st.DataObject) -> None:
    names = [name for name in names if not name.endswith(b"/") and b"\0" not in name and name]
    as_tar = b"".join(data.draw(st.sampled_from([pax({b"path": n}), long_name(n)])) + tar_file(b"_") for n in names)
    results = []
    for content in (as_tar + END, zip_of(*map(ZipEntry, names))):
        try:
            results.append(read(content))
        except UnpackError:
            results.append({})
    assert results[0] == results[1]


@given(st.sets(st.binary(min_size=16, max_size=16)), st.sets(st.binary(min_size=16, max_size=16)))
def test_a_set_of_fingerprints_behaves_like_a_set(inside: set[bytes], outside: set[bytes]) -> None:
    prints = FingerprintSet()
    for fingerprint in inside:
        prints.add(fingerprint)
    assert len(prints) == len(inside)
    assert all((fingerprint in prints) == (fingerprint in inside) for fingerprint in inside | outside)


def test_a_fingerprint_across_the_seam_of_two_others_is_not_in_the_set() -> None:
    prints = FingerprintSet()
    first, second = bytes(16), bytes(8) + b"\1" * 8
    prints.add(first)
    prints.add(second)
    assert bytes(16) in prints
    assert (bytes(16) + second)[8:24] == bytes(16)
    assert bytes(15) + b"\1" not in prints  # its bytes stand in the bucket, at 9


@pytest.mark.parametrize("form", WHOLE)
@settings(max_examples=60, deadline=2000)
@given(data=st.data())
def test_damage_gives_the_original_or_an_error_and_nothing_else(form: str, data: st.DataObject) -> None:
    whole = bytearray(WHOLE[form])
    original = read(bytes(whole))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(whole) - 1))
        whole[at] ^= data.draw(st.integers(1, 255))
    cut = data.draw(st.integers(1, len(whole)) | st.just(len(whole)))
    try:
        files = read(bytes(whole[:cut]), limits=Limits(seconds=5))
    except UnpackError:
        return
    # What carries no checksum of its own (content and padding in a plain tar, times) may differ; sizes may not.
    if form == "tar":
        assert sum(map(len, files.values())) <= len(whole)
    else:
        assert set(files.values()) <= set(original.values())


@settings(max_examples=150, deadline=2000)
@given(st.binary(max_size=2000), st.sampled_from([b"", TAR[:512], TAR[:1536], ZIP[:40], WHOLE["gzip"][:12], END[:512]]))
def test_arbitrary_bytes_give_an_error_of_ours(tail: bytes, head: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "source").write_bytes(head + tail)
        with suppress(UnpackError):
            unpack(Path(folder) / "source", limits=Limits(seconds=5))


def test_what_was_refused_gives_no_member_that_was_not_there() -> None:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "source").write_bytes(TAR[:-1200])
        names: list[bytes] = []
        with pytest.raises(UnpackError), open_source(Path(folder) / "source", left_out=print) as members:
            names.extend(member.path.raw for member in members)
    assert names == [b"a", b"\xff" * 200, b"n" * 200]
