# SPDX-License-Identifier: Apache-2.0
"""Matters that two people decide: putting them up, reading exactly what is decided on, giving one's word."""

from datetime import timedelta
from typing import TYPE_CHECKING

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from glasshouse.domain.access import queries as access
from glasshouse.domain.approvals.rules import POLICIES, check_may_propose
from glasshouse.domain.approvals.values import Verdict
from glasshouse.domain.engagements import queries as engagements
from glasshouse.domain.engagements.values import Depth
from glasshouse.domain.people import queries as people
from glasshouse.domain.people.values import Role
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.readingroom import commands, proposals
from glasshouse.domain.readingroom.errors import ErasureBoundError
from glasshouse.domain.releases import queries as releases
from glasshouse.domain.sites import queries as sites
from glasshouse.edges.http.stepup import check_confirmed
from glasshouse.edges.http.viewer import viewer_of
from glasshouse.edges.web.decision_forms import DecisionForm, Engaged, ErasureForm, GrantForm, ShreddingForm
from glasshouse.edges.web.views.desk import arranged
from glasshouse.kernel import clock
from glasshouse.kernel.errors import NotFoundError
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.texts import UnreadableTextError

if TYPE_CHECKING:
    from glasshouse.domain.access.models import Grant
    from glasshouse.domain.releases.models import Product

_DAYS = 30


@require_http_methods(["GET", "POST"])
def proposal(request: HttpRequest, proposal: str) -> HttpResponse:
    """Show the statement that is decided on, and take the viewer's word on it."""
    viewer, uid = viewer_of(request), Uid.parse(proposal)
    page = proposals.proposal_page(viewer, uid)
    digest = bytes(page.proposal.digest).hex()
    form = DecisionForm(request.POST or None, names_basis=page.names_basis, initial={"digest": digest})
    if request.method == "POST" and form.is_valid():
        check_confirmed(request)
        commands.decide(
            viewer,
            uid,
            Verdict(form.cleaned_data["verdict"]),
            digest=form.cleaned_data["digest"],
            now=clock.now(),
            reason=form.cleaned_data["reason"],
            basis=form.cleaned_data.get("basis", ""),
        )
        return redirect("proposal", proposal=uid.text)
    context = {"page": page, "form": form, "digest": digest, "viewer": viewer, "room": "home"}
    return render(request, "reading/proposal.html", context)


@require_http_methods(["GET", "POST"])
def new_grant(request: HttpRequest) -> HttpResponse:
    """Put a grant up for decision."""
    viewer = viewer_of(request)
    check_may_propose(POLICIES["access.grant"], viewer)
    here = timezone.localtime().replace(minute=0, second=0, microsecond=0)
    engaged = _engaged(viewer)
    named = frozenset[str]().union(*(one.releases for one in engaged))
    form = GrantForm(
        request.POST or None,
        engagements=engaged,
        releases=list(releases.releases_of(viewer).filter(product__destroyed_at=None, uid__in=named)),
        sites=sites.sites(viewer),
        initial={
            "engagement": request.GET.get("engagement", ""),
            "patterns": "**",
            "begins": here,
            "ends": here + timedelta(days=_DAYS),
        },
    )
    if request.method == "POST" and form.is_valid() and form.new is not None:
        made = commands.propose_grant(viewer, form.new, now=clock.now())
        return redirect("proposal", proposal=made.uid)
    return render(request, "reading/grant_new.html", {"form": form, "room": "home"})


@require_http_methods(["GET", "POST"])
def new_erasure(request: HttpRequest) -> HttpResponse:
    """Put the erasure of a person's data up for decision."""
    viewer = viewer_of(request)
    check_may_propose(POLICIES["journal.erasure"], viewer)
    form = ErasureForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            person = people.person_by_email(viewer, form.cleaned_data["email"])
        except NotFoundError:
            form.add_error("email", _("Nobody whom you may name has this address."))
        else:
            try:
                made = commands.propose_erasure(
                    viewer, Uid(person.uid), now=clock.now(), reason=form.cleaned_data["reason"]
                )
            except (ErasureBoundError, UnreadableTextError) as error:
                form.add_error(None, f"{error.message} {error.hint}")
            else:
                return redirect("proposal", proposal=made.uid)
    return render(request, "reading/erasure_new.html", {"form": form, "room": "home"})


@require_http_methods(["GET", "POST"])
def new_shredding(request: HttpRequest) -> HttpResponse:
    """Put the destruction of a product's key up for decision."""
    viewer = viewer_of(request)
    check_may_propose(POLICIES["releases.shredding"], viewer)
    form = ShreddingForm(request.POST or None, products=_products(viewer))
    if request.method == "POST" and form.is_valid():
        made = commands.propose_shredding(viewer, form.cleaned_data["product"], now=clock.now())
        return redirect("proposal", proposal=made.uid)
    return render(request, "reading/shredding_new.html", {"form": form, "room": "home"})


@require_safe
def grants(request: HttpRequest) -> HttpResponse:
    """Show every grant, for those who arrange visits."""
    viewer = viewer_of(request)
    if not viewer.is_vendor:
        raise NotFoundError
    return render(request, "reading/grants.html", {"grants": arranged(viewer), "room": "home"})


@require_http_methods(["GET", "POST"])
def revoke(request: HttpRequest, grant: str) -> HttpResponse:
    """Ask, then end a grant at once."""
    viewer, found = viewer_of(request), arranged_grant(request, grant)
    if request.method == "POST":
        check_confirmed(request)
        commands.revoke_grant(viewer, Uid(found.uid), now=clock.now())
        return redirect("grants")
    where = access.standing(found, clock.now())
    context = {
        "grant": found,
        "standing": where,
        "product": releases.product_slugs().get(found.product, ""),
        "room": "home",
    }
    return render(request, "reading/revoke.html", context)


def arranged_grant(request: HttpRequest, grant: str) -> "Grant":
    """Return any grant, for those who arrange visits."""
    viewer, uid = viewer_of(request), Uid.parse(grant)
    if not viewer.is_vendor or not viewer.may_act_as(Role.LAB_MANAGER, Role.CUSTODIAN):
        raise NotFoundError
    found = access.grants_arranged(viewer).filter(uid=uid.text).first()
    if found is None:
        raise NotFoundError
    return found


def _engaged(viewer: Viewer) -> list[Engaged]:
    found = engagements.open_engagements(viewer, clock.now()).prefetch_related("people")
    return [
        Engaged(
            uid=one.uid,
            label=one.label,
            organisation=one.organisation.name,
            people={person.email: f"{person.name}, {one.organisation.name}" for person in one.people.all()},
            releases=frozenset(one.releases),
            depth=one.depth,
        )
        for one in found
        if one.depth != Depth.TEST_ONLY
    ]


def _products(viewer: Viewer) -> "list[Product]":
    rows = releases.releases_of(viewer).filter(product__destroyed_at=None)
    return list({row.product_id: row.product for row in rows}.values())
