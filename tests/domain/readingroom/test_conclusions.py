# SPDX-License-Identifier: Apache-2.0
"""Saying what one has read, and what the next release leaves of it."""

from datetime import timedelta

import pytest

from glasshouse.domain.journal.models import Event
from glasshouse.domain.readingroom import commands
from glasshouse.domain.readingroom.errors import NotShownError
from glasshouse.domain.releases import reliances
from glasshouse.domain.releases.errors import NotTextError
from glasshouse.domain.releases.models import Outcome, Reason, Reliance
from glasshouse.kernel.errors import NotFoundError
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.lines import Span
from glasshouse.kernel.paths import TreePath
from tests.lab import FILES, HTTP, MAIN, NOW, Desk, House, next_version
from tests.searching import index, search, searcher

LATER = NOW + timedelta(seconds=1)
SECRET = TreePath(b"secret/keys.c")


def read(desk: Desk, path: TreePath, lines: str) -> None:
    commands.open_file(desk.viewer, desk.grant, desk.release, path, Span.parse(lines), now=NOW)


def mark(desk: Desk, path: TreePath, lines: str = "") -> Uid:
    span = Span.parse(lines) if lines else None
    return commands.mark_read(desk.viewer, desk.grant, desk.release, path, now=NOW, span=span)


@pytest.mark.django_db(transaction=True)
def test_two_conclusions_lapse_with_the_next_release_and_the_others_stand(house: House) -> None:
    first, second = house.take("1"), house.take("2", next_version(FILES))
    desk = house.seat(house.cast.reviewer, first, second)
    for path, lines in ((MAIN, "1-40"), (HTTP, "1-200"), (TreePath(b"docs/old.md"), "1-1")):
        read(desk, path, lines)
    whole, part, http, old = (
        mark(desk, MAIN),
        mark(desk, MAIN, "1-10"),
        mark(desk, HTTP),
        mark(desk, TreePath(b"docs/old.md")),
    )
    reliances.judge(Uid(first.product.uid), now=lambda: NOW)
    shown = commands.open_conclusions(desk.viewer, desk.grant, Uid(second.uid), now=LATER)
    found = {one.subject: one.verdict.outcome if one.verdict else None for one in shown.standings}
    assert found == {whole: Outcome.LAPSED, part: Outcome.STANDS, http: Outcome.MOVED, old: Outcome.LAPSED}
    assert shown.view.charged == 0


@pytest.mark.django_db(transaction=True)
def test_what_was_not_opened_is_not_marked_as_read(house: House) -> None:
    desk = house.desk()
    read(desk, MAIN, "1-39")
    with pytest.raises(NotShownError, match="39 of these 40"):
        mark(desk, MAIN)
    with pytest.raises(NotShownError):
        mark(desk, MAIN, "30-40")
    with pytest.raises(NotFoundError):
        mark(desk, MAIN, "1-41")
    with pytest.raises(NotTextError):
        mark(desk, TreePath(b"logo.png"))
    assert not Reliance.objects.exists()
    mark(desk, MAIN, "1-39")


@pytest.mark.django_db(transaction=True)
def test_what_a_search_showed_is_not_marked_as_read(house: House) -> None:
    desk = house.desk()
    index(*desk.taken)
    with searcher():
        search(desk, "Nobody reads this", context=0)
    with pytest.raises(NotShownError):
        mark(desk, TreePath(b"docs/old.md"))


@pytest.mark.django_db(transaction=True)
def test_a_colleague_sees_and_withdraws_nothing_of_anothers(house: House) -> None:
    release = house.take()
    mine, theirs = house.seat(house.cast.reviewer, release), house.seat(house.cast.colleague, release)
    read(mine, MAIN, "1-40")
    made = mark(mine, MAIN)
    assert commands.open_conclusions(theirs.viewer, theirs.grant, theirs.release, now=LATER).standings == []
    for viewer in (house.cast.colleague, house.cast.stranger, house.cast.manager, house.cast.custodian):
        with pytest.raises(NotFoundError):
            commands.withdraw_mark(viewer, made, now=LATER)
    for viewer in (house.cast.stranger, house.cast.manager, house.cast.custodian):
        with pytest.raises(NotFoundError):
            commands.open_conclusions(viewer, mine.grant, mine.release, now=LATER)
        with pytest.raises(NotFoundError):
            commands.mark_read(viewer, mine.grant, mine.release, MAIN, now=LATER)


@pytest.mark.django_db(transaction=True)
def test_a_mark_that_was_withdrawn_is_gone_and_the_journal_keeps_that_it_was(house: House) -> None:
    desk = house.desk()
    read(desk, MAIN, "1-40")
    made = mark(desk, MAIN)
    commands.withdraw_mark(desk.viewer, made, now=LATER)
    assert commands.open_conclusions(desk.viewer, desk.grant, desk.release, now=LATER).standings == []
    with pytest.raises(NotFoundError):
        commands.withdraw_mark(desk.viewer, made, now=LATER)
    kinds = set(Event.objects.values_list("kind", flat=True))
    assert {"readingroom.file-marked", "readingroom.mark-withdrawn"} <= kinds


@pytest.mark.django_db(transaction=True)
def test_outside_of_the_grant_nothing_is_marked(house: House) -> None:
    desk = house.seat(house.cast.reviewer, house.take(), patterns=("src/**",))
    with pytest.raises(NotFoundError):
        mark(desk, SECRET)


@pytest.mark.django_db(transaction=True)
def test_what_moved_out_of_the_grant_is_gone_for_its_holder_and_names_no_place(house: House) -> None:
    moved = {path.replace("server-1/", "server-2/"): content for path, content in FILES.items()}
    moved["server-2/secret/http.c"] = moved.pop("server-2/src/net/http.c")
    first, second = house.take("1"), house.take("2", moved)
    desk = house.seat(house.cast.reviewer, first, second, patterns=("src/**",))
    read(desk, HTTP, "1-200")
    mark(desk, HTTP)
    reliances.judge(Uid(first.product.uid), now=lambda: NOW)
    (found,) = commands.open_conclusions(desk.viewer, desk.grant, Uid(second.uid), now=LATER).standings
    assert found.verdict == reliances.Verdict(Outcome.LAPSED, None, Reason.REMOVED)
