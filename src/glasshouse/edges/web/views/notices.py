# SPDX-License-Identifier: Apache-2.0
"""The inbox: what a person should look at, without its content."""

from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from glasshouse.domain.deadlines import queries as deadlines
from glasshouse.domain.notices import commands, mailing, queries
from glasshouse.edges.http.viewer import viewer_of
from glasshouse.edges.web.words import NOTICES
from glasshouse.kernel import clock
from glasshouse.kernel.errors import NotFoundError
from glasshouse.kernel.ids import Uid

_SHOWN = 200
_LISTS: Final = frozenset({"overdue", "saved-searches"})  # pages of all that is one's own; they take no subject


@require_http_methods(["GET", "POST"])
def inbox(request: HttpRequest) -> HttpResponse:
    """List the viewer's notices, newest first; a post marks all of them as seen."""
    viewer = viewer_of(request)
    if request.method == "POST":
        commands.see_all(viewer, now=clock.now())
        return redirect("inbox")
    found = [(NOTICES.get(one.kind, one.kind), one) for one in queries.inbox(viewer)[:_SHOWN]]
    return render(request, "notices/inbox.html", {"notices": found, "has_overdue": deadlines.has_office(viewer)})


@require_safe
def overdue(request: HttpRequest) -> HttpResponse:
    """List what is late and of the viewer's office, and how the lab's mail stands."""
    viewer, now = viewer_of(request), clock.now()
    found = deadlines.overdue(viewer, now)
    late = [(NOTICES[call.kind], call.about, call.at, reverse(call.route, args=[call.subject])) for call in found]
    context = {"late": late, "is_on": settings.GLASSHOUSE.mail is not None, "room": "home"}
    return render(request, "notices/overdue.html", {**context, "outbox": queries.outbox(now=now)})


@require_http_methods(["GET", "HEAD", "POST"])
def mail(request: HttpRequest) -> HttpResponse:
    """Say which mail the lab sends the viewer; a post chooses."""
    viewer = viewer_of(request)
    if request.method == "POST":
        mailing.set_mail(viewer, wanted=request.POST.get("wanted") == "yes", now=clock.now())
        return redirect("mail")
    context = {"is_on": settings.GLASSHOUSE.mail is not None, "wanted": queries.wants_mail(viewer), "room": "home"}
    return render(request, "me/mail.html", context)


@require_POST
def open_notice(request: HttpRequest, notice: str) -> HttpResponse:
    """Mark a notice as seen, and go where it leads; who opens the page is judged there."""
    found = commands.see(viewer_of(request), Uid.parse(notice), now=clock.now())
    return redirect(_page_of(found.route, found.subject))


def _page_of(route: str, subject: str) -> str:
    try:
        return reverse(route, args=[] if route in _LISTS else [subject])
    except NoReverseMatch:  # of a version of the lab that had such a page
        raise NotFoundError from None
