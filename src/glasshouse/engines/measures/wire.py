# SPDX-License-Identifier: Apache-2.0
"""Facts as bytes, as they rest."""

import json
from functools import lru_cache
from typing import Any

from glasshouse.engines.measures.values import Definition, Facts, Hardened, Silenced

_LENGTH = 8
_SHARED = 2**16


def to_bytes(facts: Facts) -> bytes:
    """Write facts; a name is any bytes, and stands as Latin-1."""
    told = {
        "calls": {name.decode("latin-1"): count for name, count in facts.calls.items()},
        "code_lines": facts.code_lines,
        "cut": facts.cut,
        "definitions": [_told(one) for one in facts.definitions],
        "hardened": [[one.protection, one.is_on, one.line] for one in facts.hardened],
        "silenced": {kind.value: count for kind, count in facts.silenced.items()},
        "uses": {name.decode("latin-1"): count for name, count in facts.uses.items()},
    }
    head = json.dumps(told, separators=(",", ":")).encode()
    return len(head).to_bytes(_LENGTH, "big") + head + facts.code


def from_bytes(content: bytes) -> Facts:
    """Read what `to_bytes` wrote."""
    stop = _LENGTH + int.from_bytes(content[:_LENGTH], "big")
    told = json.loads(content[_LENGTH:stop])
    return Facts(
        code_lines=told["code_lines"],
        calls={_name(name): count for name, count in told["calls"].items()},
        uses={_name(name): count for name, count in told["uses"].items()},
        definitions=tuple(_definition(one) for one in told["definitions"]),
        silenced={Silenced(kind): count for kind, count in told["silenced"].items()},
        hardened=tuple(Hardened(*one) for one in told["hardened"]),
        code=content[stop:],
        cut=told["cut"],
    )


@lru_cache(maxsize=_SHARED)
def _name(text: str) -> bytes:
    """Return a name's bytes; the documents of a release share most names, and so their memory."""
    return text.encode("latin-1")


def _told(one: Definition) -> list[object]:
    calls = {name.decode("latin-1"): count for name, count in one.calls.items()}
    forwards = [name.decode("latin-1") for name in one.forwards]
    name, alias = one.name.decode("latin-1"), one.alias.decode("latin-1")
    return [name, one.line, one.is_macro, calls, alias, forwards, one.checks, one.dropped, one.local]


def _definition(told: list[Any]) -> Definition:
    name, line, is_macro, calls, alias, forwards, checks, dropped, local = told
    return Definition(
        _name(name),
        line,
        is_macro=is_macro,
        calls={_name(called): count for called, count in calls.items()},
        alias=_name(alias),
        forwards=tuple(map(_name, forwards)),
        checks=checks,
        dropped=dropped,
        local=local,
    )
