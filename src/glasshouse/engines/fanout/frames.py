# SPDX-License-Identifier: Apache-2.0
"""Messages between processes: a header of JSON and a body of bytes, each with its length before it.

Never pickle: what a compute host says is parsed like any other hostile input.
"""

import json
import struct
from collections.abc import Callable
from typing import Final

from glasshouse.engines.fanout.errors import InvalidFrameError

LENGTHS: Final = struct.Struct(">II")
HEADER_BYTES: Final = 32 * 2**20
BODY_BYTES: Final = 2**30

Header = dict[str, object]


def pack(header: Header, body: bytes = b"") -> bytes:
    """Write one message."""
    told = json.dumps(header, separators=(",", ":")).encode()
    return LENGTHS.pack(len(told), len(body)) + told + body


def lengths(prefix: bytes) -> tuple[int, int]:
    """Read how long header and body of the message are that begins so."""
    header, body = LENGTHS.unpack(prefix)
    if header > HEADER_BYTES or body > BODY_BYTES:
        raise InvalidFrameError("a message is longer than any of ours")
    return header, body


def parse(told: bytes) -> Header:
    """Read a header."""
    try:
        header = json.loads(told)
    except (ValueError, RecursionError) as error:
        raise InvalidFrameError("a message's header is no JSON") from error
    if not isinstance(header, dict):
        raise InvalidFrameError("a message's header is no object")
    return header


def unpack(message: bytes) -> tuple[Header, bytes]:
    """Read a message that is held whole."""
    if len(message) < LENGTHS.size:
        raise InvalidFrameError("a message ends before it began")
    header, body = lengths(message[: LENGTHS.size])
    if len(message) != LENGTHS.size + header + body:
        raise InvalidFrameError("a message has another length than it says")
    start = LENGTHS.size + header
    return parse(message[LENGTHS.size : start]), message[start:]


def receive(exactly: Callable[[int], bytes]) -> tuple[Header, bytes]:
    """Read one message by a function that returns exactly so many bytes, or raises."""
    header, body = lengths(exactly(LENGTHS.size))
    return parse(exactly(header)), exactly(body)
