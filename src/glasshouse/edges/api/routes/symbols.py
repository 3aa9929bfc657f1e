# SPDX-License-Identifier: Apache-2.0
"""Names, shown as on the pages: recorded before anything leaves. The session only; a name travels in a body."""

from typing import Annotated, Final

from django.http import HttpRequest
from ninja import Field, Router, Schema

from glasshouse.domain.readingroom import commands
from glasshouse.edges.api import symbols
from glasshouse.edges.api.auth import SOURCE
from glasshouse.edges.api.shapes import answering
from glasshouse.edges.http.viewer import viewer_of
from glasshouse.kernel import clock
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.paths import TreePath

router: Final = Router(tags=["source"])
_AT: Final = "/grants/{grant}/releases/{release}"


class NameAsked(Schema):
    """A name, compared `exact`, in `any-case` or as a `prefix`; of all kinds unless some are named."""

    name: str
    how: str = "exact"
    kinds: Annotated[list[str], Field(default_factory=list)]


@router.get(f"{_AT}/outline", auth=SOURCE, response=answering(symbols.Outline), url_name="outline")
def outline(request: HttpRequest, *, grant: str, release: str, path: str) -> symbols.Outline:
    """Show which symbols a file has and on which lines; it costs no lines."""
    shown = commands.open_outline(
        viewer_of(request), Uid.parse(grant), Uid.parse(release), TreePath.parse(path), now=clock.now()
    )
    return symbols.Outline.of(shown)


@router.post(f"{_AT}/definitions", auth=SOURCE, response=answering(symbols.Definitions), url_name="definitions")
def definitions(request: HttpRequest, grant: str, release: str, asked: NameAsked) -> symbols.Definitions:
    """Show where a name is defined in a release; each question costs one line."""
    shown = commands.find_definitions(
        viewer_of(request),
        Uid.parse(grant),
        Uid.parse(release),
        asked.name,
        now=clock.now(),
        how=asked.how,
        kinds=asked.kinds,
    )
    return symbols.Definitions.of(shown)
