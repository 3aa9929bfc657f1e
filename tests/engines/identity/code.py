# SPDX-License-Identifier: Apache-2.0
"""Small trees of source with findings in them, as identity sees both."""

from collections.abc import Mapping

from glasshouse.engines.identity import Keys, Match, Sighting, Tier, texts_at
from glasshouse.engines.identity.matching import match
from glasshouse.kernel.paths import TreePath

MARK = "strcpy"


def seen(files: Mapping[str, str], *, rule: str = "tool/strcpy", mark: str = MARK) -> list[Sighting]:
    """A sighting at each line with the mark; the scope is the last line before it that begins with a letter."""
    found: list[Sighting] = []
    for name, text in files.items():
        path, scope = TreePath(name.encode()), ""
        for number, line in enumerate(text.split("\n"), 1):
            if line[:1].isalpha():
                scope = line.partition("(")[0]
            if mark in line:
                tokens, near = texts_at(text.encode(), [(number, 1)])[number, 1]
                found.append(Sighting(Keys.of(rule, path, scope, tokens, near), path.raw, number, 1, near))
    return found


def matched(before: Mapping[str, str], after: Mapping[str, str]) -> list[Match]:
    return match(seen(before), seen(after))


def tiers(before: Mapping[str, str], after: Mapping[str, str]) -> list[Tier]:
    return [one.tier for one in matched(before, after)]
