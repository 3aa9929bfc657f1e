# SPDX-License-Identifier: Apache-2.0
"""Home: what waits, what may be read, what was visited. Each role sees its own part and nothing of the others'."""

from typing import TYPE_CHECKING, Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from glasshouse.domain.access import queries as access
from glasshouse.domain.access.rules import Standing
from glasshouse.domain.approvals import queries as approvals
from glasshouse.domain.approvals.rules import POLICIES
from glasshouse.domain.approvals.values import State
from glasshouse.domain.engagements import queries as engagements
from glasshouse.domain.notices import queries as notices
from glasshouse.domain.people.holds import KEEPERS
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
    from collections.abc import Iterable

    from glasshouse.domain.access.models import Grant
    from glasshouse.domain.engagements.models import Engagement
    from glasshouse.domain.readingroom.queries import DeskGrant

ARRANGERS = (Role.LAB_MANAGER, Role.CUSTODIAN)
TO_COME: Final = {
    Role.COMMITTEE: (
        _("A room for the committee is not built yet"),
        _("Policies, waivers, accepted risks and gates will be put before you here, each with its evidence."),
    ),
    Role.PSIRT: (
        _("A room for the response team is not built yet"),
        _("Reports of vulnerabilities, embargoes and advisories will stand here, each with its clock."),
    ),
}
"""What is said to whose room comes later, so that an empty home is not taken for an empty desk."""
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
        "lines_left": lines_left(desk),
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
        "to_come": [one for role, one in TO_COME.items() if role in viewer.roles],
        "keeps_holds": viewer.may_act_as(*KEEPERS),
    }
    if releases.names_all(viewer):
        context["releases"] = list(releases.releases_of(viewer))
    if viewer.may_act_as(*ARRANGERS):
        context["grants"] = arranged(viewer, most=_SHOWN)
    return context


def lines_left(desk: "Iterable[DeskGrant]") -> "list[tuple[Engagement, list[DeskGrant]]]":
    """Return the engagements in which something may be read, each with its grants that are open."""
    found: dict[Engagement, list[DeskGrant]] = {}
    for one in desk:
        if one.is_readable:
            found.setdefault(one.engagement, []).append(one)
    return list(found.items())


def arranged(viewer: Viewer, *, most: int | None = None) -> "list[tuple[Grant, Standing, str]]":
    """Return every grant with where it stands and its product, or the newest ones, for those who arrange visits."""
    now, products = clock.now(), releases.product_slugs()
    return [
        (grant, access.standing(grant, now), products.get(grant.product, ""))
        for grant in access.grants_arranged(viewer)[:most]
    ]
