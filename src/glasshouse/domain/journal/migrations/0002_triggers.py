# SPDX-License-Identifier: Apache-2.0
"""The database itself refuses to change what is journalled. Seeds may go, and never change."""

from django.db import migrations

# (table, operations that are refused)
REFUSED = {
    "journal_event": ("UPDATE", "DELETE"),
    "journal_leaf": ("UPDATE", "DELETE"),
    "journal_checkpoint": ("UPDATE", "DELETE"),
    "journal_seed": ("UPDATE",),
    "journal_outbox": ("UPDATE",),
}


def add(apps, editor):
    vendor = editor.connection.vendor
    if vendor == "postgresql":
        editor.execute(
            "CREATE FUNCTION journal_refuse() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'the journal is never changed'; END $$"
        )
    for table, operations in REFUSED.items():
        for operation in operations:
            name = f"{table}_no_{operation.lower()}"
            if vendor == "postgresql":
                editor.execute(
                    f"CREATE TRIGGER {name} BEFORE {operation} ON {table} "
                    "FOR EACH ROW EXECUTE FUNCTION journal_refuse()"
                )
            else:
                editor.execute(
                    f"CREATE TRIGGER {name} BEFORE {operation} ON {table} "
                    "BEGIN SELECT RAISE(ABORT, 'the journal is never changed'); END"
                )


def remove(apps, editor):
    is_postgresql = editor.connection.vendor == "postgresql"
    for table, operations in REFUSED.items():
        for operation in operations:
            name = f"{table}_no_{operation.lower()}"
            editor.execute(f"DROP TRIGGER {name} ON {table}" if is_postgresql else f"DROP TRIGGER {name}")
    if is_postgresql:
        editor.execute("DROP FUNCTION journal_refuse()")


class Migration(migrations.Migration):
    dependencies = [("journal", "0001_initial")]
    operations = [migrations.RunPython(add, remove)]
