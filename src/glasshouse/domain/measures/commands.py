# SPDX-License-Identifier: Apache-2.0
"""Measuring."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np

from glasshouse.domain.detections import commands as detections
from glasshouse.domain.detections.errors import ReportsBusyError
from glasshouse.domain.detections.values import Intake, Looked
from glasshouse.domain.jobs import commands as jobs
from glasshouse.domain.journal import commands as journal
from glasshouse.domain.measures import queries, shelf
from glasshouse.domain.measures.queries import MEASURE
from glasshouse.domain.measures.shelf import Key
from glasshouse.domain.measures.values import RULE, TOOL, Measured
from glasshouse.domain.releases import queries as releases
from glasshouse.domain.releases import vault
from glasshouse.domain.releases.models import Product, Release
from glasshouse.domain.releases.values import ReleaseRef
from glasshouse.engines.formats import sarif
from glasshouse.engines.measures import kinds, reading
from glasshouse.engines.measures.reckoning import GAPS, MEASURED, Document, reckon
from glasshouse.engines.measures.values import MAX_DOCUMENT, VERSION, Facts, Gap
from glasshouse.engines.measures.vocabulary import FAMILIES
from glasshouse.engines.store import Content, ProductStore
from glasshouse.engines.store.errors import DamagedError
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.paths import TreePath

Report = Callable[[int, int], None]
"""Called with documents read so far, and how many there are to read."""
_KEPT_AT_ONCE: Final = 32 * 2**20
"""Bytes of documents whose facts are in memory before they rest: work that was killed goes on behind them."""
_TRIES: Final = 60
_CWES: Final = (120, 676)
_COMPONENT: Final = sarif.Component(
    TOOL,
    str(VERSION),
    (
        sarif.Rule(
            RULE,
            summary="A name that promises a bounded copy stands for one that is not",
            help="Who reads the call believes that the size of the target is looked at.",
            cwes=_CWES,
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Done:
    """What measuring a product came to."""

    documents: int
    releases: int
    unreadable: int

    def __str__(self) -> str:
        """Say it in one line, without a name."""
        lost = f"; {self.unreadable:,} damaged in the store and not read" if self.unreadable else ""
        return f"{self.documents:,} documents read, {self.releases:,} releases measured{lost}"


def ask(product: Uid, *, actor: str, now: datetime) -> None:
    """Have a product's releases measured that were not."""
    with journal.transaction():
        jobs.ask(MEASURE, {"product": product.text}, actor=actor, now=now)


def ask_for_missing(*, actor: str, now: datetime) -> None:
    """Have every product measured that has a release without measures; those that are asked for wait."""
    if queries.is_asked():
        return
    for product in Product.objects.filter(destroyed_at=None):
        rows = product.releases.select_related("product")
        if not all(shelf.is_kept(releases.ref(row)) for row in rows):
            ask(Uid(product.uid), actor=actor, now=now)


def measure(
    product: Uid,
    *,
    actor: str,
    now: Callable[[], datetime],
    report: Report = lambda _done, _of: None,
    again: bool = False,
) -> Done:
    """Measure the releases of a product that were not, or all of them `again`; the same content is read once.

    Raises MeasuresBusyError, KeyDestroyedError.
    """
    rows = Release.objects.select_related("product").filter(product__uid=product.text, product__destroyed_at=None)
    refs = [releases.ref(row) for row in rows.order_by("imported_at", "pk")]
    with shelf.sole_writer(product):
        left = [one for one in refs if again or not shelf.is_kept(one) or shelf.release(one) is None]
        if not left:
            return Done(0, 0, 0)
        work = _Work(product, left, report)
        work.read()
        for one in left:
            _measure(actor, one, work.documents_of(one), now())
    queries.forget()
    return Done(work.documents, len(left), len(work.unreadable))


class _Work:
    """One pass over what releases hold that no pack knows."""

    def __init__(self, product: Uid, left: Sequence[ReleaseRef], report: Report) -> None:
        self.documents = 0
        self.unreadable: set[Key] = set()
        self._product = product
        self._store: ProductStore = vault.product_store(product)
        self._left = left
        self._report = report

    def read(self) -> None:
        """Read all documents that nothing is known of; what is known rests whenever it is enough."""
        known = shelf.keys(self._product)
        wanted = {key: one for ref in self._left for _, one, key in self._files(ref) if key not in known}
        fresh: dict[Key, Facts | Gap] = {}
        size = 0
        for done, (key, one) in enumerate(wanted.items()):
            self._report(done, len(wanted))
            found = self._facts(key, one)
            if found is not None:
                fresh[key] = found
                size += min(one.size, MAX_DOCUMENT)
            if size > _KEPT_AT_ONCE:
                shelf.keep(self._product, fresh)
                fresh, size = {}, 0
        shelf.keep(self._product, fresh)
        self.documents = len(wanted) - len(self.unreadable)

    def documents_of(self, ref: ReleaseRef) -> tuple[list[int], list[Document]]:
        """Return the documents of a release with the rows of their files."""
        files = list(self._files(ref))
        known = shelf.facts(self._product, frozenset(key for _, _, key in files))
        documents = [
            Document(known.get(key, Gap.UNREADABLE), kinds.is_header(TreePath(one.path)), one.lines)
            for _, one, key in files
        ]
        return [row for row, _, _ in files], documents

    def _files(self, ref: ReleaseRef) -> Iterator[tuple[int, Content, Key]]:
        for row, one in enumerate(releases.manifest(ref).contents()):
            kind = None if one.is_link else kinds.kind_of(TreePath(one.path))
            if kind is not None:
                yield row, one, Key(one.digest, kind)

    def _facts(self, key: Key, one: Content) -> Facts | Gap | None:
        """Return what a document says; None where the store cannot tell, so that it is tried again."""
        if one.is_binary:
            return Gap.BINARY
        if one.size > MAX_DOCUMENT:
            return Gap.TOO_LARGE
        if not one.size:
            return Facts()
        try:
            content = self._store.document(key.digest)
        except DamagedError:
            self.unreadable.add(key)
            return None
        return reading.facts_of(content, key.kind)


def _measure(actor: str, ref: ReleaseRef, told: tuple[list[int], list[Document]], now: datetime) -> None:
    at, documents = told
    measured = Measured(np.array(at, np.int64), reckon(documents))
    _tell_of_shadows(actor, ref, measured, now)
    shelf.keep_release(ref, measured)
    states = np.bincount(measured.measures.state, minlength=len(GAPS) + 1).tolist()
    with journal.transaction():
        journal.record(
            "measures.release-measured",
            actor=actor,
            at=now,
            subject=ref.uid,
            fields={
                "files": {"measured": states[MEASURED]}
                | {gap.value: states[number] for number, gap in enumerate(GAPS, 1)},
                "release": ref.evidence(),
                "version": VERSION,
            },
        )


def _tell_of_shadows(actor: str, ref: ReleaseRef, measured: Measured, now: datetime) -> None:
    """Let safe names that are unsafe become detections, as those of any tool."""
    one = measured.measures
    files = list(releases.manifest(ref).contents())
    paths = [TreePath(files[row].path) for row in measured.at.tolist()]
    results = [
        sarif.Result(
            rule_id=RULE,
            message=f"{shadow.name} stands for {shadow.callee}, which is {FAMILIES[shadow.family].value} and unsafe.",
            severity=sarif.Severity.HIGH,
            level=sarif.Level.WARNING,
            cwes=_CWES,
            locations=(sarif.Location(path=paths[shadow.file], region=sarif.Region(shadow.line, shadow.line)),),
        )
        for shadow in one.shadows
    ]
    analysed = frozenset(path for path, state in zip(paths, one.state.tolist(), strict=True) if state == MEASURED)
    looked = Looked(analysed, is_complete=bool((one.state == MEASURED).all() and not one.cut.any()))
    intake = Intake(ref, Digest.of(f"{TOOL} {VERSION} {ref.root}".encode()))
    for tried in range(_TRIES):
        try:
            detections.take_results(actor, intake, sarif.Run(sarif.Tool(_COMPONENT)), iter(results), looked, now=now)
        except ReportsBusyError:  # another tool's results are taken in, which takes seconds
            if tried == _TRIES - 1:
                raise
            time.sleep(1)
        else:
            return
