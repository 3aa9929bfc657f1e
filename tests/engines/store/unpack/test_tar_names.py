# SPDX-License-Identifier: Apache-2.0
import io
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from glasshouse.engines.store.unpack import Kind
from tests.engines.store.unpack.archives import END, long_name, pax, tar_file, tar_header, unpack

Source = Callable[[bytes], Path]
KEPT = tar_file(b"kept", b"here")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        (b"../up", "parent-name"),
        (b"a/../../up", "parent-name"),
        (b"a/..", "parent-name"),
        (b"..", "parent-name"),
        (b"./../up", "parent-name"),
        (b"/etc/passwd", "absolute-name"),
        (b"//etc/passwd", "absolute-name"),
        (b".//etc/passwd", "absolute-name"),
        (b"/../up", "absolute-name"),
        (b"a//b", "bad-name"),
        (b"a/./b", "bad-name"),
        (b"", "bad-name"),
        (b".", "bad-name"),
    ],
)
def test_a_name_that_leaves_the_release_or_is_none_is_left_out(source: Source, name: bytes, reason: str) -> None:
    out = unpack(source(tar_file(name) + KEPT + END))
    assert out.files == {b"kept": b"here"}
    assert out.reasons == [(name, reason)]


def test_the_same_holds_for_names_out_of_pax_and_gnu_headers(source: Source) -> None:
    content = pax({b"path": b"../pax"}) + tar_file(b"honest") + long_name(b"/gnu") + tar_file(b"honest") + KEPT + END
    out = unpack(source(content))
    assert out.files == {b"kept": b"here"}
    assert out.reasons == [(b"../pax", "parent-name"), (b"/gnu", "absolute-name")]


def test_a_pax_name_with_nul_in_it_is_left_out(source: Source) -> None:
    out = unpack(source(pax({b"path": b"good.c\0.txt"}) + tar_file(b"honest") + KEPT + END))
    assert out.reasons == [(b"good.c\0.txt", "bad-name")]


def test_the_prefix_of_ustar_can_not_smuggle_a_parent_in(source: Source) -> None:
    out = unpack(source(tar_header(b"up", prefix=b"..") + KEPT + END))
    assert out.reasons == [(b"../up", "parent-name")]


def test_the_dots_that_archivers_write_before_names_are_dropped(source: Source) -> None:
    out = unpack(source(tar_header(b"./", kind=b"5") + tar_file(b"./a/b", b"1") + tar_file(b"././c", b"2") + END))
    assert out.files == {b"a/b": b"1", b"c": b"2"}
    assert not out.left_out


@pytest.mark.parametrize(
    "name",
    [
        b"line\nfeed",
        b"\xe2\x80\xaecod.exe",
        b"not \xff utf-8",
        b"back\\slash",
        b"C:\\x",
        b".git/hooks/post-checkout",
        b"-rf",
    ],
)
def test_a_strange_name_is_kept_as_bytes(source: Source, name: bytes) -> None:
    out = unpack(source(tar_file(name, b"content") + END))
    assert out.files == {name: b"content"}


def test_a_name_is_too_long_beyond_4096_bytes_and_its_report_is_cut(source: Source) -> None:
    whole, beyond = b"d/" * 200 + b"n" * 3696, b"d/" * 200 + b"n" * 3697
    out = unpack(source(long_name(whole) + tar_file(b"x", b"1") + long_name(beyond) + tar_file(b"x", b"2") + END))
    assert out.files == {whole: b"1"}
    assert out.reasons == [(beyond[:4096], "name-too-long")]


def test_a_path_is_too_deep_beyond_256_parts(source: Source) -> None:
    whole, beyond = b"/".join([b"d"] * 256), b"/".join([b"e"] * 257)
    out = unpack(source(long_name(whole) + tar_file(b"x", b"1") + pax({b"path": beyond}) + tar_file(b"x", b"2") + END))
    assert out.files == {whole: b"1"}
    assert out.reasons == [(beyond, "too-deep")]


def test_of_two_members_with_one_name_the_first_is_kept_and_the_second_listed(source: Source) -> None:
    out = unpack(source(tar_file(b"a", b"first") + tar_file(b"./a", b"second") + END))
    assert out.files == {b"a": b"first"}
    assert out.reasons == [(b"./a", "duplicate-name")]


def test_names_that_differ_in_case_only_are_both_kept(source: Source) -> None:
    out = unpack(source(tar_file(b"xt_MARK.c", b"1") + tar_file(b"xt_mark.c", b"2") + END))
    assert out.files == {b"xt_MARK.c": b"1", b"xt_mark.c": b"2"}


def test_nothing_can_be_a_file_and_a_folder(source: Source) -> None:
    content = (
        tar_file(b"a", b"1") + tar_file(b"a/b") + tar_file(b"c/d/e", b"2") + tar_file(b"c/d") + tar_file(b"c") + END
    )
    out = unpack(source(content))
    assert out.files == {b"a": b"1", b"c/d/e": b"2"}
    assert out.reasons == [(name, "file-folder-conflict") for name in (b"a/b", b"c/d", b"c")]


def test_a_symlink_is_stored_as_data_and_nothing_comes_in_below_it(source: Source) -> None:
    link = tar_header(b"out", kind=b"2", link=b"/etc")
    out = unpack(source(link + tar_file(b"out/passwd", b"root::0:0") + END))
    assert out.files == {b"out": b"/etc"}
    assert out.members[0].kind is Kind.LINK
    assert out.reasons == [(b"out/passwd", "file-folder-conflict")]


def test_a_long_link_target_is_kept_whole_and_an_impossible_one_left_out(source: Source) -> None:
    def link(target: bytes, name: bytes) -> bytes:
        return long_name(target, kind=b"K") + tar_header(name, kind=b"2", link=b"short")

    out = unpack(source(link(b"t" * 4096, b"a") + link(b"t" * 4097, b"b") + tar_header(b"c", kind=b"2") + END))
    assert out.files == {b"a": b"t" * 4096}
    assert out.reasons == [(b"b", "bad-link"), (b"c", "bad-link")]


def test_a_hard_link_names_an_earlier_member_of_the_same_source(source: Source) -> None:
    content = (
        tar_file(b"a", b"1") + tar_header(b"b", kind=b"1", link=b"./a") + tar_header(b"c", kind=b"1", link=b"b") + END
    )
    out = unpack(source(content))
    assert [(m.path.raw, m.kind, m.target and m.target.raw) for m in out.members[1:]] == [
        (b"b", Kind.HARD_LINK, b"a"),
        (b"c", Kind.HARD_LINK, b"b"),
    ]


@pytest.mark.parametrize("target", [b"later", b"/etc/shadow", b"../../etc/shadow", b"self", b"left-out", b""])
def test_a_hard_link_to_anything_else_is_left_out(source: Source, target: bytes) -> None:
    content = (
        KEPT
        + tar_header(b"left-out", kind=b"3")
        + tar_header(b"self", kind=b"1", link=target)
        + tar_file(b"later", b"2")
        + END
    )
    out = unpack(source(content))
    assert out.reasons[1:] == [(b"self", "hard-link-missing")]
    assert set(out.files) == {b"kept", b"later"}


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (b"3", "device"),
        (b"4", "device"),
        (b"6", "fifo"),
        (b"M", "unsupported"),
        (b"N", "unsupported"),
        (b"Z", "unsupported"),
    ],
)
def test_what_is_neither_file_nor_link_is_left_out(source: Source, kind: bytes, reason: str) -> None:
    out = unpack(source(tar_header(b"strange", kind=kind) + KEPT + END))
    assert out.files == {b"kept": b"here"}
    assert out.reasons == [(b"strange", reason)]


def test_a_hostile_folder_name_is_listed_though_folders_are_not_kept(source: Source) -> None:
    content = (
        tar_header(b"../up/", kind=b"5")
        + tar_header(b"/abs/", kind=b"5")
        + tar_header(b"fine/", kind=b"5")
        + KEPT
        + END
    )
    assert unpack(source(content)).reasons == [(b"../up/", "parent-name"), (b"/abs/", "absolute-name")]


def test_of_a_mode_only_the_owners_execute_bit_survives(source: Source) -> None:
    modes = {b"a": b"0004755\0", b"b": b"0002644\0", b"c": b"0000777\0", b"d": b"0000000\0", b"e": b"0000611\0"}
    out = unpack(source(b"".join(tar_file(name, mode=mode) for name, mode in modes.items()) + END))
    assert [oct(m.mode) for m in out.members] == ["0o100755", "0o100644", "0o100755", "0o100644", "0o100644"]


def test_a_nested_archive_is_a_file_like_others(source: Source) -> None:
    inner = io.BytesIO()
    with tarfile.open(fileobj=inner, mode="w:gz") as archive:
        archive.addfile(tarfile.TarInfo("../../evil"))
    out = unpack(source(tar_file(b"inner.tar.gz", inner.getvalue()) + END))
    assert out.files == {b"inner.tar.gz": inner.getvalue()}
    assert not out.left_out
