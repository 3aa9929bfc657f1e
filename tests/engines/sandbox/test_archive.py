# SPDX-License-Identifier: Apache-2.0
"""The reader of collected files meets archives that no honest collector writes."""

import tarfile
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glasshouse.engines.sandbox.archive import BLOCK, COMPLETE, MalformedError, Reader, TooLargeError
from glasshouse.engines.sandbox.values import LeftOut, Limits, OutputFile

END = bytes(2 * BLOCK)
LIMITS = Limits(output_bytes=10_000, output_files=20)


def entry(name: bytes, content: bytes = b"", **fields: object) -> bytes:
    """One entry as GNU tar writes it, names as given."""
    member = tarfile.TarInfo(name.decode("utf-8", "surrogateescape"))
    member.size = len(content)
    for key, value in fields.items():
        setattr(member, key, value)
    head = member.tobuf(tarfile.GNU_FORMAT, "utf-8", "surrogateescape")
    return head + content + bytes(-len(content) % BLOCK)


def patched(block: bytes, position: int, value: bytes) -> bytes:
    """The block with other bytes at a position and its checksum made right again."""
    changed = bytearray(block)
    changed[position : position + len(value)] = value
    changed[148:156] = b" " * 8
    changed[148:156] = b"%06o\0 " % sum(changed[:BLOCK])
    return bytes(changed)


def read(stream: bytes, limits: Limits = LIMITS, piece: int = 1 << 20) -> Reader:
    reader = Reader(limits)
    for start in range(0, len(stream), piece):
        reader.feed(stream[start : start + piece])
    return reader


def names(reader: Reader) -> list[bytes]:
    return [output.path.raw for output in reader.outputs]


@pytest.mark.parametrize("kind", ["SYMTYPE", "LNKTYPE", "CHRTYPE", "BLKTYPE", "FIFOTYPE"])
def test_what_is_no_regular_file_is_named_and_not_taken(kind: str) -> None:
    reader = read(entry(b"./evil", type=getattr(tarfile, kind), linkname="/etc/shadow") + entry(b"./good", b"x") + END)
    assert names(reader) == [b"good"]
    assert [left.name for left in reader.left_out] == [b"evil"]


@pytest.mark.parametrize("name", [b"../evil", b"/etc/evil", b"a/../../evil", b"./../evil", b"a//b", b".", b"..", b"./"])
def test_a_name_that_leaves_the_folder_is_left_out(name: bytes) -> None:
    member = patched(entry(b"x", b"content"), 0, name + bytes(100 - len(name)))
    reader = read(member + END)
    assert reader.outputs == []
    assert [left.reason for left in reader.left_out] == ["not a path below the folder"]


@pytest.mark.parametrize("name", [b"a\nb", "a\u202eb".encode(), b"\xff\xfe", b"a\\b", b" ", b"-rf", b".git/hooks/x"])
def test_an_odd_name_is_kept_as_its_bytes(name: bytes) -> None:
    assert names(read(entry(b"./" + name, b"x") + END)) == [name]


def test_long_names_are_read_and_longer_ones_refused() -> None:
    name = b"/".join([b"d" * 200] * 15)
    assert names(read(entry(b"./" + name, b"x") + END)) == [name]
    with pytest.raises(MalformedError):
        read(entry(b"./" + b"/".join([b"d" * 200] * 30), b"x") + END)


def test_a_long_link_target_is_nobodys_business() -> None:
    link = entry(b"./link", type=tarfile.SYMTYPE, linkname="/" + "x" * 300)
    reader = read(link + entry(b"./after", b"x") + END)
    assert (names(reader), reader.left_out) == ([b"after"], [LeftOut(b"link", "symbolic link")])


def test_a_name_that_comes_twice_is_taken_once() -> None:
    reader = read(entry(b"./a", b"first") + entry(b"a", b"second") + END)
    assert [output.content for output in reader.outputs] == [b"first"]
    assert reader.left_out == [LeftOut(b"a", "the name came twice")]


@pytest.mark.parametrize(
    "break_it",
    [
        pytest.param(lambda block: patched(block, 124, b"\x80" + bytes(10) + b"\x01"), id="a size in base 256"),
        pytest.param(lambda block: patched(block, 124, b"-0000000001\0"), id="a negative size"),
        pytest.param(lambda block: patched(block, 124, bytes(12)), id="no size"),
        pytest.param(lambda block: patched(block, 257, b"other\0"), id="another magic"),
        pytest.param(lambda block: block[:10] + b"x" + block[11:], id="a wrong checksum"),
        pytest.param(lambda block: b"x" * len(block), id="no header at all"),
        pytest.param(lambda block: patched(block, 156, b"x"), id="a pax header with content"),
        pytest.param(lambda block: patched(block, 156, b"2"), id="a link with content"),
        pytest.param(lambda block: patched(block, 156, b"S"), id="a sparse file with content"),
    ],
)
def test_a_header_that_the_collector_does_not_write_is_refused(break_it: Callable[[bytes], bytes]) -> None:
    member = entry(b"./a", b"content")
    with pytest.raises(MalformedError):
        read(break_it(member[:BLOCK]) + member[BLOCK:] + END)


def test_a_declared_size_over_the_cap_is_refused_before_its_content_comes() -> None:
    with pytest.raises(TooLargeError):
        read(patched(entry(b"./a")[:BLOCK], 124, b"77777777777\0"))
    with pytest.raises(TooLargeError):
        read(patched(entry(b"./a")[:BLOCK], 124, b"\x80" + (8**11).to_bytes(11)))


def test_the_caps_are_exact() -> None:
    whole = b"".join(entry(b"./%d" % number, bytes(500)) for number in range(20))
    folder = entry(b"./", type=tarfile.DIRTYPE)
    assert len(read(folder + whole + END).outputs) == 20
    with pytest.raises(TooLargeError):
        read(folder + whole + entry(b"./more"))
    with pytest.raises(TooLargeError):
        read(entry(b"./a", bytes(10_000)) + entry(b"./b", b"x"))


def test_only_the_collectors_last_byte_makes_it_complete() -> None:
    archive = entry(b"./a", b"x")
    assert not read(archive).complete
    assert not read(archive + END).complete
    assert read(archive + END + COMPLETE).complete
    for trailer in (b"X", COMPLETE + b"x", bytes(BLOCK), archive):
        with pytest.raises(MalformedError):
            read(archive + END + trailer)


def test_an_archive_may_not_go_on_after_one_block_of_zeros() -> None:
    with pytest.raises(MalformedError):
        read(bytes(BLOCK) + entry(b"./a", b"x"))


@given(
    files=st.dictionaries(
        st.binary(min_size=1, max_size=120).filter(lambda name: not {b"", b".", b".."} & set(name.split(b"/"))),
        st.binary(max_size=1200),
        max_size=6,
    ),
    piece=st.integers(min_value=1, max_value=2000),
)
@settings(max_examples=60, deadline=None)
def test_what_was_written_is_what_is_read_however_it_is_cut(files: dict[bytes, bytes], piece: int) -> None:
    files = {name: content for name, content in files.items() if b"\0" not in name}
    archive = b"".join(entry(b"./" + name, content) for name, content in files.items()) + END + COMPLETE
    reader = read(archive, piece=piece)
    assert reader.complete
    assert {output.path.raw: output.content for output in reader.outputs} == files


@given(
    change=st.lists(st.tuples(st.integers(0, 4095), st.binary(min_size=1, max_size=40)), max_size=4),
    cut=st.integers(0, 4096),
    checksum=st.booleans(),
)
@settings(max_examples=200, deadline=None)
def test_a_damaged_archive_never_does_more_than_be_refused(
    *, change: list[tuple[int, bytes]], cut: int, checksum: bool
) -> None:
    archive = bytearray(entry(b"./a/b", b"x" * 600) + entry(b"./" + b"n" * 150, b"y") + END + COMPLETE)
    for position, value in change:
        archive[position : position + len(value)] = value
    if checksum:
        archive[:BLOCK] = patched(bytes(archive[:BLOCK]), 0, bytes(archive[:1]))
    try:
        reader = read(bytes(archive[:cut]), piece=700)
    except (MalformedError, TooLargeError):
        return
    assert all(isinstance(output, OutputFile) for output in reader.outputs)
    assert sum(len(output.content) for output in reader.outputs) <= LIMITS.output_bytes
    assert all(b".." not in output.path.parts for output in reader.outputs)
