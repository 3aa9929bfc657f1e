# SPDX-License-Identifier: Apache-2.0
"""Processes to be killed: forked from one that has loaded the lab's settings, so that ten kills take seconds."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self

from tests.edges.forge import ROOT
from tests.edges.running import RunningLab

PROGRAM: Final = "import django; django.setup(); from tests.edges.worker import cradle; cradle.main()"


@dataclass(slots=True)
class Nursery:
    """The running program, for the tests."""

    process: "subprocess.Popen[str]"
    folder: Path
    children: "list[Child]" = field(default_factory=list)

    @classmethod
    def open(cls, lab: RunningLab, folder: Path) -> Self:
        """Start it for a lab; `folder` gets what each process acknowledged."""
        environment = {**lab.environment, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])}
        folder.mkdir()
        with (folder / "errors.log").open("w") as log:
            process = subprocess.Popen(
                [sys.executable, "-c", PROGRAM],
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                cwd=ROOT,
            )
        return cls(process, folder)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self.process.stdin
        assert self.process.stdout
        for child in self.children:  # a test that failed leaves none behind
            child.kill()
        self.process.stdin.close()
        self.process.wait(30)
        self.process.stdout.close()

    def start(self, what: str, *words: str, cap: int = 0) -> "Child":
        """Fork a process; `cap` bounds every file it writes, in bytes, as a full disk would."""
        assert self.process.stdin
        assert self.process.stdout
        said = self.folder / f"{what}-{len(self.children) + 1}"
        asked = {"what": what, "words": words, "said": str(said), "cap": cap}
        self.process.stdin.write(json.dumps(asked) + "\n")
        self.process.stdin.flush()
        child = Child(int(self.process.stdout.readline()), said)
        self.children.append(child)
        return child


@dataclass(frozen=True, slots=True)
class Child:
    """One forked process."""

    pid: int
    said_file: Path

    @property
    def is_alive(self) -> bool:
        """Say whether it still runs."""
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        return True

    def said(self) -> list[str]:
        """Return the whole lines that it acknowledged."""
        return self.said_file.read_text("utf-8").rpartition("\n")[0].splitlines() if self.said_file.exists() else []

    def kill(self) -> None:
        """Kill it and what it started, at once."""
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            return
        self.join()

    def join(self, seconds: float = 120) -> None:
        """Wait until it is gone."""
        wait_for(lambda: not self.is_alive, seconds)


def wait_for(condition: Callable[[], bool], seconds: float = 60) -> None:
    """Wait until something is so."""
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it never came to that"
        time.sleep(0.003)
