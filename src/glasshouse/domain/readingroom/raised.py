# SPDX-License-Identifier: Apache-2.0
"""Findings as each side reads them: the product owner learns what is wrong and where, and not who found it."""

from dataclasses import replace
from datetime import datetime

from glasshouse.domain.findings import queries as findings
from glasshouse.domain.findings.models import Finding
from glasshouse.domain.findings.queries import FindingPage
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.readingroom import questions
from glasshouse.kernel.ids import Uid


def findings_of(viewer: Viewer, *, engagement: Uid | None = None) -> list[tuple[Finding, str]]:
    """Return the findings that the viewer has a part in with their titles, the worst first."""
    every = findings.findings_of(viewer, questions.reach_of(viewer))
    return [pair for pair in every if engagement is None or pair[0].engagement == engagement.text]


def finding_page(viewer: Viewer, uid: Uid, now: datetime) -> FindingPage:
    """Return one finding, names of its own side's people for those alone who learn them."""
    page = findings.finding_page(viewer, uid, questions.reach_of(viewer), now)
    return replace(page, said=questions.named_for(viewer, page.said))
