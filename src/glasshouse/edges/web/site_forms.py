# SPDX-License-Identifier: Apache-2.0
"""Forms of houses: what is added to one, who is booked, who arrived. A form parses; a command decides."""

import base64
import binascii
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from glasshouse.domain.sites import rules
from glasshouse.domain.sites.values import (
    Engaged,
    Expected,
    Hours,
    Identity,
    NewArrival,
    NewBooking,
    NewKey,
    NewSite,
    TextKind,
    Word,
    week,
)
from glasshouse.edges.web.widgets import exact
from glasshouse.kernel.errors import InvalidError
from glasshouse.kernel.ids import Uid

if TYPE_CHECKING:
    from glasshouse.domain.people.models import Person
    from glasshouse.domain.sites.models import Attendee, Room, SiteText, Workstation

Data = QueryDict | None
_MOMENT = "%Y-%m-%dT%H:%M"


def _complaint(error: InvalidError) -> ValidationError:
    return ValidationError(f"{error.message} {error.hint}".strip())


class HoursField(forms.CharField):
    """A week's hours as people write them."""

    def __init__(self) -> None:
        """Describe the field."""
        super().__init__(
            label=_("Hours"),
            max_length=300,
            help_text=_("By the house's own clock, for instance mon-fri 08:30-18:00, sat 09:00-12:00."),
            widget=exact(),
        )

    def clean(self, value: Any) -> tuple[Hours, ...]:  # noqa: ANN401 -- Django's own signature
        """Read the hours."""
        try:
            return week(super().clean(value))
        except InvalidError as error:
            raise _complaint(error) from error


class SiteForm(forms.Form):
    """A house that is to be added."""

    name = forms.CharField(label=_("Name"), max_length=80)
    place = forms.CharField(label=_("Address"), max_length=200)
    country = forms.CharField(label=_("Country"), max_length=2, help_text=_("Two letters, for instance BE."))
    zone = forms.ChoiceField(label=_("Time zone"), choices=lambda: [(name, name) for name in sorted(rules.zones())])
    hours = HoursField()

    @property
    def new(self) -> NewSite:
        """The house as the command takes it."""
        return NewSite(**{name: self.cleaned_data[name] for name in ("name", "place", "country", "zone", "hours")})


class HoursForm(forms.Form):
    """A house's hours."""

    hours = HoursField()


class TextForm(forms.Form):
    """The next version of what a house says."""

    kind = forms.ChoiceField(label=_("Which"), choices=TextKind.choices)
    text = forms.CharField(label=_("Text"), max_length=20_000, widget=forms.Textarea(attrs={"rows": 6}))


class RetentionForm(forms.Form):
    """How long what is personal about a visit is kept, and who was expected."""

    days = forms.IntegerField(label=_("Days after a visit"), min_value=1, max_value=3_650)
    booking_days = forms.IntegerField(label=_("Days after a booking"), min_value=1, max_value=3_650)


class RoomForm(forms.Form):
    """A room that is to be added."""

    name = forms.CharField(label=_("Name"), max_length=80)
    seats = forms.IntegerField(label=_("Seats"), min_value=1, max_value=200, initial=2)


class WorkstationForm(forms.Form):
    """A machine that is to be added to a room."""

    name = forms.CharField(label=_("Name"), max_length=80)
    ranges = forms.CharField(
        label=_("Address ranges"),
        help_text=_("Networks the machine asks from, separated by spaces: 192.0.2.16/28 2001:db8::/64."),
        widget=exact(),
    )
    certificate = forms.CharField(
        label=_("Client certificate"),
        help_text=_("Its SHA-256, where a trusted proxy asks for one. Empty: none is asked for."),
        required=False,
        widget=exact(),
    )


class BookingForm(forms.Form):
    """Who is to come, when, where; one row of visitor and workstation for each seat that is offered."""

    engagement = forms.ChoiceField(
        label=_("Engagement"),
        required=False,
        help_text=_("Its visitors' bookings and arrivals then stand in its record, for both sides."),
    )
    room = forms.ChoiceField(label=_("Room"))
    custodian = forms.ChoiceField(label=_("Custodian"))
    begins = forms.CharField(
        label=_("Begins"), widget=forms.DateTimeInput(attrs={"type": "datetime-local", "step": 900})
    )
    ends = forms.CharField(label=_("Ends"), widget=forms.DateTimeInput(attrs={"type": "datetime-local", "step": 900}))

    def __init__(
        self,
        data: Data,
        *,
        zone: ZoneInfo,
        rooms: "Sequence[Room]",
        custodians: "Sequence[Person]",
        visitors: "Sequence[Person]",
        engaged: "Sequence[tuple[Engaged, str]]",
        initial: dict[str, Any],
    ) -> None:
        """Offer these rooms and people; times are of the house's clock."""
        super().__init__(data, initial=initial)
        self._zone = zone
        self._engaged = {one.uid.text: one for one, _label in engaged}
        engagement = self.fields["engagement"]
        if isinstance(engagement, forms.ChoiceField):
            engagement.choices = [("", _("None")), *((one.uid.text, label) for one, label in engaged)]
        self._pick("room", [(room.uid, f"{room.name} ({room.seats})") for room in rooms])
        self._pick("custodian", [(person.uid, person.name) for person in custodians])
        people = [("", _("Nobody")), *((one.uid, f"{one.name}, {one.organisation.name}") for one in visitors)]
        machines: list[tuple[str, Any]] = [("", _("None"))]
        machines += [(one.uid, f"{room.name} / {one.name}") for room in rooms for one in _standing(room)]
        self._rows = range(min(max((room.seats for room in rooms), default=1), 6))
        for row in self._rows:
            named = {"n": row + 1}
            self.fields[f"visitor{row}"] = forms.ChoiceField(
                label=_("Visitor %(n)s") % named, choices=people, required=row == 0
            )
            self.fields[f"machine{row}"] = forms.ChoiceField(
                label=_("Workstation %(n)s") % named, choices=machines, required=False
            )

    def _pick(self, name: str, choices: list[tuple[str, Any]]) -> None:
        field = self.fields[name]
        if isinstance(field, forms.ChoiceField):
            field.choices = [("", _("Choose")), *choices]

    @property
    def seats(self) -> list[tuple[Any, Any]]:
        """The rows of visitor and workstation."""
        return [(self[f"visitor{row}"], self[f"machine{row}"]) for row in self._rows]

    def clean_begins(self) -> datetime:
        """Read when it begins."""
        return self._moment("begins")

    def clean_ends(self) -> datetime:
        """Read when it ends."""
        return self._moment("ends")

    def _moment(self, name: str) -> datetime:
        try:
            shown = datetime.strptime(str(self.cleaned_data[name]), _MOMENT)  # noqa: DTZ007 -- a wall clock's
        except ValueError as error:
            raise ValidationError(_("This is no moment.")) from error
        try:
            return rules.moment_of(self._zone, shown)
        except InvalidError as error:
            raise _complaint(error) from error

    @property
    def new(self) -> NewBooking:
        """The booking as the command takes it."""
        said = self.cleaned_data
        rows = [(said[f"visitor{row}"], said[f"machine{row}"]) for row in self._rows]
        return NewBooking(
            Uid(said["room"]),
            Uid(said["custodian"]),
            [Expected(Uid(person), Uid(machine) if machine else None) for person, machine in rows if person],
            said["begins"],
            said["ends"],
            self._engaged.get(said["engagement"]),
        )


class ArrivalForm(forms.Form):
    """What the custodian saw and did at the door."""

    identity = forms.ChoiceField(
        label=_("Identity was shown by"),
        choices=Identity.choices,
        help_text=_("Only the kind is kept. Write no number down, here or elsewhere."),
    )
    devices = forms.IntegerField(label=_("Devices in the locker"), min_value=0, max_value=20, initial=0)
    receipt = forms.CharField(
        label=_("Receipt of the locker"),
        max_length=8,
        required=False,
        widget=exact(),
    )
    workstation = forms.ChoiceField(label=_("Workstation"), required=False)
    escort = forms.ChoiceField(label=_("Escort, the second person in the room"), required=False)
    briefing = forms.IntegerField(widget=forms.HiddenInput)
    is_read = forms.BooleanField(label=_("They read the briefing here and had their questions answered"))

    def __init__(
        self,
        data: Data,
        *,
        attendee: "Attendee",
        machines: "Sequence[Workstation]",
        staff: "Sequence[Person]",
        briefing: "SiteText | None",
    ) -> None:
        """Offer the room's machines and the vendor's staff."""
        kept = attendee.workstation.uid if attendee.workstation else ""
        super().__init__(data, initial={"workstation": kept, "briefing": briefing.version if briefing else 0})
        self._person = Uid(attendee.person.uid)
        machine, escort = self.fields["workstation"], self.fields["escort"]
        if isinstance(machine, forms.ChoiceField) and isinstance(escort, forms.ChoiceField):
            machine.choices = [("", _("None")), *((one.uid, one.name) for one in machines)]
            escort.choices = [("", _("Nobody")), *((one.uid, one.name) for one in staff)]

    @property
    def new(self) -> NewArrival:
        """The arrival as the command takes it."""
        said = self.cleaned_data
        return NewArrival(
            person=self._person,
            identity=Identity(said["identity"]),
            devices=said["devices"],
            receipt=said["receipt"],
            briefing=said["briefing"],
            escort=Uid(said["escort"]) if said["escort"] else None,
            workstation=Uid(said["workstation"]) if said["workstation"] else None,
        )


class EscortForm(forms.Form):
    """Who is the second person now."""

    escort = forms.ChoiceField(label=_("Escort"), required=False)

    def __init__(self, data: Data, *, staff: "Sequence[Person]", initial: dict[str, Any]) -> None:
        """Offer the vendor's staff."""
        super().__init__(data, initial=initial)
        escort = self.fields["escort"]
        if isinstance(escort, forms.ChoiceField):
            escort.choices = [("", _("Nobody")), *((one.uid, one.name) for one in staff)]


class DepartureForm(forms.Form):
    """Seeing somebody out."""

    returned = forms.BooleanField(label=_("Their devices were handed back"), required=False)


def _standing(room: "Room") -> "list[Workstation]":
    return [one for one in room.workstations.all() if one.retired_at is None]


def new_key(data: QueryDict) -> NewKey:
    """Read what a machine offers to enrol."""
    return NewKey(data.get("challenge", ""), *(_bytes(data, name) for name in ("spki", "link", "signature")))


def word_of(workstation: Uid, data: QueryDict) -> Word:
    """Read a machine's word."""
    raw = (_bytes(data, name) for name in ("shown", "next", "signature"))
    return Word(workstation, data.get("challenge", ""), *raw)


def _bytes(data: QueryDict, name: str) -> bytes:
    try:
        return base64.b64decode(data.get(name, ""), validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidError("The workstation's answer cannot be read.", hint="Load the page again.") from error
