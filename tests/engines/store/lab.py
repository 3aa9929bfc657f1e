# SPDX-License-Identifier: Apache-2.0
"""One product in a folder of its own, and releases made of dictionaries."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from glasshouse.engines.store import KeyRing, MasterKey, Sealed, Store
from glasshouse.engines.store.products import ProductStore
from glasshouse.engines.store.unpack import Kind, LeftOut, Member
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.paths import TreePath

PLAIN, EXECUTABLE, LINK = 0o100644, 0o100755, 0o120000
Files = Mapping[bytes, bytes | tuple[int, bytes]]


class Noise:
    """Bytes that no compressor shortens, the same in every run."""

    def __init__(self, seed: int) -> None:
        self._state = seed << 32

    def randbytes(self, size: int) -> bytes:
        self._state += 1
        return hashlib.shake_128(self._state.to_bytes(16, "big")).digest(size)


def member(path: bytes, content: bytes, mode: int = PLAIN, *, git_id: bytes | None = None) -> Member:
    kind = Kind.LINK if mode == LINK else Kind.FILE
    pieces = (content[start : start + 70_000] for start in range(0, len(content), 70_000))
    return Member(TreePath(path), kind, mode, len(content), pieces, git_id=git_id)


def members(files: Files) -> list[Member]:
    given = {path: one if isinstance(one, tuple) else (PLAIN, one) for path, one in files.items()}
    return [member(path, content, mode) for path, (mode, content) in given.items()]


@dataclass(slots=True)
class Lab:
    root: Path
    ring: KeyRing
    uid: Uid

    @property
    def product(self) -> ProductStore:
        """The product as another process would open it: nothing in memory yet."""
        return Store(self.root / "store", self.ring).product(self.uid)

    @property
    def folder(self) -> Path:
        return self.root / "store" / str(self.uid)

    def take(self, files: Files, left_out: Iterable[LeftOut] = ()) -> Sealed:
        with self.product.begin() as intake:
            for one in members(files):
                intake.add(one)
            for out in left_out:
                intake.note_left_out(out)
            return intake.finish()

    def state(self) -> dict[str, str]:
        """Every file of the product and its digest; the lock is no content."""
        return {
            str(path.relative_to(self.folder)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(self.folder.rglob("*"))
            if path.is_file() and path.name != "lock"
        }


def make_lab(root: Path) -> Lab:
    root.mkdir(parents=True, exist_ok=True)
    ring = KeyRing(root / "keys", MasterKey.create(root / "master.key"))
    uid = Uid.new()
    ring.create(uid)
    return Lab(root, ring, uid)
