# SPDX-License-Identifier: Apache-2.0
import base64
import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glasshouse.engines.ledger import merkle
from glasshouse.engines.ledger.errors import OutOfRangeError, ProofError
from glasshouse.kernel.merkle import EMPTY_ROOT, leaf_hash, node_hash, parents, tree_root

LEAVES = [leaf_hash(b"%d" % number) for number in range(300)]
SUBTREE = merkle.subtree_hasher(LEAVES)


def _bytes(text: str | None) -> bytes:
    return base64.b64decode(text or "")


def _verify(kind: str, case: dict[str, Any]) -> None:
    proof = [_bytes(part) for part in case["proof"] or []]
    if kind == "inclusion":
        merkle.verify_inclusion(
            _bytes(case["leafHash"]), case["leafIdx"], case["treeSize"], _bytes(case["root"]), proof
        )
    elif kind == "consistency":
        roots = _bytes(case["root1"]), _bytes(case["root2"])
        merkle.verify_consistency(case["size1"], roots[0], case["size2"], roots[1], proof)
    elif kind == "subtreeinclusion":
        place = case["leafIdx"], case["start"], case["end"]
        merkle.verify_subtree_inclusion(_bytes(case["leafHash"]), *place, root=_bytes(case["root"]), proof=proof)
    else:
        place = case["start"], case["end"], case["size"]
        roots = _bytes(case["root1"]), _bytes(case["root2"])
        merkle.verify_subtree_consistency(*place, subtree_root=roots[0], root=roots[1], proof=proof)


@pytest.mark.parametrize(
    ("kind", "count"),
    [("inclusion", 98), ("consistency", 98), ("subtreeinclusion", 204), ("subtreeconsistency", 118)],
)
def test_every_published_proof_is_judged_as_published(vectors: Path, kind: str, count: int) -> None:
    paths = sorted((vectors / "merkle-rfc6962" / kind).rglob("*.json"))
    assert len(paths) == count
    for path in paths:
        case = json.loads(path.read_bytes())
        if case["wantErr"]:
            with pytest.raises(ProofError):
                _verify(kind, case)
        else:
            _verify(kind, case)


def test_the_published_tree_of_eight_leaves_has_its_published_roots(vectors: Path) -> None:
    tree = json.loads((vectors / "merkle-rfc6962" / "reference-tree-8.json").read_bytes())
    leaves = [leaf_hash(bytes.fromhex(leaf)) for leaf in tree["leaf_inputs_hex"]]
    roots = [tree_root(leaves[:size]).hex() for size in range(9)]
    assert roots == tree["root_hash_hex_by_tree_size"]
    levels = [leaves]
    while len(levels[-1]) > 1:
        levels.append(parents(levels[-1]))
    assert [[node.hex() for node in level] for level in levels] == tree["node_hashes_hex_by_level"]


def test_what_is_made_verifies_for_every_place_in_small_trees() -> None:
    for size in range(1, 40):
        root = SUBTREE(0, size)
        for index in range(size):
            proof = merkle.inclusion_proof(index, size, SUBTREE)
            merkle.verify_inclusion(LEAVES[index], index, size, root, proof)
        for old in range(size + 1):
            proof = merkle.consistency_proof(old, size, SUBTREE)
            merkle.verify_consistency(old, SUBTREE(0, old), size, root, proof)


@given(st.data())
def test_a_proof_of_a_subtree_verifies(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 300))
    height = data.draw(st.integers(0, 8))
    start = data.draw(st.integers(0, (size - 1) >> height)) << height
    end = data.draw(st.integers(start + (1 << height >> 1) + (height == 0), start + (1 << height)))
    if end > size:
        return
    proof = merkle.subtree_consistency_proof(start, end, size, SUBTREE)
    merkle.verify_subtree_consistency(
        start, end, size, subtree_root=SUBTREE(start, end), root=SUBTREE(0, size), proof=proof
    )
    index = data.draw(st.integers(start, end - 1))
    steps = merkle.subtree_inclusion_proof(index, start, end, SUBTREE)
    merkle.verify_subtree_inclusion(LEAVES[index], index, start, end, root=SUBTREE(start, end), proof=steps)


@given(st.integers(1, 300), st.data())
def test_a_proof_proves_nothing_else(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    other = data.draw(st.integers(0, 299).filter(lambda number: number != index))
    proof = merkle.inclusion_proof(index, size, SUBTREE)
    root = SUBTREE(0, size)
    with pytest.raises(ProofError):
        merkle.verify_inclusion(LEAVES[index], other, size, root, proof)
    with pytest.raises(ProofError):
        merkle.verify_inclusion(LEAVES[other], index, size, root, proof)
    for broken in ([*proof, LEAVES[0]], [LEAVES[0], *proof], proof[1:] if proof else [LEAVES[0]]):
        with pytest.raises(ProofError):
            merkle.verify_inclusion(LEAVES[index], index, size, root, broken)


def test_hashes_of_a_wrong_length_are_refused() -> None:
    proof = merkle.inclusion_proof(5, 9, SUBTREE)
    for broken in (proof[0][:31], proof[0] + b"\0", b""):
        with pytest.raises(ProofError):
            merkle.verify_inclusion(LEAVES[5], 5, 9, SUBTREE(0, 9), [broken, *proof[1:]])
    with pytest.raises(ProofError):
        merkle.verify_inclusion(LEAVES[0][:31], 0, 1, LEAVES[0][:31], [])
    with pytest.raises(ProofError):
        merkle.verify_inclusion(LEAVES[0], 0, 2**63, LEAVES[0], LEAVES[:64])


def test_every_tree_extends_the_empty_one_and_only_by_its_own_root() -> None:
    merkle.verify_consistency(0, EMPTY_ROOT, 7, SUBTREE(0, 7), [])
    merkle.verify_consistency(0, EMPTY_ROOT, 0, EMPTY_ROOT, [])
    for old_root, size, root, proof in (
        (LEAVES[0], 7, SUBTREE(0, 7), []),
        (EMPTY_ROOT, 7, SUBTREE(0, 7), [LEAVES[0]]),
        (EMPTY_ROOT, 7, SUBTREE(0, 7)[:31], []),
        (EMPTY_ROOT, 0, SUBTREE(0, 7), []),
        (EMPTY_ROOT, -1, SUBTREE(0, 7), []),
    ):
        with pytest.raises(ProofError):
            merkle.verify_consistency(0, old_root, size, root, proof)


def test_no_proof_is_made_of_what_is_not_in_the_tree() -> None:
    for index, size in ((0, 0), (5, 5), (-1, 5)):
        with pytest.raises(OutOfRangeError):
            merkle.inclusion_proof(index, size, SUBTREE)
    for old, new in ((6, 5), (-1, 5)):
        with pytest.raises(OutOfRangeError):
            merkle.consistency_proof(old, new, SUBTREE)
    with pytest.raises(OutOfRangeError):
        merkle.subtree_consistency_proof(1, 3, 8, SUBTREE)


def test_a_leaf_is_never_taken_for_a_node() -> None:
    pair = LEAVES[0] + LEAVES[1]
    assert leaf_hash(pair) != node_hash(LEAVES[0], LEAVES[1])
    assert tree_root([]) == sha256(b"").digest()
