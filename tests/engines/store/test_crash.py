# SPDX-License-Identifier: Apache-2.0
"""Killed, or out of disk, at any moment: what was there before is whole, and nothing half made is seen."""

import errno
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from glasshouse.engines.store.errors import DiskFullError
from tests.engines.store.lab import Lab, Noise

CHILD = """
import resource, signal, sys
from pathlib import Path
from glasshouse.engines.store import KeyRing, MasterKey, Store
from glasshouse.engines.store.errors import DiskFullError
from glasshouse.kernel.ids import Uid
from tests.engines.store.lab import Lab, Noise, members

root, uid, seed, cap = Path(sys.argv[1]), Uid.parse(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
if cap:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (cap, cap))
lab = Lab(root, KeyRing(root / "keys", MasterKey.load(root / "master.key")), uid)
noise = Noise(seed)
print("started", flush=True)
try:
    with lab.product.begin() as intake:
        for one in members({b"%d/%d" % (n % 50, n): noise.randbytes(4000) for n in range(3000)}):
            intake.add(one)
        print("finishing", flush=True)
        print("sealed", intake.finish().root, flush=True)
except DiskFullError as error:
    print("full", error.message, flush=True)
"""


def start(lab: Lab, seed: int, cap: int = 0) -> "subprocess.Popen[str]":
    place = os.pathsep.join(path for path in sys.path if path)
    command = [sys.executable, "-c", CHILD, str(lab.root), str(lab.uid), str(seed), str(cap)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={"PYTHONPATH": place, "PATH": os.defpath})


def test_killed_at_ten_moments_nothing_half_made_is_seen_and_the_next_intake_cleans_up(lab: Lab) -> None:
    kept = lab.take({b"kept.c": b"int kept;\n"}).root
    before = lab.state()
    caught = 0
    for seed in range(10):
        child = start(lab, seed)
        assert child.stdout is not None
        assert child.stdout.readline() == "started\n"
        if seed % 2:  # every other time close to the end, where release and index are made whole
            assert child.stdout.readline() == "finishing\n"
        try:
            child.wait(0.02 * (seed + 1))
        except subprocess.TimeoutExpired:
            child.send_signal(signal.SIGKILL)
        child.wait()
        told = child.stdout.read()
        child.stdout.close()

        product = lab.product
        roots = [str(root) for root in product.roots()]
        assert str(kept) in roots
        if "sealed" in told:
            assert told.split()[-1] in roots
        for root in product.roots()[-1:]:
            assert product.verify(root).is_whole
        caught += any((lab.folder / "intake").iterdir())
        with product.begin():
            assert len(list((lab.folder / "intake").iterdir())) == 1
        assert list((lab.folder / "intake").iterdir()) == []
    assert caught >= 3, "too few of the kills met an intake half way"
    after = lab.state()
    assert {name: after[name] for name in before} == before


@pytest.mark.parametrize("cap", [1, 10, 4096, 1_000_000, 8_000_000])
def test_a_full_disk_is_said_so_and_nothing_half_made_stays(lab: Lab, cap: int) -> None:
    kept = lab.take({b"kept.c": b"int kept;\n"}).root
    before = lab.state()
    child = start(lab, 1, cap)
    told, _ = child.communicate(timeout=60)
    assert child.returncode == 0
    assert "The disk of the store is full" in told
    assert lab.state() == before
    assert lab.product.verify(kept).is_whole
    assert lab.take({b"more.c": b"int more;\n"}).is_new


@pytest.mark.parametrize("call", ["write", "fsync", "fdatasync", "mkdir", "open"])
def test_whichever_call_finds_the_disk_full_the_refusal_is_the_same(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    """Let the n-th call of one kind fail, for every n that an intake reaches."""
    monkeypatch.setattr("glasshouse.engines.store.packs._SYNC_EVERY", 50_000)
    kept = lab.take({b"kept.c": b"int kept;\n"}).root
    before = lab.state()
    product = lab.product
    product.manifest(kept)
    real = getattr(os, call)
    noise = Noise(2)
    files = {b"%d" % number: noise.randbytes(9000) for number in range(90)}
    for fatal in range(200):
        calls = 0

        def failing(*arguments: object, **named: object) -> object:
            nonlocal calls
            is_ours = call != "open" or "intake" in str(arguments[0])
            calls += is_ours
            if is_ours and calls == fatal + 1:  # noqa: B023 - called in this turn of the loop only
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return real(*arguments, **named)

        with monkeypatch.context() as patch:
            patch.setattr(os, call, failing)
            try:
                lab.take(files)
            except DiskFullError:
                pass
            else:
                assert fatal > 0
                break
        assert product.roots() == [kept]
        after = lab.state()
        assert after == before
    else:
        pytest.fail("the intake never came to its end")
    assert [product.verify(root).is_whole for root in product.roots()] == [True, True]


def test_a_release_that_could_not_be_made_whole_can_be_taken_in_again(lab: Lab) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    content = Noise(3).randbytes(3_000_000)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, limits[1]))
        with pytest.raises(DiskFullError):
            lab.take({b"noise": content})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, ignored)
    assert lab.product.verify(lab.take({b"noise": content}).root).is_whole


def test_leftovers_of_any_shape_are_removed_and_releases_are_not(lab: Lab) -> None:
    kept = lab.take({b"kept.c": b"int kept;\n"}).root
    leftover: Path = lab.folder / "intake" / "0123"
    (leftover / "deep").mkdir(parents=True)
    (leftover / "deep" / "blobs-0000.pack").write_bytes(b"half")
    (lab.folder / "intake" / "stray").write_bytes(b"a file, not a folder")
    with lab.product.begin():
        pass
    assert list((lab.folder / "intake").iterdir()) == []
    assert lab.product.roots() == [kept]
