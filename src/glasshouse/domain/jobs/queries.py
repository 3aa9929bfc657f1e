# SPDX-License-Identifier: Apache-2.0
"""Questions about jobs."""

from datetime import datetime

from glasshouse.domain.jobs.models import Job, State


def last_ended(kind: str) -> Job | None:
    """Return the newest job of a kind that ended, well or not."""
    return Job.objects.filter(kind=kind, state__in=[State.DONE, State.FAILED]).order_by("-ended_at").first()


def is_waiting(kind: str, *, by: datetime) -> bool:
    """Say whether a job of this kind waits that begins by then."""
    return Job.objects.filter(kind=kind, state=State.WAITING, not_before__lte=by).exists()


def is_pending(kind: str) -> bool:
    """Say whether a job of this kind waits or runs."""
    return Job.objects.filter(kind=kind, state__in=[State.WAITING, State.RUNNING]).exists()
