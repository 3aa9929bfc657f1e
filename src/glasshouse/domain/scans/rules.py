# SPDX-License-Identifier: Apache-2.0
"""Who may see and start scans, as pure functions."""

from typing import Final

from glasshouse.domain.findings.rules import READING
from glasshouse.domain.people.values import Role
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.scans.errors import NotYourScanError

SEEING: Final = READING
"""Who of the vendor sees what tools say of the vendor's own products, and has them run."""


def may_stop(viewer: Viewer, asked_by: str, *, is_visitors: bool) -> bool:
    """Say whether the viewer asked for the scan, or it is the vendor's, or they manage the lab.

    Who owns a product does not end what a visitor has run over it.
    """
    if asked_by == viewer.uid.text:
        return True
    return viewer.is_vendor and (not is_visitors or viewer.may_act_as(Role.LAB_MANAGER))


def check_may_stop(viewer: Viewer, asked_by: str, *, is_visitors: bool) -> None:
    """Raise unless the viewer may stop the scan."""
    if not may_stop(viewer, asked_by, is_visitors=is_visitors):
        raise NotYourScanError("Another asked for this scan.", hint="They can stop it, and the lab manager.")


def sees_all(viewer: Viewer) -> bool:
    """Say whether the viewer sees scans of every release without a grant."""
    return viewer.is_vendor and viewer.may_act_as(*SEEING)
