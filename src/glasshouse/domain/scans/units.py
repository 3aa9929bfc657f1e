# SPDX-License-Identifier: Apache-2.0
"""What a worker does: a tool over the files of a unit, in the sandbox. It holds no key and writes nothing down."""

import json
from pathlib import Path

from glasshouse.domain.scans import descriptions
from glasshouse.domain.scans.descriptions import Description
from glasshouse.domain.scans.tools import installing, registry
from glasshouse.domain.scans.tools.errors import ToolMissingError
from glasshouse.domain.scans.tools.running import analyse as run
from glasshouse.engines import fanout
from glasshouse.engines.formats import sarif


def analyse(unit: fanout.Unit, source: fanout.Source) -> bytes:
    """Return what the tool says of each file; raises ToolMissingError where this host has another tool than was meant.

    The first digest is that of the description; `settings` names the tool, where it is installed, and its digest.
    """
    told = json.loads(unit.settings)
    tool = registry.tool(told["tool"])
    installed = installing.find(tool, Path(told["folder"]))
    if str(installed.digest) != told["digest"]:
        raise ToolMissingError(f"{tool.name} is not the one that was meant on this machine.", hint=installed.hint)
    description = Description.from_bytes(source.read(unit.digests[0]))
    analysis = run(installed, description.unit(source.read))
    return descriptions.joined(descriptions.by_file(analysis), sarif.Tool(sarif.Component(tool.name)))
