# SPDX-License-Identifier: Apache-2.0
"""The paths of a release as rows of standings know them: opaque numbers, here in the order of the paths' names."""

import functools
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from django.conf import settings
from django.db import connection
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL
from numpy.typing import NDArray

from glasshouse.domain.access.values import Patterns
from glasshouse.domain.detections.models import CodePath, Standing
from glasshouse.domain.releases import searching, vault
from glasshouse.domain.releases.searching import Files
from glasshouse.domain.releases.values import ReleaseRef
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.paths import TreePath


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """The files of a release that tools have named: the row of each path, 0 where none has, in the order of paths."""

    files: Files
    rows: NDArray[np.int64]

    def among(self, patterns: Patterns, folder: TreePath | None = None) -> list[int] | None:
        """Return the rows of paths that patterns cover, in a folder if one is named; None is every path and none."""
        if patterns.is_whole and folder is None:
            return None
        if folder is None:
            return self.covered(patterns)
        below, raw = folder.raw + b"/", self.files.raw_path
        mine = [one for one in self._here(patterns) if raw(one) == folder.raw or raw(one).startswith(below)]
        return self._rows(mine)

    def covered(self, patterns: Patterns) -> list[int]:
        """Return the rows of paths that patterns cover."""
        return self._rows(self._here(patterns))

    def _here(self, patterns: Patterns) -> list[int]:
        found: list[int] = np.flatnonzero(searching.narrowed(self.files, [patterns], "") & (self.rows > 0)).tolist()
        return found

    def _rows(self, files: Sequence[int]) -> list[int]:
        found: list[int] = self.rows[np.asarray(files, np.int64)].tolist()
        return found

    def order(self) -> dict[int, int]:
        """Return where each row's path stands among the files."""
        here = np.flatnonzero(self.rows)
        return dict(zip(self.rows[here].tolist(), here.tolist(), strict=True))


def places_of(found: ReleaseRef) -> Places:
    """Return the places of a release; raises when its product's key was destroyed."""
    vault.ring().open(found.product)
    newest = CodePath.objects.filter(product=found.product.text).order_by("-pk").values_list("pk", flat=True).first()
    return _places(found.product, found.root, newest or 0)


@functools.lru_cache(maxsize=16)
def _places(product: Uid, root: Digest, newest: int) -> Places:
    """Read the places; a path that a tool names first later makes `newest` another."""
    files = searching.files_of(product, root, settings.GLASSHOUSE.search_file_bytes)
    known = CodePath.objects.filter(product=product.text, pk__lte=newest).values_list("tag", "pk")
    rows = {bytes(tag): pk for tag, pk in known.iterator()}
    found = (rows.get(vault.path_id(product, files.raw_path(one)), 0) for one in range(len(files)))
    return Places(files, np.fromiter(found, np.int64, len(files)))


def at(rows: QuerySet[Standing], paths: Sequence[int] | None) -> QuerySet[Standing]:
    """Narrow standings to some paths, however many."""
    return rows if paths is None else rows.filter(path__in=many(paths))


def many(rows: Iterable[int]) -> RawSQL:
    """Return row numbers as one value of a statement, for a database takes so many parameters."""
    if connection.vendor == "sqlite":
        return RawSQL("SELECT value FROM json_each(%s)", [json.dumps(list(rows))])
    return RawSQL("SELECT unnest(%s::bigint[])", [list(rows)])
