# SPDX-License-Identifier: Apache-2.0
import io
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from glasshouse.engines.store.unpack import UnpackError
from glasshouse.engines.store.unpack.errors import CorruptSourceError, EmptySourceError, UnknownFormatError
from tests.engines.store.unpack.archives import END, pax, tar_file, tar_header, unpack

Source = Callable[[bytes], Path]
KEPT = tar_file(b"kept", b"here")


@pytest.mark.parametrize("dialect", ["v7", "oldgnu", "gnu", "ustar", "pax", "posix"])
def test_every_dialect_of_gnu_tar_reads_like_the_tree_it_was_made_from(tmp_path: Path, dialect: str) -> None:
    tree = tmp_path / "tree"
    name = "n" * 60 if dialect == "v7" else "n" * 90
    (tree / "folder" / "deeper").mkdir(parents=True)
    (tree / "folder" / "deeper" / name).write_bytes(b"long name")
    (tree / "big").write_bytes(bytes(range(256)) * 4096)
    (tree / "empty").touch()
    (tree / "run").write_bytes(b"#!/bin/sh\n")
    (tree / "run").chmod(0o755)
    (tree / "link").symlink_to("folder/deeper")
    archive = tmp_path / "archive"
    subprocess.run(["tar", f"--format={dialect}", "-C", tree, "-cf", archive, "."], check=True)
    out, expected = unpack(archive), unpack(tree)
    assert out.files == expected.files
    assert {m.path: (m.kind, m.mode) for m in out.members} == {m.path: (m.kind, m.mode) for m in expected.members}
    assert not out.left_out


@pytest.mark.parametrize("dialect", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_long_names_of_pythons_tarfile_are_read(tmp_path: Path, dialect: int) -> None:
    name = "d" * 100 + "/" + "é" * 40
    with tarfile.open(tmp_path / "archive", "w", format=dialect) as archive:
        info = tarfile.TarInfo(name)
        info.size = 3
        archive.addfile(info, io.BytesIO(b"abc"))
    assert unpack(tmp_path / "archive").files == {name.encode(): b"abc"}


def test_a_binary_pax_name_is_kept_as_bytes(source: Source) -> None:
    out = unpack(source(pax({b"hdrcharset": b"BINARY", b"path": b"\xff\xfe\n"}) + KEPT + END))
    assert out.files == {b"\xff\xfe\n": b"here"}


def test_sizes_may_come_from_pax_or_in_base_256(source: Source) -> None:
    by_pax = pax({b"size": b"5"}) + tar_header(b"pax", 0) + b"12345".ljust(512, b"\0")
    by_bits = tar_header(b"bits", b"\x80" + (7).to_bytes(11, "big")) + b"1234567".ljust(512, b"\0")
    assert unpack(source(by_pax + by_bits + END)).files == {b"pax": b"12345", b"bits": b"1234567"}


def test_the_comment_that_git_archive_writes_changes_nothing(source: Source) -> None:
    out = unpack(source(pax({b"comment": b"0" * 40}, kind=b"g") + KEPT + END))
    assert out.files == {b"kept": b"here"}


@pytest.mark.parametrize("key", [b"path", b"linkpath", b"size", b"GNU.sparse.map"])
def test_a_global_header_that_changes_every_member_is_refused(source: Source, key: bytes) -> None:
    with pytest.raises(CorruptSourceError, match="global header"):
        unpack(source(pax({key: b"1"}, kind=b"g") + KEPT + END))


@pytest.mark.parametrize("dialect", ["oldgnu", "pax"])
def test_a_sparse_file_is_left_out_and_what_follows_it_is_read(tmp_path: Path, dialect: str) -> None:
    with (tmp_path / "holes").open("wb") as file:
        for at in range(40):  # more pieces than a header and one continuation hold
            file.seek(at * 2**20)
            file.write(b"island")
    (tmp_path / "next").write_bytes(b"after")
    archive = tmp_path / "archive"
    command = ["tar", f"--format={dialect}", "--sparse", "-C", str(tmp_path), "-cf", str(archive), "holes", "next"]
    subprocess.run(command, check=True)
    out = unpack(archive)
    assert out.reasons == [(b"holes", "sparse")]
    assert out.files == {b"next": b"after"}


@pytest.mark.parametrize(
    "size",
    [
        b"-0000000001\0",
        b"0000000008\0 ",
        b"0x000000001\0",
        b"1_000000000\0",
        b"\xff" * 12,
        b"\x81" + bytes(11),
        b"1 1        \0",
    ],
)
def test_a_size_that_is_no_number_is_refused(source: Source, size: bytes) -> None:
    with pytest.raises(CorruptSourceError):
        unpack(source(tar_header(b"a", size) + bytes(512) + END))


def test_a_size_beyond_the_archive_is_a_truncated_archive(source: Source) -> None:
    for size in (2**20, 2**33 - 1, b"\x80" + bytes(3) + b"\xff" * 8, b"\x80" + b"\x7f" * 11):
        with pytest.raises(CorruptSourceError, match="ends in the middle"):
            unpack(source(tar_header(b"a", size) + END))


@pytest.mark.parametrize(
    "content",
    [
        b"12",
        b"x path=a\n",
        b"0 path=a\n",
        b"99 path=a\n",
        b"-9 path=a\n",
        b"11 path=abc",
        b"6 path\n",
        b"6 =abc\n",
        b"9 size=x\n\n",
    ],
)
def test_a_broken_pax_header_is_refused(source: Source, content: bytes) -> None:
    with pytest.raises(CorruptSourceError, match="pax header"):
        unpack(source(tar_file(b"p", content, kind=b"x") + KEPT + END))


def test_a_giant_extension_header_is_refused_unread(source: Source) -> None:
    with pytest.raises(CorruptSourceError, match="extension header"):
        unpack(source(tar_header(b"p", 2**30, kind=b"x") + END))


def test_a_hard_link_with_content_is_refused_for_programs_differ(source: Source) -> None:
    with pytest.raises(CorruptSourceError, match="hard link"):
        unpack(source(KEPT + tar_header(b"b", 512, kind=b"1", link=b"kept") + KEPT + END))


def test_the_size_of_a_link_or_folder_does_not_hide_the_next_member(source: Source) -> None:
    content = tar_header(b"l", 1024, kind=b"2", link=b"t") + tar_header(b"d", 1024, kind=b"5") + KEPT + END
    assert unpack(source(content)).files == {b"l": b"t", b"kept": b"here"}


def test_a_folder_of_the_seventh_edition_is_a_name_with_a_slash(source: Source) -> None:
    out = unpack(source(tar_header(b"old/", kind=b"\0", magic=bytes(8)) + tar_file(b"old/a", b"1", kind=b"\0") + END))
    assert out.files == {b"old/a": b"1"}


def test_every_truncation_is_refused(source: Source) -> None:
    whole = tar_file(b"a", b"1" * 600) + tar_file(b"b", b"2") + END
    assert set(unpack(source(whole)).files) == {b"a", b"b"}
    # One block of zeros is an end mark too; anything shorter is not.
    for length in range(1, len(whole) - 1023, 37):
        with pytest.raises(UnpackError):
            unpack(source(whole[:length]))
    with pytest.raises(CorruptSourceError):
        unpack(source(whole[: -len(END)]))


def test_something_behind_the_end_mark_is_refused(source: Source) -> None:
    for tail in (b"x", tar_file(b"hidden") + END, bytes(4096) + b"\n"):
        with pytest.raises(CorruptSourceError, match="follows the end"):
            unpack(source(KEPT + END + tail))
    assert unpack(source(KEPT + END + bytes(9216))).files == {b"kept": b"here"}


def test_an_extension_header_without_its_member_is_refused(source: Source) -> None:
    with pytest.raises(CorruptSourceError, match="announced"):
        unpack(source(KEPT + pax({b"path": b"a"}) + END))


@pytest.mark.parametrize("at", [0, 50, 100, 124, 148, 156, 157, 257, 345, 511])
def test_a_changed_header_is_refused(source: Source, at: int) -> None:
    damaged = bytearray(tar_file(b"first") + KEPT + END)
    damaged[1024 + at] ^= 1
    with pytest.raises(CorruptSourceError, match="damaged"):
        unpack(source(bytes(damaged)))


def test_a_checksum_over_signed_bytes_is_accepted(source: Source) -> None:
    header = bytearray(tar_header(b"\xe9t\xe9"))
    signed = sum(byte - 256 if byte > 127 else byte for byte in bytes(header[:148]) + b" " * 8 + bytes(header[156:]))
    header[148:156] = b"%06o\0 " % signed
    assert set(unpack(source(bytes(header) + END)).files) == {b"\xe9t\xe9"}


@pytest.mark.parametrize("content", [END, bytes(10240), tar_header(b"only/", kind=b"5") + END])
def test_an_archive_without_a_file_is_refused(source: Source, content: bytes) -> None:
    with pytest.raises(EmptySourceError):
        unpack(source(content))


def test_what_is_no_archive_is_named_so(source: Source, tmp_path: Path) -> None:
    with pytest.raises(EmptySourceError):
        unpack(source(b""))
    for content in (b"int main(void) { return 0; }\n", b"7z\xbc\xaf\x27\x1c" + bytes(600), b"\x7fELF" * 300):
        with pytest.raises(UnknownFormatError):
            unpack(source(content))
    with pytest.raises(UnpackError):
        unpack(tmp_path / "absent")
    with pytest.raises(UnknownFormatError):
        unpack(Path("/dev/null"))
