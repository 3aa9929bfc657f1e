# SPDX-License-Identifier: Apache-2.0
"""Watching one command from its gate to its end, and seeing to it that nothing of it stays."""

import contextlib
import json
import os
import select
import selectors
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from glasshouse.engines.sandbox import archive, cgroups, launch
from glasshouse.engines.sandbox.errors import SandboxSetupError
from glasshouse.engines.sandbox.values import KIB, Command, Limits, Outcome, Result, Usage

_SETUP_SECONDS = 30.0
_GRACE_SECONDS = 10.0
_CANCEL_SECONDS = 0.05
_PIECE = 256 * KIB
_SIGNALLED = 128
_MAX_STATUS = 64 * KIB


def execute(
    launcher: launch.Launcher,
    command: Command,
    limits: Limits,
    *,
    groups: cgroups.Support,
    cancel: threading.Event | None = None,
) -> Result:
    """Run one command behind the walls and return when no process of it exists any more."""
    started = launch.start(launcher, command, limits)
    with contextlib.ExitStack() as stack:
        stack.callback(started.close)
        watch = _Watch(started, limits, cancel)
        stack.callback(watch.bury)
        init = watch.await_init()
        group = _group(stack, groups, limits)
        # Entered after the group, so that it is empty when it is removed.
        stack.callback(watch.bury)
        if group is not None:
            # A launcher that failed meanwhile says why at its end.
            with contextlib.suppress(ProcessLookupError):
                group.admit(init)
        begun = time.monotonic()
        started.open_gate()
        watch.follow(begun + limits.wall)
        cpu = watch.bury()
        usage = Usage(wall=time.monotonic() - begun, cpu=cpu, peak_memory=group.peak_memory() if group else None)
        starved = group is not None and group.was_out_of_memory()
        return watch.result(usage, starved=starved)


def _group(stack: contextlib.ExitStack, groups: cgroups.Support, limits: Limits) -> cgroups.Group | None:
    """Make the control group where groups can be made; one that is promised and fails stops the run."""
    if not groups:
        return None
    try:
        return stack.enter_context(groups.group(limits))
    except OSError as error:
        raise SandboxSetupError(f"no control group: {error.strerror}") from error


@dataclass(slots=True)
class _Watch:
    """The state of one supervised command."""

    started: launch.Started
    limits: Limits
    cancel: threading.Event | None
    stdout: bytearray = field(default_factory=bytearray)
    stderr: bytearray = field(default_factory=bytearray)
    status: bytearray = field(default_factory=bytearray)
    reader: archive.Reader = field(init=False)
    breach: Outcome | None = None
    _init_fd: int | None = None
    cpu: float = 0.0

    def __post_init__(self) -> None:
        """Prepare the reader of files."""
        self.reader = archive.Reader(self.limits)

    def await_init(self) -> int:
        """Return the host's number of the first process inside, once the launcher names it."""
        deadline = time.monotonic() + _SETUP_SECONDS
        with selectors.DefaultSelector() as selector:
            selector.register(self.started.status, selectors.EVENT_READ)
            while b"\n" not in self.status:
                if not selector.select(deadline - time.monotonic()):
                    raise SandboxSetupError("the launcher said nothing")
                piece = os.read(self.started.status, _PIECE)
                if not piece:
                    raise SandboxSetupError(self._words_of_launcher())
                self.status += piece
        init = int(json.loads(self.status.partition(b"\n")[0])["child-pid"])
        try:
            self._init_fd = os.pidfd_open(init)
        except ProcessLookupError as error:
            raise SandboxSetupError(self._words_of_launcher()) from error
        return init

    def _words_of_launcher(self) -> str:
        """Read what a launcher that failed wrote; it has ended, so this ends too."""
        self.started.process.wait(_GRACE_SECONDS)
        os.set_blocking(self.started.stderr, False)
        with contextlib.suppress(BlockingIOError):
            return os.read(self.started.stderr, _PIECE).decode(errors="replace").strip()
        return ""

    def follow(self, deadline: float) -> None:
        """Read everything until all ends are closed; the first breach of a limit ends the command."""
        sinks: dict[int, Callable[[bytes], None]] = {
            self.started.stdout: lambda piece: self._grow(self.stdout, piece, self.limits.stream),
            self.started.stderr: lambda piece: self._grow(self.stderr, piece, self.limits.stream),
            self.started.status: lambda piece: self._grow(self.status, piece, _MAX_STATUS),
        }
        if self.started.files is not None:
            sinks[self.started.files] = self._files
        with selectors.DefaultSelector() as selector:
            for fd in sinks:
                selector.register(fd, selectors.EVENT_READ)
            while selector.get_map():
                now = time.monotonic()
                if now >= deadline:
                    if self.breach is not None:
                        return  # killed, and still its pipes are open: `bury` waits for the processes themselves
                    deadline = now + _GRACE_SECONDS
                    self.end(Outcome.TIMEOUT)
                if self.cancel is not None and self.cancel.is_set() and self.breach is None:
                    self.end(Outcome.CANCELLED)
                pause = deadline - now if self.cancel is None else min(deadline - now, _CANCEL_SECONDS)
                for key, _ in selector.select(pause):
                    piece = os.read(key.fd, _PIECE)
                    if piece:
                        sinks[key.fd](piece)
                    else:
                        selector.unregister(key.fd)

    def _grow(self, sink: bytearray, piece: bytes, cap: int) -> None:
        room = cap - len(sink)
        sink += piece[:room]
        if len(piece) > room:
            self.end(Outcome.OUTPUT_TOO_LARGE)

    def _files(self, piece: bytes) -> None:
        if self.breach is not None:
            return
        try:
            self.reader.feed(piece)
        except archive.TooLargeError:
            self.end(Outcome.OUTPUT_TOO_LARGE)
        except archive.MalformedError:
            self.end(Outcome.OUTPUT_INCOMPLETE)

    def end(self, reason: Outcome) -> None:
        """End the command for a reason; the first reason stands."""
        self.breach = self.breach or reason
        self._kill()

    def _kill(self) -> None:
        """Kill the first process inside, and with it, by the kernel's rule, its whole namespace."""
        if self._init_fd is not None:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._init_fd, signal.SIGKILL)

    def bury(self) -> float:
        """Make certain that nothing runs any more, reap the launcher, return its seconds; safe to repeat."""
        process = self.started.process
        if process.returncode is None:
            if self._init_fd is None:
                process.kill()
            else:
                self._kill()
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            self.cpu = used.ru_utime + used.ru_stime
        if self._init_fd is not None:
            # The first process inside ends only after the kernel has ended every other in its namespace.
            ended, _, _ = select.select([self._init_fd], [], [], _GRACE_SECONDS)
            os.close(self._init_fd)
            self._init_fd = None
            if not ended:
                raise TimeoutError("a killed sandbox has not ended")
        return self.cpu

    def result(self, usage: Usage, *, starved: bool) -> Result:
        """Say how it went."""
        exit_status = self._exit_status()
        return Result(
            outcome=self._outcome(exit_status, usage, starved=starved),
            exit_status=exit_status,
            stdout=bytes(self.stdout),
            stderr=bytes(self.stderr),
            outputs=tuple(self.reader.outputs),
            left_out=tuple(self.reader.left_out),
            usage=usage,
        )

    def _exit_status(self) -> int | None:
        """Return what the launcher reported; None when we ended the command."""
        if self.breach is not None:
            return None
        for line in self.status.splitlines():
            report = json.loads(line)
            if "exit-code" in report:
                return int(report["exit-code"])
        # The launcher reports a status only for a command that it started.
        raise SandboxSetupError(self.stderr.decode(errors="replace").strip())

    def _outcome(self, exit_status: int | None, usage: Usage, *, starved: bool) -> Outcome:
        if exit_status is None:
            return self.breach or Outcome.KILLED
        if starved:
            return Outcome.OUT_OF_MEMORY
        # A status beyond the last signal is the command's own word.
        if _SIGNALLED < exit_status <= _SIGNALLED + signal.SIGRTMAX:
            number = exit_status - _SIGNALLED
            # A command that ignores the warning is killed a second later. The kernel limits by one clock and reports
            # by another; they differ by some percent.
            used_up = usage.cpu >= 0.9 * self.limits.cpu
            spent = number == signal.SIGXCPU or (number == signal.SIGKILL and used_up)
            return Outcome.CPU_EXHAUSTED if spent else Outcome.KILLED
        if self.started.files is not None and not self.reader.complete:
            return Outcome.OUTPUT_INCOMPLETE
        return Outcome.FAILED if exit_status else Outcome.OK
