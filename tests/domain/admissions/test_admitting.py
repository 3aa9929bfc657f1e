# SPDX-License-Identifier: Apache-2.0
"""From handing in to the custodian's word, and who learns what of it."""

import io
from datetime import timedelta

import pytest
from django.conf import settings

from glasshouse.domain.admissions import commands, queries, shelf
from glasshouse.domain.admissions.errors import (
    BroughtAlreadyError,
    LicenceError,
    NotAdmittedError,
    NotBroughtError,
    NotTriedError,
    OtherBytesError,
    SettledError,
)
from glasshouse.domain.admissions.models import Brought
from glasshouse.domain.admissions.values import Kind, NewBrought, State, Trial
from glasshouse.domain.deadlines import commands as clocks
from glasshouse.domain.deadlines import queries as deadlines
from glasshouse.domain.engagements import commands as engagements
from glasshouse.domain.engagements.errors import EngagementClosedError
from glasshouse.domain.engagements.models import Engagement
from glasshouse.domain.engagements.values import Ending
from glasshouse.domain.journal import queries as journal
from glasshouse.domain.journal.models import Event, SeedClass
from glasshouse.domain.notices.models import Notice
from glasshouse.domain.people.values import Role
from glasshouse.domain.releases import vault
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.errors import NotFoundError
from glasshouse.kernel.ids import Uid
from tests.domain.admissions.bringing import NAME, RULES, SECRET, admit, bring, engaged
from tests.lab import NOW, House, add
from tests.plaintext import Search


def packs(house: House) -> list[str]:
    return [one.name for one in shelf.folder(house.cast.reviewer.organisation).glob("brought-*")]


def test_rules_are_tried_admitted_by_digest_and_then_usable(house: House) -> None:
    uid = bring(house)
    shown = queries.brought(house.cast.custodian, uid, NOW)
    assert (shown.digest, shown.size, shown.licence) == (Digest.of(RULES), len(RULES), "MIT")
    assert (shown.tried.outcome, shown.tried.rules, shown.tried.languages) == (Trial.PASSED, 2, ("C", "Python"))
    assert shown.may_decide
    told = admit(house, uid)
    assert (told.state, told.reason, told.name) == (State.ADMITTED, "Small and open.", NAME)
    assert queries.opened(uid, NOW).content == RULES
    assert [one.uid for one in queries.admitted(house.cast.reviewer, engaged(house), NOW)] == [uid]


def test_the_custodian_is_told_neither_its_name_nor_who_brought_it_nor_a_word_of_it(house: House) -> None:
    shown = queries.brought(house.cast.custodian, bring(house), NOW)
    assert (shown.name, shown.by, shown.tried.said) == ("", "", "")
    assert SECRET not in repr(shown)
    assert SECRET not in str(Brought.objects.values())


def test_nothing_of_it_rests_in_the_open(house: House) -> None:
    bring(house)
    assert packs(house)
    search = Search([SECRET.encode(), NAME.encode()])
    assert not search.files(settings.GLASSHOUSE.home)
    assert not search.rows()


def test_the_name_is_in_the_entry_for_the_visitors_side_alone(house: House) -> None:
    uid = bring(house, is_tried=False)
    entry = Event.objects.get(kind="admissions.handed-in", subject=uid.text)
    assert journal.open_event(entry, vault.journal_sealer, classes=[SeedClass.VISITOR]).fields["name"] == NAME
    assert "name" not in journal.open_event(entry, vault.journal_sealer).fields


@pytest.mark.parametrize("role", [role for role in Role if role not in {Role.CUSTODIAN, Role.LAB_MANAGER}])
def test_to_everybody_else_of_the_vendor_nothing_was_brought(house: House, role: Role) -> None:
    uid = bring(house)
    other = add("other@vendor.example", "Vendor", role, is_vendor=True)
    assert queries.brought_of(other, NOW) == []
    assert queries.waiting(other) == 0
    with pytest.raises(NotBroughtError):
        queries.brought(other, uid, NOW)
    with pytest.raises(NotFoundError):
        commands.admit(other, uid, "Mine.", digest=Digest.of(RULES), now=NOW)


def test_another_organisation_does_not_learn_of_it_by_the_same_bytes(house: House) -> None:
    uid = bring(house)
    theirs = bring(house, viewer=house.cast.stranger)
    assert theirs != uid
    assert [one.uid for one in queries.brought_of(house.cast.stranger, NOW)] == [theirs]
    for change in (queries.own, queries.row):
        with pytest.raises(NotBroughtError):
            change(house.cast.stranger, uid)
    with pytest.raises(NotBroughtError):
        commands.withdraw(house.cast.stranger, uid, now=NOW)


def test_a_colleague_who_is_not_of_the_engagement_sees_nothing_of_it(house: House) -> None:
    bring(house)
    assert queries.brought_of(house.cast.colleague, NOW) == []


def test_a_decision_names_the_bytes_that_were_shown(house: House) -> None:
    uid = bring(house)
    for decide in (commands.admit, commands.refuse):
        with pytest.raises(OtherBytesError):
            decide(house.cast.custodian, uid, "No.", digest=Digest.of(b"other"), now=NOW)


def test_nothing_is_admitted_before_it_was_tried(house: House) -> None:
    uid = bring(house, is_tried=False)
    with pytest.raises(NotTriedError):
        admit(house, uid)


def test_what_cannot_be_tried_here_waits_and_is_tried_again_when_it_is_asked_for(house: House) -> None:
    uid = bring(house, b"rule a { condition: true }", Kind.YARA)
    row = Brought.objects.get(uid=uid.text)
    Brought.objects.filter(pk=row.pk).update(trial=Trial.NOT_RUN)
    with pytest.raises(NotTriedError):
        admit(house, uid)
    commands.try_again(house.cast.custodian, uid, now=NOW)
    assert Brought.objects.get(uid=uid.text).trial == Trial.PENDING


def test_a_licence_that_is_not_open_needs_the_custodians_own_word(house: House) -> None:
    uid = bring(house, licence="LicenseRef-Ours")
    with pytest.raises(LicenceError):
        admit(house, uid)
    told = admit(house, uid, waives_licence=True)
    assert (told.is_open_licence, told.is_licence_waived) == (False, True)


def test_a_sentence_is_no_licence(house: House) -> None:
    with pytest.raises(LicenceError):
        bring(house, licence="MIT or what you like")


def test_what_is_refused_is_removed_and_keeps_its_digest_and_reason(house: House) -> None:
    uid = bring(house)
    commands.refuse(house.cast.manager, uid, "Not in this engagement.", digest=Digest.of(RULES), now=NOW)
    told = queries.brought(house.cast.reviewer, uid, NOW)
    assert (told.state, told.reason, told.settled_by) == (State.REFUSED, "Not in this engagement.", "Manager")
    assert packs(house) == []
    with pytest.raises(SettledError):
        admit(house, uid)
    bring(house)  # and may be brought again


def test_the_same_bytes_are_brought_once(house: House) -> None:
    bring(house)
    with pytest.raises(BroughtAlreadyError):
        bring(house)
    assert len(packs(house)) == 1


def test_what_is_withdrawn_is_used_no_more_and_gone(house: House) -> None:
    uid = bring(house)
    admit(house, uid)
    commands.withdraw(house.cast.reviewer, uid, now=NOW)
    assert packs(house) == []
    with pytest.raises(NotAdmittedError):
        queries.opened(uid, NOW)
    with pytest.raises(NotAdmittedError):
        queries.usable(house.cast.reviewer, uid, engaged(house), NOW)
    with pytest.raises(SettledError):
        commands.withdraw(house.cast.reviewer, uid, now=NOW)


def test_the_vendor_withdraws_nothing(house: House) -> None:
    uid = bring(house)
    with pytest.raises(NotBroughtError):
        commands.withdraw(house.cast.custodian, uid, now=NOW)


def test_it_ends_with_its_engagement(house: House) -> None:
    uid = bring(house)
    admit(house, uid)
    engagements.close_engagement(house.cast.manager, engaged(house), Ending.COMPLETED, "", now=NOW)
    assert queries.brought(house.cast.reviewer, uid, NOW).state == State.OVER
    with pytest.raises(NotAdmittedError):
        queries.opened(uid, NOW)
    assert packs(house)
    assert commands.end_over(now=NOW) == 1
    assert packs(house) == []
    with pytest.raises(EngagementClosedError):
        bring(house, RULES + b"\n")


def test_it_ends_when_the_engagements_time_is_over(house: House) -> None:
    uid = bring(house)
    admit(house, uid)
    ends = Engagement.objects.get(uid=engaged(house).text).ends
    assert ends is not None
    with pytest.raises(NotAdmittedError):
        queries.opened(uid, ends)
    assert commands.end_over(now=ends - timedelta(seconds=1)) == 0
    assert commands.end_over(now=ends) == 1


def test_the_vendor_brings_nothing_and_a_stranger_nothing_into_anothers_engagement(house: House) -> None:
    engagement = engaged(house)
    for viewer in (house.cast.custodian, house.cast.stranger):
        new = NewBrought(engagement, Kind.AST_GREP, NAME, "MIT", "Why.", io.BytesIO(RULES))
        with pytest.raises(NotFoundError):
            commands.hand_in(viewer, new, now=NOW)


def test_a_late_word_stands_on_the_custodians_list_and_its_visitor_hears_of_it(house: House) -> None:
    uid = bring(house)
    late = queries.brought(house.cast.reviewer, uid, NOW).due_at
    assert not [call for call in deadlines.overdue(house.cast.custodian, NOW) if call.subject == uid]
    assert [call.kind for call in deadlines.overdue(house.cast.custodian, late) if call.subject == uid] == [
        "deadlines.admission-late"
    ]
    assert not [call for call in deadlines.overdue(house.cast.officer, late) if call.subject == uid]
    assert queries.brought(house.cast.reviewer, uid, late).is_late
    clocks.look(now=late)
    told = Notice.objects.filter(subject=uid.text, kind="deadlines.admission-late")
    assert set(told.values_list("person", flat=True)) >= {house.cast.reviewer.row, house.cast.custodian.row}
    admit(house, uid)
    assert not [call for call in deadlines.overdue(house.cast.custodian, late) if call.subject == uid]


def test_a_pack_that_no_row_names_is_removed_by_the_next(house: House) -> None:
    bring(house)
    lost = shelf.folder(house.cast.reviewer.organisation) / "brought-lost.pack"
    lost.write_bytes(b"half")
    bring(house, RULES + b"# more\n")
    assert not lost.exists()
    assert len(packs(house)) == 2


def test_what_the_worker_finds_settled_it_does_not_try(house: House) -> None:
    uid = bring(house, is_tried=False)
    commands.withdraw(house.cast.reviewer, uid, now=NOW)
    assert commands.attempt(uid, now=NOW) is None
    assert commands.attempt(Uid.new(), now=NOW) is None
