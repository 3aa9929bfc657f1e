# SPDX-License-Identifier: Apache-2.0
"""What the vendor learns of reading: one number for an engagement and a release, and only where it singles out nobody.

Reviewers are people. No folder, no area, no file and no person stands here; where fewer than three people hold grants
a sum would tell how one of them reads, so there is none, and that is said.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from glasshouse.domain.access import queries as access
from glasshouse.domain.access.models import Grant, GrantedRelease
from glasshouse.domain.access.values import Patterns
from glasshouse.domain.engagements import queries as engagements
from glasshouse.domain.people.values import Role
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.readingroom.coverage import Reckoning, Share
from glasshouse.domain.releases import queries as releases
from glasshouse.domain.releases import surveys
from glasshouse.domain.releases.models import Release
from glasshouse.domain.releases.values import ReleaseRef
from glasshouse.kernel.errors import NotFoundError
from glasshouse.kernel.ids import Uid

FEWEST: Final = 3
"""People whose reading is told as a sum to the vendor; of fewer it is not told."""


@dataclass(frozen=True, slots=True)
class WholeShare:
    """A release and how much of the whole was read in an engagement; None where too few people hold grants."""

    release: ReleaseRef
    share: Share | None


def may_be_summed(people: Iterable[int]) -> bool:
    """Say whether the reading of these people may be told to the vendor as one sum."""
    return len(set(people)) >= FEWEST


def whole_shares(viewer: Viewer, engagement: Uid) -> list[WholeShare]:
    """Return how much of each granted release an engagement has read, for the lab manager and custodians alone."""
    if not (viewer.is_vendor and viewer.may_act_as(Role.LAB_MANAGER, Role.CUSTODIAN)):
        raise NotFoundError
    found = engagements.engagement(viewer, engagement)
    named = GrantedRelease.objects.filter(grant__engagement=found.uid).values("release")
    rows = Release.objects.select_related("product").filter(uid__in=named, product__destroyed_at=None)
    return [_share(found.uid, releases.ref(row)) for row in rows]


def _share(engagement: str, ref: ReleaseRef) -> WholeShare:
    rows = Grant.objects.filter(engagement=engagement, releases__release=ref.uid.text).values_list("pk", "holder_id")
    survey, seen = surveys.survey(ref), {grant: access.seen([grant]) for grant in dict(rows)}
    # Who holds a grant and never came hides nobody: the sum would be the others'.
    readers = (holder for grant, holder in rows if any(len(survey.rows_of(blob)) for blob in seen[grant]))
    if not may_be_summed(readers):
        return WholeShare(ref, None)
    reckoning = Reckoning.of(survey, Patterns(("**",)), access.seen(seen))
    return WholeShare(ref, reckoning.share(range(len(reckoning.survey))))
