# SPDX-License-Identifier: Apache-2.0
"""What a worker does with an order, in this process."""

import threading
from collections.abc import Iterator

import pytest

from glasshouse.engines.fanout import Kind, Role, Unit, performing
from glasshouse.engines.fanout.credentials import InMemory
from glasshouse.engines.fanout.fetching import Line
from glasshouse.engines.fanout.orders import Order, read_answers, write_order
from glasshouse.engines.fanout.values import Desk, Outcome
from tests.engines.fanout.asking import PACKAGES, UNITS, units_of

DESK = Desk("127.0.0.1", 1, "job", 1)


@pytest.fixture
def line() -> Iterator[Line]:
    held = InMemory()
    with Line(held.of(Role.WORKER)) as line:
        yield line
    held.close()


def performed(line: Line, function: str, units: list[Unit], cancel: threading.Event) -> tuple[Outcome, ...]:
    order = Order(f"{UNITS}:{function}", DESK, tuple(units))
    return read_answers(performing.perform(write_order(order), line, PACKAGES, cancel), units)


def test_an_order_whose_values_grow_large_leaves_the_rest(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(performing, "ANSWER_BYTES", 5)
    kinds = [outcome.kind for outcome in performed(line, "echo", units_of(4, "12"), threading.Event())]
    assert kinds == [Kind.DONE, Kind.DONE, Kind.CANCELLED, Kind.CANCELLED]


def test_a_value_that_is_too_large_fails_its_unit(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(performing, "VALUE_BYTES", 3)
    (outcome,) = performed(line, "echo", units_of(1, "12"), threading.Event())
    assert (outcome.kind, outcome.reason) == (Kind.FAILED, "the value has 4 bytes, more than 3")


def test_a_lab_that_is_not_there_fails_the_unit(line: Line) -> None:
    (outcome,) = performed(line, "fetch_other", [Unit("one", (), "0" * 64)], threading.Event())
    assert outcome.kind is Kind.FAILED
    assert outcome.reason.startswith("builtins.ConnectionRefusedError")
