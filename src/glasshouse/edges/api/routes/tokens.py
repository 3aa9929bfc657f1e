# SPDX-License-Identifier: Apache-2.0
"""A person's tokens: made, listed and revoked in a session only, so that a token never makes another."""

from datetime import datetime
from http import HTTPStatus
from typing import Final

from django.http import HttpRequest
from ninja import Field, Router, Schema, Status

from glasshouse.domain.people import commands, queries
from glasshouse.domain.people.commands import Scope
from glasshouse.edges.api.auth import ACTING
from glasshouse.edges.api.shapes import Done, answering
from glasshouse.edges.http.viewer import viewer_of
from glasshouse.kernel import clock
from glasshouse.kernel.ids import Uid

router: Final = Router(tags=["tokens"])
DAYS: Final = 30


class AskedToken(Schema):
    """A token as it is asked for."""

    name: str = Field(max_length=80)
    scopes: list[Scope] = Field(min_length=1)
    days: int = DAYS


class Made(Schema):
    """A token that was just made; `secret` is shown this once."""

    uid: str
    secret: str
    until: datetime


class Token(Schema):
    """A token, its secret kept nowhere."""

    uid: str
    name: str
    scopes: list[str]
    made_at: datetime
    until: datetime
    revoked_at: datetime | None


@router.post("/tokens", auth=ACTING, response=answering(Made, HTTPStatus.CREATED), url_name="tokens")
def make_token(request: HttpRequest, asked: AskedToken) -> Status[Made]:
    """Make a token that ends by itself."""
    made = commands.make_token(viewer_of(request), asked.name, asked.scopes, asked.days, now=clock.now())
    return Status(HTTPStatus.CREATED, Made(uid=made.uid.text, secret=made.secret, until=made.until))


@router.get("/tokens", auth=ACTING, response=answering(list[Token]), url_name="tokens")
def tokens(request: HttpRequest) -> list[Token]:
    """List the caller's own tokens, ended and revoked ones too."""
    return [
        Token(
            uid=row.uid,
            name=row.name,
            scopes=list(row.scopes),
            made_at=row.made_at,
            until=row.until,
            revoked_at=row.revoked_at,
        )
        for row in queries.tokens_of(viewer_of(request))
    ]


@router.post("/tokens/{token}/revoke", auth=ACTING, response=answering(Done), url_name="revoke_token")
def revoke_token(request: HttpRequest, token: str) -> Done:
    """End a token at once."""
    now = clock.now()
    commands.revoke_token(viewer_of(request), Uid.parse(token), now=now)
    return Done(uid=token, at=now)
