# SPDX-License-Identifier: Apache-2.0
"""What is asked of the fan-out and what comes of it, as values."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from glasshouse.engines.fanout.errors import InvalidUnitError
from glasshouse.kernel.digests import Digest

SETTINGS_CHARS: Final = 65_536
NAME_CHARS: Final = 200


@dataclass(frozen=True, slots=True)
class Unit:
    """One piece of pure work, named by its inputs: the digests that it may fetch, and how to treat them.

    It travels through the scheduler, so no field MUST hold source text, a path or a secret. `name` is the caller's own
    and opaque; `settings` is what the function parses, mostly JSON. `weight` is how long the unit may take, in any one
    measure for all units of a run (bytes, seconds): the heaviest begin first.
    """

    name: str
    digests: tuple[Digest, ...] = ()
    settings: str = ""
    weight: float = 1.0

    def __post_init__(self) -> None:
        """Refuse a weight that orders nothing, and what is too long to be a name or settings."""
        if not (math.isfinite(self.weight) and self.weight > 0):
            raise InvalidUnitError(f"a unit weighs more than nothing, not {self.weight}")
        if len(self.name) > NAME_CHARS or len(self.settings) > SETTINGS_CHARS:
            raise InvalidUnitError("a unit's name or settings are too long; content is fetched by its digest")


class Kind(StrEnum):
    """What became of a unit. Only `DONE` has a value; a unit that is lost ended the process that ran it, twice."""

    DONE = "done"
    FAILED = "failed"
    LOST = "lost"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one unit. `reason` holds no source text; `seconds` is the time the function took."""

    unit: Unit
    kind: Kind
    value: bytes = b""
    reason: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Content:
    """Where the units of one job get their content: the lab's reader, under the job's fencing token.

    `read` is called from several threads at once, and only with digests of units that are in flight.
    """

    job: str
    token: int
    read: Callable[[Digest], bytes]


@dataclass(frozen=True, slots=True)
class Desk:
    """Where a worker fetches the content of a unit, and on whose behalf."""

    host: str
    port: int
    job: str
    token: int
