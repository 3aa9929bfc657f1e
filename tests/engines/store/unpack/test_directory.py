# SPDX-License-Identifier: Apache-2.0
import os
import socket
import stat
from pathlib import Path

import pytest

from glasshouse.engines.store.unpack import CHUNK, Kind, Limits, open_source
from glasshouse.engines.store.unpack.errors import ChangedSourceError, EmptySourceError, OverLimitError
from tests.engines.store.unpack.archives import unpack


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A folder with one file, beside a secret that is not part of it."""
    (tmp_path / "secret").write_bytes(b"never to be read")
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "kept").write_bytes(b"here")
    return tree


def test_a_folder_gives_its_files_in_the_order_of_their_paths(tree: Path) -> None:
    names = [b"a-b", b"a/b", b"a/c/d", b"a0", b"b", b"\xff\n\xe2\x80\xae", b"A"]
    for name in names:
        path = os.path.join(os.fsencode(tree), name)  # noqa: PTH118 (names are bytes)
        os.makedirs(os.path.dirname(path), exist_ok=True)  # noqa: PTH103, PTH120
        Path(os.fsdecode(path)).write_bytes(name)
    out = unpack(tree)
    assert list(out.files) == sorted([*names, b"kept"])
    assert all(out.files[name] == name for name in names)


def test_links_are_data_and_never_followed(tree: Path) -> None:
    (tree / "to-file").symlink_to("../secret")
    (tree / "to-folder").symlink_to("..")
    (tree / "dangling").symlink_to("/nowhere")
    (tree / "loop").symlink_to("loop")
    out = unpack(tree)
    assert out.files == {
        b"dangling": b"/nowhere",
        b"kept": b"here",
        b"loop": b"loop",
        b"to-file": b"../secret",
        b"to-folder": b"..",
    }
    assert {m.kind for m in out.members if m.path.raw != b"kept"} == {Kind.LINK}


def test_the_source_itself_may_be_named_through_a_link(tree: Path) -> None:
    (tree.parent / "alias").symlink_to(tree)
    assert unpack(tree.parent / "alias").files == {b"kept": b"here"}


def test_devices_fifos_and_sockets_are_left_out_unopened(tree: Path) -> None:
    os.mkfifo(tree / "fifo")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tree / "socket"))
    expected = [(b"fifo", "fifo"), (b"socket", "socket")]
    if os.geteuid() == 0:
        os.mknod(tree / "null", stat.S_IFCHR | 0o666, os.makedev(1, 3))
        expected.insert(1, (b"null", "device"))
    out = unpack(tree)
    assert out.reasons == expected
    assert out.files == {b"kept": b"here"}


def test_a_mode_is_reduced_to_whether_its_owner_may_execute(tree: Path) -> None:
    (tree / "kept").chmod(0o4755)
    (tree / "private").touch(0o600)
    assert {m.path.raw: oct(m.mode) for m in unpack(tree).members} == {b"kept": "0o100755", b"private": "0o100644"}


def test_folders_deeper_than_a_path_may_be_are_left_out_once(tree: Path) -> None:
    folder = tree
    for _ in range(300):
        folder /= "d"
        folder.mkdir()
    (folder / "bottom").write_bytes(b"x")
    out = unpack(tree)
    assert out.reasons == [(b"d/" * 256, "too-deep")]
    assert out.files == {b"kept": b"here"}


def test_a_file_beyond_its_limit_is_left_out_and_a_tree_beyond_its_limits_refused(tree: Path) -> None:
    with (tree / "holes").open("wb") as file:
        file.truncate(2**40)
    out = unpack(tree)
    assert out.reasons == [(b"holes", "too-large")]
    (tree / "other").write_bytes(b"1234567")
    for limits in (Limits(members=2), Limits(total_bytes=10, file_bytes=9), Limits(left_out=0), Limits(seconds=-1)):
        with pytest.raises(OverLimitError):
            unpack(tree, limits=limits)
    (tree / "a" / "b").mkdir(parents=True)
    (tree / "a" / "b" / "c").touch()
    with pytest.raises(OverLimitError, match="folders"):
        unpack(tree, limits=Limits(folders=1))


def test_a_git_folder_below_the_top_is_a_folder_like_others(tree: Path) -> None:
    (tree / "sub" / ".git" / "hooks").mkdir(parents=True)
    (tree / "sub" / ".git" / "hooks" / "post-checkout").write_bytes(b"#!/bin/sh\n")
    assert b"sub/.git/hooks/post-checkout" in unpack(tree).files


def test_a_folder_without_a_file_is_refused(tree: Path) -> None:
    (tree / "kept").unlink()
    (tree / "only" / "folders").mkdir(parents=True)
    with pytest.raises(EmptySourceError):
        unpack(tree)


@pytest.mark.parametrize("change", ["grow", "shrink", "rewrite"])
def test_a_file_that_changes_while_it_is_read_is_an_error(tree: Path, change: str) -> None:
    (tree / "long").write_bytes(b"1" * (3 * CHUNK))
    with open_source(tree, left_out=list[object]().append) as members:
        next(members)
        long = next(members)
        next(long.chunks)
        match change:
            case "grow":
                with (tree / "long").open("ab") as file:
                    file.write(b"2")
            case "shrink":
                os.truncate(tree / "long", CHUNK)
            case _:
                with (tree / "long").open("r+b") as file:
                    file.seek(2 * CHUNK)
                    file.write(b"2")
        with pytest.raises(ChangedSourceError):
            list(long.chunks)


@pytest.mark.parametrize("change", ["to a link", "to a folder", "to a fifo", "away"])
def test_a_file_that_is_replaced_before_it_is_opened_is_never_followed(tree: Path, change: str) -> None:
    (tree / "second").write_bytes(b"x")
    with open_source(tree, left_out=list[object]().append) as members:
        first = next(members)
        assert list(first.chunks) == [b"here"]
        (tree / "second").unlink()
        match change:
            case "to a link":
                (tree / "second").symlink_to("../secret")
                assert list(next(members).chunks) == [b"../secret"]  # data, as any link
            case "to a fifo":
                os.mkfifo(tree / "second")
                assert list(members) == []
            case _:
                if change == "to a folder":
                    (tree / "second").mkdir()
                with pytest.raises(ChangedSourceError):
                    next(members)


def test_a_file_swapped_between_listing_and_opening_is_noticed(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.open

    def swap(path: bytes | Path, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        if path == b"kept":
            (tree / "kept").unlink()
            (tree / "kept").hardlink_to(tree.parent / "secret")
        return real(path, flags, mode, dir_fd=dir_fd)

    monkeypatch.setattr(os, "open", swap)
    with pytest.raises(ChangedSourceError, match="replaced"):
        unpack(tree)


def test_a_folder_that_becomes_a_link_is_not_entered(tree: Path) -> None:
    (tree / "zoo").mkdir()
    (tree.parent / "elsewhere").mkdir()
    (tree.parent / "elsewhere" / "secret").write_bytes(b"never to be read")
    with open_source(tree, left_out=list[object]().append) as members:
        assert list(next(members).chunks) == [b"here"]
        (tree / "zoo").rmdir()
        (tree / "zoo").symlink_to("../elsewhere")
        with pytest.raises(ChangedSourceError):
            next(members)


def test_no_descriptor_stays_open(tree: Path) -> None:
    (tree / "a" / "b").mkdir(parents=True)
    (tree / "a" / "b" / "c").write_bytes(b"x")
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208 (a count, not paths)
    unpack(tree)
    with open_source(tree, left_out=list[object]().append) as members:
        next(members)
    with pytest.raises(OverLimitError):
        unpack(tree, limits=Limits(members=1))
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208
