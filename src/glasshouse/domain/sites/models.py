# SPDX-License-Identifier: Apache-2.0
"""Rows of sites. Deliberately absent: anything of an identity document but its kind."""

from typing import ClassVar

from django.db import models

from glasshouse.domain.people.models import UID, Person
from glasshouse.domain.sites.values import DAY_MINUTES, Ended, Identity, TextKind


class Site(models.Model):
    """A house. It keeps who came for `retention_days` after a visit, and who was expected for `booking_days`."""

    uid = models.CharField(max_length=UID, unique=True)
    name = models.CharField(max_length=80, unique=True)
    place = models.CharField(max_length=200)
    country = models.CharField(max_length=2)
    zone = models.CharField(max_length=64)
    retention_days = models.PositiveIntegerField(default=365)
    booking_days = models.PositiveIntegerField(default=365)
    added_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        """Sites are listed by name."""

        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        """Return the name."""
        return self.name


class OpenHours(models.Model):
    """One weekday's hours, in minutes of the site's wall clock."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="hours")
    weekday = models.PositiveSmallIntegerField()
    opens = models.PositiveSmallIntegerField()
    closes = models.PositiveSmallIntegerField()

    class Meta:
        """A weekday has one span, which begins before it ends."""

        ordering: ClassVar = ["weekday"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["site", "weekday"], name="sites_hours_once"),
            models.CheckConstraint(
                condition=models.Q(weekday__lt=7, opens__lt=models.F("closes"), closes__lte=DAY_MINUTES),
                name="sites_hours_of_a_day",
            ),
        ]

    def __str__(self) -> str:
        """Return the weekday's number."""
        return f"weekday {self.weekday}"


class SiteText(models.Model):
    """One version of what a site says; versions are added, never changed."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="texts")
    kind = models.CharField(max_length=10, choices=TextKind)
    version = models.PositiveIntegerField()
    text = models.TextField()
    digest = models.BinaryField(max_length=32)
    set_at = models.DateTimeField()

    class Meta:
        """Versions are numbered for each kind; the newest comes first."""

        ordering: ClassVar = ["kind", "-version"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["site", "kind", "version"], name="sites_text_version_once"),
        ]

    def __str__(self) -> str:
        """Return kind and version."""
        return f"{self.kind} {self.version}"


class NoticeRead(models.Model):
    """A visitor's word that they read one version of a house's notice."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    text = models.ForeignKey(SiteText, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        """A version is read once."""

        constraints: ClassVar = [models.UniqueConstraint(fields=["person", "text"], name="sites_notice_read_once")]

    def __str__(self) -> str:
        """Say whose it is."""
        return f"notice read by {self.person_id}"


class Room(models.Model):
    """A room, and how many visitors it seats."""

    uid = models.CharField(max_length=UID, unique=True)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="rooms")
    name = models.CharField(max_length=80)
    seats = models.PositiveSmallIntegerField()

    class Meta:
        """Names are told apart within a site."""

        ordering: ClassVar = ["name"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["site", "name"], name="sites_room_name_once")]

    def __str__(self) -> str:
        """Return the name."""
        return self.name


class Workstation(models.Model):
    """A machine in a room. `ranges` are the networks that it asks from, in CIDR form, at least one."""

    uid = models.CharField(max_length=UID, unique=True)
    room = models.ForeignKey(Room, on_delete=models.PROTECT, related_name="workstations")
    name = models.CharField(max_length=80)
    ranges = models.JSONField()
    certificate = models.CharField(max_length=64, blank=True)
    retired_at = models.DateTimeField(null=True)

    class Meta:
        """Names are told apart within a room."""

        ordering: ClassVar = ["name"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["room", "name"], name="sites_workstation_name_once")]

    def __str__(self) -> str:
        """Return the name."""
        return self.name


class WorkstationKey(models.Model):
    """The public half of a key that a machine made and its custodian enrolled.

    Each word of the machine shows the last link of a chain and names the next. `link` is the one to be shown now,
    `shown` the one before, kept because an answer may be lost on its way and the machine then says the same again.
    """

    uid = models.CharField(max_length=UID, unique=True)
    workstation = models.ForeignKey(Workstation, on_delete=models.PROTECT, related_name="keys")
    spki = models.BinaryField(max_length=200)
    fingerprint = models.CharField(max_length=64, unique=True)
    link = models.BinaryField(max_length=32)
    shown = models.BinaryField(max_length=32, blank=True, default=b"")
    enrolled_at = models.DateTimeField()
    enrolled_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    asserted_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended = models.CharField(max_length=8, choices=Ended, blank=True)

    class Meta:
        """A workstation has one live key; the newest comes first."""

        ordering: ClassVar = ["-enrolled_at", "-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["workstation"], condition=models.Q(ended_at=None), name="sites_key_live_once"
            ),
        ]

    def __str__(self) -> str:
        """Return the first digits of the fingerprint."""
        return self.fingerprint[:16]


class Booking(models.Model):
    """A room and a custodian for a span of quarter hours. A changed booking is another booking."""

    uid = models.CharField(max_length=UID, unique=True)
    room = models.ForeignKey(Room, on_delete=models.PROTECT, related_name="bookings")
    custodian = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    engagement = models.CharField(max_length=UID, blank=True)
    begins = models.DateTimeField()
    ends = models.DateTimeField()
    booked_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    booked_at = models.DateTimeField()
    cancelled_at = models.DateTimeField(null=True)

    class Meta:
        """A booking begins before it ends; calendars are read by time."""

        ordering: ClassVar = ["begins", "pk"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(begins__lt=models.F("ends")), name="sites_booking_has_a_span"),
        ]
        indexes: ClassVar = [models.Index(fields=["begins"], name="sites_booking_begins")]

    def __str__(self) -> str:
        """Return the uid."""
        return self.uid


class Attendee(models.Model):
    """A visitor whom a booking expects, and the workstation kept for them."""

    booking = models.ForeignKey(Booking, on_delete=models.PROTECT, related_name="attendees")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    workstation = models.ForeignKey(Workstation, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        """A visitor is expected once."""

        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["booking", "person"], name="sites_attendee_once")]

    def __str__(self) -> str:
        """Say whose it is."""
        return f"attendee {self.person_id}"


class Claim(models.Model):
    """One quarter hour of one room, workstation or person; `slot` counts them from the epoch.

    The unique constraint is what keeps anything from being booked twice, on every database and in any race.
    """

    booking = models.ForeignKey(Booking, on_delete=models.PROTECT, related_name="claims")
    resource = models.CharField(max_length=40)
    slot = models.BigIntegerField()

    class Meta:
        """A resource has one claim a quarter hour."""

        constraints: ClassVar = [models.UniqueConstraint(fields=["resource", "slot"], name="sites_claim_once")]

    def __str__(self) -> str:
        """Return what is claimed."""
        return f"{self.resource} {self.slot}"


class Arrival(models.Model):
    """A visitor whom a custodian let in, until the custodian saw them out.

    `session` is a digest of the session whose browser the workstation spoke for last, at `asserted_at`.
    """

    uid = models.CharField(max_length=UID, unique=True)
    booking = models.ForeignKey(Booking, on_delete=models.PROTECT, related_name="arrivals")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="arrivals")
    workstation = models.ForeignKey(Workstation, on_delete=models.PROTECT, null=True, related_name="+")
    identity = models.CharField(max_length=20, choices=Identity)
    devices = models.PositiveSmallIntegerField()
    receipt = models.CharField(max_length=20, blank=True)
    briefing = models.ForeignKey(SiteText, on_delete=models.PROTECT, related_name="+")
    escort = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    arrived_at = models.DateTimeField()
    received_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    session = models.CharField(max_length=64, blank=True)
    asserted_at = models.DateTimeField(null=True)
    departed_at = models.DateTimeField(null=True)
    released_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    returned = models.BooleanField(null=True)

    class Meta:
        """Nobody is in two places, nothing is used twice."""

        ordering: ClassVar = ["arrived_at", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["person"], condition=models.Q(departed_at=None), name="sites_arrival_person_once"
            ),
            models.UniqueConstraint(
                fields=["workstation"], condition=models.Q(departed_at=None), name="sites_arrival_workstation_once"
            ),
            models.UniqueConstraint(
                fields=["site", "receipt"],
                condition=models.Q(departed_at=None) & ~models.Q(receipt=""),
                name="sites_arrival_locker_once",
            ),
        ]

    def __str__(self) -> str:
        """Return the uid."""
        return self.uid
