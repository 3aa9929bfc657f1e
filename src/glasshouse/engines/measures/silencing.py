# SPDX-License-Identifier: Apache-2.0
"""Where source asks that a warning be not given: to a compiler by a directive, to an analyser by a comment."""

import re
from typing import Final

_PRAGMA: Final = re.compile(
    rb"\b(?:GCC|clang)\s++(?:diagnostic\s++ignored|system_header)|\bwarning\s*+\(\s*+(?:disable|suppress)"
    rb"|\bwarning\s++(?:disable|suppress)|\bdiag_suppress|\bnowarn\b"
)
_COMMENT: Final = re.compile(
    rb"\bNOLINT(?:NEXTLINE|BEGIN)?\b|\bNOSONAR\b|\bnosec\b|\bnosemgrep\b|\bcppcheck-suppress"
    rb"|\bcoverity\s*+\[|\bcodeql\s*+\[|\blgtm\s*+\[|\blint\s++-e|\blint\s++!e|/\*lint\s|//lint\s|[Ff]lawfinder:\s*+ignore"
    rb"|\bRATS:\s*+ignore|\bnoqa\b|\btype:\s*+ignore|\bpylint:\s*+disable|\bmypy:\s*+ignore|\bruff:\s*+noqa"
    rb"|\bpyright:\s*+ignore|\beslint-disable|\bjshint\s++ignore|\btslint:disable|@ts-(?:ignore|nocheck)"
    rb"|\bshellcheck\s++disable|\bNOPMD\b|\bnolint\b|\bphpcs:(?:ignore|disable)|\brubocop:\s*+disable"
    rb"|\bast-grep-ignore\b|\bclang-analyzer-ignore\b|\bPVS-Studio\b.{0,20}\boff\b|-V::?[0-9]{3}"
)
_IN_CODE: Final = re.compile(rb"@SuppressWarnings\b|@Suppress\b|#!?\[allow\(|\bno\s++warnings\b|\[SuppressMessage\b")


def by_pragma(directive: bytes) -> bool:
    """Say whether a `#pragma`, or the words of a `_Pragma`, silences a warning."""
    return _PRAGMA.search(directive) is not None


def by_comment(comment: bytes) -> int:
    """Return how many times a comment asks an analyser for silence: once a line at most."""
    return sum(_COMMENT.search(line) is not None for line in comment.split(b"\n")) if comment else 0


def by_line(line: bytes) -> bool:
    """Say whether a line of a language whose comments are not told apart asks for silence."""
    return _COMMENT.search(line) is not None or _IN_CODE.search(line) is not None
