# SPDX-License-Identifier: Apache-2.0
r"""The leaves of a manifest's tree: canonical JSON, salted, so that a proof of one file tells nothing of another.

    leaf    = "glasshouse/manifest-leaf/v1\n"    salt(32) {"chunks","digest","git","lines","mode","path","size"}
    summary = "glasshouse/manifest-summary/v1\n" salt(32) {"bytes","files","left_out","lines"}
    salt    = HMAC-SHA-256(salt key of the product, the same JSON)

The JSON is that of RFC 8785 in UTF-8; "chunks" is a list of [digest, first line]; "left_out" is the SHA-256 of the
RFC 8785 list of [name in hexadecimal, reason, detail]. The summary is the last leaf. Equal entries have equal
salts, in every release of the product.
"""

import hashlib
import json
import re
from collections.abc import Sequence

from glasshouse.engines.store.keys import ProductKey
from glasshouse.engines.store.unpack.members import LeftOut
from glasshouse.kernel.paths import TreePath

LEAF = b"glasshouse/manifest-leaf/v1\n"
SUMMARY = b"glasshouse/manifest-summary/v1\n"
_BLOCK = 64
_PLAIN_PATH = re.compile(rb"[ !#-\[\]-~]+")  # printable ASCII that JSON and the text form of paths write as it is


class Salter:
    """Makes salted leaves for one product."""

    def __init__(self, key: ProductKey) -> None:
        # HMAC with both key blocks hashed once (RFC 2104, 4): half the time, for every file of a release.
        secret = key.subkey(b"manifest-salt").ljust(_BLOCK, b"\0")
        self._inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in secret))
        self._outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in secret))

    def salt(self, message: bytes) -> bytes:
        """Return HMAC-SHA-256 of a message under the product's salt key."""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(message)
        outer.update(inner.digest())
        return outer.digest()

    def leaf(self, opening: bytes) -> bytes:
        """Return the leaf of an entry, given its JSON."""
        return LEAF + self.salt(opening) + opening

    def summary(self, opening: bytes) -> bytes:
        """Return the leaf that closes a manifest, given its JSON."""
        return SUMMARY + self.salt(opening) + opening


def entry_json(
    *,
    path: bytes,
    mode: int,
    digest: bytes,
    git_id: bytes,
    size: int,
    lines: int,
    chunks: Sequence[tuple[bytes, int]],
) -> bytes:
    """Write an entry as RFC 8785 does."""
    text = f'"{path.decode("ascii")}"' if _PLAIN_PATH.fullmatch(path) else _quoted(str(TreePath(path)))
    listed = ",".join([f'["{piece.hex()}",{first}]' for piece, first in chunks]) if chunks else ""
    return (
        f'{{"chunks":[{listed}],"digest":"{digest.hex()}","git":"{git_id.hex()}","lines":{lines},'
        f'"mode":"{mode:06o}","path":{text},"size":{size}}}'
    ).encode()


def summary_json(*, files: int, size: int, lines: int, left_out: str) -> bytes:
    """Write the summary as RFC 8785 does."""
    return f'{{"bytes":{size},"files":{files},"left_out":"{left_out}","lines":{lines}}}'.encode()


def left_out_json(left_out: list[LeftOut]) -> bytes:
    """Write what was left out as RFC 8785 does."""
    rows = [[one.name.hex(), str(one.reason), one.detail.encode("utf-8", "replace").decode()] for one in left_out]
    return _quoted(rows).encode()


def _quoted(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
