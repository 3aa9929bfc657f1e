# SPDX-License-Identifier: Apache-2.0
"""Names are shown under a grant: judged at each call, charged where asked for, durable before they leave."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from glasshouse.domain.access.errors import BudgetExhaustedError, GrantEndedError
from glasshouse.domain.access.values import Limits
from glasshouse.domain.journal.models import Event
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.readingroom import commands, queries
from glasshouse.domain.readingroom.errors import NoVisitError
from glasshouse.domain.readingroom.values import Spot
from glasshouse.domain.releases import defining, searching, symbols
from glasshouse.domain.releases import queries as releases
from glasshouse.kernel.errors import NotFoundError
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.paths import TreePath
from tests.lab import NOW, Desk, House

GEO = TreePath(b"src/geo.c")
FILES = {
    "p/src/geo.c": b"int area(int x)\n{\n\treturn x;\n}\n",
    "p/secret/only.c": b"int hidden_name(void)\n{\n\treturn 0;\n}\n",
}
NEXT = {**FILES, "p/src/geo.c": b"int area(int x)\n{\n\treturn -x;\n}\n"}


@pytest.fixture
def desk(house: House) -> Iterator[Desk]:
    yield seat(house)
    defining.forget()
    searching.forget()


def seat(house: House, limits: Limits | None = None) -> Desk:
    taken = [house.take("1", FILES), house.take("2", NEXT)]
    refs = [releases.ref(row) for row in taken]
    symbols.index(refs[0].product, refs)
    return house.seat(house.cast.reviewer, *taken, patterns=("src/**",), limits=limits)


Ask = Callable[[Viewer, Desk], object]
ASKED: dict[str, Ask] = {
    "outline": lambda who, at: commands.open_outline(who, at.grant, at.release, GEO, now=NOW),
    "definitions": lambda who, at: commands.open_definitions(who, at.grant, at.release, GEO, Spot(1, 4), now=NOW),
    "find": lambda who, at: commands.find_definitions(who, at.grant, at.release, "area", now=NOW),
    "references": lambda who, at: commands.open_references(who, at.grant, at.release, GEO, Spot(1, 4), now=NOW),
    "uses": lambda who, at: commands.find_references(who, at.grant, at.release, "area", now=NOW),
    "history": lambda who, at: commands.open_history(who, at.grant, at.release, GEO, now=NOW),
    "line": lambda who, at: commands.open_history(who, at.grant, at.release, GEO, now=NOW, line=3),
    "functions": lambda who, at: commands.open_function_changes(who, at.grant, at.release, second(at), now=NOW),
    "enter": lambda who, at: commands.enter(who, at.grant, at.release, now=NOW),
}


def second(desk: Desk) -> Uid:
    return Uid(desk.taken[1].uid)


@pytest.mark.parametrize("asked", ASKED)
def test_for_anybody_else_there_is_nothing(desk: Desk, house: House, asked: str) -> None:
    before = Event.objects.count()
    for viewer in (house.cast.stranger, house.cast.colleague, house.cast.manager, house.cast.custodian):
        with pytest.raises(NotFoundError):
            ASKED[asked](viewer, desk)
    assert Event.objects.count() == before


@pytest.mark.parametrize("asked", ASKED)
def test_without_a_visit_nothing_is_shown(house: House, asked: str) -> None:
    taken = [house.take("1", FILES), house.take("2", NEXT)]
    grant = house.grant(*taken)
    desk = Desk(house.cast.reviewer, grant, Uid(taken[0].uid), Uid.new(), tuple(taken))
    with pytest.raises(NoVisitError):
        ASKED[asked](desk.viewer, desk)
    searching.forget()


def test_an_ended_grant_answers_no_question(desk: Desk) -> None:
    later = NOW + timedelta(days=3)
    with pytest.raises(GrantEndedError):
        commands.open_outline(desk.viewer, desk.grant, desk.release, GEO, now=later)
    with pytest.raises(GrantEndedError):
        commands.find_definitions(desk.viewer, desk.grant, desk.release, "area", now=later)


def test_questions_for_names_end_with_the_budget_and_outlines_do_not(house: House) -> None:
    desk = seat(house, Limits(hour=2, day=2, visit=2, total=2))
    for name in ("area", "none_such"):
        assert commands.find_definitions(desk.viewer, desk.grant, desk.release, name, now=NOW).view.charged == 1
    recorded = Event.objects.count()
    with pytest.raises(BudgetExhaustedError):
        commands.find_definitions(desk.viewer, desk.grant, desk.release, "area", now=NOW)
    assert Event.objects.count() == recorded
    assert commands.open_outline(desk.viewer, desk.grant, desk.release, GEO, now=NOW).view.charged == 0


def test_every_showing_is_in_the_record_of_its_viewer_who_alone_opens_what_was_asked(desk: Desk) -> None:
    for asked in ("outline", "definitions", "find", "history", "functions"):
        ASKED[asked](desk.viewer, desk)
    events = queries.record_of(desk.viewer, size=5).events
    kinds = [one.kind.removeprefix("readingroom.").removesuffix("-shown") for one in reversed(events)]
    assert kinds == ["outline", "definitions", "definitions", "history", "functions"]
    assert events[2].fields["query"] == {"how": "exact", "kinds": [], "name": "area"}


def test_a_changed_function_is_named_with_its_lines_and_none_outside_the_grant_is(desk: Desk) -> None:
    shown = commands.open_function_changes(desk.viewer, desk.grant, desk.release, second(desk), now=NOW)
    [file] = shown.files
    [step] = file.functions
    assert (step.step, step.label, str(step.before), str(step.after)) == ("changed", "area", "1-4", "1-4")
    assert (file.elsewhere, file.gaps, file.is_pending, shown.total) == (False, [], False, 1)
