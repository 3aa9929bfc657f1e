# SPDX-License-Identifier: Apache-2.0
"""Rows of the reading room. What was shown is not here: it is in the journal, once."""

from typing import ClassVar

from django.db import models

from glasshouse.domain.access.models import Grant
from glasshouse.domain.people.models import UID, Organisation, Person


class Engagement(models.Model):
    """One organisation that looks at one product. Requests, terms and closure come with their commands."""

    uid = models.CharField(max_length=UID, unique=True)
    label = models.CharField(max_length=20, unique=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="engagements")
    product = models.CharField(max_length=UID)
    opened_at = models.DateTimeField()

    class Meta:
        """An organisation has one engagement a product, until engagements can be closed."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "product"], name="readingroom_engagement_once"),
        ]

    def __str__(self) -> str:
        """Return the label."""
        return self.label


class Visit(models.Model):
    """One person's stay in an engagement. `first` and `last` are the chain's numbers it spans."""

    uid = models.CharField(max_length=UID, unique=True)
    engagement = models.ForeignKey(Engagement, on_delete=models.PROTECT, related_name="visits")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="visits")
    number = models.PositiveIntegerField()
    opened_at = models.DateTimeField()
    first = models.BigIntegerField()
    closed_at = models.DateTimeField(null=True)
    last = models.BigIntegerField(null=True)
    close = models.JSONField(null=True)

    class Meta:
        """A person has one open visit an engagement; visits are numbered."""

        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["engagement", "person"],
                condition=models.Q(closed_at=None),
                name="readingroom_visit_open_once",
            ),
            models.UniqueConstraint(fields=["engagement", "number"], name="readingroom_visit_number_once"),
        ]

    def __str__(self) -> str:
        """Return the visit's number."""
        return f"visit {self.number}"


class SavedSearch(models.Model):
    """A recorded search that is run again on each newer release that its holder may read.

    What is looked for is not here: `search` names the entry that holds it and `named` the one that holds the label,
    both sealed for the visitor. `base` is the newest release that was searched.
    """

    uid = models.CharField(max_length=UID, unique=True)
    grant = models.ForeignKey(Grant, on_delete=models.PROTECT, related_name="+")
    search = models.CharField(max_length=UID)
    named = models.CharField(max_length=UID)
    base = models.CharField(max_length=UID)
    saved_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        """Return the uid."""
        return self.uid


class SavedRun(models.Model):
    """What a saved search found new in a release, beside the release before: counts, and where, sealed.

    `grant` is the one that names the release: the saved search's own, or a later one of the same engagement.
    `unsearched` counts new files in scope that were not looked at.
    """

    uid = models.CharField(max_length=UID, unique=True)
    saved = models.ForeignKey(SavedSearch, on_delete=models.PROTECT, related_name="runs")
    grant = models.CharField(max_length=UID)
    release = models.CharField(max_length=UID)
    before = models.CharField(max_length=UID)
    ran_at = models.DateTimeField()
    opened_at = models.DateTimeField(null=True)
    lines = models.BigIntegerField()
    files = models.BigIntegerField()
    is_exact = models.BooleanField()
    unsearched = models.BigIntegerField()
    places = models.BinaryField()

    class Meta:
        """A saved search runs once on a release under a grant."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["saved", "release", "grant"], name="readingroom_saved_run_once"),
        ]

    def __str__(self) -> str:
        """Return the uid."""
        return self.uid
