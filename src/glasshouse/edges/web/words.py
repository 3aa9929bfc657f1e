# SPDX-License-Identifier: Apache-2.0
"""What entries of the journal and reasons of intake are called on pages."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from glasshouse.domain.journal.values import Json, Opened

REASONS: Final[Mapping[str, Any]] = {
    "absolute-name": gettext_lazy("its name is absolute"),
    "parent-name": gettext_lazy("its name leads out of the release (\u201c..\u201d)"),
    "bad-name": gettext_lazy("its name is empty or holds a NUL"),
    "name-too-long": gettext_lazy("its name is longer than 4,096 bytes"),
    "too-deep": gettext_lazy("it lies too many folders deep"),
    "duplicate-name": gettext_lazy("another file has this name"),
    "file-folder-conflict": gettext_lazy("its name is a file and a folder"),
    "too-large": gettext_lazy("it is larger than one file may be"),
    "device": gettext_lazy("it is a device"),
    "fifo": gettext_lazy("it is a named pipe"),
    "socket": gettext_lazy("it is a socket"),
    "hard-link-missing": gettext_lazy("it is a hard link to a file that is not there"),
    "bad-link": gettext_lazy("it is a link without a usable target"),
    "sparse": gettext_lazy("it is stored as a sparse file"),
    "encrypted": gettext_lazy("it is encrypted"),
    "submodule": gettext_lazy("it is a submodule, another repository"),
    "unreadable": gettext_lazy("it could not be read"),
    "unsupported": gettext_lazy("it is of a kind that is not taken in"),
}
"""Why something did not come in, by the store's reason."""

KINDS: Final[Mapping[str, Any]] = {
    "readingroom.engagement-opened": gettext_lazy("Engagement opened"),
    "readingroom.visit-opened": gettext_lazy("Visit begun"),
    "readingroom.visit-closed": gettext_lazy("Visit closed"),
    "readingroom.text-asked": gettext_lazy("Text asked for instead of pictures"),
    "readingroom.lines-shown": gettext_lazy("Lines shown"),
    "readingroom.columns-shown": gettext_lazy("Part of a long line shown"),
    "readingroom.facts-shown": gettext_lazy("Facts of a file shown"),
    "readingroom.folder-shown": gettext_lazy("Folder shown"),
    "readingroom.left-out-shown": gettext_lazy("What intake left out shown"),
    "readingroom.changes-shown": gettext_lazy("Changes between releases shown"),
    "readingroom.difference-shown": gettext_lazy("Difference of a file shown"),
    "readingroom.outline-shown": gettext_lazy("Outline of a file shown"),
    "readingroom.definitions-shown": gettext_lazy("Definitions of a name shown"),
    "readingroom.history-shown": gettext_lazy("History of a file shown"),
    "readingroom.functions-shown": gettext_lazy("Functions that changed shown"),
    "readingroom.search-shown": gettext_lazy("Found lines shown"),
    "readingroom.structure-shown": gettext_lazy("Found code shown"),
    "readingroom.coverage-shown": gettext_lazy("What was read shown"),
    "readingroom.measures-shown": gettext_lazy("Measures shown"),
    "readingroom.conclusions-shown": gettext_lazy("Conclusions shown"),
    "readingroom.detections-shown": gettext_lazy("What tools found shown"),
    "readingroom.differing-shown": gettext_lazy("What tools found in two releases shown"),
    "readingroom.detection-shown": gettext_lazy("A detection with its code shown"),
    "readingroom.search-saved": gettext_lazy("Search saved"),
    "readingroom.search-renamed": gettext_lazy("Saved search renamed"),
    "readingroom.search-ended": gettext_lazy("Saved search deleted"),
    "readingroom.scan-asked": gettext_lazy("Scan asked for"),
    "readingroom.scan-stop-asked": gettext_lazy("Scan stopped"),
    "readingroom.scan-files-shown": gettext_lazy("Files that a scan did not analyse shown"),
    "readingroom.note-written": gettext_lazy("Note written"),
    "readingroom.note-changed": gettext_lazy("Note changed"),
    "readingroom.note-shared": gettext_lazy("Note shared, or no longer"),
    "readingroom.note-removed": gettext_lazy("Note removed"),
    "threads.opened": gettext_lazy("Question asked"),
    "threads.replied": gettext_lazy("Question answered or asked on"),
    "threads.escalated": gettext_lazy("Answer late"),
    "threads.closed": gettext_lazy("Question closed"),
    "findings.raised": gettext_lazy("Finding raised"),
    "findings.confirmed": gettext_lazy("Finding confirmed"),
    "findings.disputed": gettext_lazy("Finding disputed"),
    "findings.fixed": gettext_lazy("Fix claimed"),
    "findings.verified": gettext_lazy("Fix verified"),
    "findings.reopened": gettext_lazy("Finding opened again"),
    "findings.withdrawn": gettext_lazy("Finding withdrawn"),
    "findings.commented": gettext_lazy("Finding commented on"),
    "triage.judged": gettext_lazy("Verdict given"),
    "triage.linked": gettext_lazy("Detections linked, or no longer"),
    "approvals.agree": gettext_lazy("Agreed"),
    "approvals.proposed": gettext_lazy("Put up for decision"),
    "approvals.refuse": gettext_lazy("Refused by one of the deciders"),
    "engagements.amended": gettext_lazy("Scope changed"),
    "engagements.closed": gettext_lazy("Engagement closed"),
    "engagements.export-decided": gettext_lazy("Export decision"),
    "engagements.export-withdrawn": gettext_lazy("Export decision withdrawn"),
    "engagements.opened": gettext_lazy("Engagement opened"),
    "engagements.refused": gettext_lazy("Request refused"),
    "engagements.requested": gettext_lazy("Requested"),
    "engagements.terms-renewed": gettext_lazy("Newer terms to sign"),
    "engagements.terms-signed": gettext_lazy("Terms and scope signed"),
    "engagements.vetted": gettext_lazy("Vetted"),
    "engagements.withdrawn": gettext_lazy("Request withdrawn"),
    "sites.booked": gettext_lazy("Visit booked"),
    "sites.booking-cancelled": gettext_lazy("Booking cancelled"),
    "sites.arrived": gettext_lazy("Visitor let in"),
    "sites.escort-changed": gettext_lazy("Second person changed"),
    "sites.workstation-asserted": gettext_lazy("Workstation spoke for a session"),
    "sites.departed": gettext_lazy("Visitor seen out"),
    "access.grant-opened": gettext_lazy("Grant opened"),
    "access.grant-paused": gettext_lazy("Grant waits for a custodian"),
    "access.grant-resumed": gettext_lazy("Grant goes on"),
    "access.limits-raised": gettext_lazy("Budget raised"),
    "access.grant-revoked": gettext_lazy("Grant revoked"),
}
"""What an entry tells of, by its kind; a kind that is not here is shown as it is."""

NOTICES: Final[Mapping[str, Any]] = {
    "access.grant-opened": gettext_lazy("You may read: a grant was opened for you"),
    "access.grant-paused": gettext_lazy("A grant waits for a custodian"),
    "access.grant-resumed": gettext_lazy("Your grant goes on"),
    "access.grant-revoked": gettext_lazy("A grant of yours was revoked"),
    "access.limits-raised": gettext_lazy("Your budget was raised"),
    "access.more-refused": gettext_lazy("Your budget stays as it is"),
    "admissions.handed-in": gettext_lazy("A visitor brought something: it waits for your word"),
    "admissions.settled": gettext_lazy("There is word on what you brought"),
    "approvals.agreed": gettext_lazy("What you proposed was agreed to"),
    "approvals.proposed": gettext_lazy("A decision waits for you"),
    "approvals.refused": gettext_lazy("What you proposed was refused"),
    "approvals.second-word": gettext_lazy("A decision waits for a second word"),
    "deadlines.admission-late": gettext_lazy("The word on what was brought is late"),
    "deadlines.admission-waits": gettext_lazy("What a visitor brought still waits"),
    "deadlines.answer-due": gettext_lazy("An answer is due soon"),
    "deadlines.grant-ends": gettext_lazy("Your grant is about to end"),
    "deadlines.grant-ends-soon": gettext_lazy("A grant ends within a day"),
    "deadlines.proposal-late": gettext_lazy("A decision is late"),
    "deadlines.proposal-waits": gettext_lazy("A decision still waits"),
    "deadlines.request-late": gettext_lazy("The answer to a request is late"),
    "deadlines.request-waits": gettext_lazy("A request still waits"),
    "deadlines.terms-late": gettext_lazy("Terms are unsigned for long"),
    "deadlines.terms-unsigned": gettext_lazy("Terms still wait for a signature"),
    "deadlines.verdict-expired": gettext_lazy("A verdict of yours has expired"),
    "engagements.amended": gettext_lazy("The scope changed: please sign it"),
    "engagements.cleared": gettext_lazy("An export decision was taken"),
    "engagements.closed": gettext_lazy("An engagement was closed"),
    "engagements.export-withdrawn": gettext_lazy("An export decision was withdrawn"),
    "engagements.opened": gettext_lazy("An engagement was opened: please sign its terms"),
    "engagements.refused": gettext_lazy("Your request was refused"),
    "engagements.requested": gettext_lazy("A request waits for vetting"),
    "engagements.signed": gettext_lazy("Everybody of an engagement has signed"),
    "engagements.terms-renewed": gettext_lazy("There are newer terms: please sign them"),
    "engagements.vetted": gettext_lazy("A request waits for the export decision"),
    "engagements.withdrawn": gettext_lazy("A request was withdrawn"),
    "notices.mail-failed": gettext_lazy("Mail to somebody failed"),
    "readingroom.conclusions-lapsed": gettext_lazy("A newer release lapsed conclusions of yours"),
    "readingroom.search-news": gettext_lazy("A saved search found something new"),
    "sites.booked": gettext_lazy("A visit was booked"),
    "sites.booking-cancelled": gettext_lazy("A visit was cancelled"),
    "threads.asked": gettext_lazy("Something is asked of you"),
    "threads.answered": gettext_lazy("An answer came"),
    "threads.late": gettext_lazy("An answer is late"),
    "threads.closed": gettext_lazy("Those who asked closed a question"),
    "threads.settled": gettext_lazy("A finding was settled or withdrawn"),
    "triage.verdicts-lapsed": gettext_lazy("A newer release changed lines that you gave verdicts on"),
}
"""What a notice says, by its kind: that something happened, and nothing of what it says."""


@dataclass(frozen=True, slots=True)
class Told:
    """An entry in words: what happened, to which object, which part of it, in which release."""

    kind: str
    what: str
    part: str
    release: str
    charged: int | None


def told(event: Opened, products: Mapping[str, str]) -> Told:
    """Put an opened entry into words; a field that cannot be opened any more is said to be gone."""
    release = _mapping(event.fields.get("release"))
    shown = _mapping(event.fields.get("shown"))
    charged = shown.get("charged")
    return Told(
        kind=str(KINDS.get(event.kind, event.kind)),
        what=_what(event),
        part=_part(event.kind, shown),
        release=f"{products.get(str(release['product']), '')} {release['version']}".strip() if release else "",
        charged=charged if isinstance(charged, int) else None,
    )


def _what(event: Opened) -> str:
    file = _mapping(event.fields.get("file"))
    query = _mapping(event.fields.get("query"))
    if "label" in event.fields:
        return str(event.fields["label"])
    if "pattern" in query:
        return str(query["pattern"])
    if "path" in file:
        return str(file["path"]) or _("the top folder")
    sides = file.get("sides")
    if isinstance(sides, list):
        names = list(dict.fromkeys(str(_mapping(side).get("path", "")) for side in sides))
        return " → ".join(names)
    return _("name destroyed with the product's key") if "file" in event.missing else ""


def _part(kind: str, shown: Mapping[str, Json]) -> str:
    if kind in {"readingroom.lines-shown", "readingroom.columns-shown"}:
        first, last = int(str(shown.get("first", 0))), int(str(shown.get("last", 0)))
        if last < first:
            return _("empty file")
        named = _("line %(first)s") if first == last else _("lines %(first)s\u2013%(last)s")
        lines = named % {"first": f"{first:,}", "last": f"{last:,}"}
        return f"{lines}, {_('from byte')} {int(str(shown['column'])):,}" if "column" in shown else lines
    if "hits" in shown:
        hits = int(str(shown["hits"]))
        return ngettext("%(lines)s line found", "%(lines)s lines found", hits) % {"lines": f"{hits:,}"}
    if "items" in shown:
        return _("%(items)s items") % {"items": f"{int(str(shown['items'])):,}"}
    return ""


def _mapping(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, Mapping) else {}
