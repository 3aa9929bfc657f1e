# SPDX-License-Identifier: Apache-2.0
"""Tells lines that were opened from those that searches showed.

Lines that were shown before count as shown by searches: nobody is said to have read what perhaps they did not.
"""

from typing import ClassVar

from django.db import migrations, models
from django.db.migrations.operations.base import Operation


class Migration(migrations.Migration):
    """A column with a value that claims nothing."""

    dependencies: ClassVar = [("access", "0002_purposes")]

    operations: ClassVar[list[Operation]] = [
        migrations.AddField("seen", "read", models.BinaryField(max_length=1024, default=b"")),
    ]
