# SPDX-License-Identifier: Apache-2.0
"""What a search answers."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Right behind a line of a document, in one corpus, as long as it lives; ordered while segments are only added."""

    document: int
    line: int


@dataclass(frozen=True, slots=True)
class Hit:
    """A line that matches: `text` is the part of it behind `column` bytes, `spans` what to mark in that part."""

    document: int
    digest: bytes
    line: int
    text: bytes
    column: int
    length: int
    spans: tuple[tuple[int, int], ...]

    @property
    def place(self) -> Place:
        """Where to go on behind it."""
        return Place(self.document, self.line)


@dataclass(frozen=True, slots=True)
class Page:
    """Hits in the corpus's order. With a `rest` there may be more: the page is full, or its time was out."""

    hits: tuple[Hit, ...]
    rest: Place | None


@dataclass(frozen=True, slots=True)
class Count:
    """How much matches: lines and files counted at each path, documents once; at least so much when not exact."""

    lines: int
    documents: int
    files: int
    is_exact: bool
