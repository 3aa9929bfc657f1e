# SPDX-License-Identifier: Apache-2.0
"""Signed notes (c2sp.org/signed-note) with Ed25519 keys (type 1) and timestamped cosignatures (type 4).

A note's text MUST NOT be used before `open_note` has returned it.
"""

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from hashlib import sha256
from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from glasshouse.engines.ledger.encoding import MAX_NUMBER, parse_base64, parse_text, to_base64
from glasshouse.engines.ledger.errors import MalformedError, SignatureError

MAX_SIGNATURES = 100
MAX_BYTES = 1_000_000
KEY_SIZE = 32
ED25519_SIGNATURE = 64
_KEY_ID_SIZE = 4
_PREFIX = "— "


class KeyKind(IntEnum):
    """The signature types of c2sp.org/signed-note that this ledger uses."""

    ED25519 = 0x01
    COSIGNATURE = 0x04


def check_key_name(name: str) -> None:
    """Refuse a key name that is empty, or holds a space, a plus sign or a control character."""
    # str.split() and isspace() know every Unicode space; isprintable() would refuse names that the format allows.
    if not name or any(char.isspace() or char < " " or char == "+" for char in name):
        raise MalformedError(f"not a key name: {name[:80]!r}")


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line; `raw` is what follows the four bytes of the key's id."""

    name: str
    key_id: bytes
    raw: bytes

    @classmethod
    def parse(cls, line: str) -> Self:
        """Read a line without its newline."""
        name, space, encoded = line.removeprefix(_PREFIX).partition(" ")
        if not line.startswith(_PREFIX) or not space:
            raise MalformedError("a signature line is an em dash, a key name and base64")
        check_key_name(name)
        raw = parse_base64(encoded)
        if len(raw) <= _KEY_ID_SIZE:
            raise MalformedError("a signature holds more than its key's id")
        return cls(name, raw[:_KEY_ID_SIZE], raw[_KEY_ID_SIZE:])

    def __str__(self) -> str:
        """Return the line without its newline."""
        return f"{_PREFIX}{self.name} {to_base64(self.key_id + self.raw)}"


@dataclass(frozen=True, slots=True)
class Note:
    """A text and its signatures, none of them verified."""

    text: str
    signatures: tuple[Signature, ...]

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """Read a note; exactly what `serialise` writes is accepted."""
        whole = parse_text(raw, MAX_BYTES, "a note")
        text, blank, block = whole[:-1].rpartition("\n\n")
        if not blank:
            raise MalformedError("a note is a text, an empty line and signature lines")
        lines = block.split("\n")
        if len(lines) > MAX_SIGNATURES:
            raise MalformedError(f"a note has at most {MAX_SIGNATURES} signatures")
        return cls(text + "\n", tuple(Signature.parse(line) for line in lines))

    def serialise(self) -> bytes:
        """Write the note."""
        return (self.text + "\n" + "".join(f"{signature}\n" for signature in self.signatures)).encode()

    def with_signatures(self, signatures: Iterable[Signature]) -> "Note":
        """Return the note with these signatures added, each line once."""
        return Note(self.text, tuple(dict.fromkeys((*self.signatures, *signatures))))


@lru_cache(maxsize=256)
def _public_key(raw: bytes) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(raw)


def _cosigned(text: str, timestamp: int) -> bytes:
    return f"cosignature/v1\ntime {timestamp}\n{text}".encode()


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key with its name; `str()` is the vkey."""

    name: str
    kind: KeyKind
    public: bytes

    def __post_init__(self) -> None:
        """Refuse what has no vkey."""
        check_key_name(self.name)
        if len(self.public) != KEY_SIZE:
            raise MalformedError(f"an Ed25519 key has {KEY_SIZE} bytes")

    @classmethod
    def parse(cls, vkey: str) -> Self:
        """Read `name+id+base64`; the id must be the key's own."""
        name, *rest = vkey.split("+", 2)
        if len(rest) != len(("id", "key")):
            raise MalformedError("a verifier key is a name, an id and base64, joined by plus signs")
        raw = parse_base64(rest[1])
        if not raw or raw[0] not in tuple(KeyKind):
            raise MalformedError("a verifier key of an unknown type")
        key = cls(name, KeyKind(raw[0]), raw[1:])
        if rest[0] != key.key_id.hex():
            raise MalformedError("a verifier key whose id is not its own")
        return key

    @property
    def key_id(self) -> bytes:
        """Return the four bytes that stand before each signature."""
        return sha256(self.name.encode() + b"\n" + bytes((self.kind,)) + self.public).digest()[:_KEY_ID_SIZE]

    def __str__(self) -> str:
        """Return the vkey."""
        return f"{self.name}+{self.key_id.hex()}+{to_base64(bytes((self.kind,)) + self.public)}"

    def verify(self, text: str, raw: bytes) -> int | None:
        """Refuse a bad signature; return a cosignature's time in seconds since the epoch, None for the plain type."""
        message, signature, timestamp = text.encode(), raw, None
        if self.kind is KeyKind.COSIGNATURE:
            if len(raw) != struct.calcsize(">Q") + ED25519_SIGNATURE:
                raise SignatureError(f"a cosignature by {self.name} of a wrong length")
            (timestamp,) = struct.unpack_from(">Q", raw)
            if timestamp > MAX_NUMBER:
                raise SignatureError(f"a cosignature by {self.name} from beyond the end of time")
            message, signature = _cosigned(text, timestamp), raw[struct.calcsize(">Q") :]
        try:
            _public_key(self.public).verify(signature, message)
        except InvalidSignature as error:
            raise SignatureError(f"invalid signature for key {self.name}+{self.key_id.hex()}") from error
        return timestamp


@dataclass(frozen=True, slots=True)
class Verified:
    """A signature that its key has made over the note's text; `timestamp` is a cosignature's own."""

    key: VerifierKey
    signature: Signature
    timestamp: int | None


@dataclass(frozen=True, slots=True)
class OpenedNote:
    """A note of which at least one known key vouches for the text."""

    text: str
    verified: tuple[Verified, ...]
    unverified: tuple[Signature, ...]


def open_note(note: Note, keys: Sequence[VerifierKey]) -> OpenedNote:
    """Verify every signature of a known key; one that fails, or none at all, refuses the note.

    Of several valid signatures by one key the first counts. Signatures of unknown keys are kept apart.
    """
    verified: dict[VerifierKey, Verified] = {}
    unverified: dict[Signature, None] = {}
    for signature in dict.fromkeys(note.signatures):
        known = [key for key in keys if key.name == signature.name and key.key_id == signature.key_id]
        if not known:
            unverified[signature] = None
            continue
        if len(known) > 1:
            raise SignatureError(f"ambiguous key {signature.name}+{signature.key_id.hex()}")
        timestamp = known[0].verify(note.text, signature.raw)
        verified.setdefault(known[0], Verified(known[0], signature, timestamp))
    if not verified:
        raise SignatureError("note has no verifiable signatures")
    return OpenedNote(note.text, tuple(verified.values()), tuple(unverified))


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key with its name and signature type; its text form is a secret."""

    name: str
    kind: KeyKind
    private: Ed25519PrivateKey

    @classmethod
    def generate(cls, name: str, kind: KeyKind = KeyKind.ED25519) -> Self:
        """Draw a fresh key."""
        check_key_name(name)
        return cls(name, kind, Ed25519PrivateKey.generate())

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `PRIVATE+KEY+name+id+base64`, the form of golang.org/x/mod/sumdb/note; errors hold no key material."""
        form = "PRIVATE+KEY+name+id+base64"
        parts = text.split("+", form.count("+"))
        if len(parts) != form.count("+") + 1 or parts[:2] != ["PRIVATE", "KEY"]:
            raise MalformedError(f"not a private key in the form {form}")
        name, key_id, raw = parts[2], parts[3], parse_base64(parts[4])
        if len(raw) != 1 + KEY_SIZE or raw[0] not in tuple(KeyKind):
            raise MalformedError(f"not a private key in the form {form}")
        key = cls(name, KeyKind(raw[0]), Ed25519PrivateKey.from_private_bytes(raw[1:]))
        if key.verifier.key_id.hex() != key_id:
            raise MalformedError("a private key whose id is not its own")
        return key

    def to_text(self) -> str:
        """Write the private key as text; for a file with mode 0600 and nothing else."""
        raw = bytes((self.kind,)) + self.private.private_bytes_raw()
        return f"PRIVATE+KEY+{self.name}+{self.verifier.key_id.hex()}+{to_base64(raw)}"

    @property
    def verifier(self) -> VerifierKey:
        """Return the public half."""
        return VerifierKey(self.name, self.kind, self.private.public_key().public_bytes_raw())

    def __repr__(self) -> str:
        """Name the key without its secret."""
        return f"SigningKey({self.verifier})"

    def sign(self, text: str) -> Signature:
        """Sign a note's text with a plain Ed25519 key."""
        if self.kind is not KeyKind.ED25519:
            raise MalformedError("a cosigner's key makes timestamped signatures only")
        return Signature(self.name, self.verifier.key_id, self.private.sign(text.encode()))

    def cosign(self, text: str, timestamp: int) -> Signature:
        """Cosign a checkpoint's text at a time in seconds since the epoch."""
        if self.kind is not KeyKind.COSIGNATURE or not 0 <= timestamp <= MAX_NUMBER:
            raise MalformedError("a cosignature needs a cosigner's key and a time since the epoch")
        raw = struct.pack(">Q", timestamp) + self.private.sign(_cosigned(text, timestamp))
        return Signature(self.name, self.verifier.key_id, raw)
