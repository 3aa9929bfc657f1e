# SPDX-License-Identifier: Apache-2.0
"""SCIP indexes written byte by byte, honest and hostile: no library of the format is asked to make a broken one."""

from collections.abc import Sequence


def varint(value: int) -> bytes:
    value &= 2**64 - 1
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def sized(number: int, content: bytes | str) -> bytes:
    raw = content.encode() if isinstance(content, str) else content
    return varint(number << 3 | 2) + varint(len(raw)) + raw


def plain(number: int, value: int) -> bytes:
    return varint(number << 3) + varint(value)


def occurrence(at: Sequence[int], symbol: str, roles: int = 0, enclosing: Sequence[int] = ()) -> bytes:
    parts = [sized(1, b"".join(map(varint, at))), sized(2, symbol)]
    if roles:
        parts.append(plain(3, roles))
    if enclosing:
        parts.append(sized(7, b"".join(map(varint, enclosing))))
    return sized(2, b"".join(parts))


def document(path: bytes, *occurrences: bytes, encoding: int = 0) -> bytes:
    return sized(2, sized(1, path) + sized(4, "C") + b"".join(occurrences) + (plain(6, encoding) if encoding else b""))
