# SPDX-License-Identifier: Apache-2.0
"""Releases of one product in a row."""

import tarfile
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Protocol

from benchmarks.scanning import ground
from scripts import fetch

PRODUCT: Final = "uwsgi"
_QUICK: Final = 3


class Bench(Protocol):
    """What of the benchmark is needed here."""

    @property
    def folder(self) -> Path:
        """Return where all is kept."""

    @property
    def tools(self) -> tuple[str, ...]:
        """Return which tools scan."""

    @property
    def workers(self) -> int:
        """Return how many units at a time."""


def take(folder: Path, *, is_quick: bool) -> list[str]:
    """Take the releases in, the oldest first, and return their versions."""
    here = Path(__file__).parent
    named = (
        _named(here / "corpora.toml")[PRODUCT]
        | _named(here.parent / "identifying" / "releases.toml")[PRODUCT]["releases"]
    )
    versions = list(named)[-_QUICK:] if is_quick else list(named)
    for version in versions:
        place = folder / "trees" / PRODUCT / version
        if not place.exists():
            with tarfile.open(fetch.python_source(PRODUCT, version, named[version], folder)) as packed:
                packed.extractall(place.with_name("making"), filter="data")
            (root,) = place.with_name("making").iterdir()
            root.rename(place)
            place.with_name("making").rmdir()
        ground.take(PRODUCT, version, place)
    return versions


def _named(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text("utf-8"))


def step(bench: Bench, version: str) -> dict[str, Any]:
    """Scan a release from what is known of those before it."""
    return _told(bench, version, forget=False)


def clean(bench: Bench, version: str) -> dict[str, Any]:
    """Scan a release with nothing known."""
    return _told(bench, version, forget=True)


def _told(bench: Bench, version: str, *, forget: bool) -> dict[str, Any]:
    scan = ground.scan(bench.folder, PRODUCT, version, bench.tools, workers=bench.workers, forget=forget)
    return {"cpu": scan.cpu, "tools": scan.tools}


def is_same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Say whether two runs of a tool were given the same, and the same came of every file, to the last result."""
    return (one["record"], one["outcomes"]) == (other["record"], other["outcomes"])


def are_same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Say it of all tools of a scan."""
    return one.keys() == other.keys() and all(is_same(one[tool], other[tool]) for tool in one)
