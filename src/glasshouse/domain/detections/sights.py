# SPDX-License-Identifier: Apache-2.0
"""What somebody may see of what tools found in a release: told to which parties, and at which paths."""

from dataclasses import dataclass
from typing import Final

from django.db.models import QuerySet

from glasshouse.domain.access.values import Patterns
from glasshouse.domain.detections import queries
from glasshouse.domain.detections.models import Report
from glasshouse.domain.people.values import Role
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.releases import queries as releases
from glasshouse.domain.releases.errors import ReleaseUnknownError
from glasshouse.domain.releases.models import Release
from glasshouse.domain.releases.values import ReleaseRef
from glasshouse.kernel.ids import Uid

READERS: Final = (Role.PRODUCT_OWNER, Role.LAB_MANAGER, Role.ASSESSOR)
"""Who of the vendor reads what tools found, in whole releases and without their code."""
ALL: Final = ("",)


@dataclass(frozen=True, slots=True)
class Sight:
    """The detections of a release that somebody may see: told to one of `parties`, at paths that `patterns` cover.

    `sight_of` makes it for the vendor's readers, `operators_sight` for the terminal, and the reading room under a grant
    that it has judged; every question about detections takes one, and nothing is narrowed afterwards.
    """

    release: ReleaseRef
    patterns: Patterns = queries.WHOLE
    parties: tuple[str, ...] = ALL

    def reports(self, *, tool: str = "") -> list[Report]:
        """Return the newest report of each tool, or of one, that may be seen, by the names of tools."""
        every = [one for party in self.parties for one in queries.newest_reports(self.release.uid, party=party)]
        return sorted((one for one in every if tool in ("", one.tool)), key=lambda one: (one.tool, one.party))


def may_read(viewer: Viewer) -> bool:
    """Say whether the viewer is of the vendor's readers."""
    return viewer.is_vendor and viewer.may_act_as(*READERS)


def releases_of(viewer: Viewer) -> QuerySet[Release]:
    """Return the releases whose detections the viewer reads without a grant: those of the vendor's readers alone."""
    rows = Release.objects.select_related("product").filter(product__destroyed_at=None)
    return rows if may_read(viewer) else rows.none()


def of_product(viewer: Viewer, product: Uid) -> list[Uid]:
    """Return the releases of a product that the viewer reads without a grant, the oldest first."""
    rows = releases_of(viewer).filter(product__uid=product.text).order_by("pk")
    return [Uid(uid) for uid in rows.values_list("uid", flat=True)]


def sight_of(viewer: Viewer, release: Uid) -> Sight:
    """Return what a reader of the vendor may see of a release; raises ReleaseUnknownError for everybody else."""
    row = releases_of(viewer).filter(uid=release.text).first()
    if row is None:
        raise ReleaseUnknownError
    return Sight(releases.ref(row))


def operators_sight(product: str, version: str) -> Sight:
    """Return what the operator's terminal may see, which no grant narrows; raises ReleaseUnknownError."""
    return Sight(releases.ref(releases.named(product, version)))
