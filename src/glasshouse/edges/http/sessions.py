# SPDX-License-Identifier: Apache-2.0
"""Sessions as Django keeps them in the database, read in one plain statement, for every page begins with it."""

from typing import Any

from django.contrib.sessions.backends import db
from django.db import connection
from django.utils import timezone

_LOAD = "SELECT session_data FROM django_session WHERE session_key = %s AND expire_date > %s"


class SessionStore(db.SessionStore):
    """Nothing of a session is kept from one request to the next: one that was ended is ended everywhere."""

    def load(self) -> dict[str, Any]:
        """Return what a session holds; nothing, and no key, where it ended or never was."""
        now = connection.ops.adapt_datetimefield_value(timezone.now())
        with connection.cursor() as cursor:
            cursor.execute(_LOAD, [self.session_key, now])
            row = cursor.fetchone()
        if row is None:
            self._session_key = None
            return {}
        held: dict[str, Any] = self.decode(row[0])
        return held
