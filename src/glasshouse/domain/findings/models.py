# SPDX-License-Identifier: Apache-2.0
"""Rows of findings. No person stands here: who raised one is in the journal, for their own side."""

from typing import ClassVar

from django.db import models

from glasshouse.domain.detections.models import Detection
from glasshouse.domain.findings.values import Severity, State
from glasshouse.domain.people.models import UID


class Finding(models.Model):
    """Something found. `title` is sealed under the engagement's key; `fixed_in` is the release of a claimed fix."""

    uid = models.CharField(max_length=UID, unique=True)
    engagement = models.CharField(max_length=UID)
    number = models.PositiveIntegerField()
    product = models.CharField(max_length=UID)
    title = models.BinaryField()
    severity = models.CharField(max_length=8, choices=Severity)
    state = models.CharField(max_length=9, choices=State, default=State.RAISED)
    thread = models.CharField(max_length=UID, unique=True)
    fixed_in = models.CharField(max_length=UID, blank=True)
    raised_at = models.DateTimeField()
    moved_at = models.DateTimeField()

    class Meta:
        """Findings are numbered in their engagement; a fix that is claimed or verified names its release."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["engagement", "number"], name="findings_number_once"),
            models.CheckConstraint(
                condition=~models.Q(state__in=[State.FIXED, State.VERIFIED]) | ~models.Q(fixed_in=""),
                name="findings_fix_names_release",
            ),
        ]

    def __str__(self) -> str:
        """Return the number."""
        return f"F-{self.number}"


class FindingPlace(models.Model):
    """Lines of content that a finding is about. `blob` is the opaque id of the content; its path and digest are sealed.

    Releases that hold the same content share the id, so what a new release leaves standing is told without a path.
    """

    finding = models.ForeignKey(Finding, on_delete=models.PROTECT, related_name="places")
    release = models.CharField(max_length=UID)
    blob = models.BinaryField(max_length=16)
    first = models.BigIntegerField()
    last = models.BigIntegerField()
    sealed = models.BinaryField()

    class Meta:
        """A place is looked up by content."""

        indexes: ClassVar = [models.Index(fields=["blob"], name="findings_place_blob")]

    def __str__(self) -> str:
        """Return the lines."""
        return f"{self.first}-{self.last}"


class FindingDetection(models.Model):
    """A detection of a tool that a finding was raised from: what the vendor answers to the one it answers to both."""

    finding = models.ForeignKey(Finding, on_delete=models.PROTECT, related_name="detections")
    detection = models.ForeignKey(Detection, on_delete=models.PROTECT, related_name="findings")

    class Meta:
        """A finding rests on a detection once."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["finding", "detection"], name="findings_detection_once")
        ]

    def __str__(self) -> str:
        """Return the detection's row."""
        return str(self.detection_id)
