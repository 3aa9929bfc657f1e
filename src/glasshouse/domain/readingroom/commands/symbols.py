# SPDX-License-Identifier: Apache-2.0
"""Showing names: outlines, definitions, references, functions that changed, the history of a file.

Names and the lines they stand on derive from source, so each showing is recorded like every other. What lists a file
that is open costs no lines; a question for a name costs one at least, as a search does, so that asking is no side door.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

import rfc8785

from glasshouse.domain.access import rules
from glasshouse.domain.access.values import Purpose, Shown
from glasshouse.domain.journal.values import Fields, Json
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.readingroom import queries
from glasshouse.domain.readingroom.commands.exact import (
    BY_NAME,
    by_use,
    exact_references,
    found_lines,
    is_exact,
    word_at,
)
from glasshouse.domain.readingroom.commands.search import search
from glasshouse.domain.readingroom.commands.showing import show, visit_of
from glasshouse.domain.readingroom.commands.views import covered_changes
from glasshouse.domain.readingroom.values import (
    DefinitionsShown,
    FileSteps,
    FunctionChangesShown,
    FunctionStep,
    HistoryShown,
    Outlined,
    OutlineShown,
    ReferencesShown,
    Room,
    SearchPending,
    Spot,
)
from glasshouse.domain.releases import defining, functionchanges, histories, traces
from glasshouse.domain.releases import queries as releases
from glasshouse.domain.releases.crossings import Meant
from glasshouse.domain.releases.defining import Definition
from glasshouse.domain.releases.found import Asked, FoundLine
from glasshouse.domain.releases.values import Change, sides_of
from glasshouse.engines.codeindex.symbols.functions import FunctionChange
from glasshouse.engines.codeindex.symbols.nesting import Node
from glasshouse.engines.codeindex.symbols.ranking import Hit
from glasshouse.engines.codeindex.symbols.tables import MAX_ASKED, How, Wanted
from glasshouse.engines.codeindex.symbols.values import Family
from glasshouse.engines.codeindex.text import display_text
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.errors import InvalidError
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.lines import Span
from glasshouse.kernel.paths import TreePath

WAYS: Final = tuple(how.value for how in How)
"""How a name can be asked for: as it stands, in any case, by its beginning."""
KINDS: Final = tuple(family.value for family in Family if family is not Family.OTHER)
"""The kinds that a question for a name can be narrowed to."""
MAX_NAME: Final = MAX_ASKED
"""The most characters of a name that is asked for."""
MAX_FUNCTIONS: Final = 200
_WORD: Final = re.compile(r"\w+")


def enter(viewer: Viewer, grant: Uid, release: Uid, *, now: datetime) -> Room:
    """Judge a viewer's grant and visit before they ask for anything; nothing is shown, so nothing is recorded."""
    room = queries.open_room(viewer, grant, release, Purpose.SEARCH, now=now)
    visit_of(room)
    return room


def open_outline(viewer: Viewer, grant: Uid, release: Uid, path: TreePath, *, now: datetime) -> OutlineShown:
    """Show a viewer which symbols a file has and on which lines; it costs no lines."""
    room = queries.open_room(viewer, grant, release, Purpose.READ, now=now)
    rules.check_covers(room.terms, path)
    visit = visit_of(room)
    found = defining.outline(room.release, room.terms.patterns, path)
    symbols = [_outlined(node) for top in found.nodes for node in top.walk()]
    listed: list[Json] = [[one.label, one.kind, one.first, one.last] for one in symbols]
    view = show(
        viewer,
        room,
        visit,
        "readingroom.outline-shown",
        shown=[],
        fields={"items": len(symbols), "listing": _digest(listed), "of": found.symbols},
        source=_file_of(room, path),
        now=now,
    )
    return OutlineShown(view, path, symbols, found.symbols, found.gap.sentence if found.gap else "", found.is_pending)


def open_definitions(
    viewer: Viewer, grant: Uid, release: Uid, path: TreePath, spot: Spot, *, now: datetime
) -> DefinitionsShown:
    """Show a viewer where the word at a spot of a file is defined; its own line is charged unless it was seen."""
    room = queries.open_room(viewer, grant, release, Purpose.READ, now=now)
    rules.check_covers(room.terms, path)
    word = word_at(room, path, spot)
    return _definitions(
        viewer,
        room,
        Wanted(word.name),
        (path, spot.line),
        meant=word.meant(room),
        shown=[word.window.shown],
        source=_file_of(room, path),
        visitor=None,
        now=now,
    )


def find_definitions(
    viewer: Viewer,
    grant: Uid,
    release: Uid,
    name: str,
    *,
    now: datetime,
    how: str = How.EXACT.value,
    kinds: Sequence[str] = (),
) -> DefinitionsShown:
    """Show a viewer where a name is defined, one of WAYS to compare it, of all KINDS or of some.

    What was asked rests where the visitor's side alone can open it.
    """
    room = queries.open_room(viewer, grant, release, Purpose.SEARCH, now=now)
    if how not in WAYS or not set(kinds) <= set(KINDS):
        raise InvalidError("A name is compared in one of these ways: " + ", ".join(WAYS) + ".")
    wanted = Wanted(name, How(how), frozenset(Family(kind) for kind in kinds))
    asked: Fields = {"how": how, "kinds": sorted(kinds), "name": name}
    return _definitions(viewer, room, wanted, None, shown=[], source={}, visitor={"query": asked}, now=now)


def open_references(
    viewer: Viewer, grant: Uid, release: Uid, path: TreePath, spot: Spot, *, now: datetime, after: str = ""
) -> ReferencesShown | SearchPending:
    """Show a viewer the lines of the release that mean the word at a spot, as `search` shows lines: charged each.

    Where an imported index knows the word, those that mean the same come first, by the compiler's word; behind them,
    and where none knows it, come the lines that hold it as a word.
    """
    room = queries.open_room(viewer, grant, release, Purpose.READ, now=now)
    rules.check_covers(room.terms, path)
    rules.check_is_for(room.terms, Purpose.SEARCH)  # lines of other files come with it, whoever knows them
    visit_of(room)
    word = word_at(room, path, spot)
    if is_exact(after) and (shown := exact_references(viewer, room, word, after=after, now=now)):
        return shown
    return _references(viewer, room, word.name, path, after=after.removeprefix(BY_NAME), now=now)


def find_references(
    viewer: Viewer, grant: Uid, release: Uid, name: str, *, now: datetime, after: str = ""
) -> ReferencesShown | SearchPending:
    """Show a viewer the lines of the release that hold a name as a word, as `search` shows lines: charged each."""
    room = queries.open_room(viewer, grant, release, Purpose.SEARCH, now=now)
    return _references(viewer, room, name, None, after=after, now=now)


def open_history(
    viewer: Viewer, grant: Uid, release: Uid, path: TreePath, *, now: datetime, line: int | None = None
) -> HistoryShown:
    """Show a viewer what each release of the grant did to a file of this one; names and digests cost no lines.

    With `line`, also what became of that line and of the function around it: the line is shown, and charged unless
    it was seen; the question costs one line at least.
    """
    room = queries.open_room(viewer, grant, release, Purpose.READ, now=now)
    rules.check_covers(room.terms, path)
    visit = visit_of(room)
    granted, patterns = queries.granted(grant), room.terms.patterns
    moments = histories.history(granted, room.release, patterns, path)
    listed: list[Json] = [
        [str(one.release.root), one.event.value, str(one.entry.path) if one.entry else "", one.is_changed]
        for one in moments
    ]
    window = releases.lines(room.release, path, Span(line, line)) if line else None
    if window is not None and not window.lines:
        raise InvalidError(f"The file has {window.all_lines:,} lines.", hint="Choose one of them.")
    found = traces.traces(granted, room.release, patterns, path, window.first) if window else None
    if found is not None:
        listed += [_standing(one) for one in (*found.function, *found.line)]
    view = show(
        viewer,
        room,
        visit,
        "readingroom.history-shown",
        shown=[window.shown] if window else [],
        fields={"items": len(listed), "listing": _digest(listed)},
        source={**_file_of(room, path), **({"line": window.first} if window else {})},
        at_least=1 if window else 0,
        now=now,
    )
    return HistoryShown(view, path, moments, window, replace(found, name=_label(found.name)) if found else None)


def _standing(one: traces.Standing) -> Json:
    place: list[Json] = [str(one.part.path), str(one.part.span)] if one.part else []
    return [str(one.release.root), one.event.value, *place, one.is_changed]


def open_function_changes(
    viewer: Viewer, grant: Uid, before: Uid, after: Uid, *, now: datetime, first: int = 0, size: int | None = None
) -> FunctionChangesShown:
    """Show a viewer which functions differ between two releases of the grant, file by file; names cost no lines.

    `size` bounds the files of a page, of each of which MAX_FUNCTIONS are listed.
    """
    earlier = queries.room(viewer, grant, before)
    room = queries.open_room(viewer, grant, after, Purpose.READ, now=now)
    visit = visit_of(room)
    every = covered_changes(earlier, room)
    files = [_steps(earlier, room, change) for change in every[first : None if size is None else first + size]]
    view = show(
        viewer,
        room,
        visit,
        "readingroom.functions-shown",
        shown=[],
        fields={
            "before": str(earlier.release.root),
            "first": first,
            "items": sum(len(one.functions) for one in files),
            "listing": _digest([_listed(one) for one in files]),
            "of": len(every),
        },
        source={},
        now=now,
    )
    return FunctionChangesShown(view, earlier.release, files, first, len(every))


def _outlined(node: Node) -> Outlined:
    one = node.symbol
    return Outlined(_label(one.name), one.kind, one.family.value, one.line, one.end, node.depth)


def _label(name: str) -> str:
    return display_text(name.encode())


def _digest(listed: Json) -> str:
    return str(Digest.of(rfc8785.dumps(listed)))


def _file_of(room: Room, path: TreePath) -> Fields:
    return {"digest": str(releases.entry(room.release, path).digest), "path": str(path)}


def _definitions(
    viewer: Viewer,
    room: Room,
    wanted: Wanted,
    here: tuple[TreePath, int] | None,
    *,
    shown: Sequence[Shown],
    source: Fields,
    visitor: Fields | None,
    now: datetime,
    meant: Meant | None = None,
) -> DefinitionsShown:
    visit = visit_of(room)
    near = here[0] if here else None
    found = defining.definitions(room.release, room.terms.patterns, wanted, near=near)
    exact = meant.definitions() if meant else []
    known = {(one.path, one.line) for one in exact}
    items = [*exact, *(one for one in found.items if (one.path, one.line) not in known)]
    listed: list[Json] = [[str(one.path), one.line, one.label, one.kind] for one in items]
    view = show(
        viewer,
        room,
        visit,
        "readingroom.definitions-shown",
        shown=shown,
        fields={
            "items": len(items),
            "listing": _digest(listed),
            **({"index": str(meant.index)} if meant and exact else {}),
        },
        source=source,
        visitor=visitor,
        at_least=1,
        now=now,
    )
    likely = exact or ([] if wanted.how is How.PREFIX or found.is_cut else items)
    return DefinitionsShown(view, _label(wanted.name), items, _target(likely, here), found.is_cut, found.is_pending)


def _target(items: Sequence[Definition], here: tuple[TreePath, int] | None) -> Definition | None:
    """Return the only one that defines, or else that declares; None where the word stands on it already."""
    defining_ones = [one for one in items if one.family is not Family.DECLARATION] or items
    if len(defining_ones) != 1 or (defining_ones[0].path, defining_ones[0].line) == here:
        return None
    return defining_ones[0]


def _references(
    viewer: Viewer, room: Room, name: str, here: TreePath | None, *, after: str, now: datetime
) -> ReferencesShown | SearchPending:
    asked = Asked(name, is_literal=True, whole_word=True, context=0)
    found = search(viewer, room.grant, [room.release.uid], asked, now=now, after=after)
    if isinstance(found, SearchPending):
        return found
    hits = [_hit(file.path, line) for file in found.files for line in found_lines(file)]
    ranked = defining.references(room.release, room.terms.patterns, name, hits, here=here)
    return ReferencesShown(found, _label(name) if hits else "", by_use(ranked, found.files), is_exact=False)


def _hit(path: TreePath, line: FoundLine) -> Hit:
    before = b""
    for part in line.parts:
        text = part.token.text.encode()
        if part.is_found:
            rest = b"".join(one.token.text.encode() for one in line.parts)
            return Hit(path, line.number, rest, len(before), len(before) + len(text))
        before += text
    return Hit(path, line.number, before, 0, 0)


def _steps(earlier: Room, room: Room, change: Change) -> FileSteps:
    old, new = sides_of(change)
    if old and new and old.digest == new.digest:
        return FileSteps(change, (), 0, elsewhere=False, gaps=(), is_pending=False)
    found = functionchanges.function_changes(
        earlier.release,
        old.path if old else None,
        room.release,
        new.path if new else None,
        room.terms.patterns,
    )
    functions = found.changes.functions
    return FileSteps(
        change,
        [_step(one) for one in functions[:MAX_FUNCTIONS]],
        max(0, len(functions) - MAX_FUNCTIONS),
        elsewhere=found.changes.elsewhere,
        gaps=[gap.sentence for gap in found.gaps],
        is_pending=found.is_pending,
    )


def _step(one: FunctionChange) -> FunctionStep:
    side = one.after or one.before
    scope = side.scope if side else ""
    before, after = one.before.span if one.before else None, one.after.span if one.after else None
    return FunctionStep(one.step.value, _label(one.name), _label(scope), before, after)


def _listed(file: FileSteps) -> Json:
    sides = [str(entry.path) for entry in sides_of(file.change) if entry is not None]
    functions: list[Json] = [
        [one.step, one.label, one.scope, str(one.before or ""), str(one.after or "")] for one in file.functions
    ]
    return [*sides, functions]
