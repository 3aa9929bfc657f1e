# SPDX-License-Identifier: Apache-2.0
"""Asking a signer that is another process, over a Unix socket in a folder that only the lab's user can enter.

A request and an answer are each a length (4 bytes, most significant first) and so many bytes. An answer begins with
a word: `signed` and the note, `stale` and the size to prove from, `refused` and the reason, or `unable` and what the
machine said.
"""

import contextlib
import socket
import struct
from pathlib import Path

from glasshouse.engines.ledger.errors import ForkError, MalformedError, SignerSilentError, StaleRequestError
from glasshouse.engines.ledger.notes import Note
from glasshouse.engines.ledger.signer import Signer, SigningRequest
from glasshouse.kernel.errors import GlasshouseError

MAX_MESSAGE = 65_536
TIMEOUT = 10.0
_START = "Start it with `glasshouse sign`."


class _BrokenOffError(MalformedError):
    """The other end was gone before its message was whole."""

    code = "ledger.broken-off"


_GONE = (_BrokenOffError, ConnectionResetError, BrokenPipeError)


def ask(path: Path, request: SigningRequest) -> Note:
    """Have a tree signed by the signer that listens at a path; raises what it says.

    A signer that ended before it had answered is asked once more, for another may stand in its place by then. Whatever
    the one before signed it had kept first, so the other gives the same note out, or says from where to prove.
    """
    try:
        try:
            word, _, rest = _asked(path, request)
        except _GONE:
            word, _, rest = _asked(path, request)
    except _GONE as error:
        raise SignerSilentError("the signer ended before it had answered", hint=_START) from error
    except OSError as error:
        raise SignerSilentError(f"the signer does not answer: {error.strerror or error}", hint=_START) from error
    if word == b"signed":
        return Note.parse(rest)
    if word == b"stale":
        raise StaleRequestError("the signer has signed more", size=int(rest))
    if word == b"unable":
        raise SignerSilentError(
            f"the signer cannot keep its state: {rest.decode('utf-8', 'replace')}", hint="Make room for it."
        )
    raise ForkError(f"the signer refused: {rest.decode('utf-8', 'replace')}")


def _asked(path: Path, request: SigningRequest) -> tuple[bytes, bytes, bytes]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(TIMEOUT)
        connection.connect(str(path))
        _send(connection, request.serialise())
        return _receive(connection).partition(b"\n")


def answer(connection: socket.socket, signer: Signer) -> None:
    """Read one request from a connection and answer it; whatever arrives, the signer goes on."""
    connection.settimeout(TIMEOUT)
    with contextlib.suppress(OSError):
        try:
            request = SigningRequest.parse(_receive(connection))
        except GlasshouseError as error:
            _send(connection, b"refused\n" + error.message.encode())
        else:
            _send(connection, _signed(request, signer))


def _signed(request: SigningRequest, signer: Signer) -> bytes:
    try:
        return b"signed\n" + signer.sign(request).serialise()
    except StaleRequestError as error:
        return b"stale\n" + str(error.size).encode()
    except GlasshouseError as error:
        return b"refused\n" + error.message.encode()
    except OSError as error:  # a full disk: nothing was signed that is not kept
        return b"unable\n" + (error.strerror or type(error).__name__).encode()


def _send(connection: socket.socket, message: bytes) -> None:
    connection.sendall(struct.pack(">I", len(message)) + message)


def _receive(connection: socket.socket) -> bytes:
    (length,) = struct.unpack(">I", _exactly(connection, 4))
    if length > MAX_MESSAGE:
        raise MalformedError("a message to the signer is too long")
    return _exactly(connection, length)


def _exactly(connection: socket.socket, length: int) -> bytes:
    parts = bytearray()
    while len(parts) < length:
        part = connection.recv(length - len(parts))
        if not part:
            raise _BrokenOffError("a message to or from the signer was cut short")
        parts += part
    return bytes(parts)
