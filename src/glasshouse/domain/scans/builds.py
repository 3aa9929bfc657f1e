# SPDX-License-Identifier: Apache-2.0
"""What a release's own compile database says, if it brings one: of several, the one nearest to the top."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from glasshouse.domain.scans.descriptions import Named
from glasshouse.domain.scans.planning import Read
from glasshouse.domain.scans.tools import compiledb
from glasshouse.domain.scans.tools.compiledb import NoDatabaseError
from glasshouse.engines.store.entries import Content
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.paths import TreePath

_TOO_LARGE: Final = f"the compile database is larger than {compiledb.MAX_BYTES:,} bytes"


@dataclass(frozen=True, slots=True)
class Build:
    """The flags that a build gave to files, and by which file of the release; `trouble` is why one was of no use."""

    database: Named | None = None
    flags: Mapping[TreePath, tuple[str, ...]] = field(default_factory=dict)
    trouble: str = ""


def of(files: Sequence[Content], read: Read) -> Build:
    """Return what the release's compile database says; without one, or with one that says nothing, nothing."""
    here = [one for one in files if one.path.rpartition(b"/")[2] == compiledb.NAME and not one.is_binary]
    if not here:
        return Build()
    chosen = min(here, key=lambda one: (one.path.count(b"/"), one.path))
    named = TreePath(chosen.path), Digest(chosen.digest)
    if chosen.size > compiledb.MAX_BYTES:
        return Build(named, trouble=_TOO_LARGE)
    try:
        found = compiledb.read(read(named[1]), [TreePath(one.path) for one in files])
    except NoDatabaseError as error:
        return Build(named, trouble=error.message)
    return Build(named, found.flags)
