# SPDX-License-Identifier: Apache-2.0
"""RFC 6962 tree hashes for manifests: the tree is cut into groups of 256 leaves, whose hashes are kept.

A proof then needs the leaves of one group and the list of group hashes, never the whole manifest.
"""

from collections.abc import Sequence

from glasshouse.kernel.merkle import parents, tree_root

GROUP = 256  # a power of two, so that a group is a whole subtree


def audit_path(nodes: Sequence[bytes], place: int) -> list[bytes]:
    """Return the siblings that lead from one of the nodes to their tree hash, lowest first (RFC 6962, 2.1.1)."""
    path: list[bytes] = []
    while len(nodes) > 1:
        if place ^ 1 < len(nodes):
            path.append(nodes[place ^ 1])
        nodes = parents(nodes)
        place >>= 1
    return path


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
            self._groups.append(tree_root(self._open))
            self._open = []

    def groups(self) -> list[bytes]:
        """Return the hash of each group, the last of which may be smaller."""
        return [*self._groups, tree_root(self._open)] if self._open else list(self._groups)

    def root(self) -> bytes:
        """Return the tree hash of all leaves so far."""
        return tree_root(self.groups())
