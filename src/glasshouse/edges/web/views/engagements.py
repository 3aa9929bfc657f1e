# SPDX-License-Identifier: Apache-2.0
"""Requests and engagements: what both parties read of them, and what each may do next."""

from base64 import b64encode
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from glasshouse.domain.admissions.rules import decides
from glasshouse.domain.engagements import commands, queries
from glasshouse.domain.engagements.errors import NotOfYourOrganisationError
from glasshouse.domain.engagements.rules import check_office
from glasshouse.domain.engagements.values import Category, Ending, Ground, State, Step, TermsKind
from glasshouse.domain.people import queries as people
from glasshouse.domain.people.values import Role
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.releases import queries as releases
from glasshouse.domain.sites import queries as sites
from glasshouse.edges.http.stepup import check_confirmed
from glasshouse.edges.http.viewer import viewer_of
from glasshouse.edges.web.ceremonies import answered, ceremony
from glasshouse.edges.web.engagement_forms import (
    AmendmentForm,
    AskForm,
    ClosingForm,
    ExportForm,
    ReasonForm,
    RefusalForm,
    TermsForm,
    VettingForm,
)
from glasshouse.edges.web.speaking import of_engagement
from glasshouse.edges.web.words import KINDS
from glasshouse.kernel import clock
from glasshouse.kernel.errors import NotFoundError
from glasshouse.kernel.ids import Uid

_MONTH = timedelta(days=30)
_SHOWN = 200


@require_safe
def engagements(request: HttpRequest) -> HttpResponse:
    """List the viewer's requests and engagements, or all for those who arrange."""
    viewer = viewer_of(request)
    asked, found = queries.requests_of(viewer), list(queries.engagements_of(viewer)[:_SHOWN])
    products = releases.product_slugs()
    context = {
        "viewer": viewer,
        "sees_all": queries.sees_all(viewer),
        "waiting": list(asked.filter(settled_at=None)),  # an organisation has a bounded number of them
        "answered": list(asked.filter(state__in=[State.REFUSED, State.WITHDRAWN])[:_SHOWN]),
        "engagements": [(one, one.service or products.get(one.product, "")) for one in found],
    }
    return render(request, "engagements/list.html", context)


@require_http_methods(["GET", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    """Let a visitor ask for an engagement."""
    viewer = viewer_of(request)
    if viewer.is_vendor:
        raise NotFoundError
    here = timezone.localtime().replace(minute=0, second=0, microsecond=0)
    form = AskForm(
        request.POST or None,
        sites=_places(viewer),
        initial={"people": people.person_by_uid(viewer, viewer.uid).email, "begins": here, "ends": here + _MONTH},
    )
    if request.method == "POST" and form.is_valid() and form.new is not None:
        try:
            made = commands.request_engagement(viewer, form.new, now=clock.now())
        except NotOfYourOrganisationError as error:
            form.add_error("people", f"{error.message} {error.hint}")
        else:
            return redirect("request", request_uid=made.uid)
    return render(request, "engagements/ask.html", {"form": form, "terms": _newest()})


@require_safe
def request_page(request: HttpRequest, request_uid: str) -> HttpResponse:
    """Show a request with its story and the viewer's next steps."""
    viewer = viewer_of(request)
    page = queries.request_page(viewer, Uid.parse(request_uid))
    context = {
        "page": page,
        "viewer": viewer,
        "steps": page.steps,
        "story": _story(page.timeline),
        "places": dict(_places(viewer)),
    }
    return render(request, "engagements/request.html", context)


@require_http_methods(["GET", "POST"])
def vet(request: HttpRequest, request_uid: str) -> HttpResponse:
    """Say what a request means here."""
    viewer, uid = viewer_of(request), Uid.parse(request_uid)
    page = queries.request_page(viewer, uid)
    check_office(viewer, Step.VET)
    form = VettingForm(
        request.POST or None,
        releases=list(releases.releases_of(viewer).filter(product__destroyed_at=None)),
        is_service=page.request.category == Category.SERVICE,
    )
    if request.method == "POST" and form.is_valid():
        commands.vet(viewer, uid, form.vetting, now=clock.now())
        return redirect("request", request_uid=uid.text)
    return render(request, "engagements/vet.html", {"form": form, "page": page})


@require_http_methods(["GET", "POST"])
def export(request: HttpRequest, request_uid: str) -> HttpResponse:
    """Take the export decision."""
    viewer, uid = viewer_of(request), Uid.parse(request_uid)
    page = queries.request_page(viewer, uid)
    check_office(viewer, Step.CLEAR)
    named = list(queries.may_be_covered(page.request))
    form = ExportForm(
        request.POST or None,
        people=named,
        sites=_places(viewer),
        initial=_decided_before(page),
    )
    if request.method == "POST" and form.is_valid():
        check_confirmed(request)
        commands.decide_export(viewer, uid, form.decision, now=clock.now())
        return redirect("request", request_uid=uid.text)
    return render(request, "engagements/export.html", {"form": form, "page": page})


@require_http_methods(["GET", "POST"])
def withdraw_export(request: HttpRequest, request_uid: str) -> HttpResponse:
    """Ask, then end the export decision and what rests on it."""
    viewer, uid = viewer_of(request), Uid.parse(request_uid)
    page = queries.request_page(viewer, uid)
    check_office(viewer, Step.CLEAR)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        check_confirmed(request)
        commands.withdraw_export(viewer, uid, form.cleaned_data["reason"], now=clock.now())
        return redirect("request", request_uid=uid.text)
    return render(request, "engagements/export_withdraw.html", {"form": form, "page": page})


@require_http_methods(["GET", "POST"])
def refuse(request: HttpRequest, request_uid: str) -> HttpResponse:
    """Refuse a request."""
    viewer, uid = viewer_of(request), Uid.parse(request_uid)
    page = queries.request_page(viewer, uid)
    check_office(viewer, Step.VET, Step.CLEAR)
    form = RefusalForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        check_confirmed(request)
        told = form.cleaned_data
        commands.refuse(viewer, uid, Ground(told["ground"]), told["reason"], now=clock.now())
        return redirect("request", request_uid=uid.text)
    return render(request, "engagements/refuse.html", {"form": form, "page": page})


@require_POST
def propose(request: HttpRequest, request_uid: str) -> HttpResponse:
    """Put the opening up for decision."""
    made = commands.propose_opening(viewer_of(request), Uid.parse(request_uid), now=clock.now())
    return redirect("proposal", proposal=made.uid)


@require_POST
def withdraw(request: HttpRequest, request_uid: str) -> HttpResponse:
    """Take a request back."""
    uid = Uid.parse(request_uid)
    commands.withdraw_request(viewer_of(request), uid, now=clock.now())
    return redirect("request", request_uid=uid.text)


@require_safe
def engagement(request: HttpRequest, engagement: str) -> HttpResponse:
    """Show an engagement with its story and the viewer's next steps."""
    viewer = viewer_of(request)
    page = queries.engagement_page(viewer, Uid.parse(engagement), now=clock.now())
    context = {"page": page, "viewer": viewer, "story": _story(page.timeline), "places": dict(_places(viewer))}
    context["judges_brought"] = decides(viewer)
    if not viewer.is_vendor:
        context |= of_engagement(viewer, Uid.parse(engagement), clock.now())
    return render(request, "engagements/engagement.html", context)


@require_http_methods(["GET", "POST"])
def sign(request: HttpRequest, engagement: str) -> HttpResponse:
    """Show terms and scope, and take the passkey's word on them."""
    viewer, uid = viewer_of(request), Uid.parse(engagement)
    page = queries.engagement_page(viewer, uid, now=clock.now())
    if request.method == "POST":
        statement, assertion = answered(request)
        commands.sign_terms(viewer, uid, statement, assertion, now=clock.now())
        return redirect("engagement", engagement=uid.text)
    read = page.agreement.number if page.agreement else None
    asked = commands.prepare_signature(viewer, uid, shown=read, now=clock.now())
    passkeys = people.passkeys_of(viewer)
    context = {
        "page": page,
        "statement_text": asked.text.decode("ascii"),
        "statement_sent": b64encode(asked.text).decode("ascii"),
        "passkeys": passkeys,
        "ceremony": ceremony(request, asked.challenge, passkeys),
    }
    return render(request, "engagements/sign.html", context)


@require_http_methods(["GET", "POST"])
def amend(request: HttpRequest, engagement: str) -> HttpResponse:
    """Put a wider scope up for decision."""
    viewer, uid = viewer_of(request), Uid.parse(engagement)
    page = queries.engagement_page(viewer, uid, now=clock.now())
    check_office(viewer, Step.PROPOSE)
    found = page.engagement
    offered = releases.releases_of(viewer).filter(product__uid=found.product, product__destroyed_at=None)
    named = {one.person.pk for one in page.people}
    colleagues = people.reviewers_of(viewer).filter(organisation_id=found.organisation_id).exclude(pk__in=named)
    form = AmendmentForm(
        request.POST or None,
        releases=list(offered.exclude(uid__in=list(found.releases))),
        people=list(colleagues),
        initial={"ends": timezone.localtime(found.ends).replace(second=0, microsecond=0) if found.ends else None},
    )
    if request.method == "POST" and form.is_valid():
        made = commands.propose_amendment(viewer, uid, form.change, now=clock.now())
        return redirect("proposal", proposal=made.uid)
    return render(request, "engagements/amend.html", {"form": form, "page": page})


@require_POST
def renew(request: HttpRequest, engagement: str) -> HttpResponse:
    """Pin the newest terms."""
    uid = Uid.parse(engagement)
    commands.renew_terms(viewer_of(request), uid, now=clock.now())
    return redirect("engagement", engagement=uid.text)


@require_http_methods(["GET", "POST"])
def close(request: HttpRequest, engagement: str) -> HttpResponse:
    """Ask, then close an engagement."""
    viewer, uid = viewer_of(request), Uid.parse(engagement)
    page = queries.engagement_page(viewer, uid, now=clock.now())
    if viewer.is_vendor:
        check_office(viewer, Step.PROPOSE)
    form = ClosingForm(request.POST or None, is_vendor=viewer.is_vendor)
    if request.method == "POST" and form.is_valid():
        check_confirmed(request)
        told = form.cleaned_data
        commands.close_engagement(viewer, uid, Ending(told["ending"]), told["reason"], now=clock.now())
        return redirect("engagement", engagement=uid.text)
    return render(request, "engagements/close.html", {"form": form, "page": page})


@require_http_methods(["GET", "POST"])
def terms(request: HttpRequest) -> HttpResponse:
    """Show the lab's texts, every version; the lab manager publishes the next one."""
    viewer = viewer_of(request)
    publishes = viewer.is_vendor and viewer.may_act_as(Role.LAB_MANAGER)
    if request.method == "POST" and not publishes:
        raise NotFoundError
    form = TermsForm(request.POST or None) if publishes else None
    if form is not None and request.method == "POST" and form.is_valid():
        commands.publish_terms(viewer, TermsKind(form.cleaned_data["kind"]), form.cleaned_data["text"], now=clock.now())
        return redirect("terms")
    context: dict[str, Any] = {
        "form": form,
        "texts": [(kind, list(queries.terms_of_kind(kind))) for kind in TermsKind],
    }
    return render(request, "engagements/terms.html", context)


@require_safe
def counts(request: HttpRequest) -> HttpResponse:
    """Show the counts of requests, for those who see each of them."""
    viewer = viewer_of(request)
    told = [
        {
            "period": one.period,
            "received": one.received,
            "settled": one.settled,
            "tables": [
                (_("By category"), [(Category(name).label, number) for name, number in one.categories.items()]),
                (_("By country"), [(name or _("unknown"), number) for name, number in one.countries.items()]),
                (_("By outcome"), [(State(name).label, number) for name, number in one.outcomes.items()]),
                (_("Refused for"), [(Ground(name).label, number) for name, number in one.grounds.items()]),
            ],
        }
        for one in queries.tally(viewer)
    ]
    return render(request, "engagements/counts.html", {"counts": told})


def _decided_before(page: queries.RequestPage) -> dict[str, Any]:
    """Return what an export decision begins with: what was asked, or the one before it.

    A decision that is taken again says everything anew and revokes what it leaves out, so nothing is left out unsaid.
    """
    if not page.exports:
        asked = page.request
        return {"people": [one.uid for one in page.people], "sites": asked.sites, "until": _minute(asked.ends)}
    before = page.exports[0]
    return {
        "people": [one.uid for one in before.people.all()],
        "product_class": before.product_class,
        "sites": before.sites,
        "countries": " ".join(before.countries),
        "until": _minute(before.until),
    }


def _minute(moment: datetime) -> datetime:
    """Return a moment as a form writes it, in whole minutes: never before it."""
    return timezone.localtime(moment + timedelta(seconds=59)).replace(second=0, microsecond=0)


def _story(timeline: Sequence[queries.Moment]) -> list[tuple[str, queries.Moment]]:
    return [(str(KINDS.get(moment.kind, moment.kind)), moment) for moment in timeline]


def _newest() -> list[Any]:
    return [found for kind in TermsKind if (found := queries.terms_of_kind(kind).first()) is not None]


def _places(viewer: Viewer) -> list[tuple[str, str]]:
    return [(one.uid.text, f"{one.name}, {one.place}") for one in sites.sites(viewer)]
