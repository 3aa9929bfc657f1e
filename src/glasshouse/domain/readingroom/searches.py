# SPDX-License-Identifier: Apache-2.0
"""A viewer's own recorded searches: what stood in one, so that it can be asked again under the name of its entry.

The pattern rests sealed for the visitor's side, and is opened for its own visitor alone; an entry's uid tells nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from glasshouse.domain.access.models import Grant
from glasshouse.domain.journal import queries as journal
from glasshouse.domain.journal.models import SeedClass
from glasshouse.domain.journal.values import Json
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.readingroom import queries
from glasshouse.domain.releases import vault
from glasshouse.domain.releases.found import Asked, StructureAsked
from glasshouse.kernel.errors import NotFoundError
from glasshouse.kernel.ids import Uid

KIND: Final = "readingroom.search-shown"
STRUCTURE_KIND: Final = "readingroom.structure-shown"
_CLASSES: Final = (SeedClass.SHARED, SeedClass.VISITOR)


@dataclass(frozen=True, slots=True)
class RecordedSearch:
    """What was asked, of which releases of the grant, and from which place on."""

    asked: Asked
    releases: tuple[Uid, ...]
    after: str


@dataclass(frozen=True, slots=True)
class RecordedStructure:
    """The same of a search for structure."""

    asked: StructureAsked
    releases: tuple[Uid, ...]
    after: str


def recorded_search(viewer: Viewer, grant: Uid, event: Uid) -> RecordedSearch:
    """Return the search for lines of one of the viewer's own entries under their own grant, as `recorded` does."""
    found = recorded(viewer, grant, event)
    if isinstance(found, RecordedStructure):
        raise NotFoundError
    return found


def recorded(viewer: Viewer, grant: Uid, event: Uid) -> RecordedSearch | RecordedStructure:
    """Return the search of one of the viewer's own entries under their own grant.

    Whether the grant is open is judged when it is asked again. Raises NotFoundError for every other entry, and for one
    whose pattern was erased.
    """
    row = queries.own_event(viewer, event)
    held = Grant.objects.filter(uid=grant.text, holder_id=viewer.row, engagement=row.engagement)
    if row.kind not in {KIND, STRUCTURE_KIND} or not held.exists():
        raise NotFoundError
    fields = journal.open_event(row, vault.journal_sealer, classes=_CLASSES).fields
    query, shown = fields.get("query"), fields.get("shown")
    if not isinstance(query, Mapping) or not isinstance(shown, Mapping):
        raise NotFoundError
    by_root = {str(ref.root): ref.uid for ref in queries.granted(grant)}
    roots = [str(root) for root in _listed(shown["releases"])]
    if not roots or not by_root.keys() >= set(roots):
        raise NotFoundError
    releases, after = tuple(by_root[root] for root in roots), str(query["after"])
    if row.kind == STRUCTURE_KIND:
        return RecordedStructure(_structure_asked(query), releases, after)
    return RecordedSearch(_asked(query), releases, after)


def _asked(query: Mapping[str, Json]) -> Asked:
    return Asked(
        str(query["pattern"]),
        is_literal=bool(query["is_literal"]),
        ignores_case=bool(query["ignores_case"]),
        whole_word=bool(query["whole_word"]),
        paths=tuple(str(path) for path in _listed(query["paths"])),
        language=str(query["language"]),
        context=int(str(query["context"])),
    )


def _structure_asked(query: Mapping[str, Json]) -> StructureAsked:
    return StructureAsked(
        str(query["pattern"]),
        str(query["language"]),
        paths=tuple(str(path) for path in _listed(query["paths"])),
        context=int(str(query["context"])),
    )


def _listed(value: Json) -> list[Json]:
    return list(value) if isinstance(value, list) else []
