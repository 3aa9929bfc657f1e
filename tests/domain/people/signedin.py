# SPDX-License-Identifier: Apache-2.0
"""Sessions as the front door opens them, for tests that need no browser."""

from dataclasses import replace
from datetime import timedelta

from allauth.usersessions.models import UserSession
from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone

from glasshouse.domain.people import sessions
from glasshouse.domain.people.viewer import Origin, Viewer


def sign_in(viewer: Viewer, *, minutes_ago: int = 0, agent: str = "Mozilla/5.0 (X11; Linux) Firefox/140.0") -> Viewer:
    """Open a session for somebody and return them as they ask from it."""
    store = SessionStore()
    store.create()
    key = store.session_key
    assert key
    began = timezone.now() - timedelta(minutes=minutes_ago)
    UserSession.objects.create(
        user_id=viewer.row,
        ip="198.51.100.7",
        user_agent=agent,
        session_key=key,
        created_at=began,
        last_seen_at=began,
    )
    return replace(viewer, origin=Origin(session=sessions.name_of(key), address="198.51.100.7"))


def names(viewer: Viewer) -> list[str]:
    """Return the names of somebody's live sessions, newest first."""
    return [one.name for one in sessions.sessions_of(viewer, timezone.now())]
