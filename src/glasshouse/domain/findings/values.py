# SPDX-License-Identifier: Apache-2.0
"""Values of findings."""

from dataclasses import dataclass, field

from django.db.models import TextChoices

from glasshouse.domain.journal.values import Json
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.lines import Span
from glasshouse.kernel.paths import TreePath


class Severity(TextChoices):
    """How bad it is, in the words of who raised it."""

    CRITICAL = "critical", "critical"
    HIGH = "high", "high"
    MEDIUM = "medium", "medium"
    LOW = "low", "low"
    NOTE = "note", "note"


class State(TextChoices):
    """Where a finding stands."""

    RAISED = "raised", "raised"
    CONFIRMED = "confirmed", "confirmed"
    DISPUTED = "disputed", "disputed"
    FIXED = "fixed", "fix claimed"
    VERIFIED = "verified", "fix verified"
    WITHDRAWN = "withdrawn", "withdrawn"


class Step(TextChoices):
    """What moves a finding on."""

    CONFIRM = "confirm", "confirm"
    DISPUTE = "dispute", "dispute"
    FIX = "fix", "claim a fix"
    VERIFY = "verify", "verify the fix"
    REOPEN = "reopen", "open again"
    WITHDRAW = "withdraw", "withdraw"


@dataclass(frozen=True, slots=True)
class FoundAt:
    """A place: lines of a file's content in a release. The same content elsewhere is the same place."""

    release: Uid
    path: TreePath = field(repr=False)
    digest: Digest = field(repr=False)
    span: Span

    def evidence(self) -> Json:
        """Return the place as an entry tells it."""
        return {
            "digest": str(self.digest),
            "first": self.span.first,
            "last": self.span.last,
            "path": str(self.path),
            "release": self.release.text,
        }


@dataclass(frozen=True, slots=True)
class NewFinding:
    """A finding as it is raised. The caller has judged that its places were shown to who raises it.

    `detections` are those of tools that it rests on, where it does.
    """

    engagement: Uid
    product: Uid
    title: str = field(repr=False)
    words: str = field(repr=False)
    severity: Severity
    places: tuple[FoundAt, ...]
    detections: tuple[Uid, ...] = ()
