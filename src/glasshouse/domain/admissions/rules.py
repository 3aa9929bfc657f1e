# SPDX-License-Identifier: Apache-2.0
"""Decisions of admissions as pure functions: what fits, who decides, what an admission needs."""

import re
from datetime import datetime
from typing import Final

from glasshouse.domain.admissions.errors import (
    LicenceError,
    NotAdmittedError,
    NotTriedError,
    OtherBytesError,
    SettledError,
    UnfitError,
)
from glasshouse.domain.admissions.licences import is_open
from glasshouse.domain.admissions.values import MOST, Kind, State, Trial
from glasshouse.domain.people.values import Role
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.threads.values import Clock
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.errors import NotFoundError

DECIDING: Final = (Role.CUSTODIAN, Role.LAB_MANAGER)
"""Who of the vendor judges what is brought; nobody else there learns that anything was."""
CLOCK: Final = Clock(hours=72)
MAX_WAITING: Final = 20
"""What of one engagement may wait at once; more could not be judged in time anyway."""
MAX_NAME: Final = 80
MAX_WORDS: Final = 2_000
_UNSEEN: Final = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def decides(viewer: Viewer) -> bool:
    """Say whether the viewer judges what is brought."""
    return viewer.is_vendor and viewer.may_act_as(*DECIDING)


def check_decides(viewer: Viewer) -> None:
    """Raise not-found unless the viewer judges what is brought: to others of the vendor it does not exist."""
    if not decides(viewer):
        raise NotFoundError


def check_size(kind: Kind, size: int) -> None:
    """Raise for what is empty or larger than its kind may be."""
    if not size:
        raise UnfitError("This file is empty.")
    if size > MOST[kind]:
        raise UnfitError(f"Of {kind.label} at most {MOST[kind]:,} bytes are taken; these are {size:,}.")


def check_is_text(content: bytes) -> None:
    """Raise unless rules are text in UTF-8 without unseen controls; nothing of their form is looked at here."""
    try:
        content.decode()
    except UnicodeDecodeError as error:
        raise UnfitError(f"Rules are text in UTF-8; at byte {error.start:,} this is none.") from error
    found = _UNSEEN.search(content)
    if found:
        raise UnfitError(f"Rules are text; at byte {found.start():,} stands a control character.")


def check_may_settle(state: State) -> None:
    """Raise unless this still waits."""
    if state != State.WAITING:
        raise SettledError(f"This waits no more: {state.label}.", hint="Load the page again.")


def check_is_shown(shown: Digest, digest: Digest) -> None:
    """Raise when a decision names other bytes than those that were handed in."""
    if shown != digest:
        raise OtherBytesError("You were shown another digest.", hint="Load the page again and compare it.")


def check_may_admit(*, shown: Digest, digest: Digest, trial: Trial, licence: str, is_waived: bool) -> None:
    """Raise unless exactly these bytes passed their trial, under a licence that is open or was waived."""
    check_is_shown(shown, digest)
    if trial != Trial.PASSED:
        raise NotTriedError(
            f"Its trial: {trial.label}.",
            hint="Only what passed its trial in the sandbox is admitted.",
        )
    if not is_open(licence) and not is_waived:
        raise LicenceError(
            f"{licence} is not an approved open-source licence.",
            hint="Refuse it, or waive this with the reason that you give.",
        )


def check_may_use(state: State, *, is_engagement_open: bool) -> None:
    """Raise unless this was admitted and still may be used."""
    if state != State.ADMITTED:
        raise NotAdmittedError(
            f"This may not be used: {state.label}.",
            hint="Only what a custodian admitted is used, until it is withdrawn.",
        )
    if not is_engagement_open:
        raise NotAdmittedError("Its engagement is over, and what was brought in it with it.")


def is_late(state: State, due: datetime, now: datetime) -> bool:
    """Say whether the custodian's word is late."""
    return state == State.WAITING and now >= due
