# SPDX-License-Identifier: Apache-2.0
"""What runs in the nursery: it reads one JSON line a process wanted, forks it and prints its pid.

What a process acknowledges goes line by line, unbuffered, to the file that was named. Imported after Django's setup.
"""

import json
import os
import resource
import signal
import sys
import traceback
from collections.abc import Callable
from typing import Any

from glasshouse.domain.journal import commands as journal
from glasshouse.domain.people import queries as people
from glasshouse.domain.people.models import Person
from glasshouse.domain.readingroom import commands as readingroom
from glasshouse.edges.cli.main import app
from glasshouse.edges.worker.__main__ import follow
from glasshouse.kernel import clock
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.lines import Span
from glasshouse.kernel.paths import TreePath
from glasshouse.kernel.stopping import Stop

Say = Callable[[str], None]


def _write(say: Say) -> None:
    while True:
        with journal.transaction():
            recorded = journal.record("tests.written", actor="operator:tests", at=clock.now())
        say(recorded.commitment.hex())


def _read(say: Say, viewer_uid: str, grant: str, release: str) -> None:
    viewer = people.viewer_by_row(Person.objects.get(uid=viewer_uid).pk)
    path, line = TreePath(b"src/file0.c"), 0
    while True:
        line = (line + 6) % 50 + 1  # here and there, or the grant waits: from first line to last is how a script reads
        view = readingroom.open_file(viewer, Uid(grant), Uid(release), path, Span(line, line + 1), now=clock.now()).view
        say(f"{view.recorded.uid} {view.recorded.commitment.hex()}")


def _follow(say: Say) -> None:
    say("begun")
    follow(Stop())


def _command(say: Say, *words: str) -> None:
    say("begun")
    try:
        app(list(words))
    except SystemExit as ended:
        say(f"exit {ended.code}")


KINDS: dict[str, Callable[..., None]] = {"write": _write, "read": _read, "follow": _follow, "command": _command}


def _be(asked: dict[str, Any]) -> None:
    os.setsid()
    descriptor = os.open(asked["said"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(2, 1)
    if asked["cap"]:
        sys.dont_write_bytecode = True  # it would be cut off as well, and read by who comes next
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (asked["cap"], asked["cap"]))
    KINDS[asked["what"]](lambda text: os.write(descriptor, f"{text}\n".encode()), *asked["words"])


def main() -> None:
    """Fork what is asked for until the input ends."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel reaps
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            try:
                _be(json.loads(line))
            finally:
                if sys.exc_info()[0] is not None:
                    traceback.print_exc()
                os._exit(0)
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()
