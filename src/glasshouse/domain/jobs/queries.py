# SPDX-License-Identifier: Apache-2.0
"""Questions about jobs."""

from datetime import datetime

from glasshouse.domain.jobs.models import Job, State
from glasshouse.kernel.ids import Uid


def last_ended(kind: str) -> Job | None:
    """Return the newest job of a kind that ended, well or not."""
    return Job.objects.filter(kind=kind, state__in=[State.DONE, State.FAILED]).order_by("-ended_at").first()


def is_waiting(kind: str, *, by: datetime) -> bool:
    """Say whether a job of this kind waits that begins by then."""
    return Job.objects.filter(kind=kind, state=State.WAITING, not_before__lte=by).exists()


def is_pending(kind: str) -> bool:
    """Say whether a job of this kind waits or runs."""
    return Job.objects.filter(kind=kind, state__in=[State.WAITING, State.RUNNING]).exists()


def state(uid: Uid) -> State:
    """Return where a job stands."""
    return State(Job.objects.values_list("state", flat=True).get(uid=uid.text))


def failed(kind: str) -> set[str]:
    """Return the uids of the jobs of a kind that failed."""
    return set(Job.objects.filter(kind=kind, state=State.FAILED).values_list("uid", flat=True))
