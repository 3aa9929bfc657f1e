# SPDX-License-Identifier: Apache-2.0
"""How sure it is that two sightings are one."""

from enum import IntEnum
from typing import NamedTuple


class Tier(IntEnum):
    """By what two sightings are one finding, the surest first."""

    LINE = 1
    FILE = 2
    FUNCTION = 3
    AROUND = 4
    NAME = 5
    EDITED = 6

    @property
    def needs_human(self) -> bool:
        """Say whether the line is another, so that a person decides whether the finding is the same."""
        return self is Tier.EDITED


class Match(NamedTuple):
    """Indexes of a sighting before and of the one after that it is."""

    before: int
    after: int
    tier: Tier
