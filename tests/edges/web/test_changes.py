# SPDX-License-Identifier: Apache-2.0
import re

from django.test import Client

from glasshouse.domain.journal.models import Event
from tests.edges.web.conftest import Browse
from tests.lab import FILES, Desk, House, next_version


def arrange(house: House) -> Desk:
    """Seat the reviewer in a visit to two releases."""
    return house.seat(house.cast.reviewer, house.take("1"), house.take("2", next_version(FILES)))


def between(desk: Desk) -> str:
    return f"/changes/{desk.grant}/{desk.taken[0].uid}/{desk.taken[1].uid}/"


def counts(page: str) -> dict[str, int]:
    tally = page.partition('<dl class="tally">')[2].partition("</dl>")[0]
    return {name: int(count) for name, count in re.findall(r">(\w+)</span>\s*</dt><dd>(\d+)</dd>", tally)}


def test_the_list_names_what_was_added_removed_changed_and_moved(desk: Desk, reviewer: Client) -> None:
    answer = reviewer.get(between(desk))
    page = answer.content.decode()
    assert counts(page) == {"Added": 1, "Removed": 1, "Changed": 1, "Moved": 1, "Unchanged": 7}
    assert "was src/net/http.c" in page
    assert f'href="{between(desk)}file/src/main.c"' in page
    assert f'href="/r/{desk.grant}/{desk.taken[1].uid}/file/src/new.c"' in page
    assert f'href="/r/{desk.grant}/{desk.taken[0].uid}/file/docs/old.md"' in page
    assert Event.objects.filter(kind="readingroom.changes-shown").count() == 1
    assert "Glasshouse-Promise" in answer.headers


def test_a_narrow_grant_counts_its_own_part_alone(house: House, browser_of: Browse) -> None:
    desk = house.seat(
        house.cast.reviewer, house.take("1"), house.take("2", next_version(FILES)), patterns=("src/*.c", "src/net/h*")
    )
    page = browser_of(desk.viewer).get(between(desk)).content.decode()
    # The file that moved out of the grant was removed, as far as its holder may know.
    assert counts(page) == {"Added": 1, "Removed": 1, "Changed": 1, "Moved": 0, "Unchanged": 1}
    assert "web.c" not in page
    assert "old.md" not in page


def test_a_file_stands_side_by_side_and_both_sides_are_charged(desk: Desk, reviewer: Client) -> None:
    page = reviewer.get(f"{between(desk)}file/src/main.c").content.decode()
    assert re.findall(r'<span class="half del">.*?id="A(\d+)"', page) == ["20"]
    assert re.findall(r'<span class="half add">.*?id="B(\d+)"', page) == ["20", "21"]
    assert "16 equal lines" in page
    assert "+2" in page
    # Lines 17 to 23 before, 17 to 24 after; of the two files, so none is free.
    assert re.search(r'aria-label="Lines this hour" value="15"', page)
    row = Event.objects.get(kind="readingroom.difference-shown")
    assert f"Recorded #{row.number}" in page


def test_a_moved_file_is_compared_with_where_it_was(desk: Desk, reviewer: Client) -> None:
    page = reviewer.get(f"{between(desk)}file/src/net/web.c?was=src/net/http.c").content.decode()
    assert "was src/net/http.c" in page


def test_a_path_outside_the_grant_is_compared_with_nothing(house: House, browser_of: Browse) -> None:
    desk = house.seat(house.cast.reviewer, house.take("1"), house.take("2", next_version(FILES)), patterns=("src/**",))
    client = browser_of(desk.viewer)
    assert client.get(f"{between(desk)}file/README").status_code == 404
    assert client.get(f"{between(desk)}file/src/main.c?was=README").status_code == 404


def test_a_binary_file_is_not_compared_by_lines(desk: Desk, reviewer: Client) -> None:
    answer = reviewer.get(f"{between(desk)}file/logo.png")
    assert answer.status_code == 403
    assert "compared by its digest only" in answer.content.decode()


def test_a_long_difference_continues_on_another_page(house: House, browser_of: Browse) -> None:
    before = {"s/a.txt": b"".join(b"line %d\n" % number for number in range(700)), "s/b": b"x"}
    after = {**before, "s/a.txt": b"".join(b"other %d\n" % number for number in range(700))}
    desk = house.seat(house.cast.reviewer, house.take("1", before), house.take("2", after))
    client = browser_of(desk.viewer)
    address = f"{between(desk)}file/a.txt"
    first = client.get(address).content.decode()
    assert f'href="{address}?from=401"' in first
    second = client.get(f"{address}?from=401").content.decode()
    assert 'id="A401"' in second
    assert 'id="A400"' not in second
    assert "Further changes" not in second


def test_a_release_is_not_compared_with_itself(desk: Desk, reviewer: Client) -> None:
    uid = desk.taken[0].uid
    assert reviewer.get(f"/changes/{desk.grant}/{uid}/{uid}/").status_code == 422


def test_a_release_outside_the_grant_is_not_compared(desk: Desk, reviewer: Client, house: House) -> None:
    other = house.take("3", {"s/a": b"x\n", "s/b": b"y\n"})
    assert reviewer.get(f"/changes/{desk.grant}/{desk.taken[0].uid}/{other.uid}/").status_code == 404


def test_the_room_offers_what_may_be_compared(desk: Desk, reviewer: Client) -> None:
    page = reviewer.get("/changes/").content.decode()
    assert f'href="{between(desk)}"' in page
    chosen = reviewer.get(
        "/changes/", {"grant": desk.grant.text, "before": desk.taken[0].uid, "after": desk.taken[1].uid}
    )
    assert chosen.headers["Location"] == between(desk)


def test_with_one_release_the_room_says_what_would_stand_there(house: House, browser_of: Browse) -> None:
    desk = house.desk()
    assert "Nothing to compare" in browser_of(desk.viewer).get("/changes/").content.decode()
