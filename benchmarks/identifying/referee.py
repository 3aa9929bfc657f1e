# SPDX-License-Identifier: Apache-2.0
"""Who is who by git's own diff: a finding whose line git calls unchanged must stay the finding that it is."""

import re
import subprocess
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.identifying.finding import Found

LineMap = Callable[[bytes, int], tuple[bytes, int] | None]
"""Where a line of the older side stands in the newer one, None where it does not."""
_HUNK: Final = re.compile(rb"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")


@dataclass(slots=True)
class _FileDiff:
    after: bytes
    hunks: list[tuple[int, int, int, int]]

    def at(self, line: int) -> int | None:
        """Return where a line went."""
        shift = 0
        for first, count, then, came in self.hunks:
            start = first if count else first + 1  # git names the line before what is only added
            if line < start:
                break
            if line < start + count:
                return None
            shift = (then if came else then + 1) + came - start - count
        return line + shift


def by_git(before: Path, after: Path) -> LineMap:
    """Return git's word: histogram diff, renames detected, over two folders."""
    done = subprocess.run(
        [
            *("git", "-c", "core.quotePath=false", "-c", "diff.renameLimit=0", "diff", "--no-index", "--no-color"),
            *("--histogram", "-M", "-U0", "--text", "--no-ext-diff", "--no-prefix", "-z", "--raw", "-p"),
            *(str(before), str(after)),
        ],
        capture_output=True,
        check=False,
    )
    if done.returncode not in {0, 1}:
        raise SystemExit(f"git diff failed: {done.stderr.decode(errors='replace')[:200]}")
    left, right = (f"{str(folder).strip('/')}/".encode() for folder in (before, after))
    files = _parsed(done.stdout, left, right)

    def at(path: bytes, line: int) -> tuple[bytes, int] | None:
        if path not in files:
            return path, line  # git says nothing of files that are the same
        diff = files[path]
        moved = diff.at(line) if diff else None
        return (diff.after, moved) if diff and moved else None

    return at


def _parsed(text: bytes, left: bytes, right: bytes) -> dict[bytes, _FileDiff | None]:
    """Read the raw list, which names the files, and the hunks behind it, which come in the same order."""
    end = text.find(b"\0\0") + 2
    fields = text[:end].split(b"\0")
    listed: list[tuple[bytes, bytes, bytes]] = []
    at = 0
    while at < len(fields) and fields[at].startswith(b":"):
        status = fields[at].rsplit(b" ", 1)[1]
        paths = fields[at + 1 : at + (3 if status[:1] in b"RC" else 2)]
        listed.append((status[:1], paths[0], paths[-1]))
        at += 1 + len(paths)
    sections = re.split(rb"^diff --git ", text[end:], flags=re.MULTILINE)[1:]
    files: dict[bytes, _FileDiff | None] = {}
    for (status, old, new), section in zip(listed, sections, strict=True):
        name = old.lstrip(b"/").removeprefix(left)
        if status == b"D":
            files.setdefault(name, None)
        elif status != b"A":
            head = re.search(rb"^@@ ", section, re.MULTILINE)
            body = section[head.start() :] if head else b""
            hunks = [_hunk(one) for one in re.findall(rb"^@@ [^\n]*? @@", body, re.MULTILINE)]
            kept = new.lstrip(b"/").removeprefix(right).removeprefix(left)
            files[name] = _FileDiff(kept, hunks)
    return files


def _hunk(text: bytes) -> tuple[int, int, int, int]:
    match = _HUNK.match(text)
    assert match is not None
    first, count, then, came = (int(one) if one is not None else 1 for one in match.groups())
    return first, count, then, came


def truth(before: Sequence[Found], after: Sequence[Found], at: LineMap) -> dict[int, int]:
    """Return which finding is which: the same rule on the line that the map names, the first for the first."""
    there = _by_line(after)
    found: dict[int, int] = {}
    for (rule, path, line), here in _by_line(before).items():
        target = at(path, line)
        if target is not None:
            found.update(zip(here, there.get((rule, *target), ()), strict=False))
    return found


def _by_line(findings: Sequence[Found]) -> Mapping[tuple[str, bytes, int], list[int]]:
    lines: defaultdict[tuple[str, bytes, int], list[int]] = defaultdict(list)
    for number in sorted(range(len(findings)), key=lambda one: findings[one].column):
        one = findings[number]
        lines[one.rule, one.path, one.line].append(number)
    return lines


@dataclass(frozen=True, slots=True)
class Score:
    """How many of the pairs that must stay stayed, and how many became another."""

    pairs: int = 0
    kept: int = 0
    wrong: int = 0

    def __add__(self, other: "Score") -> "Score":
        return Score(self.pairs + other.pairs, self.kept + other.kept, self.wrong + other.wrong)

    @property
    def kept_share(self) -> float:
        """Return the share that stayed."""
        return self.kept / max(1, self.pairs)

    @property
    def wrong_share(self) -> float:
        """Return the share that became another."""
        return self.wrong / max(1, self.pairs)


def score(wanted: Mapping[int, int], answered: Iterable[tuple[int, int]]) -> Score:
    """Judge the pairs of a scheme."""
    told = dict(answered)
    kept = sum(told.get(old) == new for old, new in wanted.items())
    wrong = sum(old in told and told[old] != new for old, new in wanted.items())
    return Score(len(wanted), kept, wrong)
