# SPDX-License-Identifier: Apache-2.0
"""Asking the vendor about lines that one was shown, and going on from there."""

from datetime import datetime

from glasshouse.domain.engagements import queries as engagements
from glasshouse.domain.engagements.rules import check_may_write
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.readingroom import questions
from glasshouse.domain.readingroom.places import shown_at
from glasshouse.domain.threads import commands as threads
from glasshouse.domain.threads import queries as thread_queries
from glasshouse.domain.threads import rules
from glasshouse.domain.threads.values import About, AboutKind, NewThread
from glasshouse.kernel.errors import NotFoundError
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.lines import Span


def ask_question(viewer: Viewer, grant: Uid, event: Uid, text: str, *, span: Span, now: datetime) -> Uid:
    """Ask the vendor about lines that one of the viewer's entries showed; the clock runs from now on.

    Raises NotFoundError for another's entry and for the vendor, NotShownError, RefusedError once the engagement is
    closed, ManyThreadsError.
    """
    if viewer.is_vendor:
        raise NotFoundError
    shown = shown_at(viewer, grant, event, span)
    if shown.place.path is None:
        raise NotFoundError
    check_may_write(engagements.clearance(shown.engagement, viewer.row, now))
    place = questions.seal_place(shown.place, shown.engagement, shown.product)
    about = About(AboutKind.LINES, shown.place.release, place)
    new = NewThread(shown.engagement, shown.product, about, rules.QUESTION)
    return threads.open_thread(viewer, new, text, sealer=questions.sealer_of(shown.engagement), now=now)


def reply_to_question(viewer: Viewer, uid: Uid, text: str, *, now: datetime) -> None:
    """Answer a question, or ask on; the visitor's side does so while the engagement is open."""
    reach = questions.reach_of(viewer)
    found = thread_queries.thread(viewer, uid, reach, kind=AboutKind.LINES)
    engagement = Uid(found.engagement)
    if not viewer.is_vendor:
        check_may_write(engagements.clearance(engagement, viewer.row, now))
    threads.reply(viewer, uid, text, reach=reach, sealer=questions.sealer_of(engagement), now=now)


def close_question(viewer: Viewer, uid: Uid, *, now: datetime) -> None:
    """Close a question of the viewer's own side."""
    threads.close(viewer, uid, reach=questions.reach_of(viewer), now=now)
