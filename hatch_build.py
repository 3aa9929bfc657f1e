# SPDX-License-Identifier: Apache-2.0
"""Takes the built package's dependencies from requirements/base.in, so that they are listed once."""

from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface


class RequirementsHook(MetadataHookInterface):
    """Fill in the project's `dependencies`."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Add what requirements/base.in lists, comments aside."""
        lines = Path(self.root, "requirements", "base.in").read_text("utf-8").splitlines()
        metadata["dependencies"] = [line for line in lines if line and not line.startswith("#")]
