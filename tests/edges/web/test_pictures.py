# SPDX-License-Identifier: Apache-2.0
"""Lines as pictures: no text of theirs in the page, numbers and marks as ever, text for who asks."""

import base64
import io
import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from time import process_time

import pytest
from django.test import Client
from PIL import Image
from pytest_django.fixtures import Settings

from glasshouse.domain.journal.models import Event
from glasshouse.domain.people.values import Role
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.readingroom.models import Visit
from glasshouse.domain.releases import commands
from glasshouse.domain.releases.reading import Reading
from glasshouse.edges.http.headers import CONTENT_SECURITY_POLICY, WITH_PICTURES
from glasshouse.edges.web.drawing import HEIGHT, NoFontError, Pen
from glasshouse.engines.codeindex.text import Role as Ink
from glasshouse.kernel.ids import Uid
from tests.edges.web.conftest import Browse, base
from tests.edges.web.test_hostile_source import PAYLOADS, elements
from tests.lab import FILES, NOW, Desk, House, add, next_version

PICTURE = re.compile(r'<img class="drawn" alt="" width="(\d+)" height="20" src="data:image/png;base64,([^"]+)">')
WORDS = "Reviewer 7 · Regulator A · SLA-2026-001 · visit 12 · 23 Nov 2026, 08:00:07 · #123456"


@pytest.fixture
def owner(house: House) -> Viewer:
    del house
    return add("owner@vendor.example", "Vendor", Role.PRODUCT_OWNER, is_vendor=True)


def draw(desk: Desk, owner: Viewer) -> None:
    """Let the owner ask for pictures."""
    product = Uid(desk.taken[0].product.uid)
    commands.set_reading(owner, product, Reading(in_pictures=True), reason="Trade secret.", now=NOW)


def pictures(html: str) -> list[Image.Image]:
    return [Image.open(io.BytesIO(base64.b64decode(data))) for _, data in PICTURE.findall(html)]


def colours(picture: Image.Image) -> set[tuple[int, int, int, int]]:
    """Return the colours that a picture uses, its transparent ground too."""
    raw = picture.convert("RGBA").tobytes()
    return {(raw[at], raw[at + 1], raw[at + 2], raw[at + 3]) for at in range(0, len(raw), 4)}


def ink(picture: Image.Image) -> set[tuple[int, int, int]]:
    """Return the colours of a picture's text."""
    return {(red, green, blue) for red, green, blue, alpha in colours(picture) if alpha == 255}


@pytest.mark.parametrize("text", [*PAYLOADS, "\t\tx\ty", "漢字 wide", "\ufffd\ue000", "e\u0301", " " * 50])
def test_hostile_text_becomes_a_picture_and_nothing_else(text: str) -> None:
    html = Pen(WORDS, len(text)).line(3, [(Ink.PLAIN, text, False)])
    assert PICTURE.sub("", html) == ""
    assert all(tag == "img" for tag, _ in elements(html).found)


def test_an_empty_line_is_no_picture() -> None:
    assert Pen(WORDS, 0).line(3, []) == ""


def test_a_picture_is_as_wide_as_its_columns_and_twice_as_sharp() -> None:
    (width, _), (tabbed, _) = (
        PICTURE.findall(Pen(WORDS, 40).line(1, [(Ink.PLAIN, text, False)]))[0] for text in ("x" * 8, "x\tx\t")
    )
    assert width == tabbed
    assert abs(int(width) - 8 * 7.53) <= 1
    (picture,) = pictures(Pen(WORDS, 40).line(1, [(Ink.PLAIN, "x" * 8, False)]))
    assert picture.height == 2 * HEIGHT


def test_roles_keep_their_colours_and_what_was_found_its_ground() -> None:
    runs = [(Ink.KEY, "static", False), (Ink.COM, "/* c */", False), (Ink.STR, '"s"', True)]
    (picture,) = pictures(Pen(WORDS, 40).line(1, runs))
    assert {(0x07, 0x56, 0x6A), (0x5A, 0x65, 0x62), (0x6B, 0x4A, 0x0C)} <= ink(picture)
    alphas = {colour[3] for colour in colours(picture)}
    assert len(alphas) == 3  # ground, text, and the mark behind what was found


def test_each_third_line_bears_the_watermark_in_its_pixels() -> None:
    pen = Pen(WORDS, 60)
    for number in range(1, 7):
        (picture,) = pictures(pen.line(number, [(Ink.PLAIN, "x", False)]))
        stamped = any(0 < colour[3] < 255 for colour in colours(picture))
        assert stamped is (number % 3 == 0)
        assert (picture.width > 1_000) is stamped  # wide enough for the words, however short the line


def test_a_wrapped_line_is_several_pictures_without_a_gap() -> None:
    html = Pen(WORDS, 60, wrap=24).line(1, [(Ink.PLAIN, "abcdefgh" * 8, False)])
    assert [round(int(width) / 7.53) for width, _ in PICTURE.findall(html)] == [24, 24, 16]


def test_a_page_of_giant_lines_is_bounded() -> None:
    line = [(Ink.PLAIN, "x" * 4_096, False)]
    pen = Pen(WORDS, 64 * 4_096)
    began = process_time()
    drawn = [pen.line(number, line) for number in range(1, 65)]
    assert process_time() - began < 5
    assert pictures(drawn[0])[0].height == HEIGHT


def test_sixty_lines_take_no_longer_than_a_reader_notices() -> None:
    page: Sequence[Sequence[tuple[Ink, str, bool]]] = [
        [(list(Ink)[(line + at) % len(Ink)], f"name_{line * 3 + at} ", False) for at in range(9)] for line in range(60)
    ]
    Pen(WORDS, 5_000).line(1, page[0])  # the fonts are read once a process
    took = []
    for _ in range(5):
        pen, began = Pen(WORDS, 5_000), process_time()
        "".join(pen.line(number, runs) for number, runs in enumerate(page))
        took.append(process_time() - began)
    assert min(took) < 0.25  # 20 to 55 ms on a quiet machine; benchmarks hold the figure, this the order of it


def test_a_lab_without_a_font_says_so(settings: Settings, tmp_path: Path) -> None:
    settings.GLASSHOUSE = replace(settings.GLASSHOUSE, font=tmp_path / "none.ttf")
    with pytest.raises(NoFontError):
        Pen(WORDS, 1)


def test_a_file_in_pictures_has_its_numbers_and_none_of_its_text(desk: Desk, reviewer: Client, owner: Viewer) -> None:
    draw(desk, owner)
    answer = reviewer.get(f"{base(desk)}file/src/main.c?lines=20-22")
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "line_20" not in page
    assert "int" not in "".join(elements(page.partition("<ol ")[2].partition("</ol>")[0]).text)
    assert len(PICTURE.findall(page)) == 33  # from 8, with what stands above the range
    assert page.count('<li class="in">') == 3
    assert 'id="L20" href="?lines=20#L20"' in page
    assert answer.headers["Content-Security-Policy"] == WITH_PICTURES
    assert answer.headers["Cache-Control"] == "no-store"
    assert "data-words" not in page
    assert "Lines are shown as pictures" in page


def test_pictures_cost_and_record_what_text_does(house: House, browser_of: Browse, owner: Viewer) -> None:
    desk = house.desk()
    client = browser_of(desk.viewer)
    text = client.get(f"{base(desk)}file/src/main.c")
    draw(desk, owner)
    drawn = client.get(f"{base(desk)}file/src/main.c")
    assert (text.status_code, drawn.status_code) == (200, 200)
    first, second = Event.objects.filter(kind="readingroom.lines-shown").order_by("pk")
    assert first.names == second.names
    assert "Glasshouse-Promise" in drawn.headers
    assert text.headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY


def test_a_difference_in_pictures_keeps_its_signs(house: House, browser_of: Browse, owner: Viewer) -> None:
    desk = house.seat(house.cast.reviewer, house.take("1"), house.take("2", next_version(FILES)))
    draw(desk, owner)
    answer = browser_of(desk.viewer).get(f"/changes/{desk.grant}/{desk.release}/{desk.taken[1].uid}/file/src/main.c")
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "line_20" not in page
    assert page.count('<span class="half add">') == 2
    assert PICTURE.findall(page)


def test_a_line_that_is_followed_is_a_picture_too(desk: Desk, reviewer: Client, owner: Viewer) -> None:
    draw(desk, owner)
    answer = reviewer.get(f"{base(desk)}history/src/main.c?line=20")
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "line_20" not in page
    assert len(PICTURE.findall(page)) == 1
    assert answer.headers["Content-Security-Policy"] == WITH_PICTURES


def test_who_asks_for_text_comes_back_to_the_page_and_reads_it(desk: Desk, reviewer: Client, owner: Viewer) -> None:
    draw(desk, owner)
    address = f"{base(desk)}file/src/main.c"
    page = reviewer.get(address).content.decode()
    ask = re.search(r'href="(/record/visits/[^"]+/text\?next=[^"]+)"', page)
    assert ask
    assert reviewer.get(ask[1]).status_code == 200
    answer = reviewer.post(ask[1].partition("?")[0], {"reason": "assistive", "words": "", "next": address})
    assert answer.headers["Location"] == address
    page = reviewer.get(address).content.decode()
    assert "line_20" in page
    assert not PICTURE.findall(page)
    assert "You asked for text in this visit" in page
    assert Event.objects.filter(kind="readingroom.text-asked").count() == 1


@pytest.mark.parametrize("there", ["https://elsewhere.example/", "//elsewhere.example", "javascript:alert(1)", "/\\x"])
def test_asking_for_text_leads_to_pages_of_ours_alone(desk: Desk, reviewer: Client, owner: Viewer, there: str) -> None:
    draw(desk, owner)
    answer = reviewer.post(f"/record/visits/{desk.visit}/text", {"reason": "assistive", "words": "", "next": there})
    assert answer.headers["Location"] == "/"


def test_a_reason_of_ones_own_is_said(desk: Desk, reviewer: Client, owner: Viewer) -> None:
    draw(desk, owner)
    assert reviewer.post(f"/record/visits/{desk.visit}/text", {"reason": "other", "words": " "}).status_code == 422
    assert reviewer.post(f"/record/visits/{desk.visit}/text", {"reason": "because"}).status_code == 422
    assert Visit.objects.get().text_at is None


def test_stamps_of_neighbouring_lines_stand_apart() -> None:
    pen = Pen(WORDS, 60)
    data = [PICTURE.findall(pen.line(number, [(Ink.PLAIN, "x", False)]))[0][1] for number in (3, 6, 9)]
    assert all(one != other for one, other in pairwise(data))
