# SPDX-License-Identifier: Apache-2.0
"""The JSON of names: outlines and definitions. Text hides nothing, as everywhere in the API."""

from typing import Self

from ninja import Schema

from glasshouse.domain.readingroom import values
from glasshouse.domain.releases import defining
from glasshouse.edges.api.shapes import Showing


class OutlinedSymbol(Schema):
    """A symbol of a file; `last` is 0 where the tool does not know the last line, `depth` counts what it lies in."""

    name: str
    kind: str
    family: str
    first: int
    last: int
    depth: int

    @classmethod
    def of(cls, one: values.Outlined) -> Self:
        """Describe a symbol."""
        return cls(name=one.label, kind=one.kind, family=one.family, first=one.first, last=one.last, depth=one.depth)


class Outline(Schema):
    """A file's symbols in reading order, `total` of them in all.

    `gap` says why some or all are missing, `is_pending` that nobody looked for them yet.
    """

    showing: Showing
    path: str
    symbols: list[OutlinedSymbol]
    total: int
    gap: str
    is_pending: bool

    @classmethod
    def of(cls, shown: values.OutlineShown) -> Self:
        """Describe a showing."""
        return cls(
            showing=Showing.of(shown.view),
            path=str(shown.path),
            symbols=[OutlinedSymbol.of(one) for one in shown.symbols],
            total=shown.total,
            gap=shown.gap,
            is_pending=shown.is_pending,
        )


class Definition(Schema):
    """Where a name is defined, or declared; `end` is 0 where the last line is not known."""

    name: str
    kind: str
    family: str
    language: str
    path: str
    line: int
    end: int

    @classmethod
    def of(cls, one: defining.Definition) -> Self:
        """Describe a definition."""
        return cls(
            name=one.label,
            kind=one.kind,
            family=one.family.value,
            language=one.language,
            path=str(one.path),
            line=one.line,
            end=one.end,
        )


class Definitions(Schema):
    """What answers a question for a name, the likeliest first.

    `is_cut` says that there are more, `is_pending` that not all files were looked at.
    """

    showing: Showing
    definitions: list[Definition]
    is_cut: bool
    is_pending: bool

    @classmethod
    def of(cls, shown: values.DefinitionsShown) -> Self:
        """Describe a showing."""
        return cls(
            showing=Showing.of(shown.view),
            definitions=[Definition.of(one) for one in shown.items],
            is_cut=shown.is_cut,
            is_pending=shown.is_pending,
        )
