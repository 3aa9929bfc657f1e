# SPDX-License-Identifier: Apache-2.0
"""Check what a Glasshouse lab says it showed, offline, in one file.

This file opens no socket and imports nothing of Glasshouse: the standard library and `cryptography` only. It is a
second implementation of the formats, written from their descriptions (docs/receipt-format.md and C2SP), so that a
mistake of the lab's own code cannot excuse itself here.

Read it from the top; the eight steps of a check are the eight functions named `step_N_...` near the end:

    1  the keys you trust, to be compared with paper      5  each entry is in the signed tree
    2  the log's signature on the checkpoint              6  the tree grew from the one you saw earlier
    3  the witnesses' cosignatures, and your quorum       7  from the lines shown to the release's root
    4  each entry recomputed from what is opened          8  what all this does not prove

Trust never comes from the file under test: keys are read from a trust file that reached you by another way.
"""

import argparse
import base64
import binascii
import gc
import hashlib
import io
import itertools
import json
import math
import re
import struct
import sys
import unicodedata
import zlib
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import IntEnum, StrEnum
from pathlib import Path
from typing import Any, NoReturn, Self

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

# ------------------------------------------------------------------------------------------------ limits and words

HASH = 32  # bytes of a SHA-256 digest, a salt, a seed and an Ed25519 public key alike
MAX_FILE = 256 * 1024 * 1024  # bytes of any input: about 100,000 views
MAX_TREE = 2**63 - 1
MAX_JSON_INTEGER = 2**53 - 1  # RFC 8785: what a double holds exactly
MAX_SIGNATURES = 100  # lines of a note; C2SP asks for at least 16
MAX_PROOF = 63  # hashes; a tree of 2**63 leaves needs no more
MAX_NAMED = 5  # examples written out before "and n more"
CLOCKS = timedelta(minutes=5)  # how far two clocks may differ before it is worth a line


class BrokenError(Exception):
    """The file contradicts itself, its format or a signature; the text says where."""


class TrustError(Exception):
    """The trust file cannot be used; the text says which line and why."""


def digest(*parts: bytes) -> bytes:
    """Return the SHA-256 of the parts, one after the other."""
    return hashlib.sha256(b"".join(parts)).digest()


def safe(text: str) -> str:
    """Return the text with everything escaped that could deceive a terminal: controls, bidi marks, separators."""
    return "".join(
        char if char == " " or unicodedata.category(char)[0] in "LMNPS" else f"\\u{{{ord(char):x}}}" for char in text
    )


def counted(number: int, one: str, many: str | None = None) -> str:
    """Return `1 view`, `18,204 views`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def some(items: Iterable[object]) -> str:
    """Return the first few items, and how many more there are."""
    listed = [str(item) for item in items]
    more = len(listed) - MAX_NAMED
    return ", ".join(listed[:MAX_NAMED]) + (f" and {more:,} more" if more > 0 else "")


# --------------------------------------------------------------------------------------------- strict small readers


def from_base64(text: str, what: str, size: int | None = None) -> bytes:
    """Decode standard base64 with padding, in its one spelling: no spaces, no stray bits (RFC 4648, 3.5)."""
    try:
        raw = binascii.a2b_base64(text)
    except ValueError as error:
        raise BrokenError(f"{what} is not base64") from error
    if binascii.b2a_base64(raw, newline=False).decode() != text:
        raise BrokenError(f"{what} is not base64 in its one spelling")
    if size is not None and len(raw) != size:
        raise BrokenError(f"{what} has {len(raw)} bytes, {size} are due")
    return raw


def from_hex(text: str, what: str, size: int = HASH) -> bytes:
    """Decode lower-case hex of exactly this many bytes."""
    try:
        raw = bytes.fromhex(text)
    except ValueError:
        raw = b""
    if len(raw) != size or raw.hex() != text:
        raise BrokenError(f"{what} is not {size} bytes in lower-case hex")
    return raw


_DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}")


def from_decimal(text: str, what: str) -> int:
    """Decode a size or index: ASCII digits, no leading zero, below 2**63."""
    if not _DECIMAL.fullmatch(text) or int(text) > MAX_TREE:
        raise BrokenError(f"{what} is not a decimal number below 2**63 without leading zeroes")
    return int(text)


_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", re.ASCII)


def from_clock(text: str, what: str) -> datetime:
    """Decode a moment in its one form, `2026-11-23T06:40:00.000000Z`."""
    if not _MOMENT.fullmatch(text):
        raise BrokenError(f"{what} is not a moment in the form 2026-11-23T06:40:00.000000Z")
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise BrokenError(f"{what} names a moment that does not exist") from error


# ------------------------------------------------------------------------------------------- canonical JSON, RFC 8785


def _number_text(number: float) -> str:
    """Write a double as ECMAScript does (RFC 8785, 3.2.2.3)."""
    if number == 0:
        return "0"
    if not math.isfinite(number):
        raise BrokenError("JSON holds a number that is not finite")
    sign = "-" if number < 0 else ""
    mantissa, _, exponent = repr(abs(number)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    fraction = "" if fraction == "0" else fraction
    point = len(whole) + int(exponent or "0")
    digits = whole + fraction
    point -= len(digits) - len(digits.lstrip("0"))
    digits = digits.strip("0")
    if len(digits) <= point <= 21:  # noqa: PLR2004 -- ECMAScript's own constants, here and below
        return sign + digits + "0" * (point - len(digits))
    if 0 < point <= 21:  # noqa: PLR2004
        return f"{sign}{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:  # noqa: PLR2004
        return f"{sign}0.{'0' * -point}{digits}"
    tail = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{sign}{digits[0]}{tail}e{point - 1:+d}"


# What was read from text holds no circle; a nesting too deep for the stack is refused like any other fault.
_plain_text = json.JSONEncoder(
    ensure_ascii=False, check_circular=False, allow_nan=False, sort_keys=True, separators=(",", ":")
).encode


def _jcs(value: Any) -> str:  # noqa: ANN401 -- any JSON value
    if isinstance(value, dict):
        pairs = sorted(value.items(), key=lambda pair: str(pair[0]).encode("utf-16-be", "surrogatepass"))
        return "{" + ",".join(f"{_plain_text(name)}:{_jcs(member)}" for name, member in pairs) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_jcs, value)) + "]"
    if isinstance(value, float):
        return _number_text(value)
    return _plain_text(value)


def _plain(value: Any) -> bytes:  # noqa: ANN401 -- any JSON value
    return _plain_text(value).encode()


def canonical(value: Any) -> bytes:  # noqa: ANN401 -- any JSON value
    """Return the RFC 8785 bytes of a JSON value."""
    return _jcs(value).encode()


def _integer(text: str) -> int:
    if len(text) > 17 or abs(int(text)) > MAX_JSON_INTEGER:  # noqa: PLR2004 -- digits of 2**53 and a sign
        raise BrokenError("JSON holds an integer beyond 2**53 - 1")
    return int(text)


# Above U+D7FF the order of code points and the order of UTF-16 units part; only then is the slow writer needed.
_BEYOND = re.compile("[\ue000-\U0010ffff]")


def read_canonical(raw: bytes, what: str) -> tuple[Any, Callable[[Any], bytes]]:
    """Read JSON that must be in RFC 8785 form, and return it with a writer of the same form for its parts.

    Writing it again and comparing the bytes refuses, at one stroke, duplicate names, other orders, spaces, other
    spellings of numbers or strings, and what is not UTF-8.
    """
    floats: list[str] = []

    def a_float(text: str) -> float:
        floats.append(text)
        return float(text)

    def a_constant(text: str) -> NoReturn:
        raise BrokenError(f"{what} holds {text}, which is not JSON")

    try:
        text = raw.decode("utf-8")
        value = json.loads(text, parse_int=_integer, parse_float=a_float, parse_constant=a_constant)
        is_plain = not floats and (raw.isascii() or not _BEYOND.search(text))
        writer = _plain if is_plain else canonical
        if writer(value) != raw:
            raise BrokenError(f"{what} is not in the canonical form of RFC 8785")
    except RecursionError as error:
        raise BrokenError(f"{what} is nested too deeply") from error
    except ValueError as error:
        raise BrokenError(f"{what} is not JSON: {safe(str(error))}") from error
    return value, writer


def read_json_object(raw: bytes, what: str) -> dict[str, Any]:
    """Read a JSON object in any spelling, but with every name given once."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len({name for name, _ in pairs}) != len(pairs):
            raise BrokenError(f"{what} gives a name twice")
        return dict(pairs)

    try:
        value = json.loads(raw.decode("utf-8"), object_pairs_hook=once, parse_int=_integer)
    except RecursionError as error:
        raise BrokenError(f"{what} is nested too deeply") from error
    except ValueError as error:
        raise BrokenError(f"{what} is not JSON: {safe(str(error))}") from error
    if not isinstance(value, dict):
        raise BrokenError(f"{what} is not a JSON object")
    return value


def members(value: object, what: str, *names: str) -> dict[str, Any]:
    """Return a JSON object that has exactly these names."""
    if not isinstance(value, dict) or value.keys() != set(names):
        raise BrokenError(f"{what} is not an object with exactly: {', '.join(names)}")
    return value


def a_text(value: object, what: str) -> str:
    """Return a JSON string."""
    if not isinstance(value, str):
        raise BrokenError(f"{what} is not a text")
    return value


def a_number(value: object, what: str, least: int = 0) -> int:
    """Return a JSON integer of at least this much."""
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise BrokenError(f"{what} is not a whole number of at least {least}")
    return value


def a_list(value: object, what: str) -> list[Any]:
    """Return a JSON array."""
    if not isinstance(value, list):
        raise BrokenError(f"{what} is not a list")
    return value


_UID = re.compile(r"[0-9a-z]{1,64}")


def a_uid(value: object, what: str) -> str:
    """Return a uid: up to 64 digits and lower-case letters."""
    if not isinstance(value, str) or not _UID.fullmatch(value):
        raise BrokenError(f"{what} is not a uid")
    return value


def hashes(value: object, what: str) -> list[bytes]:
    """Return the hashes of a Merkle proof."""
    listed = a_list(value, what)
    if len(listed) > MAX_PROOF:
        raise BrokenError(f"{what} has more than {MAX_PROOF} hashes")
    return [from_base64(a_text(item, what), what, HASH) for item in listed]


# ----------------------------------------------------------------------------------- Merkle trees, RFC 6962 and 9162

EMPTY_ROOT = digest()


def leaf_hash(entry: bytes) -> bytes:
    """Hash an entry into a leaf (RFC 6962, 2.1)."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two nodes into their parent (RFC 6962, 2.1)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def verify_inclusion(index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes) -> bool:
    """Say whether the leaf hash stands at this index of the tree of this size and root (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size or len(leaf) != HASH:
        return False
    first, last, reached = index, size - 1, leaf
    for sibling in proof:
        if last == 0 or len(sibling) != HASH:
            return False
        if first & 1 or first == last:
            reached = hashlib.sha256(b"\x01" + sibling + reached).digest()
            while not first & 1 and first:
                first >>= 1
                last >>= 1
        else:
            reached = hashlib.sha256(b"\x01" + reached + sibling).digest()
        first >>= 1
        last >>= 1
    return last == 0 and reached == root


def _is_subtree(start: int, end: int) -> bool:
    """Say whether [start, end) starts at a multiple of the power of two that holds it."""
    return 0 <= start <= end and (start == end or start % (1 << (end - start - 1).bit_length()) == 0)


def verify_subtree_inclusion(
    index: int, span: tuple[int, int], leaf: bytes, proof: Sequence[bytes], root: bytes
) -> bool:
    """Say whether the leaf stands at this index of the subtree over the leaves of span, [start, end)."""
    start, end = span
    return _is_subtree(start, end) and verify_inclusion(index - start, end - start, leaf, proof, root)


def verify_subtree_consistency(
    span: tuple[int, int], size: int, subtree: bytes, proof: Sequence[bytes], root: bytes
) -> bool:
    """Say whether the tree of this size and root holds the subtree over the leaves of span with this hash.

    With start 0 it is the consistency proof of RFC 9162, 2.1.4.2.
    """
    start, end = span
    if not _is_subtree(start, end) or end > size:
        return False
    if start == end:
        return not proof and subtree == EMPTY_ROOT
    first, second, last = start, end - 1, size - 1
    while first != second and (second == last or second & 1):
        first, second, last = first >> 1, second >> 1, last >> 1
    rest = list(proof)
    if any(len(item) != HASH for item in rest) or (first != second and not rest):
        return False
    old = new = subtree if first == second else rest.pop(0)
    for sibling in rest:
        if last == 0:
            return False
        if second & 1 or second == last:
            if first < second:
                old = node_hash(sibling, old)
            new = node_hash(sibling, new)
            while not second & 1 and second:
                first, second, last = first >> 1, second >> 1, last >> 1
        else:
            new = node_hash(new, sibling)
        first, second, last = first >> 1, second >> 1, last >> 1
    return last == 0 and old == subtree and new == root


def verify_consistency(old_size: int, new_size: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Say whether the old tree is the beginning of the new one (RFC 9162, 2.1.4.2); an empty one proves nothing."""
    return old_size > 0 and verify_subtree_consistency((0, old_size), new_size, old_root, proof, new_root)


# ------------------------------------------------------------------- signed notes and checkpoints, c2sp.org/signed-note


class KeyKind(IntEnum):
    """Signature types of C2SP that are understood here."""

    LOG = 1  # Ed25519 over the text
    COSIGNER = 4  # Ed25519 over a time and the text, c2sp.org/tlog-cosignature


def _is_key_name(name: str) -> bool:
    return bool(name) and "+" not in name and not any(char.isspace() for char in name)


def key_id(name: str, kind: int, public: bytes) -> bytes:
    """Return the four bytes by which a signature line names its key."""
    return digest(name.encode(), b"\n", bytes([kind]), public)[:4]


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key with its name, read from a vkey."""

    name: str
    kind: KeyKind
    public: bytes

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `name+keyid+base64`; the key id must be that of the name and the key."""
        name, _, rest = text.partition("+")
        given, _, encoded = rest.partition("+")
        if not _is_key_name(name):
            raise BrokenError(f"not a vkey (name+keyid+base64): {safe(text[:120])}")
        known = from_hex(given, f"the key id of the vkey of {safe(name)}", 4)
        raw = from_base64(encoded, f"the key of the vkey of {safe(name)}")
        if len(raw) != 1 + HASH or raw[0] not in tuple(KeyKind):
            raise BrokenError(f"the vkey of {safe(name)} is neither Ed25519 (01) nor an Ed25519 cosigner (04)")
        key = cls(name, KeyKind(raw[0]), raw[1:])
        if key.id != known:
            raise BrokenError(f"the key id of the vkey of {safe(name)} does not belong to its name and key")
        return key

    @property
    def id(self) -> bytes:
        """Return the four bytes that name the key."""
        return key_id(self.name, self.kind, self.public)

    @property
    def fingerprint(self) -> str:
        """Return what to compare with paper: SHA-256 of the public key, in groups of four."""
        text = digest(self.public).hex()
        return " ".join(text[place : place + 4] for place in range(0, len(text), 4))

    def verify(self, signature: bytes, text: str) -> int | None:
        """Check a signature on a note's text; return the time of a cosignature in seconds, None for a log's.

        Raises InvalidSignature.
        """
        message, stamp = text.encode(), None
        if self.kind is KeyKind.COSIGNER:
            stamp = int.from_bytes(signature[:8], "big")
            if stamp > MAX_TREE:
                raise InvalidSignature
            message, signature = f"cosignature/v1\ntime {stamp}\n{text}".encode(), signature[8:]
        Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        return stamp


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line of a note."""

    name: str
    key_id: bytes
    raw: bytes


@dataclass(frozen=True, slots=True)
class Note:
    """A text and the signature lines below it, none of them checked yet."""

    text: str
    signatures: tuple[Signature, ...]

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """Read a signed note, strictly."""
        try:
            whole = raw.decode("utf-8")
        except UnicodeDecodeError as error:
            raise BrokenError("the note is not UTF-8") from error
        if any(char < " " and char != "\n" for char in whole):
            raise BrokenError("the note holds a control character")
        text, gap, block = whole.rpartition("\n\n")
        if not gap or not block.endswith("\n"):
            raise BrokenError("the note has no block of signatures that ends its last line")
        lines = block[:-1].split("\n")
        if len(lines) > MAX_SIGNATURES:
            raise BrokenError(f"the note has more than {MAX_SIGNATURES} signatures")
        return cls(text + "\n", tuple(cls._signature(line) for line in lines))

    @staticmethod
    def _signature(line: str) -> Signature:
        dash, _, rest = line.partition(" ")
        name, _, encoded = rest.partition(" ")
        if dash != "\N{EM DASH}" or not _is_key_name(name):
            raise BrokenError(f"not a signature line: {safe(line[:120])}")
        raw = from_base64(encoded, f"the signature of {safe(name)}")
        if len(raw) < 5:  # noqa: PLR2004 -- the key id and at least one byte
            raise BrokenError(f"the signature of {safe(name)} is too short")
        return Signature(name, raw[:4], raw[4:])

    def verify(self, keys: Sequence[VerifierKey]) -> tuple[dict[VerifierKey, int | None], list[Signature]]:
        """Check every signature of a known key; return their times by key, and the lines of unknown keys.

        A false signature of a known key condemns the note; the caller decides whether the known ones suffice.
        """
        known: dict[tuple[str, bytes], list[VerifierKey]] = {}
        for key in keys:
            known.setdefault((key.name, key.id), []).append(key)
        verified: dict[VerifierKey, int | None] = {}
        unknown: dict[Signature, None] = {}
        for line in self.signatures:
            candidates = known.get((line.name, line.key_id), [])
            if len(candidates) > 1:
                raise BrokenError(f"two trusted keys have the name and id {safe(line.name)}+{line.key_id.hex()}")
            if not candidates:
                unknown[line] = None
            elif candidates[0] not in verified:
                try:
                    verified[candidates[0]] = candidates[0].verify(line.raw, self.text)
                except InvalidSignature as error:
                    raise BrokenError(f"the signature of {safe(line.name)} is false") from error
        return verified, list(unknown)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A log's tree at one size: the text of c2sp.org/tlog-checkpoint, with its note."""

    origin: str
    size: int
    root: bytes
    note: Note

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """Read a checkpoint with its signatures."""
        return cls.of(Note.parse(raw))

    @classmethod
    def of(cls, note: Note) -> Self:
        """Read the text of a note as a checkpoint; extension lines are covered by the signatures and ignored."""
        lines = note.text[:-1].split("\n")
        if len(lines) < 3 or not all(lines):  # noqa: PLR2004 -- origin, size, root
            raise BrokenError("a checkpoint is an origin, a size, a root and no empty line")
        size = from_decimal(lines[1], "the size of the checkpoint")
        return cls(lines[0], size, from_base64(lines[2], "the root of the checkpoint", HASH), note)


# -------------------------------------------------------------------------------- the trust file, c2sp.org/tlog-policy


@dataclass(frozen=True, slots=True)
class Trust:
    """What you decided to believe before you opened the file: keys, and how many witnesses are enough.

    The lines `log`, `witness`, `group` and `quorum` are those of c2sp.org/tlog-policy. Two more are ours:
    `passkey <SHA-256 of its COSE key in hex> [rp id]` for a visitor's passkey, and
    `signer <name> <base64 SubjectPublicKeyInfo>` for DSSE envelopes.
    """

    logs: tuple[VerifierKey, ...]
    witnesses: dict[str, VerifierKey]
    groups: dict[str, tuple[int, tuple[str, ...]]]
    quorum: str
    passkeys: dict[str, str]
    signers: dict[str, bytes]

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """Read a trust file; raise TrustError naming the first line that cannot be understood."""
        reader = _TrustReader()
        if any((byte < 0x20 and byte not in b"\t\n") or byte == 0x7F for byte in raw):  # noqa: PLR2004 -- ASCII controls
            raise TrustError("the trust file holds control characters (lines end with a plain newline)")
        for number, line in enumerate(raw.decode("utf-8", "surrogateescape").split("\n"), 1):
            words = re.split(r"[ \t]+", line.strip(" \t"))
            if not words[0] or words[0].startswith("#"):
                continue
            try:
                reader.line(words[0], words[1:])
            except (BrokenError, TrustError) as error:
                raise TrustError(f"line {number} of the trust file: {error}") from error
        if reader.quorum is None:
            raise TrustError("the trust file has no quorum line; `quorum none` relies on no witness")
        return cls(tuple(reader.logs), reader.witnesses, reader.groups, reader.quorum, reader.passkeys, reader.signers)

    def keys_for(self, origin: str) -> list[VerifierKey]:
        """Return the keys that may sign this log; a log's key bears the origin as its name."""
        return [key for key in self.logs if key.name == origin]

    def is_met(self, cosigned: set[str], name: str | None = None) -> bool:
        """Say whether these witnesses make up the quorum, or the group of this name."""
        name = self.quorum if name is None else name
        if name == "none":
            return True
        if name in self.witnesses:
            return name in cosigned
        least, listed = self.groups[name]
        return sum(self.is_met(cosigned, member) for member in listed) >= least


@dataclass(slots=True)
class _TrustReader:
    """The lines read so far; a name must be defined before it is used."""

    logs: list[VerifierKey] = field(default_factory=list)
    witnesses: dict[str, VerifierKey] = field(default_factory=dict)
    groups: dict[str, tuple[int, tuple[str, ...]]] = field(default_factory=dict)
    quorum: str | None = None
    passkeys: dict[str, str] = field(default_factory=dict)
    signers: dict[str, bytes] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)

    def line(self, word: str, rest: list[str]) -> None:
        """Take one line in."""
        readers: dict[str, tuple[Callable[[list[str]], None], int, int | None]] = {
            "log": (self._log, 1, 2),
            "witness": (self._witness, 1, 3),
            "group": (self._group, 3, None),
            "quorum": (self._quorum, 1, 1),
            "passkey": (self._passkey, 1, 2),
            "signer": (self._signer, 2, 2),
        }
        if word not in readers:
            raise TrustError(f"unknown word {safe(word)}; known: {', '.join(readers)}")
        read, least, most = readers[word]
        if len(rest) < least or (most is not None and len(rest) > most):
            raise TrustError(f"a {word} line has {least} to {most or 'any number of'} words after it, not {len(rest)}")
        read(rest)

    def _new(self, name: str) -> str:
        if name == "none" or name in self.witnesses or name in self.groups:
            raise TrustError(f"the name {safe(name)} is taken")
        return name

    def _log(self, rest: list[str]) -> None:
        key = VerifierKey.parse(rest[0])
        if key.kind is not KeyKind.LOG:
            raise TrustError("a log signs with a key of type 01")
        if any(key.public == other.public for other in self.logs):
            raise TrustError("this log key stands here twice")
        self.logs.append(key)

    def _witness(self, rest: list[str]) -> None:
        # C2SP writes `witness <name> <vkey> [<url>]`; a vkey alone is named by its own name.
        key = VerifierKey.parse(rest[1] if len(rest) > 1 else rest[0])
        if key.kind is not KeyKind.COSIGNER:
            raise TrustError("a witness signs with a key of type 04")
        if any(key.public == other.public for other in self.witnesses.values()):
            raise TrustError("this witness key stands here twice")
        self.witnesses[self._new(rest[0] if len(rest) > 1 else key.name)] = key

    def _group(self, rest: list[str]) -> None:
        name, how, *listed = rest
        count = {"any": 1, "all": len(listed)}.get(how)
        if count is None:
            count = int(how) if _DECIMAL.fullmatch(how) else 0
        if not 1 <= count <= len(listed):
            raise TrustError(f"a group of {len(listed)} needs `any`, `all` or a number from 1 to {len(listed)}")
        for member in listed:
            if member not in self.witnesses and member not in self.groups:
                raise TrustError(f"{safe(member)} is not defined above this line")
            if member in self.used:
                raise TrustError(f"{safe(member)} is already a member of a group")
            self.used.add(member)
        self.groups[self._new(name)] = (count, tuple(listed))

    def _quorum(self, rest: list[str]) -> None:
        if self.quorum is not None:
            raise TrustError("there is a second quorum line")
        name = rest[0]
        if name not in self.witnesses and name not in self.groups and _DECIMAL.fullmatch(name):
            # `quorum 2`: any two of the witnesses above, written as the group that it is.
            count, listed = int(name), tuple(self.witnesses)
            if count > len(listed):
                raise TrustError(f"the quorum is {count}, and {counted(len(listed), 'witness', 'witnesses')} listed")
            self.groups[name] = (count, listed)
        elif name != "none" and name not in self.witnesses and name not in self.groups:
            raise TrustError(f"{safe(name)} is not defined above this line")
        self.quorum = name

    def _passkey(self, rest: list[str]) -> None:
        from_hex(rest[0], "the fingerprint of a passkey")
        self.passkeys[rest[0]] = rest[1] if len(rest) > 1 else ""

    def _signer(self, rest: list[str]) -> None:
        self.signers[rest[0]] = from_base64(rest[1], "the key of a signer")


# ---------------------------------------------------------------------------------- DSSE envelopes and tlog-proof files


def dsse_pae(payload_type: str, payload: bytes) -> bytes:
    """Return the bytes that a DSSE signature covers (DSSE v1, pre-authentication encoding)."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def _signed_by(spki: bytes, signature: bytes, message: bytes) -> bool:
    """Say whether an Ed25519 or P-256 key signed the message; P-256 as r||s or DER."""
    try:
        key = load_der_public_key(spki)
        if isinstance(key, Ed25519PublicKey):
            key.verify(signature, message)
            return True
        if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1):
            if len(signature) == 2 * HASH:
                left, right = (int.from_bytes(half, "big") for half in (signature[:HASH], signature[HASH:]))
                signature = encode_dss_signature(left, right)
            key.verify(signature, message, ec.ECDSA(SHA256()))
            return True
    except (InvalidSignature, UnsupportedAlgorithm, ValueError):
        return False
    return False


def open_dsse(raw: bytes, signers: dict[str, bytes]) -> tuple[str, bytes, list[str]]:
    """Return the type and payload of a DSSE envelope and the names of the known signers who signed it."""
    envelope = members(read_json_object(raw, "the envelope"), "the envelope", "payload", "payloadType", "signatures")
    payload = from_base64(a_text(envelope["payload"], "the payload"), "the payload")
    kind = a_text(envelope["payloadType"], "the type of the payload")
    message = dsse_pae(kind, payload)
    names: dict[str, None] = {}
    for item in a_list(envelope["signatures"], "the signatures"):
        if not isinstance(item, dict) or not {"sig"} <= item.keys() <= {"sig", "keyid"}:
            raise BrokenError("a signature of the envelope is not an object of sig and keyid")
        raw_signature = from_base64(a_text(item["sig"], "a signature"), "a signature of the envelope")
        names |= {name: None for name, spki in signers.items() if _signed_by(spki, raw_signature, message)}
    return kind, payload, list(names)


@dataclass(frozen=True, slots=True)
class TlogProof:
    """A c2sp.org/tlog-proof@v1 file: one entry's place in a signed tree."""

    extra: bytes | None
    index: int
    proof: tuple[bytes, ...]
    checkpoint: Checkpoint

    HEADER = b"c2sp.org/tlog-proof@v1\n"

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """Read a proof file, strictly."""
        head, gap, rest = raw.partition(b"\n\n")
        if not raw.startswith(cls.HEADER) or not gap:
            raise BrokenError("not a c2sp.org/tlog-proof@v1 file")
        try:
            lines = head.decode("ascii").split("\n")[1:]
        except UnicodeDecodeError as error:
            raise BrokenError("the proof holds what is not ASCII") from error
        extra = None
        if lines and lines[0].startswith("extra "):
            extra = from_base64(lines.pop(0).removeprefix("extra "), "the extra line of the proof")
        if not lines or not lines[0].startswith("index "):
            raise BrokenError("the proof has no index line")
        index = from_decimal(lines[0].removeprefix("index "), "the index of the proof")
        return cls(extra, index, tuple(hashes(lines[1:], "the proof")), Checkpoint.parse(rest))


@dataclass(frozen=True, slots=True)
class GrowthProof:
    """A consistency proof with the checkpoint it leads to, in the form of a c2sp.org/tlog-witness request."""

    old_size: int
    proof: tuple[bytes, ...]
    checkpoint: Checkpoint

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """Read `old N`, the hashes, an empty line and a checkpoint."""
        head, gap, rest = raw.partition(b"\n\n")
        try:
            lines = head.decode("ascii").split("\n")
        except UnicodeDecodeError as error:
            raise BrokenError("the consistency proof holds what is not ASCII") from error
        if not gap or not lines[0].startswith("old "):
            raise BrokenError("not a consistency proof: `old N`, hashes, an empty line, a checkpoint")
        old_size = from_decimal(lines[0].removeprefix("old "), "the old size")
        return cls(old_size, tuple(hashes(lines[1:], "the consistency proof")), Checkpoint.parse(rest))


# ------------------------------------------------------------------------- passkeys: COSE keys and WebAuthn assertions


class _Cbor:
    """The little of CBOR that a COSE key needs: one map from integers to integers and byte strings (RFC 8949)."""

    def __init__(self, raw: bytes) -> None:
        self.raw, self.place = raw, 0

    def _take(self, size: int) -> bytes:
        part = self.raw[self.place : self.place + size]
        if len(part) != size:
            raise BrokenError("the COSE key ends early")
        self.place += size
        return part

    def _head(self) -> tuple[int, int]:
        """Return the major type and the argument, which must be in its shortest form."""
        first = self._take(1)[0]
        major, short = first >> 5, first & 0x1F
        if short < 24:  # noqa: PLR2004 -- RFC 8949, 3: the argument itself below 24, else 1, 2, 4 or 8 bytes
            return major, short
        if short > 27:  # noqa: PLR2004
            raise BrokenError("the COSE key uses CBOR of indefinite length")
        width = 1 << (short - 24)
        argument = int.from_bytes(self._take(width), "big")
        if argument < (24 if width == 1 else 1 << (4 * width)):
            raise BrokenError("the COSE key writes a number longer than needed")
        return major, argument

    def _item(self) -> int | bytes:
        major, argument = self._head()
        if major == 0:
            return argument
        if major == 1:
            return -1 - argument
        if major == 2:  # noqa: PLR2004 -- byte string
            return self._take(argument)
        raise BrokenError("the COSE key holds what a public key does not need")

    def read(self) -> dict[int, int | bytes]:
        """Read the whole input as one map."""
        major, count = self._head()
        if major != 5 or count > 16:  # noqa: PLR2004 -- major type 5 is a map; a public key has at most 5 members
            raise BrokenError("the COSE key is not a small CBOR map")
        found: dict[int, int | bytes] = {}
        for _ in range(count):
            name = self._item()
            if not isinstance(name, int) or name in found:
                raise BrokenError("the COSE key names a member twice or not by an integer")
            found[name] = self._item()
        if self.place != len(self.raw):
            raise BrokenError("bytes follow the COSE key")
        return found


@dataclass(frozen=True, slots=True)
class Passkey:
    """A visitor's public key as enrolled: ES256, EdDSA or RS256 (RFC 9053, RFC 8812)."""

    algorithm: str
    fingerprint: str
    rp: str
    check: Callable[[bytes, bytes], None]

    @classmethod
    def parse(cls, value: object, what: str) -> Self:
        """Read the field `passkey` of an enrolment."""
        given = members(value, what, "algorithm", "cose", "fingerprint", "rp")
        cose = from_base64(a_text(given["cose"], what), f"the COSE key of {what}")
        if digest(cose).hex() != a_text(given["fingerprint"], what):
            raise BrokenError(f"the fingerprint of {what} is not that of its COSE key")
        algorithm, check = _cose_check(_Cbor(cose).read())
        if algorithm != given["algorithm"]:
            raise BrokenError(f"{what} says {safe(str(given['algorithm']))}, its COSE key says {algorithm}")
        return cls(algorithm, digest(cose).hex(), a_text(given["rp"], what), check)


_KTY, _ALG, _CRV, _X, _Y = 1, 3, -1, -2, -3  # COSE labels; an RSA key has its modulus at -1 and its exponent at -2


def _cose_check(cose: dict[int, int | bytes]) -> tuple[str, Callable[[bytes, bytes], None]]:
    """Return the algorithm of a COSE key and a function (signature, message) that raises InvalidSignature."""
    first, second = cose.get(_X), cose.get(_Y)
    try:
        match cose.get(_KTY), cose.get(_ALG), cose.get(_CRV):
            case 2, -7, 1 if cose.keys() == {_KTY, _ALG, _CRV, _X, _Y}:
                if isinstance(first, bytes) and isinstance(second, bytes) and len(first) == len(second) == HASH:
                    point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), b"\x04" + first + second)
                    return "ES256", lambda signature, message: point.verify(signature, message, ec.ECDSA(SHA256()))
            case 1, -8, 6 if cose.keys() == {_KTY, _ALG, _CRV, _X} and isinstance(first, bytes):
                return "EdDSA", Ed25519PublicKey.from_public_bytes(first).verify
            case 3, -257, bytes(modulus) if cose.keys() == {_KTY, _ALG, _CRV, _X} and isinstance(first, bytes):
                numbers = rsa.RSAPublicNumbers(int.from_bytes(first, "big"), int.from_bytes(modulus, "big"))
                if numbers.n.bit_length() >= 2048:  # noqa: PLR2004 -- bits, NIST SP 800-131A
                    key = numbers.public_key()
                    return "RS256", lambda signature, message: key.verify(
                        signature, message, padding.PKCS1v15(), SHA256()
                    )
            case _:
                pass
    except (ValueError, UnsupportedAlgorithm) as error:
        raise BrokenError("the COSE key is not a valid public key") from error
    raise BrokenError("the COSE key is none of ES256 (P-256), EdDSA (Ed25519) and RS256 (2048 bits or more)")


_UP, _UV, _AT, _ED = 0x01, 0x04, 0x40, 0x80  # flags of WebAuthn's authenticator data
_PLAIN_DATA = 37  # bytes of authenticator data without extensions
_HOST = re.compile(r"(https?)://([a-z0-9.-]+)(?::[0-9]{1,5})?")


def check_assertion(key: Passkey, challenge: bytes, data: bytes, client: bytes, signature: bytes) -> str:
    """Check a WebAuthn assertion over this challenge and return the web origin it was given to (WebAuthn 3, 7.2)."""
    told = read_json_object(client, "the client data")
    if told.get("type") != "webauthn.get":
        raise BrokenError("the client data is not that of a passkey's signature (webauthn.get)")
    expected = base64.urlsafe_b64encode(challenge).rstrip(b"=").decode()
    if told.get("challenge") != expected:
        raise BrokenError("the passkey signed another statement than the one in this receipt")
    if told.get("crossOrigin", False) is not False:
        raise BrokenError("the passkey signed inside a frame of another site")
    place = told.get("origin")
    host = _HOST.fullmatch(place) if isinstance(place, str) else None
    if host is None or not (host[2] == key.rp or host[2].endswith("." + key.rp)):
        raise BrokenError(f"the passkey signed at {safe(str(place))}, which is not a page of {safe(key.rp)}")
    if host[1] == "http" and host[2] != "localhost":
        raise BrokenError(f"the passkey signed at {safe(str(place))}, which is not a secure page")
    if len(data) < _PLAIN_DATA or data[:HASH] != digest(key.rp.encode()):
        raise BrokenError(f"the authenticator data is not for {safe(key.rp)}")
    flags = data[HASH]
    if flags & _AT or bool(flags & _ED) != (len(data) > _PLAIN_DATA):
        raise BrokenError("the authenticator data is not that of a signature")
    if not flags & _UP or not flags & _UV:
        raise BrokenError("the passkey signed without checking that its owner was there (user verification)")
    try:
        key.check(signature, data + digest(client))
    except (InvalidSignature, ValueError) as error:
        raise BrokenError("the passkey's signature on the close of the visit is false") from error
    return str(place)


# ---------------------------------------------------------------------------- the container: a zip without any freedom

MEMBERS = ("README.txt", "checkpoint", "receipt.json")
_LOCAL, _CENTRAL, _END = struct.Struct("<4s5H3I2H"), struct.Struct("<4s6H3I5H2I"), struct.Struct("<4s4H2IH")
_MADE_BY, _NEEDED, _DAY_ZERO = 3 << 8 | 20, 20, 0x21  # Unix, zip 2.0, 1980-01-01
_MODE = 0o100644 << 16


def container(parts: Sequence[bytes]) -> bytes:
    """Write the three members as the one zip file that holds them: stored, no dates, no comments, this order."""
    body, index = b"", b""
    bodies: list[bytes] = []
    place = 0
    for name, content in zip((name.encode() for name in MEMBERS), parts, strict=True):
        facts = (_NEEDED, 0, 0, 0, _DAY_ZERO, zlib.crc32(content), len(content), len(content), len(name), 0)
        bodies += [_LOCAL.pack(b"PK\x03\x04", *facts), name, content]
        index += _CENTRAL.pack(b"PK\x01\x02", _MADE_BY, *facts, 0, 0, 0, _MODE, place) + name
        place += _LOCAL.size + len(name) + len(content)
    body = b"".join(bodies)
    return body + index + _END.pack(b"PK\x05\x06", 0, 0, len(parts), len(parts), len(index), place, 0)


def open_container(raw: bytes) -> list[bytes]:
    """Return the members of a receipt; nothing is unpacked to disk, and nothing is compressed.

    The lengths are read from the local headers; then the file must equal, byte for byte, the one that holds these
    members. So names, order, flags, padding, comments and trailing bytes leave no room to hide anything.
    """
    if len(raw) > MAX_FILE:
        raise BrokenError(f"the receipt is larger than {MAX_FILE:,} bytes")
    parts: list[bytes] = []
    place = 0
    for name in MEMBERS:
        if len(raw) < place + _LOCAL.size + len(name):
            raise BrokenError("the receipt ends early")
        size: int = _LOCAL.unpack_from(raw, place)[8]
        place += _LOCAL.size + len(name)
        parts.append(raw[place : place + size])
        place += size
    if container(parts) != raw:
        raise BrokenError(
            f"the receipt is not the stored zip of exactly {', '.join(MEMBERS)} that a lab writes;"
            " if it was unpacked and packed again, ask for the original file"
        )
    return parts


# ---------------------------------------------------------------------------------------------- events and the receipt

_FIELD = re.compile(r"[a-z][a-z0-9-]{0,62}")
_KIND = re.compile(r"[a-z]{1,40}\.[a-z0-9-]{1,80}")
VIEW, OPENED = "readingroom.lines-shown", "readingroom.visit-opened"
SHOWN = "-shown"  # how the kinds of all showings end: lines, columns of a long line, folders, differences
DELEGATED, ENROLLED = "ledger.web-key-delegated", "people.passkey-enrolled"


def field_commitment(name: str, salt: bytes, value: bytes) -> bytes:
    """Commit to one field: its name, its salt and its canonical value."""
    raw = name.encode("ascii")
    return hashlib.sha256(b"glasshouse/field/v1\n" + salt + len(raw).to_bytes(2, "big") + raw + value).digest()


def event_commitment(fields: Sequence[bytes], boxes: bytes) -> bytes:
    """Commit to an event: its field commitments in the order of their names, and the digest of its sealed boxes."""
    return hashlib.sha256(b"glasshouse/event/v1\n" + len(fields).to_bytes(2, "big") + b"".join(fields) + boxes).digest()


def open_event(value: dict[str, Any], write: Callable[[Any], bytes], what: str) -> tuple[bytes, dict[str, Any], int]:
    """Recompute an event's commitment from `fields`, `boxes` and `openings`; return it, what is open, and the rest."""
    fields = [from_hex(a_text(item, what), f"a field of {what}") for item in a_list(value["fields"], what)]
    found: dict[str, Any] = {}
    last_index, last_name = -1, ""
    for item in a_list(value["openings"], f"the openings of {what}"):
        opening = members(item, f"an opening of {what}", "index", "name", "salt", "value")
        index, name = a_number(opening["index"], what), a_text(opening["name"], what)
        if not last_index < index < len(fields) or not last_name < name or not _FIELD.fullmatch(name):
            raise BrokenError(f"the openings of {what} do not follow the order of its fields")
        salt = from_hex(a_text(opening["salt"], what), f"a salt of {what}")
        if field_commitment(name, salt, write(opening["value"])) != fields[index]:
            raise BrokenError(f"the field {name} of {what} is not the one that was committed")
        found[name] = opening["value"]
        last_index, last_name = index, name
    boxes = from_hex(a_text(value["boxes"], what), f"the digest of the boxes of {what}")
    return event_commitment(fields, boxes), found, len(fields) - len(found)


@dataclass(frozen=True, slots=True)
class Head:
    """What every event says of itself."""

    at: datetime
    kind: str
    subject: str
    uid: str

    @classmethod
    def parse(cls, value: object, what: str) -> Self:
        """Read the field `head`."""
        given = members(value, f"the head of {what}", "at", "kind", "subject", "uid")
        kind = a_text(given["kind"], what)
        if not _KIND.fullmatch(kind):
            raise BrokenError(f"the kind of {what} is not a kind")
        subject = given["subject"]
        return cls(
            from_clock(a_text(given["at"], what), f"the time of {what}"),
            kind,
            subject if subject == "" else a_uid(subject, f"the subject of {what}"),
            a_uid(given["uid"], f"the uid of {what}"),
        )


@dataclass(frozen=True, slots=True)
class Event:
    """An entry of the log as the receipt opens it; every value in it was recomputed into the commitment."""

    what: str
    number: int  # 0 outside the engagement's chain
    previous: bytes
    index: int
    commitment: bytes
    head: Head | None
    fields: dict[str, Any]
    sealed: int
    proof: tuple[bytes, ...]
    promise: tuple[bytes, bytes] | None  # signature, key

    SHAPE = ("boxes", "commitment", "fields", "index", "number", "openings", "promise", "proof")

    @classmethod
    def parse(cls, value: object, write: Callable[[Any], bytes], engagement: str | None, what: str) -> Self:
        """Read an event and recompute its commitment; with an engagement it is an entry of that chain."""
        given = members(value, what, *cls.SHAPE)
        number, previous = 0, b""
        if engagement is not None:
            number = a_number(given["number"], f"the number of {what}", 1)
            what = f"entry {number:,}"
        elif given["number"] is not None or given["promise"] is not None:
            raise BrokenError(f"{what} stands outside the chain and has a number or a promise")
        commitment, fields, sealed = open_event(given, write, what)
        if commitment != from_hex(a_text(given["commitment"], what), f"the commitment of {what}"):
            raise BrokenError(f"{what} does not have the commitment it names")
        if engagement is not None:
            previous = cls._link(fields, engagement, number, what)
        elif "chain" in fields:
            raise BrokenError(f"{what} belongs to the chain of an engagement and stands outside it")
        head = Head.parse(fields["head"], what) if "head" in fields else None
        index = a_number(given["index"], f"the index of {what}")
        proof = tuple(hashes(given["proof"], f"the proof of {what}"))
        return cls(
            what, number, previous, index, commitment, head, fields, sealed, proof, cls._promise(given["promise"], what)
        )

    @staticmethod
    def _link(fields: dict[str, Any], engagement: str, number: int, what: str) -> bytes:
        chain = members(fields.get("chain"), f"the chain of {what}", "engagement", "number", "previous")
        if chain["engagement"] != engagement or a_number(chain["number"], f"the number of {what}") != number:
            raise BrokenError(f"{what} belongs to another engagement or another number")
        return from_hex(a_text(chain["previous"], what), f"the previous commitment of {what}")

    @staticmethod
    def _promise(value: object, what: str) -> tuple[bytes, bytes] | None:
        if value is None:
            return None
        given = members(value, f"the promise of {what}", "key", "signature")
        signature = from_base64(a_text(given["signature"], what), f"the promise of {what}", 2 * HASH)
        return signature, from_base64(a_text(given["key"], what), f"the promise's key of {what}", HASH)


@dataclass(frozen=True, slots=True)
class Receipt:
    """A receipt whose every event was recomputed; nothing in it has been compared with a signature yet."""

    origin: str
    engagement: str
    visit: str
    person: str
    events: tuple[Event, ...]
    delegations: tuple[Event, ...]
    enrolments: tuple[Event, ...]
    close: dict[str, Any] | None
    releases: list[Any]
    manifest_proofs: list[Any]
    write: Callable[[Any], bytes]

    FORMAT = "glasshouse/receipt/v1"
    SHAPE = (
        *("close", "delegations", "engagement", "enrolments", "events", "format"),
        *("manifest_proofs", "origin", "person", "releases", "visit"),
    )

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """Read receipt.json; every byte of it is checked here or in a later step."""
        value, write = read_canonical(raw, "receipt.json")
        given = members(value, "receipt.json", *cls.SHAPE)
        if given["format"] != cls.FORMAT:
            raise BrokenError(f"receipt.json is not of the format {cls.FORMAT}")
        engagement = a_uid(given["engagement"], "the engagement")
        close = given["close"]
        if close is not None:
            members(close, "the close", "authenticator_data", "client_data", "credential", "signature", "statement")

        def outside(name: str, word: str) -> tuple[Event, ...]:
            listed = enumerate(a_list(given[name], name), 1)
            return tuple(Event.parse(item, write, None, f"{word} {place}") for place, item in listed)

        listed = enumerate(a_list(given["events"], "the events"), 1)
        return cls(
            origin=a_text(given["origin"], "the origin"),
            engagement=engagement,
            visit=a_uid(given["visit"], "the visit"),
            person="" if given["person"] == "" else a_uid(given["person"], "the person"),
            events=tuple(Event.parse(item, write, engagement, f"event {place}") for place, item in listed),
            delegations=outside("delegations", "delegation"),
            enrolments=outside("enrolments", "enrolment"),
            close=close,
            releases=a_list(given["releases"], "the releases"),
            manifest_proofs=a_list(given["manifest_proofs"], "the manifest proofs"),
            write=write,
        )


@dataclass(frozen=True, slots=True)
class View:
    """One showing of lines, as the log holds it."""

    number: int
    at: datetime
    release: str  # root of the release's manifest
    path: str | None  # None when the receipt keeps the path closed
    file: str | None
    first: int
    last: int
    lines: str  # SHA-256 of the lines

    @property
    def count(self) -> int:
        """Return how many lines were shown."""
        return self.last - self.first + 1

    @classmethod
    def parse(cls, event: Event, at: datetime) -> Self:
        """Read the fields of a view; the file may be closed, what was shown may not."""
        shown = members(event.fields["shown"], f"what {event.what} showed", "charged", "first", "last", "lines")
        first, last = a_number(shown["first"], event.what, 1), a_number(shown["last"], event.what)
        a_number(shown["charged"], f"the charge of {event.what}")
        if last < first - 1:
            raise BrokenError(f"{event.what} shows lines {first} to {last}")
        lines = a_text(shown["lines"], event.what)
        from_hex(lines, f"the digest of the lines of {event.what}")
        path = file = None
        if "file" in event.fields:
            named = members(event.fields["file"], f"the file of {event.what}", "digest", "path")
            path, file = a_text(named["path"], event.what), a_text(named["digest"], event.what)
            from_hex(file, f"the digest of the file of {event.what}")
        root, _ = release_of(event.fields["release"], event.what)
        return cls(event.number, at, root, path, file, first, last, lines)


def release_of(value: object, what: str) -> tuple[str, int]:
    """Return the manifest root and the number of manifest leaves of a release as an event names it."""
    named = members(value, f"the release of {what}", "product", "root", "size", "version")
    a_uid(named["product"], f"the product of {what}")
    a_text(named["version"], f"the version of {what}")
    root = a_text(named["root"], what)
    from_hex(root, f"the release's root of {what}")
    return root, a_number(named["size"], f"the release's size of {what}", 1)


# ----------------------------------------------------------------------------------------------------------- verdicts


class Standing(StrEnum):
    """The first word of a line."""

    PROVED = "proved"
    CONSISTENT = (
        "consistent"  # it would be proved, had a key you trust signed it; as it is, anybody could have written it
    )
    NOT_PROVED = "not proved"
    GAP = "gap"
    BROKEN = "broken"


class Outcome(StrEnum):
    """What the whole comes to."""

    PROVED = "proved"
    BROKEN = "broken"
    AUTHOR_UNKNOWN = "consistent, author unknown"
    INCOMPLETE = "gaps or unacknowledged"


EXIT = {Outcome.PROVED: 0, Outcome.BROKEN: 1, Outcome.AUTHOR_UNKNOWN: 3, Outcome.INCOMPLETE: 4}
EXIT_USAGE = 2


@dataclass(frozen=True, slots=True)
class Line:
    """One finding, in words."""

    standing: Standing
    text: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer: one outcome, the lines it rests on, and the facts that the lines count."""

    outcome: Outcome
    lines: tuple[Line, ...]
    facts: dict[str, Any]

    @property
    def exit_code(self) -> int:
        """Return 0 proved, 1 broken, 3 consistent but author unknown, 4 gaps or unacknowledged."""
        return EXIT[self.outcome]


@dataclass(slots=True)
class _Report:
    """Lines as the steps find them."""

    lines: list[Line] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    author_known: bool = False
    incomplete: bool = False

    def proved(self, text: str) -> None:
        self.lines.append(Line(Standing.PROVED, text))

    def not_proved(self, text: str, *, incomplete: bool = False) -> None:
        self.lines.append(Line(Standing.NOT_PROVED, text))
        self.incomplete |= incomplete

    def gap(self, text: str) -> None:
        self.lines.append(Line(Standing.GAP, text))

    def broken(self, text: str) -> None:
        self.lines.append(Line(Standing.BROKEN, text))

    def verdict(self) -> Verdict:
        """Sum up. Once anything is broken nothing else is claimed, however well it looked."""
        broken = [line for line in self.lines if line.standing is Standing.BROKEN]
        if broken:
            rest = Line(Standing.NOT_PROVED, "anything else in this file: one broken part leaves no claim standing")
            return Verdict(Outcome.BROKEN, (*broken, rest), {})
        if any(line.standing is Standing.GAP for line in self.lines):
            outcome = Outcome.INCOMPLETE
        elif not self.author_known:
            outcome = Outcome.AUTHOR_UNKNOWN
        else:
            outcome = Outcome.INCOMPLETE if self.incomplete else Outcome.PROVED
        lines = self.lines
        if not self.author_known:
            lines = [
                Line(Standing.CONSISTENT, line.text) if line.standing is Standing.PROVED else line for line in lines
            ]
        return Verdict(outcome, tuple(lines), self.facts)


def _day(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S UTC")


def _from_stamp(stamp: int) -> datetime:
    try:
        return datetime.fromtimestamp(stamp, tz=UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise BrokenError(f"a cosignature bears an impossible time: {stamp}") from error


# ---------------------------------------------------------------------------------------------- the steps of a check


def step_1_keys(checkpoint: Checkpoint, trust: Trust | None, report: _Report) -> list[VerifierKey]:
    """Find, in the trust file, the keys that may sign this log."""
    keys = [] if trust is None else trust.keys_for(checkpoint.origin)
    origin = safe(checkpoint.origin)
    if trust is None:
        report.not_proved(f"who signed as {origin}: no trust file was given (--trust)")
    elif not keys:
        report.not_proved(f"who signed as {origin}: your trust file names no key for this log")
    report.facts |= {"origin": checkpoint.origin, "size": checkpoint.size, "root": checkpoint.root.hex()}
    return keys


def step_2_log(
    checkpoint: Checkpoint, keys: list[VerifierKey], trust: Trust | None, report: _Report
) -> dict[VerifierKey, int | None]:
    """Check the log's own signature, and every other signature by a key you trust."""
    witnesses = [] if trust is None else list(trust.witnesses.values())
    verified, unknown = checkpoint.note.verify([*keys, *witnesses])
    signed = [key for key in keys if key in verified]
    if keys and not signed:
        raise BrokenError(
            f"your trust file names a key of {safe(checkpoint.origin)}, and this checkpoint is not signed by it"
        )
    tree = f"the tree of {counted(checkpoint.size, 'entry', 'entries')} with root {checkpoint.root.hex()}"
    for key in signed:
        report.proved(f"log {safe(key.name)} signed {tree}")
        report.proved(f"that log's key is, to be compared with paper: {key.fingerprint}")
        report.author_known = True
    if unknown:
        names = some(dict.fromkeys(safe(line.name) for line in unknown))
        report.not_proved(f"{counted(len(unknown), 'signature')} by keys you do not trust, ignored: {names}")
    return verified


def step_3_witnesses(
    verified: dict[VerifierKey, int | None], trust: Trust | None, now: datetime, report: _Report
) -> None:
    """Count the witnesses that cosigned, and ask your quorum."""
    if trust is None or not report.author_known:
        return
    seen = {
        name: _from_stamp(stamp) for name, key in trust.witnesses.items() if (stamp := verified.get(key)) is not None
    }
    report.facts["witnesses"] = {name: _day(moment) for name, moment in seen.items()}
    listed = some(f"{safe(name)} on {_day(moment)}" for name, moment in seen.items())
    of = f"{len(seen)} of {counted(len(trust.witnesses), 'witness', 'witnesses')} in your trust file"
    if not trust.is_met(set(seen)):
        report.not_proved(
            f"your quorum ({safe(trust.quorum)}): {of} cosigned this tree{': ' + listed if seen else ''}",
            incomplete=True,
        )
    elif seen:
        report.proved(f"{of} cosigned this tree, which meets your quorum ({safe(trust.quorum)}): {listed}")
        report.proved(f"every entry in it existed by {_day(min(seen.values()))}, the earliest cosignature")
    if trust.quorum == "none" or not seen:
        report.not_proved("that everybody is shown the same tree: your quorum asks for no witness")
    for name, moment in seen.items():
        if moment > now + CLOCKS:
            report.not_proved(f"the time of {safe(name)}: {_day(moment)} is ahead of this machine's clock")


def step_4_entries(receipt: Receipt, checkpoint: Checkpoint, report: _Report) -> None:
    """Take the entries, each recomputed as it was read (Event.parse), and follow the engagement's chain."""
    if receipt.origin != checkpoint.origin:
        raise BrokenError("the receipt and its checkpoint name different logs")
    everything = [*receipt.events, *receipt.delegations, *receipt.enrolments]
    sealed = sum(event.sealed for event in everything)
    report.facts |= {"engagement": receipt.engagement, "visit": receipt.visit, "person": receipt.person}
    if receipt.events:
        first, last = receipt.events[0].number, receipt.events[-1].number
        report.proved(
            f"{counted(len(receipt.events), 'entry', 'entries')} of engagement {receipt.engagement},"
            f" numbers {first:,} to {last:,}, recomputed from what is opened here"
        )
    if sealed:
        report.not_proved(f"what {counted(sealed, 'field')} of these entries say: they are kept closed in this receipt")
    check_chain(receipt, report)
    check_persons(receipt, report)


def check_chain(receipt: Receipt, report: _Report) -> None:
    """Follow numbers and previous commitments; say where the chain is interrupted, and refuse times that run back."""
    events = receipt.events
    start = events[0].head if events else None
    if start is None or start.kind != OPENED or start.subject != receipt.visit:
        report.gap("the receipt does not begin with the opening of the visit; what came before is not in it")
    if events and events[0].number == 1 and events[0].previous != bytes(HASH):
        raise BrokenError("entry 1 names an entry before it")
    for before, event in itertools.pairwise(events):
        if event.number <= before.number:
            raise BrokenError(f"{event.what} follows {before.what}: the entries are not in order")
        missing = event.number - before.number - 1
        if missing:
            span = f"{before.number + 1:,}" + (f" to {event.number - 1:,}" if missing > 1 else "")
            report.gap(f"{counted(missing, 'entry is', 'entries are')} missing: {span}")
        elif event.previous != before.commitment:
            report.gap(f"{event.what} does not continue {before.what}: it names another entry before it")
    latest: Event | None = None
    for event in events:
        if event.head and latest and latest.head and event.head.at < latest.head.at:
            raise BrokenError(f"{event.what} is dated {_day(event.head.at)}, before {latest.what}")
        latest = event if event.head else latest


def check_persons(receipt: Receipt, report: _Report) -> None:
    """Check that the person of the receipt is the one whom its entries name."""
    named = {event.fields["actor"] for event in mine(receipt) if isinstance(event.fields.get("actor"), str)}
    for event in receipt.enrolments:
        if event.head is None or event.head.kind != ENROLLED:
            raise BrokenError(f"{event.what} is not the enrolment of a passkey")
        named.add(event.head.subject)
    if named != ({receipt.person} if receipt.person else set()):
        raise BrokenError("the person of the receipt is not the one whom its entries name")
    if receipt.person:
        report.proved(
            f"the entries of visit {receipt.visit} and the passkeys here are those of person {receipt.person}"
        )
    else:
        report.not_proved(f"who made visit {receipt.visit}: no entry here names a person")


def mine(receipt: Receipt) -> list[Event]:
    """Return the entries of the receipt's own visit; other visits of the engagement stand between them."""
    return [event for event in receipt.events if event.head and event.head.subject == receipt.visit]


def step_5_inclusion(receipt: Receipt, checkpoint: Checkpoint, report: _Report) -> None:
    """Climb from every entry to the signed root; check the promises made when the pages were shown."""
    everything = [*receipt.events, *receipt.delegations, *receipt.enrolments]
    for event in everything:
        if not verify_inclusion(
            event.index, checkpoint.size, leaf_hash(event.commitment), event.proof, checkpoint.root
        ):
            raise BrokenError(f"{event.what} is not in the signed tree at index {event.index:,}")
    report.proved(f"{counted(len(everything), 'entry stands', 'entries stand')} in that tree")
    check_promises(receipt, report)


def delegated_keys(receipt: Receipt) -> dict[bytes, tuple[datetime, datetime]]:
    """Return the keys that entries of the log delegate to the web, and from when until when."""
    spans: dict[bytes, tuple[datetime, datetime]] = {}
    for event in receipt.delegations:
        what = event.what
        if event.head is None or event.head.kind != DELEGATED:
            raise BrokenError(f"{what} is not the delegation of a key")
        key = members(event.fields.get("key"), f"the key of {what}", "algorithm", "from", "public", "until")
        public = from_base64(a_text(key["public"], what), f"the key of {what}", HASH)
        if key["algorithm"] != "ed25519" or public in spans:
            raise BrokenError(f"the key of {what} is not ed25519, or another entry delegated it")
        begin, end = (from_clock(a_text(key[name], what), f"the {name} of {what}") for name in ("from", "until"))
        spans[public] = begin, end
    return spans


def check_promises(receipt: Receipt, report: _Report) -> None:
    """Check what the web signed as it showed each page, with keys that the log delegated for that time."""
    spans = delegated_keys(receipt)
    keys = {public: Ed25519PublicKey.from_public_bytes(public) for public in spans}

    def fault(event: Event) -> str | None:
        signature, public = event.promise or (b"", b"")
        span = spans.get(public)
        if event.head is None or span is None or not span[0] <= event.head.at <= span[1]:
            return f"the promise of {event.what} is signed with a key that was not delegated at that time"
        try:
            keys[public].verify(signature, promise_text(receipt.origin, receipt.engagement, event))
        except InvalidSignature:
            return f"the promise of {event.what} is false"
        return None

    given = [event for event in receipt.events if event.promise]
    halves = given[::2], given[1::2]
    with ThreadPoolExecutor(2) as pool:  # OpenSSL lets go of Python's lock, so two signatures are checked at a time
        for found in pool.map(lambda half: next(filter(None, map(fault, half)), None), halves):
            if found:
                raise BrokenError(found)
    if given:
        report.proved(f"{counted(len(given), 'promise')} the lab signed when it answered agree with these entries")
    showings = [event for event in mine(receipt) if event.head and event.head.kind.endswith(SHOWN)]
    without = sum(event.promise is None for event in showings)
    if without:
        report.not_proved(f"that the lab promised {counted(without, 'view')} when it answered: no promise is here")


def promise_text(origin: str, engagement: str, event: Event) -> bytes:
    """Return the text of the promise that goes out with a page."""
    commitment = base64.b64encode(event.commitment).decode()
    return f"glasshouse/promise/v1\n{origin}\n{engagement}\n{event.number}\n{commitment}\n".encode()


def step_6_growth(
    checkpoint: Checkpoint, earlier: Checkpoint | None, growth: GrowthProof | None, report: _Report
) -> None:
    """Check that this tree and the one you saw at another time are one tree that grew."""
    if earlier is None:
        report.not_proved("that the log never changed before: you gave no earlier checkpoint (--checkpoint)")
        return
    if earlier.origin != checkpoint.origin:
        raise TrustError(f"your earlier checkpoint is of {safe(earlier.origin)}, not of {safe(checkpoint.origin)}")
    small, large = sorted((earlier, checkpoint), key=lambda each: each.size)
    sizes = f"{small.size:,} and {large.size:,} entries"
    if small.size == large.size:
        if small.root != large.root:
            raise BrokenError(
                f"the log has forked: your earlier checkpoint and this one have {small.size:,} entries and different"
                " roots; keep both files, together they prove it"
            )
    elif small.size and growth is None:
        report.not_proved(
            f"that the trees of {sizes} agree: give their consistency proof (--consistency)", incomplete=True
        )
        return
    elif small.size and growth is not None:
        if growth.old_size != small.size or growth.checkpoint.size != large.size:
            raise TrustError(f"the consistency proof is not for trees of {sizes}")
        if growth.checkpoint.root != large.root or not verify_consistency(
            small.size, large.size, small.root, large.root, growth.proof
        ):
            raise BrokenError(
                f"the trees of {sizes} do not agree: the log has forked, or the consistency proof is false"
            )
    report.proved(f"the tree you saw earlier and this one agree ({sizes})")


def step_7_lines(receipt: Receipt, report: _Report) -> list[Event]:
    """Go from the lines shown to the file, and from the file to the root of the release; return all showings."""
    views: list[View] = []
    showings = [event for event in mine(receipt) if event.head and event.head.kind.endswith(SHOWN)]
    releases: dict[bytes, Any] = {}
    for event in showings:
        if "shown" not in event.fields or "release" not in event.fields:
            report.gap(f"{event.what} is a showing, and what it showed is kept closed")
        elif event.head and event.head.kind == VIEW:
            views.append(View.parse(event, event.head.at))
            releases[receipt.write(event.fields["release"])] = event.fields["release"]
    if receipt.releases != [releases[raw] for raw in sorted(releases)]:
        raise BrokenError("the releases of the receipt are not those of its views, in order")
    sizes: dict[str, int] = {}
    for release in receipt.releases:
        root, size = release_of(release, "a view")
        if sizes.setdefault(root, size) != size:
            raise BrokenError("two views give one release different sizes")
    entries = check_manifest(receipt, sizes, views)
    _tell_views(receipt, views, entries, report)
    _tell_others([event for event in showings if event.head and event.head.kind != VIEW], report)
    return showings


def check_manifest(receipt: Receipt, sizes: dict[str, int], views: list[View]) -> dict[tuple[str, str], dict[str, Any]]:
    """Check that files stand in the sealed manifests of their releases; return their entries by root and path."""
    shown = {(view.release, view.path, view.file) for view in views}
    entries: dict[tuple[str, str], dict[str, Any]] = {}
    last = ("", -1)
    for place, item in enumerate(receipt.manifest_proofs, 1):
        what = f"manifest proof {place}"
        given = members(item, what, "index", "leaf", "proof", "root")
        leaf = members(given["leaf"], what, "entry", "salt")
        entry = members(leaf["entry"], what, "chunks", "digest", "git", "lines", "mode", "path", "size")
        root, index = a_text(given["root"], what), a_number(given["index"], what)
        path, file = a_text(entry["path"], what), a_text(entry["digest"], what)
        if (root, index) <= last or (root, path, file) not in shown:
            raise BrokenError(f"{what} is out of order, or is of a file that no view here names")
        salt = from_hex(a_text(leaf["salt"], what), f"the salt of {what}")
        hashed = leaf_hash(b"glasshouse/manifest-leaf/v1\n" + salt + receipt.write(entry))
        if not verify_inclusion(index, sizes[root], hashed, hashes(given["proof"], what), bytes.fromhex(root)):
            raise BrokenError(f"{what}: the file is not in the manifest of release {root}")
        entries[root, path] = entry
        last = (root, index)
    return entries


def _tell_views(
    receipt: Receipt, views: list[View], entries: dict[tuple[str, str], dict[str, Any]], report: _Report
) -> None:
    report.facts["views"] = [
        {
            "number": view.number,
            "at": view.at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "release": view.release,
            "path": view.path,
            "file": view.file,
            "first": view.first,
            "last": view.last,
            "lines": view.lines,
        }
        for view in views
    ]
    if not views:
        report.not_proved("that anything was shown: no entry here is a view of lines")
        return
    lines = sum(view.count for view in views)
    report.proved(
        f"{counted(len(views), 'view')} of {counted(lines, 'line')} left the lab,"
        f" the first dated {_day(views[0].at)}, the last {_day(views[-1].at)}, by the lab's clock"
    )
    for release in receipt.releases:
        root = release["root"]
        inside = [view for view in views if view.release == root]
        linked = [view for view in inside if (root, view.path) in entries]
        name = f"release {safe(release['version'])} with root {root}"
        report.proved(f"{counted(len(inside), 'view names', 'views name')} {name}")
        if linked:
            files = {view.path for view in linked}
            report.proved(
                f"{counted(len(linked), 'view')} of {counted(len(files), 'file')} in the manifest of that release"
            )
        closed = sum(view.path is None for view in inside)
        if closed:
            report.not_proved(f"of which file {counted(closed, 'view is', 'views are')}: the path is kept closed here")
        rest = len(inside) - len(linked) - closed
        if rest:
            report.not_proved(f"that {counted(rest, 'view is', 'views are')} of a file in that release's manifest")


def _tell_others(others: list[Event], report: _Report) -> None:
    """Tell the showings that are not of plain lines: their entries are proved, their digests lead no further."""
    report.facts["others"] = [
        {"number": event.number, "kind": event.head.kind, "shown": event.fields.get("shown")}
        for event in others
        if event.head
    ]
    kinds: dict[str, int] = {}
    for event in others:
        if event.head:
            kinds[event.head.kind] = kinds.get(event.head.kind, 0) + 1
    if kinds:
        listed = ", ".join(f"{number:,} {kind}" for kind, number in sorted(kinds.items()))
        report.proved(f"{counted(len(others), 'other showing')} left the lab: {listed}")
        report.not_proved("what these other showings held, beyond the digests in their entries (--json prints them)")


def check_close(receipt: Receipt, trust: Trust | None, showings: list[Event], report: _Report) -> None:
    """Check the statement that the visitor's passkey signed at the end, and which showings it covers."""
    covered, reason = range(0), "the visit was closed without a passkey"
    if receipt.close is not None:
        covered, reason = _signed_close(receipt, receipt.close, trust, report)
    outside = [event.number for event in showings if event.number not in covered]
    if not showings and not covered:
        report.not_proved(f"that the visitor acknowledged this visit: {reason}", incomplete=True)
    elif outside:
        report.not_proved(
            f"unacknowledged: {counted(len(outside), 'view')}"
            f" (entries {some(f'{number:,}' for number in outside)}): {reason}",
            incomplete=True,
        )


def _signed_close(receipt: Receipt, close: dict[str, Any], trust: Trust | None, report: _Report) -> tuple[range, str]:
    """Return the numbers that the visitor signed for, and why what lies outside them is unacknowledged."""
    names = ("count", "engagement", "first", "head", "last", "origin", "visit")
    statement = members(close["statement"], "the statement of the close", *names)
    if (statement["origin"], statement["engagement"], statement["visit"]) != (
        *(receipt.origin, receipt.engagement, receipt.visit),
    ):
        raise BrokenError("the visitor signed the close of another visit")
    numbers = [a_number(statement[name], f"the {name} of the close", 1) for name in ("first", "last", "count")]
    fingerprint = a_text(close["credential"], "the credential of the close")
    keys = {
        key.fingerprint: key for key in (Passkey.parse(e.fields.get("passkey"), e.what) for e in receipt.enrolments)
    }
    if fingerprint not in keys:
        raise BrokenError("the close is signed by a passkey whose enrolment is not in this receipt")
    key = keys[fingerprint]
    data, client, signature = (
        from_base64(a_text(close[name], name), f"the {name} of the close")
        for name in ("authenticator_data", "client_data", "signature")
    )
    challenge = digest(b"glasshouse/visit-close/v1\n", receipt.write(statement))
    place = check_assertion(key, challenge, data, client, signature)
    if not _agrees(receipt, numbers, from_hex(a_text(statement["head"], "the close"), "the head of the close"), report):
        return range(0), "what the visitor signed for is not all here"
    signed = f"{counted(numbers[2], 'entry', 'entries')} of this visit, numbers {numbers[0]:,} to {numbers[1]:,}"
    if trust is None or fingerprint not in trust.passkeys:
        report.not_proved(f"that the visitor signed for {signed}: the key {fingerprint} is not in your trust file")
        return range(0), "the passkey that closed the visit is not in your trust file"
    if trust.passkeys[fingerprint] not in ("", key.rp):
        raise BrokenError(
            f"the passkey is for {safe(key.rp)}, your trust file says {safe(trust.passkeys[fingerprint])}"
        )
    report.proved(
        f"the visitor's passkey {fingerprint} ({key.algorithm}), enrolled in this log, signed at {safe(place)}"
    )
    report.proved(f"the visitor signed for {signed}")
    return range(numbers[0], numbers[1] + 1), "they lie outside what the visitor signed"


def _agrees(receipt: Receipt, numbers: list[int], head: bytes, report: _Report) -> bool:
    """Compare the visitor's statement with the entries; a difference is a gap where entries are missing."""
    first, last, count = numbers
    inside = [event for event in mine(receipt) if first <= event.number <= last]
    by_number = {event.number: event for event in receipt.events}
    if last < first or any(number not in by_number for number in range(first, min(last, first + len(by_number)) + 1)):
        report.gap(f"the visitor signed for entries {first:,} to {last:,}, and not all of them are in this receipt")
        return False
    if (len(inside), inside[0].number, inside[-1].number) != (count, first, last) or inside[-1].commitment != head:
        raise BrokenError("the visitor signed for other entries than these: count, first, last or head differ")
    if any(event.number < first for event in mine(receipt)):
        raise BrokenError("the visitor's statement begins after the first entry of the visit")
    return True


def step_8_limits(report: _Report, *, views: bool) -> None:
    """Say what no signature can."""
    if views:
        report.not_proved("that anybody read what was shown: the log records bytes that left the lab")
        report.not_proved("that nobody photographed, copied out or remembered the screen")
        report.not_proved("that this source is what was built, delivered or installed")
        report.not_proved("that nothing was shown in another visit, another engagement or outside this lab")
    report.not_proved(
        "that the lab's clock was right: its times are its own, and a cosignature only sets a latest time"
    )


# --------------------------------------------------------------------------------------- what others call: the checks


def _guarded(check: Callable[[_Report], None]) -> Verdict:
    report = _Report()
    try:
        check(report)
    except BrokenError as error:
        report.broken(str(error))
    return report.verdict()


def _tree(checkpoint: Checkpoint, trust: Trust | None, now: datetime, report: _Report) -> None:
    keys = step_1_keys(checkpoint, trust, report)
    verified = step_2_log(checkpoint, keys, trust, report)
    step_3_witnesses(verified, trust, now, report)


def _earlier(raw: bytes | None, trust: Trust | None) -> Checkpoint | None:
    """Read the checkpoint that you kept; it is of use only if the log signed it."""
    if raw is None:
        return None
    try:
        checkpoint = Checkpoint.parse(raw)
        keys = [] if trust is None else trust.keys_for(checkpoint.origin)
        verified, _ = checkpoint.note.verify(keys)
    except BrokenError as error:
        raise TrustError(f"your earlier checkpoint: {error}") from error
    if keys and not verified:
        raise TrustError("your earlier checkpoint is not signed by a log of your trust file")
    return checkpoint


def _growth(raw: bytes | None) -> GrowthProof | None:
    try:
        return None if raw is None else GrowthProof.parse(raw)
    except BrokenError as error:
        raise TrustError(f"the consistency proof: {error}") from error


def verify_receipt(
    data: bytes, trust: Trust | None, *, now: datetime, earlier: bytes | None = None, growth: bytes | None = None
) -> Verdict:
    """Check a receipt.zip. Never raises for what is in it; TrustError for an unusable `earlier` or `growth`."""
    known, grown = _earlier(earlier, trust), _growth(growth)

    def check(report: _Report) -> None:
        _, note, body = open_container(data)
        checkpoint, receipt = Checkpoint.parse(note), Receipt.parse(body)
        _tree(checkpoint, trust, now, report)
        step_4_entries(receipt, checkpoint, report)
        step_5_inclusion(receipt, checkpoint, report)
        step_6_growth(checkpoint, known, grown, report)
        showings = step_7_lines(receipt, report)
        check_close(receipt, trust, showings, report)
        step_8_limits(report, views=True)

    return _guarded(check)


def verify_tlog_proof(
    data: bytes,
    trust: Trust | None,
    *,
    now: datetime,
    commitment: bytes | None = None,
    earlier: bytes | None = None,
    growth: bytes | None = None,
) -> Verdict:
    """Check a .tlog-proof file: that an entry with this commitment stands in the signed tree.

    The commitment comes from the caller, or from the file's extra line: the 32 bytes themselves, or an event opened
    as in a receipt (`boxes`, `fields`, `openings`) from which it is recomputed. TrustError if there is neither.
    """
    known, grown = _earlier(earlier, trust), _growth(growth)

    def check(report: _Report) -> None:
        file = TlogProof.parse(data)
        _tree(file.checkpoint, trust, now, report)
        named = _named_by(file.extra, report)
        if named is None and commitment is None:
            raise TrustError("this proof does not carry its entry: give --commitment with the 64 hex digits of it")
        if named is not None and commitment is not None and named != commitment:
            raise BrokenError("the proof is of another entry than the one you named")
        entry = commitment if named is None else named
        if entry is None or not verify_inclusion(
            file.index, file.checkpoint.size, leaf_hash(entry), file.proof, file.checkpoint.root
        ):
            raise BrokenError(f"the entry is not in the signed tree at index {file.index:,}")
        report.proved(f"the entry with commitment {entry.hex()} stands in that tree at index {file.index:,}")
        report.facts |= {"index": file.index, "commitment": entry.hex()}
        step_6_growth(file.checkpoint, known, grown, report)
        step_8_limits(report, views=False)

    return _guarded(check)


def _named_by(extra: bytes | None, report: _Report) -> bytes | None:
    if extra is None or len(extra) == HASH:
        return extra
    value, write = read_canonical(extra, "the extra data of the proof")
    commitment, fields, sealed = open_event(
        members(value, "the extra data of the proof", "boxes", "fields", "openings"), write, "the entry"
    )
    report.facts["fields"] = fields
    for name, content in fields.items():
        report.proved(f"the entry's {name} is {safe(write(content).decode())}")
    if sealed:
        report.not_proved(f"what {counted(sealed, 'field')} of the entry say: they are kept closed in this proof")
    return commitment


def verify_checkpoint(
    data: bytes, trust: Trust | None, *, now: datetime, earlier: bytes | None = None, growth: bytes | None = None
) -> Verdict:
    """Check a checkpoint alone: who signed it, who cosigned it, and whether it agrees with an earlier one."""
    known, grown = _earlier(earlier, trust), _growth(growth)

    def check(report: _Report) -> None:
        checkpoint = Checkpoint.parse(data)
        _tree(checkpoint, trust, now, report)
        step_6_growth(checkpoint, known, grown, report)
        step_8_limits(report, views=False)

    return _guarded(check)


def verify_dsse(data: bytes, trust: Trust | None) -> Verdict:
    """Check a DSSE envelope against the `signer` lines of the trust file."""

    def check(report: _Report) -> None:
        signers = {} if trust is None else trust.signers
        kind, payload, names = open_dsse(data, signers)
        what = f"the payload of {len(payload):,} bytes, type {safe(kind)}, SHA-256 {digest(payload).hex()}"
        report.facts |= {"type": kind, "sha256": digest(payload).hex(), "signers": names}
        if names:
            report.author_known = True
            report.proved(f"{some(safe(name) for name in names)} signed {what}")
        elif signers:
            raise BrokenError(f"no signer of your trust file signed {what}")
        else:
            report.not_proved(f"who signed {what}: your trust file names no signer")
        report.not_proved("that what the payload says is true: a signature only says who said it")

    return _guarded(check)


# -------------------------------------------------------------------------------------------------- the command line

_EPILOG = """\
examples:
  glasshouse-verify receipt.zip --trust keys.txt
  glasshouse-verify receipt.zip --trust keys.txt --checkpoint kept.txt --consistency grown.txt
  glasshouse-verify entry.tlog-proof --trust keys.txt --commitment 5f0c...

exit codes:
  0  proved                              3  consistent, author unknown (no trust file, or no key for this log)
  1  broken                              4  gaps, unacknowledged views, or a quorum not met
  2  wrong usage, or an unusable file of your own
"""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="glasshouse-verify",
        description="Check a receipt, a .tlog-proof, a checkpoint or a DSSE envelope of a Glasshouse lab, offline.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "file", type=Path, metavar="FILE", help="receipt.zip, a .tlog-proof file, a checkpoint, an envelope"
    )
    parser.add_argument("--trust", type=Path, metavar="KEYS", help="the keys you trust, from elsewhere than FILE")
    parser.add_argument("--checkpoint", type=Path, metavar="NOTE", help="a checkpoint of the same log that you kept")
    parser.add_argument("--consistency", type=Path, metavar="PROOF", help="the proof that leads from one to the other")
    parser.add_argument("--commitment", metavar="HEX", help="the entry that a .tlog-proof is about")
    parser.add_argument("--views", action="store_true", help="list every view")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of lines")
    return parser


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        raw = file.read(MAX_FILE + 1)
    if len(raw) > MAX_FILE:
        raise TrustError(f"{path} is larger than {MAX_FILE:,} bytes")
    return raw


def verify_file(
    data: bytes,
    trust: Trust | None,
    *,
    now: datetime,
    commitment: bytes | None = None,
    earlier: bytes | None = None,
    growth: bytes | None = None,
) -> Verdict:
    """Check whichever of the four kinds of file this is."""
    if data.startswith(b"PK"):
        return verify_receipt(data, trust, now=now, earlier=earlier, growth=growth)
    if data.startswith(b"c2sp.org/tlog-proof"):
        return verify_tlog_proof(data, trust, now=now, commitment=commitment, earlier=earlier, growth=growth)
    if data.startswith(b"{"):
        return verify_dsse(data, trust)
    return verify_checkpoint(data, trust, now=now, earlier=earlier, growth=growth)


def _print(verdict: Verdict, *, views: bool) -> None:
    for line in verdict.lines:
        print(f"{line.standing:<11} {line.text}")
    for view in verdict.facts.get("views", []) if views else []:
        name = "a file kept closed" if view["path"] is None else safe(view["path"])
        print(f"view {view['number']:,}  {view['at']}  {name}  lines {view['first']:,} to {view['last']:,}")
    print(f"\nverdict: {verdict.outcome}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    given = _parser().parse_args(arguments)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a terminal that lacks a letter still gets the verdict
    gc.disable()  # one file is read, then the process ends: looking for garbage would cost a fifth of the time
    try:
        trust = None if given.trust is None else Trust.parse(_read(given.trust))
        commitment = None if given.commitment is None else from_hex(given.commitment, "--commitment")
        verdict = verify_file(
            _read(given.file),
            trust,
            now=datetime.now(tz=UTC),
            commitment=commitment,
            earlier=None if given.checkpoint is None else _read(given.checkpoint),
            growth=None if given.consistency is None else _read(given.consistency),
        )
    except (OSError, TrustError, BrokenError) as error:
        print(f"glasshouse-verify: {safe(str(error))}", file=sys.stderr)
        return EXIT_USAGE
    if given.json:
        lines = [{"standing": line.standing, "text": line.text} for line in verdict.lines]
        answer = {"outcome": verdict.outcome, "exit": verdict.exit_code, "lines": lines, "facts": verdict.facts}
        print(json.dumps(answer, indent=2))
    else:
        _print(verdict, views=given.views)
    return verdict.exit_code


if __name__ == "__main__":
    sys.exit(main())
