# SPDX-License-Identifier: Apache-2.0
"""The watermark that lies over what is shown: who, for whom, in which visit, when, under which number.

A picture of its own, so that the page's policy needs no inline style; drawn without a style attribute itself.
"""

from html import escape
from typing import Final

_WIDTH_OF_A_LETTER: Final = 7.2
_GAP: Final = 60
_SVG: Final = """\
<svg xmlns="http://www.w3.org/2000/svg" width="100%" height="100%">
<defs><pattern id="w" width="{width}" height="150" patternUnits="userSpaceOnUse" patternTransform="rotate(-18)">
<g fill="#6f7f80" fill-opacity=".17" font-family="Helvetica, Arial, sans-serif" font-size="13">
<text x="10" y="50">{text}</text><text x="{half}" y="125">{text}</text><text x="{wrapped}" y="125">{text}</text></g>
</pattern></defs>
<rect width="100%" height="100%" fill="url(#w)"/></svg>
"""


def watermark(words: str) -> bytes:
    """Draw a watermark; the second row is half a step aside, so that no line of code escapes it."""
    width = round(len(words) * _WIDTH_OF_A_LETTER) + _GAP
    half = width // 2
    return _SVG.format(text=escape(words), width=width, half=half, wrapped=half - width).encode()
