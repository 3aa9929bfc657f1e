# SPDX-License-Identifier: Apache-2.0
"""Hashes of a Merkle tree as in RFC 6962, section 2.1: the one form that manifests and the ledger share."""

from collections.abc import Sequence
from hashlib import sha256

HASH_SIZE = 32
EMPTY_ROOT = sha256(b"").digest()


def leaf_hash(entry: bytes) -> bytes:
    """Hash an entry as a leaf."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two children as their parent."""
    return sha256(b"\x01" + left + right).digest()


def parents(row: Sequence[bytes]) -> list[bytes]:
    """Hash neighbours in pairs; an odd last hash moves up as it is."""
    above = [sha256(b"\x01" + left + right).digest() for left, right in zip(row[::2], row[1::2], strict=False)]
    if len(row) % 2:
        above.append(row[-1])
    return above


def tree_root(row: Sequence[bytes]) -> bytes:
    """Return the root over leaf hashes in order, or over those of equal whole subtrees, the last maybe smaller."""
    if not row:
        return EMPTY_ROOT
    while len(row) > 1:
        row = parents(row)
    return row[0]
