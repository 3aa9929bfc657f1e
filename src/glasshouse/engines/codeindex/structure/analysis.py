# SPDX-License-Identifier: Apache-2.0
"""Answers for many documents, whatever one of them does to the tool."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from glasshouse.engines.codeindex.languages import Language
from glasshouse.engines.codeindex.structure.rules import ID, refusal, rule
from glasshouse.engines.codeindex.structure.values import (
    FORMS,
    MAX_DOCUMENT,
    MAX_MATCHES,
    Answer,
    Ended,
    Gap,
    Match,
    Printed,
    Run,
    Structure,
)

BATCH_BYTES: Final = 2 * 2**20
BATCH_DOCUMENTS: Final = 1_000
MAX_PRINTED: Final = 16 * 2**20
# Where the tool is told that documents lie; it names them so.
FOLDER: Final = "/src"
_PATH: Final = rb"/src/(\d{1,6})\.\w{1,8}"
_MATCH: Final = re.compile(
    rb"::notice file=%s,line=(\d{1,9}),endLine=(\d{1,9}),title=%s::%s" % (_PATH, *[ID.encode()] * 2)
)
_SEEN: Final = re.compile(rb"sg: entity\|file\|%s: language=\w+,appliedRuleCount=1" % _PATH)
_GAPS: Final = {
    Ended.WELL: Gap.NOT_PARSED,  # it said that all was well, and not that it looked at this document
    Ended.REFUSED: Gap.NOT_PARSED,
    Ended.CRASHED: Gap.NOT_PARSED,
    Ended.TOO_SLOW: Gap.TOO_SLOW,
    Ended.TOO_MUCH: Gap.TOO_MANY,
}


class Document(NamedTuple):
    """A document by its SHA-256."""

    digest: bytes
    content: bytes


def batches(documents: Iterable[Document]) -> Iterator[list[Document]]:
    """Yield documents in groups of a bounded size, in their order."""
    group: list[Document] = []
    held = 0
    for document in documents:
        if group and (held + len(document.content) > BATCH_BYTES or len(group) >= BATCH_DOCUMENTS):
            yield group
            group, held = [], 0
        group.append(document)
        held += len(document.content)
    if group:
        yield group


def analyse(
    structure: Structure, documents: Sequence[Document], run: Run, *, is_out: Callable[[], bool] = lambda: False
) -> dict[bytes, Answer]:
    """Return the answer for each document, by digest; without those that were not looked at when `is_out` said stop.

    A run that does not end well is made again with each half of its documents, until the one that breaks the tool is
    alone: it has a gap, and every other has its answer. Raises StructureError for a pattern that the tool refuses.
    """
    answers: dict[bytes, Answer] = {}
    waiting: list[Sequence[Document]] = []
    fit = []
    for document in documents:
        if len(document.content) > MAX_DOCUMENT:
            answers[document.digest] = Gap.TOO_LARGE
        else:
            fit.append(document)
    if fit:
        waiting.append(fit)
    while waiting and not is_out():
        some = waiting.pop()
        found = _asked(structure, some, run)
        if isinstance(found, Gap) and len(some) > 1:
            half = len(some) // 2
            waiting += [some[half:], some[:half]]
        elif isinstance(found, Gap):
            answers[some[0].digest] = found
        else:
            answers |= found
    return answers


def _asked(structure: Structure, documents: Sequence[Document], run: Run) -> dict[bytes, Answer] | Gap:
    extension = FORMS[Language(structure.language)].extension
    files = [(f"{number}.{extension}", _text(one.content) or b"\n") for number, one in enumerate(documents)]
    printed = run(rule(structure), files)
    if printed.ended is Ended.REFUSED:
        raise refusal(structure, printed)
    lines = [one.content.count(b"\n") + 1 for one in documents]
    found = read(printed, lines) if printed.ended is Ended.WELL else None
    if found is None:
        return _GAPS[printed.ended]
    return {document.digest: answer for document, answer in zip(documents, found, strict=True)}


def read(printed: Printed, lines: Sequence[int]) -> list[Answer] | None:
    """Return the answers of documents of so many lines each in what a run printed.

    None unless it tells that it saw each of them and names nothing outside of them. Of what is printed only numbers
    are taken: no byte of it is shown to anybody.
    """
    seen = {int(match[1]) for match in map(_SEEN.fullmatch, printed.stderr.split(b"\n")) if match}
    if seen != set(range(len(lines))):
        return None
    found: list[dict[int, int]] = [{} for _ in lines]
    for line in printed.stdout.removesuffix(b"\n").split(b"\n"):
        match = _MATCH.fullmatch(line)
        if match is None:
            if line:
                return None
            continue
        number, first, last = (int(group) for group in match.groups())
        if number >= len(lines) or not 1 <= first <= last <= lines[number]:
            return None
        # Matches that begin in one line are one to a reader: the widest.
        found[number][first] = max(last, found[number].get(first, 0))
    return [_answer(ranges) for ranges in found]


def _answer(ranges: dict[int, int]) -> Answer:
    return Gap.TOO_MANY if len(ranges) > MAX_MATCHES else tuple(Match(*one) for one in sorted(ranges.items()))


def _text(content: bytes) -> bytes:
    """Return content that the tool reads: what is no UTF-8 becomes as many letters, and lines stay what they are."""
    try:
        content.decode()
    except UnicodeDecodeError:
        return _letters(content)
    return content


def _letters(content: bytes) -> bytes:
    # Only escapes of this handler are surrogates in the text; each stands for one byte.
    text = content.decode("utf-8", "surrogateescape")
    return re.sub("[\udc80-\udcff]", "_", text).encode()
