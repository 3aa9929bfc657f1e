# SPDX-License-Identifier: Apache-2.0
import hashlib
import io
import stat
import zipfile
import zlib
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from glasshouse.engines.store.unpack import Kind, Limits, UnpackError
from glasshouse.engines.store.unpack.errors import (
    CorruptSourceError,
    EmptySourceError,
    OverLimitError,
    UnknownFormatError,
)
from tests.engines.store.unpack.archives import ZipEntry, unpack, zip_of

Source = Callable[[bytes], Path]
NOISE = hashlib.shake_128(b"noise").digest(700_000)


class _Unseekable(io.RawIOBase):
    """Makes zipfile write data descriptors, as a pipe would."""

    def __init__(self) -> None:
        self.content = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, block: object, /) -> int:
        assert isinstance(block, bytes | memoryview)
        self.content += block
        return len(block)


def test_what_zipfile_writes_is_read(source: Source) -> None:
    for target in (io.BytesIO(), _Unseekable()):
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("folder/", b"")
            archive.writestr("folder/noise", NOISE)
            archive.writestr("stored", b"as it is", zipfile.ZIP_STORED)
            archive.writestr("empty", b"")
            with archive.open("wide", "w", force_zip64=True) as file:
                file.write(b"64" * 1000)
            archive.comment = b"a comment"
        content = bytes(target.content) if isinstance(target, _Unseekable) else target.getvalue()
        out = unpack(source(content))
        assert out.files == {b"folder/noise": NOISE, b"stored": b"as it is", b"empty": b"", b"wide": b"64" * 1000}
        assert not out.left_out


def test_more_entries_than_the_short_end_record_can_count_are_read(source: Source) -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for number in range(70_000):
            archive.writestr(zipfile.ZipInfo(f"{number}"), b"")
    assert len(unpack(source(target.getvalue())).files) == 70_000


def test_modes_and_links_come_as_data(source: Source) -> None:
    out = unpack(
        source(
            zip_of(
                ZipEntry(b"run", mode=stat.S_IFREG | 0o4755),
                ZipEntry(b"link", b"/etc/shadow", mode=stat.S_IFLNK | 0o777),
                ZipEntry(b"dos", mode=stat.S_IFLNK | 0o777, system=0),
            )
        )
    )
    assert [(m.path.raw, m.kind, oct(m.mode)) for m in out.members] == [
        (b"run", Kind.FILE, "0o100755"),
        (b"link", Kind.LINK, "0o120000"),
        (b"dos", Kind.FILE, "0o100644"),
    ]
    assert out.files[b"link"] == b"/etc/shadow"


def test_hostile_names_and_things_that_are_no_files_are_left_out(source: Source) -> None:
    entries = [
        (ZipEntry(b"../up"), "parent-name"),
        (ZipEntry(b"/abs"), "absolute-name"),
        (ZipEntry(b"a\0b"), "bad-name"),
        (ZipEntry(b"../up/", b""), "parent-name"),
        (ZipEntry(b"d//x"), "bad-name"),
        (ZipEntry(b"fifo", b"", mode=stat.S_IFIFO), "fifo"),
        (ZipEntry(b"disk", b"", mode=stat.S_IFBLK), "device"),
        (ZipEntry(b"tty", b"", mode=stat.S_IFCHR), "device"),
        (ZipEntry(b"sock", b"", mode=stat.S_IFSOCK), "socket"),
        (ZipEntry(b"what", b"", mode=stat.S_IFDIR), "unsupported"),
        (ZipEntry(b"locked", flags=1), "encrypted"),
        (ZipEntry(b"odd", method=97, packed=b"?"), "unsupported"),
        (ZipEntry(b"nowhere", b"", mode=stat.S_IFLNK), "bad-link"),
        (ZipEntry(b"kept"), ""),
        (ZipEntry(b"kept"), "duplicate-name"),
        (ZipEntry(b"kept/below"), "file-folder-conflict"),
    ]
    out = unpack(source(zip_of(*(entry for entry, _ in entries))))
    assert out.reasons == [(entry.name, reason) for entry, reason in entries if reason]
    assert out.files == {b"kept": b"x"}


def test_names_differing_in_case_or_bytes_that_are_no_text_are_kept(source: Source) -> None:
    names = [b"A", b"a", b"\xff\n\xe2\x80\xae", b"back\\slash"]
    assert list(unpack(source(zip_of(*map(ZipEntry, names)))).files) == names


@pytest.mark.parametrize(
    "entry",
    [
        ZipEntry(b"a", b"x" * 1000, size=999),
        ZipEntry(b"a", b"x" * 1000, size=1001),
        ZipEntry(b"a", b"x" * 1000, size=0),
        ZipEntry(b"a", b"x" * 1000, size=999, flags=8),
        ZipEntry(b"a", b"x" * 1000, local_size=5),
        ZipEntry(b"a", b"x" * 1000, crc=1),
        ZipEntry(b"a", b"x" * 1000, method=0, size=999),
        ZipEntry(b"a", b"x" * 1000, packed=b"\xff" * 50),
        ZipEntry(b"a", b"x" * 1000, packed=b"\x4b"),
        ZipEntry(b"a", b"", packed=b"", size=0),
        ZipEntry(b"a", b"x", packed=b"\xab\0\0hidden"),
        ZipEntry(b"a", local_name=b"b"),
        ZipEntry(b"a", local_name=b"aa"),
        ZipEntry(b"a", flags=1, local_name=b"b"),
    ],
    ids=repr,
)
def test_an_entry_that_lies_about_itself_refuses_the_archive(source: Source, entry: ZipEntry) -> None:
    with pytest.raises(CorruptSourceError):
        unpack(source(zip_of(ZipEntry(b"first"), entry)))


def test_entries_that_share_bytes_are_refused(source: Source) -> None:
    first = ZipEntry(b"a", NOISE)
    with pytest.raises(CorruptSourceError, match="overlap"):
        unpack(source(zip_of(first, ZipEntry(b"a", NOISE, offset=0))))


def test_a_quoted_overlap_bomb_is_refused(source: Source) -> None:
    # Every entry stores the header of the next as text and goes on in its content: all unfold one kernel.
    content = bytes(10**6)
    local, packed, _, _ = ZipEntry(b"9", content).pack()
    body, entries = local, [ZipEntry(b"9", content)]
    for number in range(8, 0, -1):
        header = local[: -len(packed)]
        packed = b"\0" + len(header).to_bytes(2, "little") + (len(header) ^ 0xFFFF).to_bytes(2, "little") + local
        content = header + content
        assert zlib.decompress(packed, -15) == content
        entries.insert(0, ZipEntry(b"%d" % number, content, packed=packed))
        local = entries[0].pack()[0]
        body = local
    entries[0].offset = 0
    for before, entry in pairwise(entries):
        entry.offset = (before.offset or 0) + 31 + 5
    with pytest.raises(CorruptSourceError, match="overlap"):
        unpack(source(zip_of(*entries, before=body)))


def test_an_overlap_behind_a_long_local_extra_field_is_refused(source: Source) -> None:
    # The directory knows nothing of a local extra field: this one moves the content of `a` into the header of `b`.
    second = ZipEntry(b"b", b"2" * 90, method=0)
    tail = b"." * 31 + second.pack()[0]
    first = ZipEntry(b"a", tail[40:71], method=0)
    header = bytearray(first.pack()[0][:31])
    header[28:30] = (40).to_bytes(2, "little")
    first.offset, second.offset = 0, 31 + 31
    with pytest.raises(CorruptSourceError, match="overlap"):
        unpack(source(zip_of(first, second, before=bytes(header) + tail)))


@pytest.mark.parametrize(
    "content",
    [
        zip_of(ZipEntry(b"a"), before=b"PK\3\4" + b"hidden"),
        zip_of(ZipEntry(b"a"), after=b"\n"),
        zip_of(ZipEntry(b"a"), after=zip_of(ZipEntry(b"b"))),
        zip_of(ZipEntry(b"a"), count=0),
        zip_of(ZipEntry(b"a"), ZipEntry(b"b"), count=1),
        zip_of(ZipEntry(b"a"), count=2),
        zip_of(ZipEntry(b"a"), ZipEntry(b"b", offset=2**31)),
    ],
)
def test_bytes_outside_the_archive_or_a_wrong_count_refuse_it(source: Source, content: bytes) -> None:
    with pytest.raises(CorruptSourceError):
        unpack(source(content))


def test_a_program_with_a_zip_behind_it_is_no_archive(source: Source) -> None:
    with pytest.raises(UnknownFormatError):
        unpack(source(zip_of(ZipEntry(b"a"), before=b"#!/bin/sh\n")))


def test_an_empty_zip_is_refused(source: Source) -> None:
    with pytest.raises(EmptySourceError):
        unpack(source(zip_of()))


def test_entries_in_another_order_than_the_directory_are_read(source: Source) -> None:
    first, second = ZipEntry(b"a", b"1"), ZipEntry(b"b", b"2")
    body = first.pack()[0] + second.pack()[0]
    second.offset, first.offset = len(first.pack()[0]), 0
    assert unpack(source(zip_of(second, first, before=body))).files == {b"a": b"1", b"b": b"2"}


def test_every_truncation_is_refused(source: Source) -> None:
    whole = zip_of(ZipEntry(b"a", NOISE[:500]), ZipEntry(b"b"))
    for length in range(1, len(whole)):
        with pytest.raises(UnpackError):
            unpack(source(whole[:length]))


def test_limits_are_counted_while_entries_unfold(source: Source) -> None:
    bomb = source(zip_of(ZipEntry(b"a", bytes(30 * 2**20)), ZipEntry(b"b", bytes(30 * 2**20))))
    with pytest.raises(OverLimitError, match="times its size"):
        unpack(bomb, limits=Limits(ratio_after=2**20))
    with pytest.raises(OverLimitError, match="bytes"):
        unpack(bomb, limits=Limits(total_bytes=40 * 2**20))
    assert unpack(source(zip_of(ZipEntry(b"a", b"x" * 50), ZipEntry(b"b"))), limits=Limits(file_bytes=49)).reasons == [
        (b"a", "too-large")
    ]
    with pytest.raises(OverLimitError, match="members"):
        unpack(bomb, limits=Limits(members=1))
