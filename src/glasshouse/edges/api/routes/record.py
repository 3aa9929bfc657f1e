# SPDX-License-Identifier: Apache-2.0
"""What the caller was shown and did: their own entries, opened for them alone."""

from datetime import date, datetime
from typing import Any, Final

from django.http import HttpRequest
from ninja import Router, Schema

from glasshouse.domain.people.commands import Scope
from glasshouse.domain.readingroom import days, queries
from glasshouse.edges.api.auth import SOURCE, reading
from glasshouse.edges.api.shapes import PAGE, PageSize, answering
from glasshouse.edges.http.viewer import viewer_of
from glasshouse.kernel.ids import Uid

router: Final = Router(tags=["record"])


class Entry(Schema):
    """One entry; `missing` names fields whose seed or key is gone."""

    uid: str
    kind: str
    at: datetime
    number: int | None
    subject: str
    fields: dict[str, Any]
    missing: list[str]
    is_in_tree: bool


class Record(Schema):
    """A page of entries, newest first; ask with `before=older` for the next."""

    entries: list[Entry]
    older: int | None


class Seal(Schema):
    """Whether the signed tree has an entry."""

    uid: str
    number: int | None
    is_in_tree: bool


@router.get("/record", auth=SOURCE, response=answering(Record), url_name="record")
def record(request: HttpRequest, visit: str = "", before: int | None = None, size: PageSize = PAGE) -> Record:
    """List what the caller was shown and did in engagements, in all or during one visit."""
    page = queries.record_of(viewer_of(request), before=before, size=size, visit=Uid.parse(visit) if visit else None)
    entries = [
        Entry(
            uid=event.uid.text,
            kind=event.kind,
            at=event.at,
            number=event.number,
            subject=event.subject,
            fields=dict(event.fields),
            missing=list(event.missing),
            is_in_tree=event.uid in page.in_tree,
        )
        for event in page.events
    ]
    return Record(entries=entries, older=page.older)


class FileRead(Schema):
    """A file as it was read on a day; an empty path was destroyed."""

    path: str
    pages: int
    lines: int


class ReleaseRead(Schema):
    """What was read of a release on a day; searches by pattern, with the pages that each took."""

    product: str
    version: str
    lines: int
    files: list[FileRead]
    searches: dict[str, int]
    lists: int


class DayRead(Schema):
    """A day on which something was shown; `releases` stands for the day that was asked for alone."""

    day: date
    pages: int
    files: int
    searches: int
    releases: list[ReleaseRead] | None


@router.get("/read", auth=SOURCE, response=answering(list[DayRead]), url_name="days_read")
def days_read(request: HttpRequest, day: date | None = None) -> list[DayRead]:
    """List the days on which the caller was shown something, newest first; ask with `day` for what it was."""
    viewer = viewer_of(request)
    return [
        DayRead(
            day=one.day,
            pages=one.pages,
            files=one.files,
            searches=one.searches,
            releases=[_release(read) for read in days.read_on(viewer, one.day)] if one.day == day else None,
        )
        for one in days.days_of(viewer)
    ]


def _release(read: days.ReleaseRead) -> ReleaseRead:
    return ReleaseRead(
        product=read.product,
        version=read.version,
        lines=read.lines,
        files=[FileRead(path=path, pages=file.pages, lines=file.lines) for path, file in read.files.items()],
        searches=read.searches,
        lists=read.lists,
    )


@router.get("/record/{event}/seal", auth=reading(Scope.LEDGER), response=answering(Seal), url_name="seal")
def seal(request: HttpRequest, event: str) -> Seal:
    """Say whether the signed tree has one of the caller's own entries."""
    found = queries.seal_of(viewer_of(request), Uid.parse(event))
    return Seal(uid=found.uid.text, number=found.number, is_in_tree=found.is_in_tree)
