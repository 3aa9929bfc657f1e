# SPDX-License-Identifier: Apache-2.0
"""The index at rest: asked for with the release, resumed after a kill, whole or not there."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from django.conf import settings

from glasshouse.domain.jobs.models import Job
from glasshouse.domain.releases import commands, indexing, queries
from glasshouse.domain.releases.errors import ReleaseExistsError
from glasshouse.domain.releases.indexing import Batch, IndexBusyError
from glasshouse.engines.store.errors import DamagedError
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.ids import Uid
from tests.lab import FILES, Files, House, next_version

FEW: Files = {f"server-1/f{number}.c": b"int f_%d;\n" % number * 50 for number in range(12)}


class KilledError(Exception):
    """What a kill looks like from inside."""


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Segments of two or three of the few files."""
    monkeypatch.setattr(indexing, "BATCH_BYTES", 1_000)


def documents(product: Uid) -> list[bytes]:
    found: list[bytes] = []
    for name in indexing.names(product):
        found += indexing.digests(product, indexing.head(product, name))
    return sorted(found)


def test_the_index_of_a_release_is_asked_for_with_its_row(house: House) -> None:
    taken = house.take()
    job = Job.objects.get(kind=commands.INDEX)
    assert job.arguments == {"product": taken.product.uid, "release": taken.uid}
    with pytest.raises(ReleaseExistsError):
        house.take()
    assert Job.objects.filter(kind=commands.INDEX).count() == 1


def test_only_what_no_segment_has_is_built(house: House) -> None:
    first = house.take()
    product, ref = Uid(first.product.uid), queries.ref(first)
    assert indexing.index(product, [ref]) == 7  # without the empty file, the binary one and the link
    assert indexing.index(product, [ref]) == 0
    second = queries.ref(house.take("2", next_version(FILES)))
    assert not indexing.is_complete(product, [second])
    assert indexing.index(product, [second]) == 2
    assert indexing.is_complete(product, [ref, second])
    assert len(documents(product)) == 9


def test_a_kill_at_any_moment_is_gone_on_from_with_the_same_result(house: House, small: None) -> None:
    del small
    whole = house.take(files=FEW, product="whole")
    indexing.index(Uid(whole.product.uid), [queries.ref(whole)])
    taken = house.take(files=FEW)
    product, ref = Uid(taken.product.uid), queries.ref(taken)

    def killed(product: Uid, batches: Sequence[Batch]) -> Iterator[str]:
        yield indexing.build(product, batches[0])
        (indexing.folder(product) / "building-0.pack").write_bytes(b"half of one")
        raise KilledError

    rounds = 0
    while True:
        rounds += 1
        try:
            indexing.index(product, [ref], build=killed)
        except KilledError:
            continue
        except IndexError:  # there was nothing left to build
            break
    assert rounds > 5
    assert documents(product) == documents(Uid(whole.product.uid))
    indexing.index(product, [ref])
    assert not list(indexing.folder(product).glob("building-*"))


def test_a_real_kill_at_any_step_of_a_build_and_a_merge_is_gone_on_from_with_the_same_result(
    house: House, small: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    del small
    monkeypatch.setattr(indexing, "MERGE_FROM", 99)
    before = house.take(files={name: FEW[name] for name in list(FEW)[:5]})
    product = Uid(before.product.uid)
    indexing.index(product, [queries.ref(before)])
    after = house.take("2", FEW)
    lab = settings.GLASSHOUSE
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "glasshouse.config.settings",
        "GLASSHOUSE_HOME": str(lab.home),
        "GLASSHOUSE_KEYS": str(lab.keys),
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    command = [sys.executable, "-m", "tests.domain.releases.killing", product.text]
    roots = [Digest(bytes(one.root)).raw.hex() for one in (before, after)]
    done = subprocess.run([*command, *roots], env=environment, capture_output=True, check=True, text=True)
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert [one["step"] for one in told] == list(range(1, len(told) + 1))
    assert len(told) > 20
    assert {one["was_merged"] for one in told} == {False, True}
    indexing.index(product, [queries.ref(before), queries.ref(after)])
    expected = [digest.hex() for digest in documents(product)]
    assert len(expected) == 12
    for one in told:
        assert one["documents"] == expected, f"killed at step {one['step']}"
        assert "building" not in one["names"]


def test_a_kill_between_a_merge_and_the_end_of_what_it_merged_counts_nothing_twice(
    house: House, small: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    del small
    monkeypatch.setattr(indexing, "MERGE_FROM", 99)
    taken = house.take(files=FEW)
    product, ref = Uid(taken.product.uid), queries.ref(taken)
    indexing.index(product, [ref])
    before = indexing.names(product)
    assert len(before) > 4
    expected = documents(product)
    monkeypatch.setattr(indexing, "MERGE_FROM", 2)
    monkeypatch.setattr(indexing, "BATCH_BYTES", 2**20)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", lambda _path: (_ for _ in ()).throw(KilledError()))
        with pytest.raises(KilledError):
            indexing.index(product, [ref])
    names = indexing.names(product)
    assert len(names) == len(before) + 1
    [standing] = indexing.standing(indexing.head(product, name) for name in names)
    assert standing.replaces == set(before)
    indexing.index(product, [ref])
    assert indexing.names(product) == [standing.name]
    assert documents(product) == expected


def test_one_changed_byte_anywhere_is_detected(house: House) -> None:
    taken = house.take(files=FEW)
    product = Uid(taken.product.uid)
    indexing.index(product, [queries.ref(taken)])
    [name] = indexing.names(product)
    path = indexing.folder(product) / name
    content = path.read_bytes()
    for place in range(0, len(content), 7):
        path.write_bytes(content[:place] + bytes([content[place] ^ 4]) + content[place + 1 :])
        with pytest.raises(DamagedError):
            indexing.load(product, indexing.head(product, name))
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(DamagedError):
        indexing.head(product, name)
    path.write_bytes(content)
    assert len(indexing.load(product, indexing.head(product, name))) == 12


def test_two_do_not_index_one_product_at_once(house: House) -> None:
    taken = house.take()
    product, ref = Uid(taken.product.uid), queries.ref(taken)

    def meanwhile(product: Uid, batches: Sequence[Batch]) -> Iterator[str]:
        with pytest.raises(IndexBusyError):
            indexing.index(product, [ref])
        yield from indexing.build_here(product, batches)

    assert indexing.index(product, [ref], build=meanwhile) == 7


def test_segments_are_for_the_lab_alone(house: House) -> None:
    taken = house.take()
    indexing.index(Uid(taken.product.uid), [queries.ref(taken)])
    where = indexing.folder(Uid(taken.product.uid))
    assert where.stat().st_mode & 0o077 == 0
    assert [path for path in where.iterdir() if path.stat().st_mode & 0o077] == []


def test_the_index_goes_with_the_key(house: House) -> None:
    taken = house.take()
    indexing.index(Uid(taken.product.uid), [queries.ref(taken)])
    taken.product.destroyed_at = taken.imported_at
    taken.product.save()
    assert commands.destroy_marked_keys() == ["server"]
    assert not indexing.folder(Uid(taken.product.uid)).exists()
