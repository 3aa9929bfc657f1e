# SPDX-License-Identifier: Apache-2.0
"""How much of a hostile file is read, and the account of what was not."""

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Omission(StrEnum):
    """What a reading left out or did not believe; counted, so that it can be told."""

    TEXT = "text-cut"
    LOCATIONS = "locations"
    FLOWS = "flows"
    STEPS = "steps"
    PROPERTIES = "properties"
    NOTIFICATIONS = "notifications"
    SUPPRESSIONS = "suppressions"
    FINGERPRINTS = "fingerprints"
    REGIONS = "regions-not-believed"
    OUTSIDE = "locations-outside"
    RULE_INDEX = "rule-index-contradicted"
    MESSAGE = "message-not-declared"

    @property
    def sentence(self) -> str:
        """Say it to a person."""
        return _SENTENCES[self]


_SENTENCES: Final = {
    Omission.TEXT: "Texts longer than are kept were cut.",
    Omission.LOCATIONS: "Locations beyond the most that are kept of one result were left out.",
    Omission.FLOWS: "Flows without a step, or beyond the most that are kept of one result, were left out.",
    Omission.STEPS: "Steps beyond the most that are kept of one result were left out.",
    Omission.PROPERTIES: "Properties that are nested, or too many, were left out.",
    Omission.NOTIFICATIONS: "Notifications beyond the most that are kept of one run were left out.",
    Omission.SUPPRESSIONS: "Suppressions beyond the most that are kept of one result were left out.",
    Omission.FINGERPRINTS: "Fingerprints beyond the most that are kept of one result were left out.",
    Omission.REGIONS: "Regions that cannot be, belong to no file, or count characters and not lines, were left out.",
    Omission.OUTSIDE: "Locations name files outside the analysed tree.",
    Omission.RULE_INDEX: "Results name one rule and point to another; the name was taken.",
    Omission.MESSAGE: "Messages are told by an id that nothing declares; the id stands for them.",
}
Omissions = Counter[Omission]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What is read at most of one file.

    Beyond the first group the file is refused; beyond the second the rest is left out and counted. `element` is the
    length in characters of one result or other element, `depth` how deep values nest in it. `steps` are those of all
    flows of a result.
    """

    bytes: int = 2 * 2**30
    element: int = 16 * 2**20
    depth: int = 64
    results: int = 1_000_000
    runs: int = 10_000
    rules: int = 50_000
    artifacts: int = 500_000

    text: int = 16_000
    locations: int = 100
    flows: int = 100
    steps: int = 10_000
    properties: int = 64
    notifications: int = 10_000
    suppressions: int = 16
    fingerprints: int = 16
