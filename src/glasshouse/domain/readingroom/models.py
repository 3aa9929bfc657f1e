# SPDX-License-Identifier: Apache-2.0
"""Rows of the reading room. What was shown is not here: it is in the journal, once."""

from typing import ClassVar

from django.db import models

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
