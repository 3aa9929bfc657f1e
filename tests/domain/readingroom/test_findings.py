# SPDX-License-Identifier: Apache-2.0
"""Findings raised from notes: told to the product's owner without a name, moved on by the right hand alone."""

from datetime import timedelta

import pytest

from glasshouse.domain.findings import commands as findings
from glasshouse.domain.findings import rules
from glasshouse.domain.findings.errors import (
    FixNotNamedError,
    NoFindingError,
    StepNotPossibleError,
    StepNotYoursError,
)
from glasshouse.domain.findings.models import Finding, FindingPlace
from glasshouse.domain.findings.values import Severity, State, Step
from glasshouse.domain.journal import queries as journal
from glasshouse.domain.journal.models import Event, SeedClass
from glasshouse.domain.notices import queries as notices
from glasshouse.domain.people.values import Role
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.readingroom import commands, notes, raised
from glasshouse.domain.readingroom.errors import NoNoteError
from glasshouse.domain.releases import vault
from glasshouse.domain.threads import commands as threads
from glasshouse.domain.threads.models import Thread
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.errors import NotFoundError
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.lines import Span
from glasshouse.kernel.texts import UnreadableTextError
from tests.domain.readingroom.test_notes import WORDS, colleague_of, note
from tests.lab import FILES, MAIN, NOW, Desk, House, add
from tests.plaintext import Search

TITLE = "The quokka is freed twice"
DAY = timedelta(days=1)


@pytest.fixture
def owner(house: House) -> Viewer:
    """The product's owner."""
    del house
    return add("owner@vendor.example", "Vendor", Role.PRODUCT_OWNER, is_vendor=True)


@pytest.fixture
def assessor(house: House) -> Viewer:
    """An independent assessor of the vendor."""
    del house
    return add("assessor@vendor.example", "Vendor", Role.ASSESSOR, is_vendor=True)


def raise_one(desk: Desk, *, title: str = TITLE, severity: Severity = Severity.HIGH) -> Uid:
    """Raise a finding from a note on lines 3 and 4."""
    words = "Lines 3 and 4 free the quokka twice."
    return commands.raise_from_note(desk.viewer, note(desk), title, severity, words, now=NOW)


def fix(owner: Viewer, uid: Uid, release: str) -> None:
    """Confirm a finding, and claim its fix."""
    commands.move_finding(owner, uid, Step.CONFIRM, "True.", now=NOW)
    commands.move_finding(owner, uid, Step.FIX, "Freed once.", now=NOW, release=release)


def test_a_finding_stands_at_the_lines_of_its_note_for_both_sides(owner: Viewer, desk: Desk) -> None:
    uid = raise_one(desk)
    for viewer in (desk.viewer, owner):
        page = raised.finding_page(viewer, uid, NOW)
        assert (page.title, page.finding.severity, page.finding.state) == (TITLE, Severity.HIGH, State.RAISED)
        assert page.places is not None
        (place,) = page.places
        main = FILES["server-1/src/main.c"]
        assert isinstance(main, bytes)
        assert (place.path, place.span, place.digest) == (MAIN, Span(3, 4), Digest.of(main))
        assert page.due_at == NOW + timedelta(hours=48)
    assert [one.kind for one in notices.inbox(owner)] == ["threads.asked"]
    assert [(one.route, one.subject) for one in notices.inbox(owner)] == [("finding", uid.text)]


def test_the_products_owner_learns_what_was_found_and_not_who_found_it(house: House, owner: Viewer, desk: Desk) -> None:
    uid = raise_one(desk)
    assert [one.author for one in raised.finding_page(owner, uid, NOW).said] == [""]
    assert [one.author for one in raised.finding_page(house.cast.manager, uid, NOW).said] == ["Reviewer"]
    columns = {field.name for field in Finding._meta.get_fields()}
    assert columns.isdisjoint({"person", "author", "raised_by", "organisation"})
    assert WORDS not in str(raised.finding_page(owner, uid, NOW).said)


def test_the_note_of_a_finding_stays_its_authors(owner: Viewer, desk: Desk) -> None:
    raise_one(desk)
    assert notes.notes_of(owner) == []
    assert [one.words for one in notes.notes_of(desk.viewer)] == [WORDS]


def test_to_every_other_role_and_every_stranger_a_finding_does_not_exist(house: House, desk: Desk) -> None:
    uid = raise_one(desk)
    silent = [role for role in Role if role not in rules.READING]
    outside = [add(f"a-{role}@vendor.example", "Vendor", role, is_vendor=True) for role in silent]
    outside += [add(f"a-{role}@other.example", "Laboratory B", role) for role in Role]
    outside += [house.cast.colleague, house.cast.stranger]
    for viewer in outside:
        assert raised.findings_of(viewer) == []
        for attempt in (
            lambda viewer=viewer: raised.finding_page(viewer, uid, NOW),
            lambda viewer=viewer: commands.move_finding(viewer, uid, Step.WITHDRAW, "x", now=NOW),
            lambda viewer=viewer: commands.comment_on_finding(viewer, uid, "x", now=NOW),
        ):
            with pytest.raises(NoFindingError):
                attempt()


def test_nobody_raises_a_finding_from_anothers_note(house: House, owner: Viewer, desk: Desk) -> None:
    shared = note(desk, is_shared=True)
    colleague = colleague_of(house, desk)
    for viewer in (owner, house.cast.manager, house.cast.stranger, colleague):
        with pytest.raises(NoNoteError):
            commands.raise_from_note(viewer, shared, TITLE, Severity.LOW, "x", now=NOW)
    assert not Finding.objects.exists()


@pytest.mark.parametrize("title", ["", "a\u202eb", "x" * (rules.MAX_TITLE + 1)])
def test_a_title_that_hides_what_it_says_is_refused(desk: Desk, title: str) -> None:
    with pytest.raises(UnreadableTextError):
        raise_one(desk, title=title)
    assert not Thread.objects.exists()


def test_a_finding_goes_from_raised_to_verified_by_two_hands(owner: Viewer, desk: Desk, house: House) -> None:
    uid, second = raise_one(desk), house.take("2")
    fix(owner, uid, second.uid)
    page = raised.finding_page(desk.viewer, uid, NOW)
    assert (page.finding.state, page.fixed_in, page.due_at) == (State.FIXED, "2", None)
    commands.move_finding(desk.viewer, uid, Step.VERIFY, "Seen in 2.", now=NOW + DAY)
    page = raised.finding_page(owner, uid, NOW + DAY)
    assert (page.finding.state, page.fixed_in, page.steps) == (State.VERIFIED, "2", [])
    assert [one.words for one in page.said][1:] == ["True.", "Freed once.", "Seen in 2."]
    told = [row.kind for row in Event.objects.filter(subject=uid.text).order_by("pk")]
    assert told == ["findings.raised", "findings.confirmed", "findings.fixed", "findings.verified"]
    assert not threads.escalate(Uid(page.finding.thread), 1, now=NOW + 10 * DAY)


def test_nobody_of_the_first_line_judges_its_own_fix(house: House, owner: Viewer, assessor: Viewer, desk: Desk) -> None:
    uid = raise_one(desk)
    fix(owner, uid, desk.release.text)
    both = add("both@vendor.example", "Vendor", Role.PRODUCT_OWNER, Role.ASSESSOR, is_vendor=True)
    for viewer in (owner, both, house.cast.manager):
        for step in (Step.VERIFY, Step.WITHDRAW):
            with pytest.raises(StepNotYoursError):
                commands.move_finding(viewer, uid, step, "Fine.", now=NOW)
    assert commands.move_finding(assessor, uid, Step.VERIFY, "Seen.", now=NOW) == State.VERIFIED


def test_a_visitor_neither_confirms_nor_claims_a_fix(desk: Desk) -> None:
    uid = raise_one(desk)
    for step in rules.SAID_BY_VENDOR:
        with pytest.raises(StepNotYoursError):
            commands.move_finding(desk.viewer, uid, step, "x", now=NOW, release=desk.release.text)


def test_a_fix_names_a_release_of_the_product_and_nothing_else_does(house: House, owner: Viewer, desk: Desk) -> None:
    uid, foreign = raise_one(desk), house.take("9", product="other")
    commands.move_finding(owner, uid, Step.CONFIRM, "True.", now=NOW)
    for release in ("", foreign.uid, "nonsense"):
        with pytest.raises(FixNotNamedError):
            commands.move_finding(owner, uid, Step.FIX, "Done.", now=NOW, release=release)
    with pytest.raises(FixNotNamedError):
        commands.move_finding(desk.viewer, uid, Step.WITHDRAW, "x", now=NOW, release=desk.release.text)


def test_every_step_has_a_reason_and_follows_from_where_the_finding_stands(owner: Viewer, desk: Desk) -> None:
    uid = raise_one(desk)
    with pytest.raises(UnreadableTextError):
        commands.move_finding(owner, uid, Step.CONFIRM, " ", now=NOW)
    with pytest.raises(StepNotPossibleError):
        commands.move_finding(desk.viewer, uid, Step.VERIFY, "x", now=NOW)
    commands.move_finding(owner, uid, Step.DISPUTE, "It is meant so.", now=NOW)
    with pytest.raises(StepNotPossibleError):
        commands.move_finding(owner, uid, Step.DISPUTE, "Again.", now=NOW)
    assert commands.move_finding(desk.viewer, uid, Step.REOPEN, "It is not.", now=NOW) == State.RAISED
    assert raised.finding_page(owner, uid, NOW).due_at == NOW + timedelta(hours=48)


def test_a_withdrawn_finding_takes_no_word_and_never_is_late(owner: Viewer, desk: Desk) -> None:
    uid = raise_one(desk)
    commands.move_finding(desk.viewer, uid, Step.WITHDRAW, "I misread.", now=NOW)
    for viewer in (owner, desk.viewer):
        with pytest.raises(StepNotPossibleError):
            commands.comment_on_finding(viewer, uid, "Still.", now=NOW)
    assert rules.steps_from(State.WITHDRAWN) == frozenset()
    assert not threads.escalate(Uid(Finding.objects.get().thread), 1, now=NOW + 30 * DAY)


@pytest.mark.parametrize(("severity", "hours"), [(Severity.CRITICAL, 24), (Severity.NOTE, 240)])
def test_a_finding_that_nobody_answers_escalates_by_its_severity(
    house: House, desk: Desk, severity: Severity, hours: int
) -> None:
    uid = raise_one(desk, severity=severity)
    thread, due = Uid(Finding.objects.get().thread), NOW + timedelta(hours=hours)
    assert not threads.escalate(thread, 1, now=due - timedelta(seconds=1))
    assert threads.escalate(thread, 1, now=due)
    (told,) = notices.inbox(house.cast.manager).filter(kind__startswith="threads.")
    assert (told.kind, told.route, told.subject) == ("threads.late", "finding", uid.text)


def test_nothing_of_a_finding_rests_in_the_open_and_its_entry_holds_no_word(owner: Viewer, desk: Desk) -> None:
    uid = raise_one(desk)
    commands.comment_on_finding(owner, uid, "Which quokka?", now=NOW)
    assert Search([b"quokka", b"src/main.c"]).rows() == set()
    entry = Event.objects.get(kind="findings.raised")
    fields = journal.open_event(entry, vault.journal_sealer, classes=tuple(SeedClass)).fields
    assert set(fields) == {"finding", "places", "words"}
    assert "quokka" not in str(fields)


def test_the_same_content_has_the_same_opaque_place_in_every_release(desk: Desk) -> None:
    raise_one(desk)
    row, product = FindingPlace.objects.get(), Uid(desk.taken[0].product.uid)
    main = FILES["server-1/src/main.c"]
    assert isinstance(main, bytes)
    assert bytes(row.blob) == vault.blob_id(product, Digest.of(main))


def test_findings_are_numbered_in_their_engagement_and_listed_worst_first(owner: Viewer, desk: Desk) -> None:
    for severity in (Severity.LOW, Severity.CRITICAL, Severity.MEDIUM):
        raise_one(desk, severity=severity)
    listed = [(str(row), row.severity) for row, _ in raised.findings_of(owner)]
    assert listed == [("F-2", "critical"), ("F-3", "medium"), ("F-1", "low")]


def test_a_finding_that_never_was_looks_like_a_foreign_one(house: House, desk: Desk) -> None:
    raise_one(desk)
    with pytest.raises(NotFoundError):
        raised.finding_page(house.cast.stranger, Uid.new(), NOW)
    with pytest.raises(NoFindingError):
        findings.comment(house.cast.stranger, Uid(Finding.objects.get().uid), "x", reach=frozenset(), now=NOW)
