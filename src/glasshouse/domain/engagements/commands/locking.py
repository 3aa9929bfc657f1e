# SPDX-License-Identifier: Apache-2.0
"""One at a time on a request or an engagement: what was judged is still so when it is written."""

from datetime import datetime

from django.db import connection

from glasshouse.domain.engagements import rules
from glasshouse.domain.engagements.models import Engagement, Request
from glasshouse.domain.engagements.values import State, Step
from glasshouse.domain.people.models import Organisation
from glasshouse.kernel.errors import NotFoundError
from glasshouse.kernel.ids import Uid

_SETTLED = (State.OPENED, State.REFUSED, State.WITHDRAWN)


def locked_request(uid: Uid) -> Request:
    """Return a request that nobody else changes until the transaction ends."""
    rows = Request.objects.filter(uid=uid.text)
    return (rows.select_for_update() if connection.features.has_select_for_update else rows).get()


def locked_organisation(uid: Uid) -> Organisation:
    """Return an organisation for which nobody else asks until the transaction ends."""
    rows = Organisation.objects.filter(uid=uid.text)
    return (rows.select_for_update() if connection.features.has_select_for_update else rows).get()


def locked_engagement(uid: Uid) -> Engagement:
    """Return an engagement that nobody else changes until the transaction ends."""
    rows = Engagement.objects.filter(uid=uid.text)
    return (rows.select_for_update() if connection.features.has_select_for_update else rows).get()


def hold(uid: Uid) -> None:
    """Keep an engagement and its export decision as they are until the transaction ends.

    A grant that is opened, and a decision that is withdrawn, then follow one another: none of them misses the other.
    """
    found = Engagement.objects.filter(uid=uid.text).select_related("request").first()
    if found is None:
        raise NotFoundError
    if found.request is not None:
        locked_request(Uid(found.request.uid))
    locked_engagement(uid)


def move(request: Request, step: Step, now: datetime, *changed: str) -> None:
    """Take a step with a locked request and write it, with the named fields that the step sets."""
    before = State(request.state)
    request.state = rules.next_state(before, step)
    if request.state in _SETTLED and before not in _SETTLED:
        request.settled_at = now
    request.save(update_fields=["state", "settled_at", *changed])
