# SPDX-License-Identifier: Apache-2.0
"""Sessions end by their owner's word, by a custodian's with a reason, and when there are too many at once."""

from dataclasses import replace
from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from axes.models import AccessAttempt
from django.contrib.sessions.models import Session
from django.utils import timezone
from pytest_django.fixtures import Settings

from glasshouse.domain.journal import queries as journal
from glasshouse.domain.journal.models import Event, SeedClass
from glasshouse.domain.people import commands, holds, sessions
from glasshouse.domain.people.models import EndedSession
from glasshouse.domain.people.values import SessionEnd
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.releases import vault
from glasshouse.kernel.errors import InvalidError, NotFoundError
from glasshouse.kernel.ids import Uid
from tests.domain.people.signedin import names, sign_in
from tests.lab import NOW, House


def test_an_owner_ends_one_session_and_it_is_gone_from_the_store(house: House) -> None:
    here, there = sign_in(house.cast.reviewer), sign_in(house.cast.reviewer, minutes_ago=9)
    assert names(here) == [here.origin.session, there.origin.session]
    commands.end_session(here, there.origin.session, now=NOW)
    assert names(here) == [here.origin.session]
    assert Session.objects.count() == 1
    event = Event.objects.get(kind="people.sessions-ended")
    assert (event.actor, event.subject) == (here.uid.text, here.uid.text)
    assert EndedSession.objects.get().why == SessionEnd.OWNER


def test_all_others_end_at_once_in_one_entry(house: House) -> None:
    here = sign_in(house.cast.reviewer, minutes_ago=5)
    others = [sign_in(house.cast.reviewer, minutes_ago=minutes) for minutes in (1, 2)]
    foreign = sign_in(house.cast.stranger)
    assert commands.end_other_sessions(here, now=NOW) == len(others)
    assert commands.end_other_sessions(here, now=NOW) == 0
    assert (names(here), names(foreign)) == ([here.origin.session], [foreign.origin.session])
    assert Event.objects.filter(kind="people.sessions-ended").count() == 1


@pytest.mark.parametrize("name", ["", "0" * 64, "foreign"])
def test_a_session_of_somebody_else_does_not_exist(house: House, name: str) -> None:
    foreign, here = sign_in(house.cast.stranger), sign_in(house.cast.reviewer)
    with pytest.raises(NotFoundError):
        commands.end_session(here, foreign.origin.session if name == "foreign" else name, now=NOW)
    assert names(foreign) == [foreign.origin.session]
    assert not Event.objects.filter(kind="people.sessions-ended").exists()


@pytest.mark.parametrize("who", ["manager", "officer", "reviewer", "colleague", "stranger"])
def test_nobody_but_a_custodian_sees_or_ends_what_others_have(house: House, who: str) -> None:
    asker: Viewer = getattr(house.cast, who)
    target = sign_in(house.cast.reviewer)
    with pytest.raises(NotFoundError):
        sessions.everybodys_sessions(asker, NOW)
    with pytest.raises(NotFoundError):
        commands.end_session_of(asker, target.uid, target.origin.session, "Because.", now=NOW)
    assert names(target) == [target.origin.session]


def test_a_visitor_with_the_custodians_role_is_no_custodian_of_this_lab(house: House) -> None:
    posing = replace(house.cast.stranger, roles=house.cast.custodian.roles)
    with pytest.raises(NotFoundError):
        sessions.everybodys_sessions(posing, NOW)


def test_a_custodian_ends_a_session_for_a_reason_that_is_erasable(house: House) -> None:
    target, custodian = sign_in(house.cast.reviewer), sign_in(house.cast.custodian)
    assert {one.person.pk for one in sessions.everybodys_sessions(custodian, NOW)} == {target.row, custodian.row}
    for missing in ("", "  ", "turned\u202eround", "x" * 501):
        with pytest.raises(InvalidError):
            commands.end_session_of(custodian, target.uid, target.origin.session, missing, now=NOW)
    commands.end_session_of(custodian, target.uid, target.origin.session, "Left at the machine.", now=NOW)
    assert names(target) == []
    event = Event.objects.get(kind="people.sessions-ended")
    assert (event.actor, event.subject) == (custodian.uid.text, target.uid.text)
    assert "Left" not in str(journal.open_event(event, vault.journal_sealer).fields)
    personal = journal.open_event(event, vault.journal_sealer, classes=[SeedClass.PERSONAL])
    assert personal.fields["reason"] == "Left at the machine."


def test_a_custodian_may_end_their_own_last_session(house: House) -> None:
    custodian = sign_in(house.cast.custodian)
    commands.end_session_of(custodian, custodian.uid, custodian.origin.session, "Going home.", now=NOW)
    assert names(custodian) == []


def test_a_session_named_with_the_wrong_person_does_not_exist(house: House) -> None:
    target, custodian = sign_in(house.cast.reviewer), sign_in(house.cast.custodian)
    for whose in (house.cast.stranger.uid, Uid.new()):
        with pytest.raises(NotFoundError):
            commands.end_session_of(custodian, whose, target.origin.session, "Why not.", now=NOW)
    assert names(target) == [target.origin.session]


@pytest.mark.parametrize(("who", "most"), [("reviewer", 2), ("custodian", 3)])
def test_the_oldest_session_ends_when_there_are_too_many(house: House, who: str, most: int) -> None:
    viewer: Viewer = getattr(house.cast, who)
    oldest = sign_in(viewer, minutes_ago=60)
    kept = [sign_in(viewer, minutes_ago=minutes) for minutes in range(most - 1)]
    assert commands.keep_to_limit(viewer.uid, now=NOW) == 0
    newest = sign_in(viewer)
    assert commands.keep_to_limit(viewer.uid, now=NOW) == 1
    assert set(names(viewer)) == {one.origin.session for one in (newest, *kept)}
    assert EndedSession.objects.get().name == oldest.origin.session
    assert EndedSession.objects.get().why == SessionEnd.LIMIT


def test_the_limit_is_a_setting_and_counts_one_person(house: House, settings: Settings) -> None:
    settings.GLASSHOUSE = replace(settings.GLASSHOUSE, sessions_visitor=1)
    for viewer in (house.cast.reviewer, house.cast.reviewer, house.cast.colleague):
        sign_in(viewer)
    assert commands.keep_to_limit(house.cast.colleague.uid, now=NOW) == 0
    assert commands.keep_to_limit(house.cast.reviewer.uid, now=NOW) == 1


def test_a_session_that_ended_by_itself_counts_nothing(house: House) -> None:
    spent = sign_in(house.cast.reviewer)
    Session.objects.update(expire_date=timezone.now() - timedelta(hours=1))
    sign_in(house.cast.reviewer, minutes_ago=3)
    sign_in(house.cast.reviewer, minutes_ago=4)
    assert spent.origin.session not in names(spent)
    assert commands.keep_to_limit(house.cast.reviewer.uid, now=timezone.now()) == 0


def test_last_seen_is_coarse_by_five_minutes_and_keeps_the_address(house: House) -> None:
    sign_in(house.cast.reviewer, minutes_ago=4)
    row = UserSession.objects.get()
    commands.note_seen(row.session_key, "203.0.113.9", now=timezone.now())
    assert UserSession.objects.get().last_seen_at == row.last_seen_at
    later = row.last_seen_at + timedelta(minutes=5)
    commands.note_seen(row.session_key, "203.0.113.9", now=later)
    seen = UserSession.objects.get()
    assert (seen.last_seen_at, seen.ip, seen.created_at) == (later, "203.0.113.9", row.created_at)


def test_what_became_of_a_session_is_forgotten_after_a_day(house: House) -> None:
    first, second = sign_in(house.cast.reviewer), sign_in(house.cast.reviewer)
    commands.end_session(second, first.origin.session, now=NOW - timedelta(days=2))
    commands.end_session(second, second.origin.session, now=NOW)
    assert [one.name for one in EndedSession.objects.all()] == [second.origin.session]


def test_what_is_over_of_sign_ins_is_forgotten_after_its_days_and_a_live_session_never(house: House) -> None:
    live, over = sign_in(house.cast.reviewer, minutes_ago=60 * 24 * 40), sign_in(house.cast.reviewer)
    commands.end_session(live, over.origin.session, now=NOW)
    for viewer in (house.cast.colleague, house.cast.stranger):
        sign_in(viewer, minutes_ago=60 * 24 * 40)
        Session.objects.filter(session_key=UserSession.objects.latest("pk").session_key).delete()
    hold = holds.set_hold(house.cast.manager, "stranger@other.example", "A dispute.", now=NOW)
    AccessAttempt.objects.create(username="x", ip_address="192.0.2.7", failures_since_start=1)
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(days=31))
    commands.start_device("laptop", now=NOW - timedelta(days=31))
    assert commands.forget_sign_ins("operator:worker", now=timezone.now()) == 3
    assert names(live) == [live.origin.session]
    holds.lift_hold(house.cast.manager, Uid(hold.uid), "Settled.", now=NOW)
    assert commands.forget_sign_ins("operator:worker", now=timezone.now()) == 1
    assert commands.forget_sign_ins("operator:worker", now=timezone.now()) == 0
    assert Event.objects.filter(kind="people.sign-ins-forgotten").count() == 2
