# SPDX-License-Identifier: Apache-2.0
"""Compiler-exact references: which places mean the same symbol, as an imported index tells.

Every question takes the scope it is answered from: a place outside of it is not there, and is not counted.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from glasshouse.engines.codeindex.symbols.scip import Mention, MentionedDocument
from glasshouse.kernel.paths import TreePath

Scope = Callable[[TreePath], bool]
"""Says whether a question may be answered from a path."""


@dataclass(frozen=True, slots=True)
class Place:
    """A mention at its path."""

    path: TreePath
    mention: Mention


class Crossing:
    """The mentions of many documents of one release, by place and by symbol. Complete before it is asked."""

    def __init__(self) -> None:
        self._documents: dict[TreePath, tuple[Mention, ...]] = {}
        self._symbols: defaultdict[str, list[tuple[TreePath, int]]] = defaultdict(list)

    def add(self, document: MentionedDocument) -> None:
        """Take a document; it MUST NOT have been added before."""
        self._documents[document.path] = document.mentions
        for number, mention in enumerate(document.mentions):
            if not mention.is_local:
                self._symbols[mention.symbol].append((document.path, number))

    def at(self, path: TreePath, line: int, column: int, scope: Scope) -> Mention | None:
        """Return what stands at a byte of a line, the narrowest where several do; None where nothing is known."""
        if not scope(path):
            return None
        mentions = self._documents.get(path, ())
        stop = bisect_right(mentions, (line, column), key=lambda one: (one.line, one.start))
        best: Mention | None = None
        for mention in reversed(mentions[max(0, stop - 64) : stop]):
            if mention.line != line:
                break
            is_there = mention.start <= column < mention.end
            if is_there and (best is None or mention.end - mention.start < best.end - best.start):
                best = mention
        return best

    def definitions(self, path: TreePath, mention: Mention, scope: Scope) -> list[Place]:
        """Return where the symbol of a mention is defined, else where it is declared."""
        places = list(self.places(path, mention, scope))
        return [place for place in places if place.mention.is_definition] or [
            place for place in places if place.mention.is_declaration
        ]

    def places(self, path: TreePath, mention: Mention, scope: Scope) -> Iterator[Place]:
        """Yield every mention of the same symbol within the scope; a local one stays in its document."""
        if mention.is_local:
            if scope(path):
                yield from (Place(path, one) for one in self._documents.get(path, ()) if one.symbol == mention.symbol)
            return
        for where, number in self._symbols.get(mention.symbol, ()):
            if scope(where):
                yield Place(where, self._documents[where][number])
