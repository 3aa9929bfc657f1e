# SPDX-License-Identifier: Apache-2.0
"""Answers as bytes, to be kept.

answer  = digest(32) count(4) [first(4) last(4)] * count      all most significant first
a count above the most matches says which gap it is
"""

import struct
from collections.abc import Mapping
from typing import Final

from glasshouse.engines.codeindex.structure.errors import AnswersDamagedError
from glasshouse.engines.codeindex.structure.values import MAX_MATCHES, Answer, Gap, Match

_HEAD: Final = struct.Struct(">32sI")
_RANGE: Final = struct.Struct(">II")
_GAPS: Final = {gap: 2**32 - 1 - number for number, gap in enumerate(Gap)}
_NAMES: Final = {count: gap for gap, count in _GAPS.items()}


def pack(answers: Mapping[bytes, Answer]) -> bytes:
    """Write answers by digest, in an order that tells nothing of how they came."""
    parts = bytearray()
    for digest in sorted(answers):
        answer = answers[digest]
        if isinstance(answer, Gap):
            parts += _HEAD.pack(digest, _GAPS[answer])
        else:
            parts += _HEAD.pack(digest, len(answer))
            for match in answer:
                parts += _RANGE.pack(*match)
    return bytes(parts)


def unpack(content: bytes) -> dict[bytes, Answer]:
    """Read answers; raises AnswersDamagedError when they are none."""
    answers: dict[bytes, Answer] = {}
    at = 0
    try:
        while at < len(content):
            digest, count = _HEAD.unpack_from(content, at)
            at += _HEAD.size
            if count in _NAMES:
                answers[digest] = _NAMES[count]
                continue
            if count > MAX_MATCHES:
                raise AnswersDamagedError("Kept answers of a structural search are not what was written.")
            stop = at + count * _RANGE.size
            answers[digest] = tuple(Match(*one) for one in _RANGE.iter_unpack(_exactly(content, at, stop)))
            at = stop
    except struct.error as error:
        raise AnswersDamagedError("Kept answers of a structural search are cut short.") from error
    return answers


def _exactly(content: bytes, start: int, stop: int) -> bytes:
    if stop > len(content):
        raise struct.error
    return content[start:stop]
