# SPDX-License-Identifier: Apache-2.0
"""Path patterns cover what they say, in time that grows with the path and nothing else."""

import time
from functools import cache

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from glasshouse.domain.access.values import MAX_PATTERNS, MAX_STARS, Patterns
from glasshouse.kernel.errors import InvalidError
from glasshouse.kernel.paths import TreePath


def reference(glob: bytes, path: bytes) -> bool:
    """Match as the documentation says it, one rule a line, however slowly."""
    if b"*" not in glob and b"?" not in glob:
        glob = glob.rstrip(b"/") + b"/**"

    @cache
    def matches(at: int, place: int) -> bool:
        rest, ahead = glob[at:], path[place:]
        if not rest:
            return not ahead
        if rest == b"/**":
            return not ahead or ahead.startswith(b"/")
        if rest.startswith(b"**/"):
            ends = [step + 1 for step in range(len(ahead)) if ahead[step : step + 1] == b"/"]
            return any(matches(at + 3, place + step) for step in (0, *ends))
        if rest.startswith(b"*"):
            spans = rest.startswith(b"**")
            most = len(ahead) if spans else len(ahead.split(b"/", 1)[0])
            return any(matches(at + 1 + spans, place + step) for step in range(most + 1))
        is_match = ahead[:1] not in {b"", b"/"} if rest.startswith(b"?") else ahead[:1] == rest[:1]
        return is_match and matches(at + 1, place + 1)

    return matches(0, 0)


NAMES = st.text(alphabet="ab.", min_size=1, max_size=3).filter(lambda name: name not in {".", ".."})
PATHS = st.lists(NAMES, min_size=1, max_size=5).map("/".join)
GLOBS = (
    st.lists(st.sampled_from(["a", "b", ".", "/", "*", "**", "**/", "/**", "?"]), min_size=1, max_size=7)
    .map("".join)
    .filter(lambda glob: not glob.startswith("/") and ".." not in glob.split("/"))
)


def is_taken(glob: str) -> bool:
    try:
        Patterns((glob,))
    except InvalidError:
        return False
    return True


@given(st.lists(GLOBS.filter(is_taken), min_size=1, max_size=4), PATHS)
@example(["**/a"], "ba")
@example(["a/**/b"], "a/b")
@example(["a/"], "a")
@example(["a***/b"], "ab")
def test_patterns_cover_what_the_slow_reference_matches(globs: list[str], path: str) -> None:
    covered = Patterns(tuple(globs)).covers(TreePath(path.encode()))
    assert covered == any(reference(glob.encode(), path.encode()) for glob in globs)


@pytest.mark.parametrize(
    ("glob", "covered", "uncovered"),
    [
        ("**", ["a", "a/b/c"], []),
        ("src", ["src", "src/main.c", "src/net/http.c"], ["srcs/main.c", "lib/src/main.c"]),
        ("src/**", ["src", "src/main.c", "src/net/http.c"], ["srcs/main.c", "lib/src/main.c"]),
        ("src/*", ["src/main.c"], ["src/net/http.c", "src"]),
        ("**/*.c", ["main.c", "src/net/http.c"], ["main.h", "main.c/readme"]),
        ("docs/?.md", ["docs/a.md"], ["docs/ab.md", "docs/.md"]),
        ("src/**/http.c", ["src/http.c", "src/a/b/http.c"], ["src/nothttp.c", "http.c"]),
    ],
)
def test_the_documented_forms_cover_what_they_say(glob: str, covered: list[str], uncovered: list[str]) -> None:
    patterns = Patterns.of([glob])
    assert [path for path in covered if not patterns.covers(TreePath(path.encode()))] == []
    assert [path for path in uncovered if patterns.covers(TreePath(path.encode()))] == []


def test_names_that_are_not_text_are_matched_as_bytes() -> None:
    patterns = Patterns.of(["src/\udce9*.c"])
    assert patterns.covers(TreePath(b"src/\xe9t\xe9.c"))
    assert not patterns.covers(TreePath("src/été.c".encode()))
    assert Patterns.of(["s?c"]).covers(TreePath(b"s\nc"))


def test_the_worst_pattern_on_the_longest_path_takes_no_time() -> None:
    hostile = Patterns.of(["**a**a**a**a**a**b"])
    path = TreePath(b"/".join([b"a" * 240] * 17)[:4096].rstrip(b"/"))
    began = time.process_time()
    assert not hostile.covers(path)
    assert time.process_time() - began < 1


@pytest.mark.parametrize(
    "globs",
    [
        (),
        ("",),
        ("/etc",),
        ("../up",),
        ("a/../b",),
        ("nul\0",),
        ("x" * 513,),
        ("*" * (2 * MAX_STARS + 2),),
        ("a",) * 65,
    ],
)
def test_patterns_that_are_none_are_refused(globs: tuple[str, ...]) -> None:
    with pytest.raises(InvalidError):
        Patterns(globs)


def test_patterns_survive_sealing() -> None:
    patterns = Patterns.of([" src/** ", "src/**", "", "docs/\udce9.md"])
    assert patterns.globs == ("src/**", "docs/\udce9.md")
    assert Patterns.from_bytes(patterns.to_bytes()) == patterns
    assert len(Patterns(tuple(f"p{number}" for number in range(MAX_PATTERNS))).globs) == MAX_PATTERNS
