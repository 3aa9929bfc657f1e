# SPDX-License-Identifier: Apache-2.0
import base64
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glasshouse.engines.ledger.checkpoints import Checkpoint, cosign, open_checkpoint
from glasshouse.engines.ledger.errors import MalformedError, SignatureError
from glasshouse.engines.ledger.notes import Note, SigningKey, VerifierKey, open_note
from glasshouse.engines.ledger.policies import Policy
from glasshouse.kernel.errors import InvalidError
from glasshouse.kernel.merkle import EMPTY_ROOT, leaf_hash

SUNLIGHT = "sunlight-witness-tree"
MIRRORED = "000de184301123b9278c086a7d9f68c9577e83872224c197058fd90784ea9706"


def test_the_published_tree_texts_are_judged_as_published(vectors: Path) -> None:
    texts = json.loads((vectors / "golang-sumdb-note" / "note-vectors.json").read_bytes())["tree_text"]
    checkpoint = Checkpoint.parse(texts["good"][0])
    assert (checkpoint.origin, checkpoint.size) == ("go.sum database tree", 123456789012)
    assert checkpoint.root == leaf_hash(texts["good_root_is_leaf_hash_of"].encode())
    assert checkpoint.text == texts["good"][0]
    other_origin, *malformed = texts["bad"]
    assert Checkpoint.parse(other_origin).origin != checkpoint.origin
    for text in malformed:
        with pytest.raises(MalformedError):
            Checkpoint.parse(text)


def test_the_published_cosigned_checkpoint_is_read_exactly(vectors: Path) -> None:
    raw = (vectors / "c2sp-examples" / "checkpoint-cosigned.txt").read_bytes()
    note = Note.parse(raw)
    assert note.serialise() == raw
    assert [signature.name for signature in note.signatures] == [
        "example.com/behind-the-sofa",
        "witness.example.com/w1",
    ]
    assert Checkpoint.parse(note.text).size == 20852163


@pytest.mark.parametrize(
    ("keys", "path"),
    [
        ("witness/witness.v0.json", f"witness/{MIRRORED}/checkpoint"),
        ("witness/mirror/mirror.v0.json", f"witness/mirror/{MIRRORED}/checkpoint"),
        (
            "witness2/witness.v0.json",
            "witness2/88ad7a28caeb0b2aa890fdf0304c2fcaf59fca2ee140134ff8c1300bac493482/checkpoint",
        ),
    ],
)
def test_cosignatures_of_other_witnesses_verify(vectors: Path, keys: str, path: str) -> None:
    folder = vectors / SUNLIGHT
    known = [VerifierKey.parse(key) for key in json.loads((folder / keys).read_bytes())["verifier_keys"]]
    note = Note.parse((folder / path).read_bytes())
    opened = open_note(note, known)
    assert Checkpoint.parse(opened.text).size == 300
    assert [found.timestamp for found in opened.verified] == [0x69546780]
    spoiled = Note(note.text.replace("300", "301"), note.signatures)
    with pytest.raises(SignatureError):
        open_note(spoiled, known)


@given(st.integers(1, 2**63 - 1), st.binary(min_size=32, max_size=32))
def test_what_is_written_is_read(size: int, root: bytes) -> None:
    checkpoint = Checkpoint("lab.example/ledger", size, root)
    assert Checkpoint.parse(checkpoint.text) == checkpoint


ROOT = base64.b64encode(bytes(32)).decode()


@pytest.mark.parametrize(
    "text",
    [
        f"\n1\n{ROOT}\n",
        f"lab\n01\n{ROOT}\n",
        f"lab\n+1\n{ROOT}\n",
        f"lab\n1 \n{ROOT}\n",
        f"lab\n\u0661\n{ROOT}\n",
        f"lab\n-1\n{ROOT}\n",
        f"lab\n9223372036854775808\n{ROOT}\n",
        f"lab\n1\n{ROOT[:-1]}\n",
        f"lab\n1\n{ROOT[:-2]}B=\n",
        f"lab\n1\n{ROOT} \n",
        f"lab\n1\n{ROOT}",
        f"lab\n1\n{ROOT}\n\n",
        f"lab\n1\n{ROOT}\nmore\n\nyet more\n",
        f"lab\n0\n{ROOT}\n",
        "lab\n1\n",
        "",
    ],
)
def test_a_checkpoint_has_one_spelling(text: str) -> None:
    with pytest.raises(MalformedError):
        Checkpoint.parse(text)


def test_a_key_speaks_for_its_own_origin_only(log_key: SigningKey) -> None:
    other = Checkpoint("elsewhere.example", 0, EMPTY_ROOT)
    with pytest.raises(MalformedError):
        other.sign(log_key)
    with pytest.raises(SignatureError):
        open_checkpoint(Note(other.text, (log_key.sign(other.text),)), log_key.verifier)


def test_every_changed_bit_of_a_cosigned_checkpoint_is_refused(
    log_key: SigningKey, witness_keys: list[SigningKey]
) -> None:
    note = Checkpoint(log_key.name, 654_321, leaf_hash(b"root")).sign(log_key)
    for time, key in enumerate(witness_keys, 1_700_000_000):
        note = cosign(note, key, time)
    lines = [f"log {log_key.verifier}", *(f"witness {key.name} {key.verifier}" for key in witness_keys)]
    lines += [f"group all-of-them all {' '.join(key.name for key in witness_keys)}", "quorum all-of-them"]
    policy = Policy.parse("".join(f"{line}\n" for line in lines).encode())
    raw = note.serialise()
    assert policy.check(Note.parse(raw)).checkpoint.size == 654_321
    passed = []
    for bit in range(8 * len(raw)):
        changed = bytearray(raw)
        changed[bit // 8] ^= 1 << bit % 8
        try:
            policy.check(Note.parse(bytes(changed)))
        except InvalidError:
            continue
        passed.append(bit)
    assert passed == []
