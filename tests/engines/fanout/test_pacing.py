# SPDX-License-Identifier: Apache-2.0
"""Short units travel together, long ones alone."""

from glasshouse.engines.fanout import Unit
from glasshouse.engines.fanout.pacing import LEAST_SECONDS, ORDER_SECONDS, ORDER_UNITS, Pace


def orders(pace: Pace, units: list[Unit], *, workers: int = 2) -> list[int]:
    start, sizes = 0, []
    while start < len(units):
        sizes.append(len(pace.next_order(units, start, workers=workers)))
        start += sizes[-1]
    return sizes


def test_before_anything_is_known_each_unit_travels_alone() -> None:
    assert orders(Pace(5.0), [Unit("x")] * 5) == [1] * 5


def test_short_units_fill_an_order_and_the_last_orders_are_smaller() -> None:
    pace = Pace(2000.0, seconds=0.01)
    sizes = orders(pace, [Unit("x")] * 2000)
    assert abs(sizes[0] - ORDER_SECONDS / 0.01) <= 1
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[-1] <= round(LEAST_SECONDS / 0.01) + 1
    assert abs(pace.remaining) < 1e-6


def test_long_units_travel_alone() -> None:
    assert orders(Pace(10.0, seconds=3.0), [Unit("x")] * 10) == [1] * 10


def test_an_order_never_has_more_units_than_may_be_lost_together() -> None:
    assert max(orders(Pace(5000.0, seconds=1e-9), [Unit("x")] * 5000)) == ORDER_UNITS


def test_what_is_measured_by_weight_is_learnt() -> None:
    pace = Pace(100.0)
    pace.learn([Unit("x", weight=10.0)], 5.0)
    assert pace.seconds == 0.5
    pace.learn([Unit("x", weight=10.0)], 15.0)
    assert 0.5 < pace.seconds < 1.5
