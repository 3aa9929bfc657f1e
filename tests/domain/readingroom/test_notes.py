# SPDX-License-Identifier: Apache-2.0
"""Notes: on what was shown and nothing else, read by their author's side alone, resting in nobody's sight."""

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from glasshouse.domain.engagements import commands as engagements
from glasshouse.domain.engagements.errors import EngagementClosedError
from glasshouse.domain.engagements.models import Request
from glasshouse.domain.engagements.values import Ending
from glasshouse.domain.journal import queries as journal
from glasshouse.domain.journal import wording
from glasshouse.domain.journal.models import Event, SeedClass
from glasshouse.domain.people.values import Role
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.readingroom import commands, notes, questions, rules
from glasshouse.domain.readingroom.errors import ManyNotesError, NoNoteError, NotShownError
from glasshouse.domain.readingroom.models import Note
from glasshouse.domain.releases import vault
from glasshouse.engines.store.errors import BrokenSealError
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.errors import InvalidError, NotFoundError
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.lines import Span
from glasshouse.kernel.paths import TreePath
from glasshouse.kernel.texts import UnreadableTextError
from tests.lab import FILES, HTTP, MAIN, NOW, Desk, House, add
from tests.plaintext import Search

WORDS = "The quokka in line 3 is never freed."
LATER = NOW + timedelta(hours=1)


def seen(desk: Desk, path: TreePath = MAIN, span: Span | None = None, viewer: Viewer | None = None) -> Uid:
    """Show lines, and return the entry of it."""
    shown = commands.open_file(viewer or desk.viewer, desk.grant, desk.release, path, span or Span(1, 10), now=NOW)
    return shown.view.recorded.uid


def note(desk: Desk, text: str = WORDS, *, is_shared: bool = False, path: TreePath = MAIN) -> Uid:
    """Let the reviewer write on line 3."""
    event = seen(desk, path)
    return commands.write_note(desk.viewer, desk.grant, event, text, span=Span(3, 4), is_shared=is_shared, now=NOW)


def colleague_of(house: House, desk: Desk, *, patterns: tuple[str, ...] = ("**",)) -> Viewer:
    """Name the colleague in the reviewer's engagement, by a grant of their own."""
    house.grant(*desk.taken, holder=house.cast.colleague, patterns=patterns)
    return house.cast.colleague


def test_a_note_is_on_lines_that_its_author_was_shown(desk: Desk) -> None:
    found = notes.note(desk.viewer, note(desk))
    assert found.words == WORDS
    assert found.place is not None
    assert (found.place.path, found.place.span) == (MAIN, Span(3, 4))
    main = FILES["server-1/src/main.c"]
    assert isinstance(main, bytes)
    assert found.place.digest == str(Digest.of(main))


@pytest.mark.parametrize("span", [Span(9, 11), Span(11, 12), Span(1, 2**40)])
def test_a_note_on_lines_that_were_not_shown_is_refused(desk: Desk, span: Span) -> None:
    event = seen(desk)
    with pytest.raises(NotShownError):
        commands.write_note(desk.viewer, desk.grant, event, WORDS, span=span, now=NOW)
    assert not Note.objects.exists()


def test_a_note_on_lines_names_them(desk: Desk) -> None:
    with pytest.raises(InvalidError):
        commands.write_note(desk.viewer, desk.grant, seen(desk), WORDS, now=NOW)


def test_anothers_entry_another_grant_and_an_entry_that_shows_nothing_are_no_place(house: House, desk: Desk) -> None:
    event = seen(desk)
    opened = Uid(Event.objects.get(kind="readingroom.visit-opened").uid)
    colleague_of(house, desk)
    for viewer, grant, entry in (
        (house.cast.colleague, desk.grant, event),
        (house.cast.stranger, desk.grant, event),
        (house.cast.manager, desk.grant, event),
        (desk.viewer, Uid.new(), event),
        (desk.viewer, desk.grant, opened),
        (desk.viewer, desk.grant, Uid.new()),
    ):
        with pytest.raises(NotFoundError):
            commands.write_note(viewer, grant, entry, WORDS, span=Span(1, 1), now=NOW)


@pytest.mark.parametrize(
    "text", ["", " \n ", "a\u202eb", "zero\u200bwidth", "bell\a", "mark\ufeff", "x" * (rules.MAX_NOTE + 1)]
)
def test_a_text_that_hides_what_it_says_is_refused_with_its_reason(desk: Desk, text: str) -> None:
    with pytest.raises(UnreadableTextError):
        note(desk, text)
    assert not Event.objects.filter(kind="readingroom.note-written").exists()


def test_every_role_of_the_vendor_and_every_stranger_finds_no_note(house: House, desk: Desk) -> None:
    uid = note(desk, is_shared=True)
    outside = [add(f"a-{role}@vendor.example", "Vendor", role, is_vendor=True) for role in Role]
    outside += [add(f"a-{role}@other.example", "Laboratory B", role) for role in Role]
    outside += [house.cast.manager, house.cast.custodian, house.cast.officer, house.cast.stranger]
    for viewer in outside:
        assert notes.notes_of(viewer) == []
        for ask in (
            lambda viewer=viewer: notes.note(viewer, uid),
            lambda viewer=viewer: commands.change_note(viewer, uid, "x", now=NOW),
            lambda viewer=viewer: commands.share_note(viewer, uid, is_shared=True, now=NOW),
            lambda viewer=viewer: commands.remove_note(viewer, uid, now=NOW),
        ):
            with pytest.raises(NotFoundError):
                ask()


def test_a_colleague_reads_what_is_shared_and_changes_none_of_it(house: House, desk: Desk) -> None:
    colleague = colleague_of(house, desk)
    mine, shared = note(desk), note(desk, "For all of us.", is_shared=True)
    assert [one.uid for one in notes.notes_of(colleague)] == [shared]
    assert notes.note(colleague, shared).place is not None
    with pytest.raises(NoNoteError):
        notes.note(colleague, mine)
    with pytest.raises(NoNoteError):
        commands.change_note(colleague, shared, "Mine now.", now=NOW)
    commands.share_note(desk.viewer, shared, is_shared=False, now=NOW)
    assert notes.notes_of(colleague) == []


def test_a_colleague_whom_the_engagement_does_not_name_reads_nothing_shared(house: House, desk: Desk) -> None:
    uid = note(desk, is_shared=True)
    with pytest.raises(NoNoteError):
        notes.note(house.cast.colleague, uid)


def test_who_asked_for_an_engagement_that_does_not_name_them_reads_nothing_shared(house: House, desk: Desk) -> None:
    note(desk, is_shared=True)
    Request.objects.update(asked_by=house.cast.colleague.row)
    assert notes.notes_of(house.cast.colleague) == []


def test_the_place_of_a_shared_note_is_told_to_those_alone_whose_grant_covers_it(house: House, desk: Desk) -> None:
    colleague = colleague_of(house, desk, patterns=("src/main.c",))
    inside, outside = note(desk, is_shared=True), note(desk, is_shared=True, path=HTTP)
    assert notes.note(colleague, inside).place is not None
    found = notes.note(colleague, outside)
    assert (found.place, found.is_outside) == (None, True)
    assert notes.notes_of(colleague, text="http.c") == []


def test_an_author_finds_notes_by_their_words_and_by_their_file(desk: Desk) -> None:
    first, second = note(desk), note(desk, "A lock is missing.", path=HTTP)
    assert [one.uid for one in notes.notes_of(desk.viewer, text="QUOKKA")] == [first]
    assert [one.uid for one in notes.notes_of(desk.viewer, text="net/http")] == [second]
    assert notes.notes_of(desk.viewer, text="nowhere") == []


def test_notes_on_a_file_come_in_the_order_of_its_lines(desk: Desk) -> None:
    event = seen(desk)
    low = commands.write_note(desk.viewer, desk.grant, event, "low", span=Span(8, 8), now=NOW)
    top = commands.write_note(desk.viewer, desk.grant, event, "top", span=Span(2, 5), now=LATER)
    note(desk, path=HTTP)
    place = notes.note(desk.viewer, low).place
    assert place is not None
    assert [one.uid for one in notes.notes_on(desk.viewer, place)] == [top, low]


def test_notes_elsewhere_cost_a_file_no_look_at_them(house: House, desk: Desk) -> None:
    colleague = colleague_of(house, desk)
    note(desk, is_shared=True)
    here = notes.note(colleague, note(desk, is_shared=True, path=HTTP)).place
    assert here is not None
    with CaptureQueriesContext(connection) as few:
        assert len(notes.notes_on(colleague, here)) == 1
    for number in range(4):
        note(desk, f"Another, {number}.", is_shared=True)
    with CaptureQueriesContext(connection) as many:
        assert len(notes.notes_on(colleague, here)) == 1
    assert len(many) == len(few)


def test_a_list_of_colleagues_notes_costs_the_same_however_long_it_is(house: House, desk: Desk) -> None:
    colleague = colleague_of(house, desk, patterns=("src/main.c",))
    note(desk, is_shared=True)
    with CaptureQueriesContext(connection) as few:
        assert len(notes.notes_of(colleague)) == 1
    for number in range(4):
        note(desk, f"Another, {number}.", is_shared=True, path=(MAIN, HTTP)[number % 2])
    with CaptureQueriesContext(connection) as many:
        found = notes.notes_of(colleague)
    assert sorted(one.is_outside for one in found) == [False, False, False, True, True], "each place is still judged"
    assert len(many) == len(few)
    assert len(few) <= 4, "the notes, the grants, their releases"


def test_neither_words_nor_place_rest_in_the_open_and_the_entry_says_nothing_to_the_vendor(desk: Desk) -> None:
    uid = note(desk, is_shared=True)
    commands.change_note(desk.viewer, uid, f"{WORDS} Truly.", now=LATER)
    assert Search([b"quokka", b"src/main.c"]).rows() == set()
    for row in Event.objects.filter(subject=uid.text):
        opened = journal.open_event(row, vault.journal_sealer, classes=(SeedClass.SHARED, SeedClass.PERSONAL))
        assert opened.fields == {}


def test_the_entry_commits_to_the_words_of_a_note(desk: Desk) -> None:
    uid = note(desk)
    entry = Event.objects.get(kind="readingroom.note-written")
    told = journal.open_event(entry, vault.journal_sealer, classes=(SeedClass.VISITOR,)).fields["note"]
    row = Note.objects.get(uid=uid.text)
    plain = notes.words_sealer(desk.viewer.organisation).open(bytes(row.words), context=uid.text.encode())
    salt = json.loads(plain)["salt"]
    assert told == {"is_shared": False, "words": str(wording.digest_of(WORDS, salt))}


def test_words_that_were_moved_to_another_note_or_organisation_do_not_open(house: House, desk: Desk) -> None:
    first, second = note(desk), note(desk, "Another.")
    moved = Note.objects.get(uid=first.text).words
    Note.objects.filter(uid=second.text).update(words=moved)
    with pytest.raises(BrokenSealError):
        notes.note(desk.viewer, second)
    with pytest.raises(BrokenSealError):
        wording.read(bytes(moved), notes.words_sealer(house.cast.stranger.organisation), context=first.text)


def test_a_copy_of_the_database_without_the_master_key_opens_no_note(desk: Desk) -> None:
    note(desk)
    with connection.cursor() as cursor:
        cursor.execute("SELECT words, place FROM readingroom_note")
        words, place = cursor.fetchone()
    seeds = [bytes(seed.value) for row in Event.objects.all() for seed in row.seeds.all()]
    assert seeds
    assert all(seed not in bytes(words) + bytes(place) for seed in seeds)


def test_a_note_outlives_the_source_it_is_on_and_loses_its_place(desk: Desk) -> None:
    uid = note(desk)
    vault.ring().destroy(Uid(desk.taken[0].product.uid))
    vault.close()
    found = notes.note(desk.viewer, uid)
    assert (found.words, found.place, found.is_outside) == (WORDS, None, False)


def test_in_a_closed_engagement_notes_are_read_and_removed_but_not_written(desk: Desk) -> None:
    uid, event = note(desk), seen(desk)
    engagement = notes.note(desk.viewer, uid).engagement
    engagements.close_engagement(desk.viewer, engagement, Ending.ENDED_BY_VISITOR, "Done.", now=NOW)
    with pytest.raises(EngagementClosedError):
        commands.write_note(desk.viewer, desk.grant, event, WORDS, span=Span(1, 1), now=NOW)
    with pytest.raises(EngagementClosedError):
        commands.change_note(desk.viewer, uid, "x", now=NOW)
    with pytest.raises(EngagementClosedError):
        commands.share_note(desk.viewer, uid, is_shared=True, now=NOW)
    assert notes.note(desk.viewer, uid).words == WORDS
    commands.remove_note(desk.viewer, uid, now=NOW)
    with pytest.raises(NoNoteError):
        notes.note(desk.viewer, uid)


def test_a_removed_note_leaves_a_row_of_nothing(desk: Desk) -> None:
    uid = note(desk, is_shared=True)
    commands.remove_note(desk.viewer, uid, now=LATER)
    row = Note.objects.get(uid=uid.text)
    assert (bytes(row.words), bytes(row.place), row.is_shared) == (b"", b"", False)
    with pytest.raises(NoNoteError):
        commands.remove_note(desk.viewer, uid, now=LATER)


def test_a_person_keeps_a_bounded_number_of_notes(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "MAX_NOTES", 1)
    first = note(desk)
    with pytest.raises(ManyNotesError):
        note(desk)
    commands.remove_note(desk.viewer, first, now=NOW)
    note(desk)


def test_the_erasure_of_a_person_takes_their_notes_and_leaves_what_they_said_to_others(
    house: House, desk: Desk
) -> None:
    uid = note(desk, is_shared=True)
    asked = commands.ask_question(desk.viewer, desk.grant, seen(desk), "Why?", span=Span(1, 1), now=NOW)
    house.part()
    proposal = commands.propose_erasure(house.cast.manager, desk.viewer.uid, now=NOW, reason="Asked for.")
    for viewer in (house.cast.custodian, house.cast.officer):
        house.agree(proposal, viewer, now=LATER)
    row = Note.objects.get(uid=uid.text)
    assert (bytes(row.words), bytes(row.place), row.removed_at) == (b"", b"", LATER)
    told = questions.question(house.cast.manager, asked, LATER)
    assert told.said[0].words == "Why?"
    assert "Reviewer" not in told.said[0].author
