# SPDX-License-Identifier: Apache-2.0
"""Questions and answers over a socket: what goes in comes out, and no bytes end the searcher."""

import json
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from glasshouse.engines.codeindex.search import asking
from glasshouse.engines.codeindex.search.matching import Query
from glasshouse.engines.codeindex.search.messages import (
    ask_from_json,
    ask_to_json,
    found_from_json,
    found_to_json,
    source_of,
)
from glasshouse.engines.codeindex.search.questions import (
    Ask,
    FileFound,
    Found,
    LineFound,
    MalformedMessageError,
    Place,
    SearchBusyError,
    SearcherSilentError,
    Skipped,
    Tallied,
    Waiting,
)
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.errors import InvalidError, NotFoundError
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.paths import TreePath

ASK = Ask(
    person=Uid.new(),
    organisation=Uid.new(),
    grant=Uid.new(),
    product=Uid.new(),
    roots=(Digest.of(b"one"), Digest.of(b"two")),
    patterns=("src/**", "caf\udcff/*"),
    paths=("**/*.h",),
    language="C",
    query=Query("ünlaut", ignores_case=True),
    context=2,
    after="",
)
TALLY = Tallied(7, 3, is_exact=True, is_running=False)


class Hand:
    """Answers by hand, as a searcher would."""

    def __init__(self) -> None:
        self.asked: list[Ask] = []
        self.found: Found | Waiting = Waiting()
        self.refusal: Exception | None = None

    def search(self, asked: Ask, *, wait: float) -> Found | Waiting:
        assert 0 <= wait <= asking.MAX_WAIT
        self.asked.append(asked)
        if self.refusal is not None:
            raise self.refusal
        return self.found

    def tally(self, person: Uid, grant: Uid, ticket: str) -> Tallied:
        if (person, grant, ticket) != (ASK.person, ASK.grant, "ticket"):
            raise NotFoundError
        return TALLY


@pytest.fixture
def hand() -> Hand:
    return Hand()


@pytest.fixture
def path(tmp_path: Path, hand: Hand) -> Iterator[Path]:
    """A socket at which the hand answers, however often it is asked."""
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listening.bind(str(tmp_path / "s"))
    listening.listen(8)

    def serve() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection:
                asking.answer(connection, hand)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield tmp_path / "s"
    listening.shutdown(socket.SHUT_RDWR)
    listening.close()
    thread.join(5)
    assert not thread.is_alive(), "whatever came, it goes on"


def raw(path: Path, content: bytes) -> bytes:
    """Send bytes as they are, and return whatever comes back."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(5)
        connection.connect(str(path))
        received = b""
        with suppress(ConnectionResetError, BrokenPipeError):  # it closed on what it had not read
            connection.sendall(content)
            connection.shutdown(socket.SHUT_WR)
            while part := connection.recv(65_536):
                received += part
        return received


def framed(header: object, body: bytes = b"") -> bytes:
    text = json.dumps(header).encode()
    return struct.pack(">II", len(text), len(body)) + text + body


def test_no_bytes_end_the_searcher_and_the_next_question_is_answered(path: Path, hand: Hand) -> None:
    question = {"ask": ask_to_json(ASK), "wait": 0.1}
    broken: list[object] = [
        [],
        None,
        {},
        {"ask": None},
        {"ask": {}},
        {"ask": []},
        {"tally": 7},
        {"tally": {"person": 1, "grant": 2, "ticket": 3}},
        {"wait": 1},
        {**question, "wait": "long"},
        {**question, "wait": None},
    ]
    for name, value in (
        ("person", "x"),
        ("roots", ["00"]),
        ("roots", 3),
        ("patterns", "src/**"),
        ("patterns", [1]),
        ("paths", None),
        ("language", 1),
        ("query", {}),
        ("query", {"pattern": 1, "is_literal": 1, "ignores_case": 0, "whole_word": 0}),
        ("query", {"pattern": "", "is_literal": False, "ignores_case": False, "whole_word": False}),
        ("context", -1),
        ("context", "2"),
        ("after", None),
    ):
        broken.append({**question, "ask": {**ask_to_json(ASK), name: value}})
    hostile = [framed(one) for one in broken]
    hostile += [
        b"",
        b"\0",
        b"GET / HTTP/1.1\r\n\r\n",
        struct.pack(">II", 2**32 - 1, 2**32 - 1),
        struct.pack(">II", 2**31, 0) + b"{}",
        struct.pack(">II", 10, 0) + b"{}",
        framed(question)[:-1],
        struct.pack(">II", 400_000, 0) + b"[" * 400_000,
        struct.pack(">II", 4, 0) + b"\xff\xfe\0\0",
    ]
    for content in hostile:
        told = raw(path, content)
        if told:
            assert json.loads(told[8:])["state"] == "refused", content[:100]
    assert hand.asked == []
    assert asking.tally(path, ASK.person, ASK.grant, "ticket") == TALLY


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50, deadline=None)
@given(content=st.binary(max_size=200))
def test_any_bytes_are_refused_or_left(path: Path, hand: Hand, content: bytes) -> None:
    told = raw(path, content)
    assert not told or json.loads(told[8:])["state"] == "refused"
    assert hand.asked == []


def test_a_question_arrives_as_it_was_asked(path: Path, hand: Hand) -> None:
    assert asking.search(path, ASK, wait=0.1) == Waiting()
    assert hand.asked == [ASK]
    hand.found = Waiting(loading=40)
    assert asking.search(path, ASK, wait=0.1) == Waiting(loading=40)
    assert ask_from_json(json.loads(json.dumps(ask_to_json(ASK)))) == ASK


def page(texts: list[bytes]) -> Found:
    lines = tuple(
        LineFound(number, text, 0, len(text), ((0, min(1, len(text))),), is_hit=number % 2 == 0)
        for number, text in enumerate(texts, start=1)
    )
    place = Place(1, TreePath(b"src/\xff\xfe odd\x1b.c"))
    file = FileFound(place, Digest.of(b"f"), "C", 1, (Place(0, TreePath(b"a")),), 4, (lines, lines))
    skipped = (Skipped("binary", 9, (Place(0, TreePath(b"logo.png")),)),)
    return Found("ticket", (file, file), "rest", TALLY, 5, skipped, 0.25, loading=99)


@given(texts=st.lists(st.binary(max_size=40), max_size=8))
def test_a_page_arrives_as_it_was_found_whatever_its_bytes(texts: list[bytes]) -> None:
    found = page(texts)
    sent = json.loads(json.dumps(found_to_json(found)))
    assert found_from_json(sent, source_of(found)) == found
    if any(texts):
        with pytest.raises(MalformedMessageError):
            found_from_json(sent, source_of(found)[:-1])


def test_a_page_comes_over_the_socket(path: Path, hand: Hand) -> None:
    hand.found = page([b"one", b"", b"\0\xff\n"])
    assert asking.search(path, ASK, wait=0.1) == hand.found


def test_refusals_keep_their_family(path: Path, hand: Hand) -> None:
    for raised, expected in (
        (NotFoundError(), NotFoundError),
        (SearchBusyError("too fast", hint="wait"), SearchBusyError),
        (InvalidError("broken"), SearcherSilentError),
    ):
        hand.refusal = raised
        with pytest.raises(expected) as told:
            asking.search(path, ASK, wait=0.1)
        assert told.value.hint == raised.hint
    with pytest.raises(NotFoundError):
        asking.tally(path, Uid.new(), ASK.grant, "ticket")


def test_a_searcher_that_is_not_there_is_told_as_not_running(tmp_path: Path) -> None:
    with pytest.raises(SearcherSilentError, match="not running"):
        asking.search(tmp_path / "none", replace(ASK, context=0), wait=0.1)
