# SPDX-License-Identifier: Apache-2.0
"""Saved searches: what each found new between visits, in counts; and its new lines, in a visit."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from glasshouse.domain.readingroom import commands
from glasshouse.domain.readingroom import saved as mandates
from glasshouse.domain.readingroom.commands.saved import MAX_LABEL
from glasshouse.edges.http.routes import is_fragment
from glasshouse.edges.http.viewer import viewer_of
from glasshouse.edges.web.found import files_of, found_characters
from glasshouse.edges.web.showing import page_of, pen_of
from glasshouse.kernel import clock
from glasshouse.kernel.errors import InvalidError
from glasshouse.kernel.ids import Uid


@require_safe
def saved_searches(request: HttpRequest) -> HttpResponse:
    """Show the viewer's own saved searches, with counts of what is new."""
    found = mandates.saved_of(viewer_of(request), clock.now())
    return render(request, "saved/list.html", {"saved": found, "longest": MAX_LABEL, "room": "searches"})


@require_POST
def save(request: HttpRequest, grant: str, event: str) -> HttpResponse:
    """Keep one of the viewer's own recorded searches."""
    label = request.POST.get("label", "")
    commands.save_search(viewer_of(request), Uid.parse(grant), Uid.parse(event), label, now=clock.now())
    return redirect("saved-searches")


@require_POST
def rename(request: HttpRequest, saved: str) -> HttpResponse:
    """Give a saved search another label."""
    viewer, uid, now = viewer_of(request), Uid.parse(saved), clock.now()
    error: InvalidError | None = None
    try:
        commands.rename_search(viewer, uid, request.POST.get("label", ""), now=now)
    except InvalidError as refused:
        if not is_fragment(request):
            raise
        error = refused
    if not is_fragment(request):
        return redirect("saved-searches")
    context = {"one": _own(request, uid), "longest": MAX_LABEL, "error": error, "is_renamed": True}
    return render(request, "saved/item.html", context, status=422 if error else 200)


@require_POST
def end(request: HttpRequest, saved: str) -> HttpResponse:
    """Delete a saved search."""
    commands.end_search(viewer_of(request), Uid.parse(saved), now=clock.now())
    return redirect("saved-searches")


@require_safe
def new_lines(request: HttpRequest, saved: str, run: str) -> HttpResponse:
    """Show what a saved search found new in a release: charged and recorded, as every search is."""
    viewer, uid, run_uid, after = viewer_of(request), Uid.parse(saved), Uid.parse(run), request.GET.get("after", "")
    shown = commands.open_new_lines(viewer, uid, run_uid, now=clock.now(), after=after)
    one = _own(request, uid)
    pen = pen_of(request, shown.view, found_characters(shown.files))
    here = reverse("saved-new", args=[uid.text, run_uid.text])
    context = {
        "one": one,
        "ran": mandates.ran(viewer, uid, run_uid, clock.now()),
        "shown": shown,
        "files": files_of(shown.files, shown.view.room.grant, pen, has_releases=False),
        "asked": one.asked,
        "after": after,
        "next": f"{here}?after={shown.rest}" if shown.rest else "",
        "room": "searches",
    }
    return page_of(request, "saved/new.html", shown.view, context)


def _own(request: HttpRequest, uid: Uid) -> mandates.Saved:
    return mandates.saved(viewer_of(request), uid, clock.now())
