# SPDX-License-Identifier: Apache-2.0
"""The tree beside a page: every folder open along the path. Rendered once per release, folder and grant version.

What is kept is HTML in this process's memory; it names files, so it is never written anywhere.
"""

import re
from collections.abc import Sequence
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
KEPT: Final = 256
_PLAIN: Final = re.compile(r"[A-Za-z0-9_.~-]+")

_Level = tuple[TreePath | None, Sequence[Item]]


@dataclass(frozen=True, slots=True)
class Tree:
    """A rendered tree, and the files of its innermost folder in their order."""

    html: str
    files: tuple[str, ...]
    at: dict[str, int]

    def marked(self, here: str) -> SafeString:
        """Return the tree with the page's own link marked."""
        link = f'href="{here}"'
        return mark_safe(self.html.replace(link, f'{link} aria-current="page"', 1))  # noqa: S308 -- escaped when made

    def beside(self, here: str) -> tuple[str, str]:
        """Return the addresses of the files before and after this one, empty at the ends."""
        place = self.at.get(here)
        if place is None:
            return "", ""
        before = self.files[place - 1] if place else ""
        return before, self.files[place + 1] if place + 1 < len(self.files) else ""


def tree_of(room: Room, place: Place, path: TreePath | None, *, is_folder: bool) -> Tree:
    """Return the tree of a room, open along a path that stands in it."""
    folder = path if is_folder or path is None else path.parent
    patterns = room.terms.patterns
    small = _small(room.release, patterns, place, folder)
    return small or _large(room.release, patterns, place, folder, path)


def left_out_count(room: Room) -> int:
    """Return how many things intake left out that the grant covers."""
    return len(releases.covered_left_out(room.release, room.terms.patterns)) if room.left_out else 0


@lru_cache(maxsize=KEPT)
def _small(release: ReleaseRef, patterns: Patterns, place: Place, folder: TreePath | None) -> Tree | None:
    levels = _levels(release, patterns, folder)
    return None if any(len(items) > PART for _, items in levels) else _rendered(levels, place)


@lru_cache(maxsize=KEPT)
def _large(
    release: ReleaseRef, patterns: Patterns, place: Place, folder: TreePath | None, path: TreePath | None
) -> Tree:
    levels = _levels(release, patterns, folder)
    shown = [*(level for level, _ in levels[1:]), path]
    return _rendered([_part(level, child) for level, child in zip(levels, shown, strict=True)], place)


def _levels(release: ReleaseRef, patterns: Patterns, folder: TreePath | None) -> list[_Level]:
    opened = [None, *folder.ancestors, folder] if folder else [None]
    return [(one, releases.listing(release, patterns, one)) for one in opened]


def _part(level: _Level, child: TreePath | None) -> _Level:
    folder, items = level
    place = next((index for index, item in enumerate(items) if item.path == child), 0)
    start = place - place % PART
    return folder, items[start : start + PART]


def _rendered(levels: Sequence[_Level], place: Place) -> Tree:
    inner = ""
    opened: TreePath | None = None
    for folder, items in reversed(levels):
        inner = _list(folder, items, place, opened, inner)
        opened = folder
    innermost, items = levels[-1]
    before = _before(place, innermost)[0]
    files = tuple(before + _quoted(item.name) for item in items if not item.is_folder)
    return Tree(inner, files, {address: index for index, address in enumerate(files)})


def _before(place: Place, folder: TreePath | None) -> tuple[str, str]:
    """Return what stands before the names of a folder's files and folders in their addresses."""
    if folder is None:
        return f"{place.base}file/", f"{place.base}folder/"
    return f"{place.file(folder)}/", f"{place.folder(folder)}/"


def _quoted(name: str) -> str:
    # Nearly every name needs no quoting; asking costs less than quoting.
    return name if name.isascii() and _PLAIN.fullmatch(name) else quote(name, safe="")


def _list(folder: TreePath | None, items: Sequence[Item], place: Place, opened: TreePath | None, inner: str) -> str:
    rows = []
    before_file, before_folder = _before(place, folder)
    for item in items:
        name = item.name
        size = f"{item.files:,}" if item.is_folder else _size(item)
        said = f'<span class="name">{escape(name)}</span><span class="n">{size}</span></a>'
        if not item.is_folder:
            rows.append(f'<li><a href="{before_file}{_quoted(name)}">{said}</li>')
        elif opened is not None and item.path == opened:
            link = f'<a class="dir open" href="{before_folder}{_quoted(name)}" aria-expanded="true">'
            rows.append(f"<li>{link}{said}{inner}</li>")
        else:
            rows.append(f'<li><a class="dir" href="{before_folder}{_quoted(name)}">{said}</li>')
    return f"<ul>{''.join(rows)}</ul>"


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
