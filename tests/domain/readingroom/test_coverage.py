# SPDX-License-Identifier: Apache-2.0
"""How much was read: by folder, by risky area, by person and by engagement, never outside of the grant."""

from datetime import timedelta

import pytest

from glasshouse.domain.journal.models import Event
from glasshouse.domain.journal.queries import open_event
from glasshouse.domain.readingroom import commands
from glasshouse.domain.readingroom.commands.coverage import CoverageShown
from glasshouse.domain.readingroom.coverage import Share, Whose
from glasshouse.domain.readingroom.errors import NoVisitError
from glasshouse.domain.releases import vault
from glasshouse.kernel.errors import NotFoundError, RefusedError
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.lines import Span
from glasshouse.kernel.paths import TreePath
from tests.lab import FILES, HTTP, MAIN, NOW, Desk, House
from tests.searching import index, search, searcher

LATER = NOW + timedelta(seconds=1)
SRC = TreePath(b"src")
TEXT = 3 + 3 + 1 + 12 + 3 + 40 + 200
"""Lines of the release's text; a picture and a link have none that could be read."""


def shown(desk: Desk, folder: TreePath | None = None, whose: Whose = Whose.OWN, first: int = 0) -> CoverageShown:
    return commands.open_coverage(desk.viewer, desk.grant, desk.release, folder, now=LATER, whose=whose, first=first)


def read(desk: Desk, path: TreePath, lines: str) -> None:
    commands.open_file(desk.viewer, desk.grant, desk.release, path, Span.parse(lines), now=NOW)


@pytest.mark.django_db(transaction=True)
def test_nothing_read_is_nothing_covered(house: House) -> None:
    found = shown(house.desk()).coverage
    assert found.whole == Share(files=8, lines=TEXT, read=0, found=0)
    assert found.no_text == 2
    assert found.whole.percent == 0


@pytest.mark.django_db(transaction=True)
def test_lines_that_were_opened_count_once_for_file_folder_and_release(house: House) -> None:
    desk = house.desk()
    read(desk, MAIN, "1-10")
    read(desk, MAIN, "5-14")
    found = shown(desk, SRC).coverage
    assert (found.whole.read, found.here.read, found.here.lines) == (14, 14, 243)
    rows = {str(part.path): (part.is_folder, part.share.read, part.share.lines) for part in found.parts}
    assert rows == {"src/long.c": (False, 0, 3), "src/main.c": (False, 14, 40), "src/net": (True, 0, 200)}


@pytest.mark.django_db(transaction=True)
def test_a_line_too_long_to_be_shown_whole_stays_unread(house: House) -> None:
    desk = house.desk()
    read(desk, TreePath(b"src/long.c"), "1-3")
    part = next(one for one in shown(desk, SRC).coverage.parts if str(one.path) == "src/long.c")
    assert (part.share.read, part.share.unread) == (2, 1)


@pytest.mark.django_db(transaction=True)
def test_what_a_search_showed_is_not_called_read_until_it_is_opened(house: House) -> None:
    desk = house.desk()
    index(*desk.taken)
    with searcher():
        search(desk, "line_7;", context=2)
    before = shown(desk).coverage.whole
    read(desk, MAIN, "7-7")
    after = shown(desk).coverage.whole
    assert (before.read, before.found) == (0, 5)
    assert (after.read, after.found) == (1, 4)


@pytest.mark.django_db(transaction=True)
def test_outside_of_the_grant_nothing_is_counted_or_named(house: House) -> None:
    desk = house.desk(patterns=("src/**",))
    found = shown(desk).coverage
    assert (found.whole.files, found.whole.lines, found.no_text) == (3, 243, 0)
    assert [str(part.path) for part in found.parts] == ["src"]
    assert all("secret" not in str(one.path) for one in found.to_read)
    with pytest.raises(NotFoundError):
        shown(desk, TreePath(b"secret"))
    with pytest.raises(NotFoundError):
        shown(desk, TreePath(b"nowhere"))


@pytest.mark.django_db(transaction=True)
def test_a_copy_outside_of_the_grant_tells_nothing_and_one_inside_is_read_with_it(house: House) -> None:
    main = FILES["server-1/src/main.c"]
    files = {**FILES, "server-1/secret/main.c": main, "server-1/src/copy.c": main}
    desk = house.seat(house.cast.reviewer, house.take("1", files), patterns=("src/**",))
    read(desk, MAIN, "1-40")
    assert shown(desk).coverage.whole.read == 80


@pytest.mark.django_db(transaction=True)
def test_risky_files_are_listed_unread_first_with_reason_and_next_line(house: House) -> None:
    desk = house.desk()
    read(desk, HTTP, "1-3")
    found = shown(desk).coverage
    listed = {str(one.path): one for one in found.to_read}
    assert set(listed) == {"secret/keys.c", "src/net/http.c"}
    assert listed["src/net/http.c"].line == 4
    assert listed["src/net/http.c"].areas == ("network",)
    assert all(one.reasons for one in found.to_read)
    network = next(one for one in found.areas if one.area.slug == "network")
    assert (network.share.files, network.share.lines, network.share.read) == (1, 200, 3)


@pytest.mark.django_db(transaction=True)
def test_a_risky_file_that_was_read_to_its_end_leaves_the_list(house: House) -> None:
    desk = house.desk()
    read(desk, HTTP, "1-200")
    assert [str(one.path) for one in shown(desk).coverage.to_read] == ["secret/keys.c"]


@pytest.mark.django_db(transaction=True)
def test_a_colleagues_reading_counts_in_the_engagements_sum_and_nowhere_else(house: House) -> None:
    release = house.take()
    mine, theirs = house.seat(house.cast.reviewer, release), house.seat(house.cast.colleague, release)
    read(mine, MAIN, "1-10")
    read(theirs, MAIN, "6-20")
    assert shown(mine).coverage.whole.read == 10
    assert shown(theirs).coverage.whole.read == 15
    together = shown(mine, whose=Whose.ENGAGEMENT)
    assert (together.people, together.coverage.whole.read) == (2, 20)


@pytest.mark.django_db(transaction=True)
def test_coverage_is_recorded_before_it_is_shown_and_names_no_file_in_the_open(house: House) -> None:
    desk = house.desk()
    found = shown(desk, TreePath(b"src/net"))
    event = Event.objects.get(kind="readingroom.coverage-shown")
    fields = open_event(event, vault.journal_sealer).fields
    assert found.view.charged == 0
    assert event.actor == desk.viewer.uid.text
    assert fields["file"] == {"path": "src/net"}
    columns = [bytes(one) for one in vars(event).values() if isinstance(one, bytes | memoryview)]
    assert columns
    assert not any(b"src/net" in one for one in columns)


@pytest.mark.django_db(transaction=True)
def test_nobody_else_sees_it(house: House) -> None:
    desk = house.desk()
    for viewer in (house.cast.stranger, house.cast.colleague, house.cast.manager, house.cast.officer):
        with pytest.raises(NotFoundError):
            commands.open_coverage(viewer, desk.grant, desk.release, None, now=NOW)


@pytest.mark.django_db(transaction=True)
def test_without_a_visit_or_after_the_grant_no_file_is_named(house: House) -> None:
    release = house.take()
    grant = house.grant(release)
    with pytest.raises(NoVisitError):
        commands.open_coverage(house.cast.reviewer, grant, Uid(release.uid), None, now=NOW)
    desk = house.seat(house.cast.reviewer, release)
    with pytest.raises(RefusedError):
        commands.open_coverage(desk.viewer, desk.grant, desk.release, None, now=NOW + timedelta(days=3))


def test_a_share_never_says_all_or_none_of_what_is_neither() -> None:
    assert Share(1, 100_000, 1, 0).percent == 0.1
    assert Share(1, 100_000, 99_999, 0).percent == 99.9
    assert Share(1, 8, 2, 0).percent == 25.0
    assert Share(1, 8, 8, 0).percent == 100.0
    assert Share(1, 0, 0, 0).percent is None
