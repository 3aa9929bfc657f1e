# SPDX-License-Identifier: Apache-2.0
"""How one command is put behind the walls: the launcher's arguments, its descriptors, its gate.

The order of things: bubblewrap builds the namespaces and mounts, installs the filter, and starts the shell below as the
only process beside its own. The shell waits at the gate until the supervisor has seen it and put it into its control
group; a supervisor that died meanwhile closes the gate, and the command never starts. Then the shell applies the
limits inside the new user namespace, where the limit on processes counts this sandbox alone and not everything that
runs under the same user on the host.
"""

import contextlib
import errno
import fcntl
import os
import resource
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from glasshouse.engines.sandbox import filter as seccomp
from glasshouse.engines.sandbox.errors import InvalidCommandError, SandboxSetupError
from glasshouse.engines.sandbox.values import KIB, OUT, SCRATCH, SHARED, Command, Limits

# Nobody: the identity inside, and on the host too when we are started by root.
NOBODY = 65534
_SEALS = fcntl.F_SEAL_WRITE | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_SEAL

# Arguments: descriptor of the gate, descriptor for the files or nothing, soft and hard processor seconds, KiB of
# address space, KiB a file, descriptors, processes, then the command. Only the command is limited, not the collector.
# What the command left running is killed before its files are read, so that they hold still. The shell's own words
# ("Killed") go nowhere. The last byte tells that tar read everything.
_SHELL = """
gate=$1 files=$2 soft=$3 hard=$4 space=$5 file=$6 open=$7 many=$8
shift 8
read -r -N 1 -u "$gate" _ || exit 125
exec {gate}<&- {words}>&2 2>/dev/null
(
  exec 2>&"$words" {words}>&-
  [ -z "$files" ] || exec {files}>&-
  ulimit -c 0 && ulimit -S -t "$soft" && ulimit -H -t "$hard" && ulimit -f "$file" && ulimit -n "$open" &&
    ulimit -u "$many" && ulimit -v "$space" && exec /usr/bin/env -i -- "$@"
  exit 125
)
status=$?
[ -n "$files" ] || exit "$status"
exec </dev/null
kill -9 -1
/usr/bin/tar --format=gnu --hard-dereference --sort=name --blocking-factor=1 -C /out -cf - -- . >&"$files" &&
  printf C >&"$files"
exit "$status"
"""
_SHELL_PROCESSES = 1  # the shell counts against the processes of the new namespace


@dataclass(frozen=True, slots=True)
class Launcher:
    """The programs that build the walls; `drop` is set when we are root and commands shall not be."""

    bwrap: Path
    drop: Path | None

    def prefix(self) -> list[str]:
        """Return what stands before the launcher's options."""
        if self.drop is None:
            return [str(self.bwrap)]
        return [str(self.drop), f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--", str(self.bwrap)]


@dataclass(slots=True)
class Started:
    """A launcher that runs, and our ends of its pipes. `close` MUST be called."""

    process: subprocess.Popen[bytes]
    stdout: int
    stderr: int
    status: int
    gate: int
    files: int | None
    _stack: contextlib.ExitStack = field(repr=False)

    def open_gate(self) -> None:
        """Let the command begin."""
        # A launcher that failed has closed its end; the supervisor learns that from the status.
        with contextlib.suppress(BrokenPipeError):
            os.write(self.gate, b"g")

    def close(self) -> None:
        """Close what is still open."""
        self._stack.close()


def start(launcher: Launcher, command: Command, limits: Limits) -> Started:
    """Start the launcher; the command waits at its gate."""
    with contextlib.ExitStack() as ours, contextlib.ExitStack() as theirs:
        # Each start has files of its own: starts that shared one would share its offset, and all but one would read
        # an empty filter.
        filter_fd = theirs.enter_context(_sealed(seccomp.program()))
        status, status_fd = _pipe(ours, theirs)
        gate_fd, gate = _pipe(theirs, ours)
        stdout, stdout_fd = _pipe(ours, theirs)
        stderr, stderr_fd = _pipe(ours, theirs)
        files, files_fd = _channel(ours, theirs) if command.collect else (None, None)
        if launcher.drop is not None:
            for fd in (stdout_fd, stderr_fd):
                os.fchown(fd, NOBODY, NOBODY)  # or /dev/stdout, which opens the pipe anew, would be closed to it
        options_fd = theirs.enter_context(_sealed(b"\0".join([*_options(command, limits), b""])))
        stdin = theirs.enter_context(_sealed(command.stdin)) if isinstance(command.stdin, bytes) else command.stdin
        passed = [fd for fd in (filter_fd, status_fd, gate_fd, files_fd, options_fd) if fd is not None]
        # The options travel in a file because the launcher's own command line can be read inside, and by every user
        # of the host; its environment can be read inside, so it has none.
        process = _spawn(
            [
                *launcher.prefix(),
                *("--args", str(options_fd), "--seccomp", str(filter_fd), "--json-status-fd", str(status_fd)),
                *("--", "/usr/bin/bash", "-p", "-c", _SHELL, "sandbox", str(gate_fd)),
                "" if files_fd is None else str(files_fd),
                *_limits(limits),
                *_environment(command),
                *command.argv,
            ],
            stdin=subprocess.DEVNULL if stdin is None else stdin,
            stdout=stdout_fd,
            stderr=stderr_fd,
            passed=passed,
        )
        return Started(process, stdout, stderr, status, gate, files, ours.pop_all())


def _spawn(
    argv: list[str | bytes], *, stdin: int, stdout: int, stderr: int, passed: list[int]
) -> subprocess.Popen[bytes]:
    """Start the launcher with these descriptors, no others, and no environment."""
    try:
        return subprocess.Popen(
            argv, stdin=stdin, stdout=stdout, stderr=stderr, pass_fds=passed, close_fds=True, cwd="/", env={}
        )
    except OSError as error:
        if error.errno == errno.E2BIG:
            raise InvalidCommandError("the arguments are longer than the system takes") from error
        raise SandboxSetupError(f"the launcher did not start: {error.strerror}") from error


def _options(command: Command, limits: Limits) -> Iterator[bytes]:
    """Yield the launcher's options; the order of mounts matters, and the remounts come last."""
    for word in (
        *("--unshare-all", "--unshare-user", "--disable-userns", "--uid", NOBODY, "--gid", NOBODY),
        *("--hostname", "sandbox", "--ro-bind", "/usr", "/usr", "--symlink", "usr/lib", "/lib"),
        *("--symlink", "usr/lib64", "/lib64", "--symlink", "usr/bin", "/bin"),
        *(word for each in command.inputs for word in ("--ro-bind", each.source, each.target)),
        *("--proc", "/proc", "--dev", "/dev"),
        *(word for place in (SHARED, SCRATCH, OUT) for word in ("--size", limits.scratch, "--tmpfs", place)),
        *("--chdir", command.folder, "--clearenv", "--setenv", "PATH", "/usr/bin", "--cap-drop", "ALL"),
        # The shell is the first process inside: the command cannot kill or stop it, and the launcher itself reaps it,
        # so that no zombie waits for a host whose first process reaps nothing.
        *("--new-session", "--die-with-parent", "--as-pid-1"),
        # The launcher's root and /dev are tmpfs without a size, owned by the command: memory without a bound. Some of
        # /proc/sys is writable to whoever owns the namespaces, and /proc/1/mem would let it write into our shell.
        *("--remount-ro", "/proc", "--remount-ro", "/dev", "--remount-ro", "/"),
    ):
        yield os.fsencode(str(word))


def _limits(limits: Limits) -> Iterator[str]:
    """Yield the shell's limits in its units, none above what we have ourselves."""
    yield from (str(limits.cpu), str(limits.cpu + 1))
    for limit, amount, unit in (
        (resource.RLIMIT_AS, limits.address_space, KIB),
        (resource.RLIMIT_FSIZE, limits.file_size, KIB),
        (resource.RLIMIT_NOFILE, limits.open_files, 1),
        (resource.RLIMIT_NPROC, limits.processes + _SHELL_PROCESSES, 1),
    ):
        hard = resource.getrlimit(limit)[1]
        bounded = amount if hard == resource.RLIM_INFINITY else min(amount, hard)
        yield str(max(1, bounded // unit))


def _environment(command: Command) -> Iterator[str]:
    """Yield the command's whole environment."""
    for name, value in {"PATH": "/usr/bin", "HOME": str(SCRATCH), **command.environment}.items():
        yield f"{name}={value}"


@contextlib.contextmanager
def _sealed(content: bytes) -> Iterator[int]:
    """Hold content in a nameless file in memory that nobody can change."""
    fd = os.memfd_create("sandbox", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    try:
        view = memoryview(content)
        while view:
            view = view[os.write(fd, view) :]
        os.lseek(fd, 0, os.SEEK_SET)
        fcntl.fcntl(fd, fcntl.F_ADD_SEALS, _SEALS)
        yield fd
    finally:
        os.close(fd)


def _channel(reader: contextlib.ExitStack, writer: contextlib.ExitStack) -> tuple[int, int]:
    """Make a pair of sockets for the collector: unlike a pipe, nobody can open it anew through /proc."""
    ends = socket.socketpair()
    return reader.enter_context(ends[0]).fileno(), writer.enter_context(ends[1]).fileno()


def _pipe(reader: contextlib.ExitStack, writer: contextlib.ExitStack) -> tuple[int, int]:
    """Make a pipe whose ends belong to two stacks."""
    ends = os.pipe()
    reader.callback(os.close, ends[0])
    writer.callback(os.close, ends[1])
    return ends
