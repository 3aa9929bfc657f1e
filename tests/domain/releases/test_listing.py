# SPDX-License-Identifier: Apache-2.0
"""What a grant does not cover is in no listing, no count, no size, no list of changes."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from glasshouse.domain.access.values import Patterns
from glasshouse.domain.readingroom import commands as readingroom
from glasshouse.domain.releases import queries
from glasshouse.domain.releases.listing import narrowed_listing
from glasshouse.domain.releases.values import Item
from glasshouse.engines.store import Manifest
from glasshouse.engines.store.unpack import LeftOut, Reason
from glasshouse.kernel.errors import NotFoundError
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.paths import TreePath
from tests.engines.store.lab import Lab, make_lab
from tests.lab import FILES, NOW, House, next_version

TREE = {
    b"README": b"r\n",
    b"a/b/c/deep.c": b"int deep;\n",
    b"a/b/one.c": b"int one;\n",
    b"a/two.h": b"int two;\n",
    b"b/one.c": b"int b;\n",
    b"b/three.md": b"# three\n",
    b"secret/keys.c": b"int key;\n",
    b"secret/more/keys.h": b"int more;\n",
}


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Manifest:
    folder: Path = tmp_path_factory.mktemp("listing")
    lab: Lab = make_lab(folder)
    return lab.product.manifest(lab.take(TREE).root)


def walk(manifest: Manifest, patterns: Patterns, folder: TreePath | None = None) -> dict[bytes, Item]:
    found: dict[bytes, Item] = {}
    for item in narrowed_listing(manifest, patterns, folder):
        found[item.path.raw] = item
        if item.is_folder:
            found |= walk(manifest, patterns, item.path)
    return found


GLOBS = st.lists(
    st.sampled_from(["a/**", "a/*", "**/*.c", "b", "secret/*", "*", "a/b/**", "**/keys.?", "none", "**"]),
    min_size=1,
    max_size=3,
    unique=True,
)


@given(GLOBS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_listing_holds_exactly_what_is_covered_and_counts_nothing_else(manifest: Manifest, globs: list[str]) -> None:
    patterns = Patterns.of(globs)
    covered = {path: content for path, content in TREE.items() if patterns.covers(TreePath(path))}
    found = walk(manifest, patterns)
    assert {path for path, item in found.items() if not item.is_folder} == set(covered)
    for path, item in found.items():
        inside = {one: content for one, content in covered.items() if one == path or one.startswith(path + b"/")}
        assert (item.files, item.bytes) == (len(inside), sum(map(len, inside.values())))
        assert item.files > 0


@given(GLOBS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_folder_without_anything_covered_does_not_exist(manifest: Manifest, globs: list[str]) -> None:
    patterns = Patterns.of(globs)
    for folder in (b"a", b"a/b", b"a/b/c", b"b", b"secret", b"secret/more", b"none", b"README"):
        is_there = any(path.startswith(folder + b"/") for path in TREE if patterns.covers(TreePath(path)))
        if is_there:
            assert narrowed_listing(manifest, patterns, TreePath(folder))
        else:
            with pytest.raises(NotFoundError):
                narrowed_listing(manifest, patterns, TreePath(folder))


def test_folders_come_first_and_the_whole_lists_like_the_narrowed(manifest: Manifest) -> None:
    whole = narrowed_listing(manifest, Patterns.of(["**"]), None)
    assert [item.name for item in whole] == ["a", "b", "secret", "README"]
    assert whole == narrowed_listing(manifest, Patterns.of(["**/*"]), None)


def test_pages_of_a_folder_are_recorded_as_the_pages_they_are(house: House) -> None:
    desk = house.desk(patterns=("src/**", "README"))
    first = readingroom.open_folder(desk.viewer, desk.grant, desk.release, None, now=NOW, size=1)
    second = readingroom.open_folder(desk.viewer, desk.grant, desk.release, None, now=NOW, first=1, size=5)
    assert [item.name for item in (*first.items, *second.items)] == ["src", "README"]
    assert (first.total, second.total, second.first) == (2, 2, 1)
    assert (first.items[0].files, first.view.charged) == (3, 0)
    assert first.listing_digest != second.listing_digest
    with pytest.raises(NotFoundError):
        readingroom.open_folder(desk.viewer, desk.grant, desk.release, TreePath(b"secret"), now=NOW)
    with pytest.raises(NotFoundError):
        readingroom.open_folder(house.cast.stranger, desk.grant, desk.release, None, now=NOW)


def test_changes_tell_nothing_of_what_lies_outside(house: House) -> None:
    files = {**FILES, "server-1/src/moved.c": b"int moves_about;\n" * 9}
    after = dict(next_version(files))
    after["server-2/secret/moved.c"] = after.pop("server-2/src/moved.c")
    after["server-2/secret/keys.c"] = b"int changed;\n"
    after["server-2/secret/fresh.c"] = b"int fresh;\n"
    old, new = house.take("1", files), house.take("2", after)
    narrow = house.seat(house.cast.reviewer, new, old, patterns=("src/**",))
    shown = readingroom.open_changes(narrow.viewer, narrow.grant, Uid(old.uid), Uid(new.uid), now=NOW)
    assert {type(change).__name__ for change in shown.changes} == {"Added", "Changed", "Moved", "Removed"}
    assert "secret" not in str(shown.changes)
    assert shown.total == 4
    assert {kind.value: count for kind, count in shown.counts.items()} == {
        "added": 1,
        "changed": 1,
        "moved": 1,
        "removed": 1,
    }
    assert shown.same == 1  # src/long.c
    with pytest.raises(NotFoundError):
        readingroom.open_changes(house.cast.stranger, narrow.grant, Uid(old.uid), Uid(new.uid), now=NOW)


def test_what_was_left_out_is_told_as_far_as_the_grant_covers_it(tmp_path: Path) -> None:
    left_out = [
        LeftOut(b"src/device", Reason.DEVICE),
        LeftOut(b"secret/fifo", Reason.DEVICE),
        LeftOut(b"../x", Reason.DEVICE),
    ]
    lab = make_lab(tmp_path)
    manifest = lab.product.manifest(lab.take(TREE, left_out).root)
    told = list(manifest.left_out())
    assert {one.name for one in told} == {b"src/device", b"secret/fifo", b"../x"}
    for globs, names in ((["src/**"], {b"src/device"}), (["**"], {one.name for one in told}), (["none"], set())):
        patterns = Patterns.of(globs)
        assert {one.name for one in told if patterns.is_whole or queries._covers_name(patterns, one.name)} == names
