# SPDX-License-Identifier: Apache-2.0
"""Decisions of the reading room as pure functions."""

import hashlib
from typing import Final

from glasshouse.domain.readingroom.errors import NotShownError, PicturesOnlyError
from glasshouse.kernel.lines import Span

MAX_NOTE: Final = 4_000
"""Characters of a note."""
MAX_WORDS: Final = 500
"""Characters of the reason for which a visitor asks for text."""
MAX_NOTES: Final = 1_000
"""Notes that a person keeps an engagement: they are opened together, to be searched."""


def close_challenge(statement: bytes) -> bytes:
    """Return what the passkey is asked to sign for a statement."""
    return hashlib.sha256(b"glasshouse/visit-close/v1\n" + statement).digest()


def check_has_form(*, as_pictures: bool, draws: bool) -> None:
    """Raise where lines are shown as pictures alone to a way in that draws none."""
    if as_pictures and not draws:
        raise PicturesOnlyError(
            "This product is shown in pictures.",
            hint="Read it in a browser, or ask for text on one of its pages: it is given for the rest of the visit.",
        )


def check_was_read(span: Span, read: int) -> None:
    """Raise unless each of these lines was opened; bit i of `read` says that line i + 1 was."""
    wanted = (1 << span.count) - 1
    there = (read >> (span.first - 1) & wanted).bit_count()
    if there < span.count:
        raise NotShownError(
            f"You have opened {there:,} of these {span.count:,} lines.",
            hint="Open the others first; what a search showed is not read, and a line too long to show whole neither.",
        )


def check_was_shown(span: Span, shown: Span | None) -> None:
    """Raise unless an entry showed all of these lines: a note is on what was seen."""
    if shown is None or not shown.first <= span.first <= span.last <= shown.last:
        said = f"lines {shown}" if shown else "no line"
        raise NotShownError(f"This page showed {said}, not {span}.", hint="Open the lines, and write the note there.")
