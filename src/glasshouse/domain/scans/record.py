# SPDX-License-Identifier: Apache-2.0
"""All that went into a scan and what came of each file, sealed under the product's key: enough to do it again.

<home>/runs/<product>/run-<random>.pack   durable and whole; kind "scan-run"
<home>/runs/<product>/run-<random>.tmp    being made; only a killed scan leaves it

A pack is: the head; the rules that were brought, by path and digest; files by path and digest, each once; for each
file that the tool was given, which of these it is, what it includes, its flags and what they rest on; what became of
each file, with the digests of what was found in it; last how many blocks there are of each. The row of a run holds a
keyed digest of what went in and one of what came out, and so does the journal: a record that was exchanged is told
from the one that was written.
"""

import hashlib
import io
import json
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from glasshouse.domain.releases import shelves, vault
from glasshouse.domain.releases.values import ReleaseRef
from glasshouse.domain.scans import results
from glasshouse.domain.scans.descriptions import FileSaid, Named
from glasshouse.domain.scans.errors import NotRecordedError, RecordDamagedError
from glasshouse.domain.scans.models import ScanRun
from glasshouse.domain.scans.planning import Basis, Wanted
from glasshouse.domain.scans.tools import installing, running
from glasshouse.domain.scans.tools.values import Coverage, Installed, Names, Outcome, SourceFile, Unit
from glasshouse.engines.formats import sarif
from glasshouse.engines.store.errors import DamagedError
from glasshouse.engines.store.packs import PackReader
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.paths import TreePath

KIND: Final = "scan-run"
_FORMAT: Final = 1
_NAMES: Final = 5_000
_FILES: Final = 500
_RESULT_BYTES: Final = 16
Blocks = list[bytes]


@dataclass(frozen=True, slots=True)
class Head:
    """What is one for the whole run.

    `adapters` is the digest of our code that starts tools and reads what they say. `argv`, `environment` and `limits`
    are those of a start on one file, called FILE, of no content and without flags. `packages` are the versions of what
    the tool needs of the system beyond its programs, such as headers. `database` is the compile database, `trouble`
    why one that was there was of no use.
    """

    release: str
    root: str
    tool: str
    version: str
    digest: str
    adapters: str
    argv: tuple[str, ...]
    environment: Mapping[str, str]
    limits: Mapping[str, float]
    packages: Mapping[str, str]
    database: tuple[str, str] | None = None
    trouble: str = ""

    @classmethod
    def of(cls, found: ReleaseRef, installed: Installed, database: Named | None = None, trouble: str = "") -> "Head":
        """Say it of a tool as it is here."""
        named = (str(database[0]), str(database[1])) if database else None
        return cls._of(found.uid.text, str(found.root), installed, named, trouble)

    @classmethod
    def here(cls, then: "Head", installed: Installed) -> "Head":
        """Say of the same release and database how it would be done here and now."""
        return cls._of(then.release, then.root, installed, then.database, then.trouble)

    @classmethod
    def _of(
        cls, release: str, root: str, installed: Installed, database: tuple[str, str] | None, trouble: str
    ) -> "Head":
        tool = installed.tool
        sample = Unit((SourceFile(TreePath(b"FILE"), b""),))
        start = tool.invocation(sample, Names.of(sample))
        return cls(
            release,
            root,
            tool.name,
            installed.version,
            str(installed.digest),
            results.adapters().hex(),
            start.argv,
            running.environment(start),
            asdict(start.limits),
            installing.packages(tool),
            database,
            trouble,
        )

    def to_bytes(self) -> bytes:
        """Write it, always the same."""
        return _json({"format": _FORMAT, **asdict(self)})

    @classmethod
    def from_bytes(cls, content: bytes) -> "Head":
        """Read what `to_bytes` wrote; raises ValueError for another format."""
        told = json.loads(content)
        if told.pop("format") != _FORMAT:
            raise ValueError("a record of another format")
        database = told.pop("database")
        return cls(**{**told, "argv": tuple(told["argv"])}, database=(database[0], database[1]) if database else None)


@dataclass(frozen=True, slots=True)
class Came:
    """What came of one file: its outcome, and of each result the rule and a digest of all that it says."""

    outcome: Outcome
    results: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, said: FileSaid, tool: str, *, is_by_own_rules: bool = True) -> "Came":
        """Take the digests of what was said; rules that a visitor brought are not named, since this is not theirs."""
        found = ((one.rule_id if is_by_own_rules else "", _digest(one, tool)) for one in said.results)
        return cls(said.outcome, tuple(sorted(found)))


@dataclass(frozen=True)
class Inputs:
    """What goes into a run, before anything ran."""

    head: Head
    wanted: Sequence[Wanted]
    rules: Sequence[Named] = ()

    @cached_property
    def blocks(self) -> tuple[Blocks, Blocks, Blocks, Blocks]:
        """Return the head, the rules that were brought, the names, and the files as they rest."""
        places: dict[Named, int] = {}
        for one in self.wanted:
            for named in (one.file, *one.closure):
                places.setdefault(named, len(places))
        names = [[str(path), str(digest)] for path, digest in places]
        files = [
            [places[one.file], one.size, one.basis.value, one.flags, [places[named] for named in one.closure]]
            for one in self.wanted
        ]
        rules = [[str(path), str(digest)] for path, digest in self.rules]
        return (
            [self.head.to_bytes()],
            list(_parts(rules, _NAMES)),
            list(_parts(names, _NAMES)),
            list(_parts(files, _FILES)),
        )

    def tag(self, product: Uid) -> bytes:
        """Return what stands for all of it, meaningless without the product's key."""
        return _tag(product, b"inputs\0", [block for part in self.blocks for block in part])


@dataclass(frozen=True, slots=True)
class Record:
    """A run as it was written down."""

    inputs: Inputs
    came: tuple[Came, ...]


def folder(product: Uid) -> Path:
    """Return where a product's records lie."""
    return shelves.folder(shelves.Shelf.RUNS, product)


def write(product: Uid, inputs: Inputs, came: Iterable[Came]) -> tuple[str, bytes]:
    """Let a record rest, durable when this returns; return its name and what stands for what came out."""
    out = list(_parts([_came(one) for one in came], _FILES))
    parts = [*inputs.blocks, out]
    name = f"run-{secrets.token_hex(16)}"
    folder(product).mkdir(mode=0o700, parents=True, exist_ok=True)
    partial, whole = (folder(product) / f"{name}.{ending}" for ending in ("tmp", "pack"))
    blocks = [*(block for part in parts for block in part), _json([len(part) for part in parts])]
    shelves.write(product, KIND, blocks, partial=partial, whole=whole)
    return whole.name, _tag(product, b"outcomes\0", out)


def read(run: ScanRun) -> Record:
    """Return what was written down of a run; raises NotRecordedError, RecordDamagedError, KeyDestroyedError."""
    if not run.kept:
        raise NotRecordedError("Of this run there is no record: it did not end, or is of an older release of ours.")
    product = Uid(run.product)
    key = vault.ring().open(product)
    damaged = RecordDamagedError("A run's record was changed on the disk.", hint="Restore its file from a backup.")
    try:
        pack = PackReader(folder(product) / run.kept, key, KIND)
        counts = json.loads(pack.block(pack.blocks - 1))
        blocks = iter([pack.block(number) for number in range(pack.blocks - 1)])
        (head,), rules, names, files, out = ([next(blocks) for _ in range(count)] for count in counts)
    except (DamagedError, ValueError) as error:
        raise damaged from error
    if (_tag(product, b"inputs\0", [head, *rules, *names, *files]), _tag(product, b"outcomes\0", out)) != (
        bytes(run.record),
        bytes(run.outcomes),
    ):
        raise damaged
    named = _named(names)
    inputs = Inputs(Head.from_bytes(head), [_wanted(told, named) for told in _joined(files)], _named(rules))
    return Record(inputs, tuple(_read_came(told) for told in _joined(out)))


def _named(blocks: Iterable[bytes]) -> list[Named]:
    return [(TreePath.parse(path), Digest.parse(digest)) for path, digest in _joined(blocks)]


def _wanted(told: Any, named: Sequence[Named]) -> Wanted:  # noqa: ANN401 -- JSON that we wrote
    at, size, basis, flags, closure = told
    return Wanted(named[at], tuple(named[each] for each in closure), size, tuple(flags), Basis(basis))


def _came(one: Came) -> list[Any]:
    return [str(one.outcome.path), one.outcome.coverage.value, one.outcome.reason, one.results]


def _read_came(told: Any) -> Came:  # noqa: ANN401 -- JSON that we wrote
    path, coverage, reason, found = told
    outcome = Outcome(TreePath.parse(path), Coverage(coverage), reason)
    return Came(outcome, tuple((rule, digest) for rule, digest in found))


def _digest(result: sarif.Result, tool: str) -> str:
    log = io.BytesIO()
    sarif.write(log, [(sarif.Run(sarif.Tool(sarif.Component(tool))), [result])])
    return hashlib.blake2b(log.getvalue(), digest_size=_RESULT_BYTES).hexdigest()


def _tag(product: Uid, about: bytes, blocks: Iterable[bytes]) -> bytes:
    whole = hashlib.sha256(about)
    for block in blocks:
        whole.update(len(block).to_bytes(8, "big") + block)
    return vault.sealer(product, results.PURPOSE).tag(b"run\0" + whole.digest())


def _parts(rows: Sequence[Sequence[Any]], size: int) -> Iterator[bytes]:
    for start in range(0, len(rows), size):
        yield _json(rows[start : start + size])


def _joined(blocks: Iterable[bytes]) -> Iterator[Any]:
    return (row for block in blocks for row in json.loads(block))


def _json(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
