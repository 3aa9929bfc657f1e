# SPDX-License-Identifier: Apache-2.0
"""Who may see and start scans, as pure functions."""

from typing import Final

from glasshouse.domain.findings.rules import READING
from glasshouse.domain.people.viewer import Viewer

SEEING: Final = READING
"""Who of the vendor sees what tools say of the vendor's own products, and has them run."""


def sees_all(viewer: Viewer) -> bool:
    """Say whether the viewer sees scans of every release without a grant."""
    return viewer.is_vendor and viewer.may_act_as(*SEEING)
