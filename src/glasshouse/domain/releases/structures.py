# SPDX-License-Identifier: Apache-2.0
"""Answers of structural searches: each document asked about once per pattern, sealed at rest, for all releases.

<home>/index/<product>/structure-<tag>.pack   one person's answers to one pattern; the tag tells neither without the key
<home>/index/<product>/structure-<tag>.part   being written by the one searcher

They are kept under the product's key, as source is, and go with it: whoever holds it can test a guess at a pattern, but
cannot read one. A person's answers serve that person alone, or the time of a search would tell who else asked it. They
are a cache: answers that are damaged are asked for again, and the oldest patterns make room.
"""

import functools
import hashlib
import logging
import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Final

from glasshouse.domain.releases import shelves, structuretool, vault
from glasshouse.engines.codeindex.structure import rules, wire
from glasshouse.engines.codeindex.structure.analysis import Document, analyse
from glasshouse.engines.codeindex.structure.errors import AnswersDamagedError, StructureError
from glasshouse.engines.codeindex.structure.values import Answer, Gap, Run, Structure
from glasshouse.engines.store.errors import DamagedError
from glasshouse.engines.store.packs import PackReader
from glasshouse.kernel.ids import Uid

log = logging.getLogger("glasshouse.structures")
KIND: Final = "structure"
MAX_KEPT: Final = 256 * 2**20
"""Bytes of answers that a product keeps; the pattern that was asked longest ago makes room."""
BLOCK_BYTES: Final = 32 * 2**20
HANDS: Final = 2
"""Sandboxes that work on one search."""
SOME_SLOW: Final = 8
"""Documents that may take too long before the pattern is to blame, when they are most."""
_VERSION: Final = "1"  # of how the tool is asked: other answers, another tag


def folder(product: Uid) -> Path:
    """Return where a product's answers lie."""
    return shelves.folder(shelves.Shelf.INDEX, product)


class Answers:
    """A person's answers to one pattern for documents of one product. Threads may share it.

    Raises StructureError for a pattern that the tool refuses, and StructureToolError when the tool is missing or unfit.
    """

    def __init__(self, product: Uid, person: Uid, structure: Structure, *, run: Run = structuretool.run) -> None:
        self.structure = structure
        self._product = product
        self._run = run
        self._words = [word.encode() for word in structure.words]
        self._lock = threading.Lock()
        tool = structuretool.digest()
        _check(run, tool, structure)
        self._path = folder(product) / f"structure-{_tag(product, person, tool, structure)}.pack"
        self._known = self._load()
        self._is_new = False
        self._asked = len(self._known)
        self._slow = sum(answer is Gap.TOO_SLOW for answer in self._known.values())

    def known(self, digest: bytes) -> Answer | None:
        """Return the answer for a document that was asked about before; None for another."""
        return self._known.get(digest)

    def may_match(self, content: bytes) -> bool:
        """Say whether a document holds every word that a match holds."""
        return all(word in content for word in self._words)

    def note_none(self, digest: bytes) -> None:
        """Remember that a document lacks a word of the pattern, so that it is not read again."""
        with self._lock:
            self._known[digest] = ()
            self._is_new = True

    def ask(self, documents: Sequence[Document], *, is_out: Callable[[], bool]) -> None:
        """Ask the tool about documents; those have no answer that were not reached when `is_out` said stop.

        Raises StructureError for a pattern that takes too long on most documents.
        """
        shares = [share for share in (documents[hand::HANDS] for hand in range(HANDS)) if share]
        if not shares:
            return
        with ThreadPoolExecutor(len(shares)) as hands:
            for found in hands.map(lambda share: analyse(self.structure, share, self._run, is_out=is_out), shares):
                self._learn(found)
        if self._slow > SOME_SLOW and self._slow * 2 > self._asked:
            raise StructureError(
                f"The pattern takes too long: {self._slow:,} of the first {self._asked:,} files were given up.",
                hint="Write more of the code out, and fewer $$$ side by side.",
            )

    def _learn(self, found: dict[bytes, Answer]) -> None:
        with self._lock:
            self._known |= found
            self._is_new = self._is_new or bool(found)
            self._asked += len(found)
            self._slow += sum(answer is Gap.TOO_SLOW for answer in found.values())

    def keep(self) -> None:
        """Let what was learned rest, sealed and durable, for every later search. Raises when the product is gone."""
        with self._lock:
            if not self._is_new:
                return
            content = wire.pack(self._known)
            self._is_new = False
            partial = self._path.with_suffix(".part")
            partial.unlink(missing_ok=True)
            blocks = (content[start : start + BLOCK_BYTES] for start in range(0, len(content), BLOCK_BYTES))
            shelves.write(self._product, KIND, blocks, partial=partial, whole=self._path)
        _make_room(self._product)

    def _load(self) -> dict[bytes, Answer]:
        if not self._path.exists():
            return {}
        try:
            pack = PackReader(self._path, vault.ring().open(self._product), KIND)
            known = wire.unpack(b"".join(pack.block(number) for number in range(pack.blocks)))
        except (DamagedError, AnswersDamagedError) as error:
            log.warning("kept answers of a structural search are damaged and are asked for again: %s", error.message)
            self._path.unlink(missing_ok=True)
            return {}
        os.utime(self._path)
        return known


@functools.lru_cache(maxsize=256)
def _check(run: Run, tool: bytes, structure: Structure) -> None:
    _prove(run, tool)
    rules.check(structure, run)


@functools.lru_cache(maxsize=4)
def _prove(run: Run, _tool: bytes) -> None:
    rules.prove(run)


def _tag(product: Uid, person: Uid, tool: bytes, structure: Structure) -> str:
    parts = (_VERSION, tool.hex(), person.text, structure.language, structure.pattern)
    asked = hashlib.sha256("\0".join(parts).encode()).digest()
    return vault.sealer(product, "structure-patterns").tag(asked)[:16].hex()


def _make_room(product: Uid) -> None:
    with suppress(FileNotFoundError):  # another thread makes room too, or the product goes
        kept = [(path, path.stat()) for path in folder(product).glob("structure-*.pack")]
        held = 0
        for path, status in sorted(kept, key=lambda one: one[1].st_mtime_ns, reverse=True):
            held += status.st_size
            if held > MAX_KEPT:
                path.unlink()
