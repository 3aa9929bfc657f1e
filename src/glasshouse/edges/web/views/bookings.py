# SPDX-License-Identifier: Apache-2.0
"""Bookings, and the custodian at the door: letting visitors in, naming an escort, seeing them out."""

from datetime import timedelta
from typing import TYPE_CHECKING

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from glasshouse.domain.engagements import queries as engagements
from glasshouse.domain.people import queries as people
from glasshouse.domain.people.values import Role
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.sites import commands, queries, rules
from glasshouse.domain.sites.values import Engaged, TextKind
from glasshouse.edges.http.viewer import viewer_of
from glasshouse.edges.web.site_forms import ArrivalForm, BookingForm, DepartureForm, EscortForm
from glasshouse.kernel import clock
from glasshouse.kernel.errors import ConflictError, InvalidError, NotFoundError
from glasshouse.kernel.ids import Uid

if TYPE_CHECKING:
    from glasshouse.domain.sites.models import Attendee, Booking

_MOMENT = "%Y-%m-%dT%H:%M"


@require_http_methods(["GET", "POST"])
def new_booking(request: HttpRequest, site: str) -> HttpResponse:
    """Book a room, a custodian and workstations for visitors."""
    viewer, uid = viewer_of(request), Uid.parse(site)
    found = queries.site(viewer, uid)
    rules.check_arranges(viewer)
    zone = rules.zone_of(found.zone)
    tomorrow = (clock.now().astimezone(zone) + timedelta(days=1)).replace(hour=10, minute=0)
    form = BookingForm(
        request.POST or None,
        zone=zone,
        rooms=list(found.rooms.all()),
        custodians=list(people.staff(viewer, Role.CUSTODIAN)),
        visitors=list(people.reviewers_of(viewer)),
        engaged=[
            (Engaged(Uid(one.uid), Uid(one.organisation.uid)), f"{one.label}, {one.organisation.name}")
            for one in engagements.open_engagements(viewer, clock.now())
        ],
        initial={"begins": f"{tomorrow:{_MOMENT}}", "ends": f"{tomorrow + timedelta(hours=4):{_MOMENT}}"},
    )
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            made = commands.book(viewer, form.new, now=clock.now())
        except (InvalidError, ConflictError) as error:
            form.add_error(None, f"{error.message} {error.hint}".strip())
            status = 409 if isinstance(error, ConflictError) else 422
        else:
            return redirect("booking", booking=made.uid)
    return render(request, "sites/booking_new.html", {"site": found, "form": form, "room": "sites"}, status=status)


@require_safe
def booking(request: HttpRequest, booking: str) -> HttpResponse:
    """Show a booking: who is expected, who is inside."""
    viewer = viewer_of(request)
    found, now = queries.booking(viewer, Uid.parse(booking)), clock.now()
    inside = {one.person_id: one for one in reversed(queries.arrivals_of(viewer).filter(booking=found))}
    zone = rules.zone_of(found.room.site.zone)
    with timezone.override(zone):
        context = {
            "booking": found,
            "visitors": [(one, inside.get(one.person_id)) for one in _shown(viewer, found)],
            "is_staff": viewer.is_vendor,
            "receives": viewer.is_vendor and viewer.may_act_as(Role.CUSTODIAN) and _lets_in(found),
            "is_over": found.ends <= now,
            "texts": queries.texts(viewer, Uid(found.room.site.uid)),
            "room": "sites",
        }
        return render(request, "sites/booking.html", context)


@require_POST
def cancel(request: HttpRequest, booking: str) -> HttpResponse:
    """Give a booking up."""
    found = commands.cancel_booking(viewer_of(request), Uid.parse(booking), now=clock.now())
    return redirect("booking", booking=found.uid)


@require_http_methods(["GET", "POST"])
def arrive(request: HttpRequest, booking: str, person: str) -> HttpResponse:
    """Let a visitor in whom the booking expects."""
    viewer = viewer_of(request)
    found = queries.booking(viewer, Uid.parse(booking))
    rules.check_arranges(viewer, Role.CUSTODIAN)
    attendee = next((one for one in found.attendees.all() if one.person.uid == person), None)
    if attendee is None:
        raise NotFoundError
    texts = queries.texts(viewer, Uid(found.room.site.uid))
    briefing, notice = texts.get(TextKind.BRIEFING), texts.get(TextKind.NOTICE)
    form = ArrivalForm(
        request.POST or None,
        attendee=attendee,
        machines=list(found.room.workstations.filter(retired_at=None)),
        staff=list(people.staff(viewer)),
        briefing=briefing,
    )
    if request.method == "POST" and form.is_valid():
        try:
            commands.arrive(viewer, Uid(found.uid), form.new, now=clock.now())
        except InvalidError as error:
            form.add_error("receipt", f"{error.message} {error.hint}".strip())
        else:
            return redirect("booking", booking=found.uid)
    context = {
        "booking": found,
        "attendee": attendee,
        "briefing": briefing,
        "notice": notice,
        "has_read_notice": notice is not None and queries.has_read_notice(attendee.person.pk, notice),
        "form": form,
        "room": "sites",
    }
    with timezone.override(rules.zone_of(found.room.site.zone)):
        return render(request, "sites/arrive.html", context)


@require_safe
def arrival(request: HttpRequest, arrival: str) -> HttpResponse:
    """Show an arrival: what was recorded at the door, and how it ended."""
    viewer = viewer_of(request)
    found = queries.arrival(viewer, Uid.parse(arrival))
    with timezone.override(rules.zone_of(found.site.zone)):
        context = {
            "arrival": found,
            "receives": viewer.is_vendor and viewer.may_act_as(Role.CUSTODIAN) and found.departed_at is None,
            "escorting": EscortForm(
                None,
                staff=list(people.staff(viewer)) if viewer.is_vendor else [],
                initial={"escort": found.escort.uid if found.escort else ""},
            ),
            "leaving": DepartureForm(initial={"returned": bool(found.devices)}),
            "room": "sites",
        }
        return render(request, "sites/arrival.html", context)


@require_POST
def escort(request: HttpRequest, arrival: str) -> HttpResponse:
    """Name another second person, or none."""
    viewer, uid = viewer_of(request), Uid.parse(arrival)
    queries.arrival(viewer, uid)
    rules.check_arranges(viewer, Role.CUSTODIAN)
    form = EscortForm(request.POST, staff=list(people.staff(viewer)), initial={})
    if not form.is_valid():
        raise InvalidError("No such person is of the staff.", hint="Load the page again.")
    named = form.cleaned_data["escort"]
    commands.change_escort(viewer, uid, Uid(named) if named else None, now=clock.now())
    return redirect("arrival", arrival=uid.text)


@require_POST
def depart(request: HttpRequest, arrival: str) -> HttpResponse:
    """See a visitor out."""
    uid = Uid.parse(arrival)
    returned = "returned" in request.POST
    commands.depart(viewer_of(request), uid, returned=returned, now=clock.now())
    return redirect("arrival", arrival=uid.text)


def _shown(viewer: Viewer, found: "Booking") -> "list[Attendee]":
    """Return whom the viewer sees in a booking: staff everybody, a visitor themselves and colleagues."""
    everybody = list(found.attendees.all())
    if viewer.is_vendor:
        return everybody
    return [one for one in everybody if one.person.organisation.uid == viewer.organisation.text]


def _lets_in(found: "Booking") -> bool:
    now = clock.now()
    return found.cancelled_at is None and found.begins - rules.EARLY <= now < found.ends
