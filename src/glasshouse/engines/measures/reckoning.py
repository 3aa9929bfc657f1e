# SPDX-License-Identifier: Apache-2.0
"""What the documents of a release come to together, as columns over its files."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from glasshouse.engines.measures.clones import Columns, Copies, copies
from glasshouse.engines.measures.meaning import Dictionary, Meaning, Shadow
from glasshouse.engines.measures.values import Facts, Gap, Silenced
from glasshouse.engines.measures.vocabulary import FAMILIES

SILENCED: Final = tuple(Silenced)
GAPS: Final = tuple(Gap)
MEASURED: Final = 0
"""The state of a file that was measured; the others are the places of gaps, from one on."""


@dataclass(frozen=True, slots=True)
class Document:
    """A file of the release: what it says by itself, or why that is not known; whether others include it."""

    facts: Facts | Gap
    is_header: bool
    lines: int


@dataclass(frozen=True, slots=True)
class Shadowed:
    """A safe name that is unsafe: in which file and line, by which function, and whether a macro says so."""

    file: int
    line: int
    name: str
    callee: str
    family: int
    is_macro: bool
    dropped: int


@dataclass(frozen=True, slots=True)
class Protected:
    """A build file's word on a protection."""

    file: int
    line: int
    protection: int
    is_on: bool


@dataclass(frozen=True, slots=True, eq=False)
class Measures:
    """The measures of a release, by file.

    `state` is `MEASURED` or a gap's place from one on; `code` counts lines with code, `lines` all; `silenced` has a row
    for each of `SILENCED`; `duplicated` counts lines that stand elsewhere too, and `copies` tells which. `calls` are
    columns: file, name by its place in `names`, family, verdict, whether through a function, and count.
    """

    state: NDArray[np.uint8]
    lines: Columns
    code: Columns
    cut: NDArray[np.bool_]
    silenced: NDArray[np.int64]
    duplicated: Columns
    copies: Copies
    names: tuple[str, ...]
    calls: NDArray[np.int64]
    shadows: tuple[Shadowed, ...]
    protected: tuple[Protected, ...]


def reckon(documents: Sequence[Document]) -> Measures:
    """Put together what is known of documents, in their order."""
    told = [one.facts if isinstance(one.facts, Facts) else Facts() for one in documents]
    found = copies([one.code for one in told])
    lines = np.array([one.lines for one in documents], np.int64)
    dictionary = Dictionary(
        [(one.definitions, document.is_header) for one, document in zip(told, documents, strict=True)]
    )
    names, calls = _calls(dictionary, told)
    return Measures(
        state=np.array([_state(one.facts) for one in documents], np.uint8),
        lines=lines,
        code=np.array([one.code_lines for one in told], np.int64),
        cut=np.array([one.cut for one in told], np.bool_),
        silenced=np.array([[one.silenced.get(kind, 0) for one in told] for kind in SILENCED], np.int64),
        duplicated=found.lines_of(lines),
        copies=found,
        names=names,
        calls=calls,
        shadows=tuple(_shadowed(one) for one in dictionary.shadows()),
        protected=tuple(
            Protected(number, each.line, each.protection, each.is_on)
            for number, one in enumerate(told)
            for each in one.hardened
        ),
    )


def _state(facts: Facts | Gap) -> int:
    return GAPS.index(facts) + 1 if isinstance(facts, Gap) else MEASURED


def _calls(dictionary: Dictionary, told: Sequence[Facts]) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    names: dict[str, int] = {}
    rows: list[tuple[int, int, int, int, int, int]] = []
    for number, one in enumerate(told):
        for counted, is_use in ((one.calls, False), (one.uses, True)):
            for name, count in counted.items():
                meanings = dictionary.meanings(number, name)
                # A name without a bracket calls something only where a macro puts whole calls in its place.
                if not meanings or (is_use and not dictionary.is_statement(number, name)):
                    continue
                for meaning, times in meanings.items():
                    place = names.setdefault(name.decode("latin-1"), len(names))
                    rows.append((number, place, *_numbers(meaning), count * times))
    return tuple(names), np.array(rows, np.int64).reshape(-1, 6)


def _numbers(meaning: Meaning) -> tuple[int, int, int]:
    return FAMILIES.index(meaning.family), int(meaning.verdict), int(meaning.through)


def _shadowed(one: Shadow) -> Shadowed:
    return Shadowed(
        one.file,
        one.definition.line,
        one.definition.name.decode("latin-1"),
        one.callee.decode("latin-1"),
        FAMILIES.index(one.family),
        one.definition.is_macro,
        one.definition.dropped,
    )
