# SPDX-License-Identifier: Apache-2.0
"""Asking a searcher that is another process, over a Unix socket in a folder that only the lab's user can enter.

A message is two lengths (4 bytes each, most significant first), so many bytes of JSON, and so many bytes of source
that the JSON's lines are cut from, in their order. A question is a search or a tally. An answer says `found`,
`pending`, `tally`, or a reason why not. Whatever bytes arrive, the searcher goes on.
"""

import contextlib
import json
import socket
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Protocol

from glasshouse.engines.codeindex.search.messages import (
    ask_from_json,
    ask_to_json,
    found_from_json,
    found_to_json,
    source_of,
    tally_from_json,
    tally_to_json,
)
from glasshouse.engines.codeindex.search.questions import (
    Ask,
    Found,
    MalformedMessageError,
    SearchBusyError,
    SearcherSilentError,
    Tallied,
    Waiting,
)
from glasshouse.engines.codeindex.structure.errors import StructureError, StructureToolError
from glasshouse.kernel.errors import GlasshouseError, NotFoundError
from glasshouse.kernel.ids import Uid

MAX_QUESTION: Final = 512 * 1024
MAX_ANSWER: Final = 64 * 2**20
TIMEOUT: Final = 10.0
MAX_WAIT: Final = 5.0
_LENGTHS: Final = struct.Struct(">II")
_REASONS: Final[Mapping[str, type[GlasshouseError]]] = {
    "busy": SearchBusyError,
    "structure": StructureError,
    "structure-tool": StructureToolError,
}
"""What an asker can do something about; every other reason is the searcher's."""


class _CutShortError(MalformedMessageError):
    """The other side ended before its message did."""

    code = "codeindex.answer-cut-short"


class Searcher(Protocol):
    """Who answers. Refusals are raised as errors of the kernel's families."""

    def search(self, asked: Ask, *, wait: float) -> Found | Waiting:
        """Return a page, or that it takes longer than `wait` seconds: the same question then joins the search."""
        ...

    def tally(self, person: Uid, grant: Uid, ticket: str) -> Tallied:
        """Return how far a search has counted; raises NotFoundError for a ticket that is not this person's."""
        ...


def search(path: Path, asked: Ask, *, wait: float) -> Found | Waiting:
    """Have the searcher at a socket search, and wait `wait` seconds for the page."""
    header, body = _exchange(path, {"ask": ask_to_json(asked), "wait": wait}, timeout=wait + TIMEOUT)
    try:
        return found_from_json(header["found"], body) if header["state"] == "found" else Waiting(header["loading"])
    except (LookupError, TypeError, ValueError, GlasshouseError) as error:
        raise MalformedMessageError("The searcher's answer is malformed.") from error


def tally(path: Path, person: Uid, grant: Uid, ticket: str) -> Tallied:
    """Ask the searcher at a socket how far a search has counted."""
    question = {"grant": grant.text, "person": person.text, "ticket": ticket}
    header, _ = _exchange(path, {"tally": question}, timeout=TIMEOUT)
    try:
        return tally_from_json(header["tally"])
    except (LookupError, TypeError) as error:
        raise MalformedMessageError("The searcher's answer is malformed.") from error


def answer(connection: socket.socket, searcher: Searcher) -> None:
    """Read one question from a connection and answer it; whatever arrives, the searcher goes on."""
    connection.settimeout(TIMEOUT)
    with contextlib.suppress(OSError):
        try:
            header, _ = _receive(connection, MAX_QUESTION)
            reply, body = _answered(header, searcher)
        except GlasshouseError as error:
            reply, body = {"hint": error.hint, "message": error.message, "state": _word_of(error)}, b""
        _send(connection, reply, body)


def _answered(header: Mapping[str, Any], searcher: Searcher) -> tuple[Mapping[str, object], bytes]:
    try:
        if "tally" in header:
            asked = header["tally"]
            person, grant, ticket = Uid.parse(asked["person"]), Uid.parse(asked["grant"]), asked["ticket"]
            if not isinstance(ticket, str):
                raise MalformedMessageError("A ticket is text.")
            question = None
        else:
            question = ask_from_json(header["ask"])
            wait = min(max(float(header["wait"]), 0.0), MAX_WAIT)
    except (LookupError, TypeError, ValueError, AttributeError, GlasshouseError) as error:
        raise MalformedMessageError("A question to the searcher is malformed.") from error
    if question is None:
        return {"state": "tally", "tally": tally_to_json(searcher.tally(person, grant, ticket))}, b""
    found = searcher.search(question, wait=wait)
    if isinstance(found, Waiting):
        return {"loading": found.loading, "state": "pending"}, b""
    return {"found": found_to_json(found), "state": "found"}, source_of(found)


def _word_of(error: GlasshouseError) -> str:
    if isinstance(error, NotFoundError):
        return "unknown"
    return next((word for word, kind in _REASONS.items() if isinstance(error, kind)), "refused")


def _exchange(path: Path, question: Mapping[str, object], *, timeout: float) -> tuple[Mapping[str, Any], bytes]:
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(timeout)
            connection.connect(str(path))
            _send(connection, question, b"")
            header, body = _receive(connection, MAX_ANSWER)
    except (OSError, _CutShortError) as error:  # none listens, or it ended in the middle of an answer
        raise SearcherSilentError(
            "Search is not running; files and folders can be read meanwhile.",
            hint="The operator starts it with `glasshouse serve`.",
        ) from error
    state = str(header.get("state"))
    if state in {"found", "pending", "tally"}:
        return header, body
    if state == "unknown":
        raise NotFoundError
    message, hint = str(header.get("message", "")), str(header.get("hint", ""))
    if state in _REASONS:
        raise _REASONS[state](message, hint=hint)
    raise SearcherSilentError(f"The search failed: {message}", hint=hint)


def _send(connection: socket.socket, header: Mapping[str, object], body: bytes) -> None:
    text = json.dumps(header).encode("ascii")
    connection.sendall(_LENGTHS.pack(len(text), len(body)) + text + body)


def _receive(connection: socket.socket, most: int) -> tuple[Mapping[str, Any], bytes]:
    length, size = _LENGTHS.unpack(_exactly(connection, _LENGTHS.size))
    if length + size > most:
        raise MalformedMessageError("A message of the searcher's protocol is too long.")
    text = _exactly(connection, length)
    body = _exactly(connection, size)
    try:
        header = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise MalformedMessageError("A message of the searcher's protocol is no JSON.") from error
    if not isinstance(header, dict):
        raise MalformedMessageError("A message of the searcher's protocol is no object.")
    return header, body


def _exactly(connection: socket.socket, length: int) -> bytes:
    parts = bytearray()
    while len(parts) < length:
        part = connection.recv(min(length - len(parts), 2**20))
        if not part:
            raise _CutShortError("A message of the searcher's protocol was cut short.")
        parts += part
    return bytes(parts)
