# SPDX-License-Identifier: Apache-2.0
"""Names of files: what lies in the tree, and what does not."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glasshouse.engines.formats.sarif import Location, Omission
from glasshouse.kernel.errors import InvalidError
from glasshouse.kernel.paths import TreePath
from tests.engines.formats.sarif.files import at, log, only, opened, result

HOME = {"SRCROOT": {"uri": "file:///home/ci/project/"}}


def place_of(uri: str, root: bytes = b"", bases: Any = None, **more: Any) -> Location:
    told = log(result(locations=[at(uri, **more)]), **({"originalUriBaseIds": bases} if bases else {}))
    (found,) = only(told, root=root).locations
    return found


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("src/a.c", b"src/a.c"),
        ("./src//a.c", b"src/a.c"),
        ("src/../a.c", b"a.c"),
        ("a%20b%23.c", b"a b#.c"),
        ("b\u00fccher.c", "b\u00fccher.c".encode()),
        ("a%FF.c", b"a\xff.c"),
        ("a\udcff.c", b"a\xff.c"),
        ("src\\win\\a.c", b"src/win/a.c"),
        ("a%5Cb.c", b"a\\b.c"),
        ("a%zz.c", b"a%zz.c"),
        (".hidden/...c", b".hidden/...c"),
    ],
)
def test_names_inside(uri: str, path: bytes) -> None:
    assert place_of(uri).path == TreePath(path)


@pytest.mark.parametrize(
    "uri",
    [
        "/etc/passwd",
        "file:///etc/passwd",
        "file://host/src/a.c",
        "FILE:/etc/passwd",
        "../a.c",
        "src/../../a.c",
        "%2e%2e/a.c",
        "..%2fa.c",
        "..\\a.c",
        "src%2f..%2f..%2fa.c",
        "\\\\host\\share\\a.c",
        "//host/a.c",
        "C:/a.c",
        "C:\\a.c",
        "https://evil.example/a.c",
        "data:text/plain,x",
        "a%00.c",
        "a\0.c",
        "a\ud800.c",
        "",
        ".",
        "a/..",
        "a" * 5000,
        "a/" * 300 + "a",
    ],
)
def test_names_outside_are_told_and_never_paths(uri: str) -> None:
    reading = opened(log(result(locations=[at(uri)])))
    ((_, found),) = reading.results()
    assert found.locations[0].path is None
    assert len(found.locations[0].outside) <= 1_000
    if uri:
        assert found.locations[0].outside
        assert reading.omitted == {Omission.OUTSIDE: 1}


@pytest.mark.parametrize("base", ["SRCROOT", "%SRCROOT%", "ROOTPATH", "PROJECT_ROOT"])
def test_the_usual_names_of_a_root_are_the_tree(base: str) -> None:
    assert place_of("a.c", uriBaseId=base).path == TreePath(b"a.c")
    assert place_of("a.c", uriBaseId=base, bases={base: {"uri": "file:///x/"}}).path == TreePath(b"a.c")


def test_a_base_inside_another_stands_before_the_name() -> None:
    bases = HOME | {"LIB": {"uri": "lib/", "uriBaseId": "SRCROOT"}}
    assert place_of("a.c", uriBaseId="LIB", bases=bases).path == TreePath(b"lib/a.c")


def test_other_bases_are_outside() -> None:
    assert place_of("a.c", uriBaseId="SYSTEM").outside == "SYSTEM/a.c"
    assert place_of("stdio.h", uriBaseId="SYSTEM", bases={"SYSTEM": {"uri": "file:///usr/include/"}}).path is None


def test_bases_that_go_round_are_outside() -> None:
    bases = {"A": {"uri": "a/", "uriBaseId": "B"}, "B": {"uri": "b/", "uriBaseId": "A"}}
    assert place_of("a.c", uriBaseId="A", bases=bases).path is None


def test_absolute_names_below_the_root_are_inside() -> None:
    assert place_of("file:///src/lib/a.c", root=b"/src").path == TreePath(b"lib/a.c")
    assert place_of("/src/lib/../a.c", root=b"/src/").path == TreePath(b"a.c")
    assert place_of("/srclib/a.c", root=b"/src").path is None
    assert place_of("/src/../etc/passwd", root=b"/src").path is None
    assert place_of("file:///home/ci/project/a.c", bases=HOME).path == TreePath(b"a.c")
    assert place_of("a.c", root=b"/src", bases={"SRCROOT": {"uri": "file:///src/lib/"}}, uriBaseId="SRCROOT").path == (
        TreePath(b"lib/a.c")
    )


@given(st.text(max_size=40), st.sampled_from(["", "SRCROOT", "OTHER", "OUTSIDE"]))
def test_no_name_leaves_the_tree(uri: str, base: str) -> None:
    found = place_of(uri, root=b"/src", **({"uriBaseId": base} if base else {}))
    assert found.path is None or found.path.parts
    assert "\0" not in found.outside
    found.outside.encode()


def test_a_base_that_is_no_object_is_refused() -> None:
    with pytest.raises(InvalidError, match="/runs/0/originalUriBaseIds/SRCROOT"):
        opened(log(originalUriBaseIds={"SRCROOT": "file:///"}))
