# SPDX-License-Identifier: Apache-2.0
"""The history of one line, and of the function around it, over releases: followed by name and bytes, not by number.

A function is followed in its file, and where it is not there, to another file that defines it: one with the same
bytes, or the only one of that name that is new there. A line is followed inside its function, then inside its file.
"""

import functools
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from itertools import pairwise
from typing import Final, TypeAlias

from glasshouse.domain.access.values import Patterns
from glasshouse.domain.releases import defining, queries, vault
from glasshouse.domain.releases.differences import MAX_BYTES, MAX_LINES
from glasshouse.domain.releases.histories import Event, followed
from glasshouse.domain.releases.matching import matches
from glasshouse.domain.releases.values import ReleaseRef
from glasshouse.engines.codeindex.symbols.forms import may_have_symbols
from glasshouse.engines.codeindex.symbols.functions import Function, functions_of
from glasshouse.engines.codeindex.symbols.tables import How, Wanted
from glasshouse.engines.codeindex.symbols.values import Family
from glasshouse.engines.store import Entry
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.lines import Span
from glasshouse.kernel.paths import TreePath

MAX_SECONDS: Final = 3.0
"""How long releases are compared for one question; what was not reached by then is not known."""
MAX_NAMESAKES: Final = 20
"""How many other files that define a function's name are looked at."""
_ALIKE: Final = 0.6
"""How alike two lines at one place are, of 1, for one to be called the other's change."""
_MAX_NEAR: Final = 60
_MAX_COMPARED: Final = 400
_TELLING: Final = 8
"""The letters that a line has at least, blanks aside, to be known again away from its neighbours."""


@dataclass(frozen=True, slots=True)
class Part:
    """Some lines of a file, and the digest of their bytes."""

    path: TreePath
    span: Span
    digest: bytes


@dataclass(frozen=True, slots=True)
class Standing:
    """A part in one release; `part` is None where it is not. `before` is the release and part it is compared with."""

    release: ReleaseRef
    event: Event
    part: Part | None
    before: tuple[ReleaseRef, Part] | None

    @property
    def is_moved(self) -> bool:
        """Say whether it lay in another file before."""
        return self.before is not None and self.part is not None and self.before[1].path != self.part.path

    @property
    def is_changed(self) -> bool:
        """Say whether its bytes were others before."""
        return self.before is not None and self.part is not None and self.before[1].digest != self.part.digest


@dataclass(frozen=True, slots=True)
class Traces:
    """What became of a line and of the function around it, the oldest release first.

    `name` and `function` are empty where the line lies in no function; `is_pending` says that nobody looked for it yet.
    """

    name: str = field(repr=False)
    function: tuple[Standing, ...]
    line: tuple[Standing, ...]
    is_pending: bool


class _Unknown:
    """It cannot be told whether the part is there: too large, or nobody looked yet."""


_UNKNOWN: Final = _Unknown()
_Answer: TypeAlias = Part | _Unknown | None


@dataclass(frozen=True, slots=True)
class _Step:
    """From a release to its neighbour, with where the part was last: in `near`, or before it."""

    near: ReleaseRef
    far: ReleaseRef
    last: Part
    is_in_near: bool


_Find: TypeAlias = Callable[[_Step], _Answer]


def traces(
    releases: Sequence[ReleaseRef],
    here: ReleaseRef,
    patterns: Patterns,
    path: TreePath,
    number: int,
    *,
    seconds: float = MAX_SECONDS,
) -> Traces:
    """Follow line `number` of a file of the release `here` through all of these, as far as the patterns cover it.

    Ends after some seconds, or a file made to be slow would hold the reader. Raises NotFoundError for a file that is
    not there, or that the patterns do not cover.
    """
    until = time.monotonic() + seconds
    item = defining.covered_entry(here, patterns, path)
    found = _functions(here, item)
    around = [one for one in found or () if one.span.first <= number <= one.span.last]
    function = max(around, key=lambda one: one.span.first, default=None)
    standings: tuple[Standing, ...] = ()
    if function is not None:
        find = functools.partial(_function_in, patterns, function)
        standings = tuple(_standings(releases, here, Part(path, function.span, function.digest), find, until))
    bodies = {one.release: one.part for one in standings if one.part is not None}
    lines = _lines(here, item) or ()
    text = lines[number - 1] if number <= len(lines) else b""
    start = Part(path, Span(number, number), _digest(text))
    find = functools.partial(_line_in, patterns, bodies)
    return Traces(
        function.name if function else "",
        standings,
        tuple(_standings(releases, here, start, find, until)),
        is_pending=found is None and may_have_symbols(path) and not item.is_binary,
    )


def _standings(
    releases: Sequence[ReleaseRef], here: ReleaseRef, start: Part, find: _Find, until: float
) -> Iterator[Standing]:
    place = next(number for number, one in enumerate(releases) if one.uid == here.uid)
    earlier = list(_walked(releases[place::-1], start, find, until))
    later = list(_walked(releases[place:], start, find, until))
    seen: tuple[ReleaseRef, Part] | None = None
    last: _Answer = None
    for number, (release, answer) in enumerate(zip(releases, [*reversed(earlier), start, *later], strict=True)):
        if isinstance(answer, _Unknown):
            yield Standing(release, Event.UNKNOWN, None, None)
        else:
            before = seen if last is not None and answer is not None else None
            yield Standing(release, _event(number, last, before, answer), answer, before)
        last = answer
        seen = (release, answer) if isinstance(answer, Part) else seen


def _walked(releases: Sequence[ReleaseRef], start: Part, find: _Find, until: float) -> Iterator[_Answer]:
    last, is_in_near = start, True
    for near, far in pairwise(releases):
        answer = find(_Step(near, far, last, is_in_near)) if time.monotonic() < until else _UNKNOWN
        is_in_near = isinstance(answer, Part)
        last = answer if isinstance(answer, Part) else last
        yield answer


def _event(number: int, last: _Answer, before: tuple[ReleaseRef, Part] | None, answer: Part | None) -> Event:
    if answer is None:
        return Event.VANISHED if isinstance(last, Part) else Event.ABSENT
    if before is None:
        if isinstance(last, _Unknown):
            return Event.PRESENT
        return Event.APPEARED if number else Event.FIRST
    if before[1].path != answer.path:
        return Event.MOVED
    return Event.SAME if before[1].digest == answer.digest else Event.CHANGED


# ── a function ───────────────────────────────────────────────────────────


def _function_in(patterns: Patterns, wanted: Function, step: _Step) -> _Answer:
    item = _file_in(patterns, step)
    if item is not None and _is_same(step, item):
        return Part(item.path, step.last.span, step.last.digest)
    found = _functions(step.far, item) if item is not None else ()
    if item is not None and found is None:
        return _UNKNOWN
    named = [one for one in found or () if (one.scope, one.name) == (wanted.scope, wanted.name)]
    if item is not None and named:
        return _part(item.path, next((one for one in named if one.digest == step.last.digest), named[0]))
    return _elsewhere(patterns, wanted, step)


def _file_in(patterns: Patterns, step: _Step) -> Entry | None:
    if step.is_in_near:
        return followed(step.near, step.far, patterns, step.last.path)
    return queries.counterpart(step.far, patterns, step.last.path)


def _is_same(step: _Step, item: Entry) -> bool:
    """Say whether a file of `far` has the content that the part was seen in: then it stands where it stood."""
    return step.is_in_near and queries.entry(step.near, step.last.path).digest == item.digest


def _elsewhere(patterns: Patterns, wanted: Function, step: _Step) -> _Answer:
    asked = Wanted(wanted.name, How.EXACT, frozenset({Family.FUNCTION}))
    told = defining.definitions(step.far, patterns, asked, near=step.last.path, limit=MAX_NAMESAKES)
    known = {one.path for one in defining.definitions(step.near, patterns, asked, limit=MAX_NAMESAKES).items}
    fresh: list[Part] = []
    for path in dict.fromkeys(one.path for one in told.items if one.path != step.last.path):
        for one in _functions(step.far, queries.entry(step.far, path)) or ():
            if one.name == wanted.name and one.digest == step.last.digest:
                return _part(path, one)
            if one.name == wanted.name and path not in known:
                fresh.append(_part(path, one))
    if len(fresh) == 1 and not told.is_cut:
        return fresh[0]
    return _UNKNOWN if told.is_pending else None


def _part(path: TreePath, one: Function) -> Part:
    return Part(path, one.span, one.digest)


def _functions(release: ReleaseRef, item: Entry) -> list[Function] | None:
    """Return a file's functions, none where its kind has none; None where nobody looked yet."""
    if item.is_binary or item.is_link or not item.size or not may_have_symbols(item.path):
        return []
    outline = defining.outline_of(release, item)
    return None if outline is None else functions_of(outline, _content(release, item))


# ── a line ───────────────────────────────────────────────────────────────


def _line_in(patterns: Patterns, bodies: dict[ReleaseRef, Part], step: _Step) -> _Answer:
    last, whole = step.last, _file_in(patterns, step)
    if whole is not None and _is_same(step, whole):
        return Part(whole.path, last.span, last.digest)
    old = _lines(step.near, queries.entry(step.near, last.path)) if step.is_in_near else None
    if old is None:
        return _at_last(patterns, step)
    is_unknown = False
    for path, body, far_body in _regions(patterns, bodies, step):
        item = queries.counterpart(step.far, patterns, path)
        new = _lines(step.far, item) if item else None
        is_unknown = is_unknown or (item is not None and new is None)
        if new is not None:
            low, high = (far_body.first - 1, far_body.last) if far_body else (0, len(new))
            start, stop = (body.first - 1, body.last) if body else (0, len(old))
            at = _counterpart(old[start:stop], last.span.first - 1 - start, new[low:high])
            if at is not None:
                number = low + at + 1
                return Part(path, Span(number, number), _digest(new[number - 1]))
    return _UNKNOWN if is_unknown else None


def _regions(
    patterns: Patterns, bodies: dict[ReleaseRef, Part], step: _Step
) -> Iterator[tuple[TreePath, Span | None, Span | None]]:
    """Yield where the line may be: in the function it was in, then in its file; spans of the old and the new body."""
    old, new, last = bodies.get(step.near), bodies.get(step.far), step.last
    if old and new and old.path == last.path and old.span.first <= last.span.first <= old.span.last:
        yield new.path, old.span, new.span
    item = _file_in(patterns, step)
    if item is not None:
        yield item.path, None, None


def _at_last(patterns: Patterns, step: _Step) -> _Answer:
    """Look for a line that was not in the release before: it is known again by its own bytes, where it last was."""
    item = queries.counterpart(step.far, patterns, step.last.path)
    if item is None:
        return None
    lines = _lines(step.far, item)
    if lines is None:
        return _UNKNOWN
    places = [at for at, text in enumerate(lines) if _digest(text) == step.last.digest and _is_telling(text)]
    return Part(item.path, Span(places[0] + 1, places[0] + 1), step.last.digest) if len(places) == 1 else None


def _counterpart(old: Sequence[bytes], at: int, new: Sequence[bytes]) -> int | None:
    """Return the index of what line `at` of the old lines is among the new ones, None where it is not."""
    above, below = (-1, -1), (len(old), len(new))
    for a, b in matches(old, new):
        if a == at:
            return b
        if a < at:
            above = a, b
        else:
            below = a, b
            break
    text = old[at].strip()[:_MAX_COMPARED]
    between = range(above[1] + 1, below[1])[:_MAX_NEAR] if text else range(0)
    rated = [(SequenceMatcher(None, text, new[b].strip()[:_MAX_COMPARED]).ratio(), -b) for b in between]
    likeness, place = max(rated, default=(0.0, 0))
    if likeness >= _ALIKE:
        return -place
    places = [b for b, one in enumerate(new) if one == old[at]] if _is_telling(old[at]) else []
    return places[0] if len(places) == 1 else None


def _is_telling(text: bytes) -> bool:
    return len(b"".join(text.split())) >= _TELLING


def _lines(release: ReleaseRef, item: Entry) -> Sequence[bytes] | None:
    """Return a file's lines without newlines; None where it is not compared by lines."""
    if item.is_binary or item.size > MAX_BYTES or item.lines > MAX_LINES:
        return None
    return _content(release, item).split(b"\n")


def _content(release: ReleaseRef, item: Entry) -> bytes:
    return vault.product_store(release.product).document(item.digest.raw)


def _digest(text: bytes) -> bytes:
    return Digest.of(text).raw
