# SPDX-License-Identifier: Apache-2.0
"""Processes of a lab that are forked from one that has loaded what all of them load, and no lab's settings.

The tests start hundreds of commands; most of what one costs is what Python loads. A forked one has its environment,
folder, streams and exit code of its own, and reads its lab's settings as any other does. `glasshouse serve` starts as
ever.
"""

import atexit
import functools
import gc
import json
import os
import subprocess
import sys
import tempfile
import threading
import traceback
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Final, Self

from django.conf import settings
from django.db import connections

ROOT: Final = Path(__file__).resolve().parents[2]
PROGRAM: Final = "from tests.edges import forge; forge.main()"
# What Django's rooms load and what asks for no settings.
LOADED: Final = (
    "cryptography.hazmat.primitives.asymmetric.ec",
    "cryptography.x509",
    "django.contrib.auth.hashers",
    "django.contrib.sessions.backends.db",
    "django.db.backends.postgresql.base",
    "django.db.backends.sqlite3.base",
    "django.forms",
    "fido2.server",
    "glasshouse.edges.cli.main",
    "numpy",
    "pydantic.json_schema",
)


class Forge:
    """The process that forks; one for all labs of a test process."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self._turns = threading.Lock()

    @classmethod
    def start(cls) -> Self:
        """Start it; it ends with its input."""
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("GLASSHOUSE_", "DJANGO_"))},
            "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)]),
        }
        return cls(
            subprocess.Popen(
                [sys.executable, "-c", PROGRAM],
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        )

    def stop(self) -> None:
        """End it."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.wait(30)
        self._process.stdout.close()

    def run(
        self, words: Sequence[str], told: str, environment: Mapping[str, str]
    ) -> "subprocess.CompletedProcess[str]":
        """Run `python WORDS` with this environment, as `subprocess.run` would."""
        with tempfile.TemporaryDirectory() as folder, self._turns:
            streams = [Path(folder, name) for name in ("in", "out", "errors")]
            streams[0].write_text(told, "utf-8")
            asked = {"words": list(words), "environment": dict(environment), "streams": [str(one) for one in streams]}
            assert self._process.stdin
            assert self._process.stdout
            self._process.stdin.write(json.dumps({**asked, "folder": str(Path.cwd())}) + "\n")
            self._process.stdin.flush()
            code = int(self._process.stdout.readline())
            out, errors = (one.read_text("utf-8") for one in streams[1:])
        return subprocess.CompletedProcess(list(words), code, out, errors)


@functools.cache
def the_forge() -> Forge:
    """Return the one of this process, which ends with it."""
    forge = Forge.start()
    atexit.register(forge.stop)
    return forge


def main() -> None:
    """Fork what is asked for, line by line, and answer with its exit code, until the input ends."""
    for name in LOADED:
        import_module(name)
    gc.collect()
    gc.freeze()  # a collection would look through all of it in each, and copy what it touches
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            os._exit(_be(json.loads(line)))
        sys.stdout.write(f"{os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])}\n")
        sys.stdout.flush()


def _be(asked: dict[str, Any]) -> int:
    """Do what was asked, and return the exit code."""
    os.environ.clear()
    os.environ.update(asked["environment"])
    os.chdir(asked["folder"])
    modes = (os.O_RDONLY, os.O_WRONLY | os.O_CREAT, os.O_WRONLY | os.O_CREAT)
    for number, (path, mode) in enumerate(zip(asked["streams"], modes, strict=True)):
        opened = os.open(path, mode, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)
    try:
        _python(asked["words"])
    except SystemExit as ended:
        if ended.code is None or isinstance(ended.code, int):
            return ended.code or 0
        sys.stderr.write(f"{ended.code}\n")
        return 1
    except BaseException:  # noqa: BLE001 -- what Python does at the end of a program
        traceback.print_exc()
        return 1
    finally:
        _end()
    return 0


def _end() -> None:
    """Do what Python does when it ends."""
    atexit._run_exitfuncs()
    if settings.configured:
        connections.close_all()  # SQLite then brings its write-ahead log home
    sys.stdout.flush()
    sys.stderr.flush()


def _python(words: Sequence[str]) -> None:
    """Do what `python WORDS` does, for the two ways in which labs are asked."""
    if words[0] == "-c":
        sys.argv = ["-c", *words[2:]]
        exec(compile(words[1], "<string>", "exec"), {"__name__": "__main__"})  # noqa: S102 -- the tests' own code
    else:
        assert list(words[:2]) == ["-m", "glasshouse.edges.cli"]
        sys.argv = ["glasshouse", *words[2:]]
        import_module("glasshouse.edges.cli.main").main()
