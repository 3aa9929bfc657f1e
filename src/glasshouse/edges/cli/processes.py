# SPDX-License-Identifier: Apache-2.0
"""Starting the lab's processes by module name, with their settings as arguments and in the environment."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings

from glasshouse.domain.releases import vault
from glasshouse.edges.cli import laboratory
from glasshouse.edges.cli.output import errors
from glasshouse.engines.ledger.signer import state_name
from glasshouse.kernel.errors import ConflictError, InvalidError, NotFoundError
from glasshouse.kernel.stopping import Stop

_PULSE = 0.2
_GRACE = 15.0
_LEAST_GRACE = 1.0
_SPARED = "searcher"
_PAUSE = 1.0  # before it begins again: one that fails at once must not keep the machine busy


class NotPublishedError(ConflictError):
    """The process that writes the public site failed."""

    code = "cli.not-published"


class KeyMissingError(NotFoundError):
    """A key of the web is not where the lab's keys lie."""

    code = "cli.key-missing"


class NoPlaceError(ConflictError):
    """The web cannot listen where it was told to."""

    code = "cli.no-place"


@dataclass(frozen=True, slots=True)
class Web:
    """How the web is served; empty values mean the lab's own url and one process a core."""

    listen: str
    workers: int
    tls_cert: Path | None
    tls_key: Path | None


def run_lab(web: Web) -> int:
    """Run web, searcher, worker and signer until one ends or a signal comes; then end the others, and say which ended.

    A searcher that ends is started again: reading goes on without it, and its memory is the first that a system takes.
    """
    _check_keys()
    commands = {"signer": _signer(), "worker": _worker(), "searcher": _searcher(), "web": _web(web)}
    stopping = Stop()
    stopping.on(signal.SIGTERM, signal.SIGINT)
    running: dict[str, subprocess.Popen[bytes]] = {}
    try:
        for name, command in commands.items():
            running[name] = _begin(name, command)
        while not stopping.wait(_PULSE) and _all_run(running):
            if running[_SPARED].poll() is not None:
                errors.print(f"The searcher ended with status {running[_SPARED].returncode}; it is started again.")
                stopping.wait(_PAUSE)
                running[_SPARED] = _begin(_SPARED, commands[_SPARED])
        ended = [name for name, process in running.items() if process.poll() is not None]
    finally:
        end(list(running.values()))
    if stopping.is_set:
        return 0
    for name in ended:
        errors.print(f"The {name} ended with status {running[name].returncode}; the lab is stopped.")
    return 1


def _begin(name: str, command: list[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(_bound(command), env=_environment_of(name), start_new_session=True)


def _all_run(running: Mapping[str, subprocess.Popen[bytes]]) -> bool:
    return all(process.poll() is None for name, process in running.items() if name != _SPARED)


def end(running: Sequence[subprocess.Popen[bytes]]) -> None:
    """End processes, the first of them after all others: the worker's last step still finds its signer."""
    until = time.monotonic() + _GRACE
    for leaving in (running[1:], running[:1]):
        for process in reversed(leaving):
            if process.poll() is None:
                process.terminate()
        for process in leaving:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(max(until - time.monotonic(), _LEAST_GRACE))
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # it and whatever of its own did not end with it
            process.wait()


def _check_keys() -> None:
    # Without them the web would begin all the same, and fail at the first page.
    for name in ("django.key", "promise.key"):
        path = settings.GLASSHOUSE.web / name
        if not path.exists():
            raise KeyMissingError(
                f"A key of the web is missing: {path}.", hint="Put it back, or have `glasshouse init` make another."
            )
    vault.ring()


def _bound(command: list[str]) -> list[str]:
    # A process that outlives a killed `serve` would keep the port and the log from the next one.
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "TERM", *command] if setpriv else command


def run_worker() -> int:
    """Run the worker until it ends."""
    return _run(_worker())


def run_signer() -> int:
    """Run the signer until it ends."""
    return _run(_signer())


def run_export(target: Path) -> list[str]:
    """Write the public site and return the names of its files."""
    command = [sys.executable, "-m", "glasshouse.edges.export", "--to", str(target.absolute())]
    done = subprocess.run(command, env=_environment(), stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise NotPublishedError("The public site could not be written.", hint="What went wrong stands above.")
    return done.stdout.splitlines()


def _run(command: list[str]) -> int:
    process = subprocess.Popen(_bound(command), env=_environment())
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, _frame: process.send_signal(number))
    return process.wait()


def _environment() -> dict[str, str]:
    return {
        **os.environ,
        "GLASSHOUSE_HOME": str(laboratory.home()),
        "DJANGO_SETTINGS_MODULE": "glasshouse.config.settings",
    }


def _environment_of(name: str) -> dict[str, str]:
    """Return what a process may know: the signer needs no key of the store, and no way to send mail."""
    passed = _environment()
    if name == "signer":
        secrets = ("GLASSHOUSE_MASTER_", "GLASSHOUSE_MAIL_")
        return {key: value for key, value in passed.items() if not key.startswith(secrets)}
    return passed


def _signer() -> list[str]:
    lab = settings.GLASSHOUSE
    socket = str(lab.run / "signer.sock")
    return [
        *(sys.executable, "-m", "glasshouse.edges.signer"),
        *("--socket", socket, "--key", str(lab.signer)),
        *("--state", str(lab.signer / state_name(lab.origin)), "--origin", lab.origin),
    ]


def _worker() -> list[str]:
    return [sys.executable, "-m", "glasshouse.edges.worker"]


def _searcher() -> list[str]:
    socket = str(settings.GLASSHOUSE.run / "search.sock")
    return [sys.executable, "-m", "glasshouse.edges.searcher", "--socket", socket]


def _web(web: Web) -> list[str]:
    url = urlsplit(settings.GLASSHOUSE.url)
    is_tls = web.tls_cert is not None and web.tls_key is not None
    if (web.tls_cert is None) != (web.tls_key is None):
        raise InvalidError("A certificate and its key go together.", hint="Give both --tls-cert and --tls-key.")
    host, _, port = (web.listen or _default_listen(url.scheme, url.port)).rpartition(":")
    if not port.isdigit() or not host:
        raise InvalidError(f"Not an address to listen at: {web.listen!r}", hint="Write 0.0.0.0:443.")
    _check_free(host, int(port))
    command = [
        *(
            sys.executable,
            "-m",
            "granian",
            "--interface",
            "wsgi",
            "--no-ws",
            "--log-level",
            "warning",
        ),
        *("--host", host, "--port", port, "--workers", str(web.workers or os.cpu_count() or 1)),
        # One blocking thread a process: threads only queue for the interpreter, and the slowest page pays.
        *("--blocking-threads", "1", "--backpressure", "64", "--respawn-failed-workers"),
        # A signal that meets a process of the web while it loads is lost on it.
        *("--workers-kill-timeout", "5"),
    ]
    if is_tls:
        command += ["--ssl-certificate", str(web.tls_cert), "--ssl-keyfile", str(web.tls_key)]
    return [*command, "glasshouse.config.wsgi:application"]


def _check_free(host: str, port: int) -> None:
    # The server would say it in twenty lines, after the other processes had begun.
    try:
        socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET).close()
    except OSError as error:
        raise NoPlaceError(
            f"The web cannot listen at {host}:{port}: {error.strerror or error}.",
            hint="End what listens there, or name another place with --listen.",
        ) from error


def _default_listen(scheme: str, port: int | None) -> str:
    return f"127.0.0.1:{port or (443 if scheme == 'https' else 80)}"
