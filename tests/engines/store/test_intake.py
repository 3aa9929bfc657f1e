# SPDX-License-Identifier: Apache-2.0
import hashlib
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from glasshouse.engines.store.errors import (
    AbandonedError,
    BusyError,
    ClashError,
    EntryNotFoundError,
    WrongGitIdError,
    WrongSizeError,
)
from glasshouse.engines.store.pipeline import CHUNK, git_id_of
from glasshouse.engines.store.unpack import Kind, LeftOut, Member, Reason
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.paths import TreePath
from tests.engines.store.lab import EXECUTABLE, LINK, PLAIN, Lab, Noise, make_lab, member, members

NOISE = Noise(1)
LARGE = b"".join(b"line %d\n" % number for number in range(100_000))
assert len(LARGE) > 3 * CHUNK


def content_of(lab: Lab, root: Digest, path: bytes) -> bytes:
    product = lab.product
    return b"".join(product.read_blob(product.manifest(root).entry(TreePath(path))))


def take(lab: Lab, *given: Member) -> None:
    with lab.product.begin() as intake:
        for one in given:
            intake.add(one)
        intake.finish()


def hard_link(path: bytes, target: bytes) -> Member:
    return Member(TreePath(path), Kind.HARD_LINK, PLAIN, 0, iter(()), target=TreePath(target))


def test_hostile_names_come_back_as_the_bytes_they_were(lab: Lab) -> None:
    names = [
        b"new\nline",
        b"bidi\xe2\x80\xaetxt.c",
        b"latin\xe9",
        b'quote"back\\slash',
        b"-rf",
        b"CON",
        b"a" * 255,
        b"\xff\xfe/\x01",
        b"name/NAME",
        b"name/name",
        "snow\u2603/\U0001f600".encode(),
    ]
    files = {name: b"content of %d\n" % place for place, name in enumerate(names)}
    root = lab.take(files).root
    manifest = lab.product.manifest(root)
    assert [entry.path.raw for entry in manifest.entries()] == sorted(names)
    for name, content in files.items():
        assert content_of(lab, root, name) == content


@pytest.mark.parametrize("size", [0, 1, 8191, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 3 * CHUNK + 7])
def test_content_comes_back_with_its_digests_at_every_size(lab: Lab, size: int) -> None:
    content = NOISE.randbytes(size)
    root = lab.take({b"file": content}).root
    entry = lab.product.manifest(root).entry(TreePath(b"file"))
    assert content_of(lab, root, b"file") == content
    assert entry.size == size
    assert entry.digest == Digest.of(content)
    assert entry.git_id == hashlib.sha1(b"blob %d\0" % size + content, usedforsecurity=False).digest()
    assert len(entry.chunks) == (-(-size // CHUNK) if size > CHUNK else 0)
    for place, chunk in enumerate(entry.chunks):
        assert chunk.digest == Digest.of(content[place * CHUNK :][:CHUNK])
        assert chunk.first_line == 1 + content[: place * CHUNK].count(b"\n")


@pytest.mark.parametrize(
    ("content", "lines", "is_binary"),
    [
        (b"", 0, False),
        (b"\n", 1, False),
        (b"one", 1, False),
        (b"one\ntwo\n", 2, False),
        (b"one\ntwo", 2, False),
        (b"\0", 1, True),
        (b"x" * 8191 + b"\0", 1, True),
        (b"x" * 8192 + b"\0", 1, False),
        (b"x" * (2 * CHUNK), 1, False),
        (b"x" * CHUNK + b"\n", 1, False),
        (b"\0" * (CHUNK + 1), 1, True),
        (LARGE, 100_000, False),
        (LARGE[:-1], 100_000, False),
    ],
)
def test_lines_and_binary_files_are_told_by_their_bytes(lab: Lab, content: bytes, lines: int, is_binary: bool) -> None:  # noqa: FBT001 - a column of the table above
    entry = lab.product.manifest(lab.take({b"file": content}).root).entry(TreePath(b"file"))
    assert (entry.lines, entry.is_binary) == (lines, is_binary)


def test_git_agrees_about_its_ids(tmp_path: Path) -> None:
    for content in (b"", b"one\n", LARGE):
        (tmp_path / "file").write_bytes(content)
        for form, size in (("sha1", 20), ("sha256", 32)):
            folder = tmp_path / form
            subprocess.run(["git", "init", "-q", f"--object-format={form}", folder], check=True)
            told = subprocess.run(
                ["git", "-C", folder, "hash-object", "--no-filters", tmp_path / "file"], check=True, capture_output=True
            )
            assert git_id_of(content, size).hex() == told.stdout.decode().strip()


@pytest.mark.parametrize("content", [b"honest\n", LARGE])
def test_a_git_object_that_is_not_what_its_id_says_is_refused(lab: Lab, content: bytes) -> None:
    for size in (20, 32):
        take(lab, member(b"file", content, git_id=git_id_of(content, size)))
        with pytest.raises(WrongGitIdError):
            take(lab, member(b"file", content, git_id=git_id_of(content + b"!", size)))
    assert len(lab.product.roots()) == 1


@pytest.mark.parametrize("size", [5, CHUNK + 5])
@pytest.mark.parametrize("off_by", [-1, 1])
def test_a_member_longer_or_shorter_than_it_says_ends_the_intake(lab: Lab, size: int, off_by: int) -> None:
    lies = Member(TreePath(b"lies"), Kind.FILE, PLAIN, size, iter([b"x" * CHUNK, b"x" * (size + off_by - CHUNK)]))
    if size < CHUNK:
        lies = Member(TreePath(b"lies"), Kind.FILE, PLAIN, size, iter([b"x" * (size + off_by)]))
    before = lab.state()
    with pytest.raises(WrongSizeError), lab.product.begin() as intake:
        intake.add(lies)
    assert lab.state() == before
    assert lab.product.roots() == []


def test_modes_and_links_are_kept_as_data(lab: Lab) -> None:
    root = lab.take({b"run": (EXECUTABLE, b"#!/bin/sh\n"), b"link": (LINK, b"../../etc/passwd"), b"x": b""}).root
    manifest = lab.product.manifest(root)
    assert [(entry.path.raw, entry.mode, entry.is_link) for entry in manifest.entries()] == [
        (b"link", LINK, True),
        (b"run", EXECUTABLE, False),
        (b"x", PLAIN, False),
    ]
    assert content_of(lab, root, b"link") == b"../../etc/passwd"


def test_a_hard_link_repeats_the_earlier_member_and_its_mode(lab: Lab) -> None:
    with lab.product.begin() as intake:
        intake.add(member(b"tool", b"#!/bin/sh\n", EXECUTABLE))
        intake.add(hard_link(b"alias", b"tool"))
        intake.add(hard_link(b"z/again", b"alias"))
        intake.add(hard_link(b"dangling", b"never/was"))
        root = intake.finish().root
    manifest = lab.product.manifest(root)
    assert [(one.path.raw, one.mode) for one in manifest.entries()] == [
        (b"alias", EXECUTABLE),
        (b"tool", EXECUTABLE),
        (b"z/again", EXECUTABLE),
    ]
    assert content_of(lab, root, b"z/again") == b"#!/bin/sh\n"
    assert manifest.left_out() == [LeftOut(b"dangling", Reason.HARD_LINK_MISSING)]


@pytest.mark.parametrize("paths", [(b"a", b"a"), (b"a", b"a/b"), (b"a/b", b"a-b", b"a"), (b"a/b/c", b"a/b")])
def test_a_path_that_comes_twice_ends_the_intake(lab: Lab, paths: tuple[bytes, ...]) -> None:
    with pytest.raises(ClashError):
        take(lab, *(member(path, b"x\n") for path in paths))
    assert lab.state() == {}


def test_what_was_left_out_is_listed_and_part_of_the_root(lab: Lab) -> None:
    out = [
        LeftOut(b"../../etc/cron.d/x\n\xff", Reason.PARENT_NAME, "not inside"),
        LeftOut(b"dev/sda", Reason.DEVICE, 'block "8:0"\n\ud800'),
    ]
    with_list, without = lab.take({b"a": b"1"}, out), lab.take({b"a": b"1"})
    assert with_list.root != without.root
    manifest = lab.product.manifest(with_list.root)
    assert [(one.name, one.reason) for one in manifest.left_out()] == [(one.name, one.reason) for one in out]
    assert manifest.left_out_count == with_list.left_out == 2
    assert lab.product.verify(with_list.root).is_whole


def test_an_identical_release_grows_no_pack(lab: Lab) -> None:
    files = {b"src/%d.c" % number: b"int x%d;\n" % number * 50 for number in range(500)}
    files |= {b"large.h": LARGE, b"noise.bin": NOISE.randbytes(CHUNK * 2 + 5), b"empty": b""}
    first = lab.take(files)
    before = lab.state()
    second = lab.take(files)
    assert lab.state() == before
    assert (second.root, second.is_new, second.new_blobs, second.new_bytes) == (first.root, False, 0, 0)
    assert list((lab.folder / "intake").iterdir()) == []


def test_only_changed_blobs_are_written_again(lab: Lab) -> None:
    files = {b"src/%d.c" % number: NOISE.randbytes(2000) for number in range(1000)}
    files[b"large.bin"] = NOISE.randbytes(CHUNK * 8)
    first = lab.take(files)
    before = lab.state()
    changed = {
        name: NOISE.randbytes(2000) if number % 20 == 0 else old for number, (name, old) in enumerate(files.items())
    }
    changed[b"large.bin"] = files[b"large.bin"][:-1] + b"!"
    second = lab.take(changed)
    # Fifty small files, the last chunk of the large one, and the row that lists its chunks.
    assert second.new_blobs == 52
    changed_bytes = 50 * 2000 + CHUNK
    assert changed_bytes < second.new_bytes < changed_bytes * 1.15
    assert first.new_bytes > 15 * second.new_bytes / 2
    assert {name: digest for name, digest in lab.state().items() if name in before} == before
    assert content_of(lab, second.root, b"large.bin") == changed[b"large.bin"]


def test_a_release_with_nothing_new_holds_no_pack_of_blobs(lab: Lab) -> None:
    lab.take({b"a.c": b"one\n", b"b.c": b"two\n"})
    second = lab.take({b"a.c": b"two\n"})
    assert second.is_new
    assert sorted(path.name for path in (lab.folder / "releases" / str(second.root)).iterdir()) == [
        "index.pack",
        "manifest.pack",
    ]


def test_content_that_comes_twice_in_a_release_is_stored_once(lab: Lab) -> None:
    once = lab.take({b"a": LARGE, b"small": b"x\n" * 100})
    other = make_lab(lab.root / "other")
    files = {b"%d" % number: LARGE for number in range(10)} | {b"s%d" % number: b"x\n" * 100 for number in range(500)}
    many = other.take(files)
    assert many.new_blobs == once.new_blobs
    assert many.new_bytes < once.new_bytes * 1.2


def test_a_chunk_that_equals_a_small_file_is_one_blob(lab: Lab) -> None:
    chunk = NOISE.randbytes(CHUNK)
    files = {b"a": chunk, b"b": chunk * 3 + b"tail", b"c": b"tail", b"d": chunk + b"tail"}
    sealed = lab.take(files)
    assert sealed.new_blobs == 4  # chunk, tail, and two lists of chunks
    for name, content in files.items():
        assert content_of(lab, sealed.root, name) == content
    assert lab.product.verify(sealed.root).is_whole


def test_blobs_are_never_shared_between_products(lab: Lab) -> None:
    other = make_lab(lab.root / "other")
    assert lab.take({b"a": LARGE}).new_blobs == other.take({b"a": LARGE}).new_blobs
    assert lab.take({b"a": b"x"}).root != other.take({b"a": b"x"}).root


def test_one_source_gives_one_root_and_the_order_of_members_does_not_matter(lab: Lab) -> None:
    files = {b"%d/%d" % (number % 7, number): b"%d" % number for number in range(300)}
    first = lab.take(files)
    second = lab.take(dict(reversed(files.items())))
    assert first.root == second.root
    assert not second.is_new


def test_more_blobs_than_one_run_holds_keep_their_places(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("glasshouse.engines.store.index.RUN_ROWS", 50)
    files = {b"%04d" % number: b"content %d\n" % (number % 400) for number in range(1000)} | {b"large": LARGE}
    first = lab.take(files)
    assert first.new_blobs == 400 + -(-len(LARGE) // CHUNK) + 1
    second = lab.take({**files, b"0003": b"changed\n"})
    assert second.new_blobs == 1
    for root in (first.root, second.root):
        assert lab.product.verify(root).is_whole
    assert content_of(lab, second.root, b"0999") == b"content 199\n"


def test_packs_are_closed_when_they_are_full(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("glasshouse.engines.store.pipeline.MAX_PACK", 1_000_000)
    files = {b"%d" % number: NOISE.randbytes(CHUNK // 3) for number in range(150)}
    files[b"large"] = NOISE.randbytes(9 * CHUNK + 1)
    sealed = lab.take(files)
    packs = sorted((lab.folder / "releases" / str(sealed.root)).glob("blobs-*.pack"))
    assert len(packs) > 3
    assert all(path.stat().st_size < 1_000_000 + 12 * CHUNK for path in packs)
    assert len({path.read_bytes()[8:24] for path in packs}) == len(packs)
    assert lab.product.verify(sealed.root).is_whole


def test_an_intake_that_is_left_early_leaves_nothing(lab: Lab) -> None:
    lab.take({b"kept": b"kept\n"})
    before = lab.state()

    def hostile() -> Iterator[bytes]:
        yield b"x" * CHUNK
        raise OSError(5, "the medium failed")

    for files in (members({b"%d" % number: NOISE.randbytes(5000) for number in range(400)}), []):
        broken = Member(TreePath(b"broken"), Kind.FILE, PLAIN, 2 * CHUNK, hostile())
        with pytest.raises(OSError, match="medium"):
            take(lab, *files, broken)
    with lab.product.begin() as intake:
        intake.add(member(b"never", b"finished\n"))
    assert lab.state() == before
    with pytest.raises(AbandonedError):
        intake.add(member(b"late", b"late\n"))
    with pytest.raises(AbandonedError):
        intake.finish()


def test_only_one_intake_of_a_product_runs_at_a_time(lab: Lab) -> None:
    with lab.product.begin() as intake:
        with pytest.raises(BusyError), lab.product.begin():
            pass
        intake.add(member(b"a", b"a\n"))
        root = intake.finish().root
    with lab.product.begin():
        pass
    assert lab.product.roots() == [root]


def test_a_reader_that_is_open_sees_the_next_release(lab: Lab) -> None:
    reader = lab.product
    first = lab.take({b"a": b"1\n"}).root
    assert reader.manifest(first).files == 1
    second = lab.take({b"a": b"1\n", b"b": b"2\n"}).root
    assert b"".join(reader.read_blob(reader.manifest(second).entry(TreePath(b"b")))) == b"2\n"
    assert reader.roots() == [first, second]


def test_progress_is_told_and_ends_at_the_truth(lab: Lab) -> None:
    told: list[tuple[int, int]] = []
    files = {b"%d" % number: b"0123456789" for number in range(1000)}
    with lab.product.begin(progress=lambda count, size: told.append((count, size))) as intake:
        for one in members(files):
            intake.add(one)
        intake.finish()
    assert told == sorted(told)
    assert len(told) > 2
    assert told[-1] == (1000, 10_000)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ([b"top-1/a", b"top-1/b/c"], [b"a", b"b/c"]),
        ([b"top-1/a", b"top-2/a"], [b"top-1/a", b"top-2/a"]),
        ([b"top/a", b"top-1/a"], [b"top-1/a", b"top/a"]),
        ([b"a"], [b"a"]),
        ([b"a", b"b/c"], [b"a", b"b/c"]),
        ([], []),
    ],
)
def test_one_folder_that_holds_everything_is_left_off_when_asked(
    lab: Lab, given: list[bytes], kept: list[bytes]
) -> None:
    with lab.product.begin() as intake:
        for path in given:
            intake.add(member(path, path))
        root = intake.finish(strip_top=True).root
    assert [entry.path.raw for entry in lab.product.manifest(root).entries()] == kept
    assert lab.product.verify(root).is_whole


def test_an_empty_release_is_a_release(lab: Lab) -> None:
    sealed = lab.take({})
    manifest = lab.product.manifest(sealed.root)
    assert (manifest.files, manifest.bytes, manifest.lines) == (0, 0, 0)
    assert manifest.folder(None) == []
    assert lab.product.verify(sealed.root).is_whole
    with pytest.raises(EntryNotFoundError):
        manifest.entry(TreePath(b"a"))


def test_the_store_is_private_to_its_user(lab: Lab) -> None:
    lab.take({b"a": b"1\n"})
    for path in (lab.root / "store").rglob("*"):
        assert path.stat().st_mode & 0o077 == 0
    shutil.rmtree(lab.root / "store")
