# SPDX-License-Identifier: Apache-2.0
"""Beginning and closing visits. The close is the visitor's own word, signed by their passkey."""

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime

import rfc8785
from django.conf import settings
from django.db import connection
from django.db.models import Max

from glasshouse.domain.engagements import queries as engagements
from glasshouse.domain.engagements.models import Engagement
from glasshouse.domain.engagements.rules import check_may_visit
from glasshouse.domain.journal import commands as journal
from glasshouse.domain.journal import queries as journal_queries
from glasshouse.domain.journal.queries import Numbered
from glasshouse.domain.journal.values import Json
from glasshouse.domain.people import queries as people
from glasshouse.domain.people.assertions import Assertion
from glasshouse.domain.people.errors import PasskeyWordError
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.readingroom import queries, rules
from glasshouse.domain.readingroom.errors import CloseNotSignedError, VisitClosedError
from glasshouse.domain.readingroom.models import Visit
from glasshouse.domain.readingroom.rules import MAX_WORDS
from glasshouse.domain.readingroom.values import CloseStatement, TextReason
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.texts import readable


def begin_visit(viewer: Viewer, grant: Uid, release: Uid, *, now: datetime) -> Visit:
    """Open a visit in a grant's engagement, or return the one that is open."""
    room = queries.open_room(viewer, grant, release, None, now=now)
    check_may_visit(engagements.clearance(room.engagement, viewer.row, now))
    with journal.transaction():
        rows = Engagement.objects.filter(uid=room.engagement.text)
        if connection.features.has_select_for_update:
            rows = rows.select_for_update()  # two tabs begin one visit, and numbers have no holes
        engagement = rows.get()
        open_visit = engagement.visits.filter(person_id=viewer.row, closed_at=None).first()
        if open_visit is not None:
            return open_visit
        number = (engagement.visits.aggregate(Max("number"))["number__max"] or 0) + 1
        uid = Uid.new()
        recorded = journal.record(
            "readingroom.visit-opened",
            actor=viewer.uid.text,
            at=now,
            subject=uid,
            engagement=room.engagement,
            fields={"visit": {"number": number, "uid": uid.text}},
        )
        return Visit.objects.create(
            uid=uid.text,
            engagement=engagement,
            person_id=viewer.row,
            number=number,
            opened_at=now,
            first=recorded.number or 0,
        )


def ask_for_text(viewer: Viewer, visit: Uid, reason: TextReason, *, now: datetime, words: str = "") -> Visit:
    """Give the visitor text for the rest of a visit where products are shown in pictures; the visit's entry says so.

    Nobody decides, because access does not wait. Why is sealed for the visitor's side: it may tell of their health.
    """
    said = readable(words, what="The reason", limit=MAX_WORDS, may_be_empty=reason is not TextReason.OTHER)
    with journal.transaction():
        found = _open_visit(viewer, visit)
        if found.text_at is not None:
            return found
        journal.record(
            "readingroom.text-asked",
            actor=viewer.uid.text,
            at=now,
            subject=visit,
            engagement=Uid(found.engagement.uid),
            fields={"form": "text"},
            visitor={"why": {"reason": reason.value, "words": said}},
        )
        if not Visit.objects.filter(pk=found.pk, closed_at=None).update(text_at=now):
            raise VisitClosedError("This visit was closed meanwhile.")
        found.text_at = now
    return found


def prepare_close(viewer: Viewer, visit: Uid) -> CloseStatement:
    """Return what the passkey signs: the visit's first and last number, its count of entries, the last commitment."""
    return _statement(_open_visit(viewer, visit), journal_queries.events_of_subject(visit))


def close_visit(
    viewer: Viewer, visit: Uid, *, now: datetime, statement: bytes | None = None, assertion: Assertion | None = None
) -> Visit:
    """End a visit, with the passkey's word on its statement, or without: the receipt then says unacknowledged."""
    found = _open_visit(viewer, visit)
    if (statement is None) != (assertion is None):
        raise CloseNotSignedError("A statement and the passkey's word on it go together.")
    close = _checked_close(viewer, statement, assertion) if statement is not None and assertion is not None else None
    with journal.transaction():
        # The condition in the UPDATE decides between two tabs.
        if not Visit.objects.filter(pk=found.pk, closed_at=None).update(closed_at=now, close=close):
            raise VisitClosedError("This visit was closed before.")
        recorded = journal.record(
            "readingroom.visit-closed",
            actor=viewer.uid.text,
            at=now,
            subject=visit,
            engagement=Uid(found.engagement.uid),
            fields={"close": {"statement": hashlib.sha256(statement or b"").hexdigest(), "visit": visit.text}},
        )
        # The chain is ours from `record` on: no view can slip between what was signed and the close.
        before = journal_queries.events_of_subject(visit)[:-1]
        if statement is not None and statement != _statement(found, before).text:
            raise CloseNotSignedError(
                "Something was shown since you began to close, or this close is of another visit.",
                hint="Load the page again and close then.",
            )
        Visit.objects.filter(pk=found.pk).update(last=recorded.number)
    found.refresh_from_db()
    return found


def _open_visit(viewer: Viewer, visit: Uid) -> Visit:
    found = queries.visit(viewer, visit)
    if found.closed_at is not None:
        raise VisitClosedError("This visit was closed before.", hint="Its receipt is under My record.")
    return found


def _statement(visit: Visit, events: Sequence[Numbered]) -> CloseStatement:
    first, last = events[0], events[-1]
    text = rfc8785.dumps(
        {
            "count": len(events),
            "engagement": visit.engagement.uid,
            "first": first.number,
            "head": last.commitment.hex(),
            "last": last.number,
            "origin": settings.GLASSHOUSE.origin,
            "visit": visit.uid,
        }
    )
    return CloseStatement(Uid(visit.uid), text, rules.close_challenge(text), len(events), first.number, last.number)


def _checked_close(viewer: Viewer, statement: bytes, assertion: Assertion) -> dict[str, Json]:
    """Verify the passkey's word on the statement and return it as the receipt carries it."""
    challenge = rules.close_challenge(statement)
    try:
        key = people.key_that_signed(viewer, assertion, challenge=challenge, url=settings.GLASSHOUSE.url)
    except PasskeyWordError as error:
        raise CloseNotSignedError(error.message) from error
    try:
        stated: Json = json.loads(statement)
    except ValueError as error:
        raise CloseNotSignedError("This is not the statement of a close.") from error
    return {**assertion.kept(key.fingerprint), "statement": stated}
