# SPDX-License-Identifier: Apache-2.0
import glasshouse_verify as v
import pytest

from tests.verifier.synthetic import NoteKey

LOG = NoteKey.new("lab.example/one", 1).vkey
ONE, TWO, THREE = (NoteKey.new(f"w{number}.example", 4).vkey for number in (1, 2, 3))
PRINT = "5f" * 32


def test_comments_tabs_and_addresses_are_read() -> None:
    text = f"# keys\n\t log \t{LOG}  https://lab.example \n\nwitness a {ONE} https://w1.example\n"
    text += f"quorum a\npasskey {PRINT}\n"
    trust = v.Trust.parse(text.encode())
    assert [key.name for key in trust.keys_for("lab.example/one")] == ["lab.example/one"]
    assert trust.keys_for("lab.example/two") == []
    assert trust.passkeys == {PRINT: ""}
    assert trust.is_met({"a"})
    assert not trust.is_met(set())


def test_a_witness_without_a_name_bears_that_of_its_key() -> None:
    trust = v.Trust.parse(f"witness {ONE}\nwitness {TWO}\nwitness {THREE}\nquorum 2\n".encode())
    assert trust.is_met({"w1.example", "w3.example"})
    assert not trust.is_met({"w1.example"})


def test_groups_of_groups_are_counted() -> None:
    text = (
        f"witness a {ONE}\nwitness b {TWO}\nwitness c {THREE}\ngroup ab any a b\ngroup all-of all ab c\nquorum all-of\n"
    )
    trust = v.Trust.parse(text.encode())
    assert trust.is_met({"b", "c"})
    assert not trust.is_met({"a", "b"})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no quorum line"),
        (f"log {LOG}\n", "no quorum line"),
        ("quorum none\nquorum none\n", "second quorum"),
        ("quorum a\n", "not defined above"),
        (f"quorum a\nwitness a {ONE}\n", "not defined above"),
        (f"witness a {ONE}\nquorum 2\n", "the quorum is 2"),
        (f"log {LOG}\nlog {LOG}\nquorum none\n", "twice"),
        (f"witness a {ONE}\nwitness b {ONE}\nquorum a\n", "twice"),
        (f"witness a {ONE}\nwitness a {TWO}\nquorum a\n", "is taken"),
        (f"witness none {ONE}\nquorum none\n", "is taken"),
        (f"witness a {LOG}\nquorum a\n", "type 04"),
        (f"log {ONE}\nquorum none\n", "type 01"),
        (f"witness a {ONE}\ngroup g 2 a\nquorum g\n", "a number from 1 to 1"),
        (f"witness a {ONE}\ngroup g 0 a\nquorum g\n", "a number from 1 to 1"),
        (f"witness a {ONE}\ngroup g any a a\nquorum g\n", "already a member"),
        (f"witness a {ONE}\ngroup g any a\ngroup h any a\nquorum h\n", "already a member"),
        ("group g any none\nquorum g\n", "not defined above"),
        ("group g any g\nquorum g\n", "not defined above"),
        ("witnes a b\nquorum none\n", "unknown word"),
        (f"log {LOG[:-1]}\nquorum none\n", "line 1 of the trust file"),
        (f"log {LOG}\r\nquorum none\n", "control characters"),
        (f"passkey {PRINT[:-2]}\nquorum none\n", "fingerprint"),
        (f"passkey {PRINT.upper()}\nquorum none\n", "fingerprint"),
        ("quorum none none\n", "words after it"),
    ],
)
def test_a_trust_file_that_cannot_be_meant_is_refused_with_its_reason(text: str, words: str) -> None:
    with pytest.raises(v.TrustError, match=words):
        v.Trust.parse(text.encode())
