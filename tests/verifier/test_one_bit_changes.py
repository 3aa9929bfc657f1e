# SPDX-License-Identifier: Apache-2.0
"""Exhaustive, not sampled: every bit of what is signed or structural."""

from collections.abc import Callable, Iterator
from typing import Any

import glasshouse_verify as v
import rfc8785

from tests.verifier.synthetic import NOW, Story, b64, checkpoint_text, short_story


def changed(raw: bytes) -> Iterator[tuple[str, bytes]]:
    one = bytearray(raw)
    for place in range(len(one)):
        for bit in range(8):
            one[place] ^= 1 << bit
            yield f"bit {bit} of byte {place} ({raw[max(0, place - 30) : place + 10]!r})", bytes(one)
            one[place] ^= 1 << bit


def survivors(raw: bytes, check: Callable[[bytes], v.Verdict]) -> list[str]:
    assert check(raw).outcome is v.Outcome.PROVED
    return [where for where, mutant in changed(raw) if check(mutant).outcome is v.Outcome.PROVED]


def test_no_bit_of_a_receipts_body_can_change() -> None:
    visit = short_story()
    trust = v.Trust.parse(visit.trust)

    def check(body: bytes) -> v.Verdict:
        readme = b"How to verify this receipt.\n"
        return v.verify_receipt(v.container([readme, visit.checkpoint, body]), trust, now=NOW)

    assert survivors(rfc8785.dumps(visit.receipt), check) == []


def test_no_bit_of_a_receipts_checkpoint_can_change(visit: Story) -> None:
    trust = v.Trust.parse(visit.lab.trust("3"))
    body = rfc8785.dumps(visit.receipt)
    assert (
        survivors(visit.checkpoint, lambda note: v.verify_receipt(v.container([b"", note, body]), trust, now=NOW)) == []
    )


def test_no_bit_of_a_receipts_container_can_change(visit: Story) -> None:
    trust = v.Trust.parse(visit.trust)
    assert survivors(visit.zip, lambda data: v.verify_receipt(data, trust, now=NOW)) == []


def test_no_bit_of_a_proof_file_can_change(visit: Story) -> None:
    trust = v.Trust.parse(visit.lab.trust("3"))
    record = visit.lab.chain[0]
    extra = rfc8785.dumps({name: visit.lab.opened(record)[name] for name in ("boxes", "fields", "openings")})
    proof = "\n".join(
        ["c2sp.org/tlog-proof@v1", f"extra {b64(extra)}", f"index {record.index}"]
        + [b64(one) for one in visit.lab.tree.inclusion(record.index)]
    )
    raw = proof.encode() + b"\n\n" + visit.checkpoint
    claimed = v.verify_tlog_proof(raw, trust, now=NOW)
    assert claimed.facts["commitment"] == record.commitment.hex()

    def check(mutant: bytes) -> v.Verdict:
        return v.verify_tlog_proof(mutant, trust, now=NOW, commitment=record.commitment)

    assert survivors(raw, check) == []


def test_no_bit_of_a_checkpoint_can_change(visit: Story) -> None:
    trust = v.Trust.parse(visit.lab.trust("3"))
    assert survivors(visit.checkpoint, lambda note: v.verify_checkpoint(note, trust, now=NOW)) == []


def test_no_bit_of_an_envelope_can_change(visit: Story) -> None:
    key = visit.lab.log.private
    kind, payload = "application/vnd.in-toto+json", b'{"subject": []}'
    signature = key.sign(b"DSSEv1 %d %b %d %b" % (len(kind), kind.encode(), len(payload), payload))
    spki = bytes.fromhex("302a300506032b6570032100") + visit.lab.log.public
    trust = v.Trust.parse(f"quorum none\nsigner vendor {b64(spki)}\n".encode())
    body: dict[str, Any] = {"payload": b64(payload), "payloadType": kind, "signatures": [{"sig": b64(signature)}]}
    assert survivors(rfc8785.dumps(body), lambda raw: v.verify_dsse(raw, trust)) == []


def test_the_test_sees_a_bit_that_matters_to_nobody(visit: Story) -> None:
    # The same machinery over a checkpoint with the signature of a stranger, whose bits nobody here can check.
    text = checkpoint_text(visit.lab.tree)
    stranger = visit.lab.witnesses[0].line(text, 1)
    raw = f"{text}\n{visit.lab.log.line(text)}{stranger}".encode()
    trust = v.Trust.parse(f"log {visit.lab.log.vkey}\nquorum none\n".encode())
    assert survivors(raw, lambda note: v.verify_checkpoint(note, trust, now=NOW))
