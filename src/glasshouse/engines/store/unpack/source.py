# SPDX-License-Identifier: Apache-2.0
"""The one way in: a folder, repository or archive, told apart by what it holds and never by its name."""

import os
import stat
from collections.abc import Generator, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from glasshouse.engines.store.unpack import directory, git, gitrefs, streams, tar, ziparchive
from glasshouse.engines.store.unpack.errors import EmptySourceError, UnknownFormatError, UnreadableSourceError
from glasshouse.engines.store.unpack.members import LeftOutSink, Limits, Member
from glasshouse.engines.store.unpack.names import Gate
from glasshouse.engines.store.unpack.streams import Form

_COMPRESSED = (
    (b"\x1f\x8b\x08", Form.GZIP),
    (b"BZh", Form.BZIP2),
    (b"\xfd7zXZ\0", Form.XZ),
    (b"\x28\xb5\x2f\xfd", Form.ZSTD),
    *((bytes([low]) + b"\x2a\x4d\x18", Form.ZSTD) for low in range(0x50, 0x60)),
)
_ZIP = (b"PK\3\4", b"PK\5\6")
_HINT = "Give a folder, a git repository, a zip, or a tar that is plain or compressed by gzip, bzip2, xz or zstd."


@contextmanager
def open_source(
    path: Path, *, left_out: LeftOutSink, limits: Limits | None = None, revision: str = "HEAD"
) -> Generator[Iterator[Member], None, None]:
    """Open a source and give its members, one at a time; each MUST be read before the next is asked for.

    `left_out` hears of everything that does not come in, before the member that follows it. A folder that holds
    `.git`, or is a bare repository, stands for the files of `revision` there: "HEAD", a branch, a tag or a full id.
    Archives inside a source are files like others. Empty folders are not kept. Raises a subclass of UnpackError,
    here or while members are read, when the source cannot be trusted to come out whole; what was read until then
    MUST be thrown away.
    """
    gate = Gate(limits or Limits(), left_out)
    with ExitStack() as stack:
        try:
            # O_NONBLOCK: a FIFO is refused below instead of waited for.
            source = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
            stack.callback(os.close, source)
            found = _members(source, gate, revision, stack)
        except OSError as error:
            raise UnreadableSourceError(f"the source cannot be read: {error.strerror}", hint=_HINT) from None
        yield stack.enter_context(closing(_checked(found, gate)))


def _members(source: int, gate: Gate, revision: str, stack: ExitStack) -> Iterator[Member]:
    """Tell what a source is."""
    kind = stat.S_IFMT(os.fstat(source).st_mode)
    if kind == stat.S_IFDIR:
        repository = gitrefs.open_repository(source)
        if repository is None:
            return directory.members(source, gate)
        stack.callback(os.close, repository)
        return stack.enter_context(closing(git.members(repository, gate, revision)))
    if kind != stat.S_IFREG:
        raise UnknownFormatError("the source is neither a folder nor a file", hint=_HINT)
    first = os.pread(source, tar.BLOCK, 0)
    if not first:
        raise EmptySourceError("the source is an empty file", hint=_HINT)
    form = next((form for magic, form in _COMPRESSED if first.startswith(magic)), Form.PLAIN)
    if form is Form.PLAIN and first.startswith(_ZIP) and not tar.begins(first):
        return ziparchive.members(source, gate)
    blocks = stack.enter_context(closing(streams.decoded(source, form, gate)))
    return tar.members(blocks, gate)


def _checked(found: Iterator[Member], gate: Gate) -> Generator[Member, None, None]:
    """Pass members on; a source that gives none is an error, and so is a disk that does not read."""
    try:
        yield from found
    except OSError as error:
        raise UnreadableSourceError(f"the source cannot be read: {error.strerror}") from None
    if not gate.kept:
        raise EmptySourceError("not one file came out of the source", hint="See what was left out, and why.")
