# SPDX-License-Identifier: Apache-2.0
"""Found lines as HTML: numbers that lead to the file's own page, what matched marked inside the coloured text.

As in `code`, all text of a page of hits is escaped in one call: joined with NUL, which no token can hold.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby
from operator import attrgetter
from typing import Final

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from glasshouse.domain.releases.found import FileHits, FoundAt, FoundLine, FoundPart, NotSearched
from glasshouse.edges.web.drawing import Pen
from glasshouse.edges.web.places import Place
from glasshouse.kernel.ids import Uid

_BETWEEN: Final = "\0"
_MOST: Final = 4096
"""The bytes of a line that a search shows at most."""
_GAP: Final = '<li class="gap" aria-hidden="true">\u22ef</li>'


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Another place of the same content: what tells it from the first one, and its address."""

    name: str
    url: str


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file of a page of hits, with its lines as HTML."""

    path: str
    release: str
    url: str
    hits: int
    first: int
    last: int
    lines: SafeString
    history: str
    also: Sequence[Elsewhere]
    also_more: int


@dataclass(frozen=True, slots=True)
class Skipped:
    """Files that were not searched for one reason; `more` were not named."""

    reason: str
    files: int
    some: Sequence[Elsewhere]
    more: int


def files_of(files: Sequence[FileHits], grant: Uid, pen: Pen | None, *, has_releases: bool) -> list[FoundFile]:
    """Return the files of a page as they are shown; `has_releases` when several releases were searched.

    With a pen their lines are pictures.
    """
    texts = iter([]) if pen else iter(_escaped(files))
    return [_file(file, grant, pen or texts, has_releases=has_releases) for file in files]


def found_characters(files: Sequence[FileHits]) -> int:
    """Count the characters of found lines as they are shown."""
    return sum(len(part.token.text) for part in _parts(files))


def skipped_of(found: Sequence[NotSearched], grant: Uid, *, has_releases: bool) -> list[Skipped]:
    """Return what was not searched, by reason, the first files named."""
    return [
        Skipped(
            one.reason.value,
            one.files,
            [
                Elsewhere(f"{at.path} ({at.release.version})" if has_releases else str(at.path), _url(at, grant))
                for at in one.some
            ],
            one.files - len(one.some),
        )
        for one in found
    ]


def _file(file: FileHits, grant: Uid, texts: Iterator[str] | Pen, *, has_releases: bool) -> FoundFile:
    place = Place.of(grant, file.release.uid)
    url = place.file(file.path)
    items: list[str] = []
    for number, stretch in enumerate(file.stretches):
        if number:
            items.append(_GAP)
        for line in stretch.lines:
            items += _items(line, url, texts)
    return FoundFile(
        path=str(file.path),
        release=file.release.version if has_releases else "",
        url=url,
        hits=file.hits,
        first=file.stretches[0].first,
        last=file.stretches[-1].last,
        lines=mark_safe("".join(items)),  # noqa: S308 -- every text was escaped; numbers are numbers, addresses quoted
        history=f"{place.history(file.path)}?line={_first_hit(file)}",
        also=[Elsewhere(_apart(file, at), _url(at, grant)) for at in file.also],
        also_more=file.also_total - len(file.also),
    )


def _first_hit(file: FileHits) -> int:
    return next((line.number for part in file.stretches for line in part.lines if line.is_hit), file.stretches[0].first)


def _apart(file: FileHits, at: FoundAt) -> str:
    """Name a place by what tells it from the file's own: its release, its path, or both."""
    if at.path == file.path:
        return at.release.version
    return str(at.path) if at.release == file.release else f"{at.path} ({at.release.version})"


def _url(at: FoundAt, grant: Uid) -> str:
    return Place.of(grant, at.release.uid).file(at.path)


def _parts(files: Sequence[FileHits]) -> Iterator[FoundPart]:
    for file in files:
        for stretch in file.stretches:
            for line in stretch.lines:
                yield from line.parts


def _escaped(files: Sequence[FileHits]) -> list[str]:
    texts = [part.token.text for part in _parts(files)]
    escaped = escape(_BETWEEN.join(texts)).split(_BETWEEN) if texts else []
    if len(escaped) != len(texts):
        raise ValueError("a token holds a NUL")
    return escaped


def _items(line: FoundLine, url: str, texts: Iterator[str] | Pen) -> Iterator[str]:
    if isinstance(texts, Pen):
        text = texts.line(line.number, ((part.token.role, part.token.text, part.is_found) for part in line.parts))
    else:
        text = "".join(
            f"<mark>{_coloured(run, texts)}</mark>" if is_found else _coloured(run, texts)
            for is_found, run in groupby(line.parts, key=attrgetter("is_found"))
        )
    before = "\u2026" if line.column else ""
    behind = "\u2026" if line.column + _MOST < line.length else ""
    number = line.number
    hit = ' class="found" data-walk' if line.is_hit else ""
    yield (
        f'<li{hit}><a class="ln" href="{url}?lines={number}#L{number}" tabindex="-1">{number}</a>'
        f'<span class="mg"></span><code>{before}{text}{behind}</code></li>'
    )
    if line.is_cut:
        yield _cut(line, url)


def _coloured(parts: Iterator[FoundPart], texts: Iterator[str]) -> str:
    return "".join(
        f'<span class="{part.token.role.value}">{next(texts)}</span>' if part.token.role.value else next(texts)
        for part in parts
    )


def _cut(line: FoundLine, url: str) -> str:
    said = gettext("Line %(number)s has %(length)s bytes. A part of it is shown, from byte %(column)s.")
    told = escape(said % {"number": f"{line.number:,}", "length": f"{line.length:,}", "column": f"{line.column:,}"})
    column = f"&amp;column={line.column}" if line.column else ""
    link = f'<a href="{url}?lines={line.number}{column}">{escape(gettext("Open it"))}</a>'
    return f'<li class="cut"><span>{told} {link}</span></li>'
