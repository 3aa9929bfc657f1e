# SPDX-License-Identifier: Apache-2.0
"""SHA-256 digests as a value that cannot be confused with other text or bytes."""

import hashlib
from dataclasses import dataclass
from typing import Self

from glasshouse.kernel.errors import InvalidError

SIZE = 32


@dataclass(frozen=True, slots=True, order=True)
class Digest:
    """A SHA-256 digest; `str()` gives 64 lower-case hexadecimal digits."""

    raw: bytes

    def __post_init__(self) -> None:
        """Refuse anything that is not 32 bytes."""
        if len(self.raw) != SIZE:
            message = f"a SHA-256 digest has {SIZE} bytes, not {len(self.raw)}"
            raise InvalidError(message)

    @classmethod
    def of(cls, content: bytes | memoryview) -> Self:
        """Hash the content."""
        return cls(hashlib.sha256(content).digest())

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read 64 lower-case hexadecimal digits, the one text form."""
        if len(text) != 2 * SIZE or not set(text) <= set("0123456789abcdef"):
            message = "a digest is written as 64 lower-case hexadecimal digits"
            raise InvalidError(message)
        return cls(bytes.fromhex(text))

    @property
    def short(self) -> str:
        """First eight and last six digits, for labels; never for look-ups."""
        text = self.raw.hex()
        return f"{text[:8]}…{text[-6:]}"

    def __str__(self) -> str:
        """Return the one text form."""
        return self.raw.hex()
