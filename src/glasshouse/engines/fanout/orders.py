# SPDX-License-Identifier: Apache-2.0
"""What a worker is told to do and what it answers, as bytes that Dask carries without looking into them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from glasshouse.engines.fanout import frames
from glasshouse.engines.fanout.errors import InvalidFrameError
from glasshouse.engines.fanout.values import Desk, Kind, Outcome, Unit
from glasshouse.kernel.digests import Digest


@dataclass(frozen=True, slots=True)
class Order:
    """Some units for one function, one after the other."""

    function: str
    desk: Desk
    units: tuple[Unit, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a worker says of one unit."""

    kind: Kind
    value: bytes
    reason: str
    seconds: float


def write_order(order: Order) -> bytes:
    """Return an order as the worker reads it."""
    desk = order.desk
    units = [[unit.name, [str(one) for one in unit.digests], unit.settings, unit.weight] for unit in order.units]
    return frames.pack(
        {"function": order.function, "desk": [desk.host, desk.port, desk.job, desk.token], "units": units}
    )


def read_order(told: bytes) -> Order:
    """Read an order."""
    header, _ = frames.unpack(told)
    match header:
        case {"function": str(function), "desk": [str(host), int(port), str(job), int(token)], "units": list(units)}:
            return Order(function, Desk(host, port, job, token), tuple(_unit(one) for one in units))
    raise InvalidFrameError("an order is not written as one")


def _unit(told: object) -> Unit:
    match told:
        case [str(name), list(digests), str(settings), int(weight) | float(weight)]:
            return Unit(name, tuple(Digest.parse(str(one)) for one in digests), settings, weight)
    raise InvalidFrameError("a unit is not written as one")


def write_answers(answers: Sequence[Answer]) -> bytes:
    """Return what became of an order's units, in their order."""
    told: list[object] = [[one.kind.value, len(one.value), one.reason, one.seconds] for one in answers]
    return frames.pack({"answers": told}, b"".join(one.value for one in answers))


def read_answers(told: bytes, units: Sequence[Unit]) -> tuple[Outcome, ...]:
    """Read what became of these units; whatever else the bytes hold is refused."""
    header, body = frames.unpack(told)
    answers = header.get("answers")
    if not isinstance(answers, list) or len(answers) != len(units):
        raise InvalidFrameError("a worker did not answer for each of its units")
    outcomes, start = [], 0
    for unit, answer in zip(units, answers, strict=True):
        match answer:
            case [("done" | "failed" | "cancelled") as kind, int(size), str(reason), int(taken) | float(taken)] if (
                0 <= size <= len(body) - start and 0 <= taken < math.inf
            ):
                outcomes.append(Outcome(unit, Kind(kind), body[start : start + size], reason, float(taken)))
                start += size
            case _:
                raise InvalidFrameError("a worker's answer is not written as one")
    if start != len(body):
        raise InvalidFrameError("a worker said more than it was asked")
    return tuple(outcomes)
