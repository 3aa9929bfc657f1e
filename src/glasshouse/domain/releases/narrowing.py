# SPDX-License-Identifier: Apache-2.0
"""The patterns that narrow a search to one folder: what is left of its own patterns below that folder."""

import functools
from collections.abc import Sequence
from typing import Final

from glasshouse.domain.access.globs import Globs, wildcards
from glasshouse.domain.access.values import Patterns
from glasshouse.domain.releases.found import MAX_PATHS
from glasshouse.kernel.errors import InvalidError

_ANY: Final = b"**"
Parts = tuple[bytes, ...]


def narrowed_to(paths: Sequence[str], entry: bytes) -> tuple[str, ...]:
    """Return patterns that cover just what `paths`, or everything if there are none, cover of an entry.

    A folder's entry ends with a slash. Where no few patterns can say it, none are returned.
    """
    parts = tuple(_literal(part) for part in entry.rstrip(b"/").split(b"/"))
    if not entry.endswith(b"/"):
        return _told([parts])
    known = tuple(entry.rstrip(b"/").split(b"/"))
    left: list[Parts] = []
    for glob in paths or ("**",):
        pattern = _parts(glob.encode("utf-8", "surrogateescape"))
        if pattern is None:
            return ()
        left += _behind(pattern, known)
    if (_ANY,) in left:
        left = [(_ANY,)]
    # `**/` may match nothing, so `**/x` says `x` too.
    told = [parts + one for one in dict.fromkeys(left) if (_ANY, *one) not in left]
    # A pattern without a wildcard stands for all below it, which what is left of one with wildcards does not mean.
    return _told(told) if all(wildcards(b"/".join(one)) for one in told) else ()


def _parts(glob: bytes) -> Parts | None:
    """Cut a pattern at its slashes; None where `**` is a piece of a name, and may hold slashes itself."""
    if not wildcards(glob):
        glob = glob.rstrip(b"/") + b"/**"
    parts = tuple(glob.split(b"/"))
    return None if any(_ANY in part and part != _ANY for part in parts) else parts


def _behind(pattern: Parts, folder: Parts) -> list[Parts]:
    """Return what of a pattern is left to match behind a folder's path, each way that there is."""
    ways = {pattern}
    for name in folder:
        ways = {after for way in ways for after in _step(way, name)}
    return sorted(way for way in ways if way)


def _step(pattern: Parts, name: bytes) -> set[Parts]:
    if not pattern:
        return set()
    if pattern[0] == _ANY:
        return {pattern} | _step(pattern[1:], name)
    return {pattern[1:]} if _matches(pattern[0], name) else set()


def _matches(part: bytes, name: bytes) -> bool:
    return _compiled(part).match(name) if wildcards(part) else part == name


@functools.lru_cache(maxsize=256)
def _compiled(part: bytes) -> Globs:
    return Globs([part])


def _literal(part: bytes) -> bytes:
    """Write a name as a pattern; a star or a space in it, which the page's form parts patterns at, is any one byte."""
    return part.replace(b"*", b"?").replace(b" ", b"?")


def _told(patterns: Sequence[Parts]) -> tuple[str, ...]:
    found = tuple(b"/".join(pattern).decode("utf-8", "surrogateescape") for pattern in patterns)
    try:
        return Patterns(found).globs if len(found) <= MAX_PATHS else ()
    except InvalidError:  # more wildcards than a pattern may have, or no name that can be written
        return ()
