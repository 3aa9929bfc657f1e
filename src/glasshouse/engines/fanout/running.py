# SPDX-License-Identifier: Apache-2.0
"""One run: every unit gets one outcome, and few of them are on their way at a time."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from operator import attrgetter
from typing import Final

from glasshouse.engines.fanout.cluster import Compute
from glasshouse.engines.fanout.errors import ComputeBusyError, InvalidFrameError
from glasshouse.engines.fanout.fetching import Loan
from glasshouse.engines.fanout.orders import Order, read_answers, write_order
from glasshouse.engines.fanout.pacing import Pace
from glasshouse.engines.fanout.values import Content, Desk, Kind, Outcome, Unit
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.errors import InvalidError

TICK_SECONDS: Final = 0.25
ORDERS_A_WORKER: Final = 2  # one that it works on, one that waits at the scheduler

Report = Callable[[int, int], None]


def run(
    compute: Compute,
    units: Iterable[Unit],
    function: str,
    *,
    content: Content,
    report: Report,
    is_out: Callable[[], bool],
) -> Iterator[Outcome]:
    """Run a function on each unit and yield what became of each: once, as they end, the heaviest begun first.

    `report` gets how many have an outcome, of how many, at least every quarter of a second while this is iterated; what
    it raises, such as that the job has a new owner, ends the run. Once `is_out`, whatever has no outcome is cancelled.
    Nothing new is begun while the caller does not iterate.
    """
    if compute.is_running:
        raise ComputeBusyError("This cluster is at work already.")
    compute.is_running = True
    try:
        with compute.lender.lending(content) as loan:
            desk = Desk(compute.lender.host, compute.lender.port, content.job, content.token)
            running = _Run(compute, loan, desk, function, sorted(units, key=attrgetter("weight"), reverse=True))
            yield from running.outcomes(report, is_out)
    finally:
        compute.is_running = False


class _Run:
    def __init__(self, compute: Compute, loan: Loan, desk: Desk, function: str, units: Sequence[Unit]) -> None:
        self._compute = compute
        self._loan = loan
        self._desk = desk
        self._function = function
        self._units = units
        self._begun = 0
        self._alone: deque[Unit] = deque()
        self._flying: dict[int, Sequence[Unit]] = {}
        self._pace = Pace(sum(unit.weight for unit in units))

    def outcomes(self, report: Report, is_out: Callable[[], bool]) -> Iterator[Outcome]:
        done, of = 0, len(self._units)
        try:
            while done < of:
                report(done, of)
                if is_out():
                    yield from self._called_off()
                    report(of, of)
                    return
                self._fill()
                message = self._compute.receive(TICK_SECONDS)
                found = () if message is None else self._settled(*message)
                done += len(found)
                yield from found
            report(done, of)
        finally:
            if self._flying:
                self._compute.cancel()

    def _fill(self) -> None:
        """Send orders until each worker has one to work on and one that waits."""
        while len(self._flying) < ORDERS_A_WORKER * self._compute.workers:
            if self._alone:
                self._send([self._alone.popleft()], first=True)
            elif self._begun < len(self._units):
                units = self._pace.next_order(self._units, self._begun, workers=self._compute.workers)
                self._begun += len(units)
                self._send(units, first=False)
            else:
                return

    def _send(self, units: Sequence[Unit], *, first: bool) -> None:
        self._loan.lend(_digests(units))
        order = Order(self._function, self._desk, tuple(units))
        self._flying[self._compute.send(write_order(order), first=first)] = units

    def _settled(self, header: dict[str, object], body: bytes) -> Sequence[Outcome]:
        """Take an answer in.

        Units that were lost together are tried again each alone, to find the one at fault, and so are those that a
        worker left.
        """
        number = header.get("answered", header.get("lost"))
        units = self._flying.pop(number, None) if isinstance(number, int) else None
        if units is None:
            return ()  # of a run that was called off
        self._loan.take_back(_digests(units))
        if "lost" in header:
            if len(units) > 1:
                self._alone.extend(units)
                return ()
            return [Outcome(units[0], Kind.LOST, reason="the process that ran it ended, twice")]
        try:
            found = read_answers(body, units)
        except InvalidError as error:
            return [Outcome(unit, Kind.FAILED, reason=f"{InvalidFrameError.code}: {error}") for unit in units]
        ended = [outcome for outcome in found if outcome.kind is not Kind.CANCELLED]
        self._alone.extend(outcome.unit for outcome in found if outcome.kind is Kind.CANCELLED)
        if ended:
            self._pace.learn([outcome.unit for outcome in ended], sum(outcome.seconds for outcome in ended))
        return ended

    def _called_off(self) -> Iterator[Outcome]:
        rest = [unit for units in self._flying.values() for unit in units]
        rest += [*self._alone, *self._units[self._begun :]]
        self._compute.cancel()
        self._flying.clear()
        for unit in rest:
            yield Outcome(unit, Kind.CANCELLED, reason="called off")


def _digests(units: Sequence[Unit]) -> Iterator[Digest]:
    return (digest for unit in units for digest in unit.digests)
