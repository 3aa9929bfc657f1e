# SPDX-License-Identifier: Apache-2.0
"""Asked-for work: done once, by whoever holds the lease, and given up when it keeps killing its workers."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection

from glasshouse.domain.jobs import commands, queries
from glasshouse.domain.jobs.commands import LEASE
from glasshouse.domain.jobs.errors import StaleTokenError
from glasshouse.domain.jobs.models import Job, State
from glasshouse.domain.journal import commands as journal
from glasshouse.domain.journal.models import Event
from glasshouse.kernel.ids import Uid
from tests.lab import NOW

SECOND = timedelta(seconds=1)


def ask(kind: str = "tests.work", *, minutes: int = 0) -> Uid:
    with journal.transaction():
        return commands.ask(
            kind, {"n": 1}, actor="operator:tests", now=NOW, not_before=NOW + timedelta(minutes=minutes)
        )


pytestmark = pytest.mark.usefixtures("folders")


@pytest.mark.django_db
def test_the_oldest_job_that_is_due_comes_first_and_each_once() -> None:
    later, first, second = ask(minutes=5), ask(), ask()
    held = [commands.claim(now=NOW) for _ in range(3)]
    assert [one.uid if one else None for one in held] == [first, second, None]
    due = commands.claim(now=NOW + timedelta(minutes=5))
    assert due is not None
    assert due.uid in {later, first}  # the first one's lease has ended as well


@pytest.mark.django_db
def test_asking_and_ending_stand_in_the_journal() -> None:
    uid = ask()
    held = commands.claim(now=NOW)
    assert held is not None
    assert (held.kind, held.arguments, held.attempt, held.token) == ("tests.work", {"n": 1}, 1, 1)
    commands.finish(held, "all of it", now=NOW + SECOND)
    job = Job.objects.get()
    assert (job.state, job.message, job.ended_at, job.leased_until) == (State.DONE, "all of it", NOW + SECOND, None)
    assert list(Event.objects.order_by("pk").values_list("kind", "subject")) == [
        ("jobs.asked", uid.text),
        ("jobs.ended", uid.text),
    ]
    ended = queries.last_ended("tests.work")
    assert ended is not None
    assert not queries.is_pending("tests.work")
    assert commands.claim(now=NOW + timedelta(days=1)) is None


@pytest.mark.django_db
def test_a_lease_that_is_renewed_is_taken_by_nobody() -> None:
    ask()
    held = commands.claim(now=NOW)
    assert held is not None
    commands.beat(held, now=NOW + LEASE - SECOND, done=3, of=10)
    assert commands.claim(now=NOW + LEASE + SECOND) is None
    job = Job.objects.get()
    assert (job.done_units, job.all_units) == (3, 10)
    assert queries.is_pending("tests.work")


@pytest.mark.django_db
def test_a_worker_that_fell_silent_is_fenced_off_whatever_it_says_later() -> None:
    ask()
    asleep = commands.claim(now=NOW)
    awake = commands.claim(now=NOW + LEASE)
    assert asleep is not None
    assert awake is not None
    assert (awake.token, awake.attempt) == (asleep.token + 1, 2)
    with pytest.raises(StaleTokenError):
        commands.beat(asleep, now=NOW + LEASE)
    with pytest.raises(StaleTokenError):
        commands.finish(asleep, "done", now=NOW + LEASE)
    with pytest.raises(StaleTokenError):
        commands.fail(asleep, "failed", now=NOW + LEASE)
    assert Event.objects.filter(kind="jobs.ended").count() == 0
    commands.finish(awake, "done", now=NOW + LEASE)
    with pytest.raises(StaleTokenError):
        commands.finish(awake, "again", now=NOW + LEASE)


@pytest.mark.django_db
def test_a_job_that_kills_three_workers_has_failed_and_says_so() -> None:
    ask()
    moment = NOW
    for attempt in (1, 2, 3):
        held = commands.claim(now=moment)
        assert held is not None
        assert held.attempt == attempt
        moment += LEASE
    assert commands.claim(now=moment) is None
    job = Job.objects.get()
    assert (job.state, job.message) == (State.FAILED, "gave up after 3 attempts; the worker died")
    assert Event.objects.filter(kind="jobs.ended").count() == 1


@pytest.mark.django_db
def test_a_job_that_failed_is_not_tried_again_and_its_message_is_bounded() -> None:
    ask()
    held = commands.claim(now=NOW)
    assert held is not None
    commands.fail(held, "x" * 2_000, now=NOW)
    assert commands.claim(now=NOW + timedelta(days=1)) is None
    assert len(Job.objects.get().message) == 500


@pytest.mark.django_db(transaction=True)
def test_ten_workers_at_once_share_the_jobs_without_taking_one_twice() -> None:
    asked = {ask() for _ in range(15)}
    taken = _with_workers(lambda: commands.claim(now=NOW))
    uids = [held.uid for held in taken]
    assert len(uids) == 15
    assert set(uids) == asked


@pytest.mark.django_db(transaction=True)
def test_ten_workers_that_find_a_hopeless_job_at_once_give_it_up_once() -> None:
    ask()
    Job.objects.update(state=State.RUNNING, attempts=3, token=3, leased_until=NOW)
    assert _with_workers(lambda: commands.claim(now=NOW)) == []
    assert Event.objects.filter(kind="jobs.ended").count() == 1


def _with_workers(claim: Callable[[], commands.Claim | None]) -> list[commands.Claim]:
    ready = threading.Barrier(10)

    def worker(_: int) -> list[commands.Claim]:
        try:
            ready.wait(30)
            found = []
            while (held := claim()) is not None:
                found.append(held)
            return found
        finally:
            connection.close()

    with ThreadPoolExecutor(10) as pool:
        return [held for part in pool.map(worker, range(10)) for held in part]
