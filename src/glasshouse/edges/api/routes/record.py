# SPDX-License-Identifier: Apache-2.0
"""What the caller was shown and did: their own entries, opened for them alone."""

from datetime import datetime
from typing import Annotated, Any, Final

from django.http import HttpRequest
from ninja import Field, Router, Schema

from glasshouse.domain.people.commands import Scope
from glasshouse.domain.readingroom import queries
from glasshouse.edges.api.auth import SOURCE, reading
from glasshouse.edges.api.shapes import answering
from glasshouse.edges.http.viewer import viewer_of
from glasshouse.kernel.ids import Uid

router: Final = Router(tags=["record"])
PAGE: Final = 100
PageSize = Annotated[int, Field(ge=1, le=PAGE)]


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


@router.get("/record/{event}/seal", auth=reading(Scope.LEDGER), response=answering(Seal), url_name="seal")
def seal(request: HttpRequest, event: str) -> Seal:
    """Say whether the signed tree has one of the caller's own entries."""
    found = queries.seal_of(viewer_of(request), Uid.parse(event))
    return Seal(uid=found.uid.text, number=found.number, is_in_tree=found.is_in_tree)
