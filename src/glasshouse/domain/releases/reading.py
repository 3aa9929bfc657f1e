# SPDX-License-Identifier: Apache-2.0
"""How a product is read: what its owner lets a reader's browser do, and in which form lines are shown.

It hinders and does not prevent: whatever a screen shows can be copied. It widens nobody's grant and no budget.
"""

from dataclasses import dataclass
from typing import Final, Self

from glasshouse.domain.journal.values import Json
from glasshouse.domain.releases.errors import BadReadingError

MAX_REASON: Final = 500
"""Characters of the reason for which a policy is set."""
PRINT, SELECT, COPY, PICTURES = "print", "select", "copy", "pictures"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What is on. A product whose owner said nothing has nothing on, and shows text."""

    may_print: bool = False
    may_select: bool = False
    may_copy: bool = False
    in_pictures: bool = False

    def __post_init__(self) -> None:
        """Refuse what contradicts itself."""
        if self.may_copy and not self.may_select:
            raise BadReadingError("What cannot be selected cannot be copied.", hint="Turn selection on as well.")
        if self.in_pictures and self.may_select:
            raise BadReadingError("A picture has no text to select.", hint="Turn selection off, or pictures.")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what `text` wrote."""
        words = set(text.split())
        return cls(
            may_print=PRINT in words, may_select=SELECT in words, may_copy=COPY in words, in_pictures=PICTURES in words
        )

    @property
    def text(self) -> str:
        """Return the words of what is on, in one order."""
        said = (
            (PRINT, self.may_print),
            (SELECT, self.may_select),
            (COPY, self.may_copy),
            (PICTURES, self.in_pictures),
        )
        return " ".join(word for word, is_on in said if is_on)

    def evidence(self, *, as_pictures: bool) -> Json:
        """Return what an entry of the journal says of a showing: what was on, and the form that it had."""
        return {
            "copy": self.may_copy,
            "form": "pictures" if as_pictures else "text",
            "print": self.may_print,
            "select": self.may_select,
        }
