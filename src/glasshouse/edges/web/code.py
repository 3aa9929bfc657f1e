# SPDX-License-Identifier: Apache-2.0
"""Lines of source as HTML. This is the hot path of the reading room and the place where hostile text meets HTML.

All text of a window is escaped in one call: the tokens are joined with NUL, which no token can hold because a NUL
is shown as a mark (`engines.codeindex.text`), and split again; were one to hold it, the counts would differ and
nothing would be rendered.
"""

from collections.abc import Iterable, Sequence
from html import escape
from typing import Final

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, ngettext

from glasshouse.domain.releases.differences import Row
from glasshouse.domain.releases.matching import Side
from glasshouse.domain.releases.values import Line, Window
from glasshouse.edges.web.drawing import Pen
from glasshouse.kernel.lines import Span

_BETWEEN: Final = "\0"
_SIGN: Final = {"add": "+", "del": "\u2212", "": ""}
_NOTHING: Final = '<span class="half void"></span>'


def coloured(lines: Sequence[Line], pen: Pen | None = None) -> list[str]:
    """Return each line's text as HTML, a span for each token that has a role; with a pen, as pictures."""
    if pen is not None:
        return [pen.line(line.number, ((token.role, token.text, False) for token in line.tokens)) for line in lines]
    tokens = [token for line in lines for token in line.tokens]
    if not tokens:
        return [""] * len(lines)
    texts = escape(_BETWEEN.join([token.text for token in tokens])).split(_BETWEEN)
    pieces = [
        f'<span class="{token.role.value}">{text}</span>' if token.role.value else text
        for token, text in zip(tokens, texts, strict=True)
    ]
    found, at = [], 0
    for line in lines:
        end = at + len(line.tokens)
        found.append("".join(pieces[at:end]))
        at = end
    return found


def window_html(window: Window, picked: Span | None, pen: Pen | None = None) -> SafeString:
    """Return the list items of a window: numbers that link to their line, the picked range marked, cuts named."""
    first, last = (picked.first, picked.last) if picked else (0, -1)
    items: list[str] = []
    for line, text in zip(window.lines, coloured(window.lines, pen), strict=True):
        number = line.number
        mark = ' class="in"' if first <= number <= last else ""
        items.append(
            f'<li{mark}><a class="ln" id="L{number}" href="?lines={number}#L{number}" tabindex="-1">{number}</a>'
            f'<span class="mg"></span><code>{text}</code></li>'
        )
        if line.is_cut:
            items.append(_cut(line, window.column, window.rest))
    return mark_safe("".join(items))  # noqa: S308 -- every text above was escaped; numbers are numbers


def _cut(line: Line, column: int, rest: tuple[int, int] | None) -> str:
    on = rest[1] if rest and rest[0] == line.number else 4096
    said = escape(
        gettext("Line %(number)s has %(length)s bytes. Shown to byte %(end)s.")
        % {"number": f"{line.number:,}", "length": f"{line.length:,}", "end": f"{max(on, column):,}"}
    )
    go_on = escape(gettext("Show the next part"))
    return f'<li class="cut"><span>{said} <a href="?lines={line.number}&amp;column={on}">{go_on}</a></span></li>'


def characters(lines: Iterable[Line | None]) -> int:
    """Count the characters of lines as they are shown."""
    return sum(len(token.text) for line in lines if line is not None for token in line.tokens)


def difference_html(rows: Sequence[Row], pen: Pen | None = None) -> SafeString:
    """Return the list items of a comparison: two halves a row, a hatched half where one side has no line."""
    before = _texts((row.before for row in rows), pen)
    after = _texts((row.after for row in rows), pen)
    items: list[str] = []
    for row in rows:
        if row.skipped:
            said = ngettext("%(lines)s equal line", "%(lines)s equal lines", row.skipped)
            items.append(f'<li class="gap"><span>{escape(said % {"lines": f"{row.skipped:,}"})}</span></li>')
        kind = ' class="same"' if row.side is Side.SAME else ""
        left = _half(row.before, before, "A", "" if row.side is Side.SAME else "del")
        right = _half(row.after, after, "B", "" if row.side is Side.SAME else "add")
        items.append(f"<li{kind}>{left}{right}</li>")
    return mark_safe("".join(items))  # noqa: S308 -- every text above was escaped; numbers are numbers


def _texts(lines: Iterable[Line | None], pen: Pen | None) -> dict[int, str]:
    there = [line for line in lines if line is not None]
    return dict(zip([line.number for line in there], coloured(there, pen), strict=True))


def _half(line: Line | None, texts: dict[int, str], side: str, change: str) -> str:
    if line is None:
        return _NOTHING
    return (
        f'<span class="half{" " + change if change else ""}">'
        f'<a class="ln" id="{side}{line.number}" href="#{side}{line.number}" tabindex="-1">{line.number}</a>'
        f'<span class="mg">{_SIGN[change]}</span><code>{texts[line.number]}</code></span>'
    )
