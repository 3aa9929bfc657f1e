# SPDX-License-Identifier: Apache-2.0
"""What the searcher holds: for each product the corpus of its segments, kept in step with what lies on disk.

A segment is searched as soon as it is read; the text of its documents follows, and is read one by one until then.
"""

import logging
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from django.conf import settings
from django.db import Error as DatabaseFault
from django.db import close_old_connections

from glasshouse.domain.releases import commands, indexing, searching, vault
from glasshouse.domain.releases.indexing import Kept
from glasshouse.engines.codeindex.search.corpus import Budget, Corpus
from glasshouse.engines.codeindex.search.segments import Segment
from glasshouse.engines.store.errors import DamagedError
from glasshouse.kernel import clock
from glasshouse.kernel.errors import GlasshouseError, NotFoundError
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.memory import give_free_back

log = logging.getLogger("glasshouse.searcher")
_WARM: Final = 16
_READERS: Final = 2


@dataclass(slots=True, eq=False)
class Holding:
    """One product's corpus. `is_gone` once the product was destroyed: what works on it ends."""

    product: Uid
    corpus: Corpus
    segments: dict[str, Segment] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    is_gone: bool = False
    is_read: bool = False
    changing: threading.Lock = field(default_factory=threading.Lock)


def _is_over(holding: Holding, is_out: Callable[[], bool]) -> bool:
    return holding.is_gone or is_out()


class Shelf:
    """All holdings of a searcher, within one budget of plain text."""

    def __init__(self, budget: int) -> None:
        self._budget = Budget(budget)
        self._holdings: dict[Uid, Holding] = {}
        self._reported: set[str] = set()
        self._unasked: dict[str, Uid] = {}
        self._lock = threading.Lock()
        self._is_first = True

    def check_lives(self, product: Uid) -> None:
        """Raise NotFoundError when a product's key was destroyed or never was, and forget it at once."""
        if not vault.ring().exists(product):
            self._forget(product)
            raise NotFoundError

    def holding(self, product: Uid) -> Holding:
        """Return a product's corpus; raises NotFoundError when its key was destroyed, or never was."""
        self.check_lives(product)
        with self._lock:
            found = self._holdings.get(product)
            if found is None:
                corpus = Corpus(vault.product_store(product).document, budget=self._budget)
                found = self._holdings[product] = Holding(product, corpus)
        if not found.seen:
            self._catch_up(found)
        return found

    def refresh(self) -> None:
        """Take in what was indexed since, and forget what was destroyed."""
        for name in list(self._unasked):
            self._ask_for(self._unasked.pop(name), name)
        for product in {*indexing.products(), *self._holdings}:
            try:
                self._catch_up(self.holding(product))
            except GlasshouseError as error:
                if not isinstance(error, NotFoundError):
                    log.warning("product %s cannot be searched: %s", product, error.message)
        self._is_first = False

    def load(self, *, is_out: Callable[[], bool] = lambda: False) -> None:
        """Read the text of what came since into memory, as far as the budget reaches; beside everything else.

        After a start it waits until every product can be searched.
        """
        every = list(self._holdings.values())
        awaiting = [] if self._is_first else [one for one in every if one.corpus.awaited]
        for holding in awaiting:
            lost = holding.corpus.load(is_out=partial(_is_over, holding, is_out))
            if lost and not holding.is_gone:
                log.warning("product %s: %s documents cannot be read and are not searched", holding.product, lost)
        if awaiting:
            give_free_back()

    def loading(self, product: Uid) -> int | None:
        """Return how many hundredths of its text this searcher holds, None when all of this product's is there.

        Of all products together: how much text one of them has is told to nobody.
        """
        holdings = list(self._holdings.values())
        own = self._holdings.get(product)
        if own is None and not self._is_first:
            return None
        if own is not None and own.is_read and not own.corpus.awaited:
            return None
        whole = sum(holding.corpus.held for holding in holdings)
        awaited = sum(holding.corpus.awaited for holding in holdings)
        return 0 if self._is_first or not whole else min(99, 100 - -(-100 * awaited // whole))

    def _catch_up(self, holding: Holding) -> None:
        with holding.changing:
            names = indexing.names(holding.product)
            if holding.seen.issuperset(names):
                holding.is_read = True
                return
            heads = self._heads(holding.product, names)
            fresh = [kept for kept in indexing.standing(heads) if kept.name not in holding.seen]
            for kept, segment in self._read(holding, fresh):
                if not holding.is_gone:
                    self._take(holding, kept, segment)
            holding.seen.update(names)
            holding.is_read = True
        self._warm(holding.product)

    def _warm(self, product: Uid) -> None:
        """Read the paths of the newest releases, so that nobody's first search waits for them."""
        for root in vault.product_store(product).roots()[-_WARM:]:
            searching.files_of(product, root, settings.GLASSHOUSE.search_file_bytes)

    def _read(self, holding: Holding, fresh: Iterable[Kept]) -> Iterator[tuple[Kept, Segment]]:
        """Yield the segments that can be read, in their order; several are read at a time."""
        with ThreadPoolExecutor(_READERS, "segment") as readers:
            reading = [(kept, readers.submit(indexing.load, holding.product, kept)) for kept in fresh]
            for kept, future in reading:
                try:
                    yield kept, future.result()
                except DamagedError as error:
                    self._report(holding.product, kept.name, error)

    def _take(self, holding: Holding, kept: Kept, segment: Segment) -> None:
        replaced = [name for name in kept.replaces if name in holding.segments]
        holding.corpus.replace([holding.segments[name] for name in replaced], segment, loads=False)
        for name in replaced:
            del holding.segments[name]
        holding.segments[kept.name] = segment

    def _heads(self, product: Uid, names: list[str]) -> list[Kept]:
        found = []
        for name in names:
            try:
                found.append(indexing.head(product, name))
            except DamagedError as error:
                if name in indexing.names(product):  # not one that a merge has just removed
                    self._report(product, name, error)
        return found

    def _report(self, product: Uid, name: str, error: DamagedError) -> None:
        holding = self._holdings.get(product)
        if holding is not None:
            holding.seen.add(name)
        if name in self._reported:
            return
        self._reported.add(name)
        log.warning("the index is damaged and is built again: %s", error.message)
        self._ask_for(product, name)

    def _ask_for(self, product: Uid, name: str) -> None:
        try:
            commands.ask_for_index(product, actor="operator:searcher", now=clock.now(), damaged=name)
        except DatabaseFault as fault:  # what is held goes on being searched, and it is asked for again
            self._unasked[name] = product
            log.warning("the damage cannot be recorded: %s", fault)
            close_old_connections()

    def _forget(self, product: Uid) -> None:
        with self._lock:
            holding = self._holdings.pop(product, None)
        if holding is not None:
            holding.is_gone = True
            holding.corpus.close()
            searching.forget()
            vault.close()
