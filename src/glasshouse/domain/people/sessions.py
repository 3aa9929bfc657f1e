# SPDX-License-Identifier: Apache-2.0
"""Sessions: who is signed in where, and what became of one that was ended.

The sign-in library keeps a row for each session. Outside, a session's name is a digest of its key: it opens nothing.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db.models import QuerySet

from glasshouse.domain.people.models import EndedSession, Person
from glasshouse.domain.people.values import Role
from glasshouse.domain.people.viewer import Viewer
from glasshouse.kernel import clock
from glasshouse.kernel.errors import NotFoundError

if TYPE_CHECKING:
    Rows = QuerySet[UserSession]


CONFIRMED: Final = "glasshouse_confirmed_at"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """One live session: whose, since when, last seen when and from where; `agent` is the program's word on itself."""

    name: str
    person: Person
    began_at: datetime
    seen_at: datetime
    address: str
    agent: str
    is_this: bool


def name_of(key: str) -> str:
    """Return the name of the session with this key; empty without one."""
    return hashlib.sha256(f"glasshouse/session/v1\n{key}".encode()).hexdigest() if key else ""


def live(now: datetime) -> "Rows":
    """Return the sessions that have not ended by themselves, newest first, for the commands of this room."""
    keys = Session.objects.filter(expire_date__gt=now).values("session_key")
    rows: Rows = UserSession.objects.select_related("user__organisation").order_by("-created_at", "-pk")
    return rows.filter(session_key__in=keys, user__is_active=True)


def sessions_of(viewer: Viewer, now: datetime) -> list[SignedIn]:
    """Return the viewer's own sessions, newest first."""
    return list(_told(viewer, live(now).filter(user_id=viewer.row)))


def check_keeps_sessions(viewer: Viewer) -> None:
    """Raise not-found unless the viewer may see who is signed in, and end it: a custodian of the vendor."""
    if not viewer.is_vendor or not viewer.may_act_as(Role.CUSTODIAN):
        raise NotFoundError


def everybodys_sessions(viewer: Viewer, now: datetime) -> list[SignedIn]:
    """Return all sessions, newest first, for a custodian."""
    check_keeps_sessions(viewer)
    return list(_told(viewer, live(now)))


def session_named(viewer: Viewer, person: str, name: str, now: datetime) -> SignedIn:
    """Return one session of a person by its name, for a custodian."""
    check_keeps_sessions(viewer)
    found = next((one for one in _told(viewer, live(now).filter(user__uid=person)) if one.name == name), None)
    if found is None:
        raise NotFoundError
    return found


def confirmed_at(key: str) -> datetime | None:
    """Return when its person last confirmed, in a browser, that it is them who acts in the session with this key."""
    row = UserSession.objects.filter(session_key=key).first()
    text = row.data.get(CONFIRMED) if row else None
    return clock.parse(text) if text else None


def ended(key: str) -> EndedSession | None:
    """Return what became of the session with this key, if somebody ended it lately: its own browser may be told."""
    return EndedSession.objects.filter(name=name_of(key)).first() if key else None


def _told(viewer: Viewer, rows: "Rows") -> Iterator[SignedIn]:
    for row in rows:
        name = name_of(row.session_key)
        yield SignedIn(
            name=name,
            person=row.user,
            began_at=row.created_at,
            seen_at=row.last_seen_at,
            address=row.ip,
            agent=row.user_agent,
            is_this=name == viewer.origin.session,
        )
