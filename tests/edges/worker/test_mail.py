# SPDX-License-Identifier: Apache-2.0
"""Notices go out by mail that says nothing of them, through a real server, whatever the server and the clock do."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection
from pytest_django.fixtures import Settings

from glasshouse.domain.jobs import commands as jobs
from glasshouse.domain.jobs.models import Job
from glasshouse.domain.journal import commands as journal
from glasshouse.domain.journal.models import Event
from glasshouse.domain.notices import commands, mailing, queries
from glasshouse.domain.notices.models import Notice, Posting, PostingState
from glasshouse.domain.people.models import Person
from glasshouse.domain.people.viewer import Viewer
from glasshouse.edges.worker import delivering, working
from glasshouse.engines.mail import Mailer, MailServer
from glasshouse.kernel import clock
from glasshouse.kernel.ids import Uid
from tests.engines.mail.post_office import PostOffice, opened
from tests.lab import NOW, House, furnish

ADA, MO = "reviewer@regulator.example", "colleague@regulator.example"
DUE = NOW + mailing.GATHER


@pytest.fixture
def office() -> PostOffice:
    """What the server takes and answers."""
    return PostOffice()


@pytest.fixture
def server(office: PostOffice) -> Iterator[MailServer]:
    """The server, up."""
    with opened(office) as found:
        yield found


@pytest.fixture
def house(transactional_db: None, tmp_path: Path, settings: Settings, server: MailServer) -> House:
    """A founded lab that sends mail."""
    del transactional_db
    lab = settings.GLASSHOUSE
    settings.GLASSHOUSE = replace(
        lab, home=tmp_path / "lab", keys=tmp_path / "keys", url="https://lab.example", mail=server
    )
    return furnish(tmp_path)


def tell(*viewers: Viewer, kind: str = "threads.asked", now: datetime = NOW) -> None:
    """Tell these people of something."""
    with journal.transaction():
        journal.record("tests.happened", actor="operator:tests", at=now)
        commands.tell([one.row for one in viewers], kind, subject=Uid.new(), route="question", now=now)


def work_at(moment: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a worker do what is due at a moment."""
    monkeypatch.setattr(clock, "now", lambda: moment)
    while working.run_one():
        pass


def states() -> list[str]:
    """Where the postings stand, in the order they were written."""
    return list(Posting.objects.order_by("pk").values_list("state", flat=True))


def test_many_notices_make_one_letter_that_says_only_of_what_kind_they_are(
    house: House, office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = house.desk()  # all that a request, its opening and a grant tell
    work_at(DUE - timedelta(seconds=1), monkeypatch)
    assert office.came == []
    work_at(DUE, monkeypatch)
    assert sorted(recipients[0] for recipients, _ in office.came) == [
        "custodian@vendor.example",
        "manager@vendor.example",
        "officer@vendor.example",
        ADA,
    ]
    [message] = office.to(ADA)
    text = str(message.get_payload())
    assert text.splitlines() == [
        "Your signature is asked for.",
        "There is news of what you read, or may read.",
        "",
        "Sign in to see what it is:",
        "https://lab.example/inbox/",
        "",
        "This message says no more on purpose. Which of these you get:",
        "https://lab.example/me/mail",
    ]
    raw = "".join(str(message) for _, message in office.came)
    for secret in ("server", "regulator", "Regulator", "main.c", str(desk.grant), str(desk.release), "Reviewer"):
        assert secret not in raw.replace(ADA, ""), secret
    assert set(states()) == {"sent"}
    assert Event.objects.filter(kind="notices.mailed").count() == 4


def test_a_lab_without_a_server_keeps_nothing_for_it(house: House, settings: Settings) -> None:
    settings.GLASSHOUSE = replace(settings.GLASSHOUSE, mail=None)
    tell(house.cast.reviewer)
    assert not Posting.objects.exists()
    assert not Job.objects.filter(kind=mailing.MAIL).exists()
    assert queries.unseen(house.cast.reviewer) == 1


def test_mail_is_turned_off_but_of_what_a_clock_runs_on(
    house: House, office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailing.set_mail(house.cast.reviewer, wanted=False, now=NOW)
    mailing.set_mail(house.cast.reviewer, wanted=False, now=NOW)
    assert Event.objects.filter(kind="notices.mail-set").count() == 1
    tell(house.cast.reviewer, kind="threads.answered")
    assert not Posting.objects.exists()
    tell(house.cast.reviewer, kind="threads.late")
    work_at(DUE, monkeypatch)
    [message] = office.to(ADA)
    assert "Something is due, or late." in str(message.get_payload())
    mailing.set_mail(house.cast.reviewer, wanted=True, now=NOW)
    tell(house.cast.reviewer, kind="threads.answered")
    assert states() == ["sent", "waiting"]


def test_a_server_that_puts_one_off_gets_the_letter_again_later(
    house: House, office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.answers = {ADA: "451 later"}
    tell(house.cast.reviewer, house.cast.colleague)
    work_at(DUE, monkeypatch)
    assert (len(office.to(MO)), len(office.to(ADA))) == (1, 0)
    office.answers = {}
    work_at(DUE + timedelta(minutes=4), monkeypatch)
    assert len(office.to(ADA)) == 0
    work_at(DUE + timedelta(minutes=5), monkeypatch)
    work_at(DUE + timedelta(days=1), monkeypatch)
    assert (len(office.to(MO)), len(office.to(ADA))) == (1, 1)


def test_an_address_that_is_refused_for_good_holds_up_nobody_and_is_told_to_who_runs_the_house(
    house: House, office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.answers = {ADA: "550 nobody of that name"}
    for _ in range(2):
        tell(house.cast.reviewer, house.cast.colleague)
        work_at(clock.now() + timedelta(days=1) if office.came else DUE, monkeypatch)
    assert states() == ["refused", "sent", "refused", "sent"]
    assert Posting.objects.filter(answer=550).count() == 2
    for viewer in (house.cast.manager, house.cast.custodian):
        [told] = queries.inbox(viewer)
        assert (told.kind, told.route) == ("notices.mail-failed", "overdue")
    assert queries.outbox(now=clock.now()).failed == 2
    assert len(office.came) == 2, "that mail fails is no matter for mail"


def test_a_server_that_is_down_loses_nothing(
    house: House, office: PostOffice, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    up = settings.GLASSHOUSE.mail
    settings.GLASSHOUSE = replace(settings.GLASSHOUSE, mail=replace(up, port=1))
    tell(house.cast.reviewer, house.cast.colleague)
    moment = DUE
    for minutes in (0, 5, 10, 20):
        moment += timedelta(minutes=minutes)
        work_at(moment, monkeypatch)
    tell(house.cast.reviewer, now=moment)
    assert sorted(Posting.objects.values_list("attempts", flat=True)) == [0, 4, 4]
    assert queries.outbox(now=moment) == queries.Outbox(3, NOW, 4, 0, None)
    settings.GLASSHOUSE = replace(settings.GLASSHOUSE, mail=up)
    work_at(moment + timedelta(minutes=40), monkeypatch)
    assert (len(office.to(ADA)), len(office.to(MO))) == (1, 1)
    assert set(states()) == {"sent"}


def test_a_server_that_stays_down_is_given_up_after_a_bounded_time_and_told(
    house: House, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.GLASSHOUSE = replace(settings.GLASSHOUSE, mail=replace(settings.GLASSHOUSE.mail, port=1))
    tell(house.cast.reviewer)
    moment = DUE
    while states() == ["waiting"]:
        moment = Job.objects.filter(kind=mailing.MAIL, state="waiting").get().not_before
        work_at(moment, monkeypatch)
    assert timedelta(days=2) < moment - NOW < timedelta(days=4)
    assert Posting.objects.get().state == PostingState.GIVEN_UP
    assert [one.kind for one in queries.inbox(house.cast.custodian)] == ["notices.mail-failed"]
    assert not Job.objects.filter(kind=mailing.MAIL, state="waiting").exists()


def test_a_worker_that_dies_between_the_servers_word_and_the_mark_sends_again_what_is_named_alike(
    house: House, office: PostOffice, server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell(house.cast.reviewer)
    taken = mailing.take(now=DUE)
    assert taken is not None
    monkeypatch.setattr(clock, "now", lambda: DUE)
    with Mailer(server) as mailer:
        mailer.send(delivering.letter(taken))
    # Here it died. Its lease keeps the letter from others for a while, and no longer.
    assert mailing.take(now=DUE + mailing.LEASE - timedelta(seconds=1)) is None
    Job.objects.all().delete()
    mailing.go_on(now=DUE)  # as a worker does when it starts
    work_at(DUE + mailing.LEASE, monkeypatch)
    first, again = office.to(ADA)
    assert first["Message-ID"] == again["Message-ID"]
    assert states() == ["sent"]
    mailing.delivered(taken, now=DUE + mailing.LEASE)  # had it only slept
    assert Event.objects.filter(kind="notices.mailed").count() == 1


def test_two_workers_send_no_letter_twice(house: House, office: PostOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(3):
        tell(house.cast.reviewer, house.cast.colleague, house.cast.stranger)
    monkeypatch.setattr(clock, "now", lambda: DUE)
    begun = threading.Barrier(2)

    def deliver() -> None:
        begun.wait()
        try:
            delivering.deliver(lambda _done, _of: None)
        finally:
            connection.close()

    workers = [threading.Thread(target=deliver) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(office.came) == 3
    assert set(states()) == {"sent"}


@pytest.mark.parametrize("jump", [timedelta(days=-400), timedelta(days=400)])
def test_a_clock_that_jumps_loses_no_letter(
    house: House, office: PostOffice, monkeypatch: pytest.MonkeyPatch, jump: timedelta
) -> None:
    office.answers = {MO: "451 later"}
    tell(house.cast.reviewer, house.cast.colleague)
    assert mailing.take(now=DUE) is not None  # by a worker that dies
    work_at(DUE, monkeypatch)
    office.answers = {}
    mailing.go_on(now=NOW + jump)
    work_at(NOW + jump, monkeypatch)
    work_at(NOW + jump + timedelta(hours=4), monkeypatch)
    assert (len(office.to(ADA)), len(office.to(MO))) == (1, 1)


def test_nothing_is_sent_to_whom_is_gone(house: House, office: PostOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    tell(house.cast.reviewer)
    Person.objects.filter(pk=house.cast.reviewer.row).update(is_active=False)
    work_at(DUE, monkeypatch)
    assert (office.came, states()) == ([], ["dropped"])


def test_what_did_not_happen_waits_in_no_outbox(house: House) -> None:
    def break_off() -> None:
        with journal.transaction():
            commands.tell([house.cast.reviewer.row], "threads.asked", subject=Uid.new(), route="question", now=NOW)
            raise LookupError

    with pytest.raises(LookupError):
        break_off()
    assert not Notice.objects.exists()
    assert not Posting.objects.exists()
    assert jobs.claim(now=DUE) is None
