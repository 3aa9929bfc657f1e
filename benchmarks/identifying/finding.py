# SPDX-License-Identifier: Apache-2.0
"""Findings of real analysers in a folder of source, as SARIF that our reader reads."""

import io
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from glasshouse.domain.releases import symboltool
from glasshouse.engines.codeindex.symbols import extraction
from glasshouse.engines.codeindex.symbols.forms import document_of
from glasshouse.engines.codeindex.symbols.scopes import scopes_at
from glasshouse.engines.codeindex.symbols.values import Document, Outline
from glasshouse.engines.formats import sarif
from glasshouse.engines.identity import Keys, Sighting, texts_at
from glasshouse.engines.identity.hints import hints
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.paths import TreePath

COMMANDS: Final[Mapping[str, Sequence[str]]] = {
    "flawfinder": ("flawfinder", "--sarif", "."),
    "bandit": ("bandit", "--quiet", "--recursive", "--format", "sarif", "."),
    "ruff": (
        *("ruff", "check", "--isolated", "--no-cache", "--no-respect-gitignore", "--exit-zero"),
        *("--select", "S", "--output-format", "sarif", "."),
    ),
}


@dataclass(frozen=True, slots=True)
class Found:
    """One finding; `sighting` is what identity sees of it."""

    rule: str
    path: bytes
    line: int
    column: int
    sighting: Sighting


@dataclass(frozen=True, slots=True)
class Release:
    """A folder of source and what was found in it. Files are read when they are asked for."""

    folder: Path
    findings: Sequence[Found]
    _contents: dict[bytes, bytes] = field(default_factory=dict, repr=False)

    def content(self, path: bytes) -> bytes:
        """Return the bytes of a file."""
        if path not in self._contents:
            self._contents[path] = (self.folder / path.decode("utf-8", "surrogateescape")).read_bytes()
        return self._contents[path]


def check_tools(names: Iterable[str]) -> None:
    """End with one line where an analyser is missing."""
    missing = [name for name in names if _program(name) is None]
    if missing:
        raise SystemExit(f"Not on the path: {', '.join(missing)}. Install with: pipx install {' '.join(missing)}")


def release_of(folder: Path, tools: Sequence[str]) -> Release:
    """Run analysers on a folder."""
    results = [one for tool in tools for one in _results(tool, folder)]
    by_path: defaultdict[bytes, list[tuple[str, sarif.Result, sarif.Region, str]]] = defaultdict(list)
    told = hints((rule, (*one.fingerprints, *one.partial_fingerprints)) for rule, one in results)
    for (rule, one), hint in zip(results, told, strict=True):
        place = one.place
        if place is not None and place.path is not None and place.region is not None:
            by_path[place.path.raw].append((rule, one, place.region, hint))
    release = Release(folder, findings := [])
    outlines = _outlines(release, sorted(by_path))
    for path, here in sorted(by_path.items()):
        texts = texts_at(release.content(path), {(region.start_line, region.start_column) for _, _, region, _ in here})
        scopes = scopes_at(outlines.get(path, Outline()), {region.start_line for _, _, region, _ in here})
        for rule, _, region, hint in here:
            text = texts[region.start_line, region.start_column]
            keys = Keys.of(rule, TreePath(path), scopes[region.start_line], text.tokens, text.near)
            sighting = Sighting(keys, path, region.start_line, region.start_column, text.near, hint)
            findings.append(Found(rule, path, region.start_line, region.start_column, sighting))
    return release


def _program(name: str) -> str | None:
    beside = Path(sys.executable).parent / name
    return str(beside) if beside.exists() else shutil.which(name)


def _results(tool: str, folder: Path) -> Iterator[tuple[str, sarif.Result]]:
    """Yield the results of a tool, each once, with a rule that names the tool."""
    name, *arguments = COMMANDS[tool]
    command = [_program(name) or name, *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False, env={"PATH": "/usr/bin:/bin"})
    if not done.stdout:
        raise SystemExit(f"{tool} printed nothing: {done.stderr.decode(errors='replace').strip()[-200:]}")
    log = sarif.read(io.BytesIO(done.stdout), root=str(folder.resolve()).encode())
    seen: set[tuple[str, str, sarif.Location | None]] = set()
    for _, result in log.results():
        if (key := (result.rule_id, result.message, result.place)) not in seen:
            seen.add(key)
            yield f"{tool}/{result.rule_id}", result


def _outlines(release: Release, paths: Sequence[bytes]) -> dict[bytes, Outline]:
    documents: dict[bytes, Document] = {}
    for path in paths:
        content = release.content(path)
        document = document_of(Digest.of(content).raw, TreePath(path), content)
        if isinstance(document, Document):
            documents[path] = document
    found: list[Outline] = []
    for batch in extraction.batches(iter(documents.values())):
        found += extraction.extract(batch, symboltool.run)
    return dict(zip(documents, found, strict=True))
