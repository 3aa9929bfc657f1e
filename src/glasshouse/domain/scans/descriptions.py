# SPDX-License-Identifier: Apache-2.0
"""What a unit is given, and what it answers, as bytes: both travel by mutual TLS and never through a scheduler.

A description names paths, so it is content like the files themselves: fetched by its digest.
"""

import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Self

from glasshouse.domain.scans.tools.running import Analysis
from glasshouse.domain.scans.tools.values import Coverage, Outcome, SourceFile, Unit
from glasshouse.engines.formats import sarif
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.paths import TreePath

_LENGTH: Final = 8
Named = tuple[TreePath, Digest]


@dataclass(frozen=True, slots=True)
class Description:
    """The files of a unit by path and digest: those to analyse, those that they include, rules that were brought.

    `flags` are a compiler's, of a build.
    """

    tool: str
    files: tuple[Named, ...]
    closure: tuple[Named, ...] = ()
    rules: tuple[Named, ...] = ()
    flags: tuple[str, ...] = ()

    @property
    def digests(self) -> tuple[Digest, ...]:
        """Return the digests of all files, each once."""
        return tuple(dict.fromkeys(digest for _, digest in (*self.files, *self.closure, *self.rules)))

    def to_bytes(self) -> bytes:
        """Write it."""
        told = {
            "closure": [[str(path), str(digest)] for path, digest in self.closure],
            "files": [[str(path), str(digest)] for path, digest in self.files],
            "flags": self.flags,
            "rules": [[str(path), str(digest)] for path, digest in self.rules],
            "tool": self.tool,
        }
        return json.dumps(told, sort_keys=True, separators=(",", ":")).encode()

    @classmethod
    def from_bytes(cls, content: bytes) -> Self:
        """Read what `to_bytes` wrote."""
        told = json.loads(content)
        return cls(
            told["tool"],
            _named(told["files"]),
            _named(told["closure"]),
            _named(told["rules"]),
            tuple(told["flags"]),
        )

    def unit(self, read: Callable[[Digest], bytes]) -> Unit:
        """Return the unit with its content, each file read once."""
        texts: dict[Digest, bytes] = {digest: read(digest) for digest in self.digests}
        return Unit(
            tuple(SourceFile(path, texts[digest]) for path, digest in self.files),
            tuple(SourceFile(path, texts[digest]) for path, digest in self.closure),
            self.flags,
            tuple(SourceFile(path, texts[digest]) for path, digest in self.rules),
        )


@dataclass(frozen=True, slots=True)
class FileSaid:
    """What a tool said of one file. `seconds` are the processor's, a fair part of what its unit took."""

    outcome: Outcome
    results: tuple[sarif.Result, ...]
    seconds: float

    def to_bytes(self, tool: sarif.Tool) -> bytes:
        """Write it, as it rests and travels."""
        head = json.dumps(
            [str(self.outcome.path), self.outcome.coverage.value, self.outcome.reason, self.seconds]
        ).encode()
        log = io.BytesIO()
        sarif.write(log, [(sarif.Run(tool), self.results)])
        return len(head).to_bytes(_LENGTH, "big") + head + log.getvalue()

    @classmethod
    def from_bytes(cls, content: bytes) -> Self:
        """Read what `to_bytes` wrote."""
        stop = _LENGTH + int.from_bytes(content[:_LENGTH], "big")
        path, coverage, reason, seconds = json.loads(content[_LENGTH:stop])
        log = sarif.read(io.BytesIO(content[stop:]))
        results = tuple(result for _, result in log.results())
        return cls(Outcome(TreePath.parse(path), Coverage(coverage), reason), results, seconds)


def by_file(analysis: Analysis) -> list[FileSaid]:
    """Return what an analysis says of each file of its unit.

    A result that names none of them, such as one in a header, goes with the first: it was said while that was read.
    """
    paths = [outcome.path for outcome in analysis.outcomes]
    found: Mapping[TreePath, list[sarif.Result]] = {path: [] for path in paths}
    for result in analysis.results:
        path = result.place.path if result.place else None
        found[path if path and path in found else paths[0]].append(result)
    share = analysis.seconds / max(1, len(paths))
    return [FileSaid(outcome, tuple(found[outcome.path]), share) for outcome in analysis.outcomes]


def joined(said: Sequence[FileSaid], tool: sarif.Tool) -> bytes:
    """Write what a unit answers."""
    parts = [one.to_bytes(tool) for one in said]
    return b"".join(len(part).to_bytes(_LENGTH, "big") + part for part in parts)


def parted(answer: bytes) -> list[FileSaid]:
    """Read what `joined` wrote."""
    found, at = [], 0
    while at < len(answer):
        stop = at + _LENGTH + int.from_bytes(answer[at : at + _LENGTH], "big")
        found.append(FileSaid.from_bytes(answer[at + _LENGTH : stop]))
        at = stop
    return found


def _named(told: Sequence[Sequence[str]]) -> tuple[Named, ...]:
    return tuple((TreePath.parse(path), Digest.parse(digest)) for path, digest in told)
