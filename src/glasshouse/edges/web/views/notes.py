# SPDX-License-Identifier: Apache-2.0
"""Notes: written beside the lines, listed, searched, shared, removed. To the vendor none of these pages exists."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.readingroom import commands
from glasshouse.domain.readingroom import notes as queries
from glasshouse.domain.readingroom.errors import NoNoteError
from glasshouse.domain.readingroom.places import Shown, all_shown_at
from glasshouse.edges.http.routes import is_fragment
from glasshouse.edges.http.viewer import viewer_of
from glasshouse.edges.web.speaking import address_of, listed
from glasshouse.edges.web.speaking_forms import NoteForm, QuestionForm, SayForm, SoughtForm
from glasshouse.kernel import clock
from glasshouse.kernel.errors import InvalidError
from glasshouse.kernel.ids import Uid


@require_http_methods(["GET", "POST"])
def notes(request: HttpRequest) -> HttpResponse:
    """List the notes that the viewer may read, or those that hold a text."""
    viewer = viewer_of(request)
    if viewer.is_vendor:
        raise NoNoteError
    form = SoughtForm(request.POST or None)
    text = form.cleaned_data["text"] if form.is_bound and form.is_valid() else ""
    found = [listed(one) for one in queries.notes_of(viewer, text=text)]
    return render(request, "notes/list.html", {"form": form, "notes": found, "sought": text})


@require_http_methods(["GET", "POST"])
def write(request: HttpRequest, grant: str, event: str) -> HttpResponse:
    """Show the notes on what an entry showed, with a form for another one and for a question; keep a note."""
    viewer, grant_uid, entry = viewer_of(request), Uid.parse(grant), Uid.parse(event)
    shown = all_shown_at(viewer, grant_uid, entry)
    about_lines = shown.place.path is not None
    form = NoteForm(request.POST or None, about_lines=about_lines, initial={"lines": _range(request, shown)})
    is_kept = False
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        try:
            commands.write_note(
                viewer,
                grant_uid,
                entry,
                told["words"],
                now=clock.now(),
                span=told.get("lines"),
                is_shared=told["shared"],
            )
        except InvalidError as error:
            form.add_error("lines" if about_lines else None, f"{error.message} {error.hint}".strip())
        else:
            if not is_fragment(request):
                return redirect("note-new", grant=grant, event=event)
            is_kept = True
            form = NoteForm(about_lines=about_lines, initial={"lines": _range(request, shown)})
    context = {**_beside(request, viewer, shown), "form": form, "is_kept": is_kept, "grant": grant, "event": event}
    template = "notes/beside.html" if is_fragment(request) else "notes/write.html"
    return render(request, template, context)


@require_http_methods(["GET", "POST"])
def note(request: HttpRequest, note: str) -> HttpResponse:
    """Show one note; let its author write it anew."""
    viewer, uid = viewer_of(request), Uid.parse(note)
    found = queries.note(viewer, uid)
    form = SayForm(request.POST or None, initial={"words": found.words})
    if request.method == "POST" and form.is_valid():
        commands.change_note(viewer, uid, form.cleaned_data["words"], now=clock.now())
        return redirect("note", note=note)
    return render(request, "notes/note.html", {"form": form, "one": listed(found), "note": found})


@require_POST
def share(request: HttpRequest, note: str) -> HttpResponse:
    """Share a note with colleagues, or no longer."""
    is_shared = request.POST.get("shared") == "on"
    commands.share_note(viewer_of(request), Uid.parse(note), is_shared=is_shared, now=clock.now())
    return redirect("note", note=note)


@require_http_methods(["GET", "HEAD", "POST"])
def remove(request: HttpRequest, note: str) -> HttpResponse:
    """Ask, then remove an own note for good: nobody can bring its words back."""
    viewer, uid = viewer_of(request), Uid.parse(note)
    if request.method == "POST":
        commands.remove_note(viewer, uid, now=clock.now())
        messages.info(request, _("The note is gone."))
        return redirect("notes")
    found = queries.note(viewer, uid)
    if not found.is_mine:
        raise NoNoteError
    return render(request, "notes/remove.html", {"note": found, "one": listed(found)})


def _range(request: HttpRequest, shown: Shown) -> str:
    return request.GET.get("lines", "")[:40] or str(shown.place.span or "")


def _beside(request: HttpRequest, viewer: Viewer, shown: Shown) -> dict[str, Any]:
    place = shown.place
    return {
        "place": place,
        "address": address_of(place, place.grant),
        "notes": [listed(one) for one in queries.notes_on(viewer, place)] if place.path else [],
        "question_form": QuestionForm(initial={"lines": _range(request, shown)}) if place.path else None,
    }
