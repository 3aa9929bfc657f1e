# SPDX-License-Identifier: Apache-2.0
"""The JSON of the API that several routes share."""

import base64
from collections.abc import Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any, Final, Generic, Self, TypeVar

from django.conf import settings
from ninja import Field, Schema

from glasshouse.domain.access.values import Balance, Spent
from glasshouse.domain.readingroom.values import View
from glasshouse.domain.releases.values import ReleaseRef
from glasshouse.kernel.digests import Digest


class Refusal(Schema):
    """Why not: a stable code, what happened, what to do next."""

    code: str
    message: str
    hint: str


REFUSALS = (
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.NOT_FOUND,
    HTTPStatus.CONFLICT,
    HTTPStatus.UNPROCESSABLE_ENTITY,
)


def answering(shape: Any, status: HTTPStatus = HTTPStatus.OK) -> Mapping[int, Any]:  # noqa: ANN401 -- a type form
    """Return what a route answers: this shape, or a refusal."""
    return {int(status): shape, **{int(code): Refusal for code in REFUSALS}}


class NamedRelease(Schema):
    """A release by the names that outlive this lab."""

    uid: str
    product: str
    version: str
    root: str

    @classmethod
    def of(cls, ref: ReleaseRef) -> Self:
        """Name a release."""
        return cls(uid=ref.uid.text, product=ref.product_slug, version=ref.version, root=str(ref.root))


class Left(Schema):
    """How far one limit is used, in lines."""

    used: int
    limit: int

    @classmethod
    def of(cls, spent: Spent) -> Self:
        """Copy the value."""
        return cls(used=spent.used, limit=spent.limit)


class Balances(Schema):
    """The tightest budget of each window."""

    hour: Left
    day: Left
    visit: Left
    total: Left

    @classmethod
    def of(cls, balance: Balance) -> Self:
        """Copy the value."""
        return cls(
            hour=Left.of(balance.hour),
            day=Left.of(balance.day),
            visit=Left.of(balance.visit),
            total=Left.of(balance.total),
        )


class Promised(Schema):
    """The lab's promise that this showing is in its ledger; keep it, it proves an omission."""

    origin: str
    engagement: str
    number: int
    commitment: str
    key: str
    signature: str


class Showing(Schema):
    """What every showing carries: its entry in the journal, what it cost, what is left, the promise."""

    event: str
    number: int
    visit: str
    charged: int
    balance: Balances
    promise: Promised
    release: NamedRelease

    @classmethod
    def of(cls, view: View) -> Self:
        """Describe a view; its entry is durable."""
        recorded = view.recorded
        return cls(
            event=recorded.uid.text,
            number=recorded.number or 0,
            visit=view.room.visit.uid.text if view.room.visit else "",
            charged=view.charged,
            balance=Balances.of(view.balance),
            promise=Promised(
                origin=settings.GLASSHOUSE.origin,
                engagement=view.room.engagement.text,
                number=recorded.number or 0,
                commitment=Digest(recorded.commitment).raw.hex(),
                key=base64.b64encode(view.promise.key).decode("ascii"),
                signature=base64.b64encode(view.promise.signature).decode("ascii"),
            ),
            release=NamedRelease.of(view.room.release),
        )


PAGE: Final = 100
PageSize = Annotated[int, Field(ge=1, le=PAGE)]
Skipped = Annotated[int, Field(ge=0)]
Row = TypeVar("Row")


class Page(Schema, Generic[Row]):
    """A part of a list; ask with `skip=more` for the next, until `more` is null."""

    rows: list[Row]
    more: int | None

    @classmethod
    def of(cls, rows: Sequence[Row], *, skip: int, size: int) -> Self:
        """Take a page's rows out of those asked for, which are one more than fit wherever there are more."""
        return cls(rows=list(rows[:size]), more=skip + size if len(rows) > size else None)


class Done(Schema):
    """Something that was done, and when."""

    uid: str
    at: datetime
