# SPDX-License-Identifier: Apache-2.0
"""Reading a SARIF file in two passes: what its runs are, then their results one by one.

The order of members is the tool's, and rules often stand behind the results that refer to them. The first pass checks
that the whole file is JSON within the limits, so that nothing is taken of a file that is refused for its form; the
second holds one result at a time.
"""

from collections.abc import Iterator, Mapping
from typing import BinaryIO, Final

from glasshouse.engines.formats.sarif.errors import InvalidSarifError, Place, SarifTooLargeError
from glasshouse.engines.formats.sarif.fields import as_object
from glasshouse.engines.formats.sarif.heads import Head, HeadReader
from glasshouse.engines.formats.sarif.limits import Limits, Omission, Omissions
from glasshouse.engines.formats.sarif.results import ResultReader
from glasshouse.engines.formats.sarif.source import Source
from glasshouse.engines.formats.sarif.values import Result, Run

VERSION: Final = "2.1.0"
_USUAL: Final = Limits()


class Log:
    """An open SARIF file whose runs are known and whose results can be read.

    Results are checked as they are read: a caller that stores them MUST be able to undo that when one is refused.
    """

    def __init__(self, file: BinaryIO, limits: Limits, root: bytes) -> None:
        self._file = file
        self._limits = limits
        self._omitted: Omissions = Omissions()
        self._heads = self._gather(root)
        self._in_heads = self._omitted.copy()
        self.runs: tuple[Run, ...] = tuple(head.run for head in self._heads)

    @property
    def omitted(self) -> Mapping[Omission, int]:
        """Return what was left out so far; all of it once the results have been read to their end."""
        return self._omitted

    def results(self) -> Iterator[tuple[int, Result]]:
        """Yield the number of a run and a result of it, in the order of the file."""
        self._omitted.clear()
        self._omitted.update(self._in_heads)
        self._file.seek(0)
        source = Source(self._file, self._limits)
        for name in source.members(None):
            if name != "runs":
                source.skip((None, name))
                continue
            place: Place = (None, "runs")
            for number in source.elements(place):
                yield from self._results(source, number, (place, number))

    def _results(self, source: Source, number: int, place: Place) -> Iterator[tuple[int, Result]]:
        if number >= len(self._heads):
            raise InvalidSarifError("the file changed while it was read", place)
        reader = ResultReader(self._heads[number], self._limits, self._omitted)
        for name in source.members(place):
            here = (place, name)
            if name != "results":
                source.skip(here)
                continue
            for index in source.elements(here):
                where = (here, index)
                yield number, reader.read(as_object(source.value(where), where), where)

    def _gather(self, root: bytes) -> list[Head]:
        source = Source(self._file, self._limits)
        heads: list[Head] | None = None
        version: object = None
        for name in source.members(None):
            if name == "runs":
                heads = self._runs(source, root)
            elif name == "version":
                version = source.value((None, name))
            else:
                source.skip((None, name))
        source.end()
        if version != VERSION:
            raise InvalidSarifError(f"only version {VERSION} is read", (None, "version"))
        if heads is None:
            raise InvalidSarifError("there are no runs", (None, "runs"))
        return heads

    def _runs(self, source: Source, root: bytes) -> list[Head]:
        heads: list[Head] = []
        left = self._limits.results
        place: Place = (None, "runs")
        for number in source.elements(place):
            if number >= self._limits.runs:
                raise SarifTooLargeError(f"more than {self._limits.runs} runs", place)
            heads.append(HeadReader(source, self._limits, self._omitted, root).read((place, number), left))
            left -= heads[-1].run.result_count
        return heads


def read(file: BinaryIO, *, limits: Limits = _USUAL, root: bytes = b"") -> Log:
    """Read a seekable file from its start; raises InvalidSarifError with place and reason.

    `root` is the absolute folder that the tool was given: names below it are paths of the tree. Without it, absolute
    names are inside only below a base that the run declares as its root.
    """
    file.seek(0)
    return Log(file, limits, root)
