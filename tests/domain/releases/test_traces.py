# SPDX-License-Identifier: Apache-2.0
"""The history of a line and of its function: followed by name and bytes, never out of the grant."""

from collections.abc import Iterator

import pytest

from glasshouse.domain.access.values import Patterns
from glasshouse.domain.releases import defining, queries, searching, symbols
from glasshouse.domain.releases.traces import Standing, traces
from glasshouse.domain.releases.values import ReleaseRef
from glasshouse.kernel.errors import NotFoundError
from glasshouse.kernel.paths import TreePath
from tests.lab import House

WHOLE = Patterns(("**",))
HEAD = b"#include <string.h>\n\n"
OTHER = b"int other(int x)\n{\n\treturn x + 1;\n}\n"


def copy(body: bytes) -> bytes:
    return b"void copy_name(char *to, const char *from)\n{\n\t" + body + b"\n}\n"


UNBOUND, BOUND = copy(b"memcpy(to, from, strlen(from));"), copy(b"memcpy(to, from, strnlen(from, 16));")
# Of copy_name: in a.c, lower down, changed, in b.c whole, gone.
FILES = [
    {"p/a.c": HEAD + UNBOUND},
    {"p/a.c": HEAD + OTHER + UNBOUND},
    {"p/a.c": HEAD + OTHER + BOUND},
    {"p/a.c": HEAD + OTHER, "p/lib/b.c": HEAD + BOUND},
    {"p/a.c": HEAD + OTHER, "p/lib/b.c": HEAD},
]
KEPT = {"p/kept.c": b"int kept;\n"}


@pytest.fixture
def releases(house: House) -> Iterator[list[ReleaseRef]]:
    taken = [queries.ref(house.take(str(number), {**files, **KEPT})) for number, files in enumerate(FILES)]
    symbols.index(taken[0].product, taken)
    yield taken
    defining.forget()
    searching.forget()


def told(standings: tuple[Standing, ...]) -> list[str]:
    return [f"{one.event} {one.part.path}:{one.part.span}" if one.part else one.event for one in standings]


FUNCTION = ["first a.c:3-6", "same a.c:7-10", "changed a.c:7-10", "moved lib/b.c:3-6", "vanished"]
LINE = ["first a.c:5", "same a.c:9", "changed a.c:9", "moved lib/b.c:5", "vanished"]


@pytest.mark.parametrize(("at", "path", "line"), [(0, b"a.c", 5), (1, b"a.c", 9), (2, b"a.c", 9), (3, b"lib/b.c", 5)])
def test_a_line_and_its_function_are_followed_from_every_release(
    releases: list[ReleaseRef], at: int, path: bytes, line: int
) -> None:
    found = traces(releases, releases[at], WHOLE, TreePath(path), line)
    assert found.name == "copy_name"
    assert told(found.function) == FUNCTION
    assert told(found.line) == LINE
    assert [one.is_changed for one in found.line] == [False, False, True, False, False]


def test_what_the_grant_does_not_cover_has_vanished(releases: list[ReleaseRef]) -> None:
    found = traces(releases, releases[0], Patterns(("a.c",)), TreePath(b"a.c"), 5)
    assert told(found.function)[-2:] == ["vanished", "absent"]
    assert told(found.line)[-2:] == ["vanished", "absent"]
    with pytest.raises(NotFoundError):
        traces(releases, releases[3], Patterns(("a.c",)), TreePath(b"lib/b.c"), 5)


def test_a_line_outside_of_functions_is_followed_in_its_file(releases: list[ReleaseRef]) -> None:
    found = traces(releases, releases[0], WHOLE, TreePath(b"a.c"), 1)
    assert (found.name, found.function) == ("", ())
    assert told(found.line) == ["first a.c:1", *["same a.c:1"] * 4]
    assert told(traces(releases, releases[4], WHOLE, TreePath(b"a.c"), 3).line) == [
        "absent",
        "appeared a.c:3",
        *["same a.c:3"] * 3,
    ]


def test_what_nobody_looked_at_is_not_known_and_never_gone(house: House) -> None:
    old = queries.ref(house.take("0", FILES[0]))
    symbols.index(old.product, [old])
    new = queries.ref(house.take("1", FILES[2]))
    found = traces([old, new], old, WHOLE, TreePath(b"a.c"), 5)
    assert told(found.function) == ["first a.c:3-6", "unknown"]
    assert told(found.line) == ["first a.c:5", "changed a.c:9"]
    found = traces([old, new], new, WHOLE, TreePath(b"a.c"), 9)
    assert (found.is_pending, found.function) == (True, ())
    symbols.index(old.product, [old, new])
    assert told(traces([old, new], old, WHOLE, TreePath(b"a.c"), 5).function) == [FUNCTION[0], "changed a.c:7-10"]
    defining.forget()
    searching.forget()


def test_a_binary_version_is_not_known(house: House) -> None:
    taken = [queries.ref(house.take(str(n), {"p/a.txt": text})) for n, text in enumerate([b"one\ntwo\n", b"\0\1one\n"])]
    assert told(traces(taken, taken[0], WHOLE, TreePath(b"a.txt"), 2).line) == ["first a.txt:2", "unknown"]


def test_another_function_of_that_name_is_not_the_one_that_went(house: House) -> None:
    near = b"int help(void)\n{\n\treturn 2;\n}\n"
    taken = [
        queries.ref(house.take("0", {"p/a.c": b"int help(void)\n{\n\treturn 1;\n}\n", "p/b.c": near})),
        queries.ref(house.take("1", {"p/a.c": HEAD, "p/b.c": near})),
    ]
    symbols.index(taken[0].product, taken)
    found = traces(taken, taken[0], WHOLE, TreePath(b"a.c"), 3)
    assert told(found.function) == ["first a.c:1-4", "vanished"]
    assert told(found.line) == ["first a.c:3", "vanished"]
    defining.forget()
    searching.forget()
