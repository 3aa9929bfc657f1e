# SPDX-License-Identifier: Apache-2.0
"""Narrowing a search to a folder covers just what it covered there, and nothing elsewhere."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from glasshouse.domain.access.values import Patterns
from glasshouse.domain.releases.narrowing import narrowed_to
from glasshouse.kernel.errors import InvalidError
from glasshouse.kernel.paths import TreePath

NAMES = st.sampled_from(["a", "b", "ab", "a.c"])
PARTS = st.sampled_from(["a", "b", "ab", "**", "*", "?", "a*", "*.c", "a**"])
GLOBS = st.lists(PARTS, min_size=1, max_size=4).map("/".join)
PATHS = st.lists(NAMES, min_size=1, max_size=4).map("/".join)


@example(globs=["**/b/a"], folder="b", paths=["a/a"])
@given(globs=st.lists(GLOBS, max_size=3), folder=PATHS, paths=st.lists(PATHS, min_size=5, max_size=30))
def test_a_narrowed_search_covers_what_it_covered_below_the_folder(
    globs: list[str], folder: str, paths: list[str]
) -> None:
    try:
        before = Patterns(tuple(globs)) if globs else Patterns(("**",))
    except InvalidError:
        return
    found = narrowed_to(globs, f"{folder}/".encode())
    if not found:
        return
    after = Patterns(found)
    for path in [*(path for path in paths if path != folder), *(f"{folder}/{path}" for path in paths)]:
        inside = path.startswith(f"{folder}/")
        assert after.covers(TreePath.parse(path)) == (inside and before.covers(TreePath.parse(path)))


@pytest.mark.parametrize(
    ("paths", "entry", "expected"),
    [
        ([], b"drivers/net/", ("drivers/net/**",)),
        (["**/*.c", "docs"], b"drivers/", ("drivers/**/*.c",)),
        (["drivers/**"], b"drivers/net/", ("drivers/net/**",)),
        (["drivers/*/*.c"], b"drivers/net/", ("drivers/net/*.c",)),
        (["drivers"], b"drivers/", ("drivers/**",)),
        ([], b"src/main.c", ("src/main.c",)),
        ([], b"a b/c*/", ("a?b/c?/**",)),
        (["src**"], b"src/net/", ()),
        (["**/Makefile"], b"drivers/", ("drivers/**/Makefile",)),
        (["**/b/a"], b"b/", ()),
        (["dri*/net"], b"drivers/", ()),
        ([], b"\xff/", ("\udcff/**",)),
    ],
)
def test_patterns_are_as_a_person_would_write_them(paths: list[str], entry: bytes, expected: tuple[str, ...]) -> None:
    assert narrowed_to(paths, entry) == expected
