# SPDX-License-Identifier: Apache-2.0
"""Rows of triage: only ever added. Triggers (migration 0002) refuse to change or remove a verdict.

There is no `state` of a detection: it is worked out of its verdicts each time. A verdict's own is in `told`, sealed.
"""

from typing import ClassVar

from django.db import models

from glasshouse.domain.detections.models import Detection, ToolRule
from glasshouse.domain.people.models import UID, Person
from glasshouse.domain.triage.values import Origin, Side


class Verdict(models.Model):
    """One person's word, on one detection or many at once.

    `told` and `reason` rest under the key of `sealed_for`: the organisation that spoke, or the engagement where both
    its parties read it. `release` is the one that was looked at.
    """

    uid = models.CharField(max_length=UID, unique=True)
    product = models.CharField(max_length=UID)
    release = models.CharField(max_length=UID)
    side = models.CharField(max_length=8, choices=Side)
    organisation = models.CharField(max_length=UID)
    engagement = models.CharField(max_length=UID, blank=True, default="")
    is_shared = models.BooleanField()
    sealed_for = models.CharField(max_length=UID)
    author = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    origin = models.CharField(max_length=11, choices=Origin)
    told = models.BinaryField()
    at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)

    class Meta:
        """Found by product, and by the time they end; a visitor's verdict names its engagement."""

        indexes: ClassVar = [
            models.Index(fields=["product", "side"], name="triage_verdict_of"),
            models.Index(fields=["expires_at"], name="triage_verdict_ends"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~models.Q(side="visitor") ^ ~models.Q(engagement=""), name="triage_visitor_in_engagement"
            ),
        ]

    def __str__(self) -> str:
        """Return the uid."""
        return self.uid


class Reason(models.Model):
    """Why a verdict was given: the words of a person, and the one row here that their erasure removes."""

    verdict = models.OneToOneField(Verdict, on_delete=models.PROTECT, related_name="reason")
    sealed = models.BinaryField()

    def __str__(self) -> str:
        """Return whose it is."""
        return f"reason of {self.verdict_id}"


class VerdictOn(models.Model):
    """What a verdict is on: one detection, or a rule's detections under a path pattern, which is sealed."""

    uid = models.CharField(max_length=UID, unique=True)
    verdict = models.ForeignKey(Verdict, on_delete=models.PROTECT, related_name="on")
    detection = models.ForeignKey(Detection, on_delete=models.PROTECT, null=True, related_name="verdicts")
    rule = models.ForeignKey(ToolRule, on_delete=models.PROTECT, null=True, related_name="verdicts")
    pattern = models.BinaryField(default=bytes)

    class Meta:
        """One of the two."""

        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(detection=None) ^ models.Q(rule=None), name="triage_on_detection_or_rule"
            ),
        ]

    def __str__(self) -> str:
        """Return the uid."""
        return self.uid


class Link(models.Model):
    """A side's word that two detections are of the same thing, or are not, whatever their lines say."""

    uid = models.CharField(max_length=UID, unique=True)
    product = models.CharField(max_length=UID)
    side = models.CharField(max_length=8, choices=Side)
    organisation = models.CharField(max_length=UID)
    author = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    left = models.ForeignKey(Detection, on_delete=models.PROTECT, related_name="+")
    right = models.ForeignKey(Detection, on_delete=models.PROTECT, related_name="+")
    is_linked = models.BooleanField()
    at = models.DateTimeField()

    class Meta:
        """A pair is written in one order; found by product."""

        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(left__lt=models.F("right")), name="triage_link_in_order"),
        ]
        indexes: ClassVar = [models.Index(fields=["product"], name="triage_link_of")]

    def __str__(self) -> str:
        """Return the uid."""
        return self.uid


class LinkReason(models.Model):
    """Why two detections were linked or parted: words of a person, which their erasure removes."""

    link = models.OneToOneField(Link, on_delete=models.PROTECT, related_name="reason")
    sealed = models.BinaryField()

    def __str__(self) -> str:
        """Return whose it is."""
        return f"reason of {self.link_id}"
