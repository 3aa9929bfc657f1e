# SPDX-License-Identifier: Apache-2.0
"""Rows of engagements."""

from typing import ClassVar

from django.db import models

from glasshouse.domain.people.models import UID, Organisation


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
