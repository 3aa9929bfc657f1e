# SPDX-License-Identifier: Apache-2.0
"""Rows of detections. No path, no message and no hash of a line stands here: they lie sealed in a report's pack."""

from typing import ClassVar

from django.db import models

from glasshouse.domain.people.models import UID
from glasshouse.engines.formats.sarif import Severity
from glasshouse.engines.identity import DetectionState

STATES = [(one.value, one.value) for one in DetectionState]
SEVERITIES = [(one.value, one.value) for one in Severity]
OPAQUE = 16
TOOL = 120


class Report(models.Model):
    """What one tool said of one release. Nobody sees it until it is `taken_at`; its rows are written before, in parts.

    `digest` is of the file as it came, `number` that of the run in it. `party` is the organisation that alone sees it.
    """

    uid = models.CharField(max_length=UID, unique=True)
    product = models.CharField(max_length=UID)
    release = models.CharField(max_length=UID)
    party = models.CharField(max_length=UID, blank=True, default="")
    tool = models.CharField(max_length=TOOL)
    version = models.CharField(max_length=TOOL, blank=True)
    digest = models.BinaryField(max_length=32)
    number = models.PositiveIntegerField()
    scheme = models.PositiveSmallIntegerField()
    is_complete = models.BooleanField()
    base = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+")
    pack = models.CharField(max_length=80)
    counts = models.JSONField(default=dict)
    asked_at = models.DateTimeField()
    taken_at = models.DateTimeField(null=True)

    class Meta:
        """Looked up by release, and by product and tool."""

        indexes: ClassVar = [models.Index(fields=["product", "tool", "release"], name="detections_report_of")]

    def __str__(self) -> str:
        """Return the tool."""
        return self.tool


class ToolRule(models.Model):
    """A rule of a tool. Its name and text are sealed, for a visitor's rules are the visitor's; `tag` stands for it."""

    product = models.CharField(max_length=UID)
    party = models.CharField(max_length=UID, blank=True, default="")
    tag = models.BinaryField(max_length=OPAQUE)
    sealed = models.BinaryField()

    class Meta:
        """A rule is there once."""

        constraints: ClassVar = [models.UniqueConstraint(fields=["product", "party", "tag"], name="detections_rule")]

    def __str__(self) -> str:
        """Return the row's number."""
        return str(self.pk)


class CodePath(models.Model):
    """An opaque path, by a number that rows of standings repeat."""

    product = models.CharField(max_length=UID)
    tag = models.BinaryField(max_length=OPAQUE)

    class Meta:
        """A path is there once."""

        constraints: ClassVar = [models.UniqueConstraint(fields=["product", "tag"], name="detections_path")]

    def __str__(self) -> str:
        """Return the row's number."""
        return str(self.pk)


class Detection(models.Model):
    """One thing that a tool found, in whatever reports; `first` is the one in which it was new."""

    uid = models.CharField(max_length=UID, unique=True)
    first = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        """Return the uid."""
        return self.uid


class Standing(models.Model):
    """Where a detection stands as of a report. `known` is the state before it became unknown.

    `number` is its place in the report's pack. `seen_in` and `seen_number` are where its details lie: in this report,
    or in the last one that saw it. `blob` is the opaque id of the content, empty where the release has no such file.
    """

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="standings")
    number = models.PositiveIntegerField()
    detection = models.ForeignKey(Detection, on_delete=models.PROTECT, related_name="standings", db_index=False)
    state = models.CharField(max_length=9, choices=STATES)
    known = models.CharField(max_length=9, choices=STATES)
    seen_in = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="+", db_index=False)
    seen_number = models.PositiveIntegerField()
    rule = models.ForeignKey(ToolRule, on_delete=models.PROTECT, related_name="+", db_index=False)
    path = models.ForeignKey(CodePath, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    severity = models.CharField(max_length=8, choices=SEVERITIES)
    blob = models.BinaryField(max_length=OPAQUE)
    first_line = models.PositiveIntegerField()
    last_line = models.PositiveIntegerField()
    is_suppressed = models.BooleanField()

    class Meta:
        """A detection stands once in a report; counts by rule under some paths are answered by an index alone."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["report", "number"], name="detections_standing_number"),
            models.UniqueConstraint(fields=["detection", "report"], name="detections_standing_once"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["report", "rule", "path", "state", "severity", "is_suppressed"],
                name="detections_standing_count",
            ),
            models.Index(fields=["report", "path", "first_line"], name="detections_standing_place"),
        ]

    def __str__(self) -> str:
        """Return the state."""
        return self.state
