# SPDX-License-Identifier: Apache-2.0
"""The pages of measures: whole for the vendor's readers, narrowed and recorded under a grant, nothing for others."""

import re

import pytest
from django.test import Client

from glasshouse.domain.access.values import Purpose
from glasshouse.domain.journal.models import Event
from glasshouse.domain.measures import commands
from glasshouse.domain.people.values import Role
from glasshouse.domain.releases.models import Release
from glasshouse.edges.web.plots import Bar, Dot, bars, line
from glasshouse.kernel.ids import Uid
from tests.edges.web.conftest import Browse
from tests.lab import NOW, Desk, House, add

TOOLS = frozenset({Purpose.READ, Purpose.SEARCH, Purpose.TOOLS})
FILES = {
    "p/Makefile": b"CFLAGS = -fstack-protector-strong -w\n",
    "p/secret/safe.h": b"#define memcpy_s(d, n, s, c) memcpy(d, s, c)\n",
    "p/src/a.c": b"int f(char *d, char *s) {\n  strcpy(d, s);\n  snprintf(d, 4, s);\n}\n",
    "p/src/net/b.c": b"// NOLINT\nint g(void) {\n  strcpy(d, s);\n}\n",
    "p/src/picture.c": b"\0\1\2" * 100,
    "p/src/<b>.c": b"int x;\n",
}


@pytest.fixture
def release(house: House) -> Release:
    first = house.take("1", FILES)
    house.take("2", {**FILES, "p/src/a.c": b"int f(void) { return 0; }\n"})
    commands.measure(Uid(first.product.uid), actor="operator:tests", now=lambda: NOW)
    return first


@pytest.fixture
def owner(house: House, browser_of: Browse) -> Client:
    del house
    return browser_of(add("owner@vendor.example", "Vendor", Role.PRODUCT_OWNER, is_vendor=True))


def under(desk: Desk, rest: str = "") -> str:
    return f"/r/{desk.grant}/{desk.release}/measures{rest}"


def test_the_vendors_owner_sees_the_whole_release(release: Release, owner: Client) -> None:
    page = owner.get(f"/measures/{release.uid}/").content.decode()
    assert "66.7 %" in page  # two of three calls
    assert "secret/safe.h:1" in page
    assert '<span class="mark pass">on</span>' in page
    assert "Not measured" in page
    assert page.count('class="dot"') == 6  # three plots of two releases
    assert f'href="/measures/{release.uid}/folder/src"' in page
    assert "<b>.c" not in page
    inside = owner.get(f"/measures/{release.uid}/folder/src").content.decode()
    assert "&lt;b&gt;.c" in inside
    assert "strcpy-like" in inside


def test_the_scans_of_a_release_lead_to_its_measures(release: Release, owner: Client) -> None:
    assert f'href="/measures/{release.uid}/"' in owner.get(f"/scans/{release.uid}/").content.decode()


def test_a_grant_for_tools_shows_what_it_covers_and_records_it(
    house: House, release: Release, browser_of: Browse
) -> None:
    desk = house.seat(house.cast.reviewer, release, patterns=("src/**",), purposes=TOOLS)
    answer = browser_of(desk.viewer).get(under(desk))
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "secret" not in page
    assert "memcpy_s" not in page
    assert "Makefile" not in page
    assert "None was found" in page
    assert "Glasshouse-Promise" in answer.headers
    assert Event.objects.filter(kind="readingroom.measures-shown").count() == 1
    assert browser_of(desk.viewer).get(under(desk, "/src/net")).status_code == 200
    assert browser_of(desk.viewer).get(under(desk, "/secret")).status_code == 404


def test_a_word_of_the_source_costs_a_line_and_leads_to_its_place(
    house: House, release: Release, browser_of: Browse
) -> None:
    desk = house.seat(house.cast.reviewer, release, purposes=TOOLS)
    page = browser_of(desk.viewer).get(under(desk)).content.decode()
    assert f'href="/r/{desk.grant}/{desk.release}/file/secret/safe.h?from=1"' in page
    assert re.search(r"<dd>1 / [\d,]+ <progress", page)


def test_only_releases_of_the_grant_stand_on_its_lines(house: House, release: Release, browser_of: Browse) -> None:
    desk = house.seat(house.cast.reviewer, release, purposes=TOOLS)
    page = browser_of(desk.viewer).get(under(desk)).content.decode()
    assert 'class="dot"' not in page  # one release is no line


def test_without_the_purpose_it_is_refused_and_a_stranger_finds_nothing(
    house: House, release: Release, browser_of: Browse
) -> None:
    desk = house.seat(house.cast.reviewer, release)
    assert browser_of(desk.viewer).get(under(desk)).status_code == 403
    stranger = browser_of(house.cast.stranger)
    assert stranger.get(under(desk)).status_code == 404
    for viewer in (house.cast.stranger, house.cast.reviewer, house.cast.officer):
        assert browser_of(viewer).get(f"/measures/{release.uid}/").status_code == 404


def test_what_was_not_measured_yet_is_said(house: House, release: Release, owner: Client) -> None:
    later = house.take("3", FILES)
    answer = owner.get(f"/measures/{later.uid}/")
    assert answer.status_code == 409
    assert "not measured yet" in answer.content.decode()
    assert "not measured yet" in owner.get(f"/measures/{release.uid}/").content.decode()


def test_a_plot_breaks_where_nothing_is_known_and_says_it() -> None:
    dots = [Dot("1", 0.5, "50 %"), Dot("2", None, "not measured"), Dot("3", 0.1, "10 %"), Dot("4", 0.2, "20 %")]
    drawn = line(dots, "Shares", "100 %", 1.0)
    assert drawn.count('class="l2"') == 1
    assert drawn.count('class="dot"') == 3
    assert "2: not measured" in drawn


def test_words_of_a_plot_are_escaped() -> None:
    drawn = bars([Bar('<a">', [(1, "f-fail")], "one", '/x?"')], "Bars") + line([Dot('<a">', 1, "one")], "<t>", "1", 1)
    assert '<a"' not in drawn
    assert "<t>" not in drawn
    assert "style=" not in drawn
