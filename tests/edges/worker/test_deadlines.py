# SPDX-License-Identifier: Apache-2.0
"""The worker looks at deadlines: what was answered in time stays quiet, what is late is told once."""

from datetime import datetime, timedelta

import pytest

from glasshouse.domain.deadlines import commands as deadlines
from glasshouse.domain.jobs.models import Job, State
from glasshouse.domain.notices import queries as notices
from glasshouse.domain.people.values import Role
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.readingroom import commands
from glasshouse.domain.threads import commands as threads
from glasshouse.edges.worker import working
from glasshouse.kernel import clock
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.lines import Span
from tests.lab import MAIN, NOW, House, add

DUE = NOW + timedelta(hours=72)


@pytest.fixture
def house(transactional_db: None, furnished: House) -> House:
    """A founded lab whose jobs a worker does."""
    del transactional_db
    return furnished


def ask(house: House) -> Uid:
    """Let the reviewer ask about lines."""
    desk = house.desk()
    shown = commands.open_file(desk.viewer, desk.grant, desk.release, MAIN, Span(1, 3), now=NOW)
    entry = shown.view.recorded.uid
    Job.objects.all().delete()  # the release's own, for which no index is built here
    return commands.ask_question(desk.viewer, desk.grant, entry, "Why?", span=Span(1, 1), now=NOW)


def late(viewer: Viewer) -> int:
    """Count the notices of late answers in a person's inbox."""
    return notices.inbox(viewer).filter(kind="threads.late").count()


def work_at(moment: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a worker do what is due at a moment."""
    monkeypatch.setattr(clock, "now", lambda: moment)
    while working.run_one():
        pass


def test_the_worker_tells_who_manages_the_lab_of_a_late_answer(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    ask(house)
    work_at(DUE - timedelta(seconds=1), monkeypatch)
    assert late(house.cast.manager) == 0
    work_at(DUE, monkeypatch)
    job = Job.objects.get(kind=threads.DEADLINE)
    assert (job.state, job.message) == (State.DONE, "an answer is late; who manages the lab was told")
    work_at(DUE + timedelta(days=1), monkeypatch)
    assert late(house.cast.manager) == 1


def test_the_worker_finds_nothing_late_that_was_answered(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    uid = ask(house)
    owner = add("owner@vendor.example", "Vendor", Role.PRODUCT_OWNER, is_vendor=True)
    commands.reply_to_question(owner, uid, "So.", now=NOW)
    work_at(DUE, monkeypatch)
    assert Job.objects.get(kind=threads.DEADLINE).message == "answered in time"
    assert late(house.cast.manager) == 0


def test_the_worker_asks_for_a_look_once_an_hour_of_its_running(house: House) -> None:
    del house
    Job.objects.all().delete()
    first = working.ask_for_look(-working.LOOK_SECONDS)
    assert working.ask_for_look(first) == first
    working.ask_for_look(first - working.LOOK_SECONDS)  # another worker, or the same an hour later: one look waits
    assert Job.objects.filter(kind=deadlines.LOOK).count() == 1
    while working.run_one():
        pass
    assert Job.objects.get(kind=deadlines.LOOK).message.endswith(" calls")
