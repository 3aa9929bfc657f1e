# SPDX-License-Identifier: Apache-2.0
"""Rows of the reading room. What was shown is not here: it is in the journal, once."""

from typing import ClassVar

from django.db import models

from glasshouse.domain.access.models import Grant
from glasshouse.domain.engagements.models import Engagement
from glasshouse.domain.people.models import UID, Person


class Visit(models.Model):
    """One person's stay in an engagement. `first` and `last` are the chain's numbers it spans.

    `text_at` is when its visitor asked for text where products are shown in pictures; why is in the journal alone.
    """

    uid = models.CharField(max_length=UID, unique=True)
    engagement = models.ForeignKey(Engagement, on_delete=models.PROTECT, related_name="visits")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="visits")
    number = models.PositiveIntegerField()
    opened_at = models.DateTimeField()
    first = models.BigIntegerField()
    closed_at = models.DateTimeField(null=True)
    last = models.BigIntegerField(null=True)
    close = models.JSONField(null=True)
    text_at = models.DateTimeField(null=True)

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


class Note(models.Model):
    """What a visitor wrote of what they were shown. Who wrote in which engagement is all that stands in the open.

    `words` are sealed to the visitor's organisation. `place` is sealed to it as well, around a seal of the product's,
    because paths derive from source: neither the organisation's key nor the product's opens it alone. A note that was
    removed keeps its row and nothing of its content.
    """

    uid = models.CharField(max_length=UID, unique=True)
    engagement = models.ForeignKey(Engagement, on_delete=models.PROTECT, related_name="notes")
    author = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    words = models.BinaryField()
    place = models.BinaryField()
    is_shared = models.BooleanField(default=False)
    written_at = models.DateTimeField()
    changed_at = models.DateTimeField(null=True)
    removed_at = models.DateTimeField(null=True)

    class Meta:
        """Notes are listed by engagement, newest first; a removed one holds nothing."""

        indexes: ClassVar = [models.Index(fields=["engagement", "author"], name="readingroom_note_of")]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(removed_at=None) | models.Q(words=b"", place=b"", is_shared=False),
                name="readingroom_removed_note_is_empty",
            ),
        ]

    def __str__(self) -> str:
        """Return the uid."""
        return self.uid


class Mark(models.Model):
    """Somebody's word that they have read lines of a file. Which lines is not here: its reliance says so, sealed."""

    uid = models.CharField(max_length=UID, unique=True)
    engagement = models.ForeignKey(Engagement, on_delete=models.PROTECT, related_name="marks")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        """Listed by engagement and person: they are seen by nobody else."""

        indexes: ClassVar = [models.Index(fields=["engagement", "person"], name="readingroom_mark_of")]

    def __str__(self) -> str:
        """Return the uid."""
        return self.uid
