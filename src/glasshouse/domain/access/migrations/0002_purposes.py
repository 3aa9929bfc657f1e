# SPDX-License-Identifier: Apache-2.0
"""Purposes in place of the one mode, conditions, pauses, and the trail that a pause rests on.

A grant that was opened before could be read and searched; it stays so.
"""

from typing import ClassVar

from django.db import migrations, models
from django.db.migrations.operations.base import Operation


class Migration(migrations.Migration):
    """Everything is added with a value that changes nothing for grants that are open."""

    dependencies: ClassVar = [("access", "0001_initial")]

    operations: ClassVar[list[Operation]] = [
        migrations.AddField("grant", "purposes", models.CharField(max_length=40, default="read search"), False),
        migrations.RemoveField("grant", "mode"),
        migrations.AddField("grant", "sites", models.JSONField(default=list)),
        migrations.AddField("grant", "at_workstation", models.BooleanField(default=False)),
        migrations.AddField("grant", "accompanied", models.BooleanField(default=False)),
        migrations.AddField("grant", "paused_at", models.DateTimeField(null=True)),
        migrations.AddField(
            "grant",
            "pause",
            models.CharField(
                blank=True,
                choices=[
                    ("pace", "more lines in a minute than a person reads"),
                    ("sweep", "file after file from first line to last, faster than a person reads"),
                    ("round", "a very long stretch of files from first line to last"),
                ],
                default="",
                max_length=8,
            ),
        ),
        migrations.AddField("budget", "trail", models.CharField(max_length=120, blank=True, default="")),
        migrations.AddConstraint(
            "grant",
            models.CheckConstraint(
                condition=models.Q(("purposes", ""), _negated=True), name="access_grant_has_purpose"
            ),
        ),
        migrations.AddConstraint(
            "grant",
            models.CheckConstraint(
                condition=models.Q(("paused_at", None), models.Q(("pause", ""), _negated=True), _connector="XOR"),
                name="access_pause_has_reason",
            ),
        ),
    ]
