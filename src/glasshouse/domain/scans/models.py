# SPDX-License-Identifier: Apache-2.0
"""Rows of scans. No path and no message stands here; what became of each file lies sealed in the run's record."""

from typing import ClassVar

from django.db import models

from glasshouse.domain.people.models import UID

TAG = 32


class ScanRun(models.Model):
    """One tool over one release. `report` is the uid of what came of it, empty until the run ended.

    `counts` says how many files there are of each outcome, `cached` how many of them were known from before.
    """

    uid = models.CharField(max_length=UID, unique=True)
    product = models.CharField(max_length=UID)
    release = models.CharField(max_length=UID)
    tool = models.CharField(max_length=80)
    tool_version = models.CharField(max_length=120)
    tool_digest = models.BinaryField(max_length=32)
    record = models.BinaryField(max_length=32)
    report = models.CharField(max_length=UID, blank=True, default="")
    counts = models.JSONField(default=dict)
    files = models.PositiveIntegerField()
    cached = models.PositiveIntegerField()
    seconds = models.FloatField(default=0)
    begun_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        """Looked up by release."""

        indexes: ClassVar = [models.Index(fields=["release", "tool"], name="scans_run_of")]

    def __str__(self) -> str:
        """Return the tool."""
        return self.tool


class FileResult(models.Model):
    """What a tool said of one file, by all that it depends on; the block of a sealed pack holds it.

    `key` is a keyed hash over the tool's digest, our reading of it, and path and content of the file and its headers.
    """

    product = models.CharField(max_length=UID)
    key = models.BinaryField(max_length=TAG)
    pack = models.CharField(max_length=80)
    block = models.PositiveIntegerField()

    class Meta:
        """The same is never worked out twice."""

        constraints: ClassVar = [models.UniqueConstraint(fields=["product", "key"], name="scans_result_once")]
        indexes: ClassVar = [models.Index(fields=["product", "pack"], name="scans_result_pack")]

    def __str__(self) -> str:
        """Return where it lies."""
        return f"{self.pack}:{self.block}"
