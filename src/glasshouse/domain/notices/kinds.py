# SPDX-License-Identifier: Apache-2.0
"""Every kind of notice there is: a closed list, so that none goes out that pages and mail have no words for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.db.models import TextChoices


class Matter(TextChoices):
    """What a notice is of, as broadly as mail tells it; the label is the whole of what a mail says of it."""

    DECISION = "decision", "A decision waits for you."
    DEADLINE = "deadline", "Something is due, or late."
    SIGNATURE = "signature", "Your signature is asked for."
    QUESTION = "question", "There is news of a question or a finding."
    ENGAGEMENT = "engagement", "There is news of a request or an engagement."
    READING = "reading", "There is news of what you read, or may read."
    VISIT = "visit", "There is news of a visit."
    LAB = "lab", "The lab itself needs somebody."


@dataclass(frozen=True, slots=True)
class Kind:
    """What mail says of a kind of notice, and whether a clock runs on it: then nobody turns its mail off.

    What `is_mailed` not stays in the inbox: mail that fails is no matter for mail.
    """

    matter: Matter
    has_clock: bool = False
    is_mailed: bool = True


_STEP: Final = Kind(Matter.ENGAGEMENT)
_ASKED: Final = Kind(Matter.DECISION, has_clock=True)
_SIGN: Final = Kind(Matter.SIGNATURE, has_clock=True)
_READ: Final = Kind(Matter.READING)
_SAID: Final = Kind(Matter.QUESTION)
_DUE: Final = Kind(Matter.DEADLINE, has_clock=True)

KINDS: Final[Mapping[str, Kind]] = {
    "access.grant-opened": _READ,
    "access.grant-paused": _ASKED,
    "access.grant-resumed": _READ,
    "access.grant-revoked": _READ,
    "access.limits-raised": _READ,
    "access.more-refused": _READ,
    "admissions.handed-in": _ASKED,
    "admissions.settled": _STEP,
    "approvals.agreed": _STEP,
    "approvals.proposed": _ASKED,
    "approvals.refused": _STEP,
    "approvals.second-word": _ASKED,
    "deadlines.admission-late": _DUE,
    "deadlines.admission-waits": _ASKED,
    "deadlines.answer-due": _DUE,
    "deadlines.grant-ends": _DUE,
    "deadlines.grant-ends-soon": _DUE,
    "deadlines.proposal-late": _DUE,
    "deadlines.proposal-waits": _ASKED,
    "deadlines.request-late": _DUE,
    "deadlines.request-waits": _ASKED,
    "deadlines.terms-late": _DUE,
    "deadlines.terms-unsigned": _SIGN,
    "deadlines.verdict-expired": _DUE,
    "engagements.amended": _SIGN,
    "engagements.cleared": _ASKED,
    "engagements.closed": _STEP,
    "engagements.export-withdrawn": _STEP,
    "engagements.opened": _SIGN,
    "engagements.refused": _STEP,
    "engagements.requested": _ASKED,
    "engagements.signed": _STEP,
    "engagements.terms-renewed": _SIGN,
    "engagements.vetted": _ASKED,
    "engagements.withdrawn": _STEP,
    "notices.mail-failed": Kind(Matter.LAB, is_mailed=False),
    "readingroom.conclusions-lapsed": _READ,
    "readingroom.search-news": _READ,
    "sites.booked": Kind(Matter.VISIT, has_clock=True),
    "sites.booking-cancelled": Kind(Matter.VISIT, has_clock=True),
    "threads.answered": _SAID,
    "threads.asked": Kind(Matter.QUESTION, has_clock=True),
    "threads.closed": _SAID,
    "threads.late": _DUE,
    "threads.settled": _SAID,
    "triage.verdicts-lapsed": _READ,
}
"""What each kind is of, by its name."""
