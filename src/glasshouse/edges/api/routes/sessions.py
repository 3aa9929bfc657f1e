# SPDX-License-Identifier: Apache-2.0
"""Who is signed in where: a caller's own sessions, and everybody's for a custodian, who may end them."""

from datetime import datetime
from typing import Final

from django.http import HttpRequest
from ninja import Field, Router, Schema

from glasshouse.domain.people import commands, sessions
from glasshouse.edges.api.auth import ACTING, DECIDING, SOURCE
from glasshouse.edges.api.shapes import Done, answering
from glasshouse.edges.http.viewer import viewer_of
from glasshouse.kernel import clock
from glasshouse.kernel.ids import Uid

router: Final = Router(tags=["sessions"])


class Session(Schema):
    """One live session. `name` is a digest of its key and opens nothing; `seen_at` is coarse by five minutes."""

    name: str
    person: str
    person_uid: str
    agent: str
    address: str
    began_at: datetime
    seen_at: datetime
    is_this: bool


class Ended(Schema):
    """How many sessions ended."""

    count: int
    at: datetime


class AskedEnd(Schema):
    """Why somebody's session ends."""

    reason: str = Field(min_length=1, max_length=commands.MAX_REASON)


@router.get("/sessions", auth=SOURCE, response=answering(list[Session]), url_name="sessions")
def list_sessions(request: HttpRequest, everybody: bool = False) -> list[Session]:  # noqa: FBT001, FBT002 -- of the query
    """List the caller's sessions, newest first; everybody's for a custodian."""
    viewer, now = viewer_of(request), clock.now()
    found = sessions.everybodys_sessions(viewer, now) if everybody else sessions.sessions_of(viewer, now)
    return [
        Session(
            name=one.name,
            person=one.person.name,
            person_uid=one.person.uid,
            agent=one.agent,
            address=one.address,
            began_at=one.began_at,
            seen_at=one.seen_at,
            is_this=one.is_this,
        )
        for one in found
    ]


@router.post("/sessions/others/end", auth=ACTING, response=answering(Ended), url_name="end_other_sessions")
def end_other_sessions(request: HttpRequest) -> Ended:
    """End every session of the caller but this one."""
    now = clock.now()
    return Ended(count=commands.end_other_sessions(viewer_of(request), now=now), at=now)


@router.post("/sessions/{session}/end", auth=ACTING, response=answering(Ended), url_name="end_own_session")
def end_own_session(request: HttpRequest, session: str) -> Ended:
    """End one of the caller's own sessions."""
    now = clock.now()
    commands.end_session(viewer_of(request), session, now=now)
    return Ended(count=1, at=now)


@router.post(
    "/persons/{person}/sessions/{session}/end", auth=DECIDING, response=answering(Done), url_name="end_session_of"
)
def end_session_of(request: HttpRequest, person: str, session: str, asked: AskedEnd) -> Done:
    """End somebody's session, as a custodian, for a reason."""
    whose, now = Uid.parse(person), clock.now()
    commands.end_session_of(viewer_of(request), whose, session, asked.reason, now=now)
    return Done(uid=whose.text, at=now)
