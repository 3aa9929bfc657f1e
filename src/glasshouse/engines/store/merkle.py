# SPDX-License-Identifier: Apache-2.0
"""RFC 6962 tree hashes for manifests: the tree is cut into groups of 256 leaves, whose hashes are kept.

A proof then needs the leaves of one group and the list of group hashes, never the whole manifest.
"""

import hashlib
from collections.abc import Sequence

GROUP = 256  # a power of two, so that a group is a whole subtree
_sha256 = hashlib.sha256


def leaf_hash(leaf: bytes) -> bytes:
    """Hash a leaf (RFC 6962, 2.1)."""
    return _sha256(b"\0" + leaf).digest()


def tree_hash(nodes: Sequence[bytes]) -> bytes:
    """Hash a list of leaf hashes, or of the hashes of equal whole subtrees, the last of which may be smaller."""
    if not nodes:
        return _sha256(b"").digest()
    while len(nodes) > 1:
        nodes = _level_above(nodes)
    return nodes[0]


def audit_path(nodes: Sequence[bytes], place: int) -> list[bytes]:
    """Return the siblings that lead from one of the nodes to their tree hash, lowest first (RFC 6962, 2.1.1)."""
    path: list[bytes] = []
    while len(nodes) > 1:
        if place ^ 1 < len(nodes):
            path.append(nodes[place ^ 1])
        nodes = _level_above(nodes)
        place >>= 1
    return path


def _level_above(nodes: Sequence[bytes]) -> list[bytes]:
    above = [_sha256(b"\x01" + left + right).digest() for left, right in zip(nodes[::2], nodes[1::2], strict=False)]
    if len(nodes) % 2:
        above.append(nodes[-1])
    return above


class TreeHasher:
    """Hashes leaves as they come, keeping one hash for each group."""

    def __init__(self) -> None:
        self.size = 0
        self._groups: list[bytes] = []
        self._open: list[bytes] = []

    def add(self, leaf: bytes) -> None:
        """Add the next leaf's hash."""
        self._open.append(leaf)
        self.size += 1
        if len(self._open) == GROUP:
            self._groups.append(tree_hash(self._open))
            self._open = []

    def groups(self) -> list[bytes]:
        """Return the hash of each group, the last of which may be smaller."""
        return [*self._groups, tree_hash(self._open)] if self._open else list(self._groups)

    def root(self) -> bytes:
        """Return the tree hash of all leaves so far."""
        return tree_hash(self.groups())
