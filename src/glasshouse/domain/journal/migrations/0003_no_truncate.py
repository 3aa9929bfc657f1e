# SPDX-License-Identifier: Apache-2.0
"""PostgreSQL can empty a table without touching a row; the journal refuses that too."""

from django.db import migrations

TABLES = ("journal_event", "journal_leaf", "journal_checkpoint", "journal_seed", "journal_outbox")


def add(apps, editor):
    if editor.connection.vendor == "postgresql":
        for table in TABLES:
            editor.execute(
                f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION journal_refuse()"
            )


def remove(apps, editor):
    if editor.connection.vendor == "postgresql":
        for table in TABLES:
            editor.execute(f"DROP TRIGGER {table}_no_truncate ON {table}")


class Migration(migrations.Migration):
    dependencies = [("journal", "0002_triggers")]
    operations = [migrations.RunPython(add, remove)]
