# SPDX-License-Identifier: Apache-2.0
"""Releases made of a release, where who is who is known: lines inserted, indentation changed, names and files moved."""

import random
import re
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from benchmarks.identifying.finding import Release
from benchmarks.identifying.referee import LineMap

Mutation = Callable[[Release, Path], LineMap]
_SEED: Final = 20261123
_DEFINED: Final = re.compile(rb"^(?:[A-Za-z_][\w \t*]*[ \t*]|def )([A-Za-z_]\w{3,})\(", re.MULTILINE)
_INDENT: Final = re.compile(rb"^[ \t]+", re.MULTILINE)
_KEPT: Final = frozenset({b"main", b"__init__"})


def insert(release: Release, folder: Path) -> LineMap:
    """Insert lines of comment above a quarter of the lines that begin a block, and a head above each file."""
    chance = random.Random(_SEED)  # noqa: S311 -- the same choice in every run is the point
    starts: dict[bytes, list[int]] = {}

    def changed(path: bytes, content: bytes) -> bytes:
        mark = b"#" if path.endswith(b".py") else b"//"
        moved, out = [], [mark + b" a head\n"] * 3
        for line in content.split(b"\n"):
            moved.append(len(out) + 1)
            out.append(line + b"\n")
            if not line.strip() and chance.random() < 0.25:
                out.append(mark + b" a remark of %d\n" % chance.randrange(10**6))
        starts[path] = moved
        return b"".join(out)[:-1]

    _rewrite(release, folder, changed)
    return lambda path, line: (path, starts[path][line - 1] if path in starts else line)


def reindent(release: Release, folder: Path) -> LineMap:
    """Double all indentation, with blanks for tabs."""

    def changed(_: bytes, content: bytes) -> bytes:
        return _INDENT.sub(lambda match: match[0].expandtabs(4) * 2, content)

    _rewrite(release, folder, changed)
    return lambda path, line: (path, line)


def rename(release: Release, folder: Path) -> LineMap:
    """Rename a fifth of all functions wherever they are named; a line that names one is changed and not judged."""
    chance = random.Random(_SEED)  # noqa: S311 -- the same choice in every run is the point
    paths = sorted({one.path for one in release.findings})
    names = sorted({name for path in paths for name in _DEFINED.findall(release.content(path))} - _KEPT)
    # What an analyser looks for by its name keeps it, or the finding itself would go.
    chosen = set(chance.sample(names, len(names) // 5)) - _named_in_findings(release)
    word = re.compile(rb"\b[A-Za-z_]\w{3,}\b")
    same: dict[bytes, list[bool]] = {}

    def changed(path: bytes, content: bytes) -> bytes:
        new = word.sub(lambda match: match[0] + b"_renamed" if match[0] in chosen else match[0], content)
        same[path] = [one == other for one, other in zip(content.split(b"\n"), new.split(b"\n"), strict=True)]
        return new

    _rewrite(release, folder, changed)
    return lambda path, line: (path, line) if path not in same or same[path][line - 1] else None


def move(release: Release, folder: Path) -> LineMap:
    """Move every file into another folder, and give half of them another name."""
    chance = random.Random(_SEED)  # noqa: S311 -- the same choice in every run is the point
    moved: dict[bytes, bytes] = {}
    for path in sorted(_files(release)):
        above, _, name = path.rpartition(b"/")
        if chance.random() < 0.5:
            stem, dot, suffix = name.rpartition(b".")
            name = (stem + b"_moved" + dot + suffix) if dot else name
        moved[path] = b"moved/" + (above + b"/" if above else b"") + name
    for path, target in moved.items():
        place = folder / target.decode("utf-8", "surrogateescape")
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(release.folder / path.decode("utf-8", "surrogateescape"), place)
    return lambda path, line: (moved[path], line)


MUTATIONS: Final[Mapping[str, Mutation]] = {"insert": insert, "reindent": reindent, "rename": rename, "move": move}


def _files(release: Release) -> set[bytes]:
    return {one.path for one in release.findings}


def _named_in_findings(release: Release) -> set[bytes]:
    """Return the words of the lines with findings, which an analyser may know by name."""
    found: set[bytes] = set()
    for one in release.findings:
        lines = release.content(one.path).split(b"\n")
        if one.line <= len(lines):
            found.update(re.findall(rb"\w+", lines[one.line - 1]))
    return found


def _rewrite(release: Release, folder: Path, change: Callable[[bytes, bytes], bytes]) -> None:
    for path in sorted(_files(release)):
        place = folder / path.decode("utf-8", "surrogateescape")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(change(path, release.content(path)))
