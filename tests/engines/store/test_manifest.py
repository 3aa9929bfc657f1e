# SPDX-License-Identifier: Apache-2.0
import hashlib
import json
from collections.abc import Callable

import pytest
import rfc8785
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from glasshouse.engines.store import Added, Change, Changed, Entry, Folder, Manifest, Moved, Proof, Removed
from glasshouse.engines.store.errors import EntryNotFoundError
from glasshouse.engines.store.packs import PackReader
from glasshouse.engines.store.pipeline import CHUNK
from glasshouse.engines.store.unpack import LeftOut, Reason
from glasshouse.kernel.paths import TreePath
from tests.engines.store.lab import EXECUTABLE, LINK, PLAIN, Files, Lab, Noise

NOISE = Noise(4)
Model = dict[bytes, tuple[int, bytes]]


def climb(proof: Proof) -> bytes:
    """Recompute a root from a leaf as RFC 9162 2.1.3.2 says: written from the text, sharing no code with the store."""
    place, last = proof.leaf_index, proof.tree_size - 1
    assert 0 <= place <= last
    node = hashlib.sha256(b"\x00" + proof.leaf).digest()
    for sibling in proof.path:
        assert last > 0
        if place & 1 or place == last:
            node = hashlib.sha256(b"\x01" + sibling + node).digest()
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            node = hashlib.sha256(b"\x01" + node + sibling).digest()
        place, last = place >> 1, last >> 1
    assert last == 0
    return node


names = st.sampled_from([b"a", b"b", b"a.c", b"a-b", b"A", b"\xff", b"z\xc3\xa9", b"lib", b"x y", b"~"])
paths = st.lists(names, min_size=1, max_size=4).map(b"/".join)
contents = st.sampled_from([b"", b"one\n", b"two\n", b"three", b"\0"])
files = st.dictionaries(paths, st.tuples(st.sampled_from([PLAIN, EXECUTABLE, LINK]), contents), max_size=25)


def without_clashes(model: Model) -> Model:
    folders = {b"/".join(path.split(b"/")[:depth]) for path in model for depth in range(1, path.count(b"/") + 1)}
    return {path: one for path, one in model.items() if path not in folders}


many = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def shown(entry: Entry) -> tuple[bytes, int, int, bytes]:
    return entry.path.raw, entry.mode, entry.size, entry.digest.raw


def expected(path: bytes, one: tuple[int, bytes]) -> tuple[bytes, int, int, bytes]:
    return path, one[0], len(one[1]), hashlib.sha256(one[1]).digest()


@many
@given(model=files.map(without_clashes))
def test_a_manifest_says_what_a_dictionary_would(lab: Lab, model: Model) -> None:
    sealed = lab.take(model)
    manifest = lab.product.manifest(sealed.root)
    assert [shown(entry) for entry in manifest.entries()] == [expected(*item) for item in sorted(model.items())]
    assert (manifest.files, manifest.bytes) == (len(model), sum(len(one[1]) for one in model.values()))
    for path, one in model.items():
        assert shown(manifest.entry(TreePath(path))) == expected(path, one)
        proof = manifest.prove(TreePath(path))
        assert climb(proof) == sealed.root.raw
    assert climb(manifest.prove_summary()) == sealed.root.raw
    folders = {None} | {folder for path in model for folder in TreePath(path).ancestors}
    for folder in folders:
        check_folder(manifest, folder, model)


def check_folder(manifest: Manifest, folder: TreePath | None, model: Model) -> None:
    prefix = folder.raw + b"/" if folder else b""
    counts: dict[bytes, list[int]] = {}
    for path, (_, content) in sorted(model.items()):
        if path.startswith(prefix):
            count = counts.setdefault(prefix + path[len(prefix) :].split(b"/")[0], [0, 0])
            count[0] += 1
            count[1] += len(content)
    children = [(path, files, size) for path, (files, size) in counts.items()]
    listed = manifest.folder(folder)
    assert [
        (child.path.raw, child.files, child.bytes) if isinstance(child, Folder) else (child.path.raw, 1, child.size)
        for child in listed
    ] == children
    assert all(isinstance(child, Folder) == (child.path.raw not in model) for child in listed)


@many
@given(before=files.map(without_clashes), after=files.map(without_clashes))
def test_a_difference_says_what_dictionaries_would(lab: Lab, before: Model, after: Model) -> None:
    older, newer = lab.take(before).root, lab.take(after).root
    product = lab.product
    found = list(product.manifest(older).diff(product.manifest(newer)))
    changed = {one.before.path.raw: one for one in found if isinstance(one, Changed)}
    assert set(changed) == {path for path in before.keys() & after.keys() if before[path] != after[path]}
    for path, one in changed.items():
        assert shown(one.before) == expected(path, before[path])
        assert shown(one.after) == expected(path, after[path])
    moved = [one for one in found if isinstance(one, Moved)]
    gone = {one.entry.path.raw for one in found if isinstance(one, Removed)} | {one.before.path.raw for one in moved}
    came = {one.entry.path.raw for one in found if isinstance(one, Added)} | {one.after.path.raw for one in moved}
    assert gone == before.keys() - after.keys()
    assert came == after.keys() - before.keys()
    assert all(one.before.digest == one.after.digest for one in moved)
    # Nothing is both removed and added that could have been told as moved.
    removed = {one.entry.digest for one in found if isinstance(one, Removed)}
    assert not removed & {one.entry.digest for one in found if isinstance(one, Added)}
    assert places(found) == sorted(places(found))


def places(found: list[Change]) -> list[bytes]:
    return [(one.entry if isinstance(one, Added | Removed) else one.after).path.raw for one in found]


def test_a_difference_with_itself_is_empty_and_opens_nothing(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    root = lab.take({b"a/%d" % number: b"%d" % number for number in range(100)}).root
    product = lab.product
    manifest = product.manifest(root)
    opened = count_blocks(monkeypatch)
    assert list(manifest.diff(manifest)) == []
    assert opened() == 0


def count_blocks(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    opened: list[int] = []
    real = PackReader.block

    def counting(self: PackReader, number: int) -> bytes:
        opened.append(number)
        return real(self, number)

    monkeypatch.setattr(PackReader, "block", counting)
    return lambda: len(opened)


def odd(*what: int) -> bytes:
    return hashlib.sha256(repr(what).encode()).hexdigest()[:12].encode()


WIDE: Files = {
    b"src/%03d/file-%02d-%s.c" % (folder, file, odd(folder, file)): odd(folder, file, 1)
    for folder in range(300)
    for file in range(40)
}
DEEP = next(path for path in WIDE if path.startswith(b"src/150/file-07"))


def test_an_entry_and_a_folder_open_only_the_blocks_on_their_way(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    root = lab.take(WIDE).root
    product = lab.product
    product.manifest(root)
    blocks = product._catalog.segments[0].manifest.blocks
    assert blocks > 5
    opened = count_blocks(monkeypatch)
    product.manifest(root).entry(TreePath(DEEP))
    assert opened() <= 3
    product.manifest(root).folder(TreePath(b"src/150"))
    assert opened() <= 3
    product.manifest(root).prove(TreePath(DEEP))
    assert opened() <= 7


def test_releases_share_the_nodes_they_have_in_common(lab: Lab) -> None:
    lab.take(WIDE)
    second = lab.take({**WIDE, DEEP: b"changed\n"})
    pack = lab.folder / "releases" / str(second.root) / "manifest.pack"
    first = min((path for path in lab.folder.rglob("manifest.pack") if path != pack), key=lambda path: path.name)
    assert pack.stat().st_size * 4 < first.stat().st_size
    product = lab.product
    older, newer = product.roots()
    found = list(product.manifest(older).diff(product.manifest(newer)))
    assert [(type(one), one.after.path.raw) for one in found if isinstance(one, Changed)] == [(Changed, DEEP)]


def test_a_folder_of_very_many_files_is_cut_and_still_whole(lab: Lab) -> None:
    model: Model = {b"flat/%05d" % number: (PLAIN, odd(number)) for number in range(15_000)}
    model |= {b"flat/%05d.d/inner" % number: (PLAIN, b"inner") for number in range(0, 5000, 500)}
    model |= {b"flat/%05d-x" % number: (LINK, b"target") for number in range(0, 5000, 500)}
    older = lab.take(model)
    changed = {**model, b"flat/02500": (PLAIN, b"changed"), b"flat/00007.d/new": (PLAIN, b"new")}
    del changed[b"flat/04999"]
    newer = lab.take(changed)
    product = lab.product
    one, two = product.manifest(older.root), product.manifest(newer.root)
    check_folder(one, TreePath(b"flat"), model)
    check_folder(two, TreePath(b"flat"), changed)
    assert places(list(one.diff(two))) == [b"flat/00007.d/new", b"flat/02500", b"flat/04999"]
    for path in [*sorted(changed)[::123], b"flat/00500.d/inner", b"flat/00000", b"flat/00500-x"]:
        assert climb(two.prove(TreePath(path))) == newer.root.raw
        assert shown(two.entry(TreePath(path))) == expected(path, changed[path])
    for absent in (
        b"flat/04999",
        b"flat/!",
        b"flat/~",
        b"flat/00500.d",
        b"flat/00500.d/inner/x",
        b"flat/00501.d/inner",
    ):
        with pytest.raises(EntryNotFoundError):
            two.entry(TreePath(absent))
        with pytest.raises(EntryNotFoundError):
            two.prove(TreePath(absent))
    packs = {path.parent.name: path.stat().st_size for path in lab.folder.rglob("manifest.pack")}
    assert packs[str(newer.root)] * 2 < packs[str(older.root)]
    assert product.verify(newer.root).is_whole


def test_what_is_not_there_is_not_found(lab: Lab) -> None:
    manifest = lab.product.manifest(lab.take({b"a/b.c": b"1\n"}).root)
    for path in (b"a", b"b.c", b"a/b", b"a/b.c/d", b"A/b.c"):
        with pytest.raises(EntryNotFoundError):
            manifest.entry(TreePath(path))
    for path in (b"a/b.c", b"b", b"a/b"):
        with pytest.raises(EntryNotFoundError):
            manifest.folder(TreePath(path))


def test_a_leaf_is_what_the_offline_verifier_expects(lab: Lab) -> None:
    hostile = b'na"me\\\xff\n\xe2\x80\xae\xc3\xa9'
    large = b"".join(b"line %d\n" % number for number in range(60_000))
    assert CHUNK < len(large) < 3 * CHUNK
    out = [LeftOut(b"../x\xff", Reason.PARENT_NAME, 'a "detail" é\x07')]
    root = lab.take({hostile: large, b"plain/file.c": (EXECUTABLE, b"x")}, out).root
    manifest = lab.product.manifest(root)
    for path in (hostile, b"plain/file.c"):
        entry = manifest.entry(TreePath(path))
        leaf = manifest.prove(TreePath(path)).leaf
        head = b"glasshouse/manifest-leaf/v1\n"
        assert leaf.startswith(head)
        assert leaf[len(head) + 32 :] == rfc8785.dumps(
            {
                "chunks": [[str(chunk.digest), chunk.first_line] for chunk in entry.chunks],
                "digest": str(entry.digest),
                "git": entry.git_id.hex(),
                "lines": entry.lines,
                "mode": f"{entry.mode:o}",
                "path": str(TreePath(path)),
                "size": entry.size,
            }
        )
    summary = manifest.prove_summary()
    head = b"glasshouse/manifest-summary/v1\n"
    assert summary.leaf_index == summary.tree_size - 1 == 2
    assert summary.leaf.startswith(head)
    listed = rfc8785.dumps([[one.name.hex(), str(one.reason), one.detail] for one in out])
    assert summary.leaf[len(head) + 32 :] == rfc8785.dumps(
        {
            "bytes": manifest.bytes,
            "files": 2,
            "left_out": hashlib.sha256(listed).hexdigest(),
            "lines": manifest.lines,
        }
    )


def test_salts_are_equal_for_equal_entries_and_hide_the_rest(lab: Lab) -> None:
    first = lab.take({b"a": b"1\n", b"b": b"2\n"}).root
    second = lab.take({b"a": b"1\n", b"b": b"3\n"}).root
    product = lab.product
    start = len(b"glasshouse/manifest-leaf/v1\n")

    def salt(root: object, path: bytes) -> bytes:
        assert root in {first, second}
        leaf = product.manifest(first if root == first else second).prove(TreePath(path)).leaf
        json.loads(leaf[start + 32 :])
        return leaf[start : start + 32]

    assert salt(first, b"a") == salt(second, b"a")
    assert len({salt(first, b"a"), salt(first, b"b"), salt(second, b"b")}) == 3


def test_a_proof_of_another_place_or_leaf_does_not_lead_to_the_root(lab: Lab) -> None:
    sealed = lab.take({b"%d" % number: b"%d" % number for number in range(37)})
    proof = lab.product.manifest(sealed.root).prove(TreePath(b"5"))
    assert climb(proof) == sealed.root.raw
    for bit in range(8 * len(proof.leaf)):
        leaf = bytearray(proof.leaf)
        leaf[bit // 8] ^= 1 << bit % 8
        assert climb(Proof(proof.root, bytes(leaf), proof.leaf_index, proof.tree_size, proof.path)) != sealed.root.raw
