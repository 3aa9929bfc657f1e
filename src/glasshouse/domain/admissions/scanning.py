# SPDX-License-Identifier: Apache-2.0
"""Scans by brought rules: what a worker gives the tool."""

from collections.abc import Callable
from datetime import datetime

from glasshouse.domain.admissions import queries
from glasshouse.domain.admissions.errors import NotAdmittedError
from glasshouse.domain.scans import asking
from glasshouse.domain.scans.given import Given
from glasshouse.kernel.ids import Uid


def given_for(scan: Uid, *, now: Callable[[], datetime]) -> Given | None:
    """Return the rules that a scan was asked for with, judged anew; None for one by a tool's own rules.

    Raises NotBroughtError, NotAdmittedError where they were withdrawn or their engagement is over meanwhile.
    """
    named = asking.brought_for(scan)
    if named is None:
        return None
    found = queries.opened(named, now())

    def may_go_on() -> bool:
        try:
            queries.check_usable(named, now())
        except NotAdmittedError:
            return False
        return True

    return Given(found.party, found.content, may_go_on)
