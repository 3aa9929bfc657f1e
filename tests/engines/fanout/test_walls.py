# SPDX-License-Identifier: Apache-2.0
"""Who has no credential gets nothing; who has one gets what belongs to units in flight, and never the lab's secrets."""

import contextlib
import os
import socket
import ssl
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from glasshouse.engines.fanout import Compute, Content, Credential, Kind, Role, Unit, frames, local
from glasshouse.engines.fanout.credentials import InMemory, write
from glasshouse.engines.fanout.errors import (
    ContentDiffersError,
    InvalidCredentialError,
    NotLentError,
    StaleFencingError,
)
from glasshouse.engines.fanout.fetching import Lender, Line, Loan, Source
from glasshouse.engines.fanout.values import Desk
from glasshouse.kernel.digests import Digest
from tests.engines.fanout.asking import PACKAGES, ask, content_of, nothing, processes, units_of

TEXT = b"int main(void) { return 0; }\n"
DIGEST = Digest.of(TEXT)


@pytest.fixture
def held() -> Iterator[InMemory]:
    held = InMemory()
    yield held
    held.close()


@pytest.fixture
def lender(held: InMemory) -> Iterator[Lender]:
    lender = Lender(held.of(Role.LAB), host="127.0.0.1")
    yield lender
    lender.close()


def source(lender: Lender, line: Line, *, token: int = 7) -> Source:
    return Source(Desk(lender.host, lender.port, "job", token), line, threading.Event())


@pytest.fixture
def line(held: InMemory) -> Iterator[Line]:
    with Line(held.of(Role.WORKER)) as line:
        yield line


@pytest.fixture
def loan(lender: Lender) -> Iterator[Loan]:
    with lender.lending(Content("job", 7, {DIGEST: TEXT}.__getitem__)) as loan:
        yield loan


def test_units_get_their_content(kept: Compute) -> None:
    contents = [os.urandom(size) for size in (0, 1, 70_000, 3_000_000)]
    units = [Unit(str(len(one)), (Digest.of(one),)) for one in contents]
    outcomes = list(ask(kept, "size", units, content=content_of(*contents)))
    assert {(outcome.unit.name, outcome.value.decode()) for outcome in outcomes} == {
        (unit.name, unit.name) for unit in units
    }


def test_a_unit_gets_nothing_that_belongs_to_no_unit(kept: Compute) -> None:
    content = content_of(TEXT)
    (outcome,) = ask(kept, "fetch_other", [Unit("one", (), str(DIGEST))], content=content)
    assert (outcome.kind, outcome.reason) == (
        Kind.FAILED,
        "fanout.not-lent: The lab does not lend this content.",
    )


def test_content_that_the_lab_cannot_read_fails_the_unit(kept: Compute) -> None:
    (outcome,) = ask(kept, "size", [Unit("one", (DIGEST,))], content=Content("unreadable", 1, nothing))
    assert outcome.reason.startswith("fanout.not-lent")


def test_content_is_lent_while_a_unit_in_flight_needs_it(lender: Lender, line: Line, loan: Loan) -> None:
    with pytest.raises(NotLentError):
        source(lender, line).read(DIGEST)
    loan.lend([DIGEST, DIGEST])
    loan.take_back([DIGEST])
    assert source(lender, line).read(DIGEST) == TEXT
    loan.take_back([DIGEST])
    with pytest.raises(NotLentError):
        source(lender, line).read(DIGEST)


@pytest.mark.parametrize("token", [6, 8])
def test_another_fencing_token_gets_nothing(lender: Lender, line: Line, loan: Loan, token: int) -> None:
    loan.lend([DIGEST])
    with pytest.raises(StaleFencingError):
        source(lender, line, token=token).read(DIGEST)
    assert source(lender, line).read(DIGEST) == TEXT


def test_a_later_owner_of_a_job_ends_what_the_earlier_lent(lender: Lender, line: Line, loan: Loan) -> None:
    loan.lend([DIGEST])
    with lender.lending(Content("job", 8, nothing)):
        with pytest.raises(StaleFencingError):
            source(lender, line).read(DIGEST)
        with pytest.raises(StaleFencingError), lender.lending(Content("job", 7, nothing)):
            pass


def test_a_job_that_has_ended_lends_nothing(lender: Lender, line: Line) -> None:
    with lender.lending(Content("job", 7, {DIGEST: TEXT}.__getitem__)) as loan:
        loan.lend([DIGEST])
        assert source(lender, line).read(DIGEST) == TEXT
    with pytest.raises(StaleFencingError):
        source(lender, line).read(DIGEST)


def test_other_content_than_the_digest_says_is_refused(lender: Lender, line: Line) -> None:
    with lender.lending(Content("job", 7, lambda _: b"other")) as loan:
        loan.lend([DIGEST])
        with pytest.raises(ContentDiffersError):
            source(lender, line).read(DIGEST)


def test_a_stranger_gets_no_content(lender: Lender, loan: Loan) -> None:
    loan.lend([DIGEST])
    stranger = InMemory()  # an authority of their own
    with Line(stranger.of(Role.WORKER)) as line, pytest.raises(OSError, match=r"certificate|reset|closed|ALERT"):
        source(lender, line).read(DIGEST)
    stranger.close()


def test_a_scheduler_gets_no_content(lender: Lender, loan: Loan, held: InMemory) -> None:
    loan.lend([DIGEST])
    with Line(held.of(Role.SCHEDULER)) as line, pytest.raises((OSError, EOFError)):
        source(lender, line).read(DIGEST)


def test_a_worker_fetches_from_the_lab_and_nobody_else(held: InMemory, line: Line) -> None:
    imposter = Lender(held.of(Role.WORKER), host="127.0.0.1")
    with pytest.raises(ssl.SSLError):
        source(imposter, line).read(DIGEST)
    imposter.close()


def test_a_worker_connects_again_after_the_lab_closed(held: InMemory, line: Line) -> None:
    port = None
    for _ in range(2):
        lender = Lender(held.of(Role.LAB), host="127.0.0.1")
        with lender.lending(Content("job", 7, {DIGEST: TEXT}.__getitem__)) as loan:
            loan.lend([DIGEST])
            assert source(lender, line).read(DIGEST) == TEXT
            port = lender.port
        lender.close()
    assert port


@pytest.mark.parametrize("said", [b"GET / HTTP/1.1\r\n\r\n", b"\0" * 64, b""])
def test_who_speaks_no_tls_is_forgotten(lender: Lender, line: Line, loan: Loan, said: bytes) -> None:
    with socket.create_connection((lender.host, lender.port)) as stranger:
        stranger.sendall(said)
        loan.lend([DIGEST])
        assert source(lender, line).read(DIGEST) == TEXT  # meanwhile, the others are served


@pytest.mark.parametrize("said", [frames.pack({"job": 5}), b"\xff" * 8, frames.LENGTHS.pack(3, 0) + b"no!"])
def test_a_worker_that_talks_nonsense_is_hung_up_on(lender: Lender, held: InMemory, said: bytes) -> None:
    plain = socket.create_connection((lender.host, lender.port))
    with held.of(Role.WORKER).asking().wrap_socket(plain) as tls:
        tls.sendall(said)
        tls.settimeout(10)
        assert tls.recv(1) == b""


def listening(compute: Compute) -> list[tuple[str, int]]:
    members = [psutil.Process(compute.process.pid), *processes(compute), psutil.Process()]
    return [
        (one.laddr.ip, one.laddr.port)
        for member in members
        for one in member.net_connections(kind="inet")
        if one.status == psutil.CONN_LISTEN
    ]


def test_a_local_cluster_listens_on_loopback_only_and_never_without_tls(kept: Compute) -> None:
    places = listening(kept)
    assert {host for host, _ in places} == {"127.0.0.1"}
    assert len(places) == 4  # scheduler, two workers, the lab's own: no pages
    stranger = InMemory()
    anybody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    anybody.check_hostname = False
    anybody.verify_mode = ssl.CERT_NONE
    for place in places:
        assert b"HTTP" not in plainly(place)
        for context in (stranger.of(Role.LAB).asking(), stranger.of(Role.WORKER).asking(), anybody):
            with pytest.raises((OSError, EOFError)):
                greeting(place, context)
    stranger.close()


def plainly(place: tuple[str, int]) -> bytes:
    """What a place answers to who speaks no TLS: its refusal, or nothing."""
    with socket.create_connection(place, timeout=10) as plain, contextlib.suppress(OSError):
        plain.sendall(b"GET /info/main/workers.html HTTP/1.0\r\n\r\n")
        return plain.recv(4096)
    return b""


def greeting(place: tuple[str, int], context: ssl.SSLContext) -> bytes:
    """The first byte that a place says to a peer that it accepts; Dask greets, the lab answers a question."""
    with (
        socket.create_connection(place, timeout=10) as plain,
        context.wrap_socket(plain, do_handshake_on_connect=False) as tls,
    ):
        tls.do_handshake()
        tls.sendall(frames.pack({"job": "job", "token": 7, "digest": str(DIGEST)}))
        found = tls.recv(1)
        if not found:
            raise EOFError
        return found


def test_workers_get_nothing_of_the_labs_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GLASSHOUSE_DATABASE", "postgresql://lab:secret@db/lab")
    monkeypatch.setenv("DASK_DISTRIBUTED__SCHEDULER__DASHBOARD__STATUS", "x")
    with local(workers=1, packages=PACKAGES) as compute:
        (outcome,) = ask(compute, "environment", units_of(1))
    assert not any(name.startswith(("GLASSHOUSE", "DASK")) for name in outcome.value.decode().split())


def test_credentials_in_memory_have_no_name_in_any_folder(held: InMemory) -> None:
    credential = held.of(Role.LAB)
    assert Path(credential.own).readlink().name.startswith("memfd:")
    with pytest.raises(PermissionError), open(credential.own, "wb") as file:  # noqa: PTH123 -- a descriptor's place
        file.write(b"other")


def test_a_remote_clusters_credentials_are_its_owners_alone(tmp_path: Path) -> None:
    folder = tmp_path / "cluster"
    write(folder)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {
        f"{name}.pem": 0o600 for name in ("authority", "lab", "scheduler", "worker")
    }
    assert b"PRIVATE KEY" not in (folder / "authority.pem").read_bytes()
    with pytest.raises(FileExistsError):
        write(folder)
    (folder / "worker.pem").unlink()
    assert Credential.of(folder, Role.LAB).own == str(folder / "lab.pem")
    with pytest.raises(InvalidCredentialError):
        Credential.of(folder, Role.WORKER)
