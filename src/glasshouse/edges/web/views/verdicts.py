# SPDX-License-Identifier: Apache-2.0
"""Giving verdicts on detections, one reason for as many as were selected, and putting them to the vendor."""

from collections.abc import Sequence

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from glasshouse.domain.access import queries as access
from glasshouse.domain.access.values import Purpose
from glasshouse.domain.findings.values import Severity
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.readingroom import commands
from glasshouse.domain.readingroom.triaging import Where
from glasshouse.domain.releases.values import ReleaseRef
from glasshouse.domain.triage import queries
from glasshouse.domain.triage.values import Origin
from glasshouse.edges.http.viewer import viewer_of
from glasshouse.edges.web import judged
from glasshouse.edges.web.detected import Base
from glasshouse.edges.web.judging_forms import VerdictForm
from glasshouse.edges.web.speaking_forms import FindingForm
from glasshouse.edges.web.views.detections import narrowing_of
from glasshouse.kernel import clock
from glasshouse.kernel.ids import Uid


@require_POST
def judge(request: HttpRequest, release: str, grant: str = "") -> HttpResponse:
    """Ask for the reason of a verdict on the selected detections, and give it once there is one."""
    viewer, base, now = viewer_of(request), _base(release, grant), clock.now()
    scope, chosen = judged.scope_of(viewer, base, now), _chosen(request)
    if not chosen:
        return _nothing(request, base)
    queries.spots(viewer, scope, chosen)
    is_said = "reason" in request.POST
    form = VerdictForm(
        judged.side_of(viewer),
        request.POST if is_said else None,
        many=len(chosen) > 1,
        initial=request.POST.get("state", ""),
    )
    is_taken_up = "suppression" in request.POST
    if not is_said or not form.is_valid():
        context = {"form": form, "is_taken_up": is_taken_up, **_context(request, base, scope.release, chosen)}
        return render(request, "detections/judge.html", context)
    new, where = form.verdict(now), Where(base.release, base.grant)
    if pattern := form.cleaned_data.get("pattern"):
        commands.judge_rule(viewer, where, chosen[0], pattern, new, now=now)
    else:
        origin = Origin.SUPPRESSION if is_taken_up else Origin.WORD
        commands.judge(viewer, where, chosen, new, now=now, origin=origin)
    return redirect(_back(request, base, chosen))


@require_POST
def put(request: HttpRequest, grant: str, release: str) -> HttpResponse:
    """Ask for the words of a finding at the selected detections, and raise it once there are some."""
    viewer, base, now = viewer_of(request), _base(release, grant), clock.now()
    scope, chosen = judged.scope_of(viewer, base, now), _chosen(request)
    if not chosen:
        return _nothing(request, base)
    queries.spots(viewer, scope, chosen)
    form = FindingForm(request.POST if "words" in request.POST else None)
    if "words" not in request.POST or not form.is_valid():
        context = {"form": form, **_context(request, base, scope.release, chosen)}
        return render(request, "detections/put.html", context)
    told = form.cleaned_data
    made = commands.raise_from_detections(
        viewer,
        Where(base.release, base.grant),
        chosen,
        title=told["title"],
        severity=Severity(told["severity"]),
        words=told["words"],
        now=now,
    )
    return redirect("finding", finding=made.text)


@require_safe
def verdict(request: HttpRequest, verdict: str) -> HttpResponse:
    """Go to what a verdict of the viewer's own side is on, in the release that it was given on."""
    viewer = viewer_of(request)
    row = queries.verdict(viewer, Uid.parse(verdict))
    return redirect(_list(viewer, Uid(row.release), ""))


@require_safe
def of_release(request: HttpRequest, release: str) -> HttpResponse:
    """Go to what wants another look in a release."""
    return redirect(_list(viewer_of(request), Uid.parse(release), queries.AGAIN))


def _list(viewer: Viewer, release: Uid, label: str) -> str:
    base, now = Base(release), clock.now()
    if not viewer.is_vendor:
        base = Base(release, Uid(access.newest_naming(viewer, release, now, purpose=Purpose.TOOLS).uid))
    judged.scope_of(viewer, base, now)
    return f"{base.address}?judged={label}" if label else base.address


def _chosen(request: HttpRequest) -> list[Uid]:
    return [Uid.parse(one) for one in dict.fromkeys(request.POST.getlist("detection"))]


def _base(release: str, grant: str) -> Base:
    return Base(Uid.parse(release), Uid.parse(grant) if grant else None)


def _back(request: HttpRequest, base: Base, chosen: Sequence[Uid]) -> str:
    return base.one(chosen[0]) if "one" in request.POST else base.narrowed(narrowing_of(request))


def _nothing(request: HttpRequest, base: Base) -> HttpResponse:
    return render(request, "detections/none_chosen.html", {"back": base.narrowed(narrowing_of(request))})


def _context(request: HttpRequest, base: Base, release: ReleaseRef, chosen: Sequence[Uid]) -> dict[str, object]:
    return {
        "back": _back(request, base, chosen),
        "chosen": chosen,
        "is_one": "one" in request.POST,
        "release": release,
        "room": "findings",
    }
