# SPDX-License-Identifier: Apache-2.0
"""Engineering quality in numbers. The vendor's people name a release, a visitor the grant that leads there too.

It names files and functions, so these routes answer a session and no token; under a grant it is a showing.
"""

from typing import Final, Self

from django.http import HttpRequest
from ninja import Router, Schema

from glasshouse.domain.measures import queries
from glasshouse.domain.measures import values as measures
from glasshouse.domain.readingroom import commands as readingroom
from glasshouse.edges.api.auth import SOURCE
from glasshouse.edges.api.shapes import NamedRelease, Showing, answering
from glasshouse.edges.http.viewer import viewer_of
from glasshouse.kernel import clock
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.paths import TreePath

router: Final = Router(tags=["measures"])


class Calls(Schema):
    """Calls of one family; `either` are those whose macro has several definitions, or one that cannot be followed."""

    safe: int
    unsafe: int
    either: int
    distinct_safe: int
    distinct_unsafe: int
    through: int


class Sum(Schema):
    """The measures of some files together. Shares are null where there is nothing to share."""

    files: int
    not_measured: dict[str, int]
    not_all_counted: int
    lines: int
    code_lines: int
    duplicated_lines: int
    silenced: dict[str, int]
    calls: dict[str, Calls]
    unsafe_share: float | None

    @classmethod
    def of(cls, found: measures.Sum) -> Self:
        """Write a sum."""
        return cls(
            files=found.files,
            not_measured={gap.value: count for gap, count in found.gaps.items()},
            not_all_counted=found.cut,
            lines=found.lines,
            code_lines=found.code,
            duplicated_lines=found.duplicated,
            silenced={kind.value: count for kind, count in found.silenced.items()},
            calls={
                family.value: Calls(**{name: getattr(one, name) for name in type(one).__slots__})
                for family, one in found.families.items()
            },
            unsafe_share=found.calls.unsafe_share,
        )


class Part(Schema):
    """A file or folder."""

    path: str
    is_folder: bool
    sum: Sum


class Said(Schema):
    """A protection: `on`, `off`, `contradicted` or `unsaid`, and where build files say so, as path and line."""

    protection: str
    said: str
    on: list[str]
    off: list[str]


class Shadow(Schema):
    """A name that promises safety over an unsafe function."""

    name: str
    callee: str
    family: str
    path: str
    line: int
    is_macro: bool


class Measures(Schema):
    """The measures of a release with one folder opened; `unsafe_names` counts those that `shadows` begins to list."""

    release: NamedRelease
    whole: Sum
    here: Sum
    parts: list[Part]
    protections: list[Said]
    unsafe_names: int
    shadows: list[Shadow]
    showing: Showing | None = None

    @classmethod
    def of(cls, found: measures.Figures, shadows: tuple[measures.Shadow, ...], showing: Showing | None = None) -> Self:
        """Write them."""
        return cls(
            release=NamedRelease.of(found.release),
            whole=Sum.of(found.whole),
            here=Sum.of(found.here),
            parts=[Part(path=str(one.path), is_folder=one.is_folder, sum=Sum.of(one.sum)) for one in found.parts],
            protections=[
                Said(
                    protection=one.protection.name,
                    said=one.standing.value,
                    on=[f"{path}:{line}" for path, line in one.on],
                    off=[f"{path}:{line}" for path, line in one.off],
                )
                for one in found.protections
            ],
            unsafe_names=len(found.shadows),
            shadows=[
                Shadow(
                    name=one.name,
                    callee=one.callee,
                    family=one.family.value,
                    path=str(one.path),
                    line=one.line,
                    is_macro=one.is_macro,
                )
                for one in shadows
            ],
            showing=showing,
        )


@router.get("/releases/{release}/measures", auth=SOURCE, response=answering(Measures), url_name="measures")
def of_release(request: HttpRequest, release: str, path: str = "") -> Measures:
    """Show the measures of a whole release, for the vendor's readers of findings."""
    found = queries.release(viewer_of(request), Uid.parse(release))
    figures = queries.figures(found, folder=TreePath.parse(path) if path else None)
    return Measures.of(figures, figures.shadows[: readingroom.MOST_SHADOWS])


@router.get(
    "/grants/{grant}/releases/{release}/measures",
    auth=SOURCE,
    response=answering(Measures),
    url_name="granted_measures",
)
def under_grant(request: HttpRequest, grant: str, release: str, path: str = "") -> Measures:
    """Show the measures of what the caller's own grant covers, recorded."""
    folder = TreePath.parse(path) if path else None
    shown = readingroom.open_measures(viewer_of(request), Uid.parse(grant), Uid.parse(release), folder, now=clock.now())
    return Measures.of(shown.figures, shown.shadows, Showing.of(shown.view))
