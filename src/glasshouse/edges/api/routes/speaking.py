# SPDX-License-Identifier: Apache-2.0
"""Notes, questions, findings and notices. They hold words and lines of source, so they answer a session and no token.

The vendor has no notes: to its people those routes answer as if nothing were there.
"""

from collections.abc import Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Final

from django.http import HttpRequest
from ninja import Field, Router, Schema, Status

from glasshouse.domain.findings.rules import MAX_TITLE
from glasshouse.domain.findings.values import Severity, Step
from glasshouse.domain.notices import commands as notice_commands
from glasshouse.domain.notices import queries as notices
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.readingroom import commands, questions, raised
from glasshouse.domain.readingroom import notes as written
from glasshouse.domain.readingroom.places import Place
from glasshouse.domain.readingroom.rules import MAX_NOTE
from glasshouse.domain.releases import queries as releases
from glasshouse.domain.threads.rules import MAX_WORDS
from glasshouse.domain.threads.values import Said
from glasshouse.edges.api.auth import ACTING, SOURCE
from glasshouse.edges.api.shapes import PAGE, Page, PageSize, Skipped, answering
from glasshouse.edges.http.viewer import viewer_of
from glasshouse.kernel import clock
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.lines import Span

router: Final = Router(tags=["notes, questions, findings"])
_LINES: Final = "Lines of a file as 12 or 12-40; empty for a search."


class AskedNote(Schema):
    """A note on what one of the caller's own entries showed."""

    event: str = Field(description="The entry's uid, as every showing names it.")
    lines: str = Field("", max_length=40, description=_LINES)
    words: str = Field(max_length=MAX_NOTE)
    is_shared: bool = False


class AskedChange(Schema):
    """A note's other words, or who reads it; what is left out stays."""

    words: str | None = Field(None, max_length=MAX_NOTE)
    is_shared: bool | None = None


class AskedText(Schema):
    """What is looked for in notes: it stands in a body, never in an address."""

    text: str = Field("", max_length=200)
    skip: Skipped = 0
    size: PageSize = PAGE


class AskedQuestion(Schema):
    """A question on lines that one of the caller's own entries showed."""

    event: str
    lines: str = Field(max_length=40)
    words: str = Field(max_length=MAX_WORDS)


class AskedWords(Schema):
    """A word in a question or a finding."""

    words: str = Field(max_length=MAX_WORDS)


class AskedFinding(Schema):
    """A finding at the lines of a note, in words for both parties."""

    title: str = Field(max_length=MAX_TITLE)
    severity: Severity
    words: str = Field(max_length=MAX_WORDS)


class AskedStep(Schema):
    """A step on a finding with its reason; a claimed fix names its release by version."""

    step: Step
    words: str = Field(max_length=MAX_WORDS)
    version: str = ""


class At(Schema):
    """Lines of a file, or what a search looked for; empty where the place is not told."""

    path: str = ""
    lines: str = ""
    digest: str = ""
    pattern: str = ""


class Note(Schema):
    """A note as its reader sees it."""

    uid: str
    engagement: str
    author: str
    is_mine: bool
    is_shared: bool
    at: At
    words: str
    written_at: datetime
    changed_at: datetime | None


class Message(Schema):
    """One word; its author is empty where the reader does not learn who asks."""

    at: datetime
    side: str
    author: str
    words: str


class Question(Schema):
    """A question as its reader sees it."""

    uid: str
    engagement: str
    product: str
    version: str
    at: At
    state: str
    opened_at: datetime
    due_at: datetime
    is_late: bool
    escalated_at: datetime | None
    closed_at: datetime | None
    said: list[Message]


class FindingRow(Schema):
    """A finding in a list."""

    uid: str
    label: str
    title: str
    severity: str
    state: str
    raised_at: datetime


class Finding(FindingRow):
    """A finding as its reader sees it; `due_at` is None while it is not the vendor's turn."""

    product: str
    fixed_in: str
    due_at: datetime | None
    is_late: bool
    steps: list[str]
    at: list[At]
    said: list[Message]


class Notice(Schema):
    """That something happened to an object, and nothing of what it says."""

    uid: str
    kind: str
    subject: str
    at: datetime
    seen_at: datetime | None


@router.post("/notes/search", auth=ACTING, response=answering(Page[Note]), url_name="notes_found")
def find_notes(request: HttpRequest, asked: AskedText) -> Page[Note]:
    """List the notes that the caller may read and that hold a text, newest first; all without a text."""
    found = written.notes_of(viewer_of(request), text=asked.text, skip=asked.skip, most=asked.size + 1)
    return Page.of([_note(one) for one in found], skip=asked.skip, size=asked.size)


@router.post("/grants/{grant}/notes", auth=ACTING, response=answering(Note, HTTPStatus.CREATED), url_name="grant_notes")
def write_note(request: HttpRequest, grant: str, asked: AskedNote) -> Status[Note]:
    """Keep a note."""
    viewer = viewer_of(request)
    span = Span.parse(asked.lines) if asked.lines else None
    uid = commands.write_note(
        viewer,
        Uid.parse(grant),
        Uid.parse(asked.event),
        asked.words,
        now=clock.now(),
        span=span,
        is_shared=asked.is_shared,
    )
    return Status(HTTPStatus.CREATED, _note(written.note(viewer, uid)))


@router.get("/notes/{note}", auth=SOURCE, response=answering(Note), url_name="note")
def one_note(request: HttpRequest, note: str) -> Note:
    """Return one note."""
    return _note(written.note(viewer_of(request), Uid.parse(note)))


@router.post("/notes/{note}/change", auth=ACTING, response=answering(Note), url_name="note_change")
def change_note(request: HttpRequest, note: str, asked: AskedChange) -> Note:
    """Give an own note other words, or share it, or share it no longer."""
    viewer, uid = viewer_of(request), Uid.parse(note)
    if asked.words is not None:
        commands.change_note(viewer, uid, asked.words, now=clock.now())
    if asked.is_shared is not None:
        commands.share_note(viewer, uid, is_shared=asked.is_shared, now=clock.now())
    return _note(written.note(viewer, uid))


@router.post(
    "/notes/{note}/finding", auth=ACTING, response=answering(Finding, HTTPStatus.CREATED), url_name="note_finding"
)
def raise_finding(request: HttpRequest, note: str, asked: AskedFinding) -> Status[Finding]:
    """Raise a finding at the lines of an own note."""
    viewer = viewer_of(request)
    uid = commands.raise_from_note(viewer, Uid.parse(note), asked.title, asked.severity, asked.words, now=clock.now())
    return Status(HTTPStatus.CREATED, _finding(viewer, uid))


@router.post("/notes/{note}/removal", auth=ACTING, response=answering(None, HTTPStatus.NO_CONTENT), url_name="note_end")
def remove_note(request: HttpRequest, note: str) -> Status[None]:
    """Remove an own note for good."""
    commands.remove_note(viewer_of(request), Uid.parse(note), now=clock.now())
    return Status(HTTPStatus.NO_CONTENT, None)


@router.get("/questions", auth=SOURCE, response=answering(Page[Question]), url_name="questions")
def list_questions(request: HttpRequest, skip: Skipped = 0, size: PageSize = PAGE) -> Page[Question]:
    """List the questions that the caller has a part in: what waits stands first."""
    found = questions.questions_of(viewer_of(request), clock.now(), skip=skip, most=size + 1)
    return Page.of([_question(one) for one in found], skip=skip, size=size)


@router.post(
    "/grants/{grant}/questions",
    auth=ACTING,
    response=answering(Question, HTTPStatus.CREATED),
    url_name="grant_questions",
)
def ask_question(request: HttpRequest, grant: str, asked: AskedQuestion) -> Status[Question]:
    """Ask the vendor about lines."""
    viewer, now = viewer_of(request), clock.now()
    grant_uid, event, span = Uid.parse(grant), Uid.parse(asked.event), Span.parse(asked.lines)
    uid = commands.ask_question(viewer, grant_uid, event, asked.words, span=span, now=now)
    return Status(HTTPStatus.CREATED, _question(questions.question(viewer, uid, now)))


@router.get("/questions/{question}", auth=SOURCE, response=answering(Question), url_name="question")
def one_question(request: HttpRequest, question: str) -> Question:
    """Return one question with all that was said."""
    return _question(questions.question(viewer_of(request), Uid.parse(question), clock.now()))


@router.post("/questions/{question}/replies", auth=ACTING, response=answering(Question), url_name="question_replies")
def reply(request: HttpRequest, question: str, asked: AskedWords) -> Question:
    """Answer a question, or ask on."""
    viewer, uid, now = viewer_of(request), Uid.parse(question), clock.now()
    commands.reply_to_question(viewer, uid, asked.words, now=now)
    return _question(questions.question(viewer, uid, now))


@router.post("/questions/{question}/closing", auth=ACTING, response=answering(Question), url_name="question_closing")
def close_question(request: HttpRequest, question: str) -> Question:
    """Close a question of the caller's own side."""
    viewer, uid, now = viewer_of(request), Uid.parse(question), clock.now()
    commands.close_question(viewer, uid, now=now)
    return _question(questions.question(viewer, uid, now))


@router.get("/findings", auth=SOURCE, response=answering(Page[FindingRow]), url_name="findings")
def list_findings(request: HttpRequest, skip: Skipped = 0, size: PageSize = PAGE) -> Page[FindingRow]:
    """List the findings that the caller has a part in, the worst first."""
    rows = [
        FindingRow(
            uid=row.uid,
            label=str(row),
            title=title,
            severity=row.severity,
            state=row.state,
            raised_at=row.raised_at,
        )
        for row, title in raised.findings_of(viewer_of(request), skip=skip, most=size + 1)
    ]
    return Page.of(rows, skip=skip, size=size)


@router.get("/findings/{finding}", auth=SOURCE, response=answering(Finding), url_name="finding")
def one_finding(request: HttpRequest, finding: str) -> Finding:
    """Return one finding with all that was said of it and the caller's next steps."""
    return _finding(viewer_of(request), Uid.parse(finding))


@router.post("/findings/{finding}/comments", auth=ACTING, response=answering(Finding), url_name="finding_comments")
def comment(request: HttpRequest, finding: str, asked: AskedWords) -> Finding:
    """Say something of a finding."""
    viewer, uid = viewer_of(request), Uid.parse(finding)
    commands.comment_on_finding(viewer, uid, asked.words, now=clock.now())
    return _finding(viewer, uid)


@router.post("/findings/{finding}/steps", auth=ACTING, response=answering(Finding), url_name="finding_steps")
def take_step(request: HttpRequest, finding: str, asked: AskedStep) -> Finding:
    """Move a finding on with its reason."""
    viewer, uid, now = viewer_of(request), Uid.parse(finding), clock.now()
    page = raised.finding_page(viewer, uid, now)
    release = releases.release_by_name(viewer, page.product, asked.version).uid if asked.version else ""
    commands.move_finding(viewer, uid, asked.step, asked.words, now=now, release=release)
    return _finding(viewer, uid)


@router.get("/notices", auth=SOURCE, response=answering(Page[Notice]), url_name="notices")
def inbox(request: HttpRequest, skip: Skipped = 0, size: PageSize = PAGE) -> Page[Notice]:
    """List the caller's notices, newest first."""
    rows = [
        Notice(uid=one.uid, kind=one.kind, subject=one.subject, at=one.at, seen_at=one.seen_at)
        for one in notices.inbox(viewer_of(request))[skip : skip + size + 1]
    ]
    return Page.of(rows, skip=skip, size=size)


@router.post("/notices/seen", auth=ACTING, response=answering(Page[Notice]), url_name="notices_seen")
def see_all(request: HttpRequest) -> Page[Notice]:
    """Mark all of the caller's notices as seen."""
    notice_commands.see_all(viewer_of(request), now=clock.now())
    return inbox(request)


def _at(place: Place | None) -> At:
    if place is None:
        return At()
    return At(
        path=str(place.path or ""),
        lines=str(place.span or ""),
        digest=place.digest,
        pattern=place.pattern,
    )


def _note(one: written.Written) -> Note:
    return Note(
        uid=one.uid.text,
        engagement=one.engagement_label,
        author=one.author,
        is_mine=one.is_mine,
        is_shared=one.is_shared,
        at=_at(one.place),
        words=one.words,
        written_at=one.written_at,
        changed_at=one.changed_at,
    )


def _said(said: Sequence[Said]) -> list[Message]:
    return [Message(at=one.at, side=one.side.value, author=one.author, words=one.words) for one in said]


def _question(one: questions.Question) -> Question:
    return Question(
        uid=one.uid.text,
        engagement=one.engagement,
        product=one.product,
        version=one.release,
        at=_at(one.place),
        state=one.state.value,
        opened_at=one.opened_at,
        due_at=one.due_at,
        is_late=one.is_late,
        escalated_at=one.escalated_at,
        closed_at=one.closed_at,
        said=_said(one.said),
    )


def _finding(viewer: Viewer, uid: Uid) -> Finding:
    page = raised.finding_page(viewer, uid, clock.now())
    row = page.finding
    return Finding(
        uid=row.uid,
        label=str(row),
        title=page.title,
        severity=row.severity,
        state=row.state,
        raised_at=row.raised_at,
        product=page.product,
        fixed_in=page.fixed_in,
        due_at=page.due_at,
        is_late=page.is_late,
        steps=[step.value for step in page.steps],
        at=[
            At(path=str(place.path), lines=str(place.span), digest=str(place.digest))
            for place, _ in raised.places_for(viewer, page)
        ],
        said=_said(page.said),
    )
