# SPDX-License-Identifier: Apache-2.0
"""AES-256-GCM under subkeys by HKDF: one purpose, one key; every value bound to the place it belongs to."""

import hmac
import secrets
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from glasshouse.engines.store.errors import BrokenSealError

KEY_BYTES = 32
NONCE_BYTES = 12
TAG_BYTES = 16


def derive(secret: bytes, label: bytes) -> bytes:
    """Derive 32 bytes from a uniformly random secret (HKDF-SHA-256, RFC 5869); other labels give unrelated bytes."""
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=label).derive(secret)


@dataclass(frozen=True, slots=True)
class Sealer:
    """Seals and opens small values of one product and one purpose.

    Nonces are random: a purpose MUST NOT seal more than 2**32 values (NIST SP 800-38D, 8.3).
    """

    box: AESGCM = field(repr=False)
    tag_key: bytes = field(repr=False)
    bound: bytes

    def seal(self, plain: bytes, *, context: bytes) -> bytes:
        """Encrypt a value, 28 bytes longer than it was; it opens with the same context only."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + self.box.encrypt(nonce, plain, self.bound + context)

    def open(self, sealed: bytes, *, context: bytes) -> bytes:
        """Decrypt a value; raises BrokenSealError when one bit, the context, the purpose or the product differs."""
        if len(sealed) < NONCE_BYTES + TAG_BYTES:
            raise BrokenSealError("A sealed value was cut short.")
        try:
            return self.box.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], self.bound + context)
        except InvalidTag as error:
            raise BrokenSealError("A sealed value was changed, moved, or sealed under another key.") from error

    def tag(self, value: bytes) -> bytes:
        """Return 32 bytes that stand for a value: stable for the product and purpose, and opaque without the key."""
        return hmac.digest(self.tag_key, value, "sha256")
