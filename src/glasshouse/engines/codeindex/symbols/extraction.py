# SPDX-License-Identifier: Apache-2.0
"""Outlines of many documents, whatever one of them does to the tool."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from glasshouse.engines.codeindex.symbols import ctags
from glasshouse.engines.codeindex.symbols.errors import SymbolToolError
from glasshouse.engines.codeindex.symbols.values import Columns, Document, Gap, Key, Outline
from glasshouse.kernel.digests import Digest

BATCH_BYTES: Final = 4 * 2**20
MAX_PRINTED: Final = 40 * 2**20
_SAMPLE: Final = b"struct known_sample { int member; };\nint known_function(void)\n{\n\treturn 1;\n}\n"


class Ended(StrEnum):
    """How a run of the tool ended."""

    WELL = "well"
    TOO_SLOW = "too-slow"
    TOO_MUCH = "too-much"
    CRASHED = "crashed"


_GAPS: Final = {
    Ended.WELL: Gap.CRASHED,  # it ended early and said that all was well
    Ended.TOO_SLOW: Gap.TOO_SLOW,
    Ended.TOO_MUCH: Gap.TOO_MANY,
    Ended.CRASHED: Gap.CRASHED,
}


@dataclass(frozen=True, slots=True)
class Printed:
    """What a run printed, also one that was ended, and how it ended."""

    stdout: bytes
    ended: Ended


Run = Callable[[bytes], Printed]
"""Runs `ctags.ARGV` on a stream, with caps on time and on what it prints (`MAX_PRINTED`)."""


def prove(run: Run) -> None:
    """Raise unless the tool finds the symbols of a known sample: one that silently finds nothing is unfit."""
    document = Document(Key(Digest.of(_SAMPLE).raw, "C"), "x.c", _SAMPLE)
    printed = run(ctags.request([document]))
    answer = ctags.read(printed.stdout, [document])
    found = [(symbol.name, symbol.kind, symbol.line, symbol.end) for outline in answer.outlines for symbol in outline]
    wanted = {("known_sample", "struct", 1, 1), ("known_function", "function", 2, 5)}
    if printed.ended is not Ended.WELL or not wanted <= set(found):
        raise SymbolToolError(
            "The symbol tool does not find the symbols of a known sample.",
            hint="Install the package universal-ctags on the host of the jobs.",
        )


def batches(documents: Iterator[Document], *, size: int = BATCH_BYTES) -> Iterator[list[Document]]:
    """Yield documents in groups of at most `size` bytes; a larger document is a group of its own."""
    group: list[Document] = []
    held = 0
    for document in documents:
        if group and held + len(document.content) > size:
            yield group
            group, held = [], 0
        group.append(document)
        held += len(document.content)
    if group:
        yield group


def extract(documents: Sequence[Document], run: Run) -> list[Outline]:
    """Return the outline of each document, in their order.

    The document that breaks a run is asked about again, first in the next run; when it breaks that too, it has a gap,
    and the rest goes on without it. A broken document costs two runs, whatever the others are.
    """
    outlines: list[Outline] = []
    suspect: Document | None = None
    while len(outlines) < len(documents):
        rest = documents[len(outlines) :]
        printed = run(ctags.request(rest))
        answer = ctags.read(printed.stdout, rest)
        if not answer.is_tool:  # it names itself before it reads anything, so this is no document's doing
            raise SymbolToolError("The symbol tool did not start.")
        outlines += answer.outlines
        if len(answer.outlines) == len(rest):
            if printed.ended is not Ended.WELL:  # it broke behind the last document
                outlines[-1] = Outline(outlines[-1].columns, _GAPS[printed.ended])
        elif rest[len(answer.outlines)] is suspect:
            outlines.append(_broken(answer.unfinished, _GAPS[printed.ended]))
        else:
            suspect = rest[len(answer.outlines)]
    return outlines


def _broken(unfinished: Outline, gap: Gap) -> Outline:
    """Return what is kept of a document that broke the tool: only a cap on what is printed leaves a true beginning."""
    return Outline(unfinished.columns if gap is Gap.TOO_MANY else Columns(), gap)
