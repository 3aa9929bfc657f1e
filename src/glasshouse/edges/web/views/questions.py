# SPDX-License-Identifier: Apache-2.0
"""Questions to the vendor: asked beside the lines, answered by the product's owner, closed by who asked."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from glasshouse.domain.readingroom import commands
from glasshouse.domain.readingroom import questions as queries
from glasshouse.domain.readingroom.places import all_shown_at
from glasshouse.domain.threads.errors import NoThreadError
from glasshouse.domain.threads.rules import QUESTION
from glasshouse.domain.threads.values import State
from glasshouse.edges.http.viewer import viewer_of
from glasshouse.edges.web.speaking import Answer, address_of, listed
from glasshouse.edges.web.speaking_forms import QuestionForm, SayForm
from glasshouse.kernel import clock
from glasshouse.kernel.errors import InvalidError
from glasshouse.kernel.ids import Uid


@require_safe
def questions(request: HttpRequest) -> HttpResponse:
    """List the questions that the viewer has a part in: what waits stands first."""
    viewer = viewer_of(request)
    found = [listed(one) for one in queries.questions_of(viewer, clock.now())]
    context = {
        "viewer": viewer,
        "waiting": [one for one in found if one.it.state == State.WAITING],
        "others": [one for one in found if one.it.state != State.WAITING],
        "learns_who": queries.learns_who(viewer),
    }
    return render(request, "questions/list.html", context)


@require_http_methods(["GET", "POST"])
def ask(request: HttpRequest, grant: str, event: str) -> HttpResponse:
    """Ask about lines that an entry showed."""
    viewer, grant_uid, entry = viewer_of(request), Uid.parse(grant), Uid.parse(event)
    place = all_shown_at(viewer, grant_uid, entry).place
    if place.path is None:
        raise NoThreadError
    form = QuestionForm(request.POST or None, initial={"lines": str(place.span)})
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        try:
            made = commands.ask_question(viewer, grant_uid, entry, told["words"], span=told["lines"], now=clock.now())
        except InvalidError as error:
            form.add_error("lines", f"{error.message} {error.hint}".strip())
        else:
            return redirect("question", question=made.text)
    context = {"form": form, "place": place, "address": address_of(place, grant_uid)}
    return render(request, "questions/ask.html", context)


@require_http_methods(["GET", "POST"])
def question(request: HttpRequest, question: str) -> HttpResponse:
    """Show one question with all that was said, and take the viewer's word."""
    viewer, uid = viewer_of(request), Uid.parse(question)
    found = queries.question(viewer, uid, clock.now())
    form = SayForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        commands.reply_to_question(viewer, uid, form.cleaned_data["words"], now=clock.now())
        return redirect("question", question=question)
    context = {
        "viewer": viewer,
        "form": form,
        "one": listed(found),
        "question": found,
        "clock": Answer.of(QUESTION, found.due_at, clock.now()) if found.state == State.WAITING else None,
    }
    return render(request, "questions/question.html", context)


@require_POST
def close(request: HttpRequest, question: str) -> HttpResponse:
    """Close a question of one's own side."""
    commands.close_question(viewer_of(request), Uid.parse(question), now=clock.now())
    return redirect("question", question=question)
