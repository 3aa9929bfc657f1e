# SPDX-License-Identifier: Apache-2.0
"""Rows of what was brought. Its text is not here, nor in the open anywhere: it lies in a pack under its party's key."""

from typing import ClassVar

from django.db import models

from glasshouse.domain.admissions.licences import MAX
from glasshouse.domain.admissions.values import KEPT, Kind, State, Trial
from glasshouse.domain.engagements.models import Engagement
from glasshouse.domain.people.models import UID, Organisation, Person


class Brought(models.Model):
    """A rule pack or a tool that an organisation brought in an engagement, by digest.

    `name` and `said` are sealed for the organisation alone, `purpose` and `reason` for both parties of the engagement.
    `facts` is what the trial told of it; for rules, counts and names of a closed list. `pack` is empty once the content
    was removed.
    """

    uid = models.CharField(max_length=UID, unique=True)
    engagement = models.ForeignKey(Engagement, on_delete=models.PROTECT, related_name="brought")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    brought_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    brought_at = models.DateTimeField()
    due_at = models.DateTimeField()
    kind = models.CharField(max_length=10, choices=Kind)
    digest = models.BinaryField(max_length=32)
    size = models.PositiveBigIntegerField()
    licence = models.CharField(max_length=MAX)
    is_licence_waived = models.BooleanField(default=False)
    name = models.BinaryField()
    purpose = models.BinaryField()
    pack = models.CharField(max_length=80, blank=True)
    trial = models.CharField(max_length=8, choices=Trial, default=Trial.PENDING)
    facts = models.JSONField(default=dict)
    said = models.BinaryField(default=b"")
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    settled_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    settled_at = models.DateTimeField(null=True)
    reason = models.BinaryField(default=b"")

    class Meta:
        """The same bytes are kept once an engagement; what waits has no time of an end; only what was tried is in."""

        indexes: ClassVar = [models.Index(fields=["state", "due_at"], name="admissions_waiting")]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["engagement", "digest"], condition=models.Q(state__in=KEPT), name="admissions_kept_once"
            ),
            models.CheckConstraint(
                condition=models.Q(settled_at=None) ^ ~models.Q(state=State.WAITING), name="admissions_settled_has_time"
            ),
            models.CheckConstraint(
                condition=~models.Q(state=State.ADMITTED) | models.Q(trial=Trial.PASSED),
                name="admissions_admitted_was_tried",
            ),
        ]

    def __str__(self) -> str:
        """Return the uid."""
        return self.uid
