# SPDX-License-Identifier: Apache-2.0
"""Questions about measures. The vendor's own see a release whole; the reading room narrows to a grant's patterns."""

import functools
from collections.abc import Sequence
from typing import Final

from django.conf import settings

from glasshouse.domain.access.values import Patterns
from glasshouse.domain.findings.rules import READING
from glasshouse.domain.jobs import queries as jobs
from glasshouse.domain.measures import shelf
from glasshouse.domain.measures.errors import NotMeasuredError
from glasshouse.domain.measures.summing import Seen
from glasshouse.domain.measures.values import Figures, Measured, Point
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.releases import queries as releases
from glasshouse.domain.releases import searching, vault
from glasshouse.domain.releases.errors import ReleaseUnknownError
from glasshouse.domain.releases.models import Release
from glasshouse.domain.releases.values import ReleaseRef
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.paths import TreePath

MEASURE: Final = "measures.measure"
"""The kind of the jobs that measure; their argument names a product."""
WHOLE: Final = Patterns(("**",))


def may_read(viewer: Viewer) -> bool:
    """Say whether the viewer sees the measures of whole releases."""
    return viewer.is_vendor and viewer.may_act_as(*READING)


def products(viewer: Viewer) -> list[tuple[str, list[Release]]]:
    """Return the releases whose measures the viewer sees whole, by product, the newest first."""
    found: dict[str, list[Release]] = {}
    if may_read(viewer):
        for row in Release.objects.select_related("product").filter(product__destroyed_at=None):
            found.setdefault(row.product.slug, []).insert(0, row)
    return list(found.items())


def release(viewer: Viewer, uid: Uid) -> ReleaseRef:
    """Return a release whose measures the viewer sees whole; raises ReleaseUnknownError."""
    rows = Release.objects.select_related("product").filter(uid=uid.text, product__destroyed_at=None)
    row = rows.first() if may_read(viewer) else None
    if row is None:
        raise ReleaseUnknownError
    return releases.ref(row)


def siblings(found: ReleaseRef) -> tuple[ReleaseRef, ...]:
    """Return all releases of a release's product, as they came; the caller has judged who asks."""
    rows = Release.objects.select_related("product").filter(product__uid=found.product.text)
    return tuple(releases.ref(row) for row in rows.order_by("imported_at", "pk"))


def is_asked() -> bool:
    """Say whether measuring waits or is under way."""
    return jobs.is_pending(MEASURE)


def figures(found: ReleaseRef, patterns: Patterns = WHOLE, folder: TreePath | None = None) -> Figures:
    """Return the measures of a release, as far as the patterns cover its files.

    Raises NotMeasuredError, NotFoundError for a folder in which nothing is covered that could be measured.
    """
    seen = _seen(found, patterns)
    below = seen.below(folder)
    return Figures(
        release=found,
        whole=seen.whole(),
        folder=folder,
        here=seen.sum_of(below),
        parts=tuple(seen.parts(folder, below)),
        protections=seen.protections(),
        shadows=seen.shadows(),
    )


def over_releases(found: Sequence[ReleaseRef], patterns: Patterns = WHOLE) -> tuple[Point, ...]:
    """Return the sum of each release, as far as the patterns cover its files."""
    points = []
    for one in found:
        try:
            points.append(Point(one, _seen(one, patterns).whole()))
        except NotMeasuredError:
            points.append(Point(one, None))
    return tuple(points)


def _seen(found: ReleaseRef, patterns: Patterns) -> Seen:
    vault.ring().open(found.product)  # what is remembered must not outlive the key
    seen = _narrowed(found, patterns)
    if seen is None:
        _narrowed.cache_clear()
        raise NotMeasuredError(
            "This release was not measured yet.",
            hint="The worker does that once it has looked for its symbols. Look again in a few minutes.",
        )
    return seen


@functools.lru_cache(maxsize=32)
def _narrowed(found: ReleaseRef, patterns: Patterns) -> Seen | None:
    measured: Measured | None = shelf.release(found)
    if measured is None:
        return None
    files = searching.files_of(found.product, found.root, settings.GLASSHOUSE.search_file_bytes)
    return Seen.of(files, measured, searching.narrowed(files, [patterns], ""))


def forget() -> None:
    """Let go of what is remembered of products."""
    _narrowed.cache_clear()
