# SPDX-License-Identifier: Apache-2.0
from itertools import combinations
from pathlib import Path

import pytest

from glasshouse.engines.ledger.checkpoints import Checkpoint, cosign
from glasshouse.engines.ledger.errors import MalformedError, QuorumError, SignatureError
from glasshouse.engines.ledger.notes import KeyKind, Note, SigningKey
from glasshouse.engines.ledger.policies import Policy
from glasshouse.kernel.merkle import leaf_hash

LOG = SigningKey.generate("lab.example/ledger")
WITNESSES = {name: SigningKey.generate(f"{name}.example", KeyKind.COSIGNATURE) for name in ("a", "b", "c")}
HEAD = [f"log {LOG.verifier}", *(f"witness {name} {key.verifier}" for name, key in WITNESSES.items())]


def _policy(*lines: str) -> Policy:
    return Policy.parse("".join(f"{line}\n" for line in [*HEAD, *lines]).encode())


def _note(*names: str) -> Note:
    note = Checkpoint(LOG.name, 7, leaf_hash(b"root")).sign(LOG)
    for name in names:
        note = cosign(note, WITNESSES[name], 1_700_000_000)
    return note


def test_the_published_example_is_read_once_it_has_keys(vectors: Path) -> None:
    text = (vectors / "c2sp-examples" / "policy-format-example.txt").read_text()
    lines = []
    for line in text.split("\n"):
        kind = KeyKind.ED25519 if line.startswith("log") else KeyKind.COSIGNATURE
        lines.append(line.replace("<vkey>", str(SigningKey.generate("name.example", kind).verifier)))
    text = "\n".join(lines)
    policy = Policy.parse((text if text.endswith("\n") else text + "\n").encode())
    assert policy.is_met_by(["X1", "X3", "Y2"])
    assert not policy.is_met_by(["X1", "Y1", "Y2", "Y3"])
    assert not policy.is_met_by(["X1", "X2", "X3"])


def test_a_group_is_met_by_as_many_as_it_asks_for() -> None:
    for threshold, needed in (("any", 1), ("2", 2), ("all", 3)):
        policy = _policy(f"group g {threshold} a b c", "quorum g")
        for count in range(4):
            for names in combinations("abc", count):
                if count >= needed:
                    assert [seen.witness for seen in policy.check(_note(*names)).cosigned] == list(names)
                else:
                    with pytest.raises(QuorumError):
                        policy.check(_note(*names))


def test_no_quorum_still_needs_the_logs_signature() -> None:
    policy = _policy("quorum none")
    assert policy.check(_note()).log == LOG.verifier
    with pytest.raises(SignatureError):
        policy.check(Note(_note().text, _note("a").signatures[1:]))


def test_a_witness_unknown_to_the_policy_counts_for_nothing() -> None:
    stranger = SigningKey.generate("a.example", KeyKind.COSIGNATURE)
    with pytest.raises(QuorumError):
        _policy("quorum a").check(cosign(_note("b"), stranger, 1_700_000_000))


def test_a_known_witness_whose_signature_is_bad_refuses_the_checkpoint() -> None:
    note = _note("a", "b")
    other = cosign(Checkpoint(LOG.name, 8, leaf_hash(b"root")).sign(LOG), WITNESSES["b"], 1_700_000_000)
    mixed = Note(note.text, (*note.signatures[:2], other.signatures[1]))
    with pytest.raises(SignatureError):
        _policy("quorum a").check(mixed)


def test_comments_tabs_and_addresses_are_allowed() -> None:
    policy = _policy(
        "", "  # a comment + é", f"\tlog\t{SigningKey.generate('b').verifier}  https://log.example", "quorum a"
    )
    assert len(policy.logs) == 2


@pytest.mark.parametrize(
    "lines",
    [
        [],
        ["quorum none", "quorum none"],
        ["quorum d"],
        ["quorum g", "group g any a"],
        ["group g any", "quorum a"],
        ["group g 0 a", "quorum a"],
        ["group g 2 a", "quorum a"],
        ["group g 01 a", "quorum a"],
        ["group g some a", "quorum a"],
        ["group g any a a", "quorum a"],
        ["group g any a", "group h any a", "quorum a"],
        ["group a any b", "quorum a"],
        ["group none any b", "quorum a"],
        ["group g any g", "quorum a"],
        [HEAD[0], "quorum a"],
        [HEAD[1].replace("witness a", "witness d"), "quorum a"],
        [HEAD[1].replace("witness a", "log"), "quorum a"],
        [HEAD[0].replace("log", "witness d"), "quorum a"],
        ["quorum a b"],
        ["unknown word", "quorum a"],
        ["quorum a\r"],
        ["quorum a\x7f"],
        ["log"],
    ],
)
def test_a_policy_that_says_something_else_is_refused(lines: list[str]) -> None:
    with pytest.raises(MalformedError):
        _policy(*lines)


def test_the_last_line_ends() -> None:
    with pytest.raises(MalformedError):
        Policy.parse(b"quorum none")
