# SPDX-License-Identifier: Apache-2.0
"""Files for a command are in memory while it runs, and nowhere afterwards, whatever becomes of us."""

import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from glasshouse.engines.sandbox import (
    Command,
    InvalidCommandError,
    Limits,
    Outcome,
    SandboxSetupError,
    StagedTooLargeError,
    run,
    staged,
    staging,
)
from glasshouse.kernel.paths import TreePath

PAGE = os.sysconf("SC_PAGE_SIZE")
MEMORY = Path("/", "dev", "shm")
SOURCE = TreePath(b"src/deep/line\nfeed\xff.c")


def lent() -> set[Path]:
    return set(MEMORY.glob("glasshouse-staged-*")) | set(MEMORY.glob("glasshouse-making-*"))


def test_what_was_streamed_in_is_what_the_command_reads_and_cannot_write() -> None:
    with staging() as folder:
        folder.put(SOURCE, (b"piece %d;" % number for number in range(3)))
        folder.put(TreePath(b"src/other"), b"whole")
        inputs = (folder.input(TreePath(b"src"), "/src"),)
        script = "cat /src/deep/*.c /src/other; touch /src/new /src/other 2>&1 | grep -cE 'Read-only|denied'"
        result = run(Command(argv=("sh", "-c", script), inputs=inputs), Limits())
    assert (result.outcome, result.stdout) == (Outcome.OK, b"piece 0;piece 1;piece 2;whole2\n")


def test_a_staged_folder_is_memory_closed_to_others_and_gone_afterwards() -> None:
    with staging() as folder:
        folder.put(SOURCE, b"x")
        place = folder.folder
        assert place.parent == MEMORY
        assert stat.S_IMODE(place.stat().st_mode) & 0o007 == 0
        kind = subprocess.run(["stat", "-f", "-c", "%T", place], capture_output=True, check=True).stdout
        assert kind == b"tmpfs\n"
    assert not place.exists()


def test_a_folder_in_use_is_nobody_elses_to_remove() -> None:
    with staging() as one, staging() as two:
        assert staged.sweep() == 0
        assert one.folder.exists()
        assert two.folder.exists()


def test_what_a_killed_process_staged_is_removed_by_the_next_one() -> None:
    script = """
import sys, time
from glasshouse.engines.sandbox import staging
from glasshouse.kernel.paths import TreePath
with staging() as folder:
    folder.put(TreePath(b"secret.c"), b"int main;")
    print(folder.folder, flush=True)
    time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        left = Path(process.stdout.readline().strip())
        assert (left / "secret.c").exists()
        process.send_signal(signal.SIGKILL)
    assert left.exists()
    with staging():
        assert not left.exists()


def test_a_name_like_ours_that_leads_elsewhere_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("x")
    link = MEMORY / f"glasshouse-staged-link-{os.getpid()}"
    link.symlink_to(tmp_path)
    try:
        staged.sweep()
        assert (tmp_path / "kept").exists()
    finally:
        link.unlink()


def test_an_endless_stream_ends_at_the_size_and_nothing_stays() -> None:
    before = lent()

    def endless() -> Iterator[bytes]:
        while True:
            yield bytes(PAGE)

    with pytest.raises(StagedTooLargeError), staging(100 * PAGE) as folder:
        folder.put(SOURCE, endless())
    assert lent() <= before


def test_empty_files_and_folders_use_up_the_size_too() -> None:
    with staging(100 * PAGE) as folder:
        for number in range(50):
            folder.put(TreePath(b"%d/empty" % number), b"")
        with pytest.raises(StagedTooLargeError):
            folder.put(TreePath(b"one/more"), b"")


@pytest.mark.parametrize("path", [b"a", b"a/b", b"c", b"n" * 256])
def test_files_in_each_others_way_and_names_that_cannot_be_are_refused(path: bytes) -> None:
    with staging() as folder:
        folder.put(TreePath(b"a"), b"x")
        folder.put(TreePath(b"c/d"), b"x")
        with pytest.raises(InvalidCommandError):
            folder.put(TreePath(path), b"x")


def test_a_machine_without_memory_left_says_try_later(monkeypatch: pytest.MonkeyPatch) -> None:
    with staging() as folder:
        monkeypatch.setattr(
            staged.Staged, "_parents", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device"))
        )
        with pytest.raises(SandboxSetupError):
            folder.put(SOURCE, b"x")
