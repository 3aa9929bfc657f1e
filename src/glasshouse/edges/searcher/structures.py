# SPDX-License-Identifier: Apache-2.0
"""Structural searches: documents in the corpus's order, batch by batch behind the sandbox, persons in turns.

What was answered for a document stays answered, for every release and every later search of the pattern, so a page
that took too long goes on where it ended, and a second release costs what differs.
"""

import logging
import math
import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby
from operator import itemgetter
from typing import Final, Self
from weakref import WeakKeyDictionary

from glasshouse.domain.releases import structuretool
from glasshouse.domain.releases.structures import HANDS, Answers
from glasshouse.edges.searcher.scoping import SOME, Scoped
from glasshouse.edges.searcher.shelf import Holding
from glasshouse.edges.searcher.turns import Turns
from glasshouse.engines.codeindex.search.corpus import Corpus
from glasshouse.engines.codeindex.search.excerpts import ALSO, SHOWN, stretches
from glasshouse.engines.codeindex.search.matching import Query
from glasshouse.engines.codeindex.search.questions import Ask, FileFound, Found, LineFound, Place, Skipped, Tallied
from glasshouse.engines.codeindex.structure.analysis import BATCH_BYTES, BATCH_DOCUMENTS, Document
from glasshouse.engines.codeindex.structure.values import Gap, Match, Structure
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.errors import NotFoundError
from glasshouse.kernel.ids import Uid

log = logging.getLogger("glasshouse.searcher")
FIRST: Final = 50
FIRST_BATCH: Final = HANDS * BATCH_BYTES // 16
MAX_LINES: Final = 24
"""Lines that are shown of one match."""
SECONDS: Final = 60.0
SECONDS_WITH_MATCHES: Final = 5.0
SECONDS_BEHIND: Final = 600.0
"""How long the files behind a page are analysed on, while somebody asks for the tally."""
_KEEP_EVERY: Final = 20.0
_PATTERNS: Final = 8
"""Patterns of a product whose answers are held in memory."""
_LAST_LINE: Final = 2**31
_AFTER: Final = re.compile(r"([0-9a-f]{64})-([0-9]{1,10})")


@dataclass(slots=True, eq=False)
class _Walk:
    """One page's way through the documents in scope that may match."""

    matches: list[tuple[int, Match]] = field(default_factory=list)
    rest: str = ""

    @property
    def is_full(self) -> bool:
        return len(self.matches) >= FIRST


class Structures:
    """Answers questions for structure; one for all threads of a searcher."""

    def __init__(self) -> None:
        self._turns = Turns()
        self._stopped = threading.Event()
        self._run = partial(structuretool.run, cancel=self._stopped)
        # Answers go with what is held of their product, at once when it is destroyed.
        self._answers: WeakKeyDictionary[Corpus, OrderedDict[tuple[Uid, Structure], Answers]] = WeakKeyDictionary()
        self._lock = threading.Lock()

    def close(self) -> None:
        """End every search within a moment."""
        self._stopped.set()

    def page(self, asked: Ask, structure: Structure, holding: Holding, scope: Scoped) -> Found:
        """Return a page, without a ticket; as far as it came when its time is over, to go on there.

        Raises StructureError for a pattern that is no code of its language, NotFoundError for a page that continues
        nothing in scope.
        """
        began = time.monotonic()
        since, line = _after(asked, holding.corpus, scope)
        walk = _Walk()

        def is_out() -> bool:
            turn.give_way()
            limit = SECONDS_WITH_MATCHES if walk.matches else SECONDS
            return self._is_over(holding) or time.monotonic() - began >= limit

        with self._turns.turn(asked.person, is_page=True) as turn:
            answers = self._answers_of(asked.person, holding, structure)
            ground = _Field.of(holding.corpus, structure, scope)
            behind = [one for one in ground.documents if one >= since]
            try:
                for window in _windows(ground, answers, behind):
                    answers.ask(window.unknown, is_out=is_out)
                    _consume(walk, window.documents, ground, answers, since=since, line=line)
                    if walk.rest or is_out():
                        walk.rest = walk.rest or window.rest
                        break
            finally:
                self._keep(holding, answers)
            told = _Told(ground, answers)
            files = tuple(_files(walk.matches, asked, holding.corpus, scope))
        seconds = time.monotonic() - began
        return Found(
            ticket="",
            files=files,
            rest=walk.rest,
            tally=told.tally(is_running=False),
            searched=told.searched,
            skipped=told.skipped,
            seconds=math.ceil(seconds) if scope.is_narrow else round(seconds, 4),
        )

    def finish(
        self, asked: Ask, structure: Structure, holding: Holding, scope: Scoped, *, tell: Callable[[Tallied], bool]
    ) -> None:
        """Analyse what no page has come to yet, and tell how far it is; until `tell` says that nobody wants to know."""
        began = kept = time.monotonic()

        def is_out() -> bool:
            turn.give_way()
            return self._is_over(holding) or time.monotonic() - began >= SECONDS_BEHIND

        with self._turns.turn(asked.person, is_page=False) as turn:
            answers = self._answers_of(asked.person, holding, structure)
            ground = _Field.of(holding.corpus, structure, scope)
            told = _Told(ground, answers)
            try:
                for window in _windows(ground, answers, ground.documents):
                    answers.ask(window.unknown, is_out=is_out)
                    told.note(window.documents)
                    if is_out() or not tell(told.tally(is_running=True)):
                        break
                    if time.monotonic() - kept >= _KEEP_EVERY:
                        self._keep(holding, answers)
                        kept = time.monotonic()
            finally:
                self._keep(holding, answers)
                tell(told.tally(is_running=False))

    def _is_over(self, holding: Holding) -> bool:
        return self._stopped.is_set() or holding.is_gone

    def _keep(self, holding: Holding, answers: Answers) -> None:
        if holding.is_gone:
            return
        try:
            answers.keep()
        except FileNotFoundError:  # the product is being destroyed, and its folder went first
            log.info("answers of a structural search have no place any more")

    def _answers_of(self, person: Uid, holding: Holding, structure: Structure) -> Answers:
        key = (person, structure)
        with self._lock:
            some = self._answers.setdefault(holding.corpus, OrderedDict())
            if key in some:
                some.move_to_end(key)
                return some[key]
        made = Answers(holding.product, person, structure, run=self._run)
        with self._lock:
            some[key] = made
            while len(some) > _PATTERNS:
                some.popitem(last=False)
        return made


def _after(asked: Ask, corpus: Corpus, scope: Scoped) -> tuple[int, int]:
    """Return where a page begins: a document and a line; what is not in scope is as unknown as what never was."""
    if not asked.after:
        return 0, 0
    match = _AFTER.fullmatch(asked.after)
    number = int(corpus.numbers_of([bytes.fromhex(match[1])])[0]) if match else -1
    if match is None or number not in scope.weights:
        raise NotFoundError
    return number, int(match[2])


@dataclass(frozen=True, slots=True, eq=False)
class _Field:
    """What one question may touch: the documents in scope that may match, in their order, each with its digest."""

    corpus: Corpus
    scope: Scoped
    documents: Sequence[int]
    digests: dict[int, bytes]

    @classmethod
    def of(cls, corpus: Corpus, structure: Structure, scope: Scoped) -> Self:
        """Take the documents that the index says may hold the pattern's words."""
        left = set(scope.weights)
        for word in structure.words:
            left &= set(corpus.may_hold(Query(word, is_literal=True), scope.scope).tolist())
        return cls(corpus, scope, sorted(left), {number: scope.digest(number) for number in left})

    def at(self, number: int, line: int) -> str:
        """Name a place behind which a page goes on."""
        return f"{Digest(self.digests[number])}-{line}"


@dataclass(frozen=True, slots=True)
class _Window:
    """Some documents in a row, those of them that the tool has to be asked about, and where what is behind begins."""

    documents: Sequence[int]
    unknown: Sequence[Document]
    rest: str


def _windows(ground: _Field, answers: Answers, documents: Sequence[int]) -> Iterator[_Window]:
    """Cut documents into windows of a batch for each hand, small ones first; each is made when it is its turn."""
    row: list[int] = []
    unknown: list[Document] = []
    held, most = 0, FIRST_BATCH
    for place, number in enumerate(documents):
        row.append(number)
        digest = ground.digests[number]
        if answers.known(digest) is None:
            content = b"\n".join(ground.corpus.lines(number, 1, _LAST_LINE))
            if answers.may_match(content):
                unknown.append(Document(digest, content))
                held += len(content)
            else:
                answers.note_none(digest)
        is_last = place + 1 == len(documents)
        if held >= most or len(row) >= BATCH_DOCUMENTS or is_last:
            yield _Window(row, unknown, "" if is_last else ground.at(documents[place + 1], 0))
            row, unknown, held, most = [], [], 0, min(2 * most, HANDS * BATCH_BYTES)


def _consume(walk: _Walk, documents: Sequence[int], ground: _Field, answers: Answers, *, since: int, line: int) -> None:
    """Take the matches of a window, up to a page or to a document that was not reached."""
    for number in documents:
        answer = answers.known(ground.digests[number])
        if answer is None:
            walk.rest = ground.at(number, 0)
            return
        for match in () if isinstance(answer, Gap) else answer:
            if number > since or match.first > line:
                walk.matches.append((number, match))
                if walk.is_full:
                    walk.rest = ground.at(number, match.first)
                    return


class _Told:
    """What is told of a search as far as it is known: how much there is, and what has no answer."""

    def __init__(self, ground: _Field, answers: Answers) -> None:
        self._field = ground
        self._answers = answers
        self._skips = {one.reason: one for one in ground.scope.skipped}
        self._open = set(ground.documents)
        self._lines = self._files = self._gaps = 0
        self.note(ground.documents)

    def note(self, documents: Iterable[int]) -> None:
        """Count those of the documents whose answers came since."""
        for number in documents:
            if number not in self._open:
                continue
            answer = self._answers.known(self._field.digests[number])
            if answer is None:
                continue
            self._open.remove(number)
            weight = self._field.scope.weights[number]
            if isinstance(answer, Gap):
                self._gaps += weight
                self._skips[answer.value] = _with(self._skips.get(answer.value), answer, number, self._field.scope)
            elif answer:
                self._lines += weight * len(answer)
                self._files += weight

    def tally(self, *, is_running: bool) -> Tallied:
        """Return how much there is at least, and how many files nobody has looked at."""
        left = self._left()
        is_exact = not left and not self._gaps and self._field.scope.is_whole
        return Tallied(self._lines, self._files, is_exact=is_exact, is_running=is_running and left > 0, left=left)

    @property
    def searched(self) -> int:
        """Return how many files have an answer."""
        return self._field.scope.searched - self._gaps - self._left()

    @property
    def skipped(self) -> tuple[Skipped, ...]:
        """Return what has none, by reason; not what was not reached yet."""
        return tuple(self._skips.values())

    def _left(self) -> int:
        return sum(self._field.scope.weights[number] for number in self._open)


def _with(known: Skipped | None, gap: Gap, number: int, scope: Scoped) -> Skipped:
    some: tuple[Place, ...] = known.some if known else ()
    places, weight = scope.places(number, max(SOME - len(some), 1))
    return Skipped(gap.value, (known.files if known else 0) + weight, (*some, *places)[:SOME])


def _files(matches: Sequence[tuple[int, Match]], asked: Ask, corpus: Corpus, scope: Scoped) -> Iterator[FileFound]:
    for number, group in groupby(matches, key=itemgetter(0)):
        (place, *also), total = scope.places(number, ALSO + 1)
        own = [match for _, match in group]
        yield FileFound(
            place=place,
            digest=Digest(scope.digest(number)),
            language=asked.language,
            hits=len(own),
            also=tuple(also),
            also_total=total - 1,
            stretches=tuple(_stretches(number, own, asked.context, corpus)),
        )


def _stretches(number: int, matches: Sequence[Match], context: int, corpus: Corpus) -> Iterator[tuple[LineFound, ...]]:
    shown = [(match.first, min(match.last, match.first + MAX_LINES - 1)) for match in matches]
    found = {line for first, last in shown for line in range(first, last + 1)}
    for numbers in stretches(shown, context):
        lines = corpus.lines(number, numbers[0], numbers[-1])
        yield tuple(_line(at, text, is_hit=at in found) for at, text in enumerate(lines, start=numbers[0]))


def _line(number: int, text: bytes, *, is_hit: bool) -> LineFound:
    return LineFound(number, text[:SHOWN], 0, len(text), (), is_hit=is_hit)
