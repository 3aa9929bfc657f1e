# SPDX-License-Identifier: Apache-2.0
"""The reason of a link rests in a row of its own, which its author's erasure removes and nothing changes."""

import django.db.models.deletion
from django.db import migrations, models

# Of triage_link again: SQLite makes a table anew to drop a column, and its triggers go with the old one.
REFUSED = {"triage_link": ("UPDATE", "DELETE"), "triage_linkreason": ("UPDATE",)}


def add(apps, editor):
    is_postgresql = editor.connection.vendor == "postgresql"
    for table, operations in REFUSED.items():
        for operation in operations:
            name = f"{table}_no_{operation.lower()}"
            if is_postgresql:
                editor.execute(f"DROP TRIGGER IF EXISTS {name} ON {table}")
                editor.execute(
                    f"CREATE TRIGGER {name} BEFORE {operation} ON {table} "
                    "FOR EACH ROW EXECUTE FUNCTION triage_refuse()"
                )
            else:
                editor.execute(f"DROP TRIGGER IF EXISTS {name}")
                editor.execute(
                    f"CREATE TRIGGER {name} BEFORE {operation} ON {table} "
                    "BEGIN SELECT RAISE(ABORT, 'a verdict is never changed'); END"
                )
    if is_postgresql:
        editor.execute(
            "CREATE TRIGGER triage_linkreason_no_truncate BEFORE TRUNCATE ON triage_linkreason "
            "FOR EACH STATEMENT EXECUTE FUNCTION triage_refuse()"
        )


def remove(apps, editor):
    if editor.connection.vendor == "postgresql":
        editor.execute("DROP TRIGGER triage_linkreason_no_truncate ON triage_linkreason")
        editor.execute("DROP TRIGGER triage_linkreason_no_update ON triage_linkreason")
    else:
        editor.execute("DROP TRIGGER triage_linkreason_no_update")


class Migration(migrations.Migration):
    dependencies = [("triage", "0002_triggers")]
    operations = [
        migrations.RemoveField(model_name="link", name="reason"),
        migrations.CreateModel(
            name="LinkReason",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sealed", models.BinaryField()),
                (
                    "link",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="reason", to="triage.link"
                    ),
                ),
            ],
        ),
        migrations.RunPython(add, remove),
    ]
