# SPDX-License-Identifier: Apache-2.0
"""A compile database is the vendor's word: read in bounds, brought to the release's names, and most of it left out."""

import json
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glasshouse.domain.scans.tools import compiledb
from glasshouse.domain.scans.tools.compiledb import NoDatabaseError
from glasshouse.kernel.paths import TreePath

MAIN, OTHER = TreePath(b"src/main.c"), TreePath(b"src/net/other.c")
HEADER = TreePath(b"include/config.h")
PATHS = (MAIN, OTHER, HEADER, TreePath(b"main.c"), TreePath(b"README"))
Entry = Mapping[str, object]


def entry(*words: str, file: str = "/build/x/src/main.c", directory: str = "/build/x/out") -> Entry:
    return {"directory": directory, "file": file, "arguments": ["cc", *words]}


def flags(*entries: Entry) -> dict[TreePath, tuple[str, ...]]:
    return dict(compiledb.read(json.dumps(entries).encode(), PATHS).flags)


SECOND = entry("-DTWO", file="/build/x/src/net/other.c")


def test_flags_that_say_what_a_file_means_stay_with_places_of_the_release() -> None:
    told = entry(
        "-I../include", "-isystem", "/build/x/src/net", "-DA=1", "-D", "B", "-UC", "-std=gnu11", "-c", "main.c"
    )
    found = flags(told, SECOND)
    assert found[MAIN] == ("-I", "include", "-isystem", "src/net", "-DA=1", "-DB", "-UC", "-std=gnu11")
    assert found[OTHER] == ("-DTWO",)


def test_a_command_in_one_text_is_split_as_a_shell_would() -> None:
    told = {"directory": "/build/x", "file": "src/main.c", "command": "cc -DNAME='\"a b\"' -I. -c src/main.c"}
    assert flags(told, SECOND)[MAIN] == ('-DNAME="a b"', "-I", ".")


def test_the_folder_of_the_build_is_the_one_under_which_most_files_are_found() -> None:
    # The release has a main.c at its top as well; one file alone could be either.
    assert MAIN in flags(entry("-DA"), SECOND)
    assert flags(entry("-DA", file="src/main.c", directory="."), entry("-DB", file="src/net/other.c", directory="."))[
        MAIN
    ] == ("-DA",)


def test_a_file_that_is_compiled_twice_has_its_first_flags_and_others_are_counted() -> None:
    told = [entry("-DA"), entry("-DB"), SECOND, entry("-DC", file="/build/x/gone.c"), entry(file="/usr/src/main.c")]
    found = compiledb.read(json.dumps(told).encode(), PATHS)
    assert found.flags[MAIN] == ("-DA",)
    assert found.others == 2


@pytest.mark.parametrize(
    "words",
    [
        ["-fplugin=/build/x/evil.so"],
        ["-fplugin=evil.so"],
        ["-Xclang", "-load", "-Xclang", "evil.so"],
        ["-load", "evil.so"],
        ["@../src/main.c"],
        ["-wrapper", "sh,-c,id"],
        ["-specs=src/main.c"],
        ["--specs", "x"],
        ["-B", "src"],
        ["-o", "/etc/passwd"],
        ["-MF", "out.d"],
        ["-I/etc"],
        ["-I", "../../../../etc"],
        ["-isystem/usr/include"],
        ["-include", "/etc/passwd"],
        ["-include", "../src"],
        ["-imacros", "/etc/passwd"],
        ["--config=src/main.c"],
        ["-fanalyzer-checker=none"],
        ["-Wno-everything"],
        ["-w"],
        ["-D__clang_analyzer__"],
        ["-D__cppcheck__=1"],
        ["-DA=1\n-fplugin=x"],
        ["-D"],
        ["-I"],
        ["-Iinclude\0"],
        ["-std=c11 -fplugin=x"],
        ["--analyze", "-Wp,-MD,x", "-Wl,-z", "-Wa,-x", "-fuse-ld=/x", "-fdump-tree-all", "-save-temps", "-E"],
    ],
)
def test_what_could_do_harm_or_hide_is_left_out(words: list[str]) -> None:
    assert flags(entry(*words), SECOND)[MAIN] == ()


def test_a_header_that_is_forced_in_is_one_of_the_release() -> None:
    assert flags(entry("-include", "../include/config.h"), SECOND)[MAIN] == ("-include", "include/config.h")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"null",
        b"[1]",
        b'[{"file": 3, "directory": "/"}]',
        b'[{"file": "a.c"}]',
        b'[{"file": "", "directory": "/"}]',
        b'[{"file": "elsewhere.x", "directory": "/"}]',
        b"[" * 200_000,
        b"\xff\xfe",
        json.dumps([{"file": "a/" * 2000, "directory": "/"}] * 50).encode(),
    ],
)
def test_what_is_no_database_of_the_release_is_refused(content: bytes) -> None:
    with pytest.raises(NoDatabaseError):
        compiledb.read(content, PATHS)


def test_a_database_that_is_too_large_or_too_long_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiledb, "MAX_COMMANDS", 2)
    with pytest.raises(NoDatabaseError, match="at most 2"):
        flags(SECOND, SECOND, SECOND)
    monkeypatch.setattr(compiledb, "MAX_BYTES", 10)
    with pytest.raises(NoDatabaseError, match="larger"):
        flags(SECOND)


def test_wrong_types_inside_a_command_cost_the_flags_of_that_file_alone() -> None:
    wrong = {"directory": "/build/x", "file": "src/main.c", "arguments": ["cc", 1, None, ["-DA"], "-DB"]}
    assert flags(wrong, SECOND) == {MAIN: ("-DB",), OTHER: ("-DTWO",)}
    unsplit = {"directory": "/build/x", "file": "src/main.c", "command": "cc -DA='unclosed"}
    assert flags(unsplit, SECOND)[MAIN] == ()


@given(
    st.recursive(
        st.none() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(st.sampled_from(["directory", "file", "arguments", "command", "output"]), inner)
        ),
    )
)
def test_anything_is_read_or_refused(told: object) -> None:
    try:
        found = compiledb.read(json.dumps(told).encode(), PATHS)
    except NoDatabaseError:
        return
    assert set(found.flags) <= set(PATHS)
