# SPDX-License-Identifier: Apache-2.0
"""One text form for each number, hash and byte string: what decodes alike but is spelled otherwise is refused."""

import base64
import binascii
import re
from collections.abc import Sequence

from glasshouse.engines.ledger.errors import MalformedError
from glasshouse.engines.ledger.merkle import MAX_PROOF
from glasshouse.kernel.merkle import HASH_SIZE

MAX_NUMBER = 2**63 - 1
_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}")


def parse_number(text: str) -> int:
    """Read an ASCII decimal without leading zeros, below 2^63."""
    if not _NUMBER.fullmatch(text) or int(text) > MAX_NUMBER:
        raise MalformedError(f"not a canonical decimal number: {text[:32]!r}")
    return int(text)


def to_base64(raw: bytes) -> str:
    """Write standard base64 with padding."""
    return base64.b64encode(raw).decode("ascii")


def parse_base64(text: str) -> bytes:
    """Read standard base64 with padding, the unused bits zero."""
    try:
        raw = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise MalformedError("not standard base64") from error
    if to_base64(raw) != text:
        raise MalformedError("not the canonical spelling of base64")
    return raw


def parse_hash(text: str) -> bytes:
    """Read 32 bytes of base64."""
    raw = parse_base64(text)
    if len(raw) != HASH_SIZE:
        raise MalformedError(f"a hash has {HASH_SIZE} bytes, not {len(raw)}")
    return raw


def write_extension(old_size: int, proof: Sequence[bytes]) -> str:
    """Write what precedes a checkpoint that extends an older one, as in c2sp.org/tlog-witness."""
    return "".join(f"{line}\n" for line in (f"old {old_size}", *map(to_base64, proof), ""))


def parse_extension(text: str) -> tuple[int, tuple[bytes, ...], str]:
    """Read an old size and a consistency proof; return them and the checkpoint that follows."""
    head, blank, rest = text.partition("\n\n")
    first, *lines = head.split("\n")
    if not blank or not first.startswith("old ") or len(lines) > MAX_PROOF:
        raise MalformedError(f"a request is an old size, at most {MAX_PROOF} hashes, an empty line and a checkpoint")
    return parse_number(first.removeprefix("old ")), tuple(map(parse_hash, lines)), rest


def parse_text(raw: bytes, limit: int, what: str) -> str:
    """Read UTF-8 that ends in a newline and holds no other control character below U+0020."""
    if len(raw) > limit:
        raise MalformedError(f"{what} has at most {limit} bytes")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise MalformedError(f"{what} is UTF-8") from error
    if not text.endswith("\n"):
        raise MalformedError(f"{what} ends in a newline")
    if any(char < " " and char != "\n" for char in text):
        raise MalformedError(f"{what} holds no control characters")
    return text
