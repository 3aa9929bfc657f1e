# SPDX-License-Identifier: Apache-2.0
"""Outlines as people read them: symbols inside the symbols that they lie in."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from glasshouse.engines.codeindex.symbols.values import Outline, Symbol

MAX_DEPTH: Final = 16
_SEPARATORS: Final = ("::", ".", "\\", "/", '""', "''", ":", "#")
_CANDIDATES: Final = 8


@dataclass(slots=True)
class Node:
    """A symbol, and what lies in it, both in the order of lines."""

    symbol: Symbol
    children: "list[Node]" = field(default_factory=list)
    depth: int = 0

    def walk(self) -> "Iterator[Node]":
        """Yield this node and all below it, in reading order; no deeper than MAX_DEPTH."""
        yield self
        for child in self.children:
            yield from child.walk()


def nested(outline: Outline, *, limit: int) -> list[Node]:
    """Return the first `limit` symbols in the order of lines, each in the one that its scope names.

    One whose scope is not there stands at the top. The work for a symbol is bounded, however many have its name.
    """
    nodes = [Node(symbol) for symbol in sorted(islice(outline, limit), key=lambda one: (one.line, -one.end))]
    by_name: defaultdict[str, list[Node]] = defaultdict(list)
    for node in nodes:
        by_name[node.symbol.name].append(node)
    at_top: list[Node] = []
    for node in nodes:
        parent = _parent(node, by_name) if node.symbol.scope else None
        if parent is None:
            at_top.append(node)
        else:
            parent.children.append(node)
    return _without_loops(nodes, at_top)


def _parent(node: Node, by_name: "defaultdict[str, list[Node]]") -> Node | None:
    scope = node.symbol.scope
    for outer, name in _splits(scope):
        found = by_name.get(name)
        if found:
            best = _nearest(node, outer, found)
            if best is not None:
                return best
    return None


def _splits(scope: str) -> Iterator[tuple[str, str]]:
    """Yield the ways to read a scope as a name in an outer scope, the longest name first."""
    yield "", scope
    for separator in _SEPARATORS:
        outer, found, name = scope.rpartition(separator)
        if found and name:
            yield outer, name


def _nearest(node: Node, outer: str, found: Sequence[Node]) -> Node | None:
    """Return the last of them that begins before the node and holds it, or else the last that begins before it."""
    low, high = 0, len(found)
    while low < high:
        middle = (low + high) // 2
        if found[middle].symbol.line <= node.symbol.line:
            low = middle + 1
        else:
            high = middle
    before = [one for one in found[max(0, low - _CANDIDATES) : low] if one is not node and one.symbol.scope == outer]
    holding = [one for one in before if one.symbol.end >= node.symbol.line]
    for choice in (holding, before):
        if choice:
            return choice[-1]
    # A method that is defined outside its class, and before it.
    after = [one for one in found[low : low + 1] if one is not node and one.symbol.scope == outer]
    return after[0] if after else None


def _without_loops(nodes: Sequence[Node], at_top: list[Node]) -> list[Node]:
    """Return the tops; what hangs in a loop, or too deep, is moved to the top, so that a walk ends."""
    reached: set[int] = set()
    waiting = list(at_top)
    tops = list(at_top)
    unreached = iter(nodes)
    while True:
        while waiting:
            node = waiting.pop()
            reached.add(id(node))
            kept = []
            for child in node.children:
                if id(child) in reached:
                    continue
                if node.depth + 1 >= MAX_DEPTH:
                    tops.append(child)
                else:
                    child.depth = node.depth + 1
                    kept.append(child)
                waiting.append(child)
            node.children = kept
        lost = next((node for node in unreached if id(node) not in reached), None)
        if lost is None:
            return sorted(tops, key=lambda node: node.symbol.line)
        tops.append(lost)
        waiting.append(lost)
