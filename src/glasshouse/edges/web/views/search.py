# SPDX-License-Identifier: Apache-2.0
"""Searching under a grant.

A pattern travels in a body and stands in no address: a permalink names the entry that recorded the search, which its
own visitor alone can open and ask again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Self

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from glasshouse.domain.access.errors import GrantUnknownError
from glasshouse.domain.access.values import Purpose
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.readingroom import commands, queries
from glasshouse.domain.readingroom.queries import DeskGrant
from glasshouse.domain.readingroom.searches import recorded
from glasshouse.domain.readingroom.values import SearchPending, SearchShown, View
from glasshouse.domain.releases.found import Asked, StructureAsked, Tally, Unsearched
from glasshouse.edges.http import refusals
from glasshouse.edges.http.errors import status_of
from glasshouse.edges.http.routes import is_fragment
from glasshouse.edges.http.viewer import viewer_of
from glasshouse.edges.web.found import files_of, found_characters, skipped_of
from glasshouse.edges.web.search_forms import PATTERN_CODES, STRUCTURE, SearchForm
from glasshouse.edges.web.showing import limits_html, page_of, pen_of, prepare
from glasshouse.kernel import clock
from glasshouse.kernel.errors import ConflictError, GlasshouseError, InvalidError, NotFoundError, RefusedError
from glasshouse.kernel.ids import Uid

_WAITS: Final = ("150ms", "300ms", "600ms", "1s")
"""When a page asks again for what is not there yet: soon at first, then less often."""
_DIGITS: Final = 3


@dataclass(frozen=True, slots=True)
class Scene:
    """What stands around a search: whose engagement, which visit, what is left of the budgets."""

    grant: Uid
    engagement: str
    visit: str
    visit_number: int
    limits: SafeString

    @classmethod
    def of_desk(cls, found: DeskGrant) -> Self:
        """Read it from the desk."""
        visit = found.visit
        return cls(
            Uid(found.grant.uid),
            found.engagement.label,
            visit.uid if visit else "",
            visit.number if visit else 0,
            limits_html(found.balance),
        )

    @classmethod
    def of_view(cls, view: View) -> Self:
        """Read it from a showing."""
        room, visit = view.room, view.room.visit
        return cls(
            room.grant,
            room.engagement_label,
            visit.uid.text if visit else "",
            visit.number if visit else 0,
            limits_html(view.balance),
        )


@dataclass(frozen=True, slots=True)
class Wanted:
    """One search as it was asked: what, where, from which place on, and how often the page has waited for it.

    `event` is the entry whose permalink asks it again; such a page keeps its address.
    """

    grant: Uid
    form: SearchForm
    asked: Asked | StructureAsked
    releases: Sequence[Uid]
    after: str = ""
    waited: int = 0
    event: str = ""

    def fields(self, **other: object) -> list[tuple[str, object]]:
        """Return the fields of a form that asks the same, with others besides."""
        asked = self.asked
        return [
            ("pattern", asked.pattern),
            *_switches(asked),
            ("paths", " ".join(asked.paths)),
            ("language", asked.language),
            ("context", asked.context),
            *(("release", uid.text) for uid in self.releases),
            *other.items(),
        ]


def _switches(asked: Asked | StructureAsked) -> list[tuple[str, object]]:
    if isinstance(asked, StructureAsked):
        return [("kind", STRUCTURE), ("case", "match")]
    return [
        ("kind", "text" if asked.is_literal else "regex"),
        ("case", "ignore" if asked.ignores_case else "match"),
        *([("word", "on")] if asked.whole_word else []),
    ]


@require_safe
def searches(request: HttpRequest) -> HttpResponse:
    """Go to the one grant that can be searched now, or show what there is to search."""
    desk = queries.desk(viewer_of(request), clock.now())
    readable = [found for found in desk if found.is_readable]
    if len(readable) == 1 and readable[0].visit:
        return redirect("search", readable[0].grant.uid)
    return render(request, "search/list.html", {"desk": desk, "room": "searches"})


@require_http_methods(["GET", "HEAD", "POST"])
def search(request: HttpRequest, grant: str) -> HttpResponse:
    """Show the form of a grant; with POST, search."""
    viewer, grant_uid, now = viewer_of(request), Uid.parse(grant), clock.now()
    try:
        queries.check_may_go_on(viewer, grant_uid, Purpose.SEARCH, now=now)
    except RefusedError as error:
        return _refused(request, grant_uid, None, error, now)
    releases = queries.granted(grant_uid)
    prepare(request, releases)
    if request.method != "POST":
        form = SearchForm(None, releases=releases, chosen=request.GET.getlist("release"))
        return _page(request, Scene.of_desk(_held(request, grant_uid, now)), form.focused(), {})
    form = SearchForm(_narrowed(request.POST), releases=releases)
    if not form.is_valid() or form.asked is None:
        return _page(request, Scene.of_desk(_held(request, grant_uid, now)), form.focused(), {}, status=422)
    waited = request.POST.get("waited", "")
    steps = int(waited) if waited.isascii() and waited.isdigit() and len(waited) <= _DIGITS else 0
    wanted = Wanted(grant_uid, form, form.asked, form.wanted, request.POST.get("after", ""), steps)
    return _answer(request, wanted, now)


def _narrowed(data: QueryDict) -> QueryDict:
    """Return what was sent, with `only` that release if one is named; of other fields the last one counts anyway."""
    if "only" not in data:
        return data
    changed = data.copy()
    changed.setlist("release", [str(data["only"])])
    return changed


@require_safe
def search_again(request: HttpRequest, grant: str, event: str) -> HttpResponse:
    """Ask one of the viewer's own searches again; it is a search like any other, charged and recorded."""
    viewer, grant_uid, now = viewer_of(request), Uid.parse(grant), clock.now()
    before = recorded(viewer, grant_uid, Uid.parse(event))
    try:
        queries.check_may_go_on(viewer, grant_uid, Purpose.SEARCH, now=now)
    except RefusedError as error:
        return _refused(request, grant_uid, None, error, now)
    prepare(request, queries.granted(grant_uid))
    form = SearchForm.of(before, queries.granted(grant_uid))
    wanted = Wanted(grant_uid, form, before.asked, before.releases, before.after, event=event)
    return _answer(request, wanted, now)


@require_safe
def search_tally(request: HttpRequest, grant: str, ticket: str) -> HttpResponse:
    """Say how much a search has found by now: the piece that a page asks for until all is counted.

    A searcher that ended meanwhile took its counts along; the lines that are shown stand all the same.
    """
    grant_uid = Uid.parse(grant)
    tally: Tally | None = None
    try:
        tally = commands.search_tally(viewer_of(request), grant_uid, ticket, now=clock.now())
    except GrantUnknownError:
        raise
    except (ConflictError, NotFoundError):
        pass
    is_code = request.GET.get("of") == "code"
    wait = _WAITS[-1 if is_code else 1]
    context = {"tally": tally, "ticket": ticket, "grant": grant_uid, "wait": wait, "is_code": is_code, "is_oob": True}
    return render(request, "search/tally.html", context)


def _answer(request: HttpRequest, wanted: Wanted, now: datetime) -> HttpResponse:
    """Search, and show the page, that it is not there yet, or why not."""
    try:
        shown = _search(viewer_of(request), wanted, now)
    except NotFoundError:
        raise
    except GlasshouseError as error:
        if is_fragment(request):
            raise
        if isinstance(error, InvalidError) and error.code in PATTERN_CODES and wanted.form.is_bound:
            wanted.form.refuse(error)
            scene = Scene.of_desk(_held(request, wanted.grant, now))
            return _page(request, scene, wanted.form.focused(), {}, status=422)
        return _refused(request, wanted.grant, wanted.form, error, now)
    if isinstance(shown, SearchPending):
        return _pending(request, wanted, shown, now)
    return _shown(request, wanted, shown)


def _search(viewer: Viewer, wanted: Wanted, now: datetime) -> SearchShown | SearchPending:
    asked = wanted.asked
    if isinstance(asked, StructureAsked):
        return commands.structural_search(viewer, wanted.grant, wanted.releases, asked, now=now, after=wanted.after)
    return commands.search(viewer, wanted.grant, wanted.releases, asked, now=now, after=wanted.after)


def _pending(request: HttpRequest, wanted: Wanted, found: SearchPending, now: datetime) -> HttpResponse:
    context = {
        "loading": found.loading,
        "grant": wanted.grant,
        "pending": wanted.fields(after=wanted.after, waited=min(wanted.waited + 1, 99)),
        "wait": _WAITS[min(wanted.waited, len(_WAITS) - 1)],
        "is_more": bool(wanted.after),
        "is_code": isinstance(wanted.asked, StructureAsked),
    }
    if is_fragment(request):
        return render(request, "search/pending.html", context)
    return _page(request, Scene.of_desk(_held(request, wanted.grant, now)), wanted.form, context)


def _shown(request: HttpRequest, wanted: Wanted, shown: SearchShown) -> HttpResponse:
    has_releases = len(shown.releases) > 1
    pen = pen_of(request, shown.view, found_characters(shown.files))
    event = wanted.event or shown.view.recorded.uid.text
    permalink = reverse("search-again", args=[wanted.grant.text, event])
    context = {
        "scene": Scene.of_view(shown.view),
        "form": wanted.form,
        "shown": shown,
        "files": files_of(shown.files, wanted.grant, pen, has_releases=has_releases),
        "skipped": skipped_of(shown.not_searched, wanted.grant, has_releases=has_releases),
        "not_searched": sum(one.files for one in shown.not_searched),
        "not_indexed": sum(one.files for one in shown.not_searched if one.reason is Unsearched.NOT_INDEXED),
        "tally": shown.tally,
        "ticket": shown.ticket,
        "grant": wanted.grant,
        "wait": _WAITS[0],
        "took": _took(shown.seconds),
        "asked": wanted.asked,
        "is_code": isinstance(wanted.asked, StructureAsked),
        "after": wanted.after,
        "more": wanted.fields(after=shown.rest) if shown.rest else None,
        "narrow": wanted.fields(),
        "permalink": permalink,
        "has_releases": has_releases,
        "room": "searches",
    }
    if not is_fragment(request):
        return page_of(request, "search/page.html", shown.view, context)
    if wanted.after:
        return page_of(request, "search/more.html", shown.view, {**context, "is_fragment": True})
    response = page_of(request, "search/found.html", shown.view, {**context, "is_fragment": True})
    response["HX-Replace-Url"] = permalink
    return response


def _took(seconds: float) -> str:
    """Write a time as people read it: 6 ms, 1.2 s."""
    if seconds < 1:
        return _("%(n)s ms") % {"n": max(1, round(seconds * 1000))}
    return _("%(n)s s") % {"n": f"{seconds:.1f}"}


def _refused(
    request: HttpRequest, grant: Uid, form: SearchForm | None, error: GlasshouseError, now: datetime
) -> HttpResponse:
    """Say why nothing is shown where the lines would stand; what was typed stays in its fields."""
    is_refusal, found = isinstance(error, RefusedError), _held(request, grant, now)
    context = {
        "error": error,
        "is_refusal": is_refusal,
        "is_recorded": is_refusal and refusals.note(request, error.code),
        "found": found,
    }
    return _page(request, Scene.of_desk(found), form, context, status=status_of(error))


def _held(request: HttpRequest, grant: Uid, now: datetime) -> DeskGrant:
    for found in queries.desk(viewer_of(request), now):
        if found.grant.uid == grant.text:
            return found
    raise NotFoundError


def _page(
    request: HttpRequest, scene: Scene, form: SearchForm | None, context: Mapping[str, Any], *, status: int = 200
) -> HttpResponse:
    may_stay = bool(scene.visit) and "error" not in context
    shared = {
        "scene": scene,
        "form": form,
        "limits": scene.limits,
        "grant": scene.grant,
        "room": "searches",
        "still": reverse("still", args=[scene.grant.text, queries.granted(scene.grant)[0].uid.text])
        if may_stay
        else "",
    }
    return render(request, "search/page.html", {**shared, **context}, status=status)
