# SPDX-License-Identifier: Apache-2.0
"""What people write, as it is kept: it says to every reader what it says to the first."""

import unicodedata
from typing import Final

from glasshouse.kernel.errors import InvalidError

_KEPT: Final = "\n\t\u200c\u200d"
_HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def unhidden(text: str) -> str:
    """Return a text for people with nothing hidden in it: what does not show, or turns the direction, is named.

    It stands as `[U+202E]`, as it does in lines of source; line ends and tabs stay.
    """
    if text.isascii() and text.replace("\n", "").replace("\t", "").isprintable():
        return text
    return "".join(f"[U+{ord(char):04X}]" if char not in _KEPT and _is_hidden(char) else char for char in text)


def _is_hidden(char: str) -> bool:
    return unicodedata.category(char) in _HIDDEN


class UnreadableTextError(InvalidError):
    """A text that is missing, too long, or holds characters that hide what it says."""

    code = "kernel.unreadable-text"


def readable(text: str, *, what: str, limit: int, may_be_empty: bool = False) -> str:
    """Return a text trimmed, with newlines for line ends; at most `limit` characters. Raises UnreadableTextError.

    Refuses control characters and those that change the direction or vanish: they make a text say one thing to its
    reader and another to whoever searches it. The two joiners stay, for languages are written with them.
    """
    kept = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    if not kept and not may_be_empty:
        raise UnreadableTextError(f"{what} is missing.")
    if len(kept) > limit:
        raise UnreadableTextError(f"{what} has {len(kept):,} characters; {limit:,} are the most.")
    for char in kept:
        if char not in _KEPT and _is_hidden(char):
            raise UnreadableTextError(
                f"{what} holds a character that does not show (U+{ord(char):04X}).", hint="Write it without."
            )
    return kept
