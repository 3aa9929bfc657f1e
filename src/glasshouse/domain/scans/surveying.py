# SPDX-License-Identifier: Apache-2.0
"""Which tools are where scans run. Whoever runs scans looks and writes it down; pages and API read what was written."""

import shutil
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from glasshouse.domain.journal import commands as journal
from glasshouse.domain.scans.errors import NoToolError
from glasshouse.domain.scans.models import ToolSeen
from glasshouse.domain.scans.tools import installing, registry
from glasshouse.domain.scans.tools.values import Debian, State, Tool

Traces = tuple[tuple[str, int], ...]


def look(folder: Path, names: Sequence[str] = (), *, now: datetime) -> None:
    """Look at every tool anew, or at those named, at all their bytes, and write down what was found."""
    tools = [registry.tool(name) for name in names] or registry.tools()
    found = [installing.find(tool, folder) for tool in tools]
    with journal.transaction():
        ToolSeen.objects.exclude(tool__in=[tool.name for tool in registry.tools()]).delete()
        for one in found:
            ToolSeen.objects.update_or_create(
                tool=one.tool.name,
                defaults={
                    "state": one.state.value,
                    "version": one.version[:120],
                    "digest": one.digest.raw if one.digest else b"",
                    "hint": one.hint[:500],
                    "seen_at": now,
                },
            )


def traces(folder: Path) -> Traces:
    """Return what changes when a tool is installed or removed; cheap, and no proof that its bytes are the same."""
    records = sorted(folder.glob("*/installed.json"))
    parts = {
        place
        for tool in registry.tools()
        if isinstance(tool.source, Debian)
        for part in tool.source.parts
        if (place := shutil.which(part))
    }
    return tuple((str(path), path.stat().st_mtime_ns) for path in (*records, *map(Path, sorted(parts))))


def seen() -> list[tuple[Tool, ToolSeen | None]]:
    """Return every tool with what was found of it, None where nobody looked yet."""
    rows = {row.tool: row for row in ToolSeen.objects.all()}
    return [(tool, rows.get(tool.name)) for tool in registry.tools()]


def chosen(wanted: Sequence[str]) -> list[str]:
    """Return the names of the tools that a scan runs: those wanted, or all that are ready.

    Raises ToolUnknownError, and NoToolError where one that was named, or all of them, cannot be used.
    """
    names = [registry.tool(name).name for name in wanted]
    found = {tool.name: row for tool, row in seen() if row is not None}
    ready = [name for name in names or [tool.name for tool in registry.standard()] if _is_ready(found.get(name))]
    missing = [name for name in names if name not in ready]
    if missing or not ready:
        what = f"{', '.join(missing)} cannot be used here." if missing else "None of the tools is installed."
        raise NoToolError(what, hint="The operator sees why with `glasshouse tools list`.")
    return ready


def _is_ready(row: ToolSeen | None) -> bool:
    return row is not None and row.state == State.READY.value
