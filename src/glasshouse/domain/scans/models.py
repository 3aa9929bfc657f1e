# SPDX-License-Identifier: Apache-2.0
"""Rows of scans. No path and no message stands here; what became of each file lies sealed."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from glasshouse.domain.people.models import UID

TAG = 32


class End(models.TextChoices):
    """How a scan ended: it looked everywhere, or left something out, was stopped, or its worker died for good."""

    WHOLE = "whole", "complete"
    PARTIAL = "partial", "partial"
    STOPPED = "stopped", "stopped"
    BROKEN = "broken", "broken off"


class Phase(models.TextChoices):
    """Where one tool's run stands."""

    WAITING = "waiting", "waiting"
    RUNNING = "running", "running"
    ENDED = "ended", "ended"


class Scan(models.Model):
    """Tools over a release, as somebody asked for them. `tools` are their names; each has a `ScanRun` once it begins.

    `grant` is the visitor's under which it was asked for, empty for the vendor and the operator; `party` the
    organisation that alone sees what it brings, empty where all do who see the release. `brought` names rules of the
    party that take the place of the tool's own. Deliberately absent: who may see it, which is a grant's to say.
    """

    uid = models.CharField(max_length=UID, unique=True)
    product = models.CharField(max_length=UID)
    release = models.CharField(max_length=UID)
    party = models.CharField(max_length=UID, blank=True, default="")
    grant = models.CharField(max_length=UID, blank=True, default="")
    brought = models.CharField(max_length=UID, blank=True, default="")
    asked_by = models.CharField(max_length=80)
    tools = models.JSONField(default=list)
    job = models.CharField(max_length=UID)
    asked_at = models.DateTimeField()
    begun_at = models.DateTimeField(null=True)
    stop_asked_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    end = models.CharField(max_length=8, choices=End, blank=True, default="")

    class Meta:
        """A release is scanned once at a time for the same readers."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["release", "party"], condition=Q(ended_at=None), name="scans_scan_live"),
            models.CheckConstraint(
                condition=Q(ended_at=None, end="") | (Q(ended_at__isnull=False) & ~Q(end="")), name="scans_scan_ended"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["release", "-asked_at"], name="scans_scan_of")]

    def __str__(self) -> str:
        """Return its uid."""
        return self.uid


class ScanRun(models.Model):
    """One tool over one release. `report` is the uid of what came of it, empty until the run ended.

    `counts` says how many files there are of each outcome so far, `cached` how many of them were known from before.
    `progress` is the same for each file, sealed; it is renewed about once a second while the tool is at work.
    `built` is how many files were read with the flags of a build. `kept` is the file of the sealed record, empty until
    the run ended; `record` is a keyed digest of what went in by it, `outcomes` one of what came out.
    """

    uid = models.CharField(max_length=UID, unique=True)
    scan = models.ForeignKey(Scan, models.PROTECT, related_name="runs", null=True)
    product = models.CharField(max_length=UID)
    release = models.CharField(max_length=UID)
    tool = models.CharField(max_length=80)
    tool_version = models.CharField(max_length=120)
    tool_digest = models.BinaryField(max_length=32)
    record = models.BinaryField(max_length=32, default=bytes)
    outcomes = models.BinaryField(max_length=32, default=bytes)
    kept = models.CharField(max_length=80, blank=True, default="")
    report = models.CharField(max_length=UID, blank=True, default="")
    phase = models.CharField(max_length=8, choices=Phase, default=Phase.RUNNING)
    counts = models.JSONField(default=dict)
    progress = models.BinaryField(default=bytes)
    files = models.PositiveIntegerField()
    cached = models.PositiveIntegerField()
    built = models.PositiveIntegerField(default=0)
    seconds = models.FloatField(default=0)
    begun_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        """Looked up by release; a scan runs a tool once, however often it is gone on with."""

        constraints: ClassVar = [models.UniqueConstraint(fields=["scan", "tool"], name="scans_run_once")]
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


class ToolSeen(models.Model):
    """A tool as it was last found where scans run: pages say it without looking at hundreds of megabytes."""

    tool = models.CharField(max_length=80, unique=True)
    state = models.CharField(max_length=10)
    version = models.CharField(max_length=120, blank=True, default="")
    digest = models.BinaryField(max_length=32, default=bytes)
    hint = models.CharField(max_length=500, blank=True, default="")
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        """Return the tool."""
        return self.tool
