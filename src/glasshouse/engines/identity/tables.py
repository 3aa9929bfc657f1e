# SPDX-License-Identifier: Apache-2.0
"""Many sightings as columns: a hundred thousand of them as objects would take a hundred megabytes."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from struct import Struct
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from glasshouse.engines.identity.keys import Keys, Near, Sighting

RECORD: Final = np.dtype(
    [
        ("keys", ">u8", (6, 2)),  # in the order of `Keys`; nothing but zeros where there is none
        ("near", ">u8", (4,)),  # in the order of `Near`
        ("hint", ">u8", (2,)),
        ("path", ">u4"),  # a place in `paths`
        ("line", ">u4"),
        ("column", ">u4"),
    ]
)
"""A sighting as it rests. Whatever changes here MUST change the place where tables rest, too."""
NO_PATH: Final = 2**32 - 1
KEYS: Final = Struct(">16s16s16s16s16s16s8s8s8s8s")
"""The first two columns of a record."""
_HINT: Final = 16
Records = NDArray[np.void]
Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Sightings:
    """Sightings of one run; `paths` are what records name by their place in it."""

    records: Records
    paths: Sequence[bytes]

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.records)

    @classmethod
    def of(cls, sightings: Iterable[Sighting]) -> Self:
        """Make the table of some sightings, in their order."""
        every = list(sightings)
        places: dict[bytes, int] = {}
        told = bytearray(RECORD.itemsize * len(every))
        for number, one in enumerate(every):
            KEYS.pack_into(told, number * RECORD.itemsize, *keys_of(one.keys, one.near))
        records = np.frombuffer(told, RECORD)
        records["hint"] = hints_of([hint_of(one.hint) for one in every])
        records["path"] = [places.setdefault(one.path, len(places)) if one.path else NO_PATH for one in every]
        records["line"] = [one.line for one in every]
        records["column"] = [one.column for one in every]
        return cls(records, list(places))

    def path(self, place: int) -> bytes:
        """Return the path of one of them, empty where it has none."""
        at = int(self.records["path"][place])
        return b"" if at == NO_PATH else self.paths[at]

    def joined(self, others: "Sightings", which: Numbers) -> "Sightings":
        """Return these and some of the others behind them; of the paths only those that they name."""
        every = list(dict.fromkeys((*self.paths, *others.paths)))
        named = np.concatenate([self.among(every), others.among(every)[which]])
        used = np.unique(named[named >= 0])
        records = np.concatenate([self.records, others.records[which]], dtype=RECORD)
        records["path"] = np.where(named < 0, NO_PATH, np.searchsorted(used, named))
        return Sightings(records, [every[place] for place in used.tolist()])

    def among(self, paths: Sequence[bytes]) -> Numbers:
        """Return for each sighting where its path stands among others, -1 where it does not, or where it has none."""
        places = {path: place for place, path in enumerate(paths)}
        here = np.array([*(places.get(path, -1) for path in self.paths), -1], dtype=np.int64)
        named = self.records["path"].astype(np.int64)
        return here[np.where(named == NO_PATH, len(self.paths), named)]


def keys_of(keys: Keys, near: Near) -> tuple[bytes, ...]:
    """Return what `KEYS` packs of a sighting."""
    return (keys.line, keys.file, keys.function, keys.around, keys.name, keys.form, *near)


def hint_of(text: str) -> bytes:
    """Return the short form of a hint, by which hints are compared; empty for none."""
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=_HINT).digest() if text else b""


def hints_of(short: Sequence[bytes]) -> NDArray[np.uint64]:
    """Return short hints as a column of records."""
    told = b"".join(one.ljust(_HINT, b"\0") for one in short)
    return np.frombuffer(told, ">u8").reshape(-1, 2).astype(np.uint64)


def numbered(columns: NDArray[np.uint64]) -> tuple[Numbers, int]:
    """Return a number for each row, the same for equal rows, and how many numbers there are."""
    if not len(columns):
        return np.empty(0, np.int64), 0
    order = np.lexsort(columns.T[::-1])
    sorted_rows = columns[order]
    found = np.empty(len(columns), np.int64)
    found[order] = np.concatenate([[0], np.cumsum((sorted_rows[1:] != sorted_rows[:-1]).any(axis=1))])
    return found, int(found[order[-1]]) + 1
