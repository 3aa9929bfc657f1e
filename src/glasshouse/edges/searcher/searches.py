# SPDX-License-Identifier: Apache-2.0
"""Searches under way: first pages, counts, tickets; whose they are, and how long they are kept."""

import logging
import math
import secrets
import threading
import time
from collections import OrderedDict
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as StillRunning
from dataclasses import dataclass, field, replace
from typing import Final

from django.conf import settings

from glasshouse.edges.searcher import pages
from glasshouse.edges.searcher.rates import Rates
from glasshouse.edges.searcher.scoping import Scoped, scoped
from glasshouse.edges.searcher.sharing import shares_of
from glasshouse.edges.searcher.shelf import Holding, Shelf
from glasshouse.edges.searcher.structures import Structures
from glasshouse.edges.searcher.turns import Turn, Turns
from glasshouse.engines.codeindex.search.corpus import Page, Place, Spread
from glasshouse.engines.codeindex.search.matching import Query
from glasshouse.engines.codeindex.search.questions import Ask, Found, SearchBusyError, Tallied, Waiting
from glasshouse.engines.codeindex.structure.values import Structure
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.errors import GlasshouseError, InvalidError, NotFoundError
from glasshouse.kernel.ids import Uid

log = logging.getLogger("glasshouse.searcher")
FIRST: Final = 50
COUNT_SECONDS: Final = 2.0
PAGE_SECONDS: Final = 60.0
SLOT: Final = 0.025
_AHEAD: Final = 0.002
"""Seconds that a first page has to go out before its count takes the processors."""
KEPT_SECONDS: Final = 900.0
_KEPT: Final = 2_000
_SCOPES: Final = 64
_PAGES, _COUNTS = 48, 48
_STRUCTURES = 3
WANTED_SECONDS: Final = 10.0
"""How long an analysis goes on for which nobody asks."""
_UNKNOWN: Final = Tallied(0, 0, is_exact=False, is_running=True)


@dataclass(slots=True, eq=False)
class Counting:
    """How much a search finds in all. Its ticket is its person's alone."""

    asked: Ask
    ticket: str
    begun: float
    tally: Tallied = _UNKNOWN
    ready_at: float = 0.0
    before: Tallied = _UNKNOWN  # what is told until then
    wanted_at: float = 0.0
    is_behind: bool = False


@dataclass(slots=True, eq=False)
class _Running:
    asked: Ask
    begun: float
    page: "Future[Found]" = field(default_factory=Future)
    is_narrow: bool = False


class Searches:
    """Answers questions; one for all threads of a searcher."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._turns = Turns()
        lab = settings.GLASSHOUSE
        self._rates = Rates(by_person=lab.searches_per_minute, by_organisation=lab.searches_per_minute_organisation)
        self._lock = threading.Lock()
        self._running: dict[Ask, _Running] = {}
        self._counts: OrderedDict[tuple[Ask, int], Counting] = OrderedDict()  # by the corpus's generation
        self._tickets: dict[str, Counting] = {}
        self._scopes: OrderedDict[tuple[object, ...], Scoped] = OrderedDict()
        self._counting: dict[Uid, threading.Lock] = {}
        self._newest: dict[Uid, Counting] = {}
        self._pages = ThreadPoolExecutor(_PAGES, "page")
        self._counters = ThreadPoolExecutor(_COUNTS, "count")
        self._structures = Structures()
        self._behind: dict[Uid, Counting] = {}
        self._is_closed = False

    def close(self) -> None:
        """End every search soon."""
        self._is_closed = True
        self._structures.close()
        self._pages.shutdown(cancel_futures=True)
        self._counters.shutdown(cancel_futures=True)

    def search(self, asked: Ask, *, wait: float) -> Found | Waiting:
        """Return a page, or that it takes longer than `wait`: the same question then joins the search."""
        arrived = time.monotonic()
        self._shelf.check_lives(asked.product)
        running = self._join(asked)
        try:
            found = running.page.result(wait)
        except StillRunning:
            return Waiting(self._shelf.loading(asked.product))
        except GlasshouseError:
            self._leave(running)
            self._shelf.check_lives(asked.product)  # what was destroyed meanwhile is not here
            raise
        self._leave(running)
        self._shelf.check_lives(asked.product)  # it may have been destroyed while we looked
        if running.is_narrow:
            _until_slot(arrived)
        loading = self._shelf.loading(asked.product)
        return replace(found, tally=self.tally(asked.person, asked.grant, found.ticket), loading=loading)

    def tally(self, person: Uid, grant: Uid, ticket: str) -> Tallied:
        """Return how far a search has counted; raises NotFoundError for a ticket that is not this person's."""
        with self._lock:
            counting = self._tickets.get(ticket)
        if counting is None or (counting.asked.person, counting.asked.grant) != (person, grant):
            raise NotFoundError
        self._shelf.check_lives(counting.asked.product)
        counting.wanted_at = time.monotonic()
        return counting.tally if time.monotonic() >= counting.ready_at else counting.before

    def _join(self, asked: Ask) -> _Running:
        with self._lock:
            self._tidy()
            running = self._running.get(asked)
            if running is not None:
                return running
            own = [other for other in self._running.values() if other.asked.person == asked.person]
            structured = sum(isinstance(other.asked.query, Structure) for other in own)
            if len(own) >= _PAGES // 4 or (isinstance(asked.query, Structure) and structured >= _STRUCTURES):
                raise SearchBusyError("Many of your searches are under way.", hint="Wait for one of them to end.")
            self._rates.take(asked.person, asked.organisation)
            running = self._running[asked] = _Running(asked, time.monotonic())
        self._pages.submit(self._work, running)
        return running

    def _leave(self, running: _Running) -> None:
        with self._lock:
            if self._running.get(running.asked) is running:
                del self._running[running.asked]

    def _tidy(self) -> None:
        before = time.monotonic() - KEPT_SECONDS
        for running in [one for one in self._running.values() if one.page.done() and one.begun < before]:
            del self._running[running.asked]  # nobody came back for it
        while self._counts:
            key, oldest = next(iter(self._counts.items()))
            if len(self._counts) <= _KEPT and oldest.begun >= before:
                break
            del self._counts[key], self._tickets[oldest.ticket]

    def _work(self, running: _Running) -> None:
        try:
            running.page.set_result(self._page(running))
        except GlasshouseError as error:
            running.page.set_exception(error)
        except Exception as error:  # one search must not end the others; the operator's log says what it was
            log.exception("a search failed")
            failed = InvalidError("This search failed.", hint="The operator's log says why.")
            failed.__cause__ = error
            running.page.set_exception(failed)

    def _page(self, running: _Running) -> Found:
        query = running.asked.query
        return self._structured(running, query) if isinstance(query, Structure) else self._lined(running, query)

    def _lined(self, running: _Running, query: Query) -> Found:
        asked = running.asked
        holding = self._shelf.holding(asked.product)
        began = time.perf_counter()
        with self._turns.turn(asked.person, is_page=True) as turn:
            scope = self._scope(asked, holding)
            running.is_narrow = scope.is_narrow
            until = time.monotonic() + PAGE_SECONDS
            page = holding.corpus.search(
                query,
                scope.scope,
                first=FIRST,
                after=_after(asked, holding, scope),
                is_out=lambda: self._is_out(turn, holding, until),
            )
            files = pages.files_of(page.hits, asked, query, holding.corpus, scope)
        seconds = time.perf_counter() - began
        counting = self._count(asked, query, holding, scope, page)
        return Found(
            ticket=counting.ticket,
            files=files,
            rest=_rest(page, scope),
            tally=_UNKNOWN,
            searched=scope.searched,
            skipped=scope.skipped,
            seconds=math.ceil(seconds / SLOT) * SLOT if scope.is_narrow else round(seconds, 4),
        )

    def _structured(self, running: _Running, structure: Structure) -> Found:
        asked = running.asked
        holding = self._shelf.holding(asked.product)
        scope = self._scope(asked, holding)
        running.is_narrow = scope.is_narrow
        found = self._structures.page(asked, structure, holding, scope)
        counting, _ = self._counting_of(asked, holding)
        counting.wanted_at = time.monotonic()
        with self._lock:
            is_behind, counting.is_behind = counting.is_behind, True
        if found.tally.left and not is_behind:
            counting.tally = replace(found.tally, is_running=True)
            self._counters.submit(self._analyse_on, counting, structure, holding, scope)
        elif not is_behind:
            counting.tally, counting.is_behind = found.tally, False
        return replace(found, ticket=counting.ticket)

    def _analyse_on(self, counting: Counting, structure: Structure, holding: Holding, scope: Scoped) -> None:
        """Analyse what is behind a page for as long as its person asks for the tally, and asks nothing newer."""
        person = counting.asked.person
        with self._lock:
            self._behind[person] = counting

        def tell(tally: Tallied) -> bool:
            counting.tally = tally
            is_newest = self._behind.get(person) is counting
            return is_newest and time.monotonic() - counting.wanted_at < WANTED_SECONDS

        try:
            self._structures.finish(counting.asked, structure, holding, scope, tell=tell)
        except GlasshouseError as error:
            log.warning("an analysis ended: %s", error.code)
        except Exception:  # one search must not end the others
            log.exception("an analysis failed")
        finally:
            with self._lock:
                counting.is_behind = False
                if self._behind.get(person) is counting:
                    del self._behind[person]
            counting.tally = replace(counting.tally, is_running=False)

    def _is_out(self, turn: Turn, holding: Holding, until: float) -> bool:
        turn.give_way()
        return self._is_closed or holding.is_gone or time.monotonic() >= until

    def _scope(self, asked: Ask, holding: Holding) -> Scoped:
        corpus = holding.corpus
        key = (asked.product, asked.roots, asked.patterns, asked.paths, asked.language, id(corpus), corpus.generation)
        with self._lock:
            found = self._scopes.get(key)
            if found is not None:
                self._scopes.move_to_end(key)
                return found
        made = scoped(asked, holding)
        with self._lock:
            self._scopes[key] = made
            while len(self._scopes) > _SCOPES:
                self._scopes.popitem(last=False)
        return made

    def _count(self, asked: Ask, query: Query, holding: Holding, scope: Scoped, page: Page) -> Counting:
        counting, is_new = self._counting_of(asked, holding)
        if not counting.tally.is_running:
            return counting
        if not asked.after and page.rest is None:
            spread = Spread.of([hit.document for hit in page.hits], [1] * len(page.hits))
            weights = [scope.weights[document] for document in spread.numbers.tolist()]
            lines, is_exact = int((spread.lines * weights).sum()), scope.is_whole
            shares = shares_of(asked, spread, scope, is_exact=is_exact)
            tally = Tallied(lines, sum(weights), is_exact=is_exact, is_running=False, shares=shares)
            self._settle(counting, scope, tally)
        elif is_new:
            self._counters.submit(self._count_all, counting, query, holding, scope)
        return counting

    def _counting_of(self, asked: Ask, holding: Holding) -> tuple[Counting, bool]:
        """Return the counting of a search, and whether this is its first page."""
        whole = replace(asked, after="", context=0)
        key = (whole, holding.corpus.generation)
        with self._lock:
            counting = self._counts.get(key)
            is_new = counting is None
            if counting is None:
                counting = self._counts[key] = Counting(whole, secrets.token_hex(16), time.monotonic())
                self._tickets[counting.ticket] = counting
        return counting, is_new

    def _count_all(self, counting: Counting, query: Query, holding: Holding, scope: Scoped) -> None:
        person = counting.asked.person
        tally = Tallied(0, 0, is_exact=False, is_running=False)
        with self._lock:
            alone = self._counting.setdefault(person, threading.Lock())
            self._newest[person] = counting
        time.sleep(_AHEAD)
        try:
            with alone, self._turns.turn(person, is_page=False) as turn:
                until = time.monotonic() + COUNT_SECONDS
                count = holding.corpus.count(query, scope.scope, is_out=lambda: self._is_out(turn, holding, until))
                is_exact, spread = count.is_exact and scope.is_whole, count.spread
                tally = Tallied(count.lines, count.files, is_exact=is_exact, is_running=False)
                if spread is None:  # the total first: its lines by document take as long again
                    self._settle(counting, scope, replace(tally, is_sharing=True))
                    spread, is_all = self._spread(counting, query, holding, scope, turn)
                    is_exact = is_exact and is_all
                tally = replace(tally, shares=shares_of(counting.asked, spread, scope, is_exact=is_exact))
        except GlasshouseError as error:
            log.warning("a count ended: %s", error.code)
        except Exception:  # one count must not end the others
            log.exception("a count failed")
        finally:
            self._settle(counting, scope, tally)

    def _spread(
        self, counting: Counting, query: Query, holding: Holding, scope: Scoped, turn: Turn
    ) -> tuple[Spread, bool]:
        until, person = time.monotonic() + COUNT_SECONDS, counting.asked.person

        def is_out() -> bool:
            return self._is_out(turn, holding, until) or self._newest.get(person) is not counting

        return holding.corpus.spread(query, scope.scope, is_out=is_out)

    def _settle(self, counting: Counting, scope: Scoped, tally: Tallied) -> None:
        if scope.is_narrow:
            passed = time.monotonic() - counting.begun
            if time.monotonic() >= counting.ready_at:
                counting.before = counting.tally
            counting.ready_at = counting.begun + math.ceil(passed / SLOT) * SLOT
        counting.tally = tally


def _after(asked: Ask, holding: Holding, scope: Scoped) -> Place | None:
    """Return where the page before ended; content outside the scope is as unknown as content that never was."""
    if not asked.after:
        return None
    digest, _, line = asked.after.partition("-")
    place = None
    if line.isascii() and line.isdigit():
        place = holding.corpus.place(Digest.parse(digest).raw, int(line))
    if place is None or place.document not in scope.weights:
        raise NotFoundError
    return place


def _rest(page: Page, scope: Scoped) -> str:
    return f"{Digest(scope.digest(page.rest.document))}-{page.rest.line}" if page.rest is not None else ""


def _until_slot(arrived: float) -> None:
    """Wait for the end of the slot of 25 ms: how long a narrow search took tells nothing finer."""
    passed = time.monotonic() - arrived
    time.sleep(math.ceil(passed / SLOT) * SLOT - passed)
