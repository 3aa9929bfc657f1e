# SPDX-License-Identifier: Apache-2.0
"""The self-test believes nothing but refused attempts; a machine that fails it runs nothing."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pyseccomp
import pytest

import glasshouse
from glasshouse.engines.sandbox import Command, Limits, Outcome, SandboxUnavailableError, Tier, probe, run, selftest
from glasshouse.kernel.errors import RefusedError
from tests.engines.sandbox.inside import PYTHON

# Speaks the launcher's language, names a first process, reports a status, and puts up no wall at all.
NO_WALLS = f"""#!{PYTHON}
import os, subprocess, sys
words = sys.argv[1:]
if words == ["--version"]:
    print("bubblewrap 9.9.9")
    sys.exit()
status = int(words[words.index("--json-status-fd") + 1])
child = subprocess.Popen(words[words.index("--") + 1:], close_fds=False)
os.write(status, b'{{ "child-pid": %d }}\\n' % child.pid)
os.write(status, b'{{ "exit-code": %d }}\\n' % child.wait())
"""


@pytest.fixture
def programs(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that alone is the PATH; a launcher that runs as nobody can enter it."""
    folder = Path(tempfile.mkdtemp(prefix="glasshouse-programs-"))
    folder.chmod(0o755)
    (folder / "setpriv").symlink_to("/usr/bin/setpriv")
    monkeypatch.setenv("PATH", str(folder))
    selftest.proven.cache_clear()
    yield folder
    selftest.proven.cache_clear()
    shutil.rmtree(folder)


def launcher(folder: Path, text: str) -> None:
    (folder / "bwrap").write_text(text)
    (folder / "bwrap").chmod(0o755)


def test_this_machine_holds_and_says_how() -> None:
    assert shutil.which("bwrap"), "apt-get install bubblewrap"
    capability = probe()
    assert capability.tier is Tier.BUBBLEWRAP
    assert {"network", "host-file", "host-environment", "host-descriptor", "new-user-namespace"} <= set(
        capability.confirmed
    )
    assert capability.cgroup is (capability.cgroup_reason == "")


def test_every_attempt_gets_out_where_there_is_no_sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GLASSHOUSE_PLANTED", "canary")
    with selftest._canaries() as (port, canary):
        command = ["bash", "-O", "extglob", "-c", selftest.ATTEMPTS, "attempts", str(port), str(canary)]
        done = subprocess.run(command, capture_output=True, check=True, close_fds=False)
    answers = dict(line.split() for line in done.stdout.decode().splitlines())
    host_forbids = set() if os.geteuid() == 0 else {"write-system", "write-root", "capabilities"}
    assert {name for name, answer in answers.items() if answer == "shut"} <= host_forbids
    assert set(answers) == {*selftest._EXPECTED, "end"}


def test_a_launcher_that_puts_up_no_walls_is_found_out(programs: Path) -> None:
    launcher(programs, NO_WALLS)
    with pytest.raises(SandboxUnavailableError) as caught:
        probe()
    # Descriptors and the environment are kept back by us and not by the launcher.
    for name in ("network", "host-file", "new-user-namespace", "unfiltered-calls"):
        assert name in caught.value.message
    with pytest.raises(SandboxUnavailableError):
        run(Command(argv=("true",)), Limits())


def test_without_bubblewrap_the_package_is_named_and_nothing_runs(programs: Path) -> None:
    assert list(programs.iterdir())
    for attempt in (probe, lambda: run(Command(argv=("true",)), Limits())):
        with pytest.raises(RefusedError) as caught:
            attempt()
        assert (caught.value.code, caught.value.hint) == ("sandbox.unavailable", "apt-get install bubblewrap")


@pytest.mark.parametrize("version", ["bubblewrap 0.7.9", "bubblewrap", "", "bubblewrap 1.0.0; rm"])
def test_an_old_or_unknown_launcher_is_refused(programs: Path, version: str) -> None:
    launcher(programs, f"#!/bin/sh\necho '{version}'\n")
    with pytest.raises(SandboxUnavailableError, match=r"0\.8\.0"):
        probe()


@pytest.mark.parametrize(
    "body", ["echo 'bwrap: No permissions to create new namespace' >&2; exit 1", "exit 0", "kill -9 $$"]
)
def test_a_launcher_that_cannot_start_comes_with_advice(programs: Path, body: str) -> None:
    launcher(programs, f'#!/bin/sh\n[ "$1" = --version ] && echo "bubblewrap 0.9.0" && exit\n{body}\n')
    with pytest.raises(SandboxUnavailableError) as caught:
        probe()
    assert caught.value.hint


def test_a_failure_is_not_remembered(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SandboxUnavailableError):
        run(Command(argv=("true",)), Limits())
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin")
    assert run(Command(argv=("true",)), Limits()).outcome is Outcome.OK


def test_a_plain_user_needs_no_root() -> None:
    # The library and its one dependency, under Debian's Python, where that user can read them.
    script = """
import os
from glasshouse.engines.sandbox import Command, Limits, probe, run
capability = probe()
result = run(Command(argv=("sh", "-c", "id -u; echo kept > file"), collect=True), Limits())
print(os.geteuid() != 0, result.outcome, result.stdout, [each.content for each in result.outputs])
"""
    package = Path(glasshouse.__file__).parent
    with tempfile.TemporaryDirectory(prefix="glasshouse-library-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        for part in ("__init__.py", "kernel", "engines/__init__.py", "engines/sandbox"):
            copy = shutil.copytree if (package / part).is_dir() else shutil.copy
            (folder / "glasshouse" / part).parent.mkdir(parents=True, exist_ok=True)
            copy(package / part, folder / "glasshouse" / part)
        shutil.copy(pyseccomp.__file__, folder)
        drop = ["setpriv", "--reuid=12345", "--regid=12345", "--clear-groups", "--"] if os.geteuid() == 0 else []
        interpreter = PYTHON if drop else sys.executable
        environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": name, "PYTHONDONTWRITEBYTECODE": "1"}
        done = subprocess.run(
            [*drop, interpreter, "-c", script], capture_output=True, check=False, env=environment, timeout=60, cwd="/"
        )
    assert done.stderr == b""
    assert done.stdout == b"True ok b'65534\\n' [b'kept\\n']\n"
