# SPDX-License-Identifier: Apache-2.0
"""The ways SARIF is refused, each with the place in the file."""

from typing import ClassVar

from glasshouse.kernel.errors import InvalidError

Place = tuple["Place", str | int] | None
"""A place in a JSON text, innermost name last; None is the whole text. Cheap to make, rarely read."""


def pointer(place: Place) -> str:
    """Write a place as a JSON pointer (RFC 6901); the whole text is ""."""
    parts: list[str] = []
    while place is not None:
        place, name = place
        parts.append(str(name)[:80].replace("~", "~0").replace("/", "~1"))
    return "".join(f"/{part}" for part in reversed(parts))


class InvalidSarifError(InvalidError):
    """Not SARIF 2.1.0. `place` is a JSON pointer to what is wrong, "" for the whole file; `reason` says why."""

    code: ClassVar[str] = "formats.invalid-sarif"

    def __init__(self, reason: str, place: Place = None) -> None:
        """Keep place and reason apart for whoever shows them."""
        self.place = pointer(place)
        self.reason = reason
        super().__init__(
            f"Not read as SARIF at {self.place or 'the top'}: {reason}", hint="Mend the file, or the tool."
        )


class SarifTooLargeError(InvalidSarifError):
    """Beyond a limit that is never crossed silently: nothing of the file may be taken for all of it."""

    code: ClassVar[str] = "formats.sarif-too-large"
