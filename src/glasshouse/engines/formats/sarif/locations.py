# SPDX-License-Identifier: Apache-2.0
"""Locations as tools write them: names by index or by URI, regions in lines or in bytes."""

from collections.abc import Sequence
from typing import Final

from glasshouse.engines.formats.sarif.errors import InvalidSarifError, Place
from glasshouse.engines.formats.sarif.fields import (
    EMPTY,
    Object,
    as_object,
    cut,
    id_of,
    index_of,
    integer_of,
    object_of,
    objects_of,
    text_of,
)
from glasshouse.engines.formats.sarif.limits import Limits, Omission, Omissions
from glasshouse.engines.formats.sarif.messages import message_of
from glasshouse.engines.formats.sarif.places import Bases, Named
from glasshouse.engines.formats.sarif.values import MAX_LINE, ByteRange, Location, Region

_NOWHERE: Final[Named] = (None, "")
_MAX_LOGICAL: Final = 16


class Locator:
    """Reads the locations of one run."""

    def __init__(
        self,
        bases: Bases,
        artifacts: Sequence[Object],
        logical: Sequence[Object],
        limits: Limits,
        omitted: Omissions,
    ) -> None:
        self._bases = bases
        self._artifacts = artifacts
        self._logical = logical
        self._limits = limits
        self._omitted = omitted

    def locations(self, holder: Object, name: str, place: Place) -> tuple[Location, ...]:
        """Return an array of locations, as many as are kept."""
        told = objects_of(holder, name, place)
        if not told:
            return ()
        most = self._limits.locations
        if len(told) > most:
            self._omitted[Omission.LOCATIONS] += len(told) - most
            told = told[:most]
        here = (place, name)
        found = [self.location(one, (here, index)) for index, one in enumerate(told)]
        return tuple(found) if len(found) == 1 else tuple(dict.fromkeys(found))

    def location(self, told: Object, place: Place) -> Location:
        """Return one location."""
        path, outside = None, ""
        region, span = None, None
        physical = told.get("physicalLocation")
        if physical is not None:
            here = (place, "physicalLocation")
            physical = as_object(physical, here)
            artifact = physical.get("artifactLocation")
            if artifact is not None:
                path, outside = self._named(as_object(artifact, (here, "artifactLocation")), (here, "artifactLocation"))
                if outside:
                    self._omitted[Omission.OUTSIDE] += 1
            part = physical.get("region")
            if part is not None and path is None and not outside:
                self._omitted[Omission.REGIONS] += 1
            elif part is not None:
                region, span = self._region(as_object(part, (here, "region")), (here, "region"))
        message = ""
        if "message" in told:
            said = object_of(told, "message", place)
            message = cut(
                message_of(said, (place, "message"), EMPTY, EMPTY, self._omitted), self._limits, self._omitted
            )
        logical = self._names(told, place) if "logicalLocations" in told else ()
        return Location(path, region, span, message, logical, outside)

    def _named(self, told: Object, place: Place) -> Named:
        uri = told.get("uri")
        if type(uri) is str:
            base = told.get("uriBaseId")
            if base is None:
                return self._bases.resolve(uri, "")
            return self._bases.resolve(uri, id_of(told, "uriBaseId", place))
        if uri is not None:
            raise InvalidSarifError("a text belongs here", (place, "uri"))
        index = index_of(told, "index", place)
        if index is None:
            return _NOWHERE
        if index >= len(self._artifacts):
            raise InvalidSarifError("there is no such artifact", (place, "index"))
        artifact = object_of(self._artifacts[index], "location", place)
        if type(artifact.get("uri")) is not str:
            return _NOWHERE
        return self._bases.resolve(artifact["uri"], id_of(artifact, "uriBaseId", place))

    def _region(self, told: Object, place: Place) -> tuple[Region | None, ByteRange | None]:
        get = told.get
        first = get("startLine")
        if first is None:
            return None, self._bytes(told, place)
        span = self._bytes(told, place) if "byteOffset" in told else None
        last = get("endLine", first)
        start, end = get("startColumn", 0), get("endColumn", 0)
        if not (type(first) is int and type(last) is int and type(start) is int and type(end) is int):
            first, last, start, end = self._numbers(told, place)
        if not (1 <= first <= last <= MAX_LINE):
            self._omitted[Omission.REGIONS] += 1
            return None, span
        if not (0 <= start <= MAX_LINE and 0 <= end <= MAX_LINE):
            self._omitted[Omission.REGIONS] += 1
            start = end = 0
        return Region(first, last, start, end), span

    @staticmethod
    def _numbers(told: Object, place: Place) -> tuple[int, int, int, int]:
        first = integer_of(told, "startLine", place) or 0
        last = integer_of(told, "endLine", place)
        return (
            first,
            first if last is None else last,
            integer_of(told, "startColumn", place) or 0,
            integer_of(told, "endColumn", place) or 0,
        )

    def _bytes(self, told: Object, place: Place) -> ByteRange | None:
        offset = index_of(told, "byteOffset", place)
        if offset is None:
            if told.keys() - {"snippet", "message", "properties"}:
                self._omitted[Omission.REGIONS] += 1
            return None
        return ByteRange(offset, max(0, integer_of(told, "byteLength", place) or 0))

    def _names(self, told: Object, place: Place) -> tuple[str, ...]:
        found: list[str] = []
        for number, one in enumerate(objects_of(told, "logicalLocations", place)[:_MAX_LOGICAL]):
            here = ((place, "logicalLocations"), number)
            index = index_of(one, "index", here)
            known = self._logical[index] if index is not None and index < len(self._logical) else EMPTY
            name = (
                text_of(one, "fullyQualifiedName", here)
                or text_of(one, "name", here)
                or text_of(known, "fullyQualifiedName", here)
                or text_of(known, "name", here)
            )
            if name:
                found.append(cut(name, self._limits, self._omitted))
        return tuple(dict.fromkeys(found))
