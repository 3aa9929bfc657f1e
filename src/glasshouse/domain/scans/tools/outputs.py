# SPDX-License-Identifier: Apache-2.0
"""Reading what a tool printed as the word of a hostile: each value is asked for by type, or it is not there."""

import json
from collections.abc import Mapping, Sequence

from glasshouse.domain.scans.tools.errors import UnreadableOutputError
from glasshouse.engines.formats import sarif
from glasshouse.engines.formats.sarif.values import MAX_LINE

Json = None | bool | int | float | str | Sequence["Json"] | Mapping[str, "Json"]
MAX_MESSAGE = 2000
MAX_RELATED = 100


def parsed(text: bytes) -> Json:
    """Read one JSON value."""
    try:
        value: Json = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UnreadableOutputError("not JSON") from error
    return value


def items(value: Json, key: str) -> list[Mapping[str, Json]]:
    """Return the objects of a list that MUST be there."""
    found = value.get(key) if isinstance(value, Mapping) else None
    if not isinstance(found, list):
        raise UnreadableOutputError(f"no list of {key}")
    return [objects(item) for item in found]


def objects(value: Json) -> Mapping[str, Json]:
    """Return an object that MUST be one."""
    if not isinstance(value, Mapping):
        raise UnreadableOutputError("not an object")
    return value


def text(value: Mapping[str, Json], key: str, default: str = "") -> str:
    """Return a text, cut to a length that a person can still read."""
    found = value.get(key)
    return found[:MAX_MESSAGE] if isinstance(found, str) else default


def number(value: Mapping[str, Json], key: str, default: int = 0) -> int:
    """Return a whole number that is not negative."""
    found = value.get(key)
    return found if isinstance(found, int) and not isinstance(found, bool) and found >= 0 else default


def region(line: int, column: int = 0, end_line: int = 0, end_column: int = 0) -> sarif.Region | None:
    """Return the part of a text that these numbers are, None where they are none."""
    if not 1 <= line <= MAX_LINE:
        return None
    last = end_line if line <= end_line <= MAX_LINE else line
    return sarif.Region(line, last, _column(column), _column(end_column))


def _column(value: int) -> int:
    return value if 0 < value <= MAX_LINE else 0
