# SPDX-License-Identifier: Apache-2.0
"""Notices: written with what they tell of or not at all, and everybody's own alone."""

from datetime import timedelta

import pytest

from glasshouse.domain.journal import commands as journal
from glasshouse.domain.journal.models import Event
from glasshouse.domain.notices import commands, queries
from glasshouse.domain.notices.models import Notice
from glasshouse.domain.people.viewer import Viewer
from glasshouse.kernel.errors import NotFoundError
from glasshouse.kernel.ids import Uid
from tests.lab import NOW, House

LATER = NOW + timedelta(hours=1)


def tell(*viewers: Viewer, subject: Uid | None = None) -> Uid:
    """Tell these people of something."""
    subject = subject or Uid.new()
    with journal.transaction():
        journal.record("tests.happened", actor="operator:tests", at=NOW, subject=subject)
        commands.tell([one.row for one in viewers], "threads.asked", subject=subject, route="question", now=NOW)
    return subject


@pytest.mark.django_db(transaction=True)
def test_nobody_is_told_outside_of_a_transaction() -> None:
    with pytest.raises(RuntimeError, match="transaction"):
        commands.tell([1], "threads.asked", subject=Uid.new(), route="question", now=NOW)


def test_nobody_hears_of_what_did_not_happen(open_house: House) -> None:
    def break_off() -> None:
        with journal.transaction():
            commands.tell([open_house.cast.reviewer.row], "threads.asked", subject=Uid.new(), route="question", now=NOW)
            raise LookupError

    with pytest.raises(LookupError):
        break_off()
    assert not Notice.objects.exists()


def test_a_person_who_is_named_twice_hears_once(house: House) -> None:
    tell(house.cast.reviewer, house.cast.reviewer)
    assert queries.unseen(house.cast.reviewer) == 1


def test_ten_words_in_one_thread_are_one_notice_until_it_is_seen(house: House) -> None:
    subject = tell(house.cast.reviewer)
    tell(house.cast.reviewer, subject=subject)
    assert queries.inbox(house.cast.reviewer).count() == 1
    commands.see_all(house.cast.reviewer, now=LATER)
    tell(house.cast.reviewer, subject=subject)
    assert queries.inbox(house.cast.reviewer).count() == 2


def test_everybody_reads_and_marks_their_own_alone(house: House) -> None:
    tell(house.cast.reviewer, house.cast.manager)
    mine = Uid(queries.inbox(house.cast.reviewer).get().uid)
    for other in (house.cast.manager, house.cast.colleague, house.cast.stranger):
        with pytest.raises(NotFoundError):
            commands.see(other, mine, now=LATER)
    commands.see_all(house.cast.manager, now=LATER)
    assert queries.unseen(house.cast.reviewer) == 1
    assert queries.unseen(house.cast.manager) == 0


def test_a_notice_is_seen_once_and_stays(house: House) -> None:
    tell(house.cast.reviewer)
    uid = Uid(queries.inbox(house.cast.reviewer).get().uid)
    commands.see(house.cast.reviewer, uid, now=LATER)
    commands.see(house.cast.reviewer, uid, now=LATER + timedelta(hours=1))
    assert queries.inbox(house.cast.reviewer).get().seen_at == LATER
    assert Event.objects.filter(kind="notices.seen").count() == 1


def test_seeing_all_when_nothing_is_new_writes_nothing(house: House) -> None:
    tell(house.cast.reviewer)
    assert commands.see_all(house.cast.reviewer, now=LATER) == 1
    assert commands.see_all(house.cast.reviewer, now=LATER) == 0
    assert Event.objects.filter(kind="notices.all-seen").count() == 1


def test_an_inbox_is_newest_first(house: House) -> None:
    first, second = tell(house.cast.reviewer), tell(house.cast.reviewer)
    assert [one.subject for one in queries.inbox(house.cast.reviewer)] == [second.text, first.text]
