# SPDX-License-Identifier: Apache-2.0
"""What tools found is carried off whole, the same each time, known to the journal, and harmless to a spreadsheet."""

import csv
import io
import json

import pytest

from glasshouse.domain.detections import exporting, sights
from glasshouse.domain.detections.errors import NoReportError
from glasshouse.domain.detections.exporting import Form
from glasshouse.domain.journal.models import Event
from glasshouse.domain.releases.errors import ReleaseUnknownError
from glasshouse.kernel.errors import InvalidError
from tests.domain.detections.handing import Told, hand_in, log, place
from tests.lab import NOW, House

FILES = {"p/a.c": b"".join(b"int line_%d;\n" % n for n in range(300)), "p/b.c": b"int b;\n"}
MESSAGE = '=HYPERLINK("http://evil.example","x")\n\u202e second'
FLOW = {"codeFlows": [{"threadFlows": [{"locations": [{"location": place("a.c", 2, "here")}]}]}]}
RESULTS = [Told("gets", "a.c", n, more=FLOW if n % 7 == 0 else None) for n in range(1, 150)] + [
    Told("+cmd", "b.c", 1, message=MESSAGE),
    Told("stray", "gone.c", 4),
]


def exported(form: Form, version: str = "1", tool: str = "") -> bytes:
    sight = sights.operators_sight("server", version)
    return b"".join(exporting.export("operator:tests", sight, form, now=NOW, tool=tool))


@pytest.fixture
def house(house: House) -> House:
    house.take("1", FILES)
    hand_in(house, "1", log(RESULTS, cwes={"gets": "242"}))
    return house


def test_what_is_exported_as_sarif_and_taken_in_again_is_all_unchanged(house: House) -> None:
    first = exported(Form.SARIF)
    again = hand_in(house, "1", first, is_complete=True)
    assert (again.is_new, again.results) == (True, len(RESULTS))
    assert {state.value: count for state, count in again.states.items()} == {"unchanged": len(RESULTS)}
    told = json.loads(exported(Form.SARIF))["runs"][0]["results"]
    assert {one["baselineState"] for one in told} == {"unchanged"}
    assert sum("codeFlows" in one for one in told) == 21


def test_the_same_reports_give_the_same_bytes_and_the_journal_knows_of_each(house: House) -> None:
    del house
    for form in Form:
        assert exported(form) == exported(form)
    events = Event.objects.filter(kind="detections.exported")
    assert events.count() == 6


def test_nothing_is_cut_and_what_is_absent_or_unknown_says_so(house: House) -> None:
    hand_in(house, "1", log(RESULTS[:10]), is_complete=False)
    rows = json.loads(exported(Form.JSON))["detections"]
    assert len(rows) == len(RESULTS)
    states = [row["state"] for row in rows]
    assert (states.count("unchanged"), states.count("unknown")) == (10, len(RESULTS) - 10)
    assert len(json.loads(exported(Form.SARIF))["runs"][0]["results"]) == 10
    stray = next(row for row in rows if row["rule"] == "stray")
    assert (stray["path"], stray["first_line"]) == ("gone.c", 4)


def test_no_cell_of_a_table_is_a_formula_or_hides_what_it_says(house: House) -> None:
    del house
    table = exported(Form.CSV).decode()
    assert table.count("\r\n") == len(RESULTS) + 1
    rows = list(csv.DictReader(io.StringIO(table)))
    hostile = next(row for row in rows if "cmd" in row["rule"])
    assert hostile["rule"] == "'+cmd"
    assert hostile["message"] == '\'=HYPERLINK("http://evil.example","x")\\n[U+202E] second'
    assert {row["cwes"] for row in rows} == {"CWE-242", ""}
    assert not [cell for row in rows for cell in row.values() if cell[:1] in {"=", "+", "-", "@"}]


def test_one_tool_alone_and_nothing_that_is_not_here(house: House) -> None:
    hand_in(house, "1", log([Told("x", "a.c", 1)], tool="other"))
    assert len(json.loads(exported(Form.SARIF))["runs"]) == 2
    assert [run["tool"]["driver"]["name"] for run in json.loads(exported(Form.SARIF, tool="other"))["runs"]] == [
        "other"
    ]
    with pytest.raises(NoReportError):
        exported(Form.CSV, tool="nobody")
    with pytest.raises(ReleaseUnknownError):
        exported(Form.CSV, version="9")
    with pytest.raises(InvalidError):
        Form.parse("xml")


def test_another_partys_results_leave_with_nobody_else(house: House) -> None:
    hand_in(house, "1", log([Told("own", "a.c", 1)], tool="brought"), party=house.cast.reviewer.organisation.text)
    for form in Form:
        assert b"brought" not in exported(form)
