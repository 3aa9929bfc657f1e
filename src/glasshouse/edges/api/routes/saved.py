# SPDX-License-Identifier: Apache-2.0
"""Saved searches, as on their page: counts between visits, lines in a visit. The session only, as all searching."""

from datetime import datetime
from http import HTTPStatus
from typing import Final, Self

from django.http import HttpRequest
from ninja import Router, Schema, Status

from glasshouse.domain.readingroom import commands
from glasshouse.domain.readingroom import saved as mandates
from glasshouse.domain.releases.found import Asked
from glasshouse.edges.api import found
from glasshouse.edges.api.auth import SOURCE
from glasshouse.edges.api.shapes import NamedRelease, answering
from glasshouse.edges.http.viewer import viewer_of
from glasshouse.kernel import clock
from glasshouse.kernel.ids import Uid

router: Final = Router(tags=["source"])


class SavingAsked(Schema):
    """Which recorded search is kept, by its entry, and its label."""

    event: str
    label: str


class LabelAsked(Schema):
    """A label."""

    label: str


class PageAsked(Schema):
    """Where a page goes on: the `rest` of the one before."""

    after: str = ""


class SavedPattern(Schema):
    """What a saved search looks for."""

    pattern: str
    is_literal: bool
    ignores_case: bool
    whole_word: bool
    paths: list[str]
    language: str
    context: int

    @classmethod
    def of(cls, asked: Asked) -> Self:
        """Copy the value."""
        return cls(
            pattern=asked.pattern,
            is_literal=asked.is_literal,
            ignores_case=asked.ignores_case,
            whole_word=asked.whole_word,
            paths=list(asked.paths),
            language=asked.language,
            context=asked.context,
        )


class SavedRun(Schema):
    """What is new in a release beside the one before; at least so many lines where it is not exact.

    `unsearched` files are new and were not looked at; without `is_open` the grant that named the release is over.
    """

    uid: str
    release: NamedRelease
    before: NamedRelease
    ran_at: datetime
    opened_at: datetime | None
    lines: int
    files: int
    is_exact: bool
    unsearched: int
    is_open: bool

    @classmethod
    def of(cls, ran: mandates.Ran) -> Self:
        """Describe a run."""
        return cls(
            uid=ran.uid.text,
            release=NamedRelease.of(ran.release),
            before=NamedRelease.of(ran.before),
            ran_at=ran.ran_at,
            opened_at=ran.opened_at,
            lines=ran.lines,
            files=ran.files,
            is_exact=ran.is_exact,
            unsearched=ran.unsearched,
            is_open=ran.is_open,
        )


class SavedSearch(Schema):
    """A saved search: `mandate` is `runs`, or why it lapsed; label and `asked` are null once they were erased.

    `new` lines wait for a visit, `due` releases are still to be looked at, `older` runs are not listed.
    """

    uid: str
    grant: str
    engagement: str
    label: str | None
    asked: SavedPattern | None
    base: NamedRelease
    saved_at: datetime
    mandate: str
    new: int
    is_exact: bool
    runs: list[SavedRun]
    older: int
    due: int

    @classmethod
    def of(cls, one: mandates.Saved) -> Self:
        """Describe a saved search."""
        return cls(
            uid=one.uid.text,
            grant=one.grant.text,
            engagement=one.engagement,
            label=one.label,
            asked=SavedPattern.of(one.asked) if one.asked else None,
            base=NamedRelease.of(one.base),
            saved_at=one.saved_at,
            mandate=one.mandate.value,
            new=one.new,
            is_exact=one.is_exact,
            runs=[SavedRun.of(ran) for ran in one.runs],
            older=one.older,
            due=one.due,
        )


class Ended(Schema):
    """Which saved search was deleted."""

    uid: str


@router.get("/saved-searches", auth=SOURCE, response=answering(list[SavedSearch]), url_name="saved_searches")
def saved_searches(request: HttpRequest) -> list[SavedSearch]:
    """List the caller's own saved searches, newest first, with counts of what is new; no line of source."""
    return [SavedSearch.of(one) for one in mandates.saved_of(viewer_of(request), clock.now())]


@router.post(
    "/grants/{grant}/saved-searches",
    auth=SOURCE,
    response=answering(SavedSearch, HTTPStatus.CREATED),
    url_name="save_search",
)
def save_search(request: HttpRequest, grant: str, asked: SavingAsked) -> Status[SavedSearch]:
    """Keep one of the caller's recorded searches, to be run on each newer release until its grant ends."""
    viewer, now = viewer_of(request), clock.now()
    uid = commands.save_search(viewer, Uid.parse(grant), Uid.parse(asked.event), asked.label, now=now)
    return Status(HTTPStatus.CREATED, SavedSearch.of(mandates.saved(viewer, uid, now)))


@router.post("/saved-searches/{saved}/label", auth=SOURCE, response=answering(SavedSearch), url_name="rename_search")
def rename_search(request: HttpRequest, saved: str, asked: LabelAsked) -> SavedSearch:
    """Give a saved search another label."""
    viewer, uid, now = viewer_of(request), Uid.parse(saved), clock.now()
    commands.rename_search(viewer, uid, asked.label, now=now)
    return SavedSearch.of(mandates.saved(viewer, uid, now))


@router.post(
    "/saved-searches/{saved}/runs/{run}/lines", auth=SOURCE, response=answering(found.Search), url_name="new_lines"
)
def new_lines(request: HttpRequest, saved: str, run: str, asked: PageAsked) -> found.Search:
    """Show what is new in a release, a page at a time; charged and recorded as a search is."""
    shown = commands.open_new_lines(
        viewer_of(request), Uid.parse(saved), Uid.parse(run), now=clock.now(), after=asked.after
    )
    return found.Search.of(shown)


@router.post("/saved-searches/{saved}/end", auth=SOURCE, response=answering(Ended), url_name="end_search")
def end_search(request: HttpRequest, saved: str) -> Ended:
    """Delete a saved search; it runs no more."""
    uid = Uid.parse(saved)
    commands.end_search(viewer_of(request), uid, now=clock.now())
    return Ended(uid=uid.text)
