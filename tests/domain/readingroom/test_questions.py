# SPDX-License-Identifier: Apache-2.0
"""Questions on lines: asked of the vendor, answered by the product's owner, late when the clock says so."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from glasshouse.domain.engagements import commands as engagements
from glasshouse.domain.engagements.errors import EngagementClosedError
from glasshouse.domain.engagements.models import Engagement, Request
from glasshouse.domain.engagements.values import Ending
from glasshouse.domain.jobs import commands as jobs
from glasshouse.domain.jobs.models import Job
from glasshouse.domain.journal import queries as journal
from glasshouse.domain.journal.models import Event, SeedClass
from glasshouse.domain.notices import queries as notices
from glasshouse.domain.people.values import Role
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.readingroom import commands, questions
from glasshouse.domain.readingroom.errors import NotShownError
from glasshouse.domain.releases import vault
from glasshouse.domain.threads import commands as threads
from glasshouse.domain.threads import rules
from glasshouse.domain.threads.errors import (
    ManyThreadsError,
    NoThreadError,
    NotYoursToCloseError,
    ThreadClosedError,
)
from glasshouse.domain.threads.models import Message, Thread
from glasshouse.domain.threads.values import AboutKind, State
from glasshouse.engines.store.errors import BrokenSealError
from glasshouse.kernel.errors import NotFoundError
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.lines import Span
from glasshouse.kernel.texts import UnreadableTextError
from tests.domain.readingroom.test_notes import colleague_of, seen
from tests.lab import HTTP, NOW, Desk, House, add
from tests.plaintext import Search

ASKED = "Why is the quokka never freed?"
DUE = NOW + timedelta(hours=72)


@pytest.fixture
def owner(house: House) -> Viewer:
    """The product's owner."""
    del house
    return add("owner@vendor.example", "Vendor", Role.PRODUCT_OWNER, is_vendor=True)


def ask(desk: Desk, text: str = ASKED, *, span: Span | None = None) -> Uid:
    """Let the reviewer ask about lines that they see."""
    event = seen(desk)
    return commands.ask_question(desk.viewer, desk.grant, event, text, span=span or Span(2, 4), now=NOW)


def kinds(viewer: Viewer) -> list[str]:
    """The kinds of a person's notices of questions, newest first."""
    return [one.kind for one in notices.inbox(viewer) if one.kind.startswith("threads.")]


def test_a_question_is_answered_by_the_products_owner_in_time(owner: Viewer, desk: Desk) -> None:
    uid = ask(desk)
    assert kinds(owner) == ["threads.asked"]
    asked = questions.question(owner, uid, NOW)
    assert (asked.state, asked.due_at, asked.first) == (State.WAITING, DUE, ASKED)
    assert asked.place is not None
    assert (str(asked.place.path), asked.place.span) == ("src/main.c", Span(2, 4))
    commands.reply_to_question(owner, uid, "It is freed at exit.", now=DUE - timedelta(seconds=1))
    found = questions.question(desk.viewer, uid, DUE)
    assert (found.state, found.is_late, found.escalated_at) == (State.ANSWERED, False, None)
    assert [(one.author, one.words) for one in found.said] == [
        ("Reviewer", ASKED),
        ("Owner", "It is freed at exit."),
    ]
    assert kinds(desk.viewer)[0] == "threads.answered"
    assert not threads.escalate(uid, 1, now=DUE + timedelta(days=1))


def test_the_products_owner_learns_what_is_asked_and_not_who_asks_or_what_was_read(owner: Viewer, desk: Desk) -> None:
    asked = questions.question(owner, ask(desk), NOW)
    assert asked.engagement == ""
    assert [(one.author, one.author_row) for one in asked.said] == [("", 0)]
    assert asked.place is not None
    assert (asked.place.event, asked.place.grant, asked.grant) == (None, None, None)


def test_a_list_of_questions_looks_names_up_once(owner: Viewer, desk: Desk) -> None:
    def looks(asked: int) -> int:
        with CaptureQueriesContext(connection) as told:
            assert len(questions.questions_of(owner, NOW)) == asked
        return len(told)

    ask(desk)
    one = looks(1)
    ask(desk)
    assert looks(2) == one + 1, "what was said, and nothing else"


def test_who_asked_for_an_engagement_that_does_not_name_them_reads_none_of_its_questions(
    house: House, desk: Desk
) -> None:
    uid = ask(desk)
    Request.objects.update(asked_by=house.cast.colleague.row)
    assert questions.questions_of(house.cast.colleague, NOW) == []
    with pytest.raises(NoThreadError):
        questions.question(house.cast.colleague, uid, NOW)


def test_who_manages_the_lab_learns_who_asks(house: House, desk: Desk) -> None:
    asked = questions.question(house.cast.manager, ask(desk), NOW)
    assert asked.engagement == Engagement.objects.get().label
    assert asked.said[0].author == "Reviewer"


def test_to_every_other_role_and_every_stranger_a_question_does_not_exist(house: House, desk: Desk) -> None:
    uid = ask(desk)
    silent = [role for role in Role if role not in rules.ANSWERING]
    outside = [add(f"a-{role}@vendor.example", "Vendor", role, is_vendor=True) for role in silent]
    outside += [add(f"a-{role}@other.example", "Laboratory B", role) for role in Role]
    outside += [house.cast.colleague, house.cast.stranger]
    for viewer in outside:
        assert questions.questions_of(viewer, NOW) == []
        for attempt in (
            lambda viewer=viewer: questions.question(viewer, uid, NOW),
            lambda viewer=viewer: commands.reply_to_question(viewer, uid, "x", now=NOW),
            lambda viewer=viewer: commands.close_question(viewer, uid, now=NOW),
        ):
            with pytest.raises(NoThreadError):
                attempt()


def test_nobody_of_the_vendor_asks_and_nobody_asks_on_anothers_entry(house: House, owner: Viewer, desk: Desk) -> None:
    event = seen(desk)
    colleague_of(house, desk)
    for viewer in (owner, house.cast.manager, house.cast.colleague, house.cast.stranger):
        with pytest.raises(NotFoundError):
            commands.ask_question(viewer, desk.grant, event, ASKED, span=Span(1, 1), now=NOW)
    with pytest.raises(NotShownError):
        commands.ask_question(desk.viewer, desk.grant, event, ASKED, span=Span(10, 11), now=NOW)
    assert not Thread.objects.exists()


@pytest.mark.parametrize("text", ["", "a\u202eb", "x" * (rules.MAX_WORDS + 1)])
def test_a_question_or_an_answer_that_hides_what_it_says_is_refused(owner: Viewer, desk: Desk, text: str) -> None:
    with pytest.raises(UnreadableTextError):
        ask(desk, text)
    uid = ask(desk)
    with pytest.raises(UnreadableTextError):
        commands.reply_to_question(owner, uid, text, now=NOW)


def test_a_colleague_of_the_engagement_reads_and_asks_on_and_learns_the_place_their_grant_covers(
    house: House, owner: Viewer, desk: Desk
) -> None:
    colleague = colleague_of(house, desk, patterns=("src/net/**",))
    main = ask(desk)
    shown = commands.open_file(desk.viewer, desk.grant, desk.release, HTTP, Span(1, 5), now=NOW)
    http = commands.ask_question(
        desk.viewer, desk.grant, shown.view.recorded.uid, "And this?", span=Span(1, 1), now=NOW
    )
    assert questions.question(colleague, main, NOW).place is None
    inside = questions.question(colleague, http, NOW)
    assert inside.place is not None
    assert inside.grant is not None
    commands.reply_to_question(owner, http, "So.", now=NOW)
    commands.reply_to_question(colleague, http, "And why?", now=NOW)
    assert [one.author for one in questions.question(desk.viewer, http, NOW).said] == ["Reviewer", "Owner", "Colleague"]


def test_an_answer_that_comes_late_before_anybody_looked_was_late_all_the_same(
    house: House, owner: Viewer, desk: Desk
) -> None:
    uid, late = ask(desk), DUE + timedelta(hours=1)
    commands.reply_to_question(owner, uid, "It is freed at exit.", now=late)
    found = questions.question(desk.viewer, uid, late)
    assert (found.state, found.escalated_at) == (State.ANSWERED, late)
    assert kinds(house.cast.manager) == ["threads.late"]
    assert not threads.escalate(uid, 1, now=late)
    commands.reply_to_question(owner, uid, "And at every reset.", now=late)
    assert kinds(house.cast.manager) == ["threads.late"]


def test_a_late_answer_escalates_to_who_manages_the_lab_once(house: House, owner: Viewer, desk: Desk) -> None:
    uid = ask(desk)
    assert not threads.escalate(uid, 1, now=DUE - timedelta(microseconds=1))
    assert threads.escalate(uid, 1, now=DUE)
    assert not threads.escalate(uid, 1, now=DUE + timedelta(hours=1))
    assert kinds(house.cast.manager) == ["threads.late"]
    assert kinds(owner) == ["threads.late", "threads.asked"]
    assert kinds(desk.viewer) == ["threads.late"]
    assert kinds(house.cast.custodian) == []
    found = questions.question(desk.viewer, uid, DUE)
    assert (found.is_late, found.escalated_at) == (True, DUE)
    assert Event.objects.filter(kind="threads.escalated", subject=uid.text).count() == 1
    commands.reply_to_question(owner, uid, "Late, sorry.", now=DUE + timedelta(hours=2))
    assert questions.question(desk.viewer, uid, DUE).escalated_at == DUE


def test_the_deadline_is_a_job_of_the_moment_when_the_answer_is_due(desk: Desk) -> None:
    uid = ask(desk)
    job = Job.objects.get(kind=threads.DEADLINE)
    assert (job.arguments, job.not_before) == ({"thread": uid.text, "turn": 1}, DUE)
    while (held := jobs.claim(now=DUE - timedelta(seconds=1))) is not None:
        assert held.kind != threads.DEADLINE


def test_a_clock_that_was_set_back_escalates_nothing_and_loses_nothing(desk: Desk) -> None:
    uid = ask(desk)
    assert not threads.escalate(uid, 1, now=NOW - timedelta(days=400))
    assert threads.escalate(uid, 1, now=DUE)


def test_asking_on_starts_the_clock_again_and_asking_twice_grants_no_time(owner: Viewer, desk: Desk) -> None:
    uid = ask(desk)
    commands.reply_to_question(desk.viewer, uid, "Hello?", now=NOW + timedelta(hours=70))
    assert Thread.objects.get().due_at == DUE
    commands.reply_to_question(owner, uid, "So.", now=NOW + timedelta(hours=71))
    later = NOW + timedelta(hours=80)
    commands.reply_to_question(desk.viewer, uid, "And why?", now=later)
    row = Thread.objects.get()
    assert (row.turn, row.due_at) == (2, later + timedelta(hours=72))
    assert not threads.escalate(uid, 1, now=row.due_at)
    assert threads.escalate(uid, 2, now=row.due_at)


def test_only_those_who_asked_close_and_a_closed_question_takes_no_word(owner: Viewer, desk: Desk) -> None:
    uid = ask(desk)
    with pytest.raises(NotYoursToCloseError):
        commands.close_question(owner, uid, now=NOW)
    commands.close_question(desk.viewer, uid, now=NOW)
    with pytest.raises(ThreadClosedError):
        commands.close_question(desk.viewer, uid, now=NOW)
    for viewer in (owner, desk.viewer):
        with pytest.raises(ThreadClosedError):
            commands.reply_to_question(viewer, uid, "One more.", now=NOW)
    assert not threads.escalate(uid, 1, now=DUE)


def test_in_a_closed_engagement_the_vendor_may_answer_and_nobody_asks(owner: Viewer, desk: Desk) -> None:
    uid, event = ask(desk), seen(desk)
    engagement = Uid(Engagement.objects.get().uid)
    engagements.close_engagement(desk.viewer, engagement, Ending.ENDED_BY_VISITOR, "Done.", now=NOW)
    with pytest.raises(EngagementClosedError):
        commands.ask_question(desk.viewer, desk.grant, event, ASKED, span=Span(1, 1), now=NOW)
    with pytest.raises(EngagementClosedError):
        commands.reply_to_question(desk.viewer, uid, "x", now=NOW)
    commands.reply_to_question(owner, uid, "Still an answer.", now=NOW)
    assert questions.question(desk.viewer, uid, NOW).state == State.ANSWERED


def test_words_and_lines_rest_sealed_for_the_two_parties(house: House, owner: Viewer, desk: Desk) -> None:
    uid = ask(desk)
    commands.reply_to_question(owner, uid, "The quokka is freed at exit.", now=NOW)
    assert Search([b"quokka", b"src/main.c"]).rows() == set()
    row = Message.objects.order_by("pk").first()
    assert row is not None
    other = vault.party_sealer(house.cast.stranger.organisation, rules.SEALED_FOR)
    with pytest.raises(BrokenSealError):
        other.open(bytes(row.words), context=row.uid.encode())


def test_the_entry_of_a_question_holds_its_clock_and_no_word(desk: Desk) -> None:
    uid = ask(desk)
    entry = Event.objects.get(kind="threads.opened", subject=uid.text)
    fields = journal.open_event(entry, vault.journal_sealer, classes=tuple(SeedClass)).fields
    assert fields["thread"] == {"about": AboutKind.LINES.value, "due": "2026-11-26T08:00:00.000000Z"}
    assert set(fields) == {"thread", "words"}
    assert len(str(fields["words"])) == 64


def test_an_engagement_has_a_bounded_number_of_questions_that_wait(
    owner: Viewer, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "MAX_WAITING", 1)
    uid = ask(desk)
    with pytest.raises(ManyThreadsError):
        ask(desk)
    commands.reply_to_question(owner, uid, "So.", now=NOW)
    ask(desk)


def test_a_question_outlives_the_source_it_is_on_and_loses_its_lines(desk: Desk) -> None:
    uid = ask(desk)
    vault.ring().destroy(Uid(desk.taken[0].product.uid))
    vault.close()
    found = questions.question(desk.viewer, uid, NOW)
    assert (found.place, found.first) == (None, ASKED)
