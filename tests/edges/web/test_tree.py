# SPDX-License-Identifier: Apache-2.0
"""The tree beside a page: parts of large folders, what is open in what, and whose addresses it has."""

from typing import Final

from glasshouse.edges.web.tree import PART, Level, Tree
from glasshouse.kernel.paths import TreePath

BASE: Final = "/r/grant/release/"
NAMES: Final = [f"f{number:04}.c" for number in range(2 * PART + 5)]


def level(folders: list[str], files: list[str], below: str = "") -> Level:
    """Return a folder's level as it is kept, addresses without a grant."""
    addresses = [f"\0file/{below}{name}" for name in files]
    rows = [f'<li><a class="dir" href="\0folder/{below}{name}">{name}</a></li>' for name in folders]
    rows += [f'<li><a href="{address}">{address.rpartition("/")[2]}</a></li>' for address in addresses]
    at = {name: place for place, name in enumerate([*folders, *files])}
    return Level(rows, at, addresses, {address: place for place, address in enumerate(addresses)})


def test_a_large_folder_is_shown_in_the_part_of_the_page() -> None:
    large = level([], NAMES)
    shown = large.html(TreePath.parse(NAMES[PART + 1]), "")
    assert shown.count("<li>") == PART
    assert f">{NAMES[PART]}<" in shown
    assert f">{NAMES[2 * PART - 1]}<" in shown
    assert f">{NAMES[PART - 1]}<" not in shown
    assert large.html(TreePath.parse(NAMES[-1]), "").count("<li>") == 5
    assert large.html(None, "") == large.html(TreePath.parse(NAMES[0]), "")


def test_what_is_open_stands_in_its_folder() -> None:
    inner = level([], ["a.c"], "src/").html(TreePath.parse("src/a.c"), "")
    shown = level(["doc", "src"], ["b.c"]).html(TreePath.parse("src"), inner)
    opened = '<li><a class="dir open" aria-expanded="true" href="\0folder/src">src</a>'
    assert f'{opened}<ul><li><a href="\0file/src/a.c">a.c</a></li></ul></li><li><a href="\0file/b.c">' in shown
    assert shown.count("aria-expanded") == 1


def test_the_files_beside_a_file_are_its_neighbours_in_the_whole_folder() -> None:
    tree = Tree("", BASE, level([], NAMES))
    edge = f"{BASE}file/{NAMES[PART - 1]}"
    assert tree.beside(edge) == (f"{BASE}file/{NAMES[PART - 2]}", f"{BASE}file/{NAMES[PART]}")
    assert tree.beside(f"{BASE}file/{NAMES[0]}")[0] == ""
    assert tree.beside(f"{BASE}file/{NAMES[-1]}")[1] == ""
    assert tree.beside(f"{BASE}folder/{NAMES[0]}") == ("", "")
