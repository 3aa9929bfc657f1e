# SPDX-License-Identifier: Apache-2.0
"""Reading one document."""

from collections import Counter
from collections.abc import Iterator
from typing import Final

from glasshouse.engines.measures import hardening, silencing, tokens
from glasshouse.engines.measures.calling import Scanner
from glasshouse.engines.measures.clones import CodeLines
from glasshouse.engines.measures.values import MAX_DOCUMENT, Facts, Gap, Hardened, Kind, Silenced

_MOST_HARDENED: Final = 2_000
_LONG_LINE: Final = 100_000
"""Characters of a build file's line, or of another language's, that are looked at."""


def facts_of(content: bytes, kind: Kind) -> Facts | Gap:
    """Return what a document says, or why it was not read."""
    if len(content) > MAX_DOCUMENT:
        return Gap.TOO_LARGE
    if b"\0" in content[:8192]:
        return Gap.BINARY
    match kind:
        case Kind.C:
            return _of_c(content)
        case Kind.PYTHON:
            return _of_python(content)
        case Kind.BUILD:
            return _of_build(content)
    quiet = sum(silencing.by_line(line[:_LONG_LINE]) for line in content.split(b"\n"))
    return Facts(silenced=_told({Silenced.COMMENT: quiet}))


def _of_c(content: bytes) -> Facts:
    scanner, code, count = Scanner(), CodeLines(), 0
    quiet: Counter[Silenced] = Counter()
    in_directive = False
    for line in tokens.c_lines(content):
        quiet[Silenced.COMMENT] += sum(map(silencing.by_comment, line.comments))
        if not line.tokens:
            continue
        count += line.starts
        code.add(line.number, line.tokens)
        if line.starts:
            in_directive = line.tokens[0] == b"#"
        if in_directive:
            if line.starts:
                scanner.directive(line.tokens, line.number)
                quiet[Silenced.PRAGMA] += _pragma(line.tokens)
        else:
            scanner.code(line.tokens, line.number)
            if b"_Pragma" in line.tokens or b"__pragma" in line.tokens:
                quiet[Silenced.PRAGMA] += silencing.by_pragma(b" ".join(line.tokens).replace(b'\\"', b'"'))
    return Facts(
        code_lines=count,
        calls=dict(scanner.calls),
        uses=dict(scanner.uses),
        definitions=tuple(scanner.definitions),
        silenced=_told(quiet),
        code=code.packed(),
        cut=scanner.cut,
    )


def _pragma(words: list[bytes]) -> bool:
    joined = b" ".join(words)
    if words[1:2] == [b"pragma"] or b"_Pragma" in joined:
        return silencing.by_pragma(joined)
    return words[1:2] == [b"define"] and words[2:3] in ([b"_CRT_SECURE_NO_WARNINGS"], [b"_CRT_SECURE_NO_DEPRECATE"])


def _of_python(content: bytes) -> Facts:
    code, count, quiet = CodeLines(), 0, 0
    for line in tokens.python_lines(content):
        quiet += sum(map(silencing.by_comment, line.comments))
        if line.tokens:
            count += line.starts
            code.add(line.number, line.tokens)
    return Facts(code_lines=count, silenced=_told({Silenced.COMMENT: quiet}), code=code.packed())


def _of_build(content: bytes) -> Facts:
    found: list[Hardened] = []
    quiet = 0
    for number, line in _joined(content.decode("utf-8", "replace")):
        more, off = hardening.said(line, number)
        found += more
        quiet += off
    return Facts(
        silenced=_told({Silenced.FLAG: quiet}), hardened=tuple(found[:_MOST_HARDENED]), cut=len(found) > _MOST_HARDENED
    )


def _joined(text: str) -> Iterator[tuple[int, str]]:
    """Yield the lines of a build file with what continues them, without comments."""
    held: list[str] = []
    first = size = 0
    for number, raw in enumerate(text.split("\n"), 1):
        line = hardening.without_comment(raw[:_LONG_LINE])
        first = first or number
        if raw.endswith("\\") and size < _LONG_LINE:
            held.append(line.removesuffix("\\"))
            size += len(raw)
            continue
        yield first, "".join([*held, line])
        held, first, size = [], 0, 0
    if held:
        yield first, "".join(held)


def _told(counts: "Counter[Silenced] | dict[Silenced, int]") -> dict[Silenced, int]:
    return {kind: count for kind, count in counts.items() if count}
