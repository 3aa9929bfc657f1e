# SPDX-License-Identifier: Apache-2.0
"""Lines of source as pictures, for products whose owner wants that: drawn in this process, kept nowhere.

A line is one picture, or several where a page wraps it, so that numbers, marks and keys work as they do beside text.
Each third line bears the words of the watermark in its pixels. The ground is transparent and the colours are those of
the light theme; the dark theme turns them round. What the fixed-width font has no glyph for is drawn as its box.
"""

import io
import unicodedata
from base64 import b64encode
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final

from django.conf import settings
from PIL import Image, ImageDraw, ImageFont

from glasshouse.domain.releases.values import Ink
from glasshouse.kernel.errors import ConflictError

Run = tuple[Ink, str, bool]
"""Some text of one role, and whether a search found it."""

HEIGHT: Final = 20
_SIZE: Final = 12.5
_BASELINE: Final = 15
_TAB: Final = 4
_EVERY: Final = 3
_STAMP_COLUMNS: Final = 96
_SHARP: Final = 24_000
"""Characters of a page up to which pictures have two pixels for one: beyond, the page would take too long."""
_STEP: Final = 37

# The tokens' light values: 4.5 to 1 on the case and beyond; turned round they hold it on the dark one too.
_INK: Final = {
    Ink.PLAIN: (0x17, 0x1F, 0x1D),
    Ink.KEY: (0x07, 0x56, 0x6A),
    Ink.STR: (0x6B, 0x4A, 0x0C),
    Ink.NUM: (0x8A, 0x2D, 0x55),
    Ink.COM: (0x5A, 0x65, 0x62),
    Ink.PRE: (0x5B, 0x4A, 0x7F),
    Ink.TYPE: (0x2C, 0x5F, 0x2E),
    Ink.MARK: (0xA3, 0x21, 0x1A),
}
_GROUND, _STAMP, _FOUND = 0, 1, 2
_INDEX: Final = {role: number for number, role in enumerate(_INK, start=3)}
_PALETTE: Final = [
    *(0xFF, 0xFF, 0xFF),
    *(0x6F, 0x7F, 0x80),
    *(0xE8, 0xB8, 0x50),
    *(channel for colour in _INK.values() for channel in colour),
]
_ALPHA: Final = bytes([0, 70, 110, *([255] * len(_INK))])
_BITS: Final = 4


class NoFontError(ConflictError):
    """This lab has no fixed-width font to draw with."""

    code = "web.no-font"


@dataclass(frozen=True, slots=True)
class _Fonts:
    """The faces at one size, all of one width."""

    plain: ImageFont.FreeTypeFont
    bold: ImageFont.FreeTypeFont
    slanted: ImageFont.FreeTypeFont
    small: ImageFont.FreeTypeFont
    advance: float

    def of(self, role: Ink) -> ImageFont.FreeTypeFont:
        """Return the face of a role: keywords are bold, comments slanted, as beside text."""
        if role is Ink.KEY:
            return self.bold
        return self.slanted if role is Ink.COM else self.plain


def has_font() -> bool:
    """Say whether this lab can draw."""
    return settings.GLASSHOUSE.font.is_file()


@cache
def _fonts(path: Path, scale: int) -> _Fonts:
    if not path.is_file():
        raise NoFontError(
            "This lab cannot draw lines: it has no fixed-width font.",
            hint="The operator installs fonts-dejavu-core, or names a font in GLASSHOUSE_FONT.",
        )

    def face(name: str, size: float) -> ImageFont.FreeTypeFont:
        beside = path.with_name(f"{path.stem}{name}{path.suffix}")
        return ImageFont.truetype(beside if beside.is_file() else path, size * scale)

    plain = face("", _SIZE)
    return _Fonts(plain, face("-Bold", _SIZE), face("-Oblique", _SIZE), face("", 10), plain.getlength("M"))


@dataclass(slots=True)
class Pen:
    """Draws the lines of one page, in the words of its watermark. `wrap` is where lines go on in another picture."""

    words: str
    characters: int
    wrap: int = 0
    _scale: int = field(init=False)
    _fonts: _Fonts = field(init=False)
    _drawn: dict[tuple[ImageFont.FreeTypeFont, str], tuple[int, int, Image.Image]] = field(init=False)

    def __post_init__(self) -> None:
        """Take the fonts; raises NoFontError."""
        self._scale = 2 if self.characters <= _SHARP else 1
        self._fonts = _fonts(settings.GLASSHOUSE.font, self._scale)
        self._drawn = {}

    def line(self, number: int, runs: Iterable[Run]) -> str:
        """Return a line as HTML: the pictures of its text, none for an empty one."""
        placed, columns = _placed(runs)
        if not columns:
            return ""
        step = self.wrap or columns
        return "".join(self._picture(number, placed, at, min(step, columns - at)) for at in range(0, columns, step))

    def _picture(self, number: int, placed: Sequence[tuple[int, int, Run]], first: int, columns: int) -> str:
        stamped = not self.wrap and number % _EVERY == 0
        wide = max(columns, _STAMP_COLUMNS) if stamped else columns
        advance, scale = self._fonts.advance, self._scale
        image = Image.new("P", (round(wide * advance) or 1, HEIGHT * scale), _GROUND)
        image.putpalette(_PALETTE)
        if stamped:
            self._stamp(image, number)
        for column, width, (role, text, is_found) in placed:
            if column >= first + columns or column + width <= first:
                continue
            x = (column - first) * advance
            if is_found:
                image.paste(_FOUND, (round(x), 2 * scale, round(x + width * advance), (HEIGHT - 2) * scale))
            self._put(image, _INDEX[role], x, text, self._fonts.of(role))
        return self._element(image)

    def _stamp(self, image: Image.Image, number: int) -> None:
        period = self._fonts.small.getlength(self.words) + 40 * self._scale
        x = -((number * _STEP * self._scale) % period)
        while x < image.width:
            self._put(image, _STAMP, x, self.words, self._fonts.small)
            x += period

    def _put(self, image: Image.Image, colour: int, x: float, text: str, font: ImageFont.FreeTypeFont) -> None:
        """Put text on the picture's baseline; a page says the same words often, and each is drawn once."""
        drawn = self._drawn.get((font, text))
        if drawn is None:
            left, top, right, bottom = (round(edge) for edge in font.getbbox(text, mode="1", anchor="ls"))
            mask = Image.new("1", (max(1, right - left), max(1, bottom - top)), 0)
            ImageDraw.Draw(mask).text((-left, -top), text, fill=1, font=font, anchor="ls")
            drawn = self._drawn[font, text] = (left, top, mask)
        left, top, mask = drawn
        image.paste(colour, (round(x) + left, _BASELINE * self._scale + top), mask)

    def _element(self, image: Image.Image) -> str:
        out = io.BytesIO()
        image.save(out, "PNG", bits=_BITS, transparency=_ALPHA, compress_level=3)
        width = round(image.width / self._scale)
        data = b64encode(out.getvalue()).decode("ascii")
        return f'<img class="drawn" alt="" width="{width}" height="{HEIGHT}" src="data:image/png;base64,{data}">'


def _placed(runs: Iterable[Run]) -> tuple[list[tuple[int, int, Run]], int]:
    """Give every run its first column and its width in columns, tabs carried out."""
    placed: list[tuple[int, int, Run]] = []
    column = 0
    for role, text, is_found in runs:
        for piece, width in _pieces(text, column):
            if piece:
                placed.append((column, width, (role, piece, is_found)))
            column += width
    return placed, column


def _pieces(text: str, column: int) -> Iterator[tuple[str, int]]:
    """Cut at tabs and wide characters: what is left stands on the grid of columns by itself."""
    if text.isascii() and "\t" not in text:
        yield text, len(text)
        return
    plain = ""
    for char in text:
        wide = char == "\t" or not (char.isascii() or unicodedata.east_asian_width(char) not in "WF")
        if not wide:
            plain += char
            continue
        yield plain, len(plain)
        column += len(plain)
        plain = ""
        width = _TAB - column % _TAB if char == "\t" else 2
        yield ("" if char == "\t" else char), width
        column += width
    yield plain, len(plain)
