# SPDX-License-Identifier: Apache-2.0
"""The history of one file over releases: where it is, and what each release did to it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from glasshouse.domain.access.values import Patterns
from glasshouse.domain.releases import queries
from glasshouse.domain.releases.values import ReleaseRef
from glasshouse.engines.store import Entry, Moved
from glasshouse.kernel.paths import TreePath


class Event(StrEnum):
    """What a release did to a file, seen from the release before it."""

    FIRST = "first"
    APPEARED = "appeared"
    SAME = "same"
    CHANGED = "changed"
    MOVED = "moved"
    VANISHED = "vanished"
    ABSENT = "absent"
    UNKNOWN = "unknown"
    """It cannot be told: too large to compare, not compared in time, or nobody looked yet. Of parts of a file alone."""
    PRESENT = "present"
    """It is there, and since when cannot be told."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A file in one release; `entry` is None where it is not. `before` is the release and file it is compared with."""

    release: ReleaseRef
    event: Event
    entry: Entry | None
    before: tuple[ReleaseRef, Entry] | None

    @property
    def is_moved(self) -> bool:
        """Say whether it lay at another path before."""
        return self.before is not None and self.entry is not None and self.before[1].path != self.entry.path

    @property
    def is_changed(self) -> bool:
        """Say whether its content was another one before."""
        return self.before is not None and self.entry is not None and self.before[1].digest != self.entry.digest


def history(releases: Sequence[ReleaseRef], here: ReleaseRef, patterns: Patterns, path: TreePath) -> tuple[Moment, ...]:
    """Follow a file of the release `here` through all of these, the oldest first, as far as the patterns cover it.

    A file that moves is followed; one that moves to where the patterns do not cover it vanishes. Raises NotFoundError
    when it is not in `here`.
    """
    place = next(number for number, one in enumerate(releases) if one.uid == here.uid)
    at = queries.entry(here, path)
    earlier = list(_followed(releases[place::-1], patterns, at))
    later = list(_followed(releases[place:], patterns, at))
    return tuple(_moments(releases, [*reversed(earlier), at, *later]))


def _followed(releases: Sequence[ReleaseRef], patterns: Patterns, start: Entry) -> Iterator[Entry | None]:
    """Yield where the file is in each release behind the first of these, which come in the order of following."""
    last, is_there = start, True
    for near, far in pairwise(releases):
        found = queries.counterpart(far, patterns, last.path)
        if found is None and is_there:
            found = _moved(near, far, patterns, last)
        is_there = found is not None
        last = found or last
        yield found


def followed(near: ReleaseRef, far: ReleaseRef, patterns: Patterns, path: TreePath) -> Entry | None:
    """Return what a path of the release `near` is in `far`, moved or not, as far as the patterns cover it."""
    found = queries.counterpart(far, patterns, path)
    if found is not None:
        return found
    item = queries.counterpart(near, patterns, path)
    return _moved(near, far, patterns, item) if item is not None else None


def _moved(near: ReleaseRef, far: ReleaseRef, patterns: Patterns, entry: Entry) -> Entry | None:
    """Return what became of a file that is not at its path in `far`, which is either older or newer than `near`.

    Whether content moved is told by its digest, so it is the same question in both directions.
    """
    for change in queries.manifest(near).diff(queries.manifest(far)):
        if isinstance(change, Moved) and change.before.path == entry.path:
            return change.after if patterns.covers(change.after.path) else None
    return None


def _moments(releases: Sequence[ReleaseRef], entries: Sequence[Entry | None]) -> Iterator[Moment]:
    seen: tuple[ReleaseRef, Entry] | None = None
    was_there = False
    for number, (release, entry) in enumerate(zip(releases, entries, strict=True)):
        before = seen if was_there and entry is not None else None
        yield Moment(release, _event(number, before[1] if before else None, entry, was_there=was_there), entry, before)
        was_there = entry is not None
        if entry is not None:
            seen = release, entry


def _event(number: int, before: Entry | None, entry: Entry | None, *, was_there: bool) -> Event:
    if entry is None:
        return Event.VANISHED if was_there else Event.ABSENT
    if before is None:
        return Event.APPEARED if number else Event.FIRST
    if before.path != entry.path:
        return Event.MOVED
    return Event.SAME if before.digest == entry.digest else Event.CHANGED
