# SPDX-License-Identifier: Apache-2.0
"""First pages and counts beside ripgrep's, drawn: a row for each query, milliseconds on a logarithmic axis."""

import math
from collections.abc import Iterator, Sequence
from html import escape
from typing import Final

from benchmarks.searching.asking import Taken

_LABEL, _WIDE, _ROW, _TOP, _BOTTOM = 230, 330, 24, 62, 20
_GAP: Final = 30
_LEAST, _MOST = 1.0, 4_000.0
_TICKS: Final = (1, 10, 100, 1_000)
_STYLE: Final = (
    "text{font:12px system-ui,sans-serif;fill:#1f2933}.q{font-family:ui-monospace,monospace}.t{fill:#66727d}"
    ".a{stroke:#d9dee2}.l{stroke:#9aa5ae}.u{fill:#0b6e4f}.r{fill:#c8553d}"
)


def drawn(answers: Sequence[Taken]) -> str:
    """Return the plot as SVG."""
    width = _LABEL + 2 * _WIDE + 2 * _GAP
    height = _TOP + _ROW * len(answers) + _BOTTOM
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">',
        "<title>Glasshouse and ripgrep: first 50 lines and counts of each query, in milliseconds</title>",
        f'<style>{_STYLE}</style><rect width="{width}" height="{height}" fill="#fff"/>',
        '<circle class="u" cx="12" cy="16" r="5"/><text x="22" y="20">Glasshouse</text>',
        '<circle class="r" cx="112" cy="16" r="5"/><text x="122" y="20">ripgrep, plain files</text>',
        *_panel("first 50 lines, p50, ms", answers, "first", _LABEL, height),
        *_panel("count of all lines, p50, ms", answers, "count", _LABEL + _WIDE + _GAP, height),
    ]
    for number, one in enumerate(answers):
        parts.append(f'<text class="q" x="8" y="{_y(number) + 4}">{escape(one.question.name)}</text>')
    return "\n".join([*parts, "</svg>\n"])


def _panel(title: str, answers: Sequence[Taken], column: str, left: int, height: int) -> Iterator[str]:
    yield f'<text x="{left}" y="40">{title}</text>'
    for tick in _TICKS:
        x = left + _x(tick)
        yield f'<path class="a" d="M{x:.0f} {_TOP - 4}V{height - _BOTTOM}"/>'
        yield f'<text class="t" x="{x:.0f}" y="{_TOP - 8}" text-anchor="middle">{tick:,}</text>'
    for number, one in enumerate(answers):
        ours, theirs = (left + _x(one.p50(name)) for name in (column, f"peer_{column}"))
        y = _y(number)
        yield f'<path class="l" d="M{min(ours, theirs):.1f} {y}H{max(ours, theirs):.1f}"/>'
        yield f'<circle class="r" cx="{theirs:.1f}" cy="{y}" r="4"/><circle class="u" cx="{ours:.1f}" cy="{y}" r="4"/>'


def _x(milliseconds: float) -> float:
    part = math.log(min(max(milliseconds, _LEAST), _MOST) / _LEAST) / math.log(_MOST / _LEAST)
    return part * _WIDE


def _y(number: int) -> int:
    return _TOP + _ROW * number + _ROW // 2
