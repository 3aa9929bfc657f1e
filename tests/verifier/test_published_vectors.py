# SPDX-License-Identifier: Apache-2.0
import base64
import gzip
import hashlib
import json
from pathlib import Path
from typing import Any

import glasshouse_verify as v
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.verifier.synthetic import NoteKey, Tree, b64


def cases(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(path.read_text()) for path in sorted(folder.rglob("*.json")) if path.is_file()]


def raw(text: str) -> bytes:
    return base64.b64decode(text)


def proof(case: dict[str, Any]) -> list[bytes]:
    return [raw(item) for item in case["proof"] or []]


def disagreeing(found: list[dict[str, Any]], accepted: list[bool]) -> list[str]:
    return [one["desc"] for one, good in zip(found, accepted, strict=True) if good is one["wantErr"]]


def test_every_inclusion_vector_is_judged_right(vectors: Path) -> None:
    found = cases(vectors / "merkle-rfc6962" / "inclusion")
    judged = [
        v.verify_inclusion(one["leafIdx"], one["treeSize"], raw(one["leafHash"]), proof(one), raw(one["root"]))
        for one in found
    ]
    assert len(found) == 98
    assert disagreeing(found, judged) == []


def test_every_consistency_vector_is_judged_right(vectors: Path) -> None:
    found = cases(vectors / "merkle-rfc6962" / "consistency")
    judged = [
        v.verify_consistency(one["size1"], one["size2"], raw(one["root1"]), raw(one["root2"]), proof(one))
        for one in found
    ]
    assert len(found) == 98
    assert disagreeing(found, judged) == []


def test_every_subtree_inclusion_vector_is_judged_right(vectors: Path) -> None:
    found = cases(vectors / "merkle-rfc6962" / "subtreeinclusion")
    judged = [
        v.verify_subtree_inclusion(
            one["leafIdx"], (one["start"], one["end"]), raw(one["leafHash"]), proof(one), raw(one["root"])
        )
        for one in found
    ]
    assert len(found) == 204
    assert disagreeing(found, judged) == []


def test_every_subtree_consistency_vector_is_judged_right(vectors: Path) -> None:
    found = cases(vectors / "merkle-rfc6962" / "subtreeconsistency")
    judged = [
        v.verify_subtree_consistency(
            (one["start"], one["end"]), one["size"], raw(one["root1"]), proof(one), raw(one["root2"])
        )
        for one in found
    ]
    assert len(found) == 118
    assert disagreeing(found, judged) == []


def test_the_reference_tree_has_its_published_hashes(vectors: Path) -> None:
    told = json.loads((vectors / "merkle-rfc6962" / "reference-tree-8.json").read_text())
    entries = [bytes.fromhex(item) for item in told["leaf_inputs_hex"]]
    assert [v.leaf_hash(entry).hex() for entry in entries] == told["node_hashes_hex_by_level"][0]
    roots = [Tree(entries[:size]).root().hex() for size in range(len(entries) + 1)]
    assert roots == told["root_hash_hex_by_tree_size"]
    assert v.EMPTY_ROOT.hex() == roots[0]
    level = [v.leaf_hash(entry) for entry in entries]
    for published in told["node_hashes_hex_by_level"][1:]:
        level = [v.node_hash(level[place], level[place + 1]) for place in range(0, len(level), 2)]
        assert [one.hex() for one in level] == published


def test_every_note_of_the_go_checksum_database_is_judged_right(vectors: Path) -> None:
    told = json.loads((vectors / "golang-sumdb-note" / "note-vectors.json").read_text())
    assert len(told["note_cases"]) == 15
    for case in told["note_cases"]:
        message = case["msg"].encode()
        if "msg_first_byte_hex" in case:
            message = bytes.fromhex(case["msg_first_byte_hex"]) + message[1:]
        keys = [v.VerifierKey.parse(text) for text in case["keys"]]
        try:
            verified, unknown = v.Note.parse(message).verify(keys)
            accepted = bool(verified)
        except v.BrokenError:
            accepted, verified, unknown = False, {}, []
        assert accepted is case["ok"], case["name"]
        if accepted:
            assert [key.name for key in verified] == case["verified"], case["name"]
            assert [line.name for line in unknown] == case["unverified"], case["name"]


def test_every_vkey_of_the_go_checksum_database_is_judged_right(vectors: Path) -> None:
    told = json.loads((vectors / "golang-sumdb-note" / "note-vectors.json").read_text())["vkey"]
    false = list(told["invalid"])
    for good in told["valid"]:
        v.VerifierKey.parse(good)
        false += [good[low:high] for low in range(len(good)) for high in range(low, len(good) + 1)]
        false.remove(good)
        letters = [good[:place] + chr(ord(good[place]) + 1) + good[place + 1 :] for place in range(len(good))]
        false += letters
    assert len(false) > 4000
    for text in false:
        with pytest.raises(v.BrokenError):
            v.VerifierKey.parse(text)


def test_the_go_checksum_databases_trees_are_read(vectors: Path) -> None:
    told = json.loads((vectors / "golang-sumdb-note" / "note-vectors.json").read_text())["tree_text"]
    key = NoteKey.new("go.sum", 1)

    def read(text: str) -> v.Checkpoint:
        return v.Checkpoint.parse(f"{text}\n{key.line(text)}".encode())

    good = read(told["good"][0])
    assert good.origin == "go.sum database tree"
    assert good.size == 123456789012
    assert good.root == v.leaf_hash(told["good_root_is_leaf_hash_of"].encode())
    other, *malformed = told["bad"]
    assert read(other).origin != good.origin
    for text in malformed:
        with pytest.raises(v.BrokenError):
            read(text)


def test_the_signed_note_of_c2sp_verifies(vectors: Path) -> None:
    folder = vectors / "c2sp-examples"
    key = v.VerifierKey.parse((folder / "signed-note.vkey").read_text().strip())
    note = (folder / "signed-note.txt").read_bytes()
    verified, unknown = v.Note.parse(note).verify([key])
    assert (list(verified), unknown) == ([key], [])
    with pytest.raises(v.BrokenError):
        v.Note.parse(note.replace(b"example message", b"example massage")).verify([key])


def test_the_samples_of_c2sp_are_read(vectors: Path) -> None:
    folder = vectors / "c2sp-examples"
    checkpoint = v.Checkpoint.parse((folder / "checkpoint-cosigned.txt").read_bytes())
    assert (checkpoint.origin, checkpoint.size) == ("example.com/behind-the-sofa", 20852163)
    assert [line.name for line in checkpoint.note.signatures] == [checkpoint.origin, "witness.example.com/w1"]
    request = v.GrowthProof.parse((folder / "witness-add-checkpoint-request.txt").read_bytes())
    assert (request.old_size, len(request.proof), request.checkpoint.root) == (20852014, 4, checkpoint.root)


def test_the_proof_sample_of_c2sp_is_read_once_its_elided_parts_are_filled_in(vectors: Path) -> None:
    text = (vectors / "c2sp-examples" / "tlog-proof-format-example.txt").read_text()
    head, body, _ = text.split("\n\n")
    lines = head.split("\n")
    assert lines[1].startswith("extra ")
    # Its extra line has 54 digits, which no base64 has; the hashes are real.
    lines[1] = "extra " + b64(b"age-v1.2.1-darwin-arm64.tar.gz")
    key = NoteKey.new("example.com/fancylog", 1)
    filled = "\n".join(lines) + f"\n\n{body}\n\n{key.line(body + chr(10))}"
    read = v.TlogProof.parse(filled.encode())
    assert (read.index, len(read.proof), read.checkpoint.size) == (73894, 5, 109482)
    with pytest.raises(v.BrokenError):
        v.TlogProof.parse(text.encode())


def test_the_policy_sample_of_c2sp_asks_two_of_one_group_and_one_of_the_other(vectors: Path) -> None:
    text = (vectors / "c2sp-examples" / "policy-format-example.txt").read_text()
    for number in range(6):
        kind = 1 if number == 0 else 4
        text = text.replace("<vkey>", NoteKey.new(f"key{number}.example", kind).vkey, 1)
    text = text.replace("<vkey>", NoteKey.new("key6.example", 4).vkey)
    trust = v.Trust.parse(text.encode())
    assert len(trust.witnesses) == 6
    assert trust.is_met({"X1", "X3", "Y2"})
    assert not trust.is_met({"X1", "Y1", "Y2", "Y3"})
    assert not trust.is_met({"X1", "X2", "X3"})


def test_the_cosignatures_of_sunlights_witnesses_verify(vectors: Path) -> None:
    folder = vectors / "sunlight-witness-tree"
    for name, told in (
        ("witness", "witness/witness.v0.json"),
        ("witness2", "witness2/witness.v0.json"),
        ("witness/mirror", "witness/mirror/mirror.v0.json"),
    ):
        key = v.VerifierKey.parse(json.loads((folder / told).read_text())["verifier_keys"][0])
        assert key.kind is v.KeyKind.COSIGNER
        for path in (folder / name).glob("[0-9a-f]*/checkpoint"):
            checkpoint = v.Checkpoint.parse(path.read_bytes())
            verified, _ = checkpoint.note.verify([key])
            assert verified[key] is not None
            changed = path.read_bytes().replace(b"\n300\n", b"\n301\n")
            with pytest.raises(v.BrokenError):
                v.Checkpoint.parse(changed).note.verify([key])


def test_the_mirrored_tree_of_sunlight_has_the_cosigned_root(vectors: Path) -> None:
    folder = next((vectors / "sunlight-witness-tree" / "witness" / "mirror").glob("0*"))
    checkpoint = v.Checkpoint.parse((folder / "checkpoint").read_bytes())
    tiles = b"".join((folder / "tile" / "0" / name).read_bytes() for name in ("000", "001.p/44"))
    leaves = [tiles[place : place + 32] for place in range(0, len(tiles), 32)]
    assert len(leaves) == checkpoint.size
    tree = Tree()
    tree.leaves = leaves
    assert tree.root() == checkpoint.root
    assert (folder / "tile" / "1" / "000.p" / "1").read_bytes() == tree.root(0, 256)
    for index in range(len(leaves)):
        assert v.verify_inclusion(index, checkpoint.size, leaves[index], tree.inclusion(index), checkpoint.root)
    for old in range(1, checkpoint.size):
        assert v.verify_consistency(old, checkpoint.size, tree.root(0, old), checkpoint.root, tree.consistency(old))
    bundle = gzip.decompress((folder / "tile" / "entries" / "001.p" / "44").read_bytes())
    assert bundle


def test_the_mirror_is_named_by_the_digest_of_its_origin(vectors: Path) -> None:
    for path in (vectors / "sunlight-witness-tree").rglob("checkpoint"):
        if len(path.parent.name) == 64:
            origin = v.Checkpoint.parse(path.read_bytes()).origin
            assert hashlib.sha256(origin.encode()).hexdigest() == path.parent.name


def test_the_example_of_dsse_verifies(vectors: Path) -> None:
    told = json.loads((vectors / "dsse" / "dsse-example.json").read_text())
    payload = told["payload_utf8"].encode()
    assert v.dsse_pae(told["payloadType"], payload).decode() == told["pae"]
    public = ec.EllipticCurvePublicNumbers(int(told["x"]), int(told["y"]), ec.SECP256R1()).public_key()
    spki = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    signers = {"example": spki}
    envelope = json.dumps(told["envelope"]).encode()
    assert v.open_dsse(envelope, signers) == (told["payloadType"], payload, ["example"])
    forged = json.dumps(told["envelope"] | {"payload": b64(b"hello worle")}).encode()
    assert v.open_dsse(forged, signers)[2] == []
