# SPDX-License-Identifier: Apache-2.0
"""Findings as each side reads them: the product owner learns what is wrong and where, and not who found it."""

from dataclasses import replace
from datetime import datetime

from glasshouse.domain.findings import queries as findings
from glasshouse.domain.findings.models import Finding
from glasshouse.domain.findings.queries import FindingPage
from glasshouse.domain.findings.values import FoundAt
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.readingroom import places, questions
from glasshouse.kernel.ids import Uid


def findings_of(viewer: Viewer, *, engagement: Uid | None = None) -> list[tuple[Finding, str]]:
    """Return the findings that the viewer has a part in with their titles, the worst first."""
    every = findings.findings_of(viewer, questions.reach_of(viewer))
    return [pair for pair in every if engagement is None or pair[0].engagement == engagement.text]


def finding_page(viewer: Viewer, uid: Uid, now: datetime) -> FindingPage:
    """Return one finding, names of its own side's people for those alone who learn them."""
    page = findings.finding_page(viewer, uid, questions.reach_of(viewer), now)
    return replace(page, said=questions.named_for(viewer, page.said))


def places_for(viewer: Viewer, page: FindingPage) -> list[FoundAt]:
    """Return the places of a finding that a viewer may be told: a colleague's own grants bound what they learn."""
    return [place for place in page.places or () if viewer.is_vendor or grant_for(viewer, page, place)]


def grant_for(viewer: Viewer, page: FindingPage, place: FoundAt) -> Uid | None:
    """Return the viewer's own grant that leads to a place of a finding, None where none does."""
    if viewer.is_vendor:
        return None
    at = places.Place(None, None, place.release, "", place.path, str(place.digest), place.span)
    return places.grant_covering(viewer, Uid(page.finding.engagement), at)
