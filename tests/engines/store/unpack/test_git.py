# SPDX-License-Identifier: Apache-2.0
import hashlib
import os
import subprocess
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from glasshouse.engines.store.unpack import Kind, UnpackError, open_source
from glasshouse.engines.store.unpack.errors import (
    CorruptSourceError,
    EmptySourceError,
    OverLimitError,
    UnsafeRepositoryError,
)
from glasshouse.engines.store.unpack.members import Limits
from tests.engines.store.unpack.archives import unpack

WHO = ["-c", "user.name=Vendor", "-c", "user.email=vendor@example.org", "-c", "init.defaultBranch=main"]
Git = Callable[..., str]


@pytest.fixture
def git(tmp_path: Path) -> Git:
    """Run git as the vendor would, in a folder below the test's own."""

    def run(folder: str, *arguments: str, given: bytes | None = None) -> str:
        environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "GIT_CONFIG_NOSYSTEM": "1"}
        command = ["git", *WHO, *arguments]
        done = subprocess.run(
            command, cwd=tmp_path / folder, env=environment, input=given, stdout=subprocess.PIPE, check=True
        )
        return done.stdout.decode().strip()

    return run


@pytest.fixture
def repository(tmp_path: Path, git: Git) -> Path:
    """A repository of two revisions, the first tagged."""
    top = tmp_path / "repository"
    top.mkdir()
    git("repository", "init", "-q")
    (top / "src").mkdir()
    (top / "src" / "main.c").write_bytes(b"int main;\n")
    git("repository", "add", "-A")
    git("repository", "commit", "-q", "-m", "one")
    git("repository", "tag", "-a", "-m", "first", "v1")
    (top / "src" / "main.c").write_bytes(b"int main(void);\n")
    (top / "run").write_bytes(b"#!/bin/sh\n")
    (top / "run").chmod(0o755)
    (top / "link").symlink_to("/etc/shadow")
    git("repository", "add", "-A")
    git("repository", "commit", "-q", "-m", "two")
    (top / "untracked").write_bytes(b"not in any revision")
    return top


FILES = {b"link": b"/etc/shadow", b"run": b"#!/bin/sh\n", b"src/main.c": b"int main(void);\n"}


def _plant(repository: Path, canary: Path) -> None:
    """Make every hook and every setting that names a program create the canary."""
    command = f"touch {canary}"
    hooks = repository / ".git" / "hooks"
    hooks.mkdir(exist_ok=True)
    for hook in ("post-checkout", "post-index-change", "reference-transaction", "pre-auto-gc", "fsmonitor-watchman"):
        (hooks / hook).write_text(f"#!/bin/sh\n{command}\n")
        (hooks / hook).chmod(0o755)
    with (repository / ".git" / "config").open("a") as config:
        config.write(
            f'[core]\n\tfsmonitor = "{command}; false"\n\tpager = "{command}"\n\tsshCommand = "{command}"\n'
            f'\talternateRefsCommand = "{command}"\n\thooksPath = {hooks}\n\tattributesFile = {hooks}/attributes\n'
            f'\taskPass = "{command}"\n\teditor = "{command}"\n'
            f'[filter "x"]\n\tsmudge = "{command}"\n\tprocess = "{command}"\n\trequired = true\n'
            f'[diff "x"]\n\ttextconv = "{command}"\n\tcommand = "{command}"\n'
            f'[include]\n\tpath = {hooks}/included\n[alias]\n\tls-tree = "!{command}"\n\tcat-file = "!{command}"\n'
        )
    (repository / ".git" / "info" / "attributes").write_text("* filter=x diff=x\n")


def test_planted_hooks_filters_and_monitors_never_run(repository: Path, git: Git) -> None:
    canary = repository.parent / "canary"
    _plant(repository, canary)
    assert unpack(repository).files == FILES
    assert unpack(repository, revision="v1").files == {b"src/main.c": b"int main;\n"}
    assert not canary.exists()
    with suppress(subprocess.CalledProcessError):
        git("repository", "status")  # the same trap does close on whoever runs git there
    assert canary.exists()


def test_their_configuration_is_not_even_parsed(repository: Path) -> None:
    (repository / ".git" / "config").write_text("]] not a configuration\n")
    assert unpack(repository).files == FILES


def test_a_lacking_object_is_never_fetched(repository: Path, git: Git) -> None:
    canary = repository.parent / "canary"
    with (repository / ".git" / "config").open("a") as config:
        config.write(
            "[core]\n\trepositoryformatversion = 1\n[extensions]\n\tpartialClone = there\n"
            f'[remote "there"]\n\tpromisor = true\n\turl = "ext::touch {canary}"\n[protocol "ext"]\n\tallow = always\n'
        )
    blob = git("repository", "rev-parse", "HEAD:run")
    (repository / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    with pytest.raises(CorruptSourceError):
        unpack(repository)
    assert not canary.exists()
    with suppress(subprocess.CalledProcessError):
        git("repository", "cat-file", "blob", blob)  # the same trap does close on whoever runs git there
    assert canary.exists()


def test_a_revision_comes_as_it_was_committed(repository: Path, git: Git) -> None:
    out = unpack(repository)
    assert out.files == FILES
    assert [(m.kind, oct(m.mode)) for m in out.members] == [
        (Kind.LINK, "0o120000"),
        (Kind.FILE, "0o100755"),
        (Kind.FILE, "0o100644"),
    ]
    for member in out.members:
        content = out.files[member.path.raw]
        assert member.git_id == hashlib.sha1(b"blob %d\0%b" % (len(content), content)).digest()  # noqa: S324 (git's id)
    head = git("repository", "rev-parse", "HEAD")
    for revision in (head, "main", "refs/heads/main", "heads/main"):
        assert unpack(repository, revision=revision).files == FILES


def test_a_bare_packed_and_a_detached_repository_read_alike(repository: Path, git: Git) -> None:
    git("", "clone", "-q", "--bare", "repository", "bare")
    git("bare", "gc", "-q")
    assert not (repository.parent / "bare" / "refs" / "heads" / "main").exists()
    assert unpack(repository.parent / "bare").files == FILES
    assert unpack(repository / ".git").files == FILES
    assert set(unpack(repository.parent / "bare", revision="v1").files) == {b"src/main.c"}
    git("repository", "checkout", "-q", "--detach", "v1")
    assert set(unpack(repository).files) == {b"src/main.c"}


def test_a_repository_of_sha256_is_read(tmp_path: Path, git: Git) -> None:
    (tmp_path / "new").mkdir()
    git("new", "init", "-q", "--object-format=sha256")
    (tmp_path / "new" / "a").write_bytes(b"1")
    git("new", "add", "-A")
    git("new", "commit", "-q", "-m", "one")
    (member,) = unpack(tmp_path / "new").members
    assert member.git_id == hashlib.sha256(b"blob 1\x001").digest()


def test_nothing_is_written_to_the_repository_or_left_beside_it(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))

    def listing() -> dict[str, tuple[int, int]]:
        stats = {str(path): path.lstat() for path in repository.rglob("*")}
        return {path: (found.st_mtime_ns, found.st_size) for path, found in stats.items()}

    before = listing()
    unpack(repository)
    with open_source(repository, left_out=list[object]().append) as members:
        next(members)
    assert listing() == before
    assert not list(scratch.iterdir())


def test_submodules_are_left_out_with_the_commit_they_stand_for(repository: Path, git: Git) -> None:
    commit = "1" * 40
    git("repository", "update-index", "--add", "--cacheinfo", f"160000,{commit},vendored/lib")
    (repository / ".gitmodules").write_text(
        f'[submodule "x"]\n\tpath = vendored/lib\n\turl = ext::touch {repository}/c\n'
    )
    git("repository", "add", ".gitmodules")
    git("repository", "commit", "-q", "-m", "module")
    out = unpack(repository)
    assert [(left.name, left.reason.value, left.detail) for left in out.left_out] == [
        (b"vendored/lib", "submodule", commit)
    ]
    assert b".gitmodules" in out.files
    assert not (repository / "c").exists()


def test_a_repository_that_borrows_objects_is_refused(repository: Path, git: Git) -> None:
    git("", "clone", "-q", "--shared", "repository", "borrower")
    with pytest.raises(UnsafeRepositoryError, match="alternates"):
        unpack(repository.parent / "borrower")


@pytest.mark.parametrize("name", ["info/alternates", "info/http-alternates", "pack/pack-1.promisor"])
def test_every_kind_of_foreign_object_is_refused(repository: Path, name: str) -> None:
    (repository / ".git" / "objects" / name).write_text("/elsewhere\n")
    with pytest.raises(UnsafeRepositoryError):
        unpack(repository)


def test_a_partial_clone_is_refused(repository: Path, git: Git) -> None:
    git("repository", "config", "uploadpack.allowFilter", "true")
    git("", "clone", "-q", "--no-checkout", "--filter=blob:none", f"file://{repository}", "partial")
    with pytest.raises(UnsafeRepositoryError, match="partial"):
        unpack(repository.parent / "partial")


def test_a_linked_worktree_and_a_git_file_are_refused(repository: Path, git: Git) -> None:
    git("repository", "worktree", "add", "-q", "../worktree", "v1")
    with pytest.raises(UnsafeRepositoryError, match="elsewhere"):
        unpack(repository.parent / "worktree")
    bare = repository.parent / "bare"
    git("", "clone", "-q", "--bare", "repository", "bare")
    (bare / "commondir").write_text("../repository/.git\n")
    with pytest.raises(UnsafeRepositoryError, match="worktree"):
        unpack(bare)


@pytest.mark.parametrize("part", [".git", ".git/objects", ".git/objects/pack", ".git/objects/info"])
def test_a_link_in_place_of_a_folder_is_refused(repository: Path, part: str) -> None:
    away = repository.parent / "away"
    (repository / part).rename(away)
    (repository / part).symlink_to(away)
    with pytest.raises(UnpackError):
        unpack(repository)


def test_a_link_in_place_of_an_object_is_refused(repository: Path, git: Git) -> None:
    blob = git("repository", "rev-parse", "HEAD:run")
    path = repository / ".git" / "objects" / blob[:2] / blob[2:]
    path.rename(repository.parent / "away")
    path.symlink_to(repository.parent / "away")
    with pytest.raises(UnsafeRepositoryError):
        unpack(repository)


@pytest.mark.parametrize(
    "head",
    [
        "ref: refs/heads/absent\n",
        "ref: refs/../../secret\n",
        "ref: ../secret\n",
        "ref: /etc/passwd\n",
        "ref: refs/heads/loop\n",
        "--upload-pack=touch\n",
        "0" * 40 + "\n",
        "",
        "ref: " + "refs/" * 2000 + "\n",
    ],
)
def test_a_hostile_head_leads_nowhere(repository: Path, git: Git, head: str) -> None:
    commit = git("repository", "rev-parse", "HEAD")
    (repository.parent / "secret").write_text(commit)
    (repository / ".git" / "secret").write_text(commit)
    (repository / ".git" / "refs" / "heads" / "loop").write_text("ref: refs/heads/loop\n")
    (repository / ".git" / "HEAD").write_text(head)
    with pytest.raises(UnpackError):
        unpack(repository)


def test_a_ref_that_is_a_link_is_not_followed(repository: Path) -> None:
    ref = repository / ".git" / "refs" / "heads" / "main"
    ref.rename(repository.parent / "outside")
    ref.symlink_to(repository.parent / "outside")
    with pytest.raises(UnpackError):
        unpack(repository)


@pytest.mark.parametrize(
    "revision", ["absent", "--help", "HEAD~1", "main:src", "", "v1 v1", "@{-1}", "a" * 5000, "\udcff"]
)
def test_a_revision_that_is_no_name_is_refused(repository: Path, revision: str) -> None:
    with pytest.raises(UnpackError):
        unpack(repository, revision=revision)


def test_replace_refs_and_grafts_do_not_swap_what_is_read(repository: Path, git: Git) -> None:
    good = git("repository", "rev-parse", "HEAD:run")
    bad = git("repository", "hash-object", "-w", "--stdin", given=b"swapped")
    git("repository", "replace", good, bad)
    assert git("repository", "cat-file", "blob", good) == "swapped"
    assert unpack(repository).files == FILES


def test_a_lacking_or_damaged_object_is_refused(repository: Path, git: Git) -> None:
    blob = git("repository", "rev-parse", "HEAD:src/main.c")
    path = repository / ".git" / "objects" / blob[:2] / blob[2:]
    content = path.read_bytes()
    path.chmod(0o644)
    path.write_bytes(content[:-4])
    with pytest.raises(CorruptSourceError):
        unpack(repository)
    path.unlink()
    with pytest.raises(CorruptSourceError):
        unpack(repository)


def _raw_tree(git: Git, entries: bytes) -> str:
    return git("repository", "hash-object", "-w", "-t", "tree", "--literally", "--stdin", given=entries)


def test_hostile_names_in_a_tree_are_left_out(repository: Path, git: Git) -> None:
    blob = bytes.fromhex(git("repository", "rev-parse", "HEAD:run"))
    names = [b"..", b"../up", b"/abs", b".", b"a//b", b"line\nfeed\ttab", b"\xff", b".git/config", b"twice", b"twice"]
    tree = _raw_tree(git, b"".join(b"100644 " + name + b"\0" + blob for name in names))
    out = unpack(repository, revision=git("repository", "commit-tree", "-m", "x", tree))
    assert set(out.files) == {b"line\nfeed\ttab", b"\xff", b".git/config", b"twice"}
    assert out.reasons == [
        (b"..", "parent-name"),
        (b"../up", "parent-name"),
        (b"/abs", "absolute-name"),
        (b".", "bad-name"),
        (b"a//b", "bad-name"),
        (b"twice", "duplicate-name"),
    ]


def test_a_tree_bomb_stops_at_the_limit(repository: Path, git: Git) -> None:
    blob = bytes.fromhex(git("repository", "rev-parse", "HEAD:run"))
    tree = _raw_tree(git, b"100644 f\0" + blob)
    for _ in range(12):  # ten to the twelfth files
        tree = _raw_tree(git, b"".join(b"40000 d%d\0" % n + bytes.fromhex(tree) for n in range(10)))
    with pytest.raises(OverLimitError, match="members"):
        unpack(repository, revision=tree, limits=Limits(members=5000))


def test_many_and_large_objects_are_read_in_step(repository: Path, git: Git) -> None:
    for number in range(300):
        (repository / f"f{number:03}").write_bytes(b"%d\n" % number * (number * 50))
    (repository / "large").write_bytes(os.urandom(2_000_000))
    git("repository", "add", "-A")
    git("repository", "commit", "-q", "-m", "many")
    out = unpack(repository)
    assert out.files[b"large"] == (repository / "large").read_bytes()
    assert all(out.files[b"f%03d" % n] == b"%d\n" % n * (n * 50) for n in range(300))
    with open_source(repository, left_out=list[object]().append) as members:
        names = [member.path.raw for member in members]  # no content read: the reader keeps step by itself
    assert names == list(out.files)


def test_a_repository_without_a_commit_or_a_file_is_refused(tmp_path: Path, git: Git) -> None:
    (tmp_path / "new").mkdir()
    git("new", "init", "-q")
    with pytest.raises(UnpackError):
        unpack(tmp_path / "new")
    git("new", "commit", "-q", "--allow-empty", "-m", "nothing")
    with pytest.raises(EmptySourceError):
        unpack(tmp_path / "new")
