# SPDX-License-Identifier: Apache-2.0
"""Who asks: a frozen value that every query takes first."""

from dataclasses import dataclass
from typing import Final

from glasshouse.domain.people.errors import RoleMissingError
from glasshouse.domain.people.values import Role
from glasshouse.kernel.ids import Uid


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a question comes from, as far as the edge knows: nothing is known of a program or an operator.

    `session` is a digest of the session's key, `address` the client's as trusted proxies tell it, `certificate` the
    SHA-256 of the client certificate that a trusted proxy saw. `draws` says that this way in shows lines as pictures
    where a product asks for it.
    """

    session: str = ""
    address: str = ""
    certificate: str = ""
    draws: bool = False


NOWHERE: Final = Origin()
"""Nothing is known."""


@dataclass(frozen=True, slots=True)
class Viewer:
    """A signed-in person: uids, not rows. `row` is the person's internal id for joins, never shown."""

    uid: Uid
    row: int
    name: str
    organisation: Uid
    organisation_name: str
    is_vendor: bool
    roles: frozenset[Role]
    origin: Origin = NOWHERE

    def may_act_as(self, *roles: Role) -> bool:
        """Say whether the viewer holds one of these roles."""
        return not self.roles.isdisjoint(roles)

    def check_role(self, *roles: Role) -> None:
        """Raise unless the viewer holds one of these roles."""
        if not self.may_act_as(*roles):
            named = " or ".join(role.label for role in roles)
            raise RoleMissingError(f"This needs the role of {named}.", hint="Ask the lab manager who holds it.")
