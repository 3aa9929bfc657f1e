# SPDX-License-Identifier: Apache-2.0
"""A product that is shown in pictures: who draws none is refused, who asks for text has it, and entries say which."""

from dataclasses import replace

import pytest

from glasshouse.domain.journal import queries as journal
from glasshouse.domain.journal.models import Event, SeedClass
from glasshouse.domain.journal.values import Json
from glasshouse.domain.people.values import Role
from glasshouse.domain.people.viewer import Origin, Viewer
from glasshouse.domain.readingroom import commands
from glasshouse.domain.readingroom.errors import PicturesOnlyError, VisitClosedError
from glasshouse.domain.readingroom.models import Visit
from glasshouse.domain.readingroom.values import TextReason
from glasshouse.domain.releases import commands as releases
from glasshouse.domain.releases import vault
from glasshouse.domain.releases.reading import Reading
from glasshouse.kernel.errors import NotFoundError
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.lines import Span
from glasshouse.kernel.texts import UnreadableTextError
from tests.lab import MAIN, NOW, Desk, House, add

SPAN = Span(1, 10)


@pytest.fixture
def desk(house: House) -> Desk:
    """A visit to a product that is shown in pictures."""
    found = house.desk()
    owner = add("owner@vendor.example", "Vendor", Role.PRODUCT_OWNER, is_vendor=True)
    product = Uid(found.taken[0].product.uid)
    releases.set_reading(owner, product, Reading(in_pictures=True), reason="Trade secret.", now=NOW)
    return found


def drawing(viewer: Viewer) -> Viewer:
    return replace(viewer, origin=Origin(draws=True))


def said(kind: str, *classes: SeedClass) -> dict[str, Json]:
    row = Event.objects.filter(kind=kind).latest("pk")
    return dict(journal.open_event(row, vault.journal_sealer, classes=classes or (SeedClass.SHARED,)).fields)


def test_a_way_in_that_draws_nothing_is_refused_and_charged_nothing(desk: Desk) -> None:
    with pytest.raises(PicturesOnlyError):
        commands.open_file(desk.viewer, desk.grant, desk.release, MAIN, SPAN, now=NOW)
    assert not Event.objects.filter(kind="readingroom.lines-shown").exists()
    shown = commands.open_file(drawing(desk.viewer), desk.grant, desk.release, MAIN, SPAN, now=NOW)
    assert shown.view.charged == 10
    assert said("readingroom.lines-shown")["reading"] == {
        "copy": False,
        "form": "pictures",
        "print": False,
        "select": False,
    }


def test_names_of_files_are_text_in_any_case(desk: Desk) -> None:
    shown = commands.open_folder(desk.viewer, desk.grant, desk.release, None, now=NOW)
    assert shown.items


def test_who_asks_for_text_has_it_for_the_rest_of_the_visit_and_entries_say_so(desk: Desk) -> None:
    commands.ask_for_text(desk.viewer, desk.visit, TextReason.ASSISTIVE, now=NOW)
    shown = commands.open_file(desk.viewer, desk.grant, desk.release, MAIN, SPAN, now=NOW)
    assert not shown.view.room.as_pictures
    assert shown.view.charged == 10
    reading = said("readingroom.lines-shown")["reading"]
    assert isinstance(reading, dict)
    assert reading["form"] == "text"


def test_that_text_was_asked_for_is_told_and_why_is_the_visitors_own(desk: Desk) -> None:
    commands.ask_for_text(desk.viewer, desk.visit, TextReason.OTHER, words="My left eye.", now=NOW)
    assert said("readingroom.text-asked")["form"] == "text"
    assert "why" not in said("readingroom.text-asked")
    mine = said("readingroom.text-asked", SeedClass.SHARED, SeedClass.VISITOR)
    assert mine["why"] == {"reason": "other", "words": "My left eye."}


def test_asking_twice_is_recorded_once(desk: Desk) -> None:
    for _ in range(2):
        commands.ask_for_text(desk.viewer, desk.visit, TextReason.UNREADABLE, now=NOW)
    assert Event.objects.filter(kind="readingroom.text-asked").count() == 1


@pytest.mark.parametrize("words", ["", "\u202e", "x" * 501])
def test_another_reason_is_said_in_words_that_show(desk: Desk, words: str) -> None:
    with pytest.raises(UnreadableTextError):
        commands.ask_for_text(desk.viewer, desk.visit, TextReason.OTHER, words=words, now=NOW)
    assert Visit.objects.get().text_at is None


def test_nobody_asks_in_anothers_visit_or_in_one_that_was_closed(desk: Desk, house: House) -> None:
    for viewer in (house.cast.stranger, house.cast.colleague, house.cast.manager):
        with pytest.raises(NotFoundError):
            commands.ask_for_text(viewer, desk.visit, TextReason.ASSISTIVE, now=NOW)
    commands.close_visit(desk.viewer, desk.visit, now=NOW)
    with pytest.raises(VisitClosedError):
        commands.ask_for_text(desk.viewer, desk.visit, TextReason.ASSISTIVE, now=NOW)


def test_the_next_visit_begins_with_pictures_again(desk: Desk) -> None:
    commands.ask_for_text(desk.viewer, desk.visit, TextReason.ASSISTIVE, now=NOW)
    commands.close_visit(desk.viewer, desk.visit, now=NOW)
    commands.begin_visit(desk.viewer, desk.grant, desk.release, now=NOW)
    with pytest.raises(PicturesOnlyError):
        commands.open_file(desk.viewer, desk.grant, desk.release, MAIN, SPAN, now=NOW)
