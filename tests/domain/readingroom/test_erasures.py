# SPDX-License-Identifier: Apache-2.0
"""What binds a person's data keeps it from erasure, says why, and is judged again at the last word."""

from dataclasses import replace

import pytest
from pytest_django.fixtures import Settings

from glasshouse.domain.approvals.models import Proposal
from glasshouse.domain.approvals.values import State
from glasshouse.domain.journal import commands as journal
from glasshouse.domain.journal.models import Event
from glasshouse.domain.notices import commands as notices
from glasshouse.domain.notices import mailing
from glasshouse.domain.notices.models import Notice, Posting, Silence
from glasshouse.domain.people import holds
from glasshouse.domain.people.models import Hold, Person
from glasshouse.domain.people.values import Role
from glasshouse.domain.readingroom import commands
from glasshouse.domain.readingroom.errors import ErasureBoundError
from glasshouse.domain.sites.models import Arrival
from glasshouse.engines.mail import MailServer, Security
from glasshouse.kernel.errors import InvalidError, NotFoundError
from glasshouse.kernel.ids import Uid
from tests.domain.people.signedin import names, sign_in
from tests.domain.sites.place import arrival, settle
from tests.lab import NOW, Desk, House, add

EMAIL = "reviewer@regulator.example"


def propose(house: House, reason: str = "Asked for.") -> Proposal:
    return commands.propose_erasure(house.cast.manager, house.cast.reviewer.uid, now=NOW, reason=reason)


def is_erased(house: House) -> bool:
    return not Person.objects.get(pk=house.cast.reviewer.row).is_active


def test_an_open_engagement_binds_until_it_is_closed(house: House, desk: Desk) -> None:
    assert desk.viewer == house.cast.reviewer
    with pytest.raises(ErasureBoundError, match="engagement 26-001 is open"):
        propose(house)
    assert not Proposal.objects.filter(kind="journal.erasure").exists()
    house.part()
    assert propose(house).state == State.OPEN


def test_a_hold_set_after_the_first_word_stops_the_last_one(house: House) -> None:
    proposal = propose(house)
    house.agree(proposal, house.cast.custodian)
    hold = holds.set_hold(house.cast.manager, EMAIL, "A court asked for it.", now=NOW)
    with pytest.raises(ErasureBoundError, match="A court asked for it"):
        house.agree(proposal, house.cast.officer)
    proposal.refresh_from_db()
    assert (proposal.state, proposal.decisions.count(), is_erased(house)) == (State.OPEN, 1, False)
    holds.lift_hold(house.cast.manager, Uid(hold.uid), "The court is content.", now=NOW)
    assert house.agree(proposal, house.cast.officer).state == State.AGREED
    assert is_erased(house)
    assert Event.objects.filter(kind="journal.seeds-erased").count() == 1
    assert not Hold.objects.exists(), "its reason may tell of the person"


def test_nobody_is_erased_while_they_are_in_the_house_and_the_door_forgets_them_after(house: House) -> None:
    place = settle(house)
    came = arrival(place, place.book())
    with pytest.raises(ErasureBoundError, match="in the house"):
        propose(house)
    Arrival.objects.filter(pk=came.pk).update(departed_at=NOW, receipt="L7", devices=2)
    proposal = propose(house)
    for viewer in (house.cast.custodian, house.cast.officer):
        house.agree(proposal, viewer)
    kept = Arrival.objects.get(pk=came.pk)
    assert (kept.identity, kept.receipt, kept.devices, kept.session) == ("", "", 0, "")


def test_the_sessions_of_an_erased_person_end(house: House) -> None:
    here = sign_in(house.cast.reviewer)
    proposal = propose(house)
    for viewer in (house.cast.custodian, house.cast.officer):
        house.agree(proposal, viewer)
    assert names(here) == []


def test_an_inbox_goes_with_its_person_and_with_it_what_waited_to_be_mailed(house: House, settings: Settings) -> None:
    server = MailServer("127.0.0.1", 25, Security.NONE, "lab@vendor.example")
    settings.GLASSHOUSE = replace(settings.GLASSHOUSE, mail=server)
    mailing.set_mail(house.cast.reviewer, wanted=False, now=NOW)
    both = (house.cast.reviewer, house.cast.colleague)
    with journal.transaction():
        journal.record("tests.happened", actor="operator:tests", at=NOW)
        notices.tell([one.row for one in both], "threads.late", subject=Uid.new(), route="question", now=NOW)
    proposal = propose(house)
    for viewer in (house.cast.custodian, house.cast.officer):
        house.agree(proposal, viewer)
    for model in (Notice, Posting, Silence):
        assert not model.objects.filter(person=house.cast.reviewer.row).exists(), model
    for model in (Notice, Posting):
        assert model.objects.filter(person=house.cast.colleague.row).count() == 1, "another's stays"


@pytest.mark.parametrize("reason", ["", " ", "turned\u202eround", "x" * 2001])
def test_an_erasure_wants_a_reason_that_can_be_read(house: House, reason: str) -> None:
    with pytest.raises(InvalidError):
        propose(house, reason)


@pytest.mark.parametrize("who", ["custodian", "officer", "reviewer", "stranger"])
def test_holds_are_kept_by_lab_managers_and_auditors_alone(house: House, who: str) -> None:
    asker = getattr(house.cast, who)
    hold = holds.set_hold(house.cast.manager, EMAIL, "A dispute.", now=NOW)
    with pytest.raises(NotFoundError):
        holds.holds_of(asker)
    with pytest.raises(NotFoundError):
        holds.set_hold(asker, EMAIL, "Why not.", now=NOW)
    with pytest.raises(NotFoundError):
        holds.lift_hold(asker, Uid(hold.uid), "Why not.", now=NOW)
    auditor = add("auditor@vendor.example", "Vendor", Role.AUDITOR, is_vendor=True)
    assert [one.reason for one in holds.holds_of(auditor)] == ["A dispute."]
    holds.lift_hold(auditor, Uid(hold.uid), "Settled.", now=NOW)
    with pytest.raises(NotFoundError):
        holds.lift_hold(auditor, Uid(hold.uid), "Twice.", now=NOW)
    kinds = Event.objects.filter(subject=house.cast.reviewer.uid.text, kind__startswith="people.hold-")
    assert [one.kind for one in kinds.order_by("pk")] == ["people.hold-set", "people.hold-lifted"]
