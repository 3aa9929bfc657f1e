# SPDX-License-Identifier: Apache-2.0
"""Findings: raised from a note, answered by the product's owner, judged by who found them or an assessor."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from glasshouse.domain.findings.rules import clock_of
from glasshouse.domain.findings.values import FoundAt, Severity, State, Step
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.readingroom import commands, notes, raised
from glasshouse.edges.http.viewer import viewer_of
from glasshouse.edges.web.places import Place
from glasshouse.edges.web.speaking import Answer, listed
from glasshouse.edges.web.speaking_forms import FindingForm, SayForm, StepForm
from glasshouse.kernel import clock
from glasshouse.kernel.ids import Uid

_ENDED = (State.VERIFIED, State.WITHDRAWN)


@require_safe
def findings(request: HttpRequest) -> HttpResponse:
    """List the findings that the viewer has a part in, the worst first."""
    viewer = viewer_of(request)
    found = raised.findings_of(viewer)
    context = {
        "viewer": viewer,
        "open": [one for one in found if one[0].state not in _ENDED],
        "ended": [one for one in found if one[0].state in _ENDED],
    }
    return render(request, "findings/list.html", context)


@require_http_methods(["GET", "POST"])
def raise_from_note(request: HttpRequest, note: str) -> HttpResponse:
    """Raise a finding at the lines of a note."""
    viewer, uid = viewer_of(request), Uid.parse(note)
    notes.own(viewer, uid)
    found = notes.note(viewer, uid)
    form = FindingForm(request.POST or None, initial={"words": found.words})
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        made = commands.raise_from_note(
            viewer, uid, told["title"], Severity(told["severity"]), told["words"], now=clock.now()
        )
        return redirect("finding", finding=made.text)
    return render(request, "findings/raise.html", {"form": form, "note": found, "one": listed(found)})


@require_http_methods(["GET", "POST"])
def finding(request: HttpRequest, finding: str) -> HttpResponse:
    """Show one finding with all that was said, and take the viewer's comment."""
    viewer, uid = viewer_of(request), Uid.parse(finding)
    form = SayForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        commands.comment_on_finding(viewer, uid, form.cleaned_data["words"], now=clock.now())
        return redirect("finding", finding=finding)
    return _page(request, viewer, uid, form, None)


@require_POST
def step(request: HttpRequest, finding: str) -> HttpResponse:
    """Take a step on a finding."""
    viewer, uid = viewer_of(request), Uid.parse(finding)
    page = raised.finding_page(viewer, uid, clock.now())
    form = StepForm(request.POST, steps=page.steps, releases=page.releases)
    if form.is_valid():
        told = form.cleaned_data
        chosen = Step(told["step"])
        release = told.get("release", "") if chosen == Step.FIX else ""
        commands.move_finding(viewer, uid, chosen, told["words"], now=clock.now(), release=release)
        return redirect("finding", finding=finding)
    return _page(request, viewer, uid, SayForm(), form)


def _page(request: HttpRequest, viewer: Viewer, uid: Uid, form: SayForm, steps: StepForm | None) -> HttpResponse:
    page = raised.finding_page(viewer, uid, clock.now())
    places = [(place, _address(grant, place)) for place, grant in raised.places_for(viewer, page)]
    context = {
        "viewer": viewer,
        "page": page,
        "places": places,
        "form": form,
        "clock": Answer.of(clock_of(Severity(page.finding.severity)), page.due_at, clock.now())
        if page.due_at
        else None,
        "step_form": steps or (StepForm(steps=page.steps, releases=page.releases) if page.steps else None),
    }
    return render(request, "findings/finding.html", context)


def _address(grant: Uid | None, place: FoundAt) -> str:
    if grant is None:
        return ""
    return f"{Place.of(grant, place.release).file(place.path)}?lines={place.span}#L{place.span.first}"
