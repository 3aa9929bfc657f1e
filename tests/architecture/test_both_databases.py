# SPDX-License-Identifier: Apache-2.0
"""The tests' own promise: both databases, each as the product meets it."""

import threading
from urllib.parse import urlsplit

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction


def labels() -> list[str]:
    return list(ContentType.objects.filter(app_label="made-up").values_list("model", flat=True))


def test_a_test_without_a_database_runs_once(database_kind: str | None) -> None:
    assert database_kind is None


@pytest.mark.django_db
def test_the_connection_is_to_the_named_database(database_kind: str) -> None:
    assert connection.vendor == database_kind


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", ["first", "second"])
def test_what_a_test_commits_is_gone_for_the_next(turn: str) -> None:
    assert labels() == []
    with transaction.atomic(durable=True):
        ContentType.objects.create(app_label="made-up", model=turn)
    assert labels() == [turn]


@pytest.mark.django_db
def test_what_migrations_wrote_is_still_there_afterwards() -> None:
    assert ContentType.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_threads_commit_to_the_same_database(database_kind: str) -> None:
    vendors: list[str] = []

    def write(number: int) -> None:
        try:
            ContentType.objects.create(app_label="made-up", model=str(number))
            vendors.append(connection.vendor)
        finally:
            connection.close()

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert vendors == [database_kind] * 4
    assert sorted(labels()) == ["0", "1", "2", "3"]


def test_processes_get_a_database_of_their_own(database_url: str, database_kind: str) -> None:
    assert urlsplit(database_url).scheme == database_kind
    assert "tests.sqlite3" not in database_url
