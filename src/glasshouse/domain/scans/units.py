# SPDX-License-Identifier: Apache-2.0
"""What a worker does: a tool over the files of a unit, in the sandbox. It holds no key and writes nothing down."""

import json
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from glasshouse.domain.scans import descriptions
from glasshouse.domain.scans.descriptions import Description
from glasshouse.domain.scans.tools import installing, registry
from glasshouse.domain.scans.tools.errors import ToolMissingError
from glasshouse.domain.scans.tools.running import analyse as run
from glasshouse.engines import fanout
from glasshouse.engines.formats import sarif
from glasshouse.kernel.digests import Digest

_HELD_BYTES: Final = 64 * 2**20


@dataclass(slots=True)
class _Headers:
    """What one job's files include, held in memory from unit to unit: a release's headers are wanted by most of them.

    Forgotten with the job, or when it grows large.
    """

    job: str = ""
    size: int = 0
    held: dict[Digest, bytes] = field(default_factory=dict)

    def of(self, source: fanout.Source, shared: Collection[Digest]) -> Callable[[Digest], bytes]:
        """Return a reader for a unit of which these digests are headers."""
        if source.job != self.job:
            self._forget()
            self.job = source.job
        wanted = frozenset(shared)

        def read(digest: Digest) -> bytes:
            if digest not in wanted:
                return source.read(digest)
            content = self.held.get(digest)
            if content is None:
                content = source.read(digest)
                self.size += len(content)
                if self.size > _HELD_BYTES:
                    self._forget()
                    self.size = len(content)
                self.held[digest] = content
            return content

        return read

    def _forget(self) -> None:
        self.held.clear()
        self.size = 0


_headers = _Headers()


def analyse(unit: fanout.Unit, source: fanout.Source) -> bytes:
    """Return what the tool says of each file; raises ToolMissingError where this host has another tool than was meant.

    The first digest is that of the description; `settings` names the tool, where it is installed, and its digest.
    """
    told = json.loads(unit.settings)
    tool = registry.tool(told["tool"])
    installed = installing.find_again(tool, Path(told["folder"]))
    if str(installed.digest) != told["digest"]:
        raise ToolMissingError(f"{tool.name} is not the one that was meant on this machine.", hint=installed.hint)
    description = Description.from_bytes(source.read(unit.digests[0]))
    analysis = run(installed, description.unit(_headers.of(source, [digest for _, digest in description.closure])))
    return descriptions.joined(descriptions.by_file(analysis), sarif.Tool(sarif.Component(tool.name)))
