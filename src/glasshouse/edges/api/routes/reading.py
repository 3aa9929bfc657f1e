# SPDX-License-Identifier: Apache-2.0
"""Source, shown as on the pages: charged, recorded and promised before anything leaves. The session only."""

from typing import Annotated, Final

from django.http import HttpRequest
from ninja import Field, Router

from glasshouse.domain.readingroom import commands
from glasshouse.edges.api import source
from glasshouse.edges.api.auth import SOURCE
from glasshouse.edges.api.shapes import answering
from glasshouse.edges.http.viewer import viewer_of
from glasshouse.kernel import clock
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.lines import MAX_LINE, Span
from glasshouse.kernel.paths import TreePath

router: Final = Router(tags=["source"])
_AT: Final = "/grants/{grant}/releases/{release}"
PAGE: Final = 500
Offset = Annotated[int, Field(ge=0, le=MAX_LINE)]
PageSize = Annotated[int, Field(ge=1, le=PAGE)]
FIRST_LINES: Final = Span(1, 200)


@router.get(f"{_AT}/folder", auth=SOURCE, response=answering(source.Folder), url_name="folder")
def folder(
    request: HttpRequest,
    *,
    grant: str,
    release: str,
    path: str = "",
    first: Offset = 0,
    size: PageSize = PAGE,
) -> source.Folder:
    """Show what stands in a folder, the top for an empty path; names cost no lines."""
    shown = commands.open_folder(
        viewer_of(request),
        Uid.parse(grant),
        Uid.parse(release),
        TreePath.parse(path) if path else None,
        now=clock.now(),
        first=first,
        size=size,
    )
    return source.Folder.of(shown)


@router.get(f"{_AT}/file", auth=SOURCE, response=answering(source.File), url_name="file")
def file(
    request: HttpRequest, *, grant: str, release: str, path: str, lines: str = "", column: Offset = 0
) -> source.File:
    """Show lines of a file, `12` or `12-40`, the first 200 unless said, at most 2,000; `column` goes on in a line."""
    shown = commands.open_file(
        viewer_of(request),
        Uid.parse(grant),
        Uid.parse(release),
        TreePath.parse(path),
        Span.parse(lines) if lines else FIRST_LINES,
        now=clock.now(),
        column=column,
    )
    return source.File.of(shown)


@router.get(f"{_AT}/facts", auth=SOURCE, response=answering(source.Facts), url_name="facts")
def facts(request: HttpRequest, *, grant: str, release: str, path: str) -> source.Facts:
    """Show what a file is without its content; it costs no lines."""
    shown = commands.open_facts(
        viewer_of(request), Uid.parse(grant), Uid.parse(release), TreePath.parse(path), now=clock.now()
    )
    return source.Facts.of(shown)


@router.get(f"{_AT}/left-out", auth=SOURCE, response=answering(source.LeftOut), url_name="left_out")
def left_out(
    request: HttpRequest,
    *,
    grant: str,
    release: str,
    first: Offset = 0,
    size: PageSize = PAGE,
) -> source.LeftOut:
    """Show what intake left out and why."""
    shown = commands.open_left_out(
        viewer_of(request), Uid.parse(grant), Uid.parse(release), now=clock.now(), first=first, size=size
    )
    return source.LeftOut.of(shown)


@router.get("/grants/{grant}/changes", auth=SOURCE, response=answering(source.Changes), url_name="changes")
def changes(
    request: HttpRequest,
    *,
    grant: str,
    before: str,
    after: str,
    first: Offset = 0,
    size: PageSize = PAGE,
) -> source.Changes:
    """Show which files differ between two releases of a grant."""
    shown = commands.open_changes(
        viewer_of(request),
        Uid.parse(grant),
        Uid.parse(before),
        Uid.parse(after),
        now=clock.now(),
        first=first,
        size=size,
    )
    return source.Changes.of(shown)


@router.get("/grants/{grant}/difference", auth=SOURCE, response=answering(source.Difference), url_name="difference")
def difference(
    request: HttpRequest,
    *,
    grant: str,
    before: str,
    after: str,
    path: str,
    path_before: str = "",
    row: Offset = 0,
) -> source.Difference:
    """Show one file side by side in two releases, a page of rows from `row` on."""
    shown = commands.open_difference(
        viewer_of(request),
        Uid.parse(grant),
        Uid.parse(before),
        Uid.parse(after),
        TreePath.parse(path),
        now=clock.now(),
        path_before=TreePath.parse(path_before) if path_before else None,
        first_row=row,
    )
    return source.Difference.of(shown)
