# SPDX-License-Identifier: Apache-2.0
"""The database itself refuses to change what was said. A reason may go, with its author's erasure, and never change."""

from django.db import migrations

# (table, operations that are refused)
REFUSED = {
    "triage_verdict": ("UPDATE", "DELETE"),
    "triage_verdicton": ("UPDATE", "DELETE"),
    "triage_reason": ("UPDATE",),
    "triage_link": ("UPDATE", "DELETE"),
}


def add(apps, editor):
    is_postgresql = editor.connection.vendor == "postgresql"
    if is_postgresql:
        editor.execute(
            "CREATE FUNCTION triage_refuse() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'a verdict is never changed'; END $$"
        )
    for table, operations in REFUSED.items():
        for operation in operations:
            name = f"{table}_no_{operation.lower()}"
            if is_postgresql:
                editor.execute(
                    f"CREATE TRIGGER {name} BEFORE {operation} ON {table} "
                    "FOR EACH ROW EXECUTE FUNCTION triage_refuse()"
                )
            else:
                editor.execute(
                    f"CREATE TRIGGER {name} BEFORE {operation} ON {table} "
                    "BEGIN SELECT RAISE(ABORT, 'a verdict is never changed'); END"
                )
        if is_postgresql:
            editor.execute(
                f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION triage_refuse()"
            )


def remove(apps, editor):
    is_postgresql = editor.connection.vendor == "postgresql"
    for table, operations in REFUSED.items():
        for operation in (*operations, *(("TRUNCATE",) if is_postgresql else ())):
            name = f"{table}_no_{operation.lower()}"
            editor.execute(f"DROP TRIGGER {name} ON {table}" if is_postgresql else f"DROP TRIGGER {name}")
    if is_postgresql:
        editor.execute("DROP FUNCTION triage_refuse()")


class Migration(migrations.Migration):
    dependencies = [("triage", "0001_initial")]
    operations = [migrations.RunPython(add, remove)]
