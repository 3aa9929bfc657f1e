# SPDX-License-Identifier: Apache-2.0
"""Other schemes of identity, written anew from what their projects publish; each gives a finding one key.

Where several findings have a key they are paired in the order of the source, as their products do at best.
"""

import re
from collections import Counter, defaultdict, deque
from collections.abc import Hashable, Iterator, Sequence
from typing import Final

from benchmarks.identifying.finding import Found, Release
from glasshouse.engines.identity import Tier
from glasshouse.engines.identity.matching import match

_BLOCK: Final = 100
_SKIPPED: Final = re.compile(rb"[ \t]+")


def ours(before: Release, after: Release) -> list[tuple[int, int]]:
    """Match by tiers; what needs a person is not counted as kept."""
    pairs = match([one.sighting for one in before.findings], [one.sighting for one in after.findings])
    return [(one.before, one.after) for one in pairs if one.tier is not Tier.EDITED]


def rule_file_line(before: Release, after: Release) -> list[tuple[int, int]]:
    """DefectDojo's way where a parser has no better one, and SecObserve's."""

    def keys(release: Release) -> list[Hashable]:
        return [(one.rule, one.path, one.line) for one in release.findings]

    return _paired(keys(before), keys(after), before, after)


def github_line_hash(before: Release, after: Release) -> list[tuple[int, int]]:
    """GitHub's primaryLocationLineHash: the next hundred characters that are no blanks, and which of equal ones."""

    def keys(release: Release) -> list[Hashable]:
        return [(one.rule, one.path, _github(release, one)) for one in release.findings]

    _hashes.clear()
    return _paired(keys(before), keys(after), before, after)


def context_free_v2(before: Release, after: Release) -> list[tuple[int, int]]:
    """CodeChecker's context-free-v2: the file's name, the checker, the line without blanks, the column without them."""

    def keys(release: Release) -> list[Hashable]:
        found: list[Hashable] = []
        for one in release.findings:
            lines = _lines(release, one.path)
            line = lines[one.line - 1] if one.line <= len(lines) else b""
            bare = b"".join(line.split())
            column = len(b"".join(line[: max(0, one.column - 1)].split()))
            found.append((one.rule, one.path.rpartition(b"/")[2], bare, column))
        return found

    _split.clear()
    return _paired(keys(before), keys(after), before, after)


def _paired(old: Sequence[Hashable], new: Sequence[Hashable], before: Release, after: Release) -> list[tuple[int, int]]:
    waiting: defaultdict[Hashable, deque[int]] = defaultdict(deque)
    for number in _in_order(before.findings):
        waiting[old[number]].append(number)
    return [(same.popleft(), number) for number in _in_order(after.findings) if (same := waiting.get(new[number]))]


def _in_order(findings: Sequence[Found]) -> Iterator[int]:
    yield from sorted(range(len(findings)), key=lambda one: _place(findings[one]))


def _place(found: Found) -> tuple[bytes, int, int]:
    return found.path, found.line, found.column


_split: dict[tuple[int, bytes], list[bytes]] = {}
_hashes: dict[tuple[int, bytes], list[Hashable]] = {}


def _lines(release: Release, path: bytes) -> list[bytes]:
    key = id(release), path
    if key not in _split:
        _split[key] = release.content(path).split(b"\n")
    return _split[key]


def _github(release: Release, found: Found) -> Hashable:
    key = id(release), found.path
    if key not in _hashes:
        _hashes[key] = _line_hashes(release.content(found.path))
    lines = _hashes[key]
    return lines[found.line - 1] if found.line <= len(lines) else None


def _line_hashes(content: bytes) -> list[Hashable]:
    text = _SKIPPED.sub(b"", content.replace(b"\r\n", b"\n").replace(b"\r", b"\n"))
    seen: Counter[bytes] = Counter()
    found: list[Hashable] = []
    at = 0
    for line in text.split(b"\n"):
        window = text[at : at + _BLOCK]
        seen[window] += 1
        found.append((window, seen[window]))
        at += len(line) + 1
    return found
