# SPDX-License-Identifier: Apache-2.0
"""Results of a tool that writes SARIF itself, with its names of files put back to the release's."""

import io
from dataclasses import replace

from glasshouse.domain.scans.tools.errors import UnreadableOutputError
from glasshouse.domain.scans.tools.values import SOURCE_FOLDER, Names
from glasshouse.engines.formats import sarif


def results(content: bytes, names: Names) -> tuple[sarif.Result, ...]:
    """Read every result of a report."""
    try:
        log = sarif.read(io.BytesIO(content), root=SOURCE_FOLDER.encode())
        return tuple(_put_back(result, names) for _, result in log.results())
    except sarif.InvalidSarifError as error:
        raise UnreadableOutputError("not SARIF") from error


def _put_back(result: sarif.Result, names: Names) -> sarif.Result:
    return replace(
        result,
        locations=tuple(_place(place, names) for place in result.locations),
        related=tuple(_place(place, names) for place in result.related),
        flows=tuple(
            replace(flow, steps=tuple(replace(step, location=_place(step.location, names)) for step in flow.steps))
            for flow in result.flows
        ),
    )


def _place(place: sarif.Location, names: Names) -> sarif.Location:
    if place.path is None:
        return place
    path = names.path(place.path.raw.decode("utf-8", "replace"))
    return replace(place, path=path, outside="" if path else str(place.path))
