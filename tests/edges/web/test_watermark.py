# SPDX-License-Identifier: Apache-2.0
"""Every page of source says whose it is, twice: in a picture of its own address and in the page itself."""

import re
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

import pytest
from django.test import Client

from glasshouse.domain.engagements.models import Engagement
from glasshouse.domain.journal.models import Event
from glasshouse.domain.people.models import Person
from glasshouse.edges.web.stamp import Stamps, Whose, picture
from tests.edges.web.conftest import Browse, base
from tests.lab import FILES, Desk, House, next_version

SVG = "{http://www.w3.org/2000/svg}"
STAMP = re.compile(r'<svg class="stamp".*?</svg>', re.DOTALL)
AT = datetime(2026, 11, 23, 8, 0, 7, tzinfo=UTC)


def texts(svg: str) -> list[str]:
    """Return what a watermark says, each line once."""
    root = ET.fromstring(svg)  # noqa: S314 -- drawn by us
    return list(dict.fromkeys("".join(one.itertext()) for one in root.iter() if one.tag.endswith("text")))


@pytest.mark.parametrize("name", ['</text><script>alert(1)</script>" onload="x', "a\u202eb & <c>", "]]>", "x" * 400])
def test_a_name_that_is_markup_stays_a_name_in_both_drawings(name: str) -> None:
    lines = Whose(name, "Regulator & Co", "E-1", 1, AT, 7).lines
    shown = texts(picture(lines).decode())
    assert shown[0] == f"{name} · Regulator & Co"
    inline = STAMP.findall(Stamps("/record/entries/x/watermark.svg", "x", lines).another())
    assert texts(inline[0]) == shown


def test_a_file_tells_name_engagement_visit_time_and_number_in_both_drawings(desk: Desk, reviewer: Client) -> None:
    page = reviewer.get(f"{base(desk)}file/src/main.c").content.decode()
    row = Event.objects.get(kind="readingroom.lines-shown")
    label = Engagement.objects.get().label
    stamps = STAMP.findall(page)
    assert len(stamps) == 1
    said = ["Reviewer · Regulator A", f"{label} · visit 1", f"23 Nov 2026, 08:00:00 · #{row.number}"]
    assert texts(stamps[0]) == said
    answer = reviewer.get(f"/record/entries/{row.uid}/watermark.svg")
    assert texts(answer.content.decode()) == said
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Type"] == "image/svg+xml"


def test_both_drawings_have_the_same_tiles_and_nothing_that_the_policy_refuses(desk: Desk, reviewer: Client) -> None:
    page = reviewer.get(f"{base(desk)}file/src/main.c").content.decode()
    row = Event.objects.get(kind="readingroom.lines-shown")
    own = reviewer.get(f"/record/entries/{row.uid}/watermark.svg").content.decode()
    inside = STAMP.findall(page)[0]
    tile = re.compile(r"<g .*</g>", re.DOTALL)
    assert tile.findall(own) == tile.findall(inside)
    assert "style" not in own.replace("xmlns", "")
    assert "style" not in inside


def test_neither_drawing_is_read_aloud_and_the_words_below_are(desk: Desk, reviewer: Client) -> None:
    page = reviewer.get(f"{base(desk)}file/src/main.c").content.decode()
    assert re.search(r'<img class="watermark" src="[^"]+" alt="" aria-hidden="true">', page)
    assert all('aria-hidden="true"' in one for one in STAMP.findall(page))
    assert re.search(r"Your name is on this page: Reviewer · Regulator A · [^·]+ · visit 1 · #\d", page)


def test_a_difference_bears_it_too(house: House, browser_of: Browse) -> None:
    desk = house.seat(house.cast.reviewer, house.take("1"), house.take("2", next_version(FILES)))
    address = f"/changes/{desk.grant}/{desk.release}/{desk.taken[1].uid}/file/src/main.c"
    assert len(STAMP.findall(browser_of(desk.viewer).get(address).content.decode())) == 1


def test_each_case_of_a_page_has_its_own(desk: Desk) -> None:
    stamps = Stamps("/x", desk.visit.text, ("a", "b"))
    names = re.findall(r'<pattern id="([^"]+)"', stamps.another() + stamps.another())
    assert len(set(names)) == 2
    assert all(f"url(#{name})" in Stamps("/x", desk.visit.text, ("a", "b")).another() for name in names[:1])


def test_a_tile_is_as_wide_as_its_longer_line_and_fits_a_telephone() -> None:
    lines = Whose("Reviewer 7", "Regulator A", "SLA-2026-001", 12, AT, 123_456).lines
    found = re.search(r'<pattern id="w" width="(\d+)"', picture(lines).decode())
    assert found
    assert max(len(line) for line in lines) * 6.9 < int(found[1]) <= 390


def test_a_name_that_changed_later_is_the_one_that_is_drawn(house: House, browser_of: Browse) -> None:
    desk = house.desk()
    Person.objects.filter(pk=desk.viewer.row).update(name="Somebody Else")
    page = browser_of(desk.viewer).get(f"{base(desk)}file/src/main.c").content.decode()
    assert "Somebody Else" in texts(STAMP.findall(page)[0])[0]


def test_a_colleague_gets_no_watermark_of_the_reviewers_entry(
    house: House, desk: Desk, reviewer: Client, browser_of: Browse
) -> None:
    reviewer.get(f"{base(desk)}file/src/main.c")
    row = Event.objects.get(kind="readingroom.lines-shown")
    assert browser_of(house.cast.colleague).get(f"/record/entries/{row.uid}/watermark.svg").status_code == 404
