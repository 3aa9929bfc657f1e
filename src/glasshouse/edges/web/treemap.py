# SPDX-License-Identifier: Apache-2.0
"""A squarified treemap as SVG: area is lines, fill is how much was read. The table beside it says the same in words.

Squarified as Bruls, Huizing and van Wijk (2000) have it: rows are filled while that brings cells nearer to squares.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from django.utils.safestring import SafeString, mark_safe

MOST: Final = 40
"""Cells of one map; what is smaller is drawn together."""
_LETTER: Final = 6.6
"""Width of a letter of the labels, about; a label that would not fit is cut."""
_SIZE: Final = 11.5


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Cell:
    """What one rectangle stands for: its lines, what it is called, the sentence that says it, and where it leads.

    `fill` is a class of the look, empty for the hatching of what is missing; `is_risky` marks unread risky code.
    """

    weight: int
    label: str
    said: str
    url: str
    fill: str
    is_risky: bool = False


def squarified(weights: Sequence[int], box: Box) -> list[Box]:
    """Return a rectangle for each weight, in their order, which MUST fall; together they fill the box."""
    found: list[Box] = []
    total, place = sum(weights), 0
    while place < len(weights) and total > 0:
        scale = box.width * box.height / total
        side = min(box.width, box.height)
        count = 1
        while place + count < len(weights) and _worst(weights[place : place + count + 1], scale, side) <= _worst(
            weights[place : place + count], scale, side
        ):
            count += 1
        row = weights[place : place + count]
        laid, box = _laid(row, scale, box)
        found += laid
        total -= sum(row)
        place += count
    return [*found, *(Box(box.x, box.y, 0, 0) for _ in weights[place:])]


def _worst(row: Sequence[int], scale: float, side: float) -> float:
    """Return how far from a square the worst cell of a row is, 1 for a square."""
    area = sum(row) * scale
    if area <= 0 or min(row) <= 0 or side <= 0:
        return float("inf")
    return max(side * side * max(row) * scale / area**2, area**2 / (side * side * min(row) * scale))


def _laid(row: Sequence[int], scale: float, box: Box) -> tuple[list[Box], Box]:
    """Lay a row along the shorter side; return it and what is left of the box."""
    area = sum(row) * scale
    cells: list[Box] = []
    if box.width >= box.height:
        depth, at = area / box.height, box.y
        for weight in row:
            step = weight * scale / depth
            cells.append(Box(box.x, at, depth, step))
            at += step
        return cells, Box(box.x + depth, box.y, max(box.width - depth, 0), box.height)
    depth, at = area / box.width, box.x
    for weight in row:
        step = weight * scale / depth
        cells.append(Box(at, box.y, step, depth))
        at += step
    return cells, Box(box.x, box.y + depth, box.width, max(box.height - depth, 0))


def drawn(cells: Sequence[Cell], name: str, title: str, *, width: int, height: int) -> SafeString:
    """Return the map of these cells, the largest first; `name` tells the maps of a page apart.

    Each cell is a link and says itself; nothing here has a style of its own, as the policy of pages wants it.
    """
    ordered = sorted(cells, key=lambda cell: -cell.weight)[:MOST]
    boxes = squarified([cell.weight for cell in ordered], Box(0, 0, width, height))
    hatch = f"{name}-hatch"
    parts = [
        f'<svg viewBox="0 0 {width} {height}" role="group" aria-labelledby="{name}-title">',
        f'<title id="{name}-title">{escape(title)}</title>',
        f'<defs><pattern id="{hatch}" width="6" height="6" patternUnits="userSpaceOnUse"',
        ' patternTransform="rotate(45)"><rect class="f-0" width="6" height="6"/><path class="h-line" d="M0 0V6"/>',
        "</pattern></defs>",
        *(_drawn(cell, box, hatch) for cell, box in zip(ordered, boxes, strict=True) if box.width > 0),
        "</svg>",
    ]
    return mark_safe("".join(parts))  # noqa: S308 -- every text is escaped


def _drawn(cell: Cell, box: Box, hatch: str) -> str:
    fill = f'class="cell {cell.fill}"' if cell.fill else f'class="cell" fill="url(#{hatch})"'
    said = escape(cell.said, quote=True)
    parts = [f'<rect x="{box.x:.1f}" y="{box.y:.1f}" width="{box.width:.1f}" height="{box.height:.1f}" {fill}/>']
    if cell.is_risky and min(box.width, box.height) > 8:  # noqa: PLR2004 -- a border needs room
        inside = (
            f'x="{box.x + 2.5:.1f}" y="{box.y + 2.5:.1f}" width="{box.width - 5:.1f}" height="{box.height - 5:.1f}"'
        )
        parts.append(f'<rect {inside} class="inset bad"/>')
    letters = int((box.width - 14) / _LETTER)
    if letters >= 4 and box.height >= 22:  # noqa: PLR2004 -- what is shorter says nothing
        text = cell.label if len(cell.label) <= letters else f"{cell.label[: letters - 1]}…"
        if not cell.fill:  # letters on hatching are hard to read
            back = f'x="{box.x + 3:.1f}" y="{box.y + 5:.1f}" width="{len(text) * _LETTER + 8:.1f}" height="17"'
            parts.append(f'<rect class="f-0" {back}/>')
        tone = ' class="on"' if cell.fill in {"f-4", "f-5"} else ' class="mid"'
        parts.append(f'<text{tone} font-size="{_SIZE}" x="{box.x + 7:.1f}" y="{box.y + 18:.1f}">{escape(text)}</text>')
    body = "".join(parts)
    if not cell.url:
        return f"<g><title>{said}</title>{body}</g>"
    return f'<a href="{escape(cell.url, quote=True)}" aria-label="{said}"><title>{said}</title>{body}</a>'
