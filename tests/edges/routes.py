# SPDX-License-Identifier: Apache-2.0
"""Every route of the URL table with an address that reaches it, so that a new route is tested the day it exists."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from django.urls import URLPattern, URLResolver, get_resolver

# One value that each kind of converter takes; what they name does not exist.
SAMPLES: Final = ("7", "0123456789abcdefghjkmnpqrs", "src/nothing.c", "a" * 64)


@dataclass(frozen=True, slots=True)
class Route:
    """A route's full name and a path that it answers."""

    name: str
    path: str


def routes() -> list[Route]:
    """List the routes of the URL table."""
    return list(_walk(get_resolver(), "", ""))


def _walk(resolver: URLResolver, prefix: str, namespace: str) -> Iterator[Route]:
    for entry in resolver.url_patterns:
        here = prefix + _filled(entry)
        if isinstance(entry, URLResolver):
            inner = f"{namespace}{entry.namespace}:" if entry.namespace else namespace
            yield from _walk(entry, here, inner)
        else:
            yield Route(f"{namespace}{entry.name}", f"/{here}")


def _filled(entry: URLPattern | URLResolver) -> str:
    text = str(entry.pattern)
    for name, converter in entry.pattern.converters.items():
        sample = next(sample for sample in SAMPLES if _takes(converter, sample))
        for written in (f"<{name}>", *(f"<{kind}:{name}>" for kind in _kinds(text, name))):
            text = text.replace(written, sample)
    return text


def _kinds(text: str, name: str) -> list[str]:
    return [part.rpartition("<")[2] for part in text.split(f":{name}>")[:-1]]


def _takes(converter: object, sample: str) -> bool:
    try:
        converter.to_python(sample)  # type: ignore[attr-defined] # converters share a protocol without a name
    except ValueError:
        return False
    return True
