# SPDX-License-Identifier: Apache-2.0
"""What stands beside a file: its facts, and the same path in the grant's other releases.

All of it follows from the release, the path and the grant, none of which ever change, so it is rendered once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from django.template import loader

from glasshouse.domain.access.values import Patterns
from glasshouse.domain.readingroom import queries
from glasshouse.domain.readingroom.values import Room
from glasshouse.domain.releases import queries as releases
from glasshouse.domain.releases.values import ReleaseRef
from glasshouse.edges.web.places import Comparison, Place
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.paths import TreePath

KEPT: Final = 1024


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """The same path in another release of the grant: same, changed or absent."""

    release: ReleaseRef
    state: str
    digest: str
    url: str
    compare: str


@dataclass(frozen=True, slots=True)
class Beside:
    """What a file's label and case say of it, where it is compared, and the rendered wing."""

    digest: Digest
    size: int
    is_link: bool
    comparisons: Sequence[Elsewhere]
    html: str


def beside_of(room: Room, place: Place, path: TreePath) -> Beside:
    """Return what stands beside a file that was just shown."""
    return _rendered(room.release, room.terms.patterns, room.grant, place, path)


@lru_cache(maxsize=KEPT)
def _rendered(release: ReleaseRef, patterns: Patterns, grant: Uid, place: Place, path: TreePath) -> Beside:
    entry = releases.entry(release, path)
    others = _elsewhere(release, patterns, grant, path, entry.digest)
    context = {"entry": entry, "git_id": entry.git_id.hex(), "others": others, "place": place}
    html = loader.render_to_string("reading/object_wing.html", context)
    return Beside(entry.digest, entry.size, entry.is_link, [other for other in others if other.compare], html)


def _elsewhere(release: ReleaseRef, patterns: Patterns, grant: Uid, path: TreePath, digest: Digest) -> list[Elsewhere]:
    found = []
    is_older = True
    for one in queries.granted(grant):
        if one.uid == release.uid:
            is_older = False
            continue
        there = releases.counterpart(one, patterns, path)
        state = "absent" if there is None else "same" if there.digest == digest else "changed"
        pair = (one.uid, release.uid) if is_older else (release.uid, one.uid)
        found.append(
            Elsewhere(
                one,
                state,
                str(there.digest)[:8] if there else "",
                Place.of(grant, one.uid).file(path) if there else "",
                Comparison.of(grant, *pair).file(path) if state == "changed" else "",
            )
        )
    return found
