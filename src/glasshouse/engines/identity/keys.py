# SPDX-License-Identifier: Apache-2.0
"""Keys of a result, from what stays when code moves."""

import hashlib
from dataclasses import dataclass
from typing import Final, NamedTuple, Self

from glasshouse.kernel.paths import TreePath

SCHEME: Final = 1
"""The number of the scheme. Whatever changes a key, or the tokens in it, MUST change this number."""
SIZE: Final = 16
_DOMAIN: Final = b"glasshouse finding identity %d\0" % SCHEME


class Near(NamedTuple):
    """Short hashes of the tokens of the lines round a result, as far as they say something; b"" where the file ends."""

    second_before: bytes = b""
    before: bytes = b""
    after: bytes = b""
    second_after: bytes = b""


NOWHERE: Final = Near()


@dataclass(frozen=True, slots=True)
class Keys:
    """What a result is known by, the narrowest first; each has `SIZE` bytes.

    `line` is of rule, path, scope and tokens; `file` leaves out the scope, `function` the path. `around` is of rule,
    tokens and the lines next to it, `name` of rule, tokens and the file's own name. `form` has no tokens: rule, name
    and scope. `function` is empty outside of functions, `around` where there is nothing next to the line.
    """

    line: bytes
    file: bytes
    function: bytes
    around: bytes
    name: bytes
    form: bytes

    @classmethod
    def of(cls, rule: str, path: TreePath | None, scope: str, tokens: bytes, near: Near = NOWHERE) -> Self:
        """Make the keys. `rule` MUST name the tool too; `scope` is the enclosing function, "" for none."""
        what, inside = rule.encode("utf-8", "replace"), scope.encode("utf-8", "replace")
        where = path.raw if path else b""
        name = where.rpartition(b"/")[2]
        return cls(
            line=_key(b"1", what, where, inside, tokens),
            file=_key(b"2", what, where, tokens),
            function=_key(b"3", what, inside, tokens) if inside else b"",
            around=_key(b"6", what, near.before, tokens, near.after) if near.before or near.after else b"",
            name=_key(b"4", what, name, tokens),
            form=_key(b"5", what, name, inside),
        )


@dataclass(frozen=True, slots=True)
class Sighting:
    """A result as identity sees it. Line and column order sightings of one path and are in no key."""

    keys: Keys
    path: bytes = b""
    line: int = 0
    column: int = 0
    near: Near = NOWHERE
    hint: str = ""


def _key(tier: bytes, *parts: bytes) -> bytes:
    # Each part with its length, so that no two lists of parts read alike.
    whole = b"".join([_DOMAIN, tier, *[b"%d:%b" % (len(part), part) for part in parts]])
    return hashlib.sha256(whole).digest()[:SIZE]
