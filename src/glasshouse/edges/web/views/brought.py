# SPDX-License-Identifier: Apache-2.0
"""What visitors bring: handed in by them, decided by a custodian who never reads it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from glasshouse.domain.admissions import commands, queries, rules
from glasshouse.domain.admissions.errors import BroughtAlreadyError, LicenceError, ManyBroughtError, UnfitError
from glasshouse.domain.admissions.values import State, Trial
from glasshouse.domain.engagements import queries as engagements
from glasshouse.edges.http.stepup import check_confirmed
from glasshouse.edges.http.viewer import viewer_of
from glasshouse.edges.web.brought_forms import DecideForm, HandInForm
from glasshouse.edges.web.speaking import Answer
from glasshouse.kernel import clock
from glasshouse.kernel.errors import NotFoundError
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.texts import UnreadableTextError


@require_safe
def brought(request: HttpRequest) -> HttpResponse:
    """List what the viewer's organisation brought; for a custodian, what waits for their word."""
    viewer, now = viewer_of(request), clock.now()
    if viewer.is_vendor:
        rules.check_decides(viewer)
    found = queries.brought_of(viewer, now)
    context = {
        "viewer": viewer,
        "waiting": [one for one in found if one.state == State.WAITING],
        "others": [one for one in found if one.state != State.WAITING],
        "may_bring": not viewer.is_vendor
        and engagements.open_engagements(viewer, now).filter(people=viewer.row).exists(),
    }
    return render(request, "brought/list.html", context)


@require_http_methods(["GET", "POST"])
def hand_in(request: HttpRequest) -> HttpResponse:
    """Let a visitor hand something in."""
    viewer, now = viewer_of(request), clock.now()
    if viewer.is_vendor:
        raise NotFoundError
    named = list(engagements.open_engagements(viewer, now).filter(people=viewer.row))
    form = HandInForm(
        request.POST or None,
        request.FILES or None,
        engagements=named,
        initial={"engagement": request.GET.get("engagement", "")},
    )
    if request.method == "POST" and form.is_valid():
        try:
            made = commands.hand_in(viewer, form.new, now=now)
        except LicenceError as error:
            form.add_error("licence", f"{error.message} {error.hint}".strip())
        except UnreadableTextError as error:
            form.add_error("name", f"{error.message} {error.hint}".strip())
        except (UnfitError, BroughtAlreadyError, ManyBroughtError) as error:
            form.add_error("file", f"{error.message} {error.hint}".strip())
        else:
            return redirect("brought-one", brought=made.text)
    return render(request, "brought/new.html", {"form": form, "engagements": named})


@require_safe
def one(request: HttpRequest, brought: str) -> HttpResponse:
    """Show one thing that was brought, as the viewer's side may see it."""
    return _page(request, Uid.parse(brought), None)


@require_POST
def decide(request: HttpRequest, brought: str) -> HttpResponse:
    """Take a custodian's word on exactly the digest that their page showed."""
    viewer, uid = viewer_of(request), Uid.parse(brought)
    rules.check_decides(viewer)
    form = DecideForm(request.POST)
    if not form.is_valid():
        return _page(request, uid, form)
    check_confirmed(request)
    said, now = form.cleaned_data, clock.now()
    if said["verdict"] == "refuse":
        commands.refuse(viewer, uid, said["reason"], digest=said["digest"], now=now)
        return redirect("brought-one", brought=brought)
    try:
        commands.admit(
            viewer, uid, said["reason"], digest=said["digest"], waives_licence=said["waives_licence"], now=now
        )
    except LicenceError as error:
        form.add_error("waives_licence", f"{error.message} {error.hint}")
        return _page(request, uid, form)
    return redirect("brought-one", brought=brought)


@require_POST
def withdraw(request: HttpRequest, brought: str) -> HttpResponse:
    """Take back what one's own organisation brought."""
    commands.withdraw(viewer_of(request), Uid.parse(brought), now=clock.now())
    return redirect("brought-one", brought=brought)


@require_POST
def try_again(request: HttpRequest, brought: str) -> HttpResponse:
    """Have tried again what could not be tried."""
    commands.try_again(viewer_of(request), Uid.parse(brought), now=clock.now())
    return redirect("brought-one", brought=brought)


def _page(request: HttpRequest, uid: Uid, form: DecideForm | None) -> HttpResponse:
    viewer, now = viewer_of(request), clock.now()
    found = queries.brought(viewer, uid, now)
    context = {
        "viewer": viewer,
        "it": found,
        "form": form or DecideForm(initial={"digest": str(found.digest)}),
        "clock": Answer.of(rules.CLOCK, found.due_at, now) if found.state == State.WAITING else None,
        "may_admit": found.tried.outcome == Trial.PASSED,
        "may_try_again": found.state == State.WAITING and found.tried.outcome == Trial.NOT_RUN,
    }
    return render(request, "brought/one.html", context, status=200 if form is None else 422)
