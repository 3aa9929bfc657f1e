# SPDX-License-Identifier: Apache-2.0
"""A QR code as one SVG path, so that no inline style and no image of another origin is needed."""

from dataclasses import dataclass
from typing import Final

from qrcode.constants import ERROR_CORRECT_M
from qrcode.main import QRCode

QUIET: Final = 4
"""The light margin that readers need, in modules (ISO/IEC 18004, 9.1)."""


@dataclass(frozen=True, slots=True)
class Modules:
    """The dark modules as an SVG path on a square of `size` modules."""

    size: int
    path: str


def modules(text: str) -> Modules:
    """Draw a text; neighbouring dark modules of a row become one run."""
    code: QRCode = QRCode(error_correction=ERROR_CORRECT_M, border=QUIET)
    code.add_data(text)
    code.make(fit=True)
    rows = code.get_matrix()
    runs: list[str] = []
    for y, row in enumerate(rows):
        x = 0
        while x < len(row):
            width = 0
            while x + width < len(row) and row[x + width]:
                width += 1
            if width:
                runs.append(f"M{x} {y}h{width}v1h-{width}z")
            x += width or 1
    return Modules(len(rows), "".join(runs))
