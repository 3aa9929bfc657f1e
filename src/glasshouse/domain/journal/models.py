# SPDX-License-Identifier: Apache-2.0
"""Rows of the journal. Triggers (migration 0002) refuse to change an event or a leaf."""

from typing import ClassVar

from django.db import models

from glasshouse.domain.journal.values import Audience


class SeedClass(models.TextChoices):
    """Who may open a field, and whose wish can erase it."""

    SHARED = "s", "shared"
    VISITOR = "v", "visitor"
    PERSONAL = "p", "personal"


class Event(models.Model):
    """One thing that happened, as it was committed.

    The columns kind, actor, at, subject, engagement, number and previous are copies of the fields `head`,
    `actor` and `chain`; the audit recomputes the commitment from them. All other values rest sealed in `boxes`.
    There is no `modified` column: nothing here is.
    """

    uid = models.CharField(max_length=26, unique=True)
    kind = models.CharField(max_length=80)
    actor = models.CharField(max_length=64)
    at = models.DateTimeField()
    subject = models.CharField(max_length=26, blank=True)
    product = models.CharField(max_length=26, blank=True)
    engagement = models.CharField(max_length=26, null=True)  # noqa: DJ001 -- null keeps (engagement, number) unique
    number = models.BigIntegerField(null=True)
    previous = models.BinaryField(max_length=32, null=True)
    names = models.TextField()
    commitments = models.BinaryField()
    boxes = models.BinaryField()
    commitment = models.BinaryField(max_length=32, unique=True)

    class Meta:
        """An engagement's numbers are given once."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["engagement", "number"], name="journal_event_number_once"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["kind", "at"], name="journal_event_kind"),
            models.Index(fields=["subject"], name="journal_event_subject"),
        ]

    def __str__(self) -> str:
        """Return the event's kind and uid."""
        return f"{self.kind} {self.uid}"


class Seed(models.Model):
    """The secret of one class of one event's fields: the only rows here that may be lost."""

    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="seeds")
    seed_class = models.CharField(max_length=1, choices=SeedClass)
    value = models.BinaryField(max_length=32)

    class Meta:
        """One seed a class."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["event", "seed_class"], name="journal_seed_once"),
        ]

    def __str__(self) -> str:
        """Name the class, never the value."""
        return f"{self.seed_class} seed of event {self.event_id}"


class Chain(models.Model):
    """The head of one engagement's chain of events."""

    engagement = models.CharField(max_length=26, unique=True)
    number = models.BigIntegerField(default=0)
    head = models.BinaryField(max_length=32)
    at = models.DateTimeField()

    def __str__(self) -> str:
        """Return the engagement and its last number."""
        return f"{self.engagement} #{self.number}"


class Outbox(models.Model):
    """An event that one follower has not dealt with yet."""

    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="outbox")
    follower = models.CharField(max_length=40)

    class Meta:
        """A follower hears of an event once; the index also finds the oldest row of a follower."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["follower", "event"], name="journal_outbox_once"),
        ]

    def __str__(self) -> str:
        """Return who has to hear of what."""
        return f"{self.follower}: event {self.event_id}"


class Leaf(models.Model):
    """An event's place in the log. Indexes have no gaps and are never given twice."""

    leaf_index = models.BigIntegerField(primary_key=True)
    event = models.OneToOneField(Event, on_delete=models.PROTECT, related_name="leaf")
    commitment = models.BinaryField(max_length=32)

    def __str__(self) -> str:
        """Return the leaf's index."""
        return f"leaf {self.leaf_index}"


class Checkpoint(models.Model):
    """A signed tree head that left the lab. The continuous ones live in the ledger's folder."""

    size = models.BigIntegerField()
    root = models.BinaryField(max_length=32)
    note = models.TextField()
    audience = models.CharField(max_length=8, choices=Audience)
    at = models.DateTimeField()

    class Meta:
        """Newest first, per audience."""

        indexes: ClassVar = [models.Index(fields=["audience", "-at"], name="journal_checkpoint_newest")]

    def __str__(self) -> str:
        """Return audience and size."""
        return f"{self.audience} checkpoint {self.size}"
