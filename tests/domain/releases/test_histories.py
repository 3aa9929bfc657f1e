# SPDX-License-Identifier: Apache-2.0
"""The history of a file: followed through moves and gaps, and never out of the grant."""

import pytest

from glasshouse.domain.access.values import Patterns
from glasshouse.domain.releases import queries
from glasshouse.domain.releases.histories import Event, history
from glasshouse.domain.releases.values import ReleaseRef
from glasshouse.kernel.errors import NotFoundError
from glasshouse.kernel.paths import TreePath
from tests.lab import House

WHOLE = Patterns(("**",))
OLD, NEW = b"int old;\n", b"int new;\n"
OTHER = b"int other;\n"
# Of one file: at a.c, changed, moved to lib/a.c, gone, back there, moved out to secret/a.c.
PLACES = [("a.c", OLD), ("a.c", NEW), ("lib/a.c", NEW), None, ("lib/a.c", NEW), ("secret/a.c", NEW)]


@pytest.fixture
def releases(house: House) -> list[ReleaseRef]:
    taken = []
    for number, place in enumerate(PLACES):
        files = {"p/other.c": OTHER, **({f"p/{place[0]}": place[1]} if place else {})}
        taken.append(queries.ref(house.take(str(number), files)))
    return taken


def events(releases: list[ReleaseRef], at: int, patterns: Patterns, path: bytes) -> list[tuple[str, str]]:
    found = history(releases, releases[at], patterns, TreePath(path))
    assert [one.release for one in found] == releases
    return [(one.event.value, str(one.entry.path) if one.entry else "") for one in found]


def test_a_file_is_followed_through_every_release_in_both_directions(releases: list[ReleaseRef]) -> None:
    told = [
        ("first", "a.c"),
        ("changed", "a.c"),
        ("moved", "lib/a.c"),
        ("vanished", ""),
        ("appeared", "lib/a.c"),
        ("moved", "secret/a.c"),
    ]
    for at, path in ((0, b"a.c"), (1, b"a.c"), (2, b"lib/a.c"), (4, b"lib/a.c")):
        assert events(releases, at, WHOLE, path) == told, at


def test_what_the_grant_does_not_cover_is_not_there(releases: list[ReleaseRef]) -> None:
    narrow = Patterns(("a.c", "lib/**"))
    assert events(releases, 2, narrow, b"lib/a.c")[-2:] == [("appeared", "lib/a.c"), ("vanished", "")]
    assert [kind for kind, _ in events(releases, 0, Patterns(("a.c",)), b"a.c")] == [
        "first",
        "changed",
        "vanished",
        *["absent"] * 3,
    ]


def test_a_moment_names_what_it_is_compared_with(releases: list[ReleaseRef]) -> None:
    found = history(releases, releases[1], WHOLE, TreePath(b"a.c"))
    changed, moved = found[1], found[2]
    assert changed.before is not None
    assert (changed.before[0], changed.is_changed, changed.is_moved) == (releases[0], True, False)
    assert (moved.is_changed, moved.is_moved) == (False, True)
    assert found[4].before is None
    assert found[4].event is Event.APPEARED


def test_a_file_that_is_not_in_the_release_has_no_history(releases: list[ReleaseRef]) -> None:
    with pytest.raises(NotFoundError):
        history(releases, releases[3], WHOLE, TreePath(b"a.c"))
