# SPDX-License-Identifier: Apache-2.0
"""Small plots as SVG in the colours of the tokens: a line over releases, and bars. A table beside them says the same.

What is missing is no point: the line breaks there, and never goes through nought.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from typing import Final

from django.utils.safestring import SafeString, mark_safe

_WIDTH: Final = 384
_HEIGHT: Final = 172
_LEFT: Final = 44
_RIGHT: Final = 12
_TOP: Final = 16
_BOTTOM: Final = 28
_LETTER: Final = 6.4
_BAR: Final = 28


@dataclass(frozen=True, slots=True)
class Dot:
    """A value over a label; None where it is not known. `said` is the value in words."""

    label: str
    value: float | None
    said: str


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of several parts, each with a class of the look for its fill; `said` is all of it in words."""

    label: str
    parts: Sequence[tuple[float, str]]
    said: str
    url: str = ""


def line(dots: Sequence[Dot], title: str, top_said: str, most: float) -> SafeString:
    """Draw values from nought to `most`, which is written as `top_said`."""
    high = most or 1.0
    width, height = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM
    step = width / max(1, len(dots) - 1)
    places = [
        None
        if dot.value is None
        else (_LEFT + (number * step if len(dots) > 1 else width / 2), _TOP + height * (1 - min(1.0, dot.value / high)))
        for number, dot in enumerate(dots)
    ]
    base = _TOP + height
    parts = [
        f'<svg role="img" viewBox="0 0 {_WIDTH} {_HEIGHT}" aria-label="{escape(_told(dots, title))}">',
        f'<path class="axis" d="M{_LEFT} {_TOP}V{base}H{_WIDTH - _RIGHT}M{_LEFT} {_TOP}H{_WIDTH - _RIGHT}"/>',
        f'<text x="{_LEFT - 6}" y="{_TOP + 4}" text-anchor="end">{escape(top_said)}</text>',
        f'<text x="{_LEFT - 6}" y="{base}" text-anchor="end">0</text>',
    ]
    for one, other in pairwise(places):
        if one is not None and other is not None:
            parts.append(f'<path class="l2" d="M{one[0]:.1f} {one[1]:.1f}L{other[0]:.1f} {other[1]:.1f}"/>')
    for dot, place in zip(dots, places, strict=True):
        if place is not None:
            said = escape(f"{dot.label}: {dot.said}")
            x, y = place
            parts.append(f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="3.5"><title>{said}</title></circle>')
    parts += _labels(dots, places)
    return mark_safe("".join([*parts, "</svg>"]))  # noqa: S308 -- words are escaped, the rest is numbers


def bars(rows: Sequence[Bar], title: str) -> SafeString:
    """Draw bars below each other; the longest is as wide as the picture."""
    longest = max((sum(value for value, _ in row.parts) for row in rows), default=0) or 1
    height = max(1, len(rows)) * _BAR + 8
    said = escape("; ".join([title, *(f"{row.label}: {row.said}" for row in rows)]))
    # With links inside it is a group of things and no picture, or nobody could reach them by keyboard.
    role = "group" if any(row.url for row in rows) else "img"
    parts = [f'<svg role="{role}" viewBox="0 0 {_WIDTH} {height}" aria-label="{said}">']
    for number, row in enumerate(rows):
        y = number * _BAR + 12
        text = escape(_cut(row.label, _WIDTH - 8))
        drawn = [f'<text x="0" y="{y}">{text}</text>', *_drawn(row, y + 5, longest)]
        body, name = "".join(drawn), escape(f"{row.label}: {row.said}", quote=True)
        if row.url:
            parts.append(f'<a href="{escape(row.url, quote=True)}" aria-label="{name}"><title>{name}</title>{body}</a>')
        else:
            parts.append(f"<g><title>{name}</title>{body}</g>")
    return mark_safe("".join([*parts, "</svg>"]))  # noqa: S308 -- words are escaped, the rest is numbers and our names


def _drawn(row: Bar, y: int, longest: float) -> list[str]:
    parts = [f'<rect class="f-0" x="0" y="{y}" width="{_WIDTH}" height="6"/>']
    x = 0.0
    for value, fill in row.parts:
        width = _WIDTH * value / longest
        if width:
            parts.append(f'<rect class="{fill}" x="{x:.1f}" y="{y}" width="{max(1.0, width):.1f}" height="6"/>')
        x += width
    return parts


def _labels(dots: Sequence[Dot], places: Sequence[tuple[float, float] | None]) -> list[str]:
    """Write the first and the last label below, and their values beside their dots."""
    parts: list[str] = []
    ends = dict.fromkeys([0, len(dots) - 1]) if dots else {}
    for number in ends:
        is_last = number == len(dots) - 1 and len(dots) > 1
        anchor = "end" if is_last else "start" if len(dots) > 1 else "middle"
        place = places[number]
        x = _WIDTH - _RIGHT if is_last else _LEFT if len(dots) > 1 else _LEFT + (_WIDTH - _LEFT - _RIGHT) / 2
        label = escape(_cut(dots[number].label, 150))
        parts.append(f'<text x="{x:.1f}" y="{_HEIGHT - 8}" text-anchor="{anchor}">{label}</text>')
        if place is not None:
            y = place[1] - 8 if place[1] > _TOP + 16 else place[1] + 16
            parts.append(
                f'<text class="bold halo" x="{place[0]:.1f}" y="{y:.1f}" text-anchor="{anchor}">'
                f"{escape(dots[number].said)}</text>"
            )
    return parts


def _told(dots: Sequence[Dot], title: str) -> str:
    return "; ".join([title, *(f"{dot.label}: {dot.said}" for dot in dots)])


def _cut(text: str, width: float) -> str:
    most = int(width / _LETTER)
    return text if len(text) <= most else f"{text[: most - 1]}…"
