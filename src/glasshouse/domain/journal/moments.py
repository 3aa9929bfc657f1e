# SPDX-License-Identifier: Apache-2.0
"""Moments as raw SQL returns them: text from SQLite, aware values from PostgreSQL; always UTC."""

from datetime import UTC, datetime


def aware(value: object) -> datetime:
    """Return an aware moment, whichever database it came from."""
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
