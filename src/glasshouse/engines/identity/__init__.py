# SPDX-License-Identifier: Apache-2.0
"""Which result of one run is which of another: how a finding keeps its identity when code moves.

A *sighting* is one result as identity sees it: keys over rule, path, scope and the tokens of its line, and the lines
round it. `match` pairs the sightings of two runs one to one, tier by tier, from the same line of the same function to
what only a person can confirm. `state_of` says what that means for a finding.

Nothing is made of line numbers, messages, severities or absolute paths: they change while the finding does not. What
a tool calls a fingerprint is a hint, and no hint where unlike results share it (`hints`). The scheme has a number,
`SCHEME`, which is part of every key: keys of two schemes never meet.

This much is known to all who name a state. What compares by the hundred thousand, `matching`, `hints` and `tables`, is
imported by its own name: it brings numpy, which a process that only counts has no use for.

Results that are equal in rule, place and message are one sighting; the caller folds them.
"""

from glasshouse.engines.identity.keys import SCHEME, Keys, Near, Sighting
from glasshouse.engines.identity.lines import Text, normalise, texts_at
from glasshouse.engines.identity.states import Coverage, DetectionState, coverage_of, state_of
from glasshouse.engines.identity.tiers import Match, Tier

__all__ = [
    "SCHEME",
    "Coverage",
    "DetectionState",
    "Keys",
    "Match",
    "Near",
    "Sighting",
    "Text",
    "Tier",
    "coverage_of",
    "normalise",
    "state_of",
    "texts_at",
]
