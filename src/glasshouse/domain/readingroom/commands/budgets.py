# SPDX-License-Identifier: Apache-2.0
"""What follows when a grant stops: its holder asks for more lines, a custodian lets it go on."""

from datetime import datetime

from django.db import connection

from glasshouse.domain.access import commands as access
from glasshouse.domain.access import queries as access_queries
from glasshouse.domain.access import rules
from glasshouse.domain.access.errors import MoreAskedError
from glasshouse.domain.access.models import Grant
from glasshouse.domain.approvals import commands as approvals
from glasshouse.domain.approvals import queries as approval_queries
from glasshouse.domain.approvals.models import Proposal
from glasshouse.domain.approvals.rules import POLICIES, check_may_propose
from glasshouse.domain.approvals.values import State
from glasshouse.domain.journal import commands as journal
from glasshouse.domain.people.values import Role
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.readingroom import queries
from glasshouse.kernel.errors import NotFoundError
from glasshouse.kernel.ids import Uid


def ask_for_more(viewer: Viewer, grant: Uid, window: str, *, now: datetime) -> Proposal:
    """Ask for twice the lines in one of the windows of the viewer's own open grant; two of the vendor decide.

    Raises MoreAskedError while an earlier question waits.
    """
    held = access_queries.grant(viewer, grant)
    check_may_propose(POLICIES["access.more"], viewer)
    rules.check_is_open(queries.room(viewer, grant, queries.granted(grant)[0].uid).terms, now)
    with journal.transaction():
        if connection.features.has_select_for_update:
            Grant.objects.select_for_update().get(pk=held.pk)  # two tabs ask once
        before = access_queries.limits(held)
        last = approval_queries.last_about(grant, "access.more")
        if last is not None and last.state == State.OPEN:
            raise MoreAskedError("You have asked for more, and it waits for two people.", hint="They will decide.")
        return approvals.propose(
            viewer,
            "access.more",
            subject=grant,
            beneficiary=held.holder,
            statement={
                "before": access.limits_as_fields(before),
                "engagement": held.engagement,
                "grant": grant.text,
                "holder": held.holder.uid,
                "limits": access.limits_as_fields(rules.more(before, window)),
                "product": held.product,
                "window": window,
            },
            now=now,
        )


def resume_grant(viewer: Viewer, grant: Uid, *, now: datetime) -> None:
    """Let a paused grant go on; a custodian does, who talked to its holder."""
    if not viewer.is_vendor:
        raise NotFoundError
    viewer.check_role(Role.CUSTODIAN)
    with journal.transaction():
        rows = Grant.objects.filter(uid=grant.text)
        found = (rows.select_for_update() if connection.features.has_select_for_update else rows).first()
        if found is None:
            raise NotFoundError
        access.resume(found, actor=viewer.uid.text, now=now)
