# SPDX-License-Identifier: Apache-2.0
"""A program's own words about itself, shortened to what a person recognises."""

from typing import Final

# The first that is found wins: each of these also claims to be those below it.
_PROGRAMS: Final = (
    ("glasshouse", "glasshouse, in a terminal"),
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chromium or Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS: Final = (
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


def named(user_agent: str) -> str:
    """Return program and system; what is not known is quoted, shortened."""
    program = next((name for sign, name in _PROGRAMS if sign in user_agent), "")
    system = next((name for sign, name in _SYSTEMS if sign in user_agent), "")
    if not program:
        return user_agent[:60] or "unnamed"
    return f"{program}, {system}" if system else program
