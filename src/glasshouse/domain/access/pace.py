# SPDX-License-Identifier: Apache-2.0
"""Whether somebody reads or copies: a pure judgement over how the last new lines were come by.

Only views that pay leave a step, so going back to what was read before is never held against anybody. What is kept
is a few numbers a grant, however long it is used. A pause slows nothing by itself: it asks for a custodian's word.
It finds the script of an afternoon; whoever copies as slowly as people read is held by the budgets alone.
"""

from dataclasses import dataclass, replace
from typing import Final, Self

from glasshouse.domain.access.values import Pause

MINUTE: Final = 60
LEAST_PACE: Final = 1_000
"""New lines within a minute that are never held against anybody: ten windows."""
PACE_PARTS: Final = 6
"""More than this part of the hour's lines within one minute is nobody's reading."""
SWEEP_STEPS: Final = 24
SWEEP_SECONDS: Final = 8
"""So many windows from first line to last, file after file, within so many seconds each."""
ROUND_STEPS: Final = 240
"""So many of them at whatever speed."""
_FIELDS: Final = 7


@dataclass(frozen=True, slots=True)
class Step:
    """A view that paid: when, in whole seconds since the epoch, and for how many lines.

    `blob`, `first` and `last` say which lines of which file, of `of`, where a file was opened; else `blob` is empty.
    """

    at: int
    cost: int
    blob: str = ""
    first: int = 0
    last: int = 0
    of: int = 0


@dataclass(frozen=True, slots=True)
class Trail:
    """What is kept: this minute's and the last one's lines, where the file went on, how long it went on so.

    `goes_on` is the line that follows in `blob`, 0 once the file was seen to its end.
    """

    minute: int = 0
    lines: int = 0
    before: int = 0
    blob: str = ""
    goes_on: int = -1
    steps: int = 0
    since: int = 0

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what `str` wrote; what cannot be read is no trail."""
        parts = text.split(" ")
        if len(parts) != _FIELDS:
            return cls()
        minute, lines, before, blob, goes_on, steps, since = parts
        return cls(int(minute), int(lines), int(before), blob, int(goes_on), int(steps), int(since))

    def __str__(self) -> str:
        """Write the trail for its row."""
        return f"{self.minute} {self.lines} {self.before} {self.blob} {self.goes_on} {self.steps} {self.since}"


def follow(trail: Trail, step: Step, *, hour_limit: int) -> tuple[Trail, Pause | None]:
    """Return the trail with one more step, and why the grant is to wait, if it is."""
    after = _swept(_counted(trail, step), step)
    if _within_a_minute(after, step.at) > max(LEAST_PACE, hour_limit // PACE_PARTS):
        return after, Pause.PACE
    if after.steps >= ROUND_STEPS:
        return after, Pause.ROUND
    if after.steps >= SWEEP_STEPS and step.at - after.since < SWEEP_SECONDS * after.steps:
        return after, Pause.SWEEP
    return after, None


def _counted(trail: Trail, step: Step) -> Trail:
    minute = max(trail.minute, step.at // MINUTE)  # a clock that is behind begins no new minute
    if minute == trail.minute:
        return replace(trail, lines=trail.lines + step.cost)
    return replace(trail, minute=minute, lines=step.cost, before=trail.lines if minute == trail.minute + 1 else 0)


def _within_a_minute(trail: Trail, at: int) -> int:
    """Return the lines of the last 60 seconds, the last minute's counted by as much of it as lies within."""
    return trail.lines + trail.before * (MINUTE - max(0, at - trail.minute * MINUTE)) // MINUTE


def _swept(trail: Trail, step: Step) -> Trail:
    if not step.blob:
        return trail  # a search between two files is no turning aside: it would be what a script puts there
    goes_on = 0 if step.last >= step.of else step.last + 1
    is_next = trail.blob == step.blob and 0 < trail.goes_on <= step.last and step.first <= trail.goes_on
    is_another = trail.goes_on == 0 and trail.blob != step.blob and step.first == 1
    if is_next or is_another:
        return replace(trail, blob=step.blob, goes_on=goes_on, steps=trail.steps + 1)
    # Half of it stays: one file out of order now and then is no way past this.
    steps = trail.steps // 2
    since = step.at - (step.at - trail.since) // 2 if steps else step.at
    return replace(trail, blob=step.blob, goes_on=goes_on, steps=steps, since=since)
