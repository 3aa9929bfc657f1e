# SPDX-License-Identifier: Apache-2.0
"""Clocks: whoever has the next step is reminded, those after them hear that it is late, each once for all times."""

from datetime import timedelta

import pytest

from glasshouse.domain.deadlines import commands, queries
from glasshouse.domain.engagements import commands as engagements
from glasshouse.domain.engagements.values import Ground
from glasshouse.domain.jobs.models import Job
from glasshouse.domain.journal.models import Event
from glasshouse.domain.notices import queries as notices
from glasshouse.domain.people.values import Role
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.readingroom import commands as readingroom
from glasshouse.kernel.errors import NotFoundError
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.lines import Span
from tests.domain.engagements.steps import ask, opened, proposed, publish, vetted
from tests.lab import MAIN, NOW, House, add

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
REMIND, LATE = NOW + 5 * DAY, NOW + 8 * DAY


def called(viewer: Viewer) -> list[str]:
    """Return the kinds of the calls that somebody heard, in their order."""
    found = notices.inbox(viewer).filter(kind__startswith="deadlines.")
    return [one.kind.removeprefix("deadlines.") for one in found][::-1]


def test_a_request_is_called_for_by_who_has_the_next_step_and_then_by_the_manager(house: House) -> None:
    cast = house.cast
    publish(house)
    uid = ask(house)
    assert commands.look(now=REMIND - HOUR) == 0
    assert commands.look(now=REMIND) == 1
    assert called(cast.manager) == called(cast.custodian) == ["request-waits"]
    assert called(cast.officer) == called(cast.reviewer) == []
    assert commands.look(now=LATE) == 1
    assert called(cast.manager) == ["request-waits", "request-late"]
    assert called(cast.reviewer) == ["request-late"]
    assert commands.look(now=LATE + 300 * DAY) == 0
    engagements.refuse(cast.manager, uid, Ground.CAPACITY, "Not this year.", now=LATE)
    assert queries.overdue(cast.manager, LATE) == []


def test_a_request_that_moved_on_is_called_for_by_its_next_office(house: House) -> None:
    vetted(house, house.take())
    commands.look(now=REMIND)
    assert called(house.cast.officer) == ["request-waits"]
    assert called(house.cast.manager) == called(house.cast.custodian) == []


def test_a_proposal_is_called_for_by_those_who_may_still_speak(house: House) -> None:
    _, proposal = proposed(house)
    house.agree(proposal, house.cast.custodian)
    commands.look(now=REMIND)
    assert "proposal-waits" in called(house.cast.officer)
    assert called(house.cast.custodian) == called(house.cast.manager) == []
    commands.look(now=LATE)
    assert "proposal-late" in called(house.cast.custodian)


def test_unsigned_terms_are_called_for_by_who_did_not_sign_and_then_by_who_arranges(house: House) -> None:
    opened(house)
    commands.look(now=REMIND)
    assert called(house.cast.reviewer) == ["terms-unsigned"]
    commands.look(now=LATE)
    assert called(house.cast.custodian) == ["terms-late"]
    assert called(house.cast.reviewer) == ["terms-unsigned"]


def test_a_grant_s_end_is_told_to_its_holder_and_then_to_who_arranges(house: House) -> None:
    house.grant(house.take(), ends=NOW + 20 * DAY)
    assert commands.look(now=NOW + 13 * DAY - HOUR) == 0
    commands.look(now=NOW + 13 * DAY)
    assert called(house.cast.reviewer) == ["grant-ends"]
    commands.look(now=NOW + 19 * DAY)
    assert (called(house.cast.custodian), called(house.cast.reviewer)) == (["grant-ends-soon"], ["grant-ends"])
    assert queries.overdue(house.cast.manager, NOW + 19 * DAY) == [], "an end that was agreed is nobody's delay"


def test_a_short_grant_does_not_end_when_it_begins(house: House) -> None:
    house.grant(house.take(), ends=NOW + 2 * DAY)
    assert commands.look(now=NOW + DAY - HOUR) == 0
    assert commands.look(now=NOW + DAY) == 2


def test_an_answer_is_called_for_before_it_is_late_and_found_late_without_its_own_job(house: House) -> None:
    owner = add("owner@vendor.example", "Vendor", Role.PRODUCT_OWNER, is_vendor=True)
    desk = house.desk()
    shown = readingroom.open_file(desk.viewer, desk.grant, desk.release, MAIN, Span(1, 3), now=NOW)
    readingroom.ask_question(desk.viewer, desk.grant, shown.view.recorded.uid, "Why?", span=Span(1, 1), now=NOW)
    Job.objects.all().delete()  # met a clock that was set back, and found nothing late
    commands.look(now=NOW + timedelta(hours=54))
    assert called(owner) == ["answer-due"]
    commands.look(now=NOW + timedelta(hours=72))
    commands.look(now=NOW + timedelta(hours=73))
    assert [one.kind for one in notices.inbox(owner).filter(kind="threads.late")] == ["threads.late"]
    assert Event.objects.filter(kind="threads.escalated").count() == 1


@pytest.mark.parametrize("jump", [-400 * DAY, 400 * DAY])
def test_a_clock_that_jumps_calls_nobody_twice_and_loses_no_call(house: House, jump: timedelta) -> None:
    ask(house)
    commands.look(now=NOW + jump)
    for now in (REMIND, LATE, REMIND + jump, LATE + jump, LATE):
        commands.look(now=now)
    assert called(house.cast.manager) == ["request-waits", "request-late"]
    assert Event.objects.filter(kind="deadlines.called").count() == 2


def test_each_office_reads_what_is_late_of_its_own_and_a_visitor_none(house: House) -> None:
    _, proposal = proposed(house)
    for viewer in (house.cast.manager, house.cast.officer):
        found = queries.overdue(viewer, LATE)
        assert {(one.kind, one.subject) for one in found} == {
            ("deadlines.request-late", Uid(proposal.subject)),
            ("deadlines.proposal-late", Uid(proposal.uid)),
        }
    owner = add("owner@vendor.example", "Vendor", Role.PRODUCT_OWNER, is_vendor=True)
    assert queries.overdue(owner, LATE) == []
    auditor = add("auditor@vendor.example", "Vendor", Role.AUDITOR, is_vendor=True)
    for viewer in (house.cast.reviewer, house.cast.stranger, auditor):
        with pytest.raises(NotFoundError):
            queries.overdue(viewer, LATE)
