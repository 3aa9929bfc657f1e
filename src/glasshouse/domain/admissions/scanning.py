# SPDX-License-Identifier: Apache-2.0
"""Scans by brought rules: which tool reads a kind, and what a worker gives it."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from glasshouse.domain.admissions import queries
from glasshouse.domain.admissions.errors import NotAdmittedError
from glasshouse.domain.admissions.values import Kind
from glasshouse.domain.scans import asking
from glasshouse.domain.scans.given import Given
from glasshouse.kernel.ids import Uid

TOOLS: Final[Mapping[Kind, str]] = {Kind.AST_GREP: "ast-grep", Kind.SEMGREP: "semgrep", Kind.YARA: "yara-x"}
"""The tool of the lab that reads the rules of a kind."""


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
