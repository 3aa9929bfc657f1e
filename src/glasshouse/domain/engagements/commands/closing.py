# SPDX-License-Identifier: Apache-2.0
"""Closing an engagement: nothing more is shown in it, what was shown stays provable."""

from datetime import datetime

from glasshouse.domain.engagements import queries, rules
from glasshouse.domain.engagements.commands.exporting import revoke_grants
from glasshouse.domain.engagements.commands.locking import locked_engagement
from glasshouse.domain.engagements.commands.notifying import tell_both
from glasshouse.domain.engagements.models import Engagement
from glasshouse.domain.engagements.values import Ending, Step
from glasshouse.domain.journal import commands as journal
from glasshouse.domain.people.viewer import Viewer
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.texts import readable


def close_engagement(viewer: Viewer, uid: Uid, ending: Ending, reason: str, *, now: datetime) -> Engagement:
    """Close an engagement and revoke its grants; either party may, and the reason stays with both."""
    queries.engagement(viewer, uid)
    if viewer.is_vendor:
        rules.check_office(viewer, Step.PROPOSE)
    rules.check_may_end(ending, is_vendor=viewer.is_vendor)
    told = readable(reason, what="The reason", may_be_empty=ending == Ending.COMPLETED, limit=rules.MAX_TEXT)
    with journal.transaction():
        engagement = locked_engagement(uid)
        rules.check_open(closed_at=engagement.closed_at, ends=None, now=now)
        engagement.closed_at, engagement.ending = now, ending
        engagement.save(update_fields=["closed_at", "ending"])
        revoke_grants(uid, actor=viewer.uid.text, now=now)
        journal.record(
            "engagements.closed",
            actor=viewer.uid.text,
            at=now,
            subject=uid,
            engagement=uid,
            fields={"ending": ending.value, "reason": told},
        )
        tell_both(engagement, "closed", by=viewer.row, now=now)
    return engagement
