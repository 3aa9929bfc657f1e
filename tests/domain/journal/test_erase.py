# SPDX-License-Identifier: Apache-2.0
"""A person's seeds go together, however many pages they saw."""

import sqlite3

import pytest
from django.db import connection

from glasshouse.domain.journal import commands
from glasshouse.domain.journal.models import Seed, SeedClass
from glasshouse.kernel.ids import Uid
from tests.lab import NOW

EVENTS = 1_201


@pytest.mark.django_db(transaction=True)
def test_more_events_than_one_statement_may_name_are_erased_at_once(folders: object) -> None:
    del folders
    with commands.transaction():
        made = [commands.record("tests.shown", actor="operator:tests", at=NOW) for _ in range(EVENTS)]
    connection.ensure_connection()
    if connection.vendor == "sqlite":
        connection.connection.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, 999)
    with commands.transaction():
        commands.erase(
            [event.uid for event in made], SeedClass.PERSONAL, actor="operator:tests", approval=Uid.new(), at=NOW
        )
    left = Seed.objects.filter(event__kind="tests.shown")
    assert not left.filter(seed_class=SeedClass.PERSONAL).exists()
    assert left.filter(seed_class=SeedClass.SHARED).count() == EVENTS
