# SPDX-License-Identifier: Apache-2.0
"""Words of people that rest sealed outside of the journal, while an entry of it holds only what commits to them.

An entry can never be changed, and a note or a question can be withdrawn: so the words stand beside the journal. Its
entry keeps their digest, which is taken over a random salt too, because short words could be guessed from a bare one.
Whoever opens the words has the salt with them and can hold them against the entry.
"""

import hashlib
import json
import secrets
from dataclasses import dataclass
from typing import Protocol

from glasshouse.kernel.digests import Digest

_SALT_BYTES = 32


class Sealer(Protocol):
    """What seals words for those who may read them, and for nobody else."""

    def seal(self, plain: bytes, *, context: bytes) -> bytes:
        """Encrypt a value for one context."""
        ...

    def open(self, sealed: bytes, *, context: bytes) -> bytes:
        """Decrypt it; raises when anything differs."""
        ...


@dataclass(frozen=True, slots=True)
class Kept:
    """Words as they rest, and the digest that an entry names them by."""

    sealed: bytes
    digest: Digest


def keep(words: str, sealer: Sealer, *, context: str) -> Kept:
    """Seal words for one place; they open there and nowhere else."""
    salt = secrets.token_hex(_SALT_BYTES)
    plain = json.dumps({"salt": salt, "words": words}).encode()
    return Kept(sealer.seal(plain, context=context.encode()), digest_of(words, salt))


def read(sealed: bytes, sealer: Sealer, *, context: str) -> str:
    """Return words as they were written; raises BrokenSealError when one bit differs."""
    return str(json.loads(sealer.open(sealed, context=context.encode()))["words"])


def digest_of(words: str, salt: str) -> Digest:
    """Return what an entry says of words: SHA-256 over a label, the salt's 64 digits and the words in UTF-8."""
    return Digest(hashlib.sha256(b"glasshouse/words/v1\n" + salt.encode("ascii") + b"\n" + words.encode()).digest())
