# SPDX-License-Identifier: Apache-2.0
"""The tree beside a page: every folder open along the path. Its rows are rendered once for a release and patterns.

What is kept is HTML in this process's memory; it names files, so it is never written anywhere. Addresses in it begin
with a NUL, which no name can hold, in the place of what differs from grant to grant: all who read share the rows.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from typing import Final
from urllib.parse import quote

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from glasshouse.domain.access.values import Patterns
from glasshouse.domain.readingroom.values import Room
from glasshouse.domain.releases import queries as releases
from glasshouse.domain.releases.values import Item, ReleaseRef
from glasshouse.edges.web.places import Place
from glasshouse.kernel.paths import TreePath

PART: Final = 400
"""A folder with more items is shown in parts of this many; its own page lists them all."""
KEPT: Final = 1024
_BASE: Final = "\0"
_CLOSED: Final = '<li><a class="dir" '
_OPEN: Final = '<li><a class="dir open" aria-expanded="true" '
_END: Final = "</li>"
_PLAIN: Final = re.compile(r"[A-Za-z0-9_.~-]+")


@dataclass(frozen=True, slots=True)
class Level:
    """One folder: a row for each item, where each name stands in them, and the files' addresses in their order."""

    rows: Sequence[str]
    at: Mapping[str, int]
    files: Sequence[str]
    file_at: Mapping[str, int]

    def html(self, child: TreePath | None, inner: str) -> str:
        """Return the list, or the part of it where the child stands, with what is open inside the child."""
        place = self.at.get(child.name) if child else None
        if place is None:
            return f"<ul>{''.join(self.rows[:PART])}</ul>"
        start = place - place % PART
        rows = self.rows[start : start + PART]
        if inner:
            row = rows[place - start]
            opened = f"{_OPEN}{row[len(_CLOSED) : -len(_END)]}{inner}{_END}"
            rows = [*rows[: place - start], opened, *rows[place - start + 1 :]]
        return f"<ul>{''.join(rows)}</ul>"


@dataclass(frozen=True, slots=True)
class Tree:
    """A rendered tree, and its innermost folder."""

    html: str
    base: str
    innermost: Level

    def marked(self, here: str) -> SafeString:
        """Return the tree with the page's own link marked."""
        link = f'href="{here}"'
        return mark_safe(self.html.replace(link, f'{link} aria-current="page"', 1))  # noqa: S308 -- escaped when made

    def beside(self, here: str) -> tuple[str, str]:
        """Return the addresses of the files before and after this one, empty at the ends."""
        files, place = self.innermost.files, self.innermost.file_at.get(f"{_BASE}{here.removeprefix(self.base)}")
        if place is None:
            return "", ""
        before = files[place - 1] if place else ""
        after = files[place + 1] if place + 1 < len(files) else ""
        return before.replace(_BASE, self.base), after.replace(_BASE, self.base)


def tree_of(room: Room, place: Place, path: TreePath | None, *, is_folder: bool) -> Tree:
    """Return the tree of a room, open along a path that stands in it."""
    folder = path if is_folder or path is None else path.parent
    opened = [*folder.ancestors, folder] if folder else []
    levels = [_level(room.release, room.terms.patterns, one) for one in (None, *opened)]
    html = ""
    for level, child in zip(reversed(levels), (None if is_folder else path, *reversed(opened)), strict=True):
        html = level.html(child, html)
    return Tree(html.replace(_BASE, place.base), place.base, levels[-1])


def left_out_count(room: Room) -> int:
    """Return how many things intake left out that the grant covers."""
    return len(releases.covered_left_out(room.release, room.terms.patterns)) if room.left_out else 0


@lru_cache(maxsize=KEPT)
def _level(release: ReleaseRef, patterns: Patterns, folder: TreePath | None) -> Level:
    items = releases.listing(release, patterns, folder)
    anywhere = Place(_BASE)
    before_file = f"{anywhere.file(folder)}/" if folder else f"{_BASE}file/"
    before_folder = f"{anywhere.folder(folder)}/" if folder else f"{_BASE}folder/"
    files = [before_file + _quoted(item.name) for item in items if not item.is_folder]
    return Level(
        rows=[_row(item, before_folder if item.is_folder else before_file) for item in items],
        at={item.name: index for index, item in enumerate(items)},
        files=files,
        file_at={address: index for index, address in enumerate(files)},
    )


def _quoted(name: str) -> str:
    # Nearly every name needs no quoting; asking costs less than quoting.
    return name if name.isascii() and _PLAIN.fullmatch(name) else quote(name, safe="")


def _row(item: Item, before: str) -> str:
    size = f"{item.files:,}" if item.is_folder else _size(item)
    said = f'<span class="name">{escape(item.name)}</span><span class="n">{size}</span></a>{_END}'
    address = f'href="{before}{_quoted(item.name)}">'
    return f"{_CLOSED}{address}{said}" if item.is_folder else f"<li><a {address}{said}"


def rows_html(items: Sequence[Item], place: Place) -> SafeString:
    """Return a folder's items as rows of a table: name, files below, size."""
    marks = {"link": escape(gettext("link")), "binary": escape(gettext("binary"))}
    rows = []
    for item in items:
        kind = "link" if item.is_link else "binary" if item.is_binary else ""
        tag = f' <span class="tag">{marks[kind]}</span>' if kind else ""
        if item.is_folder:
            link = f'<a class="dir" href="{place.folder(item.path)}">{escape(item.name)}/</a>'
        else:
            link = f'<a href="{place.file(item.path)}">{escape(item.name)}</a>'
        below = f"{item.files:,}" if item.is_folder else ""
        rows.append(
            f'<tr><th scope="row">{link}{tag}</th><td class="num">{below}</td>'
            f'<td class="num">{size_text(item.bytes)}</td></tr>'
        )
    return mark_safe("".join(rows))  # noqa: S308 -- names were escaped, addresses quoted


def _size(item: Item) -> str:
    return escape(gettext("link")) if item.is_link else size_text(item.bytes)


def size_text(size: int) -> str:
    """Write a size as people read it in a list: 812, 1.9 K, 75 K, 2.4 M; thousands, not 1,024."""
    value, unit = float(size), ""
    for unit in ("", " K", " M", " G", " T"):
        if value < 999.5 or unit == " T":  # noqa: PLR2004 -- 999.5 would be written as 1000
            break
        value /= 1000
    return f"{value:.0f}{unit}" if value >= 9.95 or not unit else f"{value:.1f}{unit}"  # noqa: PLR2004 -- 9.95 is 10
