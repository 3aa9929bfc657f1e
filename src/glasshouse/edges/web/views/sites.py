# SPDX-License-Identifier: Apache-2.0
"""Houses: which there are, what each says, its week. Times are of the house's own clock."""

from datetime import date, timedelta
from typing import TYPE_CHECKING

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from glasshouse.domain.engagements import queries as engagements
from glasshouse.domain.people.values import Role
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.sites import commands, queries, rules
from glasshouse.domain.sites.demand import LEAST, Outlook, outlook
from glasshouse.domain.sites.values import TextKind, told
from glasshouse.edges.http.viewer import viewer_of
from glasshouse.edges.web.site_forms import (
    HoursForm,
    RetentionForm,
    RoomForm,
    SiteForm,
    TextForm,
    WorkstationForm,
)
from glasshouse.kernel import clock
from glasshouse.kernel.errors import InvalidError, NotFoundError
from glasshouse.kernel.ids import Uid

if TYPE_CHECKING:
    from glasshouse.domain.sites.models import Booking, Site

_WEEK = 7
_CENTURY = 100


@require_safe
def sites(request: HttpRequest) -> HttpResponse:
    """Show the houses that the viewer may look into; to those who arrange visits, where another one is asked for."""
    viewer = viewer_of(request)
    found = list(queries.sites_of(viewer))
    context = {
        "sites": [(one, told(queries.hours_of(one))) for one in found],
        "outlook": _outlook(viewer, found) if _arranges(viewer) else None,
        "least": LEAST,
        "arranges": _arranges(viewer),
        "adds": viewer.is_vendor and viewer.may_act_as(Role.LAB_MANAGER),
        "room": "sites",
    }
    return render(request, "sites/list.html", context)


@require_safe
def today(request: HttpRequest) -> HttpResponse:
    """Show the custodian's day: who is expected and who is inside, house by house."""
    viewer, now = viewer_of(request), clock.now()
    if not _arranges(viewer):
        raise NotFoundError
    days = []
    for site in queries.sites_of(viewer):
        zone = rules.zone_of(site.zone)
        here = now.astimezone(zone).date()
        bookings = queries.calendar(viewer, Uid(site.uid), *rules.day_of(zone, here))
        days.append((site, here, bookings, queries.in_house(viewer, Uid(site.uid))))
    return render(request, "sites/today.html", {"days": days, "now": now, "room": "sites"})


@require_safe
def site(request: HttpRequest, site: str) -> HttpResponse:
    """Show one house: its hours, what it says, and its rooms for those who arrange visits."""
    viewer, uid = viewer_of(request), Uid.parse(site)
    found, now = queries.site(viewer, uid), clock.now()
    with timezone.override(rules.zone_of(found.zone)):
        context = {
            "site": found,
            "hours": told(queries.hours_of(found)),
            "texts": queries.texts(viewer, uid),
            "arranges": _arranges(viewer),
            "coming": list(queries.bookings_of(viewer).filter(room__site=found, cancelled_at=None, ends__gt=now)[:10]),
            "inside": queries.in_house(viewer, uid),
            "enrolled": queries.enrolled(viewer, uid) if _arranges(viewer) else frozenset(),
            "room": "sites",
        }
        return render(request, "sites/site.html", context)


@require_safe
def site_week(request: HttpRequest, site: str) -> HttpResponse:
    """Show a house's bookings by day, one week at a time: `week` is its Monday or any day of it."""
    viewer, uid = viewer_of(request), Uid.parse(site)
    found = queries.site(viewer, uid)
    zone = rules.zone_of(found.zone)
    today = clock.now().astimezone(zone).date()
    monday = _monday(request.GET.get("week", ""), today)
    begins, ends = rules.day_of(zone, monday)[0], rules.day_of(zone, monday + timedelta(days=_WEEK - 1))[1]
    with timezone.override(zone):
        context = {
            "site": found,
            "days": _days(found, monday, queries.calendar(viewer, uid, begins, ends)),
            "monday": monday,
            "today": today,
            "before": monday - timedelta(days=_WEEK),
            "after": monday + timedelta(days=_WEEK),
            "arranges": _arranges(viewer),
            "room": "sites",
        }
        return render(request, "sites/week.html", context)


@require_http_methods(["GET", "POST"])
def new_site(request: HttpRequest) -> HttpResponse:
    """Add a house."""
    viewer = viewer_of(request)
    rules.check_arranges(viewer, Role.LAB_MANAGER)
    form = SiteForm(request.POST or None, initial={"hours": "mon-fri 09:00-17:00", "zone": "Europe/Brussels"})
    if request.method == "POST" and form.is_valid():
        try:
            made = commands.add_site(viewer, form.new, now=clock.now())
        except InvalidError as error:
            form.add_error(None, f"{error.message} {error.hint}")
        else:
            return redirect("site", site=made.uid)
    return render(request, "sites/new.html", {"form": form, "room": "sites"})


@require_http_methods(["GET", "POST"])
def change(request: HttpRequest, site: str) -> HttpResponse:
    """Change what a house says, when it is open, how long things are kept; add a room."""
    viewer, uid = viewer_of(request), Uid.parse(site)
    found = queries.site(viewer, uid)
    rules.check_arranges(viewer)
    asked = request.POST.get("what", "")
    data = {name: request.POST if name == asked else None for name in ("hours", "text", "retention", "rooms")}
    spans = ", ".join(f"{days} {span}" for days, span in told(queries.hours_of(found)))
    forms = {
        "hours": HoursForm(data["hours"], initial={"hours": spans}),
        "text": TextForm(data["text"]),
        "retention": RetentionForm(
            data["retention"], initial={"days": found.retention_days, "booking_days": found.booking_days}
        ),
        "rooms": RoomForm(data["rooms"]),
    }
    if request.method == "POST" and asked in forms and forms[asked].is_valid():
        said, now = forms[asked].cleaned_data, clock.now()
        if asked == "hours":
            commands.set_hours(viewer, uid, said["hours"], now=now)
        elif asked == "text":
            commands.set_text(viewer, uid, TextKind(said["kind"]), said["text"], now=now)
        elif asked == "retention":
            commands.set_retention(viewer, uid, said["days"], now=now, booking_days=said["booking_days"])
        else:
            commands.add_room(viewer, uid, said["name"], said["seats"], now=now)
        return redirect("site", site=uid.text)
    return render(request, "sites/change.html", {"site": found, "forms": forms, "room": "sites"})


@require_http_methods(["GET", "HEAD", "POST"])
def notice(request: HttpRequest, site: str) -> HttpResponse:
    """Show a visitor what a house keeps of them, why and how long; with POST, take their word that they read it."""
    viewer, uid = viewer_of(request), Uid.parse(site)
    found = queries.site(viewer, uid)
    texts = queries.texts(viewer, uid)
    newest = texts.get(TextKind.NOTICE)
    if request.method == "POST":
        version = request.POST.get("version", "")
        commands.acknowledge_notice(viewer, uid, int(version) if version.isdecimal() else 0, now=clock.now())
        return redirect("home")
    context = {
        "site": found,
        "purpose": texts.get(TextKind.PURPOSE),
        "notice": newest,
        "is_read": newest is not None and queries.has_read_notice(viewer.row, newest),
        "room": "sites",
    }
    return render(request, "sites/notice.html", context)


@require_http_methods(["GET", "POST"])
def new_workstation(request: HttpRequest, site: str, place: str) -> HttpResponse:
    """Add a machine to a room."""
    viewer = viewer_of(request)
    found = queries.room(viewer, Uid.parse(place))
    if found.site.uid != site:
        raise NotFoundError
    form = WorkstationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            made = commands.add_workstation(
                viewer,
                Uid(found.uid),
                said["name"],
                said["ranges"].split(),
                now=clock.now(),
                certificate=said["certificate"],
            )
        except InvalidError as error:
            form.add_error("ranges", f"{error.message} {error.hint}")
        else:
            return redirect("workstation", workstation=made.uid)
    return render(request, "sites/workstation_new.html", {"form": form, "place": found, "room": "sites"})


@require_POST
def close(request: HttpRequest, site: str) -> HttpResponse:
    """Close a house for good."""
    viewer, uid = viewer_of(request), Uid.parse(site)
    queries.site(viewer, uid)
    commands.close_site(viewer, uid, now=clock.now())
    return redirect("sites")


def _arranges(viewer: Viewer) -> bool:
    return viewer.is_vendor and viewer.may_act_as(*rules.ARRANGERS)


def _outlook(viewer: Viewer, found: "list[Site]") -> Outlook:
    """Return where another house is asked for, by the requests of the last year that were not taken back."""
    return outlook(engagements.demand(viewer, clock.now()), {one.country for one in found})


def _monday(text: str, today: date) -> date:
    """Return the Monday of the week that is asked for; of this week for what names none within a century."""
    try:
        day = date.fromisoformat(text) if text else today
    except ValueError:
        day = today
    day = day if abs(day.year - today.year) < _CENTURY else today
    return day - timedelta(days=day.weekday())


def _days(found: "Site", monday: date, bookings: "list[Booking]") -> "list[tuple[date, str, list[Booking]]]":
    zone = rules.zone_of(found.zone)
    spans = {one.weekday: one.text for one in queries.hours_of(found)}
    days = [monday + timedelta(days=number) for number in range(_WEEK)]
    return [
        (day, spans.get(day.weekday(), ""), [one for one in bookings if one.begins.astimezone(zone).date() == day])
        for day in days
    ]
