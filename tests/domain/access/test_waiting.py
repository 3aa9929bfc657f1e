# SPDX-License-Identifier: Apache-2.0
"""What follows when a grant stops: a pause that a custodian ends, a budget that two people raise."""

import json
from datetime import timedelta

import pytest

from glasshouse.domain.access import queries as access
from glasshouse.domain.access.errors import (
    BudgetExhaustedError,
    GrantNotPausedError,
    GrantPausedError,
    GrantRevokedError,
    GrantUnknownError,
    MoreAskedError,
)
from glasshouse.domain.access.models import Budget, Grant, Scope
from glasshouse.domain.access.rules import Standing
from glasshouse.domain.access.values import Limits
from glasshouse.domain.approvals.errors import NotIndependentError
from glasshouse.domain.approvals.models import Proposal
from glasshouse.domain.approvals.queries import proposals_of
from glasshouse.domain.approvals.values import Verdict
from glasshouse.domain.journal import commands as journal
from glasshouse.domain.journal.models import Event
from glasshouse.domain.notices import queries as notices
from glasshouse.domain.people.errors import RoleMissingError
from glasshouse.domain.readingroom import commands, queries
from glasshouse.domain.readingroom.errors import NoVisitError
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.errors import InvalidError, NotFoundError
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.lines import Span
from glasshouse.kernel.paths import TreePath
from tests.lab import FILES, HTTP, MAIN, NOW, Desk, House

MANY = {f"server-1/src/{number:03}.c": b"int one_%d;\nint two;\n" % number for number in range(60)}


def crawl(desk: Desk, *, seconds: int = 1) -> int:
    """Open file after file; return how many were shown before the grant waited."""
    for number in range(len(MANY)):
        path, now = TreePath(b"src/%03d.c" % number), NOW + timedelta(seconds=seconds * number)
        journal.sequence()  # as the worker does all the time
        try:
            commands.open_file(desk.viewer, desk.grant, desk.release, path, Span(1, 100), now=now)
        except GrantPausedError:
            return number
    return len(MANY)


@pytest.fixture
def crawled(house: House) -> Desk:
    """The reviewer's grant, waiting."""
    desk = house.seat(house.cast.reviewer, house.take(files={**FILES, **MANY}))
    assert crawl(desk) == 25
    return desk


def test_a_crawl_stops_at_a_person_with_its_reason(crawled: Desk, house: House) -> None:
    grant = Grant.objects.get()
    assert access.standing(grant, NOW + timedelta(minutes=1)) is Standing.PAUSED
    with pytest.raises(GrantPausedError, match="file after file from first line to last") as refused:
        commands.open_file(crawled.viewer, crawled.grant, crawled.release, MAIN, Span(1, 3), now=NOW)
    assert "custodian" in refused.value.hint
    with pytest.raises(GrantPausedError):
        queries.check_still_open(crawled.viewer, crawled.grant, crawled.release, now=NOW)
    told = Event.objects.get(kind="access.grant-paused")
    assert (told.actor, told.subject, told.engagement) == ("operator:web", grant.uid, grant.engagement)
    assert Event.objects.filter(kind="readingroom.lines-shown").count() == 25, "the view that gave the reason was shown"
    asked = notices.inbox(house.cast.custodian).filter(kind="access.grant-paused").get()
    assert (asked.route, asked.subject) == ("grant-resume", grant.uid)


def test_the_custodian_lets_it_go_on_and_it_does_not_stop_at_once_again(crawled: Desk, house: House) -> None:
    commands.resume_grant(house.cast.custodian, crawled.grant, now=NOW)
    assert Event.objects.get(kind="access.grant-resumed").actor == house.cast.custodian.uid.text
    commands.open_file(crawled.viewer, crawled.grant, crawled.release, MAIN, Span(1, 3), now=NOW)
    assert Grant.objects.get().pause == ""
    with pytest.raises(GrantNotPausedError):
        commands.resume_grant(house.cast.custodian, crawled.grant, now=NOW)


def test_nobody_but_a_custodian_lets_it_go_on(crawled: Desk, house: House) -> None:
    for viewer in (crawled.viewer, house.cast.colleague, house.cast.stranger):
        with pytest.raises(NotFoundError):
            commands.resume_grant(viewer, crawled.grant, now=NOW)
    for viewer in (house.cast.manager, house.cast.officer):
        with pytest.raises(RoleMissingError):
            commands.resume_grant(viewer, crawled.grant, now=NOW)
    with pytest.raises(NotFoundError):
        commands.resume_grant(house.cast.custodian, Uid.new(), now=NOW)
    assert Grant.objects.get().paused_at is not None


def test_a_reader_of_the_same_files_who_takes_their_time_is_not_stopped(house: House) -> None:
    desk = house.seat(house.cast.reviewer, house.take(files={**FILES, **MANY}))
    assert crawl(desk, seconds=30) == len(MANY)
    assert not Event.objects.filter(kind="access.grant-paused").exists()


def test_a_revoked_grant_is_not_resumed(crawled: Desk, house: House) -> None:
    commands.revoke_grant(house.cast.manager, crawled.grant, now=NOW)
    with pytest.raises(GrantNotPausedError):
        commands.resume_grant(house.cast.custodian, crawled.grant, now=NOW)
    with pytest.raises(GrantRevokedError):
        commands.open_file(crawled.viewer, crawled.grant, crawled.release, MAIN, Span(1, 3), now=NOW)


def test_an_open_page_learns_of_every_end(house: House, desk: Desk) -> None:
    queries.check_still_open(desk.viewer, desk.grant, desk.release, now=NOW)
    shown = Event.objects.count()
    queries.check_still_open(desk.viewer, desk.grant, desk.release, now=NOW)
    assert Event.objects.count() == shown, "asking whether a page may stay shows nothing, so it records nothing"
    for viewer in (house.cast.stranger, house.cast.colleague, house.cast.manager):
        with pytest.raises(NotFoundError):
            queries.check_still_open(viewer, desk.grant, desk.release, now=NOW)
    commands.close_visit(desk.viewer, desk.visit, now=NOW)
    with pytest.raises(NoVisitError):
        queries.check_still_open(desk.viewer, desk.grant, desk.release, now=NOW)
    commands.revoke_grant(house.cast.custodian, desk.grant, now=NOW)
    with pytest.raises(GrantRevokedError):
        queries.check_still_open(desk.viewer, desk.grant, desk.release, now=NOW)


@pytest.fixture
def spent(house: House) -> Desk:
    """The reviewer with nothing left this hour."""
    desk = house.desk(limits=Limits(hour=40, day=200, visit=300, total=400))
    commands.open_file(desk.viewer, desk.grant, desk.release, MAIN, Span(1, 40), now=NOW)
    return desk


def on(desk: Desk) -> int:
    return commands.open_file(desk.viewer, desk.grant, desk.release, HTTP, Span(1, 30), now=NOW).view.charged


def agree(house: House, proposal: Proposal, *viewers: str) -> None:
    for name in viewers:
        house.agree(proposal, getattr(house.cast, name))


def test_more_is_asked_for_agreed_by_two_and_read_at_once(house: House, spent: Desk) -> None:
    with pytest.raises(BudgetExhaustedError) as refused:
        on(spent)
    assert refused.value.window == "hour"
    asked = commands.ask_for_more(spent.viewer, spent.grant, refused.value.window, now=NOW)
    told = json.loads(asked.statement)
    assert (told["before"]["hour"], told["limits"]["hour"], told["limits"]["day"]) == (40, 80, 200)
    agree(house, asked, "custodian")
    with pytest.raises(BudgetExhaustedError):
        on(spent)
    agree(house, asked, "manager")
    assert on(spent) == 30
    assert {row.scope: row.hour_limit for row in Budget.objects.all()} == {
        Scope.GRANT: 80,
        Scope.PERSON: 80,
        Scope.ORGANISATION: 160,
    }
    raised = Event.objects.get(kind="access.limits-raised")
    assert (raised.subject, raised.engagement) == (spent.grant.text, Grant.objects.get().engagement)


def test_one_refusal_ends_the_question_and_another_may_be_asked(house: House, spent: Desk) -> None:
    asked = commands.ask_for_more(spent.viewer, spent.grant, "hour", now=NOW)
    with pytest.raises(MoreAskedError):
        commands.ask_for_more(spent.viewer, spent.grant, "day", now=NOW)
    digest = Digest(bytes(asked.digest))
    commands.decide(house.cast.manager, Uid(asked.uid), Verdict.REFUSE, digest=digest, now=NOW, reason="No.")
    with pytest.raises(BudgetExhaustedError):
        on(spent)
    commands.ask_for_more(spent.viewer, spent.grant, "day", now=NOW)
    assert not Event.objects.filter(kind="access.limits-raised").exists()


def test_nobody_asks_for_anothers_grant_or_decides_for_themselves(house: House, spent: Desk) -> None:
    for viewer in (house.cast.stranger, house.cast.colleague, house.cast.manager):
        with pytest.raises(GrantUnknownError):
            commands.ask_for_more(viewer, spent.grant, "hour", now=NOW)
    asked = commands.ask_for_more(spent.viewer, spent.grant, "hour", now=NOW)
    for viewer in (spent.viewer, house.cast.colleague, house.cast.stranger):
        with pytest.raises((NotFoundError, NotIndependentError)):
            house.agree(asked, viewer)
        assert not proposals_of(viewer).filter(kind="access.more").exists()
    assert list(proposals_of(house.cast.officer).filter(kind="access.more")) == [asked]


def test_a_grant_that_ended_waits_or_was_revoked_gets_no_more(house: House, crawled: Desk) -> None:
    with pytest.raises(GrantPausedError):
        commands.ask_for_more(crawled.viewer, crawled.grant, "hour", now=NOW)
    commands.resume_grant(house.cast.custodian, crawled.grant, now=NOW)
    asked = commands.ask_for_more(crawled.viewer, crawled.grant, "hour", now=NOW)
    agree(house, asked, "custodian")
    commands.revoke_grant(house.cast.manager, crawled.grant, now=NOW)
    with pytest.raises(GrantRevokedError):
        agree(house, asked, "manager")
    with pytest.raises(GrantRevokedError):
        commands.ask_for_more(crawled.viewer, crawled.grant, "hour", now=NOW)


def test_a_window_that_there_is_not_is_refused(spent: Desk) -> None:
    with pytest.raises(InvalidError):
        commands.ask_for_more(spent.viewer, spent.grant, "minute", now=NOW)
    assert not Proposal.objects.filter(kind="access.more").exists()


def test_two_accounts_of_one_organisation_have_one_share_of_the_product(house: House) -> None:
    taken = house.take()
    limits = Limits(total=45)
    first, second = (house.seat(one, taken, limits=limits) for one in (house.cast.reviewer, house.cast.colleague))
    commands.open_file(first.viewer, first.grant, first.release, MAIN, Span(1, 40), now=NOW)
    with pytest.raises(BudgetExhaustedError, match="for all its time of your organisation's grants"):
        commands.open_file(second.viewer, second.grant, second.release, HTTP, Span(1, 6), now=NOW)
    assert commands.open_file(second.viewer, second.grant, second.release, HTTP, Span(1, 5), now=NOW).view.charged == 5


def test_a_pause_holds_every_grant_that_its_holder_has_for_the_product(house: House) -> None:
    desk = house.seat(house.cast.reviewer, house.take(files={**FILES, **MANY}))
    second, others = house.grant(*desk.taken), house.seat(house.cast.colleague, *desk.taken)
    assert crawl(desk) == 25
    with pytest.raises(GrantPausedError, match="file after file"):
        commands.open_file(desk.viewer, second, desk.release, MAIN, Span(1, 3), now=NOW)
    told = Event.objects.filter(kind="access.grant-paused").values_list("subject", flat=True)
    assert set(told) == {desk.grant.text, second.text}
    commands.open_file(others.viewer, others.grant, others.release, MAIN, Span(1, 3), now=NOW)
    commands.resume_grant(house.cast.custodian, second, now=NOW)
    assert {one.uid: one.pause for one in Grant.objects.exclude(paused_at=None)} == {desk.grant.text: "sweep"}
