# SPDX-License-Identifier: Apache-2.0
"""The demo's first visit: the reviewer reads, writes and asks; the product's owner answers some of it, not all."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Final

from glasshouse.domain.findings.models import Finding
from glasshouse.domain.findings.values import Severity, State, Step
from glasshouse.domain.journal import commands as journal
from glasshouse.domain.people.values import Role
from glasshouse.domain.readingroom import commands, queries
from glasshouse.domain.releases import queries as releases
from glasshouse.domain.releases.models import Release
from glasshouse.domain.releases.values import ReleaseRef
from glasshouse.kernel import clock
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.lines import Span
from glasshouse.kernel.paths import TreePath
from scripts.cast import Member

FEW: Final = 4
"""Files that are looked at in a product that nobody wrote notes for."""
SHORT: Final = 300


@dataclass(frozen=True, slots=True)
class Looked:
    """What the reviewer did with some lines: read them, and perhaps wrote, asked, or found something.

    `confirmed` is the owner's word on the finding; one without it waits for them, as a question without `answer` does.
    """

    path: str
    lines: str
    note: str = ""
    question: str = ""
    answer: str = ""
    found: str = ""
    severity: Severity = Severity.MEDIUM
    confirmed: str = ""


UWSGI: Final = (
    Looked(
        "proto/scgi.c",
        "1-137",
        note="A netstring whose length comes from the peer.",
        question="What bounds a block of headers before it is parsed?",
        answer="buffer_size does: what does not fit is refused before more of it is read.",
    ),
    Looked(
        "core/hash.c",
        "1-16",
        question="Keys of this hash come from requests. Does any table that is filled by strangers rest on it?",
    ),
    Looked("core/mount.c", "90-202", note="Elsewhere than on Linux and FreeBSD this always fails."),
    Looked(
        "plugins/python/wsgi_subhandler.c",
        "340-384",
        note="close() is called for iterators alone.",
        found="close() of a response is not always called",
        confirmed="True. PEP 3333 asks for it whatever the response is.",
    ),
    Looked(
        "plugins/gevent/gevent.h",
        "1-61",
        note="A switch that fails returns nothing.",
        found="A failed greenlet switch drops a reference to nothing",
        severity=Severity.HIGH,
    ),
)
"""What the reviewer saw in uwsgi 2.0.20; 2.0.21 changed three of the five places."""


def make(cast: Mapping[Role, Member], product: str) -> None:
    """Let the reviewer visit the release that they hold a grant on, unless they did."""
    reviewer, owner = cast[Role.REVIEWER].viewer, cast[Role.PRODUCT_OWNER].viewer
    if queries.visits_of(reviewer):
        return
    while journal.sequence():
        pass  # no worker runs yet, and nothing is shown while an entry waits for its place
    held = queries.desk(reviewer, clock.now())[0]
    grant, release = Uid(held.grant.uid), Uid(held.releases[0].uid)
    visit = commands.begin_visit(reviewer, grant, release, now=clock.now())
    for looked in UWSGI if product == "uwsgi" else _anything(queries.granted(grant)[0]):
        path, span, now = TreePath.parse(looked.path), Span.parse(looked.lines), clock.now()
        shown = commands.open_file(reviewer, grant, release, path, span, now=now).view.recorded.uid
        commands.mark_read(reviewer, grant, release, path, span=span, now=now)
        if looked.question:
            asked = commands.ask_question(reviewer, grant, shown, looked.question, span=span, now=now)
            if looked.answer:
                commands.reply_to_question(owner, asked, looked.answer, now=clock.now())
        if looked.note:
            note = commands.write_note(reviewer, grant, shown, looked.note, span=span, now=now)
            if looked.found:
                found = commands.raise_from_note(
                    reviewer, note, looked.found, looked.severity, f"{looked.found}: see the lines.", now=now
                )
                if looked.confirmed:
                    commands.move_finding(owner, found, Step.CONFIRM, looked.confirmed, now=clock.now())
    commands.close_visit(reviewer, Uid(visit.uid), now=clock.now())


def claim_fixes(cast: Mapping[Role, Member], newest: Release) -> None:
    """Let the owner say of each confirmed finding that a release fixes it; whoever found it judges that."""
    owner = cast[Role.PRODUCT_OWNER].viewer
    for row in Finding.objects.filter(state=State.CONFIRMED, product=newest.product.uid):
        commands.move_finding(
            owner, Uid(row.uid), Step.FIX, "Please look at the same lines there.", release=newest.uid, now=clock.now()
        )


def _anything(release: ReleaseRef) -> Iterator[Looked]:
    """Yield what can be said of a product that nobody here knows: of its first few short files."""
    texts = (one for one in releases.manifest(release).entries() if not one.is_binary and not one.is_link)
    short = (one for one in texts if 0 < one.lines <= SHORT)
    for number, one in enumerate(islice(short, FEW)):
        lines = f"1-{one.lines}"
        asked = "Which of your tests cover these lines?"
        if number == 0:
            yield Looked(str(one.path), lines, question=asked, answer="None that run by themselves.")
        elif number == 1:
            yield Looked(str(one.path), lines, question=asked)
        else:
            yield Looked(str(one.path), lines, note="No test of these lines here.", found="Lines without a test")
