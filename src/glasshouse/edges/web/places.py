# SPDX-License-Identifier: Apache-2.0
"""Addresses inside the reading room, written without a lookup in the URL table for each link.

Every character that an address may not hold is quoted, so an address stands in HTML as it is.
"""

from dataclasses import dataclass
from urllib.parse import quote

from django.urls import reverse

from glasshouse.kernel.ids import Uid
from glasshouse.kernel.paths import TreePath


def quoted(path: TreePath) -> str:
    """Return a path's escaped text form, quoted for an address; nothing in it needs escaping in HTML."""
    return quote(str(path), safe="/")


@dataclass(frozen=True, slots=True)
class Place:
    """A release as one grant shows it."""

    base: str

    @classmethod
    def of(cls, grant: Uid, release: Uid) -> "Place":
        """Return the place of a grant's release."""
        return cls(reverse("release", args=[grant.text, release.text]))

    def file(self, path: TreePath) -> str:
        """Return a file's address."""
        return f"{self.base}file/{quoted(path)}"

    def folder(self, path: TreePath | None) -> str:
        """Return a folder's address; the top is the release's own."""
        return f"{self.base}folder/{quoted(path)}" if path else self.base

    def outline(self, path: TreePath) -> str:
        """Return the address of a file's outline."""
        return f"{self.base}outline/{quoted(path)}"

    def definition(self, path: TreePath) -> str:
        """Return the address that leads from a word of a file to its definition; `at` says which word."""
        return f"{self.base}definition/{quoted(path)}"

    def references(self, path: TreePath) -> str:
        """Return the address of the lines that hold a word of a file; `at` says which word."""
        return f"{self.base}references/{quoted(path)}"

    def history(self, path: TreePath) -> str:
        """Return the address of a file's history."""
        return f"{self.base}history/{quoted(path)}"

    def coverage(self, path: TreePath | None) -> str:
        """Return the address of what was read of a folder; None is the whole release."""
        return f"{self.base}coverage/{quoted(path)}" if path else f"{self.base}coverage"

    @property
    def conclusions(self) -> str:
        """Return the address of what this release leaves of the reader's conclusions."""
        return f"{self.base}conclusions"

    @property
    def names(self) -> str:
        """Return the address where a name is jumped to."""
        return f"{self.base}names"

    @property
    def uses(self) -> str:
        """Return the address where the lines that hold a name are asked for."""
        return f"{self.base}uses"

    @property
    def left_out(self) -> str:
        """Return the address of what intake left out."""
        return f"{self.base}left-out"


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two releases of one grant, the older first."""

    base: str

    @classmethod
    def of(cls, grant: Uid, before: Uid, after: Uid) -> "Comparison":
        """Return the place of a grant's two releases."""
        return cls(reverse("release-changes", args=[grant.text, before.text, after.text]))

    @property
    def functions(self) -> str:
        """Return the address of what changed by function."""
        return f"{self.base}functions"

    def file(self, path: TreePath, was: TreePath | None = None, line: int = 0) -> str:
        """Return the address of a file side by side; `was` is its path in the older release where that differs.

        With `line`, of the page and the place where that line of the newer file stands.
        """
        asked = {
            **({"was": str(was)} if was is not None and was != path else {}),
            **({"at": str(line)} if line else {}),
        }
        query = "&".join(f"{name}={quote(value, safe='/')}" for name, value in asked.items())
        return f"{self.base}file/{quoted(path)}{'?' if query else ''}{query}{f'#B{line}' if line else ''}"
