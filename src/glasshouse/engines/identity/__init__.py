# SPDX-License-Identifier: Apache-2.0
"""Which result of one run is which of another: how a finding keeps its identity when code moves.

A *sighting* is one result as identity sees it: keys over rule, path, scope and the tokens of its line, and the lines
round it. `match` pairs the sightings of two runs one to one, tier by tier, from the same line of the same function to
what only a person can confirm. `state_of` says what that means for a finding.

Nothing is made of line numbers, messages, severities or absolute paths: they change while the finding does not. What
a tool calls a fingerprint is a hint, and no hint where unlike results share it (`hints`). The scheme has a number,
`SCHEME`, which is part of every key: keys of two schemes never meet.

Results that are equal in rule, place and message are one sighting; the caller folds them.
"""

from glasshouse.engines.identity.hints import hints, naming_one
from glasshouse.engines.identity.keys import SCHEME, Keys, Near, Sighting
from glasshouse.engines.identity.lines import Text, normalise, texts_at
from glasshouse.engines.identity.matching import Match, Paired, Tier, match, paired
from glasshouse.engines.identity.states import Coverage, DetectionState, coverage_of, state_of
from glasshouse.engines.identity.tables import KEYS, NO_PATH, RECORD, Sightings, hint_of, hints_of, keys_of, numbered

__all__ = [
    "KEYS",
    "NO_PATH",
    "RECORD",
    "SCHEME",
    "Coverage",
    "DetectionState",
    "Keys",
    "Match",
    "Near",
    "Paired",
    "Sighting",
    "Sightings",
    "Text",
    "Tier",
    "coverage_of",
    "hint_of",
    "hints",
    "hints_of",
    "keys_of",
    "match",
    "naming_one",
    "normalise",
    "numbered",
    "paired",
    "state_of",
    "texts_at",
]
