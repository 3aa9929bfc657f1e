# SPDX-License-Identifier: Apache-2.0
"""Content for units, from the lab's memory to a worker's: mutual TLS, the job's fencing token, never a disk.

The lab lends what belongs to units in flight and nothing else, and only to the job that owns them now. A worker checks
what it gets against the digest.
"""

import contextlib
import functools
import logging
import socket
import ssl
import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final, Self

from glasshouse.engines.fanout import frames
from glasshouse.engines.fanout.credentials import Credential, Role, role_of
from glasshouse.engines.fanout.errors import ContentDiffersError, InvalidFrameError, NotLentError, StaleFencingError
from glasshouse.engines.fanout.values import Content, Desk
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.errors import InvalidError

log = logging.getLogger("glasshouse.fanout")
# A worker keeps one connection; strangers that connect and say nothing are forgotten after the pause.
CONNECTIONS: Final = 256
HANDSHAKE_SECONDS: Final = 5.0
ANSWER_SECONDS: Final = 60.0


class Loan:
    """The digests of one job's units in flight; the lab's side adds and takes back while workers ask."""

    def __init__(self, content: Content) -> None:
        """Lend nothing yet."""
        self.content = content
        self._lent: Counter[Digest] = Counter()
        self._guard = threading.Lock()

    def lend(self, digests: Iterable[Digest]) -> None:
        """Let workers fetch these."""
        with self._guard:
            self._lent.update(digests)

    def take_back(self, digests: Iterable[Digest]) -> None:
        """Stop lending what no other unit in flight needs."""
        with self._guard:
            self._lent.subtract(digests)
            self._lent += Counter()  # drops what stands at zero

    def lends(self, digest: Digest) -> bool:
        """Say whether a unit in flight needs it."""
        with self._guard:
            return self._lent[digest] > 0


class Lender:
    """The lab's end: listens for workers of its cluster, and answers with content that is lent at that moment."""

    def __init__(self, credential: Credential, *, host: str) -> None:
        """Listen at a port of the system's choice."""
        self._context = credential.serving()
        self._loans: dict[str, Loan] = {}
        self._open: set[ssl.SSLSocket] = set()
        self._guard = threading.Lock()
        self._places = threading.BoundedSemaphore(CONNECTIONS)
        self._listening = socket.create_server((host, 0))
        self.host, self.port = self._listening.getsockname()[:2]
        self._thread = threading.Thread(target=self._accept, name="fanout-lender", daemon=True)
        self._thread.start()

    @contextlib.contextmanager
    def lending(self, content: Content) -> Iterator[Loan]:
        """Answer for a job under its token as long as the block runs."""
        loan = Loan(content)
        with self._guard:
            held = self._loans.get(content.job)
            if held is not None and held.content.token >= content.token:
                raise StaleFencingError("This job has a later owner.")
            self._loans[content.job] = loan
        try:
            yield loan
        finally:
            with self._guard:
                if self._loans.get(content.job) is loan:
                    del self._loans[content.job]

    def close(self) -> None:
        """Listen no more, and end every connection."""
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)  # wakes the thread that accepts
        self._listening.close()
        with self._guard:
            held = list(self._open)
        for connection in held:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._thread.join()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:  # closed
                return
            if not self._places.acquire(blocking=False):
                connection.close()
                continue
            threading.Thread(target=self._answer, args=(connection,), name="fanout-loan", daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        try:
            connection.settimeout(HANDSHAKE_SECONDS)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._context.wrap_socket(connection, server_side=True) as tls, self._held_open(tls):
                if role_of(tls) == Role.WORKER:
                    tls.settimeout(None)
                    self._serve(tls)
        except (OSError, InvalidError) as error:
            log.info("a connection for content ended: %s", type(error).__name__)
        finally:
            connection.close()
            self._places.release()

    @contextlib.contextmanager
    def _held_open(self, connection: ssl.SSLSocket) -> Iterator[None]:
        """Have `close` find a connection that waits for a question."""
        with self._guard:
            self._open.add(connection)
        try:
            yield
        finally:
            with self._guard:
                self._open.discard(connection)

    def _serve(self, tls: ssl.SSLSocket) -> None:
        while True:
            try:
                header, _ = frames.receive(functools.partial(_exactly, tls))
            except EOFError:
                return
            tls.sendall(self._found(header))

    def _found(self, header: frames.Header) -> bytes:
        match header:
            case {"job": str(job), "token": int(token), "digest": str(text)}:
                digest = Digest.parse(text)
            case _:
                raise InvalidFrameError("a question for content is not written as one")
        with self._guard:
            loan = self._loans.get(job)
        if loan is None or loan.content.token != token:
            return frames.pack({"refused": "stale"})
        if not loan.lends(digest):
            return frames.pack({"refused": "not-lent"})
        try:
            content = loan.content.read(digest)
        except Exception as error:  # noqa: BLE001 -- the caller's reader: what it raises ends one unit, not the lender
            log.warning("content for job %s cannot be read: %s", job, type(error).__name__)
            return frames.pack({"refused": "not-lent"})
        return frames.pack({"found": True}, content)


class Source:
    """What a unit's function fetches by, and how it learns that nobody waits for it any more."""

    def __init__(self, desk: Desk, line: "Line", cancel: threading.Event) -> None:
        """Fetch for one job."""
        self._desk = desk
        self._line = line
        self.cancel = cancel

    @property
    def job(self) -> str:
        """Return whose content it is."""
        return self._desk.job

    def read(self, digest: Digest) -> bytes:
        """Return the content of a digest of this unit, checked; in memory, and to be kept there."""
        header, content = self._line.ask(
            self._desk, {"job": self._desk.job, "token": self._desk.token, "digest": str(digest)}
        )
        if header.get("refused") == "stale":
            raise StaleFencingError("The job of this unit has ended or has another owner.")
        if header.get("found") is not True:
            raise NotLentError("The lab does not lend this content.")
        if Digest.of(content) != digest:
            raise ContentDiffersError("What the lab sent is not what its digest says.")
        return content


class Line:
    """A worker's connection to the lab, kept from one unit to the next; for one thread."""

    def __init__(self, credential: Credential) -> None:
        """Connect when first asked."""
        self._context = credential.asking()
        self._place: tuple[str, int] | None = None
        self._held: ssl.SSLSocket | None = None

    def ask(self, desk: Desk, question: frames.Header) -> tuple[frames.Header, bytes]:
        """Ask the lab; a kept connection that has ended meanwhile is made anew, once."""
        was_kept = self._held is not None and self._place == (desk.host, desk.port)
        try:
            return self._asked(desk, question)
        except (OSError, EOFError):
            self.close()
            if not was_kept:
                raise
        return self._asked(desk, question)

    def close(self) -> None:
        """End the connection."""
        if self._held is not None:
            self._held.close()
            self._held = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _asked(self, desk: Desk, question: frames.Header) -> tuple[frames.Header, bytes]:
        tls = self._connected(desk)
        tls.sendall(frames.pack(question))
        return frames.receive(functools.partial(_exactly, tls))

    def _connected(self, desk: Desk) -> ssl.SSLSocket:
        if self._held is not None and self._place == (desk.host, desk.port):
            return self._held
        self.close()
        plain = socket.create_connection((desk.host, desk.port), timeout=ANSWER_SECONDS)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        tls = self._context.wrap_socket(plain)
        if role_of(tls) != Role.LAB:
            tls.close()
            raise ssl.SSLError("content is fetched from the lab and nobody else")
        self._place, self._held = (desk.host, desk.port), tls
        return tls


def _exactly(connection: socket.socket, size: int) -> bytes:
    """Return so many bytes; raise EOFError where the other end has gone."""
    held = bytearray(size)
    view = memoryview(held)
    while view:
        count = connection.recv_into(view)
        if not count:
            raise EOFError
        view = view[count:]
    return bytes(held)
