# SPDX-License-Identifier: Apache-2.0
"""Which names come in: no name may leave the release, come twice, or be a file and a folder at once."""

import secrets
import time
from hashlib import blake2b

from glasshouse.engines.store.unpack.errors import OverLimitError
from glasshouse.engines.store.unpack.members import LeftOut, LeftOutSink, Limits, Reason
from glasshouse.kernel.errors import InvalidError
from glasshouse.kernel.paths import MAX_BYTES, MAX_DEPTH, TreePath

_PRINT = 16
_BUCKETS = 2**13


class FingerprintSet:
    """A set of 16-byte fingerprints in about 18 bytes each; a set of Python objects needs seven times that."""

    __slots__ = ("_buckets", "_count")

    def __init__(self) -> None:
        self._buckets: dict[int, bytearray] = {}
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def __contains__(self, fingerprint: bytes) -> bool:
        bucket = self._buckets.get((fingerprint[0] << 8 | fingerprint[1]) % _BUCKETS)
        if bucket is None:
            return False
        at = bucket.find(fingerprint)
        while at > 0 and at % _PRINT:  # found across the seam of two others
            at = bucket.find(fingerprint, at + 1)
        return at >= 0

    def add(self, fingerprint: bytes) -> None:
        """Add one that is not in the set yet."""
        index = (fingerprint[0] << 8 | fingerprint[1]) % _BUCKETS
        bucket = self._buckets.get(index)
        if bucket is None:
            self._buckets[index] = bytearray(fingerprint)
        else:
            bucket += fingerprint
        self._count += 1


def without_dots(name: bytes) -> bytes:
    """Drop the `./` that archivers write before every name."""
    while name.startswith(b"./"):
        name = name[2:]
    return name


def _fault(name: bytes) -> Reason:
    """Name the reason why TreePath refuses this name."""
    parts = name.split(b"/")
    if name.startswith(b"/"):
        return Reason.ABSOLUTE_NAME
    if b".." in parts:
        return Reason.PARENT_NAME
    if len(name) > MAX_BYTES:
        return Reason.NAME_TOO_LONG
    if len(parts) > MAX_DEPTH:
        return Reason.TOO_DEEP
    return Reason.BAD_NAME


class Gate:
    """Decides for one source which names come in, reports each that does not, and counts against the limits.

    The fingerprints are keyed with a random key of this gate, so that nobody can prepare two names that meet.
    """

    def __init__(self, limits: Limits, left_out: LeftOutSink) -> None:
        self.limits = limits
        self.kept = 0
        self._sink = left_out
        self._key = secrets.token_bytes(16)
        self._files = FingerprintSet()
        self._folders = FingerprintSet()
        self._parent = b""
        self._members = 0
        self._left_out = 0
        self._bytes = 0
        self._until = time.monotonic() + limits.seconds

    def count(self) -> None:
        """Count one listed thing, whatever it is; every member MUST pass here once."""
        self._members += 1
        if self._members > self.limits.members:
            raise OverLimitError(f"the source lists more than {self.limits.members:,} members")
        if not self._members % 256:
            self.check_time()

    def check_time(self) -> None:
        """Raise when the source has taken longer than it may."""
        if time.monotonic() > self._until:
            raise OverLimitError(f"the source took longer than {self.limits.seconds:,.0f} s to read")

    def leave_out(self, name: bytes, reason: Reason, detail: str = "") -> None:
        """Report something that does not come in."""
        self._left_out += 1
        if self._left_out > self.limits.left_out:
            raise OverLimitError(
                f"more than {self.limits.left_out:,} things in the source would be left out",
                hint="Clean the source, or raise the limit for it.",
            )
        self._sink(LeftOut(name, reason, detail))

    def admit_folder(self, name: bytes) -> None:
        """Look at the name of a folder entry: folders are not kept, but a hostile name is reported."""
        path = without_dots(name).rstrip(b"/") if name.strip(b"/") else name
        if path in {b".", b""}:
            return
        try:
            TreePath(path)
        except InvalidError:
            self.leave_out(name, _fault(path), "folder")

    def admit(self, name: bytes, size: int) -> TreePath | None:
        """Return the path under which a file or link comes in, or report why it does not and return None."""
        raw = without_dots(name) if name.startswith(b"./") else name
        try:
            path = TreePath(raw)
        except InvalidError:
            self.leave_out(name, _fault(raw))
            return None
        if size > self.limits.file_bytes:
            self.leave_out(name, Reason.TOO_LARGE, f"{size} bytes")
            return None
        if self._bytes + size > self.limits.total_bytes:
            raise OverLimitError(f"the files of the source have more than {self.limits.total_bytes:,} bytes")
        mark = self._fingerprint(raw)
        if mark in self._files:
            self.leave_out(name, Reason.DUPLICATE_NAME)
            return None
        if mark in self._folders or not self._enter(raw.rpartition(b"/")[0]):
            self.leave_out(name, Reason.FILE_FOLDER_CONFLICT)
            return None
        self._files.add(mark)
        self._bytes += size
        self.kept += 1
        return path

    def earlier(self, name: bytes) -> TreePath | None:
        """Return the path of an earlier member that came in under this name."""
        raw = without_dots(name)
        try:
            path = TreePath(raw)
        except InvalidError:
            return None
        return path if self._fingerprint(raw) in self._files else None

    def _fingerprint(self, raw: bytes) -> bytes:
        return blake2b(raw, digest_size=_PRINT, key=self._key).digest()

    def _enter(self, parent: bytes) -> bool:
        """Remember a folder and those above it, unless one of them is a file."""
        if parent == self._parent:
            return True
        fresh: list[bytes] = []
        folder = parent
        while folder:
            mark = self._fingerprint(folder)
            if mark in self._folders:
                break
            if mark in self._files:
                return False
            fresh.append(mark)
            folder = folder.rpartition(b"/")[0]
        for mark in fresh:
            self._folders.add(mark)
        if len(self._folders) > self.limits.folders:
            raise OverLimitError(f"the source has more than {self.limits.folders:,} folders")
        self._parent = parent
        return True
