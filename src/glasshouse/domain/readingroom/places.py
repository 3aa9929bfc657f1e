# SPDX-License-Identifier: Apache-2.0
"""Places in what a visitor was shown: an entry of theirs, and lines of the file or the search that it tells of.

A place is read from the entry, never from what a browser says: what was not shown has no place.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final, Self

from glasshouse.domain.access.models import Grant
from glasshouse.domain.access.values import Patterns
from glasshouse.domain.journal import queries as journal
from glasshouse.domain.journal.models import SeedClass
from glasshouse.domain.journal.values import Fields, Json
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.readingroom import queries, rules
from glasshouse.domain.readingroom.searches import KIND, STRUCTURE_KIND
from glasshouse.domain.releases import vault
from glasshouse.engines.store import Sealer
from glasshouse.kernel.errors import InvalidError, NotFoundError, RefusedError
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.lines import Span
from glasshouse.kernel.paths import TreePath

LINES: Final = "readingroom.lines-shown"
SEARCHES: Final = frozenset({KIND, STRUCTURE_KIND})


@dataclass(frozen=True, slots=True)
class Place:
    """Lines of a file in a release, or a search; `digest` is the file's, `pattern` what a search looked for.

    `event` and `grant` lead to who was shown it: both are None where the vendor reads the place too.
    """

    event: Uid | None
    grant: Uid | None
    release: Uid
    root: str
    path: TreePath | None = field(default=None, repr=False)
    digest: str = field(default="", repr=False)
    span: Span | None = None
    pattern: str = field(default="", repr=False)

    def to_bytes(self) -> bytes:
        """Write the place for sealing."""
        return json.dumps(
            {
                "digest": self.digest,
                "event": str(self.event or ""),
                "grant": str(self.grant or ""),
                "lines": str(self.span) if self.span else "",
                "path": str(self.path) if self.path else "",
                "pattern": self.pattern,
                "release": self.release.text,
                "root": self.root,
            }
        ).encode()

    @property
    def of_nobody(self) -> "Place":
        """The same lines, without what leads to who was shown them."""
        return replace(self, event=None, grant=None)

    @classmethod
    def from_bytes(cls, content: bytes) -> Self:
        """Read what `to_bytes` wrote."""
        told = json.loads(content)
        return cls(
            event=Uid(told["event"]) if told["event"] else None,
            grant=Uid(told["grant"]) if told["grant"] else None,
            release=Uid(told["release"]),
            root=told["root"],
            path=TreePath.parse(told["path"]) if told["path"] else None,
            digest=told["digest"],
            span=Span.parse(told["lines"]) if told["lines"] else None,
            pattern=told["pattern"],
        )


@dataclass(frozen=True, slots=True)
class Shown:
    """A place with the engagement and the product that it is of."""

    engagement: Uid
    product: Uid
    place: Place


def shown_at(viewer: Viewer, grant: Uid, event: Uid, span: Span | None) -> Shown:
    """Return a place of one of the viewer's own entries under their own grant; `span` is for lines of a file.

    Raises NotFoundError for every other entry and where what was shown can be opened no more, NotShownError for lines
    that the entry does not tell of.
    """
    held, kind, fields = _entry(viewer, grant, event)
    place = _of_lines(grant, event, fields, span) if kind == LINES else _of_search(grant, event, fields, span)
    return Shown(Uid(held.engagement), Uid(held.product), place)


def _entry(viewer: Viewer, grant: Uid, event: Uid) -> tuple[Grant, str, Fields]:
    row = queries.own_event(viewer, event)
    held = Grant.objects.filter(uid=grant.text, holder_id=viewer.row, engagement=row.engagement).first()
    if held is None or row.kind not in {LINES, *SEARCHES}:
        raise NotFoundError
    classes = (SeedClass.SHARED, SeedClass.VISITOR)
    return held, row.kind, journal.open_event(row, vault.journal_sealer, classes=classes).fields


def seal(place: Place, outer: Sealer, product: Uid, *, purpose: str, context: str) -> bytes:
    """Seal a place under the product's key, because paths derive from source, and that under a party's."""
    inner = vault.sealer(product, purpose).seal(place.to_bytes(), context=context.encode())
    return outer.seal(inner, context=context.encode())


def unseal(sealed: bytes, outer: Sealer, product: Uid, *, purpose: str, context: str) -> Place | None:
    """Open a place for whom may see it; None once the product's key was destroyed."""
    inner = outer.open(sealed, context=context.encode())
    try:
        key = vault.sealer(product, purpose)
    except RefusedError:
        return None
    return Place.from_bytes(key.open(inner, context=context.encode()))


class Reach:
    """Where the viewer's own grants lead, ended ones too: looked up once, at the first place, for all that follow."""

    def __init__(self, viewer: Viewer) -> None:
        """Look nothing up yet: most pages have no place that needs it."""
        self._viewer = viewer
        self._opened: dict[str, Patterns | None] = {}

    def grant_to(self, engagement: Uid, place: Place) -> Uid | None:
        """Return the newest of the grants that covers a place; None when none does."""
        for one in self._held.get((engagement.text, place.release.text), ()):
            patterns = self._patterns(one)
            if patterns is not None and (place.path is None or patterns.covers(place.path)):
                return Uid(one.uid)
        return None

    @cached_property
    def _held(self) -> Mapping[tuple[str, str], list[Grant]]:
        found: dict[tuple[str, str], list[Grant]] = {}
        rows = Grant.objects.filter(holder_id=self._viewer.row).prefetch_related("releases")
        for grant in rows.order_by("-opened_at", "-pk"):
            for named in grant.releases.all():
                found.setdefault((grant.engagement, named.release), []).append(grant)
        return found

    def _patterns(self, grant: Grant) -> Patterns | None:
        if grant.uid not in self._opened:
            try:
                self._opened[grant.uid] = queries.patterns_of(Uid(grant.product), bytes(grant.patterns))
            except RefusedError:  # the product's key was destroyed
                self._opened[grant.uid] = None
        return self._opened[grant.uid]


def all_shown_at(viewer: Viewer, grant: Uid, event: Uid) -> Shown:
    """Return the place of all lines that one of the viewer's own entries showed, or of the search it tells of."""
    held, row_kind, fields = _entry(viewer, grant, event)
    if row_kind in SEARCHES:
        return Shown(Uid(held.engagement), Uid(held.product), _of_search(grant, event, fields, None))
    return Shown(Uid(held.engagement), Uid(held.product), _of_lines(grant, event, fields, _window(fields)))


def _window(fields: Fields) -> Span | None:
    shown = _mapping(fields.get("shown"))
    first, last = int(str(shown.get("first", 0))), int(str(shown.get("last", 0)))
    return Span(first, last) if first <= last else None


def _of_lines(grant: Uid, event: Uid, fields: Fields, span: Span | None) -> Place:
    file = _mapping(fields.get("file"))
    root = str(_mapping(fields.get("release")).get("root"))
    if span is None:
        raise InvalidError("Say which lines.", hint="Write lines as 12 or 12-40.")
    rules.check_was_shown(span, _window(fields))
    path = TreePath.parse(str(file["path"]))
    return Place(event, grant, _release(grant, root), root, path, str(file["digest"]), span)


def _of_search(grant: Uid, event: Uid, fields: Fields, span: Span | None) -> Place:
    if span is not None:
        raise InvalidError("A search has no lines of its own.", hint="Open a file that it found.")
    query, roots = _mapping(fields.get("query")), _mapping(fields.get("shown")).get("releases")
    root = str(roots[0]) if isinstance(roots, list) and roots else ""
    return Place(event, grant, _release(grant, root), root, pattern=str(query["pattern"]))


def _release(grant: Uid, root: str) -> Uid:
    found = next((ref.uid for ref in queries.granted(grant) if str(ref.root) == root), None)
    if found is None:
        raise NotFoundError
    return found


def _mapping(value: Json) -> Mapping[str, Json]:
    if not isinstance(value, Mapping):
        raise NotFoundError  # its seed or its product's key was destroyed
    return value
