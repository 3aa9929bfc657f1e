# SPDX-License-Identifier: Apache-2.0
"""Home: what waits, what may be read, what was visited. Each role sees its own part and nothing of the others'."""

from typing import TYPE_CHECKING, Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from glasshouse.domain.access import queries as access
from glasshouse.domain.access.rules import Standing
from glasshouse.domain.approvals import queries as approvals
from glasshouse.domain.approvals.rules import POLICIES
from glasshouse.domain.approvals.values import State
from glasshouse.domain.engagements import queries as engagements
from glasshouse.domain.notices import queries as notices
from glasshouse.domain.people.values import Role
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.readingroom import queries, saved
from glasshouse.domain.releases import queries as releases
from glasshouse.domain.sites import queries as sites
from glasshouse.edges.http.viewer import viewer_of
from glasshouse.edges.web.waiting import waiting_for
from glasshouse.edges.web.words import NOTICES
from glasshouse.kernel import clock

if TYPE_CHECKING:
    from glasshouse.domain.access.models import Grant

ARRANGERS = (Role.LAB_MANAGER, Role.CUSTODIAN)
_SHOWN = 20
_FEW = 5


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show the viewer's desk."""
    viewer = viewer_of(request)
    context: dict[str, Any] = {
        "roles": sorted(role.label for role in viewer.roles),
        "signed_in_until": request.session.get_expiry_date(),
        "waiting": waiting_for(viewer, clock.now()),
        **_reading(viewer),
        "requests": list(engagements.requests_of(viewer).filter(settled_at=None)[:_SHOWN]),
        "unsigned": engagements.unsigned(viewer, clock.now()),
        "fresh": [(NOTICES.get(one.kind, one.kind), one) for one in notices.unseen_of(viewer)[:_FEW]],
    }
    if viewer.is_vendor:
        context |= _arranging(viewer)
    return render(request, "reading/desk.html", context)


def _reading(viewer: Viewer) -> dict[str, Any]:
    now = clock.now()
    desk = queries.desk(viewer, now)
    return {
        "is_reviewer": viewer.may_act_as(Role.REVIEWER) or bool(desk),
        "desk": desk,
        "news": saved.waiting_of(viewer, now),
        "visits": queries.visits_of(viewer, most=_SHOWN),
        "expected": list(sites.coming(viewer, clock.now())),
        "notices": sites.unread_notices(viewer, clock.now()),
    }


def _arranging(viewer: Viewer) -> dict[str, Any]:
    proposals = approvals.proposals_of(viewer)
    waiting = list(proposals.filter(state=State.OPEN))
    mine = [found for found in waiting if approvals.may_decide(viewer, found)]
    context: dict[str, Any] = {
        "proposes": [policy for policy in POLICIES.values() if viewer.may_act_as(*policy.proposed_by)],
        "decides": any(viewer.may_act_as(*policy.decided_by) for policy in POLICIES.values()),
        "mine": mine,
        "others": [found for found in waiting if found not in mine],
        "decided": list(proposals.exclude(state=State.OPEN)[:_SHOWN]),
        "receives": viewer.may_act_as(Role.CUSTODIAN),
    }
    if releases.names_all(viewer):
        context["releases"] = list(releases.releases_of(viewer))
    if viewer.may_act_as(*ARRANGERS):
        context["grants"] = arranged(viewer, most=_SHOWN)
    return context


def arranged(viewer: Viewer, *, most: int | None = None) -> "list[tuple[Grant, Standing, str]]":
    """Return every grant with where it stands and its product, or the newest ones, for those who arrange visits."""
    now, products = clock.now(), releases.product_slugs()
    return [
        (grant, access.standing(grant, now), products.get(grant.product, ""))
        for grant in access.grants_arranged(viewer)[:most]
    ]
