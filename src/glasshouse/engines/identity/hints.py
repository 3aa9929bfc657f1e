# SPDX-License-Identifier: Apache-2.0
"""What tools call fingerprints, taken for what they are worth.

A tool that knows the code better than we do can help to tell what was edited. A tool that writes one fingerprint on
every result ("requires login", as semgrep does offline) would merge them all; so would one that hashes the line and
not the rule. A fingerprint is therefore a hint only while it names one thing, and it never decides alone.
"""

from collections.abc import Hashable, Iterable, Sequence

Prints = Sequence[tuple[str, str]]


def hints(results: Iterable[tuple[Hashable, Prints]]) -> list[str]:
    """Return for each result of one run its hint, "" where it has none to trust.

    `results` are a likeness (such as the narrowest key) and the fingerprints of each. A fingerprint that two results
    of different likeness share is rejected for both.
    """
    told = list(results)
    owner: dict[tuple[str, str], Hashable] = {}
    shared: set[tuple[str, str]] = set()
    for likeness, prints in told:
        for one in prints:
            if owner.setdefault(one, likeness) != likeness:
                shared.add(one)
    return [_hint(prints, shared) for _, prints in told]


def _hint(prints: Prints, shared: set[tuple[str, str]]) -> str:
    trusted = sorted(one for one in prints if one not in shared and all(one))
    return "=".join(trusted[0]) if trusted else ""
