# SPDX-License-Identifier: Apache-2.0
"""Values of triage."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Self

from django.db.models import TextChoices

from glasshouse.domain.access.values import Patterns
from glasshouse.domain.releases.values import ReleaseRef
from glasshouse.engines.formats.sarif import Severity
from glasshouse.engines.identity import DetectionState
from glasshouse.kernel.ids import Uid


class State(TextChoices):
    """What somebody says of a detection."""

    OPEN = "open", "open"
    CONFIRMED = "confirmed", "confirmed"
    FALSE_POSITIVE = "false-positive", "false positive"
    WONT_FIX = "wont-fix", "won\u2019t fix"
    FIX_CLAIMED = "fix-claimed", "fix claimed"
    FIX_VERIFIED = "fix-verified", "fix verified"


class Side(TextChoices):
    """Whom a verdict speaks for. The vendor has two: who owns the product, and who assesses it."""

    OWNER = "owner", "product owner"
    ASSESSOR = "assessor", "assessor"
    VISITOR = "visitor", "visitor"


class Justification(TextChoices):
    """Why a product is not affected, as OpenVEX and CSAF name the five reasons."""

    NO_COMPONENT = "component_not_present", "the component is not there"
    NO_CODE = "vulnerable_code_not_present", "the code is not there"
    NOT_EXECUTED = "vulnerable_code_not_in_execute_path", "the code is never executed"
    NOT_CONTROLLED = "vulnerable_code_cannot_be_controlled_by_adversary", "no adversary controls what reaches it"
    MITIGATED = "inline_mitigations_already_exist", "something in the code already prevents it"


class VexStatus(TextChoices):
    """What a state says in the words of VEX."""

    NOT_AFFECTED = "not_affected", "not affected"
    AFFECTED = "affected", "affected"
    FIXED = "fixed", "fixed"
    UNDER_INVESTIGATION = "under_investigation", "under investigation"


CYCLONEDX: Final = {
    Justification.NO_COMPONENT: "code_not_present",
    Justification.NO_CODE: "code_not_present",
    Justification.NOT_EXECUTED: "code_not_reachable",
    Justification.NOT_CONTROLLED: "protected_by_mitigating_control",
    Justification.MITIGATED: "protected_by_mitigating_control",
}
"""The justification that CycloneDX has for each, which tells some of them not apart."""


class Origin(TextChoices):
    """What a verdict came from."""

    WORD = "word", "a person\u2019s own"
    SUPPRESSION = "suppression", "a suppression in the source"


def severity(text: str) -> Severity | None:
    """Read a severity as an edge is told it; an empty one is none."""
    return Severity(text) if text else None


@dataclass(frozen=True, slots=True)
class Rating:
    """How bad it is: `vector` is CVSS as it was given, `severity` what it comes to. Both may be missing."""

    vector: str = ""
    severity: Severity | None = None


@dataclass(frozen=True, slots=True)
class NewVerdict:
    """A verdict as it is given. `expires_at` is when it counts no more; what is shared the vendor reads too."""

    state: State
    reason: str = field(repr=False)
    expires_at: datetime | None = None
    justification: Justification | None = None
    vector: str = ""
    severity: Severity | None = None
    is_shared: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """What a verdict says, apart from its reason: sealed, because a visitor's opinion is the visitor's."""

    state: State
    justification: Justification | None = None
    rating: Rating = Rating()

    def to_bytes(self) -> bytes:
        """Write it for sealing."""
        return json.dumps(
            {
                "justification": self.justification.value if self.justification else "",
                "severity": self.rating.severity.value if self.rating.severity else "",
                "state": self.state.value,
                "vector": self.rating.vector,
            }
        ).encode()

    @classmethod
    def from_bytes(cls, content: bytes) -> Self:
        """Read what `to_bytes` wrote."""
        told = json.loads(content)
        return cls(
            State(told["state"]),
            Justification(told["justification"]) if told["justification"] else None,
            Rating(told["vector"], Severity(told["severity"]) if told["severity"] else None),
        )


@dataclass(frozen=True, slots=True)
class Given:
    """A verdict on one detection, as far as opinions are made of it. `is_wide` when it is on the detection's rule.

    `uid` is that of what it is on, `number` counts up with each verdict that is given.
    """

    uid: Uid
    number: int
    told: Told
    author: int
    at: datetime
    release: str
    expires_at: datetime | None = None
    is_wide: bool = False


@dataclass(frozen=True, slots=True)
class Scope:
    """What somebody may see of a release's detections, as the caller has judged it.

    `engagement` is that of a visitor's grant, None for the vendor's own people.
    """

    release: ReleaseRef
    patterns: Patterns
    engagement: Uid | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a side's opinion of a detection stands; `asks_again` when the code that it was given on has changed.

    `is_seen` says that the tool still finds the detection in the release.
    """

    given: Given
    is_seen: bool
    asks_again: bool

    @property
    def state(self) -> State:
        """Return the state."""
        return self.given.told.state


@dataclass(frozen=True, slots=True)
class Opinion:
    """A side's opinion, as the viewer is told it: `who` is empty for those who do not learn which visitor it is."""

    side: Side
    who: str
    is_mine: bool
    standing: Standing


@dataclass(frozen=True, slots=True)
class Entry:
    """One verdict in a detection's history. `reason` is None once its author's words were erased."""

    uid: Uid
    side: Side
    who: str
    is_mine: bool
    told: Told
    vex: VexStatus
    reason: str | None = field(repr=False)
    at: datetime
    expires_at: datetime | None
    version: str
    is_wide: bool
    pattern: str = field(repr=False)
    is_shared: bool
    origin: Origin
    has_expired: bool
    counts: bool


@dataclass(frozen=True, slots=True)
class Tally:
    """How many detections of a release a side has judged how; `open` are those without a verdict, and those reopened.

    `ask_again` are counted in their state too, `suppressed` are proposals of the source that nobody took up.
    """

    states: dict[State, int]
    ask_again: int
    suppressed: int


@dataclass(frozen=True, slots=True)
class Spot:
    """A detection in a release, as somebody may see it. `path` and `digest` are missing where the file is not there."""

    row: int
    uid: Uid
    rule: int
    state: DetectionState
    is_suppressed: bool
    path: bytes | None = field(repr=False)
    digest: bytes | None = field(repr=False)
    first: int
    last: int
    report: int
    number: int
