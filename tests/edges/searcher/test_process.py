# SPDX-License-Identifier: Apache-2.0
"""The searcher as a process: killed, asked by hostile bytes, begun twice; whoever asks is told, and it comes back."""

import json
import os
import random
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest
from django.conf import settings

from glasshouse.edges.searcher.listening import SearcherRunsError, listening_at
from glasshouse.engines.codeindex.search import asking
from glasshouse.engines.codeindex.search.matching import Query
from glasshouse.engines.codeindex.search.messages import ask_to_json
from glasshouse.engines.codeindex.search.questions import Ask, Found, SearcherSilentError
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.errors import GlasshouseError, NotFoundError
from glasshouse.kernel.ids import Uid
from tests.lab import Files, House
from tests.searching import index

SECONDS = 30
FILES: Files = {f"server-1/f{number}.c": b"int common;\nint only_%d;\n" % number * 500 for number in range(150)}


def place() -> Path:
    path: Path = settings.GLASSHOUSE.run / "search.sock"
    return path


@pytest.fixture
def asked(house: House) -> Ask:
    """A question about an indexed release."""
    taken = house.take(files=FILES)
    index(taken)
    roots = (Digest(bytes(taken.root)),)
    return Ask(
        person=Uid.new(),
        organisation=Uid.new(),
        grant=Uid.new(),
        product=Uid(taken.product.uid),
        roots=roots,
        patterns=("**",),
        paths=(),
        language="",
        query=Query("only_17;"),
        context=0,
    )


@contextmanager
def process() -> Iterator["subprocess.Popen[bytes]"]:
    """Run a searcher as the lab does."""
    lab = settings.GLASSHOUSE
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "glasshouse.config.settings",
        "GLASSHOUSE_HOME": str(lab.home),
        "GLASSHOUSE_KEYS": str(lab.keys),
        "GLASSHOUSE_SEARCH_MEMORY_MB": "64",
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    command = [sys.executable, "-m", "glasshouse.edges.searcher", "--socket", str(place())]
    running = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE)
    try:
        yield running
    finally:
        running.kill()
        running.communicate()


def answered(asked: Ask) -> Found:
    """Ask until the searcher is there and has a page."""
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        with suppress(SearcherSilentError):
            found = asking.search(place(), asked, wait=1)
            if isinstance(found, Found) and not found.skipped:
                return found
        time.sleep(0.02)
    raise AssertionError("no searcher answers")


def test_a_searcher_that_is_killed_in_the_middle_is_told_and_the_next_one_answers_the_same(asked: Ask) -> None:
    refusals: list[GlasshouseError] = []

    def keep_asking() -> None:
        number = 0
        while not refusals:
            number += 1
            long = replace(asked, person=Uid.new(), query=Query(rf"[a-z ]+{number}zq|[0-9]+;.*x"))
            try:
                asking.search(place(), long, wait=5)
            except GlasshouseError as error:
                refusals.append(error)

    with process() as first:
        before = answered(asked)
        askers = [threading.Thread(target=keep_asking) for _ in range(4)]
        for asker in askers:
            asker.start()
        time.sleep(0.3)
        first.send_signal(signal.SIGKILL)
        for asker in askers:
            asker.join(SECONDS)
    assert {type(error) for error in refusals} <= {SearcherSilentError}
    with pytest.raises(SearcherSilentError, match="not running"):
        asking.search(place(), asked, wait=1)
    with process():
        after = answered(asked)
        assert (after.files, after.rest, after.searched) == (before.files, before.rest, before.searched)
        with pytest.raises(NotFoundError):
            asking.tally(place(), asked.person, asked.grant, before.ticket)


def test_a_second_searcher_ends_at_once_and_leaves_the_first_alone(asked: Ask) -> None:
    with process() as first:
        answered(asked)
        with process() as second:
            assert second.wait(SECONDS) == 1
            assert second.stderr is not None
            assert second.stderr.read() == b"A searcher of this lab runs already.\n"
        with pytest.raises(SearcherRunsError), listening_at(place()):
            pass
        assert first.poll() is None
        assert answered(asked).files


def test_a_searcher_ends_when_it_is_told_to_and_its_place_is_free(asked: Ask) -> None:
    with process() as first:
        answered(asked)
        first.terminate()
        assert first.wait(SECONDS) == 0
    with listening_at(place()):
        pass


def test_whoever_asks_while_it_is_being_started_is_answered(asked: Ask) -> None:
    place().unlink(missing_ok=True)
    with process():
        until = time.monotonic() + SECONDS
        while not place().exists() and time.monotonic() < until:
            time.sleep(0.001)
        for _ in range(100):  # from the first moment on: a page, or that it waits, and never a refusal
            found = asking.search(place(), asked, wait=0.1)
            if isinstance(found, Found):
                break
        assert isinstance(found, Found)
        assert (found.files[0].hits, found.searched) == (50, 150)


def sent(content: bytes) -> bytes:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(SECONDS)
        connection.connect(str(place()))
        told = b""
        with suppress(ConnectionResetError, BrokenPipeError):
            connection.sendall(content)
            connection.shutdown(socket.SHUT_WR)
            while part := connection.recv(2**16):
                told += part
        return told


def test_no_bytes_at_all_end_it_or_make_it_tell_a_line(asked: Ask) -> None:
    text = json.dumps({"ask": ask_to_json(asked), "wait": 1}).encode()
    whole = struct.pack(">II", len(text), 0) + text
    chance = random.Random(3)  # noqa: S311 -- repeatable, not secret
    with process() as running:
        answered(asked)
        for number in range(300):
            changed = bytearray(whole)
            for _ in range(1 + number % 5):
                place_of = chance.randrange(len(changed))
                changed[place_of] = chance.randrange(256)
            if number % 3 == 0:
                del changed[chance.randrange(len(changed)) :]
            if number % 7 == 0:
                changed += chance.randbytes(40)
            told = sent(bytes(changed))
            if not told:
                continue
            length, size = struct.unpack(">II", told[:8])
            header = json.loads(told[8 : 8 + length])
            assert header["state"] in {"found", "pending", "refused", "unknown", "busy"}
            assert header["state"] == "found" or size == 0
        silent = [socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) for _ in range(60)]
        for one in silent:  # that say nothing, and hold up nobody
            one.connect(str(place()))
        assert answered(replace(asked, person=Uid.new())).files
        for one in silent:
            one.close()
        assert running.poll() is None
