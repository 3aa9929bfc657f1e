# SPDX-License-Identifier: Apache-2.0
"""What I have read: one's own days, on a page and to a program, and nobody else's."""

from glasshouse.domain.readingroom import commands
from glasshouse.kernel.lines import Span
from tests.edges.web.conftest import Browse
from tests.lab import MAIN, NOW, Desk, House


def test_a_reader_sees_their_day_and_nobody_else_does(house: House, desk: Desk, browser_of: Browse) -> None:
    commands.open_file(desk.viewer, desk.grant, desk.release, MAIN, Span(1, 12), now=NOW)
    reader = browser_of(desk.viewer)
    page = reader.get("/record/read").content.decode()
    assert "23 November 2026" in page
    assert "src/main.c" in page
    assert "12 lines charged" in page
    assert "Nothing on this day" in reader.get("/record/read?day=2026-11-22").content.decode()
    assert reader.get("/record/read?day=yesterday").status_code == 404
    for other in (house.cast.colleague, house.cast.custodian, house.cast.stranger):
        assert "Nothing was shown to you yet" in browser_of(other).get("/record/read").content.decode()
    told = reader.get("/api/v1/read", {"day": "2026-11-23"}, headers={"x-glasshouse": "tests"}).json()
    assert [(day["day"], day["pages"], day["files"]) for day in told] == [("2026-11-23", 1, 1)]
    assert told[0]["releases"][0]["files"] == [{"path": "src/main.c", "pages": 1, "lines": 12}]
