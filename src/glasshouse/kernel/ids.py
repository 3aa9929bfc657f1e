# SPDX-License-Identifier: Apache-2.0
"""Random identifiers that may be shown outside the lab."""

import secrets
from dataclasses import dataclass
from typing import Self

from glasshouse.kernel.errors import NotFoundError

# Digits and lower-case letters without i, l, o, u: nothing to misread aloud.
ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
LENGTH = 26  # 130 bits, the top two always zero


@dataclass(frozen=True, slots=True, order=True)
class Uid:
    """128 random bits in 26 characters; says nothing about what it names."""

    text: str

    @classmethod
    def new(cls) -> Self:
        """Draw a fresh uid from the system's randomness."""
        number = secrets.randbits(128)
        return cls("".join(ALPHABET[(number >> shift) & 31] for shift in range(125, -1, -5)))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a uid; what is not one names nothing, so it is not found."""
        if len(text) != LENGTH or not set(text) <= set(ALPHABET) or text[0] > "7":
            raise NotFoundError
        return cls(text)

    def __str__(self) -> str:
        """Return the 26 characters."""
        return self.text
