# SPDX-License-Identifier: Apache-2.0
"""Rules that a visitor's organisation brought, as a scan is given them in the place of a tool's own.

Whose they are is part of their name, and so of every key and record: the same bytes from two organisations are two
packs, and no scan of the one is quicker for what the other knows. What a tool says by them rests under the
organisation's key inside the product's pack, so that it opens with both and goes with either.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from glasshouse.domain.releases import vault
from glasshouse.domain.scans.descriptions import Named
from glasshouse.domain.scans.planning import Read
from glasshouse.engines.store import Sealer
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.paths import TreePath

_PURPOSE: Final = "scans"
_SHOWN: Final = 12


@dataclass(frozen=True, slots=True)
class Given:
    """A pack of rules, and whether it may still be used: a scan by one that was withdrawn ends early."""

    party: Uid
    content: bytes = field(repr=False)
    may_go_on: Callable[[], bool] = field(repr=False, default=lambda: True)

    @property
    def digest(self) -> Digest:
        """Return the digest of the rules."""
        return Digest.of(self.content)

    @property
    def named(self) -> tuple[Named, ...]:
        """Return the pack as units name it."""
        return ((TreePath(f"{self.party}/rules".encode()), self.digest),)

    @property
    def sealer(self) -> Sealer:
        """Return what seals what is said by these rules."""
        return vault.party_sealer(self.party, _PURPOSE)

    def reading(self, read: Read) -> Read:
        """Return a reader that knows the rules too."""
        here = self.digest
        return lambda digest: self.content if digest == here else read(digest)

    def tool_name(self, tool: str) -> str:
        """Return what reports call the tool: with other rules it is another tool, and its silence says nothing."""
        return f"{tool} with rules {str(self.digest)[:_SHOWN]}"
