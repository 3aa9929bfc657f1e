# SPDX-License-Identifier: Apache-2.0
"""Witness the logs of Glasshouse labs: remember the last tree, sign only what grew from it (c2sp.org/tlog-witness).

A witness is a promise about memory: for each log it never signs two trees of which one is not the beginning of the
other. So the order is fixed, for HTTP and for files alike, under one lock per log:

    read the last tree -> check signature, size and proof -> write the new tree to disk -> sign -> answer

A witness killed between writing and answering has signed nothing that it does not remember; the log asks again, for
the same size, and gets its cosignature. A witness that cannot read its memory signs nothing.
"""

import argparse
import base64
import fcntl
import http.client
import os
import re
import socket
import sys
import threading
import urllib.parse
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from glasshouse_verify import (
    EMPTY_ROOT,
    BrokenError,
    Checkpoint,
    GrowthProof,
    KeyKind,
    Note,
    VerifierKey,
    digest,
    key_id,
    safe,
    verify_consistency,
)

MAX_REQUEST = 64 * 1024  # bytes: 63 hashes and a checkpoint with 100 signatures fit
SECONDS = 10  # to send a request; a slow client loses its connection
LIFETIME = 60  # seconds of one connection, whatever it does
MAX_CLIENTS = 64  # connections answered at a time
EXIT_REFUSED, EXIT_USAGE = 1, 2


class WitnessError(Exception):
    """The command or the state folder cannot be used; the text says why."""


class RefusedError(Exception):
    """The witness does not sign; `status` and `size` are what c2sp.org/tlog-witness asks for."""

    def __init__(self, status: HTTPStatus, reason: str, size: int | None = None) -> None:
        super().__init__(reason)
        self.status = status
        self.size = size


# ------------------------------------------------------------------------------------------------------ durable files


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _write(path: Path, raw: bytes, mode: int = 0o644) -> None:
    """Replace a file whole: after a crash it holds the old bytes or the new ones, and once this returns, the new."""
    fresh = path.with_name(path.name + ".new")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, mode)
    with os.fdopen(handle, "wb") as file:
        file.write(raw)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    _sync_folder(path.parent)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold a lock that other processes and threads respect, and that dies with its holder."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


# -------------------------------------------------------------------------------------------------------- the witness


@dataclass(frozen=True, slots=True)
class Witness:
    """A key, the logs it watches, and the last tree of each, in one folder.

    `key` holds the private key (mode 0600), `logs.txt` one vkey a line, `trees/<SHA-256 of the origin>` the last
    checkpoint that was cosigned.
    """

    folder: Path
    name: str
    private: Ed25519PrivateKey

    @classmethod
    def create(cls, folder: Path, name: str) -> Self:
        """Make a new witness; refuse where one already is."""
        if not name or "+" in name or any(char.isspace() or not char.isprintable() for char in name):
            raise WitnessError("a witness's name has no spaces and no plus, for instance w1.example")
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _locked(folder / "lock"):
            if (folder / "key").exists():
                raise WitnessError(f"{folder} already holds a witness")
            (folder / "trees").mkdir(mode=0o700, exist_ok=True)
            private = Ed25519PrivateKey.generate()
            secret = base64.b64encode(private.private_bytes_raw()).decode()
            _write(folder / "key", f"{name}\n{secret}\n".encode(), 0o600)
        return cls(folder, name, private)

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Open the witness of a folder; its key must be readable by its owner alone."""
        try:
            if (folder / "key").stat().st_mode & 0o077:
                raise WitnessError(f"{folder / 'key'} can be read by others: chmod 600 it, and consider it known")
            name, secret, _ = (folder / "key").read_text("utf-8").split("\n")
            return cls(folder, name, Ed25519PrivateKey.from_private_bytes(base64.b64decode(secret, validate=True)))
        except (OSError, ValueError) as error:
            raise WitnessError(f"no witness can be opened in {folder}: {error}") from error

    @property
    def vkey(self) -> str:
        """Return the public key as logs and trust files write it."""
        public = self.private.public_key().public_bytes_raw()
        encoded = base64.b64encode(bytes([KeyKind.COSIGNER]) + public).decode()
        return f"{self.name}+{key_id(self.name, KeyKind.COSIGNER, public).hex()}+{encoded}"

    def logs(self) -> list[VerifierKey]:
        """Return the keys of the logs it watches."""
        try:
            lines = (self.folder / "logs.txt").read_text("utf-8").splitlines()
        except FileNotFoundError:
            return []
        except (OSError, ValueError) as error:
            raise WitnessError(f"the list of logs cannot be read: {error}") from error
        return [VerifierKey.parse(line) for line in lines if line]

    def trust(self, vkey: str) -> VerifierKey:
        """Watch a log from now on."""
        key = VerifierKey.parse(vkey)
        if key.kind is not KeyKind.LOG:
            raise WitnessError("this is a witness's key (type 04), not a log's (type 01)")
        with _locked(self.folder / "lock"):
            known = self.logs()
            if key not in known:
                text = "".join(f"{line}\n" for line in [*map(_vkey_text, known), vkey])
                _write(self.folder / "logs.txt", text.encode())
        return key

    def _tree(self, origin: str) -> Path:
        return self.folder / "trees" / digest(origin.encode()).hex()

    def last(self, origin: str) -> Checkpoint | None:
        """Return the last checkpoint it cosigned for this log, None if it never did.

        A memory that is there and cannot be read stops the witness: to begin anew would be to forget.
        """
        try:
            raw = self._tree(origin).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise WitnessError(f"the last tree of {safe(origin)} cannot be read: {error}") from error
        try:
            checkpoint = Checkpoint.parse(raw)
        except BrokenError as error:
            raise WitnessError(f"the last tree of {safe(origin)} is damaged: {error}") from error
        if checkpoint.origin != origin:
            raise WitnessError(f"the last tree of {safe(origin)} is that of another log")
        return checkpoint

    def cosign(self, request: bytes, *, now: datetime) -> str:
        """Answer an add-checkpoint request with a cosignature line, or raise RefusedError."""
        try:
            asked = GrowthProof.parse(request)
        except BrokenError as error:
            raise RefusedError(HTTPStatus.BAD_REQUEST, str(error)) from error
        new = asked.checkpoint
        self._check_author(new)
        if asked.old_size > new.size:
            raise RefusedError(HTTPStatus.BAD_REQUEST, "the old size is larger than the checkpoint's")
        with _locked(self.folder / "trees" / f"{self._tree(new.origin).name}.lock"):
            _check_growth(self.last(new.origin), asked)
            _write(self._tree(new.origin), request[request.index(b"\n\n") + 2 :])
            return self._sign(new.note, now)

    def _check_author(self, new: Checkpoint) -> None:
        keys = [key for key in self.logs() if key.name == new.origin]
        if not keys:
            raise RefusedError(HTTPStatus.NOT_FOUND, f"this witness does not watch {safe(new.origin)}")
        try:
            signed, _ = new.note.verify(keys)
        except BrokenError as error:
            raise RefusedError(HTTPStatus.FORBIDDEN, str(error)) from error
        if not signed:
            raise RefusedError(HTTPStatus.FORBIDDEN, f"not signed by a known key of {safe(new.origin)}")

    def _sign(self, note: Note, now: datetime) -> str:
        stamp = int(now.timestamp())
        public = self.private.public_key().public_bytes_raw()
        raw = self.private.sign(f"cosignature/v1\ntime {stamp}\n{note.text}".encode())
        line = key_id(self.name, KeyKind.COSIGNER, public) + stamp.to_bytes(8, "big") + raw
        return f"\N{EM DASH} {self.name} {base64.b64encode(line).decode()}\n"


def _vkey_text(key: VerifierKey) -> str:
    return f"{key.name}+{key.id.hex()}+{base64.b64encode(bytes([key.kind]) + key.public).decode()}"


def _check_growth(last: Checkpoint | None, asked: GrowthProof) -> None:
    """Raise unless the asked tree is the remembered one, or has it as its proven beginning."""
    new, remembered = asked.checkpoint, 0 if last is None else last.size
    if asked.old_size != remembered:
        raise RefusedError(HTTPStatus.CONFLICT, f"the last tree cosigned here has {remembered:,} entries", remembered)
    if last is not None and new.size == last.size:
        if new.root != last.root:
            reason = f"a tree of {last.size:,} entries with another root was cosigned here: this log has forked"
            raise RefusedError(HTTPStatus.CONFLICT, reason, last.size)
        if asked.proof:
            raise RefusedError(HTTPStatus.UNPROCESSABLE_ENTITY, "between equal sizes the proof is empty")
    elif last is None or last.size == 0:
        if asked.proof or (new.size == 0 and new.root != EMPTY_ROOT):
            raise RefusedError(HTTPStatus.UNPROCESSABLE_ENTITY, "from an empty tree the proof is empty")
    elif not verify_consistency(last.size, new.size, last.root, new.root, asked.proof):
        reason = f"the proof does not lead from the tree of {last.size:,} entries cosigned here to this one"
        raise RefusedError(HTTPStatus.UNPROCESSABLE_ENTITY, reason)


# --------------------------------------------------------------------------------------------------------------- HTTP


_Connection = socket.socket | tuple[bytes, socket.socket]  # both as socketserver declares them
_Address = Any


class _Handler(BaseHTTPRequestHandler):
    """POST /add-checkpoint, and nothing else."""

    protocol_version = "HTTP/1.1"
    server_version, sys_version = "glasshouse-witness", ""
    timeout = SECONDS
    server: "WitnessServer"

    def do_POST(self) -> None:
        """Answer one request."""
        length = self.headers.get("Content-Length", "")
        if self.path != "/add-checkpoint":
            self._refuse(HTTPStatus.NOT_FOUND, "POST /add-checkpoint is all there is")
        elif self.headers.get("Transfer-Encoding") or not re.fullmatch(r"[0-9]{1,9}", length, re.ASCII):
            self._refuse(HTTPStatus.LENGTH_REQUIRED, "give the Content-Length of the request")
        elif int(length) > MAX_REQUEST:
            self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a request has at most {MAX_REQUEST:,} bytes")
        else:
            body = self.rfile.read(int(length))
            if len(body) == int(length):
                self._cosign(body)
            else:
                self.close_connection = True

    def _cosign(self, body: bytes) -> None:
        try:
            self._answer(HTTPStatus.OK, self.server.witness.cosign(body, now=datetime.now(tz=UTC)))
        except RefusedError as refused:
            if refused.status is HTTPStatus.CONFLICT:
                self._answer(refused.status, f"{refused.size}\n", "text/x.tlog.size")
            else:
                self._answer(refused.status, f"{refused}\n")
        except (WitnessError, OSError, BrokenError) as error:
            print(f"glasshouse-witness: signs nothing: {error}", file=sys.stderr)
            self._answer(HTTPStatus.INTERNAL_SERVER_ERROR, "the witness cannot use its memory and signs nothing\n")

    def _refuse(self, status: HTTPStatus, reason: str) -> None:
        """Answer without having read the body, so the connection cannot be used again."""
        self.close_connection = True
        self._answer(status, f"{reason}\n")

    def _answer(self, status: HTTPStatus, text: str, kind: str = "text/plain; charset=utf-8") -> None:
        raw = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(raw)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 -- http.server's own name
        """Say nothing: who asks, and when, is not for a witness to keep."""


class WitnessServer(ThreadingHTTPServer):
    """A witness at an address; `serve_forever` answers until `shutdown`."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, witness: Witness, address: tuple[str, int]) -> None:
        self.witness = witness
        self._places = threading.BoundedSemaphore(MAX_CLIENTS)
        super().__init__(address, _Handler)

    def process_request(self, request: _Connection, client_address: _Address) -> None:
        """Answer in a thread of its own; beyond MAX_CLIENTS the connection is closed unread."""
        if self._places.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: _Connection, client_address: _Address) -> None:
        """Answer within LIFETIME, however slowly the client sends, then give the place back."""
        limit = threading.Timer(LIFETIME, self.shutdown_request, [request])
        limit.daemon = True
        limit.start()
        try:
            super().process_request_thread(request, client_address)
        finally:
            limit.cancel()
            self._places.release()

    def handle_error(self, *_: object) -> None:
        """Drop a connection that broke off; anything else is worth a line."""
        error = sys.exception()
        if not isinstance(error, OSError):
            print(f"glasshouse-witness: {error!r}", file=sys.stderr)


def submit(url: str, request: bytes) -> tuple[int, str]:
    """Send an add-checkpoint request to a witness's submission prefix; return its status and its answer."""
    parts = urllib.parse.urlsplit(url)
    if parts.scheme not in {"http", "https"} or parts.hostname is None:
        raise WitnessError(f"not an http or https address: {safe(url)}")
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname, parts.port, timeout=SECONDS)
    try:
        connection.request("POST", parts.path.rstrip("/") + "/add-checkpoint", request)
        response = connection.getresponse()
        return response.status, response.read(MAX_REQUEST).decode("utf-8", "replace")
    except (OSError, http.client.HTTPException) as error:
        raise WitnessError(f"{safe(url)} does not answer: {error}") from error
    finally:
        connection.close()


# ---------------------------------------------------------------------------------------------------- the command line

_EPILOG = """\
examples:
  glasshouse-witness init --name w1.example --state ~/witness
  glasshouse-witness trust --state ~/witness lab.example/one+1f7a3c55+AQ...
  glasshouse-witness serve --state ~/witness --listen 127.0.0.1:8090
  glasshouse-witness cosign --state ~/witness request.txt > cosignatures.txt
  glasshouse-witness send --to https://w2.example request.txt > cosignatures.txt

exit codes: 0 done, 1 the witness refuses to sign, 2 wrong usage or unusable state
"""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="glasshouse-witness",
        description="Cosign the checkpoints of a log, as long as it only grows.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for word, what in (
        ("init", "make a witness: a key and an empty memory"),
        ("trust", "watch a log"),
        ("serve", "answer POST /add-checkpoint"),
        ("cosign", "answer one request file on standard output"),
        ("show", "print the key and the last tree of each log"),
        ("send", "send a request file to a witness elsewhere, and print its answer"),
    ):
        command = commands.add_parser(word, help=what, description=what)
        if word != "send":
            command.add_argument("--state", type=Path, required=True, metavar="DIR", help="the witness's folder")
        if word == "init":
            command.add_argument("--name", required=True, help="its name, for instance w1.example")
        if word == "trust":
            command.add_argument("vkey", help="the log's public key")
        if word == "serve":
            command.add_argument("--listen", default="127.0.0.1:8090", metavar="HOST:PORT")
        if word == "send":
            command.add_argument("--to", required=True, metavar="URL", help="the witness's submission prefix")
        if word in {"cosign", "send"}:
            command.add_argument("request", type=Path, help="`old N`, a consistency proof, a checkpoint")
    return parser


def _request(path: Path) -> bytes:
    with path.open("rb") as file:
        raw = file.read(MAX_REQUEST + 1)
    if len(raw) > MAX_REQUEST:
        raise WitnessError(f"a request has at most {MAX_REQUEST:,} bytes")
    return raw


def _serve(witness: Witness, listen: str) -> None:
    host, _, port = listen.rpartition(":")
    if not host or not re.fullmatch(r"[0-9]{1,5}", port, re.ASCII):
        raise WitnessError("--listen takes HOST:PORT, for instance 127.0.0.1:8090")
    with WitnessServer(witness, (host, int(port))) as server:
        place = f"http://{server.server_address[0]!s}:{server.server_address[1]}"
        print(f"{witness.vkey}\nanswers at {place}/add-checkpoint", flush=True)
        server.serve_forever()


def _show(witness: Witness) -> None:
    print(witness.vkey)
    for key in witness.logs():
        last = witness.last(key.name)
        tree = "nothing cosigned yet" if last is None else f"{last.size:,} entries, root {last.root.hex()}"
        print(f"log {safe(key.name)}: {tree}")


def _run(given: argparse.Namespace) -> int:
    if given.command == "send":
        status, answer = submit(given.to, _request(given.request))
        print(answer, end="")
        return 0 if status == HTTPStatus.OK else EXIT_REFUSED
    if given.command == "init":
        print(Witness.create(given.state, given.name).vkey)
        return 0
    witness = Witness.open(given.state)
    match given.command:
        case "trust":
            print(f"watches {safe(witness.trust(given.vkey).name)}")
        case "serve":
            _serve(witness, given.listen)
        case "cosign":
            print(witness.cosign(_request(given.request), now=datetime.now(tz=UTC)), end="")
        case _:
            _show(witness)
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    try:
        return _run(_parser().parse_args(arguments))
    except RefusedError as refused:
        print(f"glasshouse-witness: refused ({refused.status:d}): {refused}", file=sys.stderr)
        return EXIT_REFUSED
    except (OSError, WitnessError, BrokenError) as error:
        print(f"glasshouse-witness: {safe(str(error))}", file=sys.stderr)
        return EXIT_USAGE
    except KeyboardInterrupt:
        return 0


if __name__ == "__main__":
    sys.exit(main())
