# SPDX-License-Identifier: Apache-2.0
"""Saved searches: save, rename, delete, run between visits, and open in a visit what was found new.

A run tells counts and shows nothing; what it found is a showing like any other once somebody opens it.
"""

import time
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Final

from django.db import connection

from glasshouse.domain.access.models import Grant
from glasshouse.domain.access.values import Purpose
from glasshouse.domain.jobs import commands as jobs
from glasshouse.domain.jobs import queries as jobs_queries
from glasshouse.domain.journal import commands as journal
from glasshouse.domain.notices import commands as notices
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.readingroom import queries
from glasshouse.domain.readingroom import saved as mandates
from glasshouse.domain.readingroom.commands.search import show_found
from glasshouse.domain.readingroom.commands.showing import visit_of
from glasshouse.domain.readingroom.errors import ManySavedSearchesError, NoSavedSearchError, SearchErasedError
from glasshouse.domain.readingroom.models import SavedRun, SavedSearch
from glasshouse.domain.readingroom.saved import PURPOSE, Due, Mandate
from glasshouse.domain.readingroom.searches import recorded_search
from glasshouse.domain.readingroom.values import SearchShown
from glasshouse.domain.releases import finding, newlines, vault
from glasshouse.domain.releases.found import Asked
from glasshouse.domain.releases.models import Release
from glasshouse.domain.releases.newlines import NewLines
from glasshouse.engines.store.errors import BrokenSealError, DamagedError, ReleaseNotFoundError
from glasshouse.kernel.errors import InvalidError, RefusedError
from glasshouse.kernel.ids import Uid

RERUN: Final = "readingroom.saved-searches"
"""The kind of the jobs that run saved searches; their argument names a product."""
MAX_SAVED: Final = 20
"""Saved searches that a person keeps a grant."""
MAX_LABEL: Final = 80
SLICE_SECONDS: Final = 120.0
"""How long one job runs saved searches, before an index that somebody waits for gets its turn."""
Report = Callable[[int, int], None]


def save_search(viewer: Viewer, grant: Uid, event: Uid, label: str, *, now: datetime) -> Uid:
    """Keep one of the viewer's own recorded searches, to be run on each newer release; return its uid.

    Raises NotFoundError for another's search, RefusedError when the grant is not open, ManySavedSearchesError.
    """
    recorded = recorded_search(viewer, grant, event)
    label = _checked(label)
    newest = (
        Release.objects.filter(uid__in=[uid.text for uid in recorded.releases]).order_by("imported_at", "pk").last()
    )
    if newest is None:
        raise NoSavedSearchError
    room = queries.open_room(viewer, grant, Uid(newest.uid), Purpose.SEARCH, now=now)
    with journal.transaction():
        grants = Grant.objects.filter(pk=room.grant_row)
        if connection.features.has_select_for_update:
            grants = grants.select_for_update()  # two tabs keep no more than one may
        held = grants.get()
        if SavedSearch.objects.filter(grant=held, ended_at=None).count() >= MAX_SAVED:
            raise ManySavedSearchesError(
                f"You keep {MAX_SAVED} saved searches under this grant.", hint="Delete one that you need no longer."
            )
        uid = Uid.new()
        told = journal.record(
            "readingroom.search-saved",
            actor=viewer.uid.text,
            at=now,
            subject=uid,
            engagement=room.engagement,
            fields={"saved": {"grant": grant.text, "search": event.text}},
            visitor={"label": label},
        )
        SavedSearch.objects.create(
            uid=uid.text, grant=held, search=event.text, named=told.uid.text, base=newest.uid, saved_at=now
        )
        _ask(Uid(held.product), viewer.uid.text, now)
    return uid


def rename_search(viewer: Viewer, uid: Uid, label: str, *, now: datetime) -> None:
    """Give one of the viewer's own saved searches another label."""
    row = mandates.own(viewer, uid)
    label = _checked(label)
    with journal.transaction():
        told = journal.record(
            "readingroom.search-renamed",
            actor=viewer.uid.text,
            at=now,
            subject=uid,
            engagement=Uid(row.grant.engagement),
            visitor={"label": label},
        )
        _change(row, named=told.uid.text)


def end_search(viewer: Viewer, uid: Uid, *, now: datetime) -> None:
    """Delete one of the viewer's own saved searches; it runs no more. Its entries stay, as all entries do."""
    row = mandates.own(viewer, uid)
    with journal.transaction():
        _change(row, ended_at=now)
        journal.record(
            "readingroom.search-ended",
            actor=viewer.uid.text,
            at=now,
            subject=uid,
            engagement=Uid(row.grant.engagement),
        )


def open_new_lines(viewer: Viewer, uid: Uid, run: Uid, *, now: datetime, after: str = "") -> SearchShown:
    """Show the lines that a saved search found new in a release, a page at a time: charged and recorded as a search.

    `after` is the `rest` of the page before. Raises as a search does: without an open grant or visit nothing is shown.
    """
    row = mandates.own(viewer, uid)
    if after and not (after.isascii() and after.isdigit() and len(after) <= len(str(newlines.MOST_PLACES))):
        raise InvalidError("This continues no page.")
    found = row.runs.filter(uid=run.text).first()
    if found is None:
        raise NoSavedSearchError
    # The mandate lapses with its own grant, whichever names the release.
    held = queries.open_room(viewer, Uid(row.grant.uid), Uid(row.base), Purpose.SEARCH, now=now)
    room = queries.open_room(viewer, Uid(found.grant), Uid(found.release), Purpose.SEARCH, now=now)
    visit = visit_of(room)
    asked = mandates.asked_by(viewer, row)
    if asked is None:
        raise SearchErasedError("What this saved search looks for was erased.", hint="Delete it, and save another.")
    product = room.release.product
    places = NewLines.places_from(
        vault.sealer(product, PURPOSE).open(bytes(found.places), context=found.uid.encode("ascii"))
    )
    patterns = (held.terms.patterns, room.terms.patterns)
    answer = newlines.found_at(room.release, places, patterns, asked, first=int(after or 0))
    page = finding.page_of(answer, [room.release], room.terms.patterns, asked)
    shown = show_found(viewer, [room], visit, page, asked, after="", now=now, more={"saved": uid.text})
    with journal.transaction():
        SavedRun.objects.filter(pk=found.pk, opened_at=None).update(opened_at=now)
    return shown


def run_saved_searches(product: Uid, *, now: Callable[[], datetime], report: Report) -> int:
    """Run every saved search of a product on the releases that it has not run on; return how many runs came.

    Whoever holds it is judged at each run: a search whose grant ended, or whose pattern was erased, runs no more. A
    release that cannot be read stops no other run; it is raised once all others came. After some minutes the rest is
    asked for as another job, behind those that wait.
    """
    runs, damage = 0, None
    until = time.monotonic() + SLICE_SECONDS
    for row, asked, one in _to_run(product, now, report):
        if runs and time.monotonic() >= until:
            with journal.transaction():
                _ask(product, "operator:worker", now())
            return runs
        try:
            found = _look(one, asked, report)
        except RefusedError:
            vault.close()  # the key was destroyed meanwhile, and this process may hold it still
            return runs
        except (BrokenSealError, DamagedError, ReleaseNotFoundError) as error:
            damage = error
        else:
            runs += _keep(row, one, asked, found, now())
    if damage is not None:
        raise damage
    return runs


def ask_after_grant(opened: Grant, *, actor: str, now: datetime) -> None:
    """Have its holder's saved searches run from the beginning of a new grant on, inside the caller's transaction."""
    rows = SavedSearch.objects.filter(grant__holder=opened.holder_id, grant__engagement=opened.engagement)
    if rows.filter(ended_at=None).exists():
        _ask(Uid(opened.product), actor, now, not_before=max(now, opened.begins))


def ask_for_missing_runs(*, actor: str, now: datetime) -> None:
    """Have saved searches run that did not run on something, as after a restore; those that are asked for wait."""
    if jobs_queries.is_pending(RERUN):
        return
    for product in mandates.products_with_due(now):
        with journal.transaction():
            _ask(product, actor, now)


def _ask(product: Uid, actor: str, now: datetime, *, not_before: datetime | None = None) -> None:
    jobs.ask(RERUN, {"product": product.text}, actor=actor, now=now, not_before=not_before)


def _to_run(product: Uid, now: Callable[[], datetime], report: Report) -> Iterator[tuple[SavedSearch, Asked, Due]]:
    rows = mandates.rows_of_product(product, now())
    for number, row in enumerate(rows):
        report(number, len(rows))
        holder = mandates.holder_of(row)
        asked = mandates.asked_by(holder, row) if holder else None
        if asked is not None and mandates.mandate(row, asked, now()) is Mandate.RUNS:
            yield from ((row, asked, one) for one in mandates.due(row, now()))


def _look(one: Due, asked: Asked, report: Report) -> NewLines:
    product = one.after.product
    patterns = [queries.patterns_of(product, bytes(grant.patterns)) for grant in (one.own, one.naming)]
    return newlines.new_lines(one.before, one.after, patterns, asked, report=report)


def _keep(row: SavedSearch, one: Due, asked: Asked, found: NewLines, now: datetime) -> bool:
    """Keep and record a run, unless what it rests on ended while it looked; say whether it was kept."""
    uid, product = Uid.new(), one.after.product
    sealed = vault.sealer(product, PURPOSE).seal(found.to_bytes(), context=uid.text.encode("ascii"))
    with journal.transaction():
        rows = SavedSearch.objects.filter(pk=row.pk, ended_at=None).select_related("grant")
        if connection.features.has_select_for_update:
            rows = rows.select_for_update(of=("self",))  # a worker that lost its lease may look at the same
        current = rows.first()
        if current is None or mandates.mandate(current, asked, now) is not Mandate.RUNS:
            return False
        still = {(due.after.uid, due.naming.pk) for due in mandates.due(current, now)}
        if (one.after.uid, one.naming.pk) not in still:
            return False
        SavedRun.objects.create(
            uid=uid.text,
            saved=current,
            grant=one.naming.uid,
            release=one.after.uid.text,
            before=one.before.uid.text,
            ran_at=now,
            lines=found.lines,
            files=found.files,
            is_exact=found.is_exact,
            unsearched=found.unsearched,
            places=sealed,
        )
        journal.record(
            "readingroom.search-run",
            actor="operator:worker",
            at=now,
            subject=Uid(row.uid),
            engagement=Uid(row.grant.engagement),
            fields={
                "release": one.after.evidence(),
                "run": {
                    "before": str(one.before.root),
                    "files": found.files,
                    "is_exact": found.is_exact,
                    "lines": found.lines,
                    "unsearched": found.unsearched,
                },
            },
        )
        if found.lines:
            holder = [current.grant.holder_id]
            notices.tell(holder, "readingroom.search-news", subject=Uid(row.uid), route="saved-searches", now=now)
    return True


def _change(row: SavedSearch, **values: str | datetime) -> None:
    if not SavedSearch.objects.filter(pk=row.pk, ended_at=None).update(**values):
        raise NoSavedSearchError


def _checked(label: str) -> str:
    label = label.strip()
    if not 1 <= len(label) <= MAX_LABEL or not label.isprintable():
        raise InvalidError(f"A label has 1 to {MAX_LABEL} printable characters.")
    return label
