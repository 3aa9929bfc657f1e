# SPDX-License-Identifier: Apache-2.0
"""Git repositories: the files of one revision, read by git through an empty repository of ours.

git runs with a configuration of ours and their folder of objects as `GIT_OBJECT_DIRECTORY`; it never sees
their configuration, hooks, attributes or names. Nothing is checked out, fetched, or written to their folder.
"""

import os
import resource
import subprocess
import tempfile
from collections import deque
from collections.abc import Generator, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO

from glasshouse.engines.store.unpack import gitrefs
from glasshouse.engines.store.unpack.errors import CorruptSourceError, UnreadableSourceError
from glasshouse.engines.store.unpack.members import CHUNK, EXECUTABLE, PLAIN, SYMLINK, Kind, Member, Reason
from glasshouse.engines.store.unpack.names import Gate
from glasshouse.kernel.paths import MAX_BYTES, TreePath

_CONFIG = """[core]
\trepositoryformatversion = 1
\tbare = true
\tfsmonitor = false
\thooksPath = /dev/null
\tcommitGraph = false
\tmultiPackIndex = false
\tpackedGitWindowSize = 16m
\tpackedGitLimit = 64m
\tdeltaBaseCacheLimit = 32m
\tbigFileThreshold = 32m
[protocol]
\tallow = never
[extensions]
\tobjectFormat = {names}
"""
_MEMORY = 2 * 2**30
"""How much address space git may have, in bytes, mapped packs included."""

# The requests of one batch MUST fit a page, all that a pipe holds for a user who has many: they are written before
# the first answer is read. 48 of at most 74 bytes do.
_BATCH = 48
_MAX_ROW = 2**20
_MAX_ANSWER = 256
_SHA1_HEX = 40
_LINK_MODE, _SUBMODULE_MODE = b"120000", b"160000"
_MODES = {b"100644": PLAIN, b"100664": PLAIN, b"100755": EXECUTABLE, _LINK_MODE: SYMLINK}


@dataclass(frozen=True, slots=True)
class _Row:
    """One line of the tree."""

    mode: bytes
    object_id: bytes
    size: int
    name: bytes


class _Git:
    """Starts git with our repository, their objects, and nothing else."""

    def __init__(self, stack: ExitStack, objects: int, revision: str, seconds: float) -> None:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="glasshouse-git-")))
        ours = home / "empty.git"
        for folder in ("objects", "refs"):
            (ours / folder).mkdir(parents=True)
        names = "sha1" if len(revision) == _SHA1_HEX else "sha256"
        (ours / "config").write_text(_CONFIG.format(names=names), "ascii")
        (ours / "HEAD").write_text("ref: refs/heads/none\n", "ascii")
        self._stack = stack
        self._objects = objects
        self._cwd = home
        self._seconds = max(1, int(seconds))
        self._environment = {
            "PATH": os.defpath,
            "LC_ALL": "C",
            "HOME": str(home),
            "GIT_DIR": str(ours),
            # By descriptor: the folder that was looked through, whatever stands under its name by now.
            "GIT_OBJECT_DIRECTORY": f"/proc/self/fd/{objects}",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": "/dev/null",
            "GIT_ATTR_NOSYSTEM": "1",
            "GIT_NO_REPLACE_OBJECTS": "1",
            "GIT_NO_LAZY_FETCH": "1",
            "GIT_ALLOW_PROTOCOL": "",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_OPTIONAL_LOCKS": "0",
        }

    def start(self, *arguments: str, asked: bool = False) -> subprocess.Popen[bytes]:
        """Start a command, one that is asked through its input or one that is not; it ends with the stack."""
        try:
            process = subprocess.Popen(
                ["git", *arguments],
                stdin=subprocess.PIPE if asked else subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd=self._cwd,
                env=self._environment,
                pass_fds=(self._objects,),
                bufsize=CHUNK,
            )
        except FileNotFoundError:
            raise UnreadableSourceError("reading a repository needs git", hint="Install git.") from None
        self._stack.enter_context(process)
        self._stack.callback(process.kill)
        with suppress(ProcessLookupError):  # it may have ended already
            resource.prlimit(process.pid, resource.RLIMIT_AS, (_MEMORY, _MEMORY))
            resource.prlimit(process.pid, resource.RLIMIT_CPU, (self._seconds, self._seconds))
        return process

    @staticmethod
    def ask(process: subprocess.Popen[bytes], requests: bytes) -> None:
        """Write requests that together fit the smallest pipe, so that this cannot wait for an answer to be read."""
        if process.stdin is not None:
            try:
                os.write(process.stdin.fileno(), requests)
            except BrokenPipeError:
                raise CorruptSourceError(
                    "the repository is damaged, or an object of it takes too much memory"
                ) from None


def _output(process: subprocess.Popen[bytes]) -> IO[bytes]:
    if process.stdout is None:
        raise UnreadableSourceError("git was started without a pipe")
    return process.stdout


def _rows(process: subprocess.Popen[bytes]) -> Iterator[_Row]:
    """Read the whole tree, each row written as mode, type, id, size, tab, name, NUL."""
    output = _output(process).fileno()
    held = b""
    while block := os.read(output, CHUNK):
        *rows, held = (held + block).split(b"\0")
        for row in rows:
            head, _, name = row.partition(b"\t")
            mode, _, object_id, size = head.split()
            yield _Row(mode, object_id, int(size) if size.isdigit() else 0, name)
        if len(held) > _MAX_ROW:
            raise CorruptSourceError("the repository has a name without an end")
    if process.wait() or held:
        raise CorruptSourceError("the repository is damaged, or lacks objects of this revision")


class _Content:
    """One object out of git's answers; what its reader leaves is passed over."""

    __slots__ = ("_gate", "_left", "_output")

    def __init__(self, output: IO[bytes], row: _Row, gate: Gate) -> None:
        if output.readline(_MAX_ANSWER) != b"%b blob %d\n" % (row.object_id, row.size):
            raise CorruptSourceError("the repository is damaged, or lacks objects of this revision")
        self._output = output
        self._gate = gate
        self._left = row.size + 1  # a line feed follows the content

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        if not self._left:
            raise StopIteration
        self._gate.check_time()
        count = min(self._left, CHUNK)
        chunk = self._output.read(count)
        self._left -= count
        if len(chunk) != count or (not self._left and not chunk.endswith(b"\n")):
            raise CorruptSourceError("the repository is damaged, or an object of it takes too much memory")
        return chunk if self._left else chunk[:-1]


class _Reader:
    def __init__(self, git: _Git, gate: Gate) -> None:
        self._git = git
        self._gate = gate

    def members(self, revision: str) -> Iterator[Member]:
        admitted = self._admitted(_rows(self._git.start("ls-tree", "-r", "-z", "-l", "--full-tree", revision)))
        contents = self._git.start("cat-file", "--batch-command", "--buffer", asked=True)
        output = _output(contents)
        while batch := list(islice(admitted, _BATCH)):
            self._git.ask(contents, b"".join(b"contents %b\n" % row.object_id for row, _ in batch) + b"flush\n")
            for row, path in batch:
                content = _Content(output, row, self._gate)
                git_id = bytes.fromhex(row.object_id.decode("ascii"))
                kind = Kind.LINK if row.mode == _LINK_MODE else Kind.FILE
                yield Member(path, kind, _MODES[row.mode], row.size, content, git_id=git_id)
                deque(content, maxlen=0)

    def _admitted(self, rows: Iterator[_Row]) -> Iterator[tuple[_Row, TreePath]]:
        gate = self._gate
        for row in rows:
            gate.count()
            if row.mode == _SUBMODULE_MODE:
                gate.leave_out(row.name, Reason.SUBMODULE, row.object_id.decode("ascii"))
            elif row.mode not in _MODES:
                gate.leave_out(row.name, Reason.UNSUPPORTED, f"mode {row.mode.decode('ascii', 'replace')}")
            elif row.mode == _LINK_MODE and not 0 < row.size <= MAX_BYTES:
                gate.leave_out(row.name, Reason.BAD_LINK, f"a target of {row.size} bytes")
            elif path := gate.admit(row.name, row.size):
                yield row, path


def members(repository: int, gate: Gate, revision: str) -> Generator[Member, None, None]:
    """Read the files of one revision of an open repository, in the order of their paths.

    Raises UnsafeRepositoryError for a repository that reaches outside itself, CorruptSourceError for one that is
    damaged or lacks objects. Submodules are left out, with the id of the commit that they stand for.
    """
    object_id = gitrefs.resolve(repository, revision)
    with ExitStack() as stack:
        objects = gitrefs.open_objects(repository)
        stack.callback(os.close, objects)
        git = _Git(stack, objects, object_id, gate.limits.seconds)
        yield from _Reader(git, gate).members(object_id)
        # Once more: a reach outside that was put there meanwhile, git may have followed.
        gitrefs.check_objects(objects)
