# SPDX-License-Identifier: Apache-2.0
"""Look at a hostile git repository without running git in it: is it self-contained, and what does a name mean.

Only folders and small files are read, each opened below the one that holds it and never through a link. The
repository's configuration and hooks are not even opened.
"""

import os
import re
import stat
from contextlib import suppress
from io import BytesIO

from glasshouse.engines.store.unpack.errors import CorruptSourceError, UnsafeRepositoryError

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_MAX_REF = 4096
_MAX_PACKED_REFS = 64 * 2**20
_MAX_HOPS = 5
_OBJECT_ID = re.compile(rb"[0-9a-f]{40}|[0-9a-f]{64}")
# Stricter than git-check-ref-format; what it refuses can be named by its object id instead.
_NAME = re.compile(rb"[A-Za-z0-9_@+=,%-][A-Za-z0-9_@+=,%.-]*(?:/[A-Za-z0-9_@+=,%-][A-Za-z0-9_@+=,%.-]*)*")
_FOREIGN_OBJECTS = (b"info/alternates", b"info/http-alternates")


def open_repository(source: int) -> int | None:
    """Open the repository that a folder is or holds in `.git`; None when it is a plain folder.

    Raises UnsafeRepositoryError when `.git` points elsewhere.
    """
    try:
        listed = os.stat(b".git", dir_fd=source, follow_symlinks=False)
    except FileNotFoundError:
        return os.dup(source) if _looks_bare(source) else None
    if not stat.S_ISDIR(listed.st_mode):
        raise UnsafeRepositoryError(
            "the folder's .git is a pointer to a repository elsewhere",
            hint="Give the repository itself, or a clone of it.",
        )
    return os.open(b".git", _FOLDER, dir_fd=source)


def _looks_bare(source: int) -> bool:
    with suppress(FileNotFoundError):
        head = os.stat(b"HEAD", dir_fd=source, follow_symlinks=False)
        parts = [os.stat(name, dir_fd=source, follow_symlinks=False) for name in (b"objects", b"refs")]
        return stat.S_ISREG(head.st_mode) and all(stat.S_ISDIR(part.st_mode) for part in parts)
    return False


def open_objects(repository: int) -> int:
    """Open the folder of objects of a repository that holds all of them itself.

    Raises UnsafeRepositoryError for a linked worktree, alternates, promised objects, and links among the objects.
    """
    if _exists(b"commondir", repository):
        raise UnsafeRepositoryError("the repository is a worktree that keeps its objects elsewhere")
    try:
        objects = os.open(b"objects", _FOLDER, dir_fd=repository)
    except OSError:
        raise UnsafeRepositoryError("the repository has no folder of objects of its own") from None
    try:
        check_objects(objects)
    except BaseException:
        os.close(objects)
        raise
    return objects


def _exists(name: bytes, folder: int) -> bool:
    try:
        os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return False
    except OSError:
        raise UnsafeRepositoryError("the repository cannot be looked through") from None
    return True


def check_objects(objects: int) -> None:
    """Raise UnsafeRepositoryError unless a folder of objects holds plain files only, and stands alone.

    git itself would follow alternates and links out of the repository, and fetch what was promised.
    """
    if any(_exists(name, objects) for name in _FOREIGN_OBJECTS):
        raise UnsafeRepositoryError(
            "the repository borrows objects from another (alternates)", hint="Repack it whole: git repack -a -d."
        )
    with os.scandir(objects) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                _check_folder(entry.name, objects)
            elif not entry.is_file(follow_symlinks=False):
                raise UnsafeRepositoryError("a link or device stands among the repository's objects")


def _check_folder(name: str, objects: int) -> None:
    folder = os.open(name, _FOLDER, dir_fd=objects)
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.endswith(".promisor"):
                    raise UnsafeRepositoryError(
                        "the repository is a partial clone that would fetch what it lacks",
                        hint="Clone it again without a filter.",
                    )
                inner = entry.is_dir(follow_symlinks=False) and name == "info"  # the commit-graph's, not read here
                if not inner and not entry.is_file(follow_symlinks=False):
                    raise UnsafeRepositoryError("a link or device stands among the repository's objects")
    finally:
        os.close(folder)


def resolve(repository: int, revision: str) -> str:
    """Return the object id that a full id, HEAD, or the name of a tag or branch stands for.

    Raises CorruptSourceError when it stands for nothing.
    """
    name = os.fsencode(revision)
    for _ in range(_MAX_HOPS):
        if _OBJECT_ID.fullmatch(name):
            return name.decode("ascii")
        if not _NAME.fullmatch(name):
            raise CorruptSourceError("that is not the name of a revision")
        value = _look_up(repository, name)
        if value is None:
            raise CorruptSourceError("the repository has no such revision", hint="Give a branch, a tag or a full id.")
        name = value.removeprefix(b"ref:").strip(b" \t\r\n")
    raise CorruptSourceError("the revision is a chain of names that does not end")


def _look_up(repository: int, name: bytes) -> bytes | None:
    """Look for a name where git does, in its order."""
    if name == b"HEAD":
        return _read(repository, name, _MAX_REF)
    candidates = [c for c in (name, b"refs/" + name, b"refs/tags/" + name, b"refs/heads/" + name) if c[:5] == b"refs/"]
    packed: dict[bytes, bytes] = {}
    for line in BytesIO(_read(repository, b"packed-refs", _MAX_PACKED_REFS) or b""):
        object_id, _, ref = line.rstrip(b"\n").partition(b" ")
        if ref in candidates:
            packed[ref] = object_id
    for ref in candidates:
        if value := _read(repository, ref, _MAX_REF) or packed.get(ref):
            return value
    return None


def _read(folder: int, path: bytes, limit: int) -> bytes | None:
    """Read a small file below a folder, None where there is none; no part of its path may be a link."""
    *above, name = path.split(b"/")
    opened: list[int] = []
    try:
        for part in above:
            folder = os.open(part, _FOLDER, dir_fd=folder)
            opened.append(folder)
        opened.append(os.open(name, _FILE, dir_fd=folder))
        if not stat.S_ISREG(os.fstat(opened[-1]).st_mode):
            return None
        with os.fdopen(os.dup(opened[-1]), "rb") as file:
            content = file.read(limit + 1)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None
    except OSError:
        raise UnsafeRepositoryError("the repository cannot be looked through") from None
    finally:
        for descriptor in opened:
            os.close(descriptor)
    if len(content) > limit:
        raise UnsafeRepositoryError("a file of the repository that names revisions is too long")
    return content
