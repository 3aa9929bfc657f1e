# SPDX-License-Identifier: Apache-2.0
"""Risky areas of a release: where faults cost most, by rules that each give a reason.

The rules are data of ours (`areas.toml`) with a version that every answer names. They look at what paths, symbols and
kinds of file are called, so they are hints: a file that no rule names is not thereby safe.
"""

import functools
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from importlib import resources
from typing import Any, Final

import numpy as np
import re2
from numpy.typing import NDArray

from glasshouse.kernel.paths import TreePath

_NOTHING: Final = rb"[^\x00-\xff]"
_MAX_MEMORY: Final = 64 * 2**20


@dataclass(frozen=True, slots=True)
class Rule:
    """Words of paths, words of symbols' names, and endings of files, any of which puts a file into an area."""

    area: str
    reason: str
    paths: tuple[str, ...]
    names: tuple[str, ...]
    endings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Area:
    """A risky area and why it is one."""

    slug: str
    title: str
    why: str


@dataclass(frozen=True, slots=True)
class Rules:
    """One version of the rules; `every` are all rules, in the order of their areas."""

    version: int
    areas: tuple[Area, ...]
    every: tuple[Rule, ...] = field(repr=False)


@functools.cache
def rules() -> Rules:
    """Return the rules that this program brings."""
    told = tomllib.loads(resources.files(__package__).joinpath("areas.toml").read_text("utf-8"))
    areas = tuple(Area(one["slug"], one["title"], one["why"]) for one in told["areas"])
    every = tuple(_rule(one["slug"], rule) for one in told["areas"] for rule in one["rules"])
    return Rules(int(told["version"]), areas, every)


def _rule(area: str, told: dict[str, Any]) -> Rule:
    words = (tuple(told.get(key, ())) for key in ("paths", "names", "endings"))
    return Rule(area, told["reason"], *words)


def reasons_of(path: TreePath, names: Iterable[str]) -> tuple[Rule, ...]:
    """Return the rules that put a file into an area: one of this path, that defines symbols of these names."""
    joined, starts = b"\0/%s\0" % path.raw, np.array([2], np.int64)
    by_name = defined(list(names))
    every = zip(rules().every, by_name, strict=True)
    return tuple(rule for rule, places in every if len(places) or named(rule, joined, starts).any())


def named(rule: Rule, joined: bytes, starts: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Say of many paths which ones a rule names; they are joined as `searching.Files` joins them."""
    found = [match.end() - 1 for match in _of_paths(rule).finditer(joined)]
    mask = np.zeros(len(starts), np.bool_)
    mask[np.searchsorted(starts, np.array(found, np.int64), "right") - 1] = True
    return mask


def defined(names: Sequence[str]) -> list[NDArray[np.int64]]:
    """Return, for each rule, the places of the names that it knows, each place once."""
    told = [b"\n%s\n" % name.encode("utf-8", "surrogatepass") for name in names]
    starts = np.cumsum([0, *(len(one) for one in told[:-1])])
    joined = b"".join(told)
    found = ([match.end() - 1 for match in _of_names(rule).finditer(joined)] for rule in rules().every)
    return [np.unique(np.searchsorted(starts, np.array(ends, np.int64), "right") - 1) for ends in found]


@functools.cache
def _of_paths(rule: Rule) -> Any:  # noqa: ANN401 -- re2 has no types
    endings = [rb"\.(?:%s)\x00" % b"|".join(one.encode() for one in rule.endings)] if rule.endings else []
    return _compiled([*map(_word, rule.paths), *endings])


@functools.cache
def _of_names(rule: Rule) -> Any:  # noqa: ANN401
    return _compiled([_word(word) for word in rule.names])


def _word(word: str) -> bytes:
    """Return an expression for a whole word as people write it: parse_url, parseUrl, UrlParse, PARSE_URL."""
    small, large, first = (one.encode() for one in (word, word.upper(), word[0].upper() + word[1:]))
    return rb"(?:[^A-Za-z]%s[^a-z]|[^A-Z]%s[^a-z]|[^A-Z]%s[^A-Za-z])" % (small, first, large)


def _compiled(parts: Sequence[bytes]) -> Any:  # noqa: ANN401
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.max_mem = _MAX_MEMORY
    options.never_capture = True
    return re2.compile(b"|".join(parts) or _NOTHING, options)
