# SPDX-License-Identifier: Apache-2.0
"""Searching, as on the page: charged and recorded. The session only; a pattern travels in a body, never in a URL."""

from typing import Annotated, Final

from django.http import HttpRequest
from ninja import Field, Router, Schema

from glasshouse.domain.readingroom import commands
from glasshouse.domain.releases.found import MAX_CONTEXT, Asked, StructureAsked
from glasshouse.edges.api import found
from glasshouse.edges.api.auth import SOURCE
from glasshouse.edges.api.shapes import answering
from glasshouse.edges.http.viewer import viewer_of
from glasshouse.kernel import clock
from glasshouse.kernel.ids import Uid

router: Final = Router(tags=["source"])
_CONTEXT: Final = 2


class SearchAsked(Schema):
    """What to look for and where; `paths` are patterns as a grant has them, `after` continues a page."""

    releases: list[str]
    pattern: str
    is_literal: bool = False
    ignores_case: bool = False
    whole_word: bool = False
    paths: Annotated[list[str], Field(default_factory=list)]
    language: str = ""
    context: Annotated[int, Field(ge=0, le=MAX_CONTEXT)] = _CONTEXT
    after: str = ""


class StructureSearchAsked(Schema):
    """What code to look for: a piece of it in `language`, with `$NAME` for what may be anything; else as a search."""

    releases: list[str]
    pattern: str
    language: str
    paths: Annotated[list[str], Field(default_factory=list)]
    context: Annotated[int, Field(ge=0, le=MAX_CONTEXT)] = _CONTEXT
    after: str = ""


class TallyAsked(Schema):
    """Which search is meant."""

    ticket: str


@router.post("/grants/{grant}/search", auth=SOURCE, response=answering(found.Search), url_name="search")
def search(request: HttpRequest, grant: str, asked: SearchAsked) -> found.Search:
    """Search releases of a grant; every line shown is charged, and each search costs one line at least."""
    shown = commands.search(
        viewer_of(request),
        Uid.parse(grant),
        [Uid.parse(release) for release in asked.releases],
        Asked(
            asked.pattern,
            is_literal=asked.is_literal,
            ignores_case=asked.ignores_case,
            whole_word=asked.whole_word,
            paths=tuple(asked.paths),
            language=asked.language,
            context=asked.context,
        ),
        now=clock.now(),
        after=asked.after,
    )
    return found.Search.of(shown)


@router.post(
    "/grants/{grant}/search/structure", auth=SOURCE, response=answering(found.Search), url_name="structural_search"
)
def structural_search(request: HttpRequest, grant: str, asked: StructureSearchAsked) -> found.Search:
    """Search the structure of code; `hits` and the tally count matches. Charged and recorded as a search."""
    shown = commands.structural_search(
        viewer_of(request),
        Uid.parse(grant),
        [Uid.parse(release) for release in asked.releases],
        StructureAsked(asked.pattern, asked.language, paths=tuple(asked.paths), context=asked.context),
        now=clock.now(),
        after=asked.after,
    )
    return found.Search.of(shown)


@router.post("/grants/{grant}/search/tally", auth=SOURCE, response=answering(found.Tally), url_name="search_tally")
def search_tally(request: HttpRequest, grant: str, asked: TallyAsked) -> found.Tally:
    """Tell how much a search has found by now; no line of source, so it costs nothing."""
    return found.Tally.of(commands.search_tally(viewer_of(request), Uid.parse(grant), asked.ticket, now=clock.now()))
