# SPDX-License-Identifier: Apache-2.0
"""Rows of jobs."""

from typing import ClassVar

from django.db import models


class State(models.TextChoices):
    """Where a job stands."""

    WAITING = "waiting", "waiting"
    RUNNING = "running", "running"
    DONE = "done", "done"
    FAILED = "failed", "failed"


class Job(models.Model):
    """A piece of asked-for work."""

    uid = models.CharField(max_length=26, unique=True)
    kind = models.CharField(max_length=80)
    arguments = models.JSONField(default=dict)
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    asked_at = models.DateTimeField()
    not_before = models.DateTimeField()
    leased_until = models.DateTimeField(null=True)
    token = models.BigIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    attempts_limit = models.PositiveSmallIntegerField(default=3)
    done_units = models.BigIntegerField(default=0)
    all_units = models.BigIntegerField(default=0)
    message = models.CharField(max_length=500, blank=True, default="")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        """Workers look for the oldest job that is due."""

        indexes: ClassVar = [
            models.Index(fields=["state", "not_before"], name="jobs_job_due"),
            models.Index(fields=["kind", "-ended_at"], name="jobs_job_newest"),
        ]

    def __str__(self) -> str:
        """Return kind and state."""
        return f"{self.kind}, {self.state}"
