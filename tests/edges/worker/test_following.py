# SPDX-License-Identifier: Apache-2.0
"""The worker, step by step: every entry under a head, checkpoints given out, and no trouble that stops it for good."""

import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.conf import settings as configured
from django.db import DatabaseError, connection
from pytest_django.fixtures import Settings

from glasshouse.domain.jobs import commands as jobs
from glasshouse.domain.jobs import queries as job_queries
from glasshouse.domain.jobs.models import Job, State
from glasshouse.domain.journal import commands as journal
from glasshouse.domain.journal import queries
from glasshouse.domain.journal.values import Audience
from glasshouse.edges.signer.__main__ import serve
from glasshouse.edges.worker import witnesses, working
from glasshouse.edges.worker.following import Follower
from glasshouse.engines.ledger.log import Log
from glasshouse.engines.ledger.notes import KeyKind, Note, SigningKey
from glasshouse.engines.ledger.witnessing import AddCheckpoint
from glasshouse.kernel import clock
from tests.lab import House


@pytest.fixture
def house(transactional_db: None, furnished: House, settings: Settings) -> House:
    """A founded lab whose worker is this test."""
    del transactional_db
    settings.GLASSHOUSE = replace(settings.GLASSHOUSE, witnesses=(), checkpoint_seconds=1)
    return furnished


@pytest.fixture
def signer(house: House) -> House:
    """The signer, answering at its socket until the tests end."""
    path = configured.GLASSHOUSE.run / "signer.sock"
    threading.Thread(target=serve, args=(path, house.signer), daemon=True).start()
    _wait(path.exists)
    return house


@pytest.fixture
def follower(signer: House) -> Iterator[Follower]:
    """The worker's steps."""
    del signer
    made = Follower()
    yield made
    made.close()


def record() -> None:
    with journal.transaction():
        journal.record("tests.happened", actor="operator:tests", at=clock.now())


def signed() -> int:
    head = queries.signed_head()
    return head[0].size if head else 0


def _wait(condition: Callable[[], object], seconds: float = 30) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.01)


def test_a_step_brings_every_entry_under_a_signed_head(follower: Follower) -> None:
    for _ in range(5):
        record()
    follower.step()
    assert signed() == queries.log_size() == 12
    assert queries.waiting() == 0
    record()
    follower.step()
    assert signed() >= 13


def test_writers_who_are_always_ahead_hold_up_no_head(follower: Follower, monkeypatch: pytest.MonkeyPatch) -> None:
    sequence = journal.sequence

    def sequence_while_others_write() -> int:
        done = sequence()
        record()
        return done

    monkeypatch.setattr(journal, "sequence", sequence_while_others_write)
    record()
    follower.step()
    assert signed() > 0
    assert queries.waiting()


def test_while_the_signer_is_silent_entries_are_sequenced_and_trouble_is_told_once(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    del house
    caplog.set_level(logging.WARNING, "glasshouse.worker")
    with closing(Follower()) as follower:
        for _ in range(3):
            record()
            follower.step()
        assert queries.waiting() == 0
        assert [line.getMessage() for line in caplog.records] == [
            "the ledger cannot go on: SignerSilentError: the signer does not answer: No such file or directory"
        ]


def test_a_second_worker_waits_and_takes_over(follower: Follower) -> None:
    follower.step()
    with closing(Follower()) as second:
        record()
        second.step()
        assert queries.waiting() == 1
        follower.close()
        second.step()
        assert queries.waiting() == 0
        assert signed() == queries.log_size()


def test_a_worker_goes_on_after_the_database_dropped_its_connection(
    follower: Follower, caplog: pytest.LogCaptureFixture, database_kind: str
) -> None:
    follower.step()
    before = signed()
    if database_kind == "postgresql":
        with connection.cursor() as cursor, pytest.raises(DatabaseError, match="terminat"):
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
    else:
        connection.close()  # a file drops nobody
    follower.step()
    record()
    follower.step()
    assert signed() > before
    told = [line.getMessage() for line in caplog.records]
    assert any("cannot go on" in line for line in told) == (database_kind == "postgresql")


def test_parties_and_public_are_given_checkpoints_when_they_are_due(follower: Follower) -> None:
    for _ in range(20):
        follower.step()
        time.sleep(0.01)
    parties, public = (queries.newest_checkpoint(audience) for audience in (Audience.PARTIES, Audience.PUBLIC))
    assert parties is not None
    assert public is not None
    assert public.note == parties.note
    assert job_queries.is_pending("publication.site")
    record()
    follower.step()
    assert queries.newest_checkpoint(Audience.PUBLIC) == public


def test_a_witness_that_never_answers_holds_up_no_entry(follower: Follower, settings: Settings) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(8)
        key = SigningKey.generate("w.example", KeyKind.COSIGNATURE)
        url = f"http://127.0.0.1:{silent.getsockname()[1]}|{key.verifier}"
        settings.GLASSHOUSE = replace(settings.GLASSHOUSE, witnesses=(url,) * 3)
        began = time.monotonic()
        for _ in range(10):
            record()
            follower.step()
        assert time.monotonic() - began < witnesses.TIMEOUT
        assert queries.waiting() == 0
        assert signed() == queries.log_size()
        assert queries.newest_checkpoint(Audience.PARTIES) is None
        asked = follower._round
        assert asked is not None
    _wait(asked.result)  # the witness went away


class Hostile(BaseHTTPRequestHandler):
    """Answers what no witness would."""

    def do_POST(self) -> None:
        """Answer with noise that grows with each request."""
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"\xff\xfe not a cosignature\n" * 10)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the library's own name
        """Say nothing."""


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "nonsense", "http://[", "http://127.0.0.1:{port}", ""])
def test_a_witness_that_is_away_or_hostile_is_left_out(follower: Follower, settings: Settings, url: str) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hostile)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        key = SigningKey.generate("w.example", KeyKind.COSIGNATURE)
        where = url.replace("{port}", str(server.server_port))
        settings.GLASSHOUSE = replace(settings.GLASSHOUSE, witnesses=(f"{where}|{key.verifier}", "no key"))
        (settings.GLASSHOUSE.home / "witnesses.json").write_text("half a li", "utf-8")

        def given() -> bool:
            follower.step()
            return queries.newest_checkpoint(Audience.PARTIES) is not None

        _wait(given)
        kept = queries.newest_checkpoint(Audience.PARTIES)
        assert kept is not None
        assert [line.name for line in Note.parse(kept.note.encode()).signatures] == [settings.GLASSHOUSE.origin]
        with Log(settings.GLASSHOUSE.ledger) as log:
            assert AddCheckpoint(0, (), Note.parse(kept.note.encode())).serialise()
            assert log.size >= kept.size
    finally:
        server.shutdown()
        server.server_close()


def test_a_jobs_report_is_its_beat_and_its_end_is_written(house: House) -> None:
    house.sign()
    with journal.transaction():
        jobs.ask("journal.audit", {}, actor="operator:tests", now=clock.now())
    house.sign()
    assert working.run_one()
    job = Job.objects.get()
    assert job.state == State.DONE, job.message
    assert not working.run_one()


def test_a_job_nobody_knows_or_one_that_breaks_does_not_end_the_loop(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    del house

    def breaks(arguments: working.Arguments, report: working.Report) -> str:
        assert not arguments
        report(1, 2)
        raise RuntimeError("source text must not travel in a job's message")

    monkeypatch.setitem(working.KINDS, "tests.breaks", breaks)
    with journal.transaction():
        for kind in ("tests.unknown", "tests.breaks"):
            jobs.ask(kind, {}, actor="operator:tests", now=clock.now())
    assert [working.run_one(), working.run_one(), working.run_one()] == [True, True, False]
    messages = set(Job.objects.values_list("state", "message"))
    assert messages == {
        (State.FAILED, "KeyError; the operator's log has the rest"),
        (State.FAILED, "RuntimeError; the operator's log has the rest"),
    }


def test_a_job_that_went_to_another_worker_is_let_go(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    del house

    def slow(arguments: working.Arguments, report: working.Report) -> str:
        assert not arguments
        report(0, 1)
        Job.objects.update(token=7)
        return "done too late"

    monkeypatch.setitem(working.KINDS, "tests.slow", slow)
    with journal.transaction():
        jobs.ask("tests.slow", {}, actor="operator:tests", now=clock.now())
    assert working.run_one()
    assert Job.objects.get().state == State.RUNNING
