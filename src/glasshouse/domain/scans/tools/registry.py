# SPDX-License-Identifier: Apache-2.0
"""The tools that there are: one line each, by the name of its folder."""

import functools
import importlib
from typing import Final

from glasshouse.domain.scans.tools.errors import ToolUnknownError
from glasshouse.domain.scans.tools.values import Tool

FOLDERS: Final = (
    "bandit",
    "ruff",
    "shellcheck",
    "cppcheck",
    "gcc_analyzer",
    "clang_analyzer",
    "clang_tidy",
    "kingfisher",
    "ast_grep",
    "signs",
    "yara_x",
    "eslint",
    "semgrep",
)


@functools.cache
def tools() -> tuple[Tool, ...]:
    """Return every tool, in the order of the lines above."""
    return tuple(_tool(folder) for folder in FOLDERS)


def standard() -> tuple[Tool, ...]:
    """Return the tools that a scan runs unless others are named: all that have rules of their own."""
    return tuple(each for each in tools() if not each.needs_rules)


def tool(name: str) -> Tool:
    """Return the tool of this name."""
    for each in tools():
        if each.name == name:
            return each
    raise ToolUnknownError(
        f"No tool is called {name[:60]!r}.", hint=f"There are: {', '.join(each.name for each in tools())}."
    )


def _tool(folder: str) -> Tool:
    found: Tool = importlib.import_module(f"{__package__}.{folder}.adapter").TOOL
    if found.folder != folder:
        raise RuntimeError(f"the tool in {folder} calls itself {found.name}")
    return found
