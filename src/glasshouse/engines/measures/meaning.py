# SPDX-License-Identifier: Apache-2.0
"""What a called name comes to, once macros and wrappers of the same release are followed.

A file's own definition counts before any other; macros of headers are seen everywhere, functions everywhere unless they
are `static`. Where several files define a name differently and the file itself does not, nobody can tell without the
build: the call is of either kind, and stands as such.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final, NamedTuple

from glasshouse.engines.measures.values import Definition
from glasshouse.engines.measures.vocabulary import KNOWN, Family, claims_safety

MOST_CALLS: Final = 1_000
"""Calls that one use of a macro may come to; a macro that doubles itself for ever comes to no more."""
_DEPTH: Final = 32


class Verdict(IntEnum):
    """What a call is."""

    SAFE = 0
    UNSAFE = 1
    EITHER = 2


class Meaning(NamedTuple):
    """A part of what a call comes to: which function in the end, of which family, and what that makes of the call.

    `through` says that a function of the release stands between.
    """

    callee: bytes
    family: Family
    verdict: Verdict
    through: bool = False


Meanings = Mapping[Meaning, int]


@dataclass(frozen=True, slots=True)
class Shadow:
    """A definition whose name promises safety and whose body calls an unsafe function all the same."""

    file: int
    definition: Definition
    callee: bytes
    family: Family


@dataclass(slots=True)
class Dictionary:
    """All definitions of a release. Each file is given by its number, its definitions, and whether it is a header."""

    files: Sequence[tuple[Sequence[Definition], bool]]
    _own: dict[tuple[int, bytes], list[Definition]] = field(default_factory=lambda: defaultdict(list))
    _seen: dict[bytes, list[Definition]] = field(default_factory=lambda: defaultdict(list))
    _known: dict[tuple[int, bytes], Meanings] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Order the definitions by who sees them."""
        for number, (definitions, is_header) in enumerate(self.files):
            for one in definitions:
                self._own[number, one.name].append(one)
                if is_header or not (one.is_macro or one.local):
                    self._seen[one.name].append(one)

    def meanings(self, file: int, name: bytes) -> Meanings:
        """Return what a call of a name in a file comes to, with how often; nothing for names that are not counted."""
        own = (file, name) in self._own
        if not own and name not in self._seen:
            known = KNOWN.get(name)
            return {_plain(name): 1} if known else {}
        key = (file if own or self._is_local(file) else -1, name)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._worked_out(file, name, frozenset())
        return found

    def is_statement(self, file: int, name: bytes) -> bool:
        """Say whether a name is a macro that stands for whole calls, and not for the name of a function."""
        found = self._own.get((file, name)) or self._seen.get(name) or []
        return any(one.is_macro and one.calls and not one.alias for one in found)

    def shadows(self) -> Iterable[Shadow]:
        """Yield the definitions of safe names that are unsafe, in the order of files and lines."""
        for number, (definitions, _) in enumerate(self.files):
            for one in definitions:
                if not claims_safety(one.name) or _is_careful(one):
                    continue
                found = self._of(number, one, frozenset({one.name}))
                unsafe = [each for each in found if each.verdict is Verdict.UNSAFE]
                if unsafe and not any(each.verdict is Verdict.SAFE for each in found):
                    yield Shadow(number, one, unsafe[0].callee, unsafe[0].family)

    def _is_local(self, file: int) -> bool:
        """Say whether a file has definitions of its own, which may change what names of others come to there."""
        return bool(self.files[file][0])

    def _worked_out(self, file: int, name: bytes, inside: frozenset[bytes]) -> Meanings:
        if name in inside or len(inside) > _DEPTH:
            return {_plain(name): 1} if name in KNOWN else {}
        definitions = self._own.get((file, name)) or self._seen.get(name) or []
        ways = [self._of(file, one, inside | {name}) for one in definitions]
        ways = [way for at, way in enumerate(ways) if way not in ways[:at]]
        if not ways:
            return {_plain(name): 1} if name in KNOWN else {}
        if name in KNOWN and not any(ways):  # redefined, and where to cannot be followed
            return {Meaning(name, KNOWN[name].family, Verdict.EITHER): 1}
        return ways[0] if len(ways) == 1 else _either(ways)

    def _of(self, file: int, one: Definition, inside: frozenset[bytes]) -> Meanings:
        if not one.is_macro:
            return self._of_function(file, one, inside)
        if one.alias:
            return self._worked_out(file, one.alias, inside)
        if claims_safety(one.name) and _is_careful(one):
            family = self._family(file, one, inside)
            return {Meaning(one.name, family, Verdict.SAFE): 1} if family else {}
        found: Counter[Meaning] = Counter()
        for name, count in one.calls.items():
            for meaning, times in self._worked_out(file, name, inside).items():
                found[meaning] = min(MOST_CALLS, found[meaning] + count * times)
        return dict(found)

    def _of_function(self, file: int, one: Definition, inside: frozenset[bytes]) -> Meanings:
        """Return what a function comes to: what it forwards to, safe where it compares sizes and uses all it gets."""
        known = KNOWN.get(one.name)
        if known is not None and not known.is_safe:
            return {_plain(one.name): 1}  # the release's own copy of a function of the library
        for name in one.forwards:
            for meaning in self._worked_out(file, name, inside):
                verdict = Verdict.SAFE if _is_careful(one) else meaning.verdict
                return {Meaning(one.name, meaning.family, verdict, through=True): 1}
        return {_plain(one.name): 1} if known else {}

    def _family(self, file: int, one: Definition, inside: frozenset[bytes]) -> Family | None:
        if one.name in KNOWN:
            return KNOWN[one.name].family
        for name in one.calls:
            for meaning in self._worked_out(file, name, inside):
                return meaning.family
        return None


def _is_careful(one: Definition) -> bool:
    """Say whether a body looks at sizes: it compares something, and uses whatever it is given."""
    return one.checks and not one.dropped


def _plain(name: bytes) -> Meaning:
    known = KNOWN[name]
    return Meaning(name, known.family, Verdict.SAFE if known.is_safe else Verdict.UNSAFE)


def _either(ways: Sequence[Meanings]) -> Meanings:
    """Return what several definitions have in common, and what they differ in as of either kind."""
    verdicts = [{(one.family, one.verdict) for one in way} for way in ways]
    if all(each == verdicts[0] for each in verdicts):
        return max(ways, key=lambda way: sum(way.values()))
    found: dict[Meaning, int] = {}
    for family in dict.fromkeys(one.family for way in ways for one in way):
        kinds = [{one.verdict for one in way if one.family is family} for way in ways]
        count = max(sum(times for one, times in way.items() if one.family is family) for way in ways)
        callee = next(one.callee for way in ways for one in way if one.family is family)
        is_one = len(set(map(frozenset, kinds))) == 1 and len(kinds[0]) == 1
        found[Meaning(callee, family, next(iter(kinds[0])) if is_one else Verdict.EITHER)] = count
    return found
