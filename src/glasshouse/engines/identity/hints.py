# SPDX-License-Identifier: Apache-2.0
"""What tools call fingerprints, taken for what they are worth.

A tool that knows the code better than we do can help to tell what was edited. A tool that writes one fingerprint on
every result ("requires login", as semgrep does offline) would merge them all; so would one that hashes the line and
not the rule. A fingerprint is therefore a hint only while it names one thing, and it never decides alone.
"""

from collections.abc import Hashable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

Prints = Sequence[tuple[str, str]]
Numbers = NDArray[np.int64]


def hints(results: Iterable[tuple[Hashable, Prints]]) -> list[str]:
    """Return for each result of one run its hint, "" where it has none to trust.

    `results` are a likeness (such as the narrowest key) and the fingerprints of each. A fingerprint that two results
    of different likeness share is rejected for both.
    """
    told = list(results)
    every: dict[tuple[str, str], int] = {}
    likes: dict[Hashable, int] = {}
    pairs = [
        (every.setdefault(one, len(every)), likes.setdefault(likeness, len(likes)))
        for likeness, prints in told
        for one in prints
    ]
    numbers = np.array(pairs, np.int64).reshape(-1, 2)
    is_one = naming_one(numbers[:, 0], numbers[:, 1]).tolist()
    trusted = {number for (number, _), is_it in zip(pairs, is_one, strict=True) if is_it}
    return [_hint([one for one in prints if every[one] in trusted]) for _, prints in told]


def naming_one(prints: Numbers, likeness: Numbers) -> NDArray[np.bool_]:
    """Say of each fingerprint whether all who have it are alike. Both are numbers, the same for what is the same."""
    count = int(prints.max(initial=-1)) + 1
    lowest, highest = np.full(count, np.iinfo(np.int64).max), np.full(count, -1)
    np.minimum.at(lowest, prints, likeness)
    np.maximum.at(highest, prints, likeness)
    is_one: NDArray[np.bool_] = lowest == highest
    return is_one[prints]


def _hint(prints: Prints) -> str:
    named = sorted(one for one in prints if all(one))
    return "=".join(named[0]) if named else ""
