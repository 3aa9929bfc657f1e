# SPDX-License-Identifier: Apache-2.0
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glasshouse.engines.ledger.errors import MalformedError, SignatureError
from glasshouse.engines.ledger.notes import KeyKind, Note, SigningKey, VerifierKey, open_note

KEY = SigningKey.generate("lab.example/ledger")
WITNESS = SigningKey.generate("witness.example", KeyKind.COSIGNATURE)


def _case_bytes(case: dict[str, str]) -> bytes:
    raw = case["msg"].encode()
    return bytes.fromhex(case["msg_first_byte_hex"]) + raw[1:] if "msg_first_byte_hex" in case else raw


def test_every_published_note_is_judged_as_published(vectors: Path) -> None:
    cases = json.loads((vectors / "golang-sumdb-note" / "note-vectors.json").read_bytes())["note_cases"]
    assert len(cases) == 15
    for case in cases:
        keys = [VerifierKey.parse(key) for key in case["keys"]]
        raw = _case_bytes(case)
        if case["ok"]:
            opened = open_note(Note.parse(raw), keys)
            assert [found.key.name for found in opened.verified] == case["verified"]
            assert [signature.name for signature in opened.unverified] == case["unverified"]
        elif case["error"] == "malformed note":
            with pytest.raises(MalformedError):
                Note.parse(raw)
        else:
            with pytest.raises(SignatureError) as refused:
                open_note(Note.parse(raw), keys)
            assert refused.value.message == case["error"]


def _spoiled(vkey: str) -> Iterator[str]:
    for start in range(len(vkey)):
        for stop in range(start, len(vkey) + 1):
            if stop - start < len(vkey):
                yield vkey[start:stop]
    for place, char in enumerate(vkey):
        yield vkey[:place] + chr(ord(char) + 1) + vkey[place + 1 :]


def test_no_part_and_no_neighbour_of_a_published_key_is_a_key(vectors: Path) -> None:
    keys = json.loads((vectors / "golang-sumdb-note" / "note-vectors.json").read_bytes())["vkey"]
    for vkey in keys["valid"]:
        assert str(VerifierKey.parse(vkey)) == vkey
        for spoiled in _spoiled(vkey):
            with pytest.raises(MalformedError):
                VerifierKey.parse(spoiled)
    for vkey in keys["invalid"]:
        with pytest.raises(MalformedError):
            VerifierKey.parse(vkey)


def test_the_published_example_of_a_note_verifies(vectors: Path) -> None:
    folder = vectors / "c2sp-examples"
    key = VerifierKey.parse((folder / "signed-note.vkey").read_text().strip())
    note = Note.parse((folder / "signed-note.txt").read_bytes())
    assert open_note(note, [key]).text == "This is an example message.\n"


@given(st.text(st.characters(min_codepoint=0x20, exclude_categories=["Cs"]) | st.just("\n")))
def test_what_is_written_is_read_and_verified(text: str) -> None:
    note = Note(text + "\n", (KEY.sign(text + "\n"), WITNESS.cosign(text + "\n", 1_700_000_000)))
    assert Note.parse(note.serialise()) == note
    opened = open_note(note, [KEY.verifier, WITNESS.verifier])
    assert [found.timestamp for found in opened.verified] == [None, 1_700_000_000]


@given(st.binary(max_size=200))
def test_bytes_at_random_are_refused_or_read_exactly(raw: bytes) -> None:
    try:
        note = Note.parse(raw)
    except MalformedError:
        return
    assert note.serialise() == raw


@pytest.mark.parametrize(
    "line",
    [
        "— lab.example AAAAAA==",  # no signature after the key's id
        "— lab.example AAAAAAAA ",
        "—  lab.example AAAAAAAA",
        "- lab.example AAAAAAAA",
        "— lab+example AAAAAAAA",
        "— lab\u2003example AAAAAAAA",
        "— lab.example AAAAAAB=",  # an unused bit is set
        "— lab.example AAAAAAA",
        "— lab.example AAAA\u00a0AAAA",
        "",
    ],
)
def test_a_signature_line_has_one_spelling(line: str) -> None:
    with pytest.raises(MalformedError):
        Note.parse(f"text\n\n{line}\n".encode())


def test_a_second_signature_by_a_known_key_must_hold_as_well() -> None:
    good = KEY.sign("text\n")
    bad = type(good)(good.name, good.key_id, good.raw[:-1] + bytes([good.raw[-1] ^ 1]))
    with pytest.raises(SignatureError):
        open_note(Note("text\n", (good, bad)), [KEY.verifier])


def test_a_cosignature_covers_its_time() -> None:
    signature = WITNESS.cosign("text\n", 1_700_000_000)
    moved = type(signature)(signature.name, signature.key_id, bytes(7) + b"\1" + signature.raw[8:])
    with pytest.raises(SignatureError):
        open_note(Note("text\n", (moved,)), [WITNESS.verifier])
    late = type(signature)(signature.name, signature.key_id, b"\xff" * 8 + signature.raw[8:])
    with pytest.raises(SignatureError):
        open_note(Note("text\n", (late,)), [WITNESS.verifier])


def test_a_key_of_one_kind_does_not_sign_as_the_other() -> None:
    with pytest.raises(MalformedError):
        WITNESS.sign("text\n")
    with pytest.raises(MalformedError):
        KEY.cosign("text\n", 1)
    as_witness = VerifierKey(KEY.name, KeyKind.COSIGNATURE, KEY.verifier.public)
    with pytest.raises(SignatureError):
        open_note(Note("text\n", (KEY.sign("text\n"),)), [as_witness])


def test_a_private_key_returns_from_its_text_and_shows_itself_nowhere_else() -> None:
    text = KEY.to_text()
    assert SigningKey.parse(text).verifier == KEY.verifier
    secret = text.split("+", 4)[4]  # base64 has plus signs of its own
    assert secret not in repr(KEY)
    for spoiled in (text[1:], text[:-1], text.replace("lab", "lap"), "PRIVATE+KEY", "", text + "A"):
        with pytest.raises(MalformedError) as refused:
            SigningKey.parse(spoiled)
        assert secret[:8] not in str(refused.value)


def test_a_megabyte_is_not_a_note() -> None:
    with pytest.raises(MalformedError):
        Note.parse(b"a" * 1_000_000 + b"\n\n\xe2\x80\x94 lab.example AAAAAAAA\n")
