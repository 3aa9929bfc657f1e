# SPDX-License-Identifier: Apache-2.0
"""How bad and of what kind: severities on one scale, and the numbers of weaknesses (CWE), from what tools write."""

import re
from collections.abc import Iterable
from typing import Any, Final

from glasshouse.engines.formats.sarif.values import Level, Properties, Severity

SCORE: Final = "security-severity"
OWN_SEVERITY: Final = "glasshouse/severity"
OWN_SEVERITY_RAW: Final = "glasshouse/severity-raw"
_BOUNDS: Final = ((9.0, Severity.CRITICAL), (7.0, Severity.HIGH), (4.0, Severity.MEDIUM), (0.0, Severity.LOW))
_OF_LEVEL: Final = {
    Level.ERROR: Severity.HIGH,
    Level.WARNING: Severity.MEDIUM,
    Level.NOTE: Severity.LOW,
    Level.NONE: Severity.NOTE,
}
_NUMBER: Final = re.compile(r"\d{1,2}(?:\.\d{1,3})?")
_CWE: Final = re.compile(r"(?<![A-Za-z0-9])cwe[-_ :]{0,2}0{0,4}([1-9]\d{0,4})(?!\d)", re.IGNORECASE)
_CWE_PAGE: Final = re.compile(r"cwe\.mitre\.org/data/definitions/0{0,4}([1-9]\d{0,4})(?!\d)", re.IGNORECASE)
_DIGITS: Final = re.compile(r"0{0,4}([1-9]\d{0,4})")
_CWE_NAMES: Final = frozenset({"cwe", "cwes", "cwe-id", "cwe_id", "cweid", "tags"})
_MAX_CWES: Final = 50


def severity_of(level: Level, *scores: str) -> tuple[Severity, str]:
    """Return the severity, and what it was made of: the first score that is one, else the level."""
    for score in scores:
        if (number := _score(score)) is not None:
            severity = next((one for bound, one in _BOUNDS if number >= bound and number > 0), Severity.NOTE)
            return severity, f"{SCORE} {score.strip()}"
    return _OF_LEVEL[level], level.value


def score_in(properties: Properties) -> str:
    """Return a score that stands among properties, "" where there is none."""
    for name, value in properties:
        if name == SCORE and not isinstance(value, tuple | bool):
            return str(value)
    return ""


def cwes_in(properties: Properties) -> set[int]:
    """Return the weaknesses that tags and the like name."""
    found: set[int] = set()
    for name, value in properties:
        if name.lower() in _CWE_NAMES:
            for one in value if isinstance(value, tuple) else (value,):
                found |= cwes_of(str(one), may_be_bare=name.lower() != "tags")
    return found


def cwes_of(text: str, *, may_be_bare: bool = False) -> set[int]:
    """Return the weaknesses that a text names; where it can be nothing else, a bare number names one."""
    if may_be_bare and (match := _DIGITS.fullmatch(text.strip())):
        return {int(match[1])}
    return {int(number) for number in _CWE.findall(text[:1_000])} | {
        int(number) for number in _CWE_PAGE.findall(text[:1_000])
    }


def cwes_of_references(references: Iterable[dict[str, Any]]) -> set[int]:
    """Return the weaknesses among references to taxa: `{"id": "CWE-79", "toolComponent": {"name": "CWE"}}`."""
    found: set[int] = set()
    for one in references:
        component = one.get("toolComponent")
        name = component.get("name") if isinstance(component, dict) else None
        target = one.get("id")
        if isinstance(target, str):
            found |= cwes_of(target, may_be_bare=isinstance(name, str) and name.upper() == "CWE")
    return found


def ascending(found: set[int]) -> tuple[int, ...]:
    """Return weaknesses as values keep them."""
    return tuple(sorted(found)[:_MAX_CWES])


def _score(text: str) -> float | None:
    match = _NUMBER.fullmatch(text.strip())
    if match is None:
        return None
    number = float(match[0])
    return number if number <= 10 else None  # noqa: PLR2004 (the scale of the score)
