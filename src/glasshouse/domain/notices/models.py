# SPDX-License-Identifier: Apache-2.0
"""Rows of notices. There is deliberately no text: what a notice says is put into words by its kind."""

from typing import ClassVar

from django.db import models

from glasshouse.domain.people.models import UID, Person


class Told(models.Model):
    """A clock that was told of, by its name: it is told of once."""

    clock = models.CharField(max_length=120, unique=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        """Return the clock's name."""
        return self.clock


class Notice(models.Model):
    """One person's notice of one thing."""

    uid = models.CharField(max_length=UID, unique=True)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="notices")
    kind = models.CharField(max_length=80)
    subject = models.CharField(max_length=UID)
    route = models.CharField(max_length=80)
    at = models.DateTimeField()
    seen_at = models.DateTimeField(null=True)

    class Meta:
        """An inbox is read newest first, and its unseen notices are counted on every page."""

        indexes: ClassVar = [
            models.Index(fields=["person", "-at"], name="notices_notice_inbox"),
            models.Index(fields=["person"], condition=models.Q(seen_at=None), name="notices_notice_unseen"),
        ]

    def __str__(self) -> str:
        """Return the kind."""
        return self.kind
