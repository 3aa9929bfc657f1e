# SPDX-License-Identifier: Apache-2.0
"""Rows of threads. No word of anybody stands here in the open, and no path: both are sealed."""

from typing import ClassVar

from django.db import models

from glasshouse.domain.people.models import UID, Person
from glasshouse.domain.threads.values import AboutKind, State


class Thread(models.Model):
    """A question and what followed. `turn` counts how often the clock was started; `due_at` is of the present turn."""

    uid = models.CharField(max_length=UID, unique=True)
    engagement = models.CharField(max_length=UID)
    product = models.CharField(max_length=UID)
    about_kind = models.CharField(max_length=10, choices=AboutKind)
    about = models.CharField(max_length=UID)
    place = models.BinaryField()
    opened_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    hours = models.PositiveIntegerField()
    turn = models.PositiveIntegerField(default=1)
    due_at = models.DateTimeField()
    escalated_at = models.DateTimeField(null=True)
    moved_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        """A thread is found by its engagement or by what it is about; a closed one says when."""

        indexes: ClassVar = [
            models.Index(fields=["engagement", "state"], name="threads_thread_of"),
            models.Index(fields=["about"], name="threads_thread_about"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(closed_at=None) ^ models.Q(state=State.CLOSED), name="threads_closed_has_time"
            ),
        ]

    def __str__(self) -> str:
        """Return the uid."""
        return self.uid


class Message(models.Model):
    """One word of one side, sealed under the engagement's key and bound to its own uid."""

    uid = models.CharField(max_length=UID, unique=True)
    thread = models.ForeignKey(Thread, on_delete=models.PROTECT, related_name="messages")
    author = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    is_vendor = models.BooleanField()
    words = models.BinaryField()
    at = models.DateTimeField()

    def __str__(self) -> str:
        """Return the uid."""
        return self.uid
