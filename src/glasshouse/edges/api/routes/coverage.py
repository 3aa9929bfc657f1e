# SPDX-License-Identifier: Apache-2.0
"""What was read, and what newer releases leave of conclusions. It names files, so the session only."""

from typing import Final

from django.http import HttpRequest
from ninja import Router

from glasshouse.domain.readingroom import commands
from glasshouse.domain.readingroom.coverage import Whose
from glasshouse.edges.api.auth import SOURCE
from glasshouse.edges.api.coverage import Conclusions, Coverage
from glasshouse.edges.api.routes.reading import Offset
from glasshouse.edges.api.shapes import answering
from glasshouse.edges.http.viewer import viewer_of
from glasshouse.kernel import clock
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.paths import TreePath

router: Final = Router(tags=["source"])
_AT: Final = "/grants/{grant}/releases/{release}"


@router.get(f"{_AT}/coverage", auth=SOURCE, response=answering(Coverage), url_name="coverage")
def coverage(
    request: HttpRequest, *, grant: str, release: str, path: str = "", whose: Whose = Whose.OWN, first: Offset = 0
) -> Coverage:
    """Show how much was read of a release, with one folder opened; `first` pages the list of what to read."""
    shown = commands.open_coverage(
        viewer_of(request),
        Uid.parse(grant),
        Uid.parse(release),
        TreePath.parse(path) if path else None,
        now=clock.now(),
        whose=whose,
        first=first,
    )
    return Coverage.of(shown)


@router.get(f"{_AT}/conclusions", auth=SOURCE, response=answering(Conclusions), url_name="conclusions")
def conclusions(request: HttpRequest, *, grant: str, release: str) -> Conclusions:
    """Show which of one's own conclusions stand in a release, which lapsed, and why."""
    shown = commands.open_conclusions(viewer_of(request), Uid.parse(grant), Uid.parse(release), now=clock.now())
    return Conclusions.of(shown)
