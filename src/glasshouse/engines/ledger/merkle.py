# SPDX-License-Identifier: Apache-2.0
"""Proofs over RFC 6962 trees, as in RFC 9162 section 2.1, for whole trees and for subtrees.

A subtree [start, end) is valid when start is a multiple of the smallest power of two that is not below
end - start (draft-ietf-plants-merkle-tree-certs, section 4); the whole tree is the subtree [0, size).
Verifiers return nothing and raise `ProofError`; a hash in a proof has exactly 32 bytes.
"""

from collections.abc import Callable, Sequence

from glasshouse.engines.ledger.errors import OutOfRangeError, ProofError
from glasshouse.kernel.merkle import EMPTY_ROOT, HASH_SIZE, node_hash, tree_root

MAX_PROOF = 63  # no tree below 2^63 leaves needs more hashes

SubtreeHash = Callable[[int, int], bytes]


def split(width: int) -> int:
    """Return the largest power of two below width, where RFC 6962 splits a tree of two leaves or more."""
    return 1 << ((width - 1).bit_length() - 1)


def subtree_hasher(leaf_hashes: Sequence[bytes]) -> SubtreeHash:
    """Return MTH(D[start:end]) over leaf hashes held in memory."""
    return lambda start, end: tree_root(leaf_hashes[start:end])


def inclusion_proof(index: int, size: int, subtree: SubtreeHash) -> list[bytes]:
    """Make the proof that a leaf stands at an index of a tree of this size."""
    return subtree_inclusion_proof(index, 0, size, subtree)


def subtree_inclusion_proof(index: int, start: int, end: int, subtree: SubtreeHash) -> list[bytes]:
    """Make the proof that a leaf stands at an index of the subtree [start, end)."""
    if not (_is_subtree(start, end) and start <= index < end):
        raise OutOfRangeError(f"no leaf {index} in the tree [{start}, {end})")
    proof: list[bytes] = []
    while end - start > 1:
        middle = start + split(end - start)
        if index < middle:
            proof.append(subtree(middle, end))
            end = middle
        else:
            proof.append(subtree(start, middle))
            start = middle
    proof.reverse()
    return proof


def consistency_proof(old_size: int, new_size: int, subtree: SubtreeHash) -> list[bytes]:
    """Make the proof that a tree is an extension of an older one; empty from size 0 and between equal sizes."""
    if not 0 <= old_size <= new_size:
        raise OutOfRangeError(f"no way from a tree of {old_size} to one of {new_size}")
    if old_size == 0:
        return []
    return subtree_consistency_proof(0, old_size, new_size, subtree)


def subtree_consistency_proof(start: int, end: int, size: int, subtree: SubtreeHash) -> list[bytes]:
    """Make the proof that the subtree [start, end) is part of a tree of this size."""
    if not (_is_subtree(start, end) and 0 <= start < end <= size):
        raise OutOfRangeError(f"no subtree [{start}, {end}) in a tree of {size}")
    proof: list[bytes] = []
    low, high, known = 0, size, True
    while (low, high) != (start, end):
        middle = low + split(high - low)
        if end <= middle:
            proof.append(subtree(middle, high))
            high = middle
        else:
            proof.append(subtree(low, middle))
            if start < middle:  # the subtree is split here, so its right part is not known as one hash
                start, known = middle, False
            low = middle
    if not known:
        proof.append(subtree(low, high))
    proof.reverse()
    return proof


def verify_inclusion(leaf: bytes, index: int, size: int, root: bytes, proof: Sequence[bytes]) -> None:
    """Refuse unless the leaf hash stands at this index of the tree (RFC 9162, 2.1.3.2)."""
    verify_subtree_inclusion(leaf, index, 0, size, root=root, proof=proof)


def verify_subtree_inclusion(
    leaf: bytes, index: int, start: int, end: int, *, root: bytes, proof: Sequence[bytes]
) -> None:
    """Refuse unless the leaf hash stands at this index of the subtree [start, end) with this root."""
    if not (_is_subtree(start, end) and start <= index < end):
        raise ProofError(f"no leaf {index} in the tree [{start}, {end})")
    if len(leaf) != HASH_SIZE:
        raise ProofError("a leaf hash has 32 bytes")
    _check_hashes(proof)
    here, last, value = index - start, end - start - 1, leaf
    for sibling in proof:
        if last == 0:
            raise ProofError("the inclusion proof is too long")
        if here & 1 or here == last:
            value = node_hash(sibling, value)
            while not here & 1 and here:
                here >>= 1
                last >>= 1
        else:
            value = node_hash(value, sibling)
        here >>= 1
        last >>= 1
    if last != 0 or value != root:
        raise ProofError("the inclusion proof does not lead to the root")


def verify_consistency(old_size: int, old_root: bytes, new_size: int, new_root: bytes, proof: Sequence[bytes]) -> None:
    """Refuse unless the new tree extends the old one (RFC 9162, 2.1.4.2).

    From the empty tree every tree is an extension: its root is the hash of nothing, its proof is empty.
    Between equal sizes the roots are compared as they are; that they have 32 bytes is the checkpoint's promise.
    """
    if old_size != 0:
        verify_subtree_consistency(0, old_size, new_size, subtree_root=old_root, root=new_root, proof=proof)
        return
    if old_root != EMPTY_ROOT or proof or new_size < 0 or len(new_root) != HASH_SIZE:
        raise ProofError("from the empty tree, the old root is the hash of nothing and the proof is empty")
    if new_size == 0 and new_root != EMPTY_ROOT:
        raise ProofError("the root of the empty tree is the hash of nothing")


def verify_subtree_consistency(
    start: int, end: int, size: int, *, subtree_root: bytes, root: bytes, proof: Sequence[bytes]
) -> None:
    """Refuse unless the subtree [start, end) with its root is part of the tree of this size with its root.

    An empty subtree is part of every tree that reaches it; its root is the hash of nothing, its proof is empty.
    """
    if not (_is_subtree(start, end) and end <= size):
        raise ProofError(f"no subtree [{start}, {end}) in a tree of {size}")
    if start == end:
        if subtree_root != EMPTY_ROOT or proof:
            raise ProofError("the root of an empty subtree is the hash of nothing, and its proof is empty")
        return
    _check_hashes(proof)
    first, last, tree_last = start, end - 1, size - 1
    # Climb to the largest complete tree that ends the subtree: its hash is where both computations begin.
    while first != last and (last == tree_last or last & 1):
        first, last, tree_last = first >> 1, last >> 1, tree_last >> 1
    if first == last:
        roots = _fold(subtree_root, (first, last, tree_last), proof)
    elif proof:
        roots = _fold(proof[0], (first, last, tree_last), proof[1:])
    else:
        raise ProofError("the consistency proof is too short")
    if roots != (subtree_root, root):
        raise ProofError("the consistency proof does not join the two roots")


def _fold(seed: bytes, place: tuple[int, int, int], proof: Sequence[bytes]) -> tuple[bytes, bytes]:
    """Return the roots of the subtree and of the tree that a consistency proof leads to from its first hash."""
    first, last, tree_last = place
    from_subtree = from_tree = seed
    for sibling in proof:
        if tree_last == 0:
            raise ProofError("the consistency proof is too long")
        if last & 1 or last == tree_last:
            if first < last:
                from_subtree = node_hash(sibling, from_subtree)
            from_tree = node_hash(sibling, from_tree)
            while last and not last & 1:
                first, last, tree_last = first >> 1, last >> 1, tree_last >> 1
        else:
            from_tree = node_hash(from_tree, sibling)
        first, last, tree_last = first >> 1, last >> 1, tree_last >> 1
    if tree_last != 0:
        raise ProofError("the consistency proof is too short")
    return from_subtree, from_tree


def _is_subtree(start: int, end: int) -> bool:
    width = end - start
    return 0 <= start <= end and (width == 0 or start % (1 << (width - 1).bit_length()) == 0)


def _check_hashes(proof: Sequence[bytes]) -> None:
    if len(proof) > MAX_PROOF:
        raise ProofError(f"a proof has at most {MAX_PROOF} hashes")
    if any(len(part) != HASH_SIZE for part in proof):
        raise ProofError("a hash in a proof has 32 bytes")
