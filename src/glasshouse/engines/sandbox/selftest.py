# SPDX-License-Identifier: Apache-2.0
"""The self-test: before anything untrusted runs, real attempts to get out are made from inside."""

import contextlib
import functools
import os
import re
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from glasshouse.engines.sandbox import cgroups, runsc, supervise
from glasshouse.engines.sandbox import filter as seccomp
from glasshouse.engines.sandbox.errors import SandboxSetupError, SandboxUnavailableError
from glasshouse.engines.sandbox.launch import Launcher
from glasshouse.engines.sandbox.values import Capability, Command, Limits, Outcome, Tier

_OLDEST = (0, 8, 0)  # the first with --disable-userns
_ENTRY = "/usr/bin"
_NEEDED = {"bash": "bash", "env": "coreutils", "tar": "tar", "unshare": "util-linux"}
# Each line says that an attempt is "open" or "shut"; the last proves that the script ran to its end. Outside a sandbox
# every attempt that the host itself does not forbid is open: the tests run it there too.
ATTEMPTS = """
port=$1 canary=$2
try() {
  local name=$1 answer=shut
  shift
  ! "$@" >/dev/null 2>/dev/null || answer=open
  printf '%s %s\\n' "$name" "$answer"
}
connects() { ( exec 3<>"/dev/tcp/127.0.0.1/$port" ); }
reads_host() { [ -e "$canary" ]; }
sees_environment() {
  local file it
  for file in /proc/1/environ /proc/self/environ; do
    while IFS= read -r -d '' it; do
      [[ $it = @(PATH|HOME|PWD)=* ]] || return 0
    done <"$file"
  done
  return 1
}
holds_descriptor() {
  local fd
  for fd in /proc/[0-9]*/fd/*; do
    [[ $(readlink "$fd") != "$canary" ]] || return 0
  done
  return 1
}
status_is_not() {
  local key value
  while read -r key value; do
    [ "$key" != "$1" ] || [ "$value" = "$2" ] || return 0
  done </proc/self/status
  return 1
}
try network connects
try host-file reads_host
try host-environment sees_environment
try host-descriptor holds_descriptor
try write-system eval ': >/usr/glasshouse-canary && rm /usr/glasshouse-canary'
try write-root eval ': >/glasshouse-canary && rm /glasshouse-canary'
try new-user-namespace unshare --user true
try unfiltered-calls status_is_not Seccomp: 2
try capabilities status_is_not CapEff: 0000000000000000
echo end reached
"""
_EXPECTED = (
    *("network", "host-file", "host-environment", "host-descriptor", "write-system", "write-root"),
    *("new-user-namespace", "unfiltered-calls", "capabilities"),
)
_LIMITS = Limits(wall=20, cpu=5)
# What distributions switch off, the value that means off, and how to switch it on.
_SWITCHES = (
    ("kernel/unprivileged_userns_clone", "0", "sysctl -w kernel.unprivileged_userns_clone=1"),
    ("user/max_user_namespaces", "0", "sysctl -w user.max_user_namespaces=10000"),
    (
        "kernel/apparmor_restrict_unprivileged_userns",
        "1",
        "give bwrap an AppArmor profile with `userns`, or sysctl -w kernel.apparmor_restrict_unprivileged_userns=0",
    ),
)


@dataclass(frozen=True, slots=True)
class Proven:
    """A launcher that passed the self-test, with what else this machine offers."""

    capability: Capability
    launcher: Launcher
    groups: cgroups.Support


def probe() -> Capability:
    """Make the attempts now and report; raise `SandboxUnavailableError` with what to do when one of them got out."""
    return prove().capability


@functools.cache
def proven() -> Proven:
    """Return the self-test's answer, made once in a process; a failure is not remembered."""
    return prove()


def prove() -> Proven:
    """Find the launcher, run the attempts inside it, and trust nothing that was not refused."""
    launcher, version = _launcher()
    seccomp.program()
    groups = cgroups.Support.find()
    answers = _attempt(launcher, groups)
    failed = [name for name in _EXPECTED if answers.get(name) != "shut"]
    if failed:
        raise SandboxUnavailableError(
            f"The sandbox does not hold on this machine: {', '.join(failed)} got through",
            hint="Run untrusted tools on another machine; nothing weaker is tried.",
        )
    capability = Capability(
        tier=Tier.BUBBLEWRAP,
        launcher=launcher.bwrap,
        version=version,
        cgroup=bool(groups),
        cgroup_reason=groups.reason,
        visitors_refused=runsc.refusal(),
        confirmed=_EXPECTED,
    )
    return Proven(capability, launcher, groups)


def _launcher() -> tuple[Launcher, str]:
    """Find bubblewrap and what is needed inside, or say what to install."""
    found = shutil.which("bwrap")
    if found is None:
        raise SandboxUnavailableError("bubblewrap is not installed", hint="apt-get install bubblewrap")
    for name, package in _NEEDED.items():
        if not Path(_ENTRY, name).exists():
            raise SandboxUnavailableError(f"{_ENTRY}/{name} is missing", hint=f"apt-get install {package}")
    said = subprocess.run([found, "--version"], capture_output=True, check=False, env={}, timeout=20).stdout
    version = said.decode(errors="replace").strip().removeprefix("bubblewrap ")
    numbers = re.fullmatch(r"(\d+)\.(\d+)\.(\d+)", version, re.ASCII)
    if numbers is None or tuple(int(number) for number in numbers.groups()) < _OLDEST:
        raise SandboxUnavailableError(f"bubblewrap 0.8.0 or later is needed, not {version[:40]!r}")
    if os.geteuid() != 0:
        return Launcher(Path(found), None), version
    # The limit on processes does not hold for root, and what root owns would be writable but for the mounts.
    drop = shutil.which("setpriv")
    if drop is None:
        raise SandboxUnavailableError("setpriv is not installed", hint="apt-get install util-linux")
    return Launcher(Path(found), Path(drop)), version


def _attempt(launcher: Launcher, groups: cgroups.Support) -> dict[str, str]:
    """Run the attempts and return their answers; the launcher's refusal becomes advice."""
    with _canaries() as (port, canary):
        argv = (f"{_ENTRY}/bash", "-O", "extglob", "-c", ATTEMPTS, "attempts", str(port), str(canary))
        try:
            result = supervise.execute(launcher, Command(argv=argv), _LIMITS, groups=groups)
        except SandboxSetupError as error:
            raise SandboxUnavailableError(f"bubblewrap cannot start: {error.detail[:200]}", hint=_advice()) from error
    answers = dict(line.partition(" ")[::2] for line in result.stdout.decode(errors="replace").splitlines())
    if result.outcome is not Outcome.OK or answers.get("end") != "reached":
        raise SandboxUnavailableError(
            f"The sandbox's self-test did not finish: {result.outcome}", hint="Look at the machine's load and memory."
        )
    return answers


@contextlib.contextmanager
def _canaries() -> Iterator[tuple[int, Path]]:
    """Plant a listening port, a file that anyone may read, and a descriptor of it that children would inherit."""
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        tempfile.TemporaryDirectory(prefix="glasshouse-canary-") as folder,
    ):
        place = Path(folder)
        place.chmod(0o755)
        canary = place / "canary"
        canary.write_bytes(b"")
        fd = os.open(canary, os.O_RDONLY)
        try:
            os.set_inheritable(fd, True)
            yield server.getsockname()[1], canary
        finally:
            os.close(fd)


def _advice() -> str:
    """Say which switch of the system stands in the way."""
    for name, off, remedy in _SWITCHES:
        with contextlib.suppress(OSError):
            if Path("/proc/sys", name).read_text().strip() == off:
                return f"As root: {remedy}"
    return "Allow unprivileged user namespaces for this user; inside a container, its seccomp profile must allow them."
