# SPDX-License-Identifier: Apache-2.0
"""The watermark that lies over what is shown: who, for whom, in which engagement and visit, when, under which number.

It hangs on two nails. One is a picture of its own address, which a page's settings cannot recolour and which is
printed with the page; the other stands in the page itself. Both draw the same tiles at the same places, so that where
one is taken away the other still tells whose view it is. Neither has a style attribute, as the page's policy demands.
Whoever edits the page can take both away: a watermark deters and attributes, it prevents nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from html import escape
from typing import Final

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

_WIDTH_OF_A_LETTER: Final = 6.9
_GAP: Final = 44
_HEIGHT: Final = 144
_LEADING: Final = 15
_ROWS: Final = (24, 96)
_NARROWEST: Final = 160
_TILE: Final = """\
<defs><pattern id="{name}" width="{width}" height="{height}" patternUnits="userSpaceOnUse" \
patternTransform="rotate(-18)"><g fill="#6f7f80" fill-opacity=".14" font-family="Helvetica, Arial, sans-serif" \
font-size="13">{texts}</g></pattern></defs><rect width="100%" height="100%" fill="url(#{name})"/>"""
_PICTURE: Final = '<svg xmlns="http://www.w3.org/2000/svg" width="100%" height="100%">{tile}</svg>\n'
_INLINE: Final = (
    '<img class="watermark" src="{address}" alt="" aria-hidden="true">'
    '<svg class="stamp" width="100%" height="100%" aria-hidden="true" focusable="false">{tile}</svg>'
)


@dataclass(frozen=True, slots=True)
class Whose:
    """Whose view it is. `number` counts in the engagement; an entry outside of a visit has no visit's number."""

    name: str
    organisation: str
    engagement: str
    visit: int | None
    at: datetime
    number: int | None

    @property
    def lines(self) -> tuple[str, ...]:
        """Return the lines of a tile: who, in which visit, when. Short ones, for a tile fits a telephone."""
        visit = "" if self.visit is None else _("visit %(number)s") % {"number": self.visit}
        number = "" if self.number is None else f"#{self.number}"
        at = date_format(timezone.localtime(self.at), "j M Y, H:i:s")
        said = ((self.name, self.organisation), (self.engagement, visit), (at, number))
        return tuple(" \u00b7 ".join(filter(None, line)) for line in said if any(line))


@dataclass(slots=True)
class Stamps:
    """The watermarks of one page, each with a name of its own, for as many cases as the page has."""

    address: str
    event: str
    lines: Sequence[str]
    _made: int = field(default=0, init=False)

    def another(self) -> SafeString:
        """Return the watermark of one more case."""
        self._made += 1
        tile = _tile(f"w{self._made}-{self.event}", self.lines)
        return mark_safe(_INLINE.format(address=escape(self.address), tile=tile))  # noqa: S308 -- escaped below


def picture(lines: Sequence[str]) -> bytes:
    """Draw a watermark as a picture of its own."""
    return _PICTURE.format(tile=_tile("w", lines)).encode()


def _tile(name: str, lines: Sequence[str]) -> str:
    """Draw the tile that repeats; its second row is half a step aside, so that no width of a column escapes it."""
    width = max(_NARROWEST, round(max(map(len, lines), default=0) * _WIDTH_OF_A_LETTER) + _GAP)
    half = width // 2
    upper, lower = _ROWS
    texts = "".join(
        f'<text x="{x}" y="{y + _LEADING * row}">{escape(line)}</text>'
        for x, y in ((8, upper), (half, lower), (half - width, lower))
        for row, line in enumerate(lines)
    )
    return _TILE.format(name=escape(name), width=width, height=_HEIGHT, texts=texts)
