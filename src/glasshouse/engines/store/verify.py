# SPDX-License-Identifier: Apache-2.0
"""Checking all of a release: every block decrypted, every digest taken again, the root computed from the leaves."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from glasshouse.engines.store import merkle
from glasshouse.engines.store.catalog import Catalog
from glasshouse.engines.store.entries import Entry
from glasshouse.engines.store.errors import DamagedError
from glasshouse.engines.store.manifests import Manifest
from glasshouse.engines.store.packs import PackReader
from glasshouse.engines.store.pipeline import git_hasher
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.merkle import leaf_hash
from glasshouse.kernel.paths import TreePath

_REPORT_EVERY = 64
_MOST_DAMAGES = 1000


@dataclass(frozen=True, slots=True)
class Damage:
    """Something that is not what was written; `path` is the file it was met in, None for the release itself."""

    path: TreePath | None
    message: str


@dataclass(slots=True)
class Report:
    """What a check found. `is_whole` only when every file was read and nothing was damaged."""

    root: Digest
    files: int = 0
    bytes: int = 0
    damages: list[Damage] = field(default_factory=list)

    @property
    def is_whole(self) -> bool:
        """Say whether all of the release is what was sealed."""
        return not self.damages


def verify_release(
    catalog: Catalog, manifest: Manifest, *, progress: Callable[[int, int], None] | None = None
) -> Report:
    """Check a release; damage is reported, up to a thousand places, and does not end the check."""
    report = Report(manifest.root)
    seen: set[bytes] = set()
    catalog.forget()  # what lies in memory says nothing about the disk
    own = catalog.segment_of(manifest.root).head.segment
    for segment in catalog.segments[: own + 1]:  # a release can hold what came before it, never what came after
        for pack in segment.packs:
            _check_pack(pack, report)
    try:
        for entry in _checked_entries(manifest, report):
            if entry.digest.raw not in seen:
                seen.add(entry.digest.raw)
                _check_content(catalog, entry, report)
            report.files += 1
            report.bytes += entry.size
            if progress and report.files % _REPORT_EVERY == 0:
                progress(report.files, report.bytes)
            if len(report.damages) >= _MOST_DAMAGES:
                break
    except DamagedError as error:
        report.damages.append(Damage(None, error.message))
    if progress:
        progress(report.files, report.bytes)
    return report


def _checked_entries(manifest: Manifest, report: Report) -> Iterator[Entry]:
    """Yield every entry, taking the leaves' hashes on the way; at the end, compare counts and root."""
    hasher = merkle.TreeHasher()
    files = size = lines = 0
    for entry in manifest.entries():
        hasher.add(leaf_hash(manifest.prover.leaf(entry)))
        files, size, lines = files + 1, size + entry.size, lines + entry.lines
        yield entry
    hasher.add(leaf_hash(manifest.prover.summary_leaf()))
    if (files, size, lines) != (manifest.files, manifest.bytes, manifest.lines):
        report.damages.append(Damage(None, "The manifest's counts differ from its entries."))
    if hasher.root() != manifest.root.raw:
        report.damages.append(Damage(None, "The manifest's entries do not hash to its root."))


def _check_pack(pack: PackReader, report: Report) -> None:
    """Decrypt every block of a pack."""
    try:
        blocks = pack.blocks
    except DamagedError as error:
        report.damages.append(Damage(None, error.message))
        return
    for number in range(blocks):
        try:
            pack.block(number)
        except DamagedError as error:
            report.damages.append(Damage(None, error.message))


def _check_content(catalog: Catalog, entry: Entry, report: Report) -> None:
    sha256, git, size = hashlib.sha256(), git_hasher(entry.size), 0
    newlines, last = 0, b""
    for place in range(max(1, len(entry.chunks))):
        try:
            content = catalog.chunk(entry, place)
        except DamagedError as error:
            report.damages.append(Damage(entry.path, error.message))
            return
        if entry.chunks and entry.chunks[place].first_line != newlines + 1:
            report.damages.append(Damage(entry.path, "The table of first lines is wrong."))
        sha256.update(content)
        git.update(content)
        size, newlines, last = size + len(content), newlines + content.count(b"\n"), content[-1:] or last
    lines = newlines + (last not in {b"", b"\n"})
    facts = (sha256.digest(), git.digest(), size, lines)
    if facts != (entry.digest.raw, entry.git_id, entry.size, entry.lines):
        report.damages.append(Damage(entry.path, "Digest, git id, size or lines differ from the content."))
