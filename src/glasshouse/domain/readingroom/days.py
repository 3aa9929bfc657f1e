# SPDX-License-Identifier: Apache-2.0
"""What somebody read, day by day, across their visits and grants: for them alone, out of their own entries.

Nothing is kept for it: it is their record, counted. Lines are those that a showing cost, so what was shown before
counts once, on its first day. A day is one of the lab's wall clock.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from django.db.models import Count, QuerySet
from django.db.models.functions import TruncDate

from glasshouse.domain.journal import queries as journal
from glasshouse.domain.journal.models import Event, SeedClass
from glasshouse.domain.journal.values import Json, Opened
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.readingroom.models import Visit
from glasshouse.domain.releases import queries as releases
from glasshouse.domain.releases import vault

_SEARCHES: Final = frozenset({"readingroom.search-shown", "readingroom.structure-shown"})
_FILES: Final = frozenset(
    {
        "readingroom.lines-shown",
        "readingroom.columns-shown",
        "readingroom.facts-shown",
        "readingroom.difference-shown",
        "readingroom.outline-shown",
        "readingroom.history-shown",
    }
)
_LISTS: Final = frozenset(
    {
        "readingroom.folder-shown",
        "readingroom.left-out-shown",
        "readingroom.changes-shown",
        "readingroom.functions-shown",
        "readingroom.definitions-shown",
        "readingroom.detections-shown",
        "readingroom.detection-shown",
        "readingroom.differing-shown",
    }
)
_KINDS: Final = _SEARCHES | _FILES | _LISTS
_OPENED: Final = (SeedClass.SHARED, SeedClass.PERSONAL, SeedClass.VISITOR)


@dataclass(frozen=True, slots=True)
class Day:
    """A day on which something was shown: how many pages in all, of these how many of files and of searches."""

    day: date
    pages: int
    files: int
    searches: int


@dataclass(slots=True)
class FileRead:
    """A file as it was read on a day: on how many pages, and how many lines these cost."""

    pages: int = 0
    lines: int = 0


@dataclass(slots=True)
class ReleaseRead:
    """What was read of a release on a day. A name or a pattern that was destroyed stands as an empty text."""

    product: str
    version: str
    lines: int = 0
    files: dict[str, FileRead] = field(default_factory=dict)
    searches: dict[str, int] = field(default_factory=dict)
    lists: int = 0


def days_of(viewer: Viewer) -> list[Day]:
    """Return the days on which the viewer was shown something, newest first."""
    counts: dict[date, list[int]] = {}
    grouped = _shown(viewer).annotate(day=TruncDate("at")).values("day", "kind").order_by("day").annotate(n=Count("pk"))
    for row in grouped:
        day = counts.setdefault(row["day"], [0, 0, 0])
        day[0] += row["n"]
        day[1] += row["n"] if row["kind"] in _FILES else 0
        day[2] += row["n"] if row["kind"] in _SEARCHES else 0
    return [Day(day, *counted) for day, counted in sorted(counts.items(), reverse=True)]


def read_on(viewer: Viewer, day: date) -> list[ReleaseRead]:
    """Return what the viewer was shown on a day, by release, the most lines first."""
    products = releases.product_slugs()
    found: dict[tuple[str, str], ReleaseRead] = {}
    rows = _shown(viewer).annotate(day=TruncDate("at")).filter(day=day).order_by("pk").prefetch_related("seeds")
    for row in rows.iterator(chunk_size=500):
        event = journal.open_event(row, vault.journal_sealer, classes=_OPENED)
        release = _mapping(event.fields.get("release"))
        product, version = products.get(str(release.get("product")), ""), str(release.get("version", ""))
        _count(found.setdefault((product, version), ReleaseRead(product, version)), event)
    return sorted(found.values(), key=lambda one: (-one.lines, one.product, one.version))


def _shown(viewer: Viewer) -> QuerySet[Event]:
    # By visit, which is looked up, rather than by actor, which is not; both must be the viewer's.
    visits = Visit.objects.filter(person_id=viewer.row).values("uid")
    return Event.objects.filter(subject__in=visits, actor=viewer.uid.text, kind__in=_KINDS)


def _count(read: ReleaseRead, event: Opened) -> None:
    charged = _mapping(event.fields.get("shown")).get("charged")
    lines = charged if isinstance(charged, int) else 0
    read.lines += lines
    if event.kind in _SEARCHES:
        pattern = str(_mapping(event.fields.get("query")).get("pattern", ""))
        read.searches[pattern] = read.searches.get(pattern, 0) + 1
    elif event.kind in _FILES:
        file = read.files.setdefault(_path(event), FileRead())
        file.pages += 1
        file.lines += lines
    else:
        read.lists += 1


def _path(event: Opened) -> str:
    file = _mapping(event.fields.get("file"))
    sides = file.get("sides")
    if isinstance(sides, list) and sides:
        return str(_mapping(sides[-1]).get("path", ""))
    return str(file.get("path", ""))


def _mapping(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, Mapping) else {}
