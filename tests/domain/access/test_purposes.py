# SPDX-License-Identifier: Apache-2.0
"""A grant serves what it names: reading is no leave to search, nor searching one to read."""

import json
from collections.abc import Callable

import pytest

from glasshouse.domain.access.errors import PurposeMissingError
from glasshouse.domain.access.models import Budget, Grant, Scope
from glasshouse.domain.access.values import Limits, Purpose
from glasshouse.domain.approvals.models import Proposal
from glasshouse.domain.journal.models import Event
from glasshouse.domain.readingroom import commands
from glasshouse.domain.readingroom.values import Spot
from glasshouse.domain.releases.found import Asked, StructureAsked
from glasshouse.kernel.errors import InvalidError
from glasshouse.kernel.lines import Span
from tests.lab import EXPORT, MAIN, NOW, Desk, House
from tests.searching import index, search, searcher

READ = frozenset({Purpose.READ})
SEARCH = frozenset({Purpose.SEARCH})

READING: dict[str, Callable[[Desk], object]] = {
    "file": lambda desk: commands.open_file(desk.viewer, desk.grant, desk.release, MAIN, Span(1, 3), now=NOW),
    "facts": lambda desk: commands.open_facts(desk.viewer, desk.grant, desk.release, MAIN, now=NOW),
    "folder": lambda desk: commands.open_folder(desk.viewer, desk.grant, desk.release, None, now=NOW),
    "left out": lambda desk: commands.open_left_out(desk.viewer, desk.grant, desk.release, now=NOW),
    "outline": lambda desk: commands.open_outline(desk.viewer, desk.grant, desk.release, MAIN, now=NOW),
    "history": lambda desk: commands.open_history(desk.viewer, desk.grant, desk.release, MAIN, now=NOW),
    "changes": lambda desk: commands.open_changes(desk.viewer, desk.grant, desk.release, desk.release, now=NOW),
    "definition": lambda desk: commands.open_definitions(
        desk.viewer, desk.grant, desk.release, MAIN, Spot(1, 5), now=NOW
    ),
    "difference": lambda desk: commands.open_difference(
        desk.viewer, desk.grant, desk.release, desk.release, MAIN, now=NOW
    ),
    "functions": lambda desk: commands.open_function_changes(
        desk.viewer, desk.grant, desk.release, desk.release, now=NOW
    ),
}
SEARCHING: dict[str, Callable[[Desk], object]] = {
    "search": lambda desk: commands.search(desk.viewer, desk.grant, [desk.release], Asked("line"), now=NOW),
    "structure": lambda desk: commands.structural_search(
        desk.viewer, desk.grant, [desk.release], StructureAsked("$A;", "C"), now=NOW
    ),
    "tally": lambda desk: commands.search_tally(desk.viewer, desk.grant, "0" * 32, now=NOW),
    "names": lambda desk: commands.find_definitions(desk.viewer, desk.grant, desk.release, "line_1", now=NOW),
    "uses": lambda desk: commands.find_references(desk.viewer, desk.grant, desk.release, "line_1", now=NOW),
    "references": lambda desk: commands.open_references(
        desk.viewer, desk.grant, desk.release, MAIN, Spot(1, 5), now=NOW
    ),
    "asking": lambda desk: commands.enter(desk.viewer, desk.grant, desk.release, now=NOW),
}


@pytest.mark.parametrize("way", SEARCHING)
def test_a_grant_to_read_searches_in_no_way(house: House, way: str) -> None:
    desk = house.seat(house.cast.reviewer, house.take(), purposes=READ)
    with pytest.raises(PurposeMissingError, match="lets you read; it is not for this: search"):
        SEARCHING[way](desk)
    assert Budget.objects.get(scope=Scope.GRANT).total_used == 0
    assert not Event.objects.filter(kind__endswith="-shown").exists()


@pytest.mark.parametrize("way", READING)
def test_a_grant_to_search_reads_in_no_way(house: House, way: str) -> None:
    desk = house.seat(house.cast.reviewer, house.take(), purposes=SEARCH)
    with pytest.raises(PurposeMissingError, match="lets you search; it is not for this: read"):
        READING[way](desk)
    assert Budget.objects.get(scope=Scope.GRANT).total_used == 0
    assert not Event.objects.filter(kind__endswith="-shown").exists()


def test_a_grant_to_read_reads_and_one_to_search_searches(house: House) -> None:
    taken = house.take()
    index(taken)
    with searcher():
        reading = house.seat(house.cast.reviewer, taken, purposes=READ)
        READING["file"](reading)
        searching = house.seat(house.cast.colleague, taken, purposes=SEARCH)
        assert search(searching, "line_7;").hits == 1


def test_a_search_saved_under_a_grant_that_is_for_it_alone(house: House) -> None:
    taken = house.take()
    index(taken)
    with searcher():
        searching = house.seat(house.cast.reviewer, taken, purposes=SEARCH)
        event = search(searching, "line_7;").view.recorded.uid
    commands.save_search(searching.viewer, searching.grant, event, "Sevens", now=NOW)
    Grant.objects.update(purposes="read")  # as no command leaves it
    with pytest.raises(PurposeMissingError):
        commands.save_search(searching.viewer, searching.grant, event, "Sevens again", now=NOW)


def test_lines_found_are_paid_from_the_purse_that_reads(house: House) -> None:
    taken = house.take()
    index(taken)
    with searcher():
        desk = house.seat(house.cast.reviewer, taken, limits=Limits(hour=50))
        commands.open_file(desk.viewer, desk.grant, desk.release, MAIN, Span(1, 10), now=NOW)
        found = search(desk, r"int line_(1|2|3|1[1-3])\b")
        assert (found.lines, found.view.charged) == (6, 3), (
            "what was read is found free, the rest costs as reading does"
        )
        again = commands.open_file(desk.viewer, desk.grant, desk.release, MAIN, Span(11, 13), now=NOW)
        assert again.view.charged == 0, "and what was found is read free"
        assert found.view.balance.hour.used == 13


def test_what_is_decided_names_purposes_and_conditions(house: House) -> None:
    proposal = house.propose(house.take(), purposes=frozenset({Purpose.READ, Purpose.DOCUMENTS}))
    statement = json.loads(proposal.statement)
    assert statement["purposes"] == ["documents", "read"]
    assert statement["conditions"] == {"accompanied": False, "sites": [], "workstation": False}
    assert "mode" not in statement
    house.agree(proposal, house.cast.custodian)
    house.agree(proposal, house.cast.officer, basis=EXPORT)
    assert Grant.objects.get().purposes == "documents read"


@pytest.mark.parametrize("gone", ["purposes", "conditions"])
def test_a_proposal_of_before_is_not_guessed_at(house: House, gone: str) -> None:
    proposal = house.propose(house.take())
    house.agree(proposal, house.cast.custodian)
    statement = json.loads(proposal.statement)
    del statement[gone]
    Proposal.objects.filter(pk=proposal.pk).update(statement=json.dumps(statement))
    with pytest.raises(InvalidError, match="put up before"):
        house.agree(proposal, house.cast.officer, basis=EXPORT)
    assert not Grant.objects.exists()
