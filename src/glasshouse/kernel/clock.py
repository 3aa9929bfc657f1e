# SPDX-License-Identifier: Apache-2.0
"""Time. Only edges read the clock; commands and rules get it as an argument."""

import re
from datetime import UTC, datetime

from glasshouse.kernel.errors import InvalidError

_FORM = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", re.ASCII)


def now() -> datetime:
    """Return the present moment, aware, in UTC."""
    return datetime.now(tz=UTC)


def to_text(moment: datetime) -> str:
    """Write a moment in its one canonical form, `2026-11-23T06:40:00.000000Z`."""
    if moment.tzinfo is None:
        message = "a moment without a time zone is ambiguous"
        raise InvalidError(message)
    return moment.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def parse(text: str) -> datetime:
    """Read the canonical form and nothing else."""
    if not _FORM.fullmatch(text):
        message = f"not a moment in the form 2026-11-23T06:40:00.000000Z: {text!r}"
        raise InvalidError(message)
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    except ValueError as error:
        message = f"no such moment: {text!r}"
        raise InvalidError(message) from error
