# SPDX-License-Identifier: Apache-2.0
"""The outline of a file as nested lists. Names are the vendor's and hostile: each is escaped here."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, ngettext

from glasshouse.domain.readingroom.values import Outlined

_SIGNS: Final = {
    "function": "\u0192",
    "type": "T",
    "macro": "#",
    "member": "\u00b7",
    "constant": "=",
    "variable": "v",
    "module": "M",
    "declaration": ":",
}
"""One character for a kind beside its name; the word itself is there for those who hear the page."""
_OTHER: Final = "\u2022"
_OPEN: Final = frozenset({"function", "type", "declaration"})


@dataclass(slots=True)
class _Branch:
    """A symbol and what lies in it."""

    symbol: Outlined
    inside: "list[_Branch]"

    def holds(self, current: Outlined | None) -> bool:
        return any(one.symbol is current or one.holds(current) for one in self.inside)


def outline_html(symbols: Sequence[Outlined], url: str, line: int) -> SafeString:
    """Return nested lists of links to the symbols' lines, with the one marked that `line` lies in."""
    current = current_of(symbols, line)
    return mark_safe("".join(_list(_nested(symbols), url, current)))  # noqa: S308 -- names were escaped, the URL quoted


def current_of(symbols: Sequence[Outlined], line: int) -> Outlined | None:
    """Return the innermost symbol that a line lies in: of those around it, the one that begins last."""
    around = [one for one in symbols if one.first <= line <= max(one.first, one.last)]
    return max(around, key=lambda one: (one.first, one.depth), default=None)


def _nested(symbols: Sequence[Outlined]) -> list[_Branch]:
    top: list[_Branch] = []
    path: list[_Branch] = []
    for one in symbols:
        branch = _Branch(one, [])
        del path[one.depth :]
        (path[-1].inside if path else top).append(branch)
        path.append(branch)
    return top


def _list(branches: Sequence[_Branch], url: str, current: Outlined | None) -> Iterator[str]:
    yield "<ul>"
    for branch in branches:
        yield f"<li>{_link(branch.symbol, url, is_current=branch.symbol is current)}"
        if branch.inside:
            is_open = branch.holds(current) or any(one.symbol.family in _OPEN for one in branch.inside)
            yield f"<details{' open' if is_open else ''}><summary>{_inside(branch)}</summary>"
            yield from _list(branch.inside, url, current)
            yield "</details>"
        yield "</li>"
    yield "</ul>"


def _link(one: Outlined, url: str, *, is_current: bool) -> str:
    mark = ' aria-current="true"' if is_current else ""
    kind, sign = escape(one.kind), _SIGNS.get(one.family, _OTHER)
    lines = f'data-first="{one.first}" data-last="{max(one.first, one.last)}"'
    return (
        f'<a href="{url}?lines={one.first}#L{one.first}" {lines} title="{kind}"{mark}>'
        f'<span class="name"><span class="sign" aria-hidden="true">{sign}</span>'
        f'{escape(one.label)}<span class="vh">, {kind}</span></span><span class="n">{one.first:,}</span></a>'
    )


def _inside(branch: _Branch) -> str:
    count = len(branch.inside)
    said = ngettext("%(count)s inside", "%(count)s inside", count) % {"count": f"{count:,}"}
    named = gettext("of %(name)s") % {"name": branch.symbol.label}
    return f'{escape(said)}<span class="vh"> {escape(named)}</span>'
