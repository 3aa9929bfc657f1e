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


def findings_of(
    viewer: Viewer, *, engagement: Uid | None = None, skip: int = 0, most: int | None = None
) -> list[tuple[Finding, str]]:
    """Return the findings that the viewer has a part in with their titles, `most` after `skip`: the worst first."""
    reach = questions.reach_of(viewer)
    return findings.findings_of(viewer, reach, engagement=engagement, skip=skip, most=most)


def finding_page(viewer: Viewer, uid: Uid, now: datetime) -> FindingPage:
    """Return one finding, names of its own side's people for those alone who learn them."""
    page = findings.finding_page(viewer, uid, questions.reach_of(viewer), now)
    return replace(page, said=questions.named_for(viewer, page.said))


def places_for(viewer: Viewer, page: FindingPage) -> list[tuple[FoundAt, Uid | None]]:
    """Return the places of a finding that a viewer may be told, each with the grant of theirs that leads there.

    A colleague's own grants bound what they learn; the vendor's people are told all, without a grant of theirs.
    """
    found = page.places or ()
    if viewer.is_vendor:
        return [(place, None) for place in found]
    reach, engagement = places.Reach(viewer), Uid(page.finding.engagement)
    led = [(place, reach.grant_to(engagement, _place(place))) for place in found]
    return [(place, grant) for place, grant in led if grant]


def _place(at: FoundAt) -> places.Place:
    return places.Place(None, None, at.release, "", at.path, str(at.digest), at.span)
