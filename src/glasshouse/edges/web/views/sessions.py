# SPDX-License-Identifier: Apache-2.0
"""Sessions: a person's own, and everybody's for a custodian, who may end them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from glasshouse.domain.people import commands
from glasshouse.domain.people import sessions as people
from glasshouse.domain.people.sessions import SignedIn
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.sites import queries as sites
from glasshouse.edges.http.stepup import check_confirmed
from glasshouse.edges.http.viewer import viewer_of
from glasshouse.edges.web import agents
from glasshouse.edges.web.forms import WhyForm
from glasshouse.kernel import clock
from glasshouse.kernel.errors import NotFoundError
from glasshouse.kernel.ids import Uid

if TYPE_CHECKING:
    from glasshouse.domain.sites.models import Workstation


@dataclass(frozen=True, slots=True)
class Row:
    """A session as a page lists it: its program in plain words, and the workstation that it is at, if any."""

    session: SignedIn
    agent: str
    machine: "Workstation | None"


def own_rows(viewer: Viewer) -> list[Row]:
    """Return the viewer's own sessions as their page lists them."""
    return _rows(people.sessions_of(viewer, clock.now()), sites.machines_of_sessions(viewer))


@require_POST
def end_own(request: HttpRequest, session: str) -> HttpResponse:
    """End one of the viewer's own sessions."""
    commands.end_session(viewer_of(request), session, now=clock.now())
    messages.info(request, _("The session has ended."))
    return redirect("mfa_index")


@require_http_methods(["GET", "HEAD", "POST"])
def confirm_elsewhere(request: HttpRequest, session: str) -> HttpResponse:
    """Ask, then let a terminal of the viewer's decide in their name for a while: the factor is shown here."""
    viewer = viewer_of(request)
    row = next((one for one in own_rows(viewer) if one.session.name == session), None)
    if row is None:
        raise NotFoundError
    if request.method == "POST":
        check_confirmed(request)
        commands.confirm_session(viewer, session, now=clock.now())
        messages.info(request, _("It may decide in your name for five minutes. Repeat there what you asked."))
        return redirect("mfa_index")
    return render(request, "me/session_confirm.html", {"row": row})


@require_POST
def end_others(request: HttpRequest) -> HttpResponse:
    """End every session of the viewer but this one."""
    count = commands.end_other_sessions(viewer_of(request), now=clock.now())
    said = ngettext("%(count)s other session has ended.", "%(count)s other sessions have ended.", count)
    messages.info(request, said % {"count": count})
    return redirect("mfa_index")


@require_safe
def sessions(request: HttpRequest) -> HttpResponse:
    """List everybody's sessions, for a custodian."""
    viewer = viewer_of(request)
    rows = _rows(people.everybodys_sessions(viewer, clock.now()), sites.machines_of_sessions(viewer))
    return render(request, "people/sessions.html", {"sessions": rows, "room": "home"})


@require_http_methods(["GET", "HEAD", "POST"])
def end(request: HttpRequest, person: str, session: str) -> HttpResponse:
    """Ask why, then end somebody's session; it may be the custodian's own."""
    viewer, now = viewer_of(request), clock.now()
    found = people.session_named(viewer, Uid.parse(person).text, session, now)
    form = WhyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        check_confirmed(request)
        commands.end_session_of(viewer, Uid(found.person.uid), session, form.cleaned_data["reason"], now=now)
        if found.is_this:
            request.session.flush()  # else the end of this request would want to keep what is gone
        return redirect("sessions")
    row = next(iter(_rows([found], sites.machines_of_sessions(viewer))))
    return render(request, "people/session_end.html", {"row": row, "form": form, "room": "home"})


def _rows(found: Iterable[SignedIn], machines: "Mapping[str, Workstation]") -> list[Row]:
    return [Row(one, agents.named(one.agent), machines.get(one.name)) for one in found]
