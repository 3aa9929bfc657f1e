# SPDX-License-Identifier: Apache-2.0
"""Values of admissions."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import IO, Final

from django.db.models import TextChoices

from glasshouse.kernel.digests import Digest
from glasshouse.kernel.ids import Uid

MIB: Final = 2**20


class Kind(TextChoices):
    """What may be brought."""

    AST_GREP = "ast-grep", "rules for ast-grep"
    SEMGREP = "semgrep", "rules for semgrep"
    YARA = "yara", "YARA rules"
    IMAGE = "image", "tool as a container image"


MOST: Final = {Kind.AST_GREP: MIB, Kind.SEMGREP: MIB, Kind.YARA: MIB, Kind.IMAGE: 256 * MIB}
"""How many bytes each may have."""


class State(TextChoices):
    """Where it stands."""

    WAITING = "waiting", "waits for the custodian"
    ADMITTED = "admitted", "admitted"
    REFUSED = "refused", "refused"
    BROKEN = "broken", "failed its trial"
    WITHDRAWN = "withdrawn", "withdrawn"
    OVER = "over", "over with its engagement"


KEPT: Final = (State.WAITING, State.ADMITTED)
"""States in which the content is there; in all others it was removed."""


class Trial(TextChoices):
    """What came of the trial in the sandbox."""

    PENDING = "pending", "not tried yet"
    PASSED = "passed", "passed"
    FAILED = "failed", "failed"
    NOT_RUN = "not-run", "could not be tried here"


@dataclass(frozen=True, slots=True)
class NewBrought:
    """What is handed in. `purpose` is for the custodian to read, `name` for the visitor's side alone."""

    engagement: Uid
    kind: Kind
    name: str = field(repr=False)
    licence: str
    purpose: str = field(repr=False)
    content: IO[bytes] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """What a container image says of itself; all of it is the visitor's word but the digest and the counts."""

    form: str
    manifest: str
    entry_point: tuple[str, ...]
    platform: str
    layers: int
    files: int
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What came of a trial: our words, and nothing that repeats the content but names from closed lists and an image's.

    `said` is what the tool itself said, for the visitor's side alone; `tier` why an image does not run here.
    """

    outcome: Trial
    why: str = ""
    tool: str = ""
    version: str = ""
    rules: int = 0
    languages: tuple[str, ...] = ()
    image: Image | None = None
    tier: str = ""
    said: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Something that was brought, as one side sees it.

    `name`, `by` and what the tool said are empty for the vendor's side.
    """

    uid: Uid
    engagement: Uid
    engagement_label: str
    organisation: str
    kind: Kind
    digest: Digest
    size: int
    licence: str
    is_open_licence: bool
    is_licence_waived: bool
    state: State
    tried: Tried
    name: str = field(repr=False)
    purpose: str = field(repr=False)
    by: str
    brought_at: datetime
    due_at: datetime
    is_late: bool
    settled_at: datetime | None
    settled_by: str
    reason: str = field(repr=False)
    may_decide: bool
    may_withdraw: bool

    @property
    def languages(self) -> Sequence[str]:
        """Return the languages that its rules are for."""
        return self.tried.languages
