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


class PostingState(models.TextChoices):
    """What came of a notice that was to be told by mail. Refused is by the server, dropped with its person."""

    WAITING = "waiting", "waits"
    SENT = "sent", "sent"
    REFUSED = "refused", "refused"
    GIVEN_UP = "given-up", "given up"
    DROPPED = "dropped", "dropped"


class Posting(models.Model):
    """A notice in the outbox. `lease` names who delivers it until `leased_until`; `answer` is the server's last.

    Deliberately absent: address and text. Both are made when the letter is written, and kept nowhere.
    """

    notice = models.OneToOneField(Notice, on_delete=models.PROTECT, related_name="posting")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="postings")
    state = models.CharField(max_length=8, choices=PostingState, default=PostingState.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField()
    lease = models.CharField(max_length=UID, blank=True, default="")
    leased_until = models.DateTimeField(null=True)
    answer = models.PositiveSmallIntegerField(default=0)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        """Whose turn it is comes first; a lease is looked up by its name."""

        indexes: ClassVar = [
            models.Index(fields=["state", "not_before"], name="notices_posting_due"),
            models.Index(fields=["lease"], name="notices_posting_lease"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(ended_at=None) ^ ~models.Q(state=PostingState.WAITING),
                name="notices_posting_ended_has_time",
            ),
        ]

    def __str__(self) -> str:
        """Return the state."""
        return self.state


class Silence(models.Model):
    """Somebody's word that they want no mail, but of what a clock runs on."""

    person = models.OneToOneField(Person, on_delete=models.PROTECT, related_name="silence")
    since = models.DateTimeField()

    def __str__(self) -> str:
        """Say whose it is."""
        return f"silence of {self.person_id}"
