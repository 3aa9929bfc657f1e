# SPDX-License-Identifier: Apache-2.0
"""From members to packs: hashed on two threads, known blobs dropped, new ones compressed and sealed on two more.

The caller's thread reads the source, decides what is new and writes; hashing, compression and encryption are
native calls that let other threads run meanwhile. Queues are bounded, so memory stays flat however large the
source. Results are taken in the order of the source, so one source always gives the same blocks.
"""

import hashlib
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from glasshouse.engines.store.errors import WrongGitIdError, WrongSizeError
from glasshouse.engines.store.index import BINARY, LARGE, UNTERMINATED, Chunk, Facts, NewBlobs
from glasshouse.engines.store.keys import ProductKey
from glasshouse.engines.store.packs import PackWriter

KIND = "blobs"
CHUNK = 256 * 1024
MAX_PACK = 256 * 2**20
_SNIFFED = 8192
_BATCH_BYTES = 512 * 1024
_BATCH_ITEMS = 128
_HASHING_BYTES = 8 * 2**20
_SEALING_BLOCKS = 10
_SHA256_BYTES = 32


def git_id_of(content: bytes, size: int = 20) -> bytes:
    """Return the id git gives to a blob, in a repository of SHA-1 (20 bytes) or SHA-256 ids (32)."""
    hasher = git_hasher(len(content), size)
    hasher.update(content)
    return hasher.digest()


def git_hasher(length: int, size: int = 20) -> "hashlib._Hash":
    """Return what hashes a blob of so many bytes as git does, its head already taken."""
    head = b"blob %d\0" % length
    if size == _SHA256_BYTES:
        return hashlib.sha256(head)
    return hashlib.sha1(head, usedforsecurity=False)


@dataclass(frozen=True, slots=True)
class Piece:
    """A member's whole content with the key its entry will have."""

    key: bytes
    content: bytes
    git_id: bytes | None


def _hash_pieces(pieces: list[Piece]) -> list[bytes]:
    for piece in pieces:
        if piece.git_id is not None and git_id_of(piece.content, len(piece.git_id)) != piece.git_id:
            raise WrongGitIdError("A git object's content does not have the object's id.")
    return [hashlib.sha256(piece.content).digest() for piece in pieces]


def _hash_chunk(chunk: bytes) -> bytes:
    return hashlib.sha256(chunk).digest()


class _Whole:
    """The running hashes of a file that is larger than a chunk."""

    def __init__(self, size: int, git_id: bytes | None) -> None:
        self.size = size
        self.chunks: list[bytes] = []
        self._claimed = git_id
        self._sha256 = hashlib.sha256()
        self._git = git_hasher(size, 20)
        self._git256 = git_hasher(size, 32) if git_id and len(git_id) == _SHA256_BYTES else None

    def update(self, chunk: bytes) -> None:
        self._sha256.update(chunk)
        self._git.update(chunk)
        if self._git256:
            self._git256.update(chunk)

    def finish(self) -> tuple[bytes, bytes]:
        """Return SHA-256 and git id."""
        git_id = self._git.digest()
        if self._claimed is not None and self._claimed != (self._git256.digest() if self._git256 else git_id):
            raise WrongGitIdError("A git object's content does not have the object's id.")
        return self._sha256.digest(), git_id


def _describe(content: bytes) -> tuple[bytes, int, int]:
    """Return git id, number of lines and flags of a blob."""
    lines, flags = content.count(b"\n"), 0
    if content and not content.endswith(b"\n"):
        lines, flags = lines + 1, UNTERMINATED
    if b"\0" in content[:_SNIFFED]:
        flags |= BINARY
    return git_id_of(content), lines, flags


def _seal(writer: PackWriter, block: int, contents: list[bytes]) -> tuple[bytes, list[tuple[bytes, int, int]]]:
    plain = contents[0] if len(contents) == 1 else b"".join(contents)
    return writer.seal(block, plain), [_describe(content) for content in contents]


class Pipeline:
    """Takes members' contents and leaves finished packs in a folder, and rows in `new`."""

    def __init__(self, folder: Path, key: ProductKey, new: NewBlobs, *, stored: Callable[[bytes, int], None]) -> None:
        self.packs: list[PackWriter] = []
        self._folder = folder
        self._key = key
        self._new = new
        self._stored = stored
        self._stream, self._batcher = (ThreadPoolExecutor(1, f"hash-{name}") for name in ("stream", "batch"))
        self._sealers = ThreadPoolExecutor(2, "seal")
        self._disk = ThreadPoolExecutor(1, "disk")
        self._syncs: list[Future[None]] = []
        self._batch: list[Piece] = []
        self._batch_bytes = 0
        self._hashing: deque[tuple[Future[Any], int, Callable[[Any], None]]] = deque()
        self._hashing_bytes = 0
        self._block: list[tuple[int, bytes]] = []
        self._block_bytes = 0
        self._sealing: deque[tuple[Future[Any] | None, Callable[[Any], None]]] = deque()

    def add(self, key: bytes, size: int, chunks: Iterable[bytes], git_id: bytes | None) -> None:
        """Take one member's content; raises WrongSizeError or WrongGitIdError when it is not what was said."""
        if size > CHUNK:
            self._add_large(key, size, chunks, git_id)
            return
        content = b"".join(chunks)
        if len(content) != size:
            raise WrongSizeError("A member is not as long as it was said to be.")
        self._batch.append(Piece(key, content, git_id))
        self._batch_bytes += size
        if self._batch_bytes >= _BATCH_BYTES or len(self._batch) >= _BATCH_ITEMS:
            self._send_batch()

    def drain(self) -> None:
        """Return once everything taken so far was hashed, sealed and written."""
        self._send_batch()
        self._take_hashed(down_to=0)
        self._drain_sealing()

    def finish(self) -> None:
        """Write all that is open; the packs are durable once `settle` returns."""
        self.drain()
        self._new.sort_run()
        if self.packs:
            self._syncs.append(self._disk.submit(self.packs[-1].finish))

    def settle(self) -> None:
        """Return once every pack is durable."""
        for sync in self._syncs:
            sync.result()

    def close(self) -> None:
        """Stop the threads, whatever they were doing, and let go of the files."""
        for pool in (self._stream, self._batcher, self._sealers, self._disk):
            pool.shutdown(cancel_futures=True)
        for pack in self.packs:
            pack.close()

    # Hashing

    def _send_batch(self) -> None:
        if not self._batch:
            return
        pieces, size = self._batch, self._batch_bytes
        self._batch, self._batch_bytes = [], 0
        self._expect(
            self._batcher.submit(_hash_pieces, pieces), size, lambda digests: self._take_pieces(pieces, digests)
        )

    def _add_large(self, key: bytes, size: int, chunks: Iterable[bytes], git_id: bytes | None) -> None:
        self._send_batch()
        whole, seen, rest = _Whole(size, git_id), 0, b""
        for given in chunks:
            rest = rest + given if rest else given
            while len(rest) >= CHUNK:
                self._send_chunk(whole, rest[:CHUNK])
                seen, rest = seen + CHUNK, rest[CHUNK:]
        if rest:
            self._send_chunk(whole, rest)
        if seen + len(rest) != size:
            raise WrongSizeError("A member is not as long as it was said to be.")
        self._expect(self._stream.submit(whole.finish), 0, lambda digests: self._take_whole(key, whole, *digests))

    def _send_chunk(self, whole: _Whole, chunk: bytes) -> None:
        # One thread keeps the order the running hashes need; the other does each chunk's own. Both are waited for,
        # or the chunks of a large file would pile up before the slower one.
        digest = self._batcher.submit(_hash_chunk, chunk)
        self._expect(
            self._stream.submit(whole.update, chunk),
            len(chunk),
            lambda _: self._take_chunk(whole, chunk, digest.result()),
        )

    def _expect(self, future: "Future[Any]", size: int, then: Callable[[Any], None]) -> None:
        self._hashing.append((future, size, then))
        self._hashing_bytes += size
        self._take_hashed(down_to=_HASHING_BYTES)

    def _take_hashed(self, *, down_to: int) -> None:
        queue = self._hashing
        while queue and (self._hashing_bytes > down_to or not down_to or queue[0][0].done()):
            future, size, then = queue.popleft()
            self._hashing_bytes -= size
            then(future.result())
            if self._new.is_run_full:
                self._drain_sealing()
                self._new.sort_run()

    # Deciding what is new

    def _take_pieces(self, pieces: list[Piece], digests: list[bytes]) -> None:
        find = self._new.find
        for piece, digest in zip(pieces, digests, strict=True):
            number = find(digest)
            if number is None:
                number = self._new.claim(digest)
                self._put(number, piece.content)
            self._stored(piece.key, number)

    def _put(self, number: int, content: bytes) -> None:
        if self._block_bytes + len(content) > CHUNK:
            self._send_block()
        self._block.append((number, content))
        self._block_bytes += len(content)

    def _take_chunk(self, whole: _Whole, chunk: bytes, digest: bytes) -> None:
        whole.chunks.append(digest)
        if self._new.find(digest) is None:
            self._send_blobs([(self._new.claim(digest), chunk)])

    def _take_whole(self, key: bytes, whole: _Whole, digest: bytes, git_id: bytes) -> None:
        number = self._new.find(digest)
        if number is None:
            number = claimed = self._new.claim(digest)
            self._send_block()  # a chunk may equal a small file that still waits in it
            self._sealing.append((None, lambda _: self._settle_whole(claimed, whole, git_id)))
        self._stored(key, number)

    def _settle_whole(self, number: int, whole: _Whole, git_id: bytes) -> None:
        parts = [self._new.facts(digest) for digest in whole.chunks]
        chunks: list[Chunk] = []
        newlines = 0
        for digest, part in zip(whole.chunks, parts, strict=True):
            chunks.append(Chunk(digest, newlines + 1))
            newlines += part.newlines
        flags = LARGE | (parts[0].flags & BINARY) | (parts[-1].flags & UNTERMINATED)
        lines = newlines + bool(flags & UNTERMINATED)
        first = self._new.add_chunks(chunks)
        self._new.settle(number, Facts(git_id, whole.size, lines, flags, 0, first, len(chunks)))

    # Sealing and writing

    def _send_block(self) -> None:
        blobs, self._block, self._block_bytes = self._block, [], 0
        if blobs:
            self._send_blobs(blobs)

    def _send_blobs(self, blobs: list[tuple[int, bytes]]) -> None:
        writer, pack = self._writer()
        block = writer.reserve()
        future = self._sealers.submit(_seal, writer, block, [content for _, content in blobs])
        numbers = [(number, len(content)) for number, content in blobs]
        self._sealing.append((future, lambda sealed: self._take_sealed(pack, block, numbers, *sealed)))
        while len(self._sealing) > _SEALING_BLOCKS or (
            self._sealing and (head := self._sealing[0][0]) is not None and head.done()
        ):
            self._take_one_sealed()

    def _writer(self) -> tuple[PackWriter, int]:
        if self.packs and self.packs[-1].size >= MAX_PACK:
            full = self.packs[-1]
            self._sealing.append((None, lambda _: self._syncs.append(self._disk.submit(full.finish))))
            self._open_pack()
        elif not self.packs:
            self._open_pack()
        return self.packs[-1], len(self.packs) - 1

    def _open_pack(self) -> None:
        self.packs.append(PackWriter(self._folder / pack_name(len(self.packs)), self._key, KIND))

    def _take_one_sealed(self) -> None:
        future, then = self._sealing.popleft()
        then(future.result() if future else None)

    def _drain_sealing(self) -> None:
        self._send_block()
        while self._sealing:
            self._take_one_sealed()

    def _take_sealed(
        self,
        pack: int,
        block: int,
        numbers: list[tuple[int, int]],
        sealed: bytes,
        described: list[tuple[bytes, int, int]],
    ) -> None:
        writer = self.packs[pack]
        writer.append(sealed)
        if writer.is_sync_due():
            self._syncs.append(self._disk.submit(writer.sync))
        offset = 0
        for (number, size), (git_id, lines, flags) in zip(numbers, described, strict=True):
            self._new.settle(number, Facts(git_id, size, lines, flags, pack, block, offset))
            offset += size


def pack_name(place: int) -> str:
    """Return the file name of a release's packs of blobs, in their order."""
    return f"blobs-{place:04}.pack"
