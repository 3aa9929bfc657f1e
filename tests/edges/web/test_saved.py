# SPDX-License-Identifier: Apache-2.0
"""The page of saved searches tells counts; its lines are shown in a visit alone, to their holder alone."""

import re
import time
from collections.abc import Iterator

import pytest
from django.test import Client
from django.utils.html import escape

from glasshouse.domain.journal.models import Event
from glasshouse.domain.readingroom import commands
from glasshouse.domain.readingroom.models import SavedSearch
from glasshouse.kernel import clock
from glasshouse.kernel.ids import Uid
from tests.edges.web.conftest import Browse, Moment
from tests.lab import FILES, Desk, House, next_version
from tests.searching import SECONDS, index, search, searcher

FRAGMENT = {"hx-request": "true"}
LIST = "/search/saved/"


@pytest.fixture
def desk(house: House) -> Iterator[Desk]:
    """The reviewer at two releases."""
    before, after = house.take(), house.take("2", next_version(FILES))
    index(before, after)
    with searcher():
        yield house.seat(house.cast.reviewer, before, after)


def save(reviewer: Client, desk: Desk, pattern: str = "^int ", label: str = "new ints") -> SavedSearch:
    """Search the first release and save that from the page."""
    one = Desk(desk.viewer, desk.grant, desk.release, desk.visit, desk.taken[:1])
    event = search(one, pattern).view.recorded.uid
    answer = reviewer.post(f"/search/{desk.grant}/save/{event}", {"label": label})
    assert (answer.status_code, answer.headers["Location"]) == (302, LIST)
    return SavedSearch.objects.latest("pk")


def run(desk: Desk) -> None:
    """Run what is saved, as the worker does."""
    product = Uid(desk.taken[0].product.uid)
    commands.run_saved_searches(product, now=clock.now, report=lambda _done, _of: None)


def text_of(client: Client, path: str = LIST) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", answer.content.decode()))


def test_the_empty_page_teaches(reviewer: Client) -> None:
    assert "choose Save this search above what was found" in text_of(reviewer)


def test_a_found_page_offers_to_save_it_and_the_list_tells_counts_and_no_line(reviewer: Client, desk: Desk) -> None:
    shown = search(desk, "^int ").view.recorded.uid
    entries = Event.objects.filter(kind="readingroom.search-shown").exclude(uid=shown.text)
    until = time.monotonic() + SECONDS
    while not entries.exists() and time.monotonic() < until:  # pending, perhaps, on a busy machine
        page = reviewer.get(f"/search/{desk.grant}/again/{shown}")
    assert f'action="/search/{desk.grant}/save/{entries.get().uid}"' in page.content.decode()
    save(reviewer, desk)
    assert "Looking for new lines" in text_of(reviewer)
    run(desk)
    told = text_of(reviewer)
    assert "new ints" in told
    assert "2 new lines in 2 files" in told
    assert "int more" not in told
    assert "main.c" not in told


def test_new_lines_are_shown_with_promise_and_seal_and_are_news_no_more(reviewer: Client, desk: Desk) -> None:
    row = save(reviewer, desk)
    run(desk)
    address = f"{LIST}{row.uid}/new/{row.runs.get().uid}"
    answer = reviewer.get(address)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert answer.headers["Glasshouse-Promise"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert "more;" in re.sub(r"<[^>]*>", "", page)
    assert "/watermark.svg" in page
    assert "Nothing new" in text_of(reviewer)


def test_another_viewer_finds_none_of_it(reviewer: Client, desk: Desk, house: House, browser_of: Browse) -> None:
    row = save(reviewer, desk)
    run(desk)
    for viewer in (house.cast.colleague, house.cast.stranger, house.cast.manager):
        client = browser_of(viewer)
        assert client.get(f"{LIST}{row.uid}/new/{row.runs.get().uid}").status_code == 404
        assert client.post(f"{LIST}{row.uid}/label", {"label": "mine"}).status_code == 404
        assert client.post(f"{LIST}{row.uid}/end").status_code == 404
        assert client.post(f"/search/{desk.grant}/save/{row.search}", {"label": "mine"}).status_code == 404
        assert "new ints" not in text_of(client)


def test_a_revoked_grant_lapses_in_words_and_opens_nothing(reviewer: Client, desk: Desk, house: House) -> None:
    row = save(reviewer, desk)
    run(desk)
    commands.revoke_grant(house.cast.manager, desk.grant, now=clock.now())
    told = text_of(reviewer)
    assert "Lapsed: your grant was revoked. It runs no more." in told
    assert "Show and record" not in told
    assert reviewer.get(f"{LIST}{row.uid}/new/{row.runs.get().uid}").status_code == 403


def test_a_grant_that_ended_lapses_in_words(reviewer: Client, desk: Desk, moment: Moment) -> None:
    save(reviewer, desk)
    moment.pass_by(days=3)
    assert "Lapsed: your grant ended. It runs no more." in text_of(reviewer)


def test_renaming_answers_the_item_and_a_bad_label_says_why(reviewer: Client, desk: Desk) -> None:
    row = save(reviewer, desk)
    answer = reviewer.post(f"{LIST}{row.uid}/label", {"label": "<b>ints</b>"}, headers=FRAGMENT)
    assert answer.content.decode().count("&lt;b&gt;ints&lt;/b&gt;") >= 1
    bad = reviewer.post(f"{LIST}{row.uid}/label", {"label": ""}, headers=FRAGMENT)
    assert bad.status_code == 422
    assert "A label has 1 to 80 printable characters." in bad.content.decode()
    assert reviewer.post(f"{LIST}{row.uid}/label", {"label": "ints"}).status_code == 302
    assert "ints" in text_of(reviewer)


def test_deleting_leaves_nothing_of_the_item(reviewer: Client, desk: Desk) -> None:
    row = save(reviewer, desk)
    answer = reviewer.post(f"{LIST}{row.uid}/end")
    assert (answer.status_code, answer.headers["Location"]) == (302, LIST)
    assert "No search is saved" in text_of(reviewer)
    assert reviewer.post(f"{LIST}{row.uid}/end").status_code == 404


def test_the_record_tells_of_it_in_words(reviewer: Client, desk: Desk) -> None:
    save(reviewer, desk)
    told = text_of(reviewer, "/record/")
    assert "Search saved" in told
    assert "new ints" in told


@pytest.mark.parametrize(
    "label",
    [
        '"><img src=x onerror=alert(1)>',
        "</title><script>alert(1)</script>",
        "{{ 7|add:7 }}{% url 'home' %}",
        "' or 1=1 --",
        "\u05d0\u05d1\u05d2 \u0627\u0644",
        "Z\u0351\u036b\u0343\u036a\u0302" * 10,
        "W" * 80,
    ],
)
def test_a_hostile_label_is_text_wherever_it_stands(reviewer: Client, desk: Desk, label: str) -> None:
    row = save(reviewer, desk, label=label)
    run(desk)
    for path in (LIST, f"{LIST}{row.uid}/new/{row.runs.get().uid}", "/record/"):
        page = reviewer.get(path).content.decode()
        assert escape(label) in page
        assert "<img src=x" not in page
        assert "<script>alert" not in page


def test_nothing_is_saved_renamed_or_deleted_from_a_foreign_page(reviewer: Client, desk: Desk) -> None:
    row = save(reviewer, desk)
    foreign = Client(enforce_csrf_checks=True)
    foreign.cookies = reviewer.cookies
    for path in (f"/search/{desk.grant}/save/{row.search}", f"{LIST}{row.uid}/label", f"{LIST}{row.uid}/end"):
        assert foreign.post(path, {"label": "theirs"}).status_code == 403
        assert foreign.get(path).status_code == 405
    assert SavedSearch.objects.filter(ended_at=None).count() == 1
    assert "new ints" in text_of(reviewer)


def test_without_a_visit_the_page_leads_to_one_and_home_tells_what_waits(reviewer: Client, desk: Desk) -> None:
    save(reviewer, desk)
    run(desk)
    commands.close_visit(desk.viewer, desk.visit, now=clock.now())
    assert "begin a visit to see them" in text_of(reviewer)
    assert "2 new lines of 1 saved search." in text_of(reviewer, "/")


def test_files_that_were_not_looked_at_are_told(reviewer: Client, desk: Desk) -> None:
    row = save(reviewer, desk)
    run(desk)
    row.runs.update(unsearched=1_234)
    for path in (LIST, f"{LIST}{row.uid}/new/{row.runs.get().uid}"):
        assert "1,234 new files were not looked at" in text_of(reviewer, path)
