# SPDX-License-Identifier: Apache-2.0
"""What comes from another process is parsed and never believed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glasshouse.engines.fanout import Kind, Unit, frames
from glasshouse.engines.fanout.errors import InvalidFrameError
from glasshouse.engines.fanout.orders import Answer, Order, read_answers, read_order, write_answers, write_order
from glasshouse.engines.fanout.values import Desk
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.errors import InvalidError

UNITS = (Unit("a", (Digest.of(b"a"), Digest.of(b"b")), '{"x": 1}', 2.5), Unit("b"))
DESK = Desk("127.0.0.1", 4000, "job", 3)


def test_an_order_arrives_as_it_was_written() -> None:
    order = Order("glasshouse.domain.scans.units:analyse", DESK, UNITS)
    assert read_order(write_order(order)) == order


@given(st.lists(st.tuples(st.sampled_from([Kind.DONE, Kind.FAILED]), st.binary(), st.text(), st.floats(0, 1e6))))
def test_answers_arrive_as_they_were_written(told: list[tuple[Kind, bytes, str, float]]) -> None:
    units = [Unit(str(number)) for number in range(len(told))]
    found = read_answers(write_answers([Answer(*one) for one in told]), units)
    assert [(one.kind, one.value, one.reason, one.seconds) for one in found] == told
    assert [one.unit for one in found] == units


@pytest.mark.parametrize(
    "answers",
    [
        [],
        [["done", 1, "", 0.1]],
        [["done", 1, "", 0.1], ["done", 5, "", 0.1]],
        [["done", 1, "", 0.1], ["done", 0, "", 0.1]],
        [["done", -1, "", 0.1], ["done", 3, "", 0.1]],
        [["lost", 1, "", 0.1], ["done", 1, "", 0.1]],
        [["done", 1, "", float("nan")], ["done", 1, "", 0.1]],
        [["done", 1, "", float("inf")], ["done", 1, "", 0.1]],
        [["done", 1, "", -4], ["done", 1, "", 0.1]],
        [["done", 1, 5, 0.1], ["done", 1, "", 0.1]],
        ["done", "done"],
        {"a": 1},
    ],
)
def test_answers_that_are_none_are_refused(answers: object) -> None:
    with pytest.raises(InvalidFrameError):
        read_answers(frames.pack({"answers": answers}, b"xy"), UNITS)


@given(st.binary(max_size=200))
def test_bytes_that_are_no_message_are_refused(told: bytes) -> None:
    for read in (lambda: read_answers(told, UNITS), lambda: read_order(told)):
        with pytest.raises(InvalidError):
            read()


@pytest.mark.parametrize("told", [b"[]", b"7", b"{", b"[" * 100_000, b"\xff"])
def test_headers_that_are_no_objects_are_refused(told: bytes) -> None:
    with pytest.raises(InvalidFrameError):
        frames.unpack(frames.LENGTHS.pack(len(told), 0) + told)


def test_a_message_longer_than_any_of_ours_is_not_waited_for() -> None:
    with pytest.raises(InvalidFrameError):
        frames.lengths(frames.LENGTHS.pack(2**31, 0))
