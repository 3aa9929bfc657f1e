# SPDX-License-Identifier: Apache-2.0
"""The protobuf wire format as a hostile stream of fields: bounded, never recursive, never evaluated.

A message is yielded field by field as (number, value): an int for a varint or a fixed field, bytes for a length-
delimited one. Nesting is the caller's: a field is a message only where the caller reads it as one.
"""

import struct
from collections.abc import Iterator
from typing import Final

from glasshouse.engines.codeindex.symbols.errors import ScipError

Value = int | memoryview
_VARINT_BYTES: Final = 10
_MORE: Final = 0x80
_MAX_FIELD: Final = 2**29 - 1
_FIXED: Final = {1: struct.Struct("<Q"), 5: struct.Struct("<I")}


def fields(message: memoryview) -> Iterator[tuple[int, Value]]:
    """Yield the fields of one message in their order; raises ScipError where it is not in the wire format."""
    at, end = 0, len(message)
    while at < end:
        key, at = _varint(message, at)
        number, kind = key >> 3, key & 7
        if not 1 <= number <= _MAX_FIELD:
            raise ScipError("A field has no number.")
        match kind:
            case 0:
                value, at = _varint(message, at)
                yield number, value
            case 2:
                length, at = _varint(message, at)
                if length > end - at:
                    raise ScipError("A field is longer than what holds it.")
                yield number, message[at : at + length]
                at += length
            case 1 | 5:
                fixed = _FIXED[kind]
                if fixed.size > end - at:
                    raise ScipError("A field is longer than what holds it.")
                yield number, fixed.unpack_from(message, at)[0]
                at += fixed.size
            case _:  # groups were given up before this format was made
                raise ScipError("A field is of a kind that is not used.")


def packed(value: Value, *, most: int) -> list[int]:
    """Return the varints of a repeated field in its packed form, or the one of its plain form."""
    if isinstance(value, int):
        return [value]
    found: list[int] = []
    at = 0
    while at < len(value):
        one, at = _varint(value, at)
        found.append(one)
        if len(found) > most:
            raise ScipError("A list is longer than any that is used.")
    return found


def text(value: Value, *, longest: int) -> str:
    """Return a string field; what is not UTF-8 is replaced."""
    return str(raw(value, longest=longest), "utf-8", "replace")


def raw(value: Value, *, longest: int) -> bytes:
    """Return the bytes of a length-delimited field."""
    if isinstance(value, int):
        raise ScipError("A number stands where a text belongs.")
    if len(value) > longest:
        raise ScipError("A text is longer than any that is used.")
    return bytes(value)


def message(value: Value) -> memoryview:
    """Return a field as a message to be read with `fields`."""
    if isinstance(value, int):
        raise ScipError("A number stands where a message belongs.")
    return value


def number(value: Value) -> int:
    """Return a number field."""
    if not isinstance(value, int):
        raise ScipError("A text stands where a number belongs.")
    return value


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    if at < len(message) and (first := message[at]) < _MORE:
        return first, at + 1
    result = 0
    for step, byte in enumerate(message[at : at + _VARINT_BYTES]):
        result |= (byte & 0x7F) << (7 * step)
        if not byte & _MORE:
            return result & 0xFFFF_FFFF_FFFF_FFFF, at + step + 1
    raise ScipError("A number has no end.")
