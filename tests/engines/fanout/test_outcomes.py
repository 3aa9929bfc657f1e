# SPDX-License-Identifier: Apache-2.0
"""Every unit gets one outcome, whatever its function does."""

import threading
import time
from collections import Counter
from pathlib import Path

import pytest

from glasshouse.engines.fanout import Compute, ComputeBusyError, Content, InvalidUnitError, Kind, Unit, run
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.errors import ConflictError
from tests.engines.fanout import units as functions
from tests.engines.fanout.asking import ask, content_of, eventually, never, quietly, units_of


def test_every_unit_is_done_once_and_its_value_is_its_own(kept: Compute) -> None:
    outcomes = list(ask(kept, "echo", units_of(700, "set")))
    assert Counter(outcome.unit.name for outcome in outcomes) == Counter(str(number) for number in range(700))
    assert all(outcome.value == f"{outcome.unit.name} set".encode() for outcome in outcomes)
    assert {outcome.kind for outcome in outcomes} == {Kind.DONE}


def test_units_that_are_equal_have_an_outcome_each(kept: Compute) -> None:
    assert len(list(ask(kept, "echo", [Unit("same")] * 5))) == 5


def test_no_units_are_no_work(kept: Compute) -> None:
    assert list(ask(kept, "echo", [])) == []


def test_the_heaviest_units_begin_first(kept: Compute) -> None:
    units = [Unit(str(weight), (), "0.03", float(weight)) for weight in (1, 5, 3, 20, 2, 50, 4, 40)]
    order = [int(outcome.unit.name) for outcome in ask(kept, "nap", units)]
    assert set(order[:2]) == {50, 40}
    assert set(order[-2:]) <= {1, 2, 3}


def test_a_failed_unit_tells_where_and_never_what_it_read(kept: Compute) -> None:
    outcomes = list(ask(kept, "quote", units_of(3)))
    assert {outcome.kind for outcome in outcomes} == {Kind.FAILED}
    assert all(outcome.reason.startswith("builtins.ValueError in quote, line ") for outcome in outcomes)
    assert not any(functions.SECRET in repr(outcome) for outcome in outcomes)


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        ("refuse", "invalid: this unit has no flags"),
        ("leave", "builtins.SystemExit in leave"),
        ("wrong", "the function returned str, not bytes"),
        ("no_such", "fanout.function-not-allowed: "),
        ("Never", "fanout.function-not-allowed: "),
    ],
)
def test_whatever_a_function_does_its_unit_fails_alone(kept: Compute, function: str, reason: str) -> None:
    (outcome,) = ask(kept, function, units_of(1))
    assert outcome.kind is Kind.FAILED
    assert outcome.reason.startswith(reason)


@pytest.mark.parametrize(
    "name",
    ["os:system", "tests.engines.fanout.asking:ask", "tests.engines.fanout.units:os", "tests.engines.fanout.units", ""],
)
def test_only_functions_of_units_are_run(kept: Compute, name: str) -> None:
    (outcome,) = run(kept, units_of(1), name, content=content_of(), report=quietly, is_out=never)
    assert (outcome.kind, outcome.reason[:28]) == (Kind.FAILED, "fanout.function-not-allowed:")


def test_progress_is_reported_to_the_end(kept: Compute) -> None:
    told: list[tuple[int, int]] = []
    list(ask(kept, "echo", units_of(40), report=lambda done, of: told.append((done, of))))
    assert told == sorted(told)
    assert (told[0], told[-1]) == ((0, 40), (40, 40))


def test_a_lost_lease_ends_the_run_and_the_next_one_is_not_disturbed(kept: Compute) -> None:
    def report(done: int, _of: int) -> None:
        if done:
            raise ConflictError("another worker holds this job")

    with pytest.raises(ConflictError):
        list(ask(kept, "nap", units_of(50, "0.02"), report=report))
    assert len(list(ask(kept, "echo", units_of(50)))) == 50


def test_a_run_that_is_left_halfway_leaves_the_cluster_free(kept: Compute) -> None:
    begun = ask(kept, "nap", units_of(50, "0.02"))
    next(begun)
    begun.close()  # type: ignore[attr-defined]
    assert len(list(ask(kept, "echo", units_of(50)))) == 50


def test_a_cluster_takes_one_run_at_a_time(kept: Compute) -> None:
    begun = ask(kept, "nap", units_of(5, "0.02"))
    next(begun)
    with pytest.raises(ComputeBusyError):
        next(ask(kept, "echo", units_of(1)))
    assert len(list(begun)) == 4


def test_what_is_called_off_is_cancelled_and_the_rest_keeps_its_outcome(kept: Compute) -> None:
    done: list[int] = []

    def is_out() -> bool:
        return bool(done and done[-1] >= 10)

    outcomes = list(ask(kept, "nap", units_of(400, "0.02"), report=lambda count, _: done.append(count), is_out=is_out))
    kinds = Counter(outcome.kind for outcome in outcomes)
    assert len({outcome.unit.name for outcome in outcomes}) == len(outcomes) == 400
    assert kinds[Kind.DONE] >= 10
    assert kinds[Kind.CANCELLED] > 300
    assert kinds.keys() == {Kind.DONE, Kind.CANCELLED}


def test_a_unit_that_runs_learns_that_it_was_called_off(kept: Compute, tmp_path: Path) -> None:
    told = tmp_path / "told"
    out = threading.Event()
    threading.Timer(1.0, out.set).start()
    (outcome,) = ask(kept, "nap_until_called_off", [Unit("one", (), str(told))], is_out=out.is_set)
    assert outcome.kind is Kind.CANCELLED
    assert eventually(told.exists, seconds=5)
    assert eventually(lambda: told.read_text("ascii") == "True", seconds=5)
    assert len(list(ask(kept, "echo", units_of(10)))) == 10


def test_units_that_a_worker_left_are_begun_anew(kept: Compute) -> None:
    outcomes = list(ask(kept, "leave_the_rest", units_of(60)))
    assert {outcome.kind for outcome in outcomes} == {Kind.DONE}
    assert len({outcome.unit.name for outcome in outcomes}) == len(outcomes) == 60


def test_few_units_are_on_their_way_while_nobody_takes_outcomes(kept: Compute) -> None:
    begun_with: list[str] = []

    def read(digest: Digest) -> bytes:
        begun_with.append(str(digest))
        return held[digest]

    held = {Digest.of(str(number).encode()): str(number).encode() for number in range(3000)}
    units = [Unit(str(number), (digest,)) for number, digest in enumerate(held)]
    outcomes = ask(kept, "size", units, content=Content("slow", 1, read))
    taken = [next(outcomes) for _ in range(10)]
    time.sleep(2)  # whatever is on its way arrives
    assert len(begun_with) < 1500
    assert len(taken) + len(list(outcomes)) == 3000


@pytest.mark.parametrize("weight", [0.0, -1.0, float("nan"), float("inf")])
def test_a_unit_weighs_something(weight: float) -> None:
    with pytest.raises(InvalidUnitError):
        Unit("one", weight=weight)


def test_a_unit_has_no_room_for_content() -> None:
    with pytest.raises(InvalidUnitError):
        Unit("one", settings="x" * 100_000)
