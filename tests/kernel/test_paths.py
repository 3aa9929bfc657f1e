# SPDX-License-Identifier: Apache-2.0
"""One path, one spelling: what a page, a URL and a receipt say is the bytes that the vendor shipped."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glasshouse.kernel.errors import InvalidError
from glasshouse.kernel.paths import MAX_BYTES, MAX_DEPTH, TreePath, escaped

PART = st.binary(min_size=1, max_size=12).filter(
    lambda part: part not in {b".", b".."} and b"/" not in part and b"\0" not in part
)
PATHS = st.lists(PART, min_size=1, max_size=5).map(lambda parts: TreePath(b"/".join(parts)))


@given(PATHS)
def test_the_text_form_leads_back_to_the_same_bytes(path: TreePath) -> None:
    assert TreePath.parse(str(path)) == path


@given(PATHS)
def test_nothing_in_the_text_form_acts_on_a_screen(path: TreePath) -> None:
    assert all(char == " " or unicodedata.category(char)[0] in "LMNPS" for char in str(path))


@given(st.text(max_size=20))
def test_a_text_is_the_one_spelling_of_its_path_or_refused(text: str) -> None:
    try:
        path = TreePath.parse(text)
    except InvalidError:
        return
    assert str(path) == text


@pytest.mark.parametrize(
    "raw", [b"", b"/", b"/etc/passwd", b"a//b", b"a/", b".", b"a/./b", b"..", b"a/../b", b"a\0b", b"../../out"]
)
def test_what_could_leave_a_release_is_no_path(raw: bytes) -> None:
    with pytest.raises(InvalidError):
        TreePath(raw)


@pytest.mark.parametrize("text", [r"\x41", r"a\x2fb", r"a\X1b", "\\", "a\u202eb", "a\nb", r"\xc3\xa9", "a\ud800"])
def test_another_spelling_is_refused(text: str) -> None:
    with pytest.raises(InvalidError):
        TreePath.parse(text)


def test_what_would_mislead_is_shown_by_its_bytes() -> None:
    assert escaped("a\u202ecod.c".encode()) == r"a\xe2\x80\xaecod.c"
    assert escaped(b"\x1b[31m\xff") == r"\x1b[31m\xff"
    assert escaped("naïve \\ 文.c".encode()) == r"naïve \x5c 文.c"


def test_a_path_has_bounds() -> None:
    assert len(TreePath(b"a" * MAX_BYTES).raw) == MAX_BYTES
    assert len(TreePath(b"/".join([b"a"] * MAX_DEPTH)).parts) == MAX_DEPTH
    for raw in (b"a" * (MAX_BYTES + 1), b"/".join([b"a"] * (MAX_DEPTH + 1))):
        with pytest.raises(InvalidError):
            TreePath(raw)


def test_a_path_knows_the_folders_above_it() -> None:
    path = TreePath(b"src/core/main.c")
    assert [str(folder) for folder in path.ancestors] == ["src", "src/core"]
    assert path.parent == TreePath(b"src/core")
    assert TreePath(b"README").parent is None
    assert path.name == "main.c"
