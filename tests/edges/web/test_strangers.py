# SPDX-License-Identifier: Apache-2.0
"""Every object route of the pages, against every role from outside: what is foreign does not exist.

The routes come from the URL table; one that names a new kind of object fails here until it is given one.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from glasshouse.domain.access.models import Grant
from glasshouse.domain.access.values import USUAL, Purpose
from glasshouse.domain.detections.models import Detection
from glasshouse.domain.engagements.models import Engagement
from glasshouse.domain.findings.values import Severity
from glasshouse.domain.journal.models import Event
from glasshouse.domain.measures import commands as measures
from glasshouse.domain.notices.models import Notice
from glasshouse.domain.people.holds import set_hold
from glasshouse.domain.people.values import Role
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.readingroom import commands as readingroom
from glasshouse.domain.readingroom.models import SavedRun, SavedSearch
from glasshouse.domain.readingroom.triaging import Where
from glasshouse.domain.scans.models import ToolSeen
from glasshouse.domain.triage.values import NewVerdict
from glasshouse.domain.triage.values import State as JudgedAs
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.lines import Span
from tests.domain.admissions.bringing import bring
from tests.domain.detections.handing import Told, hand_in, log
from tests.domain.people.signedin import sign_in
from tests.domain.sites.place import arrival, settle
from tests.edges.web.conftest import Browse
from tests.lab import FILES, MAIN, NOW, Desk, House, add, next_version

# Of the sign-in libraries; tests/edges/web/test_ways_in.py and test_enrol_link.py hold them to their owners.
OTHERS = {"mfa_remove_webauthn", "mfa_edit_webauthn", "enrol-link"}
# They take no object and make one; only the vendor's own people reach them.
MAKING = {
    "request-counts",
    "grant-new",
    "erasure-new",
    "shredding-new",
    "grants",
    "products",
    "holds",
    "sessions",
    "site-new",
    "sites-today",
    "overdue",
}
# Of houses; who arranges visits reads and changes these.
HOUSE = {"arrival", "booking", "place", "site", "workstation"}
# Of engagements: who arranges, the export officer and the auditor read what was asked for and what came of it.
ENGAGED = {"engagement", "request_uid"}
# Of what was brought: who arranges visits judges it, by digest.
JUDGED = {"brought"}
# Of questions and findings: of the vendor, who answers reads these, and of findings an assessor too.
SPOKEN = {
    Role.PRODUCT_OWNER: {"finding", "question"},
    Role.LAB_MANAGER: {"finding", "question"},
    Role.ASSESSOR: {"finding"},
}
# What tools found in a whole release: the same three of the vendor read it, without its code.
DETECTED = {
    *("detections-of", "detections-since", "detection", "scans-of", "scan", "scan-stop"),
    *("measures-of", "measures-of-folder", "detections-judge", "verdicts-of"),
}
# Routes whose path is a folder's.
FOLDERS = {"folder", "coverage-folder", "measures-of-folder", "measures-under-folder"}
ROLES = sorted(Role)


@dataclass(frozen=True, slots=True)
class Room:
    """The reviewer's objects, by the names that addresses give them."""

    desk: Desk
    objects: dict[str, str]

    def path_of(self, name: str, names: set[str]) -> str:
        """Return the reviewer's own address of a route."""
        here = {**self.objects, "path": "src"} if name in FOLDERS else self.objects
        return reverse(name, kwargs={one: here[one] for one in names})

    @property
    def secrets(self) -> list[str]:
        """What no page of somebody else may hold."""
        label = Engagement.objects.get().label
        return [*self.objects.values(), label, "main.c", "server 1", "Reviewer@", ">Reviewer<"]


def web_routes() -> Iterator[tuple[str, set[str]]]:
    """Yield name and arguments of each route of the web edge."""
    for entry in get_resolver().url_patterns:
        if isinstance(entry, URLResolver) and not entry.namespace and not str(entry.pattern):
            for one in entry.url_patterns:
                assert isinstance(one, URLPattern)
                assert one.name
                yield one.name, set(one.pattern.converters)


@pytest.fixture
def room(house: House) -> Room:
    """Two releases, a grant, a visit, an entry and a proposal of the reviewer's."""
    first, second = house.take("1"), house.take("2", next_version(FILES))
    desk = house.seat(house.cast.reviewer, first, second, purposes=frozenset({*USUAL, Purpose.TOOLS}))
    hand_in(house, "1", log([Told("gets", "src/main.c", 3)]))
    measures.measure(Uid(first.product.uid), actor="operator:tests", now=lambda: NOW)
    proposal = house.propose(first)
    engagement = Engagement.objects.get()
    entry = Event.objects.filter(kind="readingroom.visit-opened").get()
    spoken = speak(house, desk)
    place = settle(house)
    booking = place.book()
    saved = SavedSearch.objects.create(
        uid=Uid.new().text,
        grant=Grant.objects.get(uid=desk.grant.text),
        search=entry.uid,
        named=entry.uid,
        base=first.uid,
        saved_at=NOW,
    )
    run = SavedRun.objects.create(
        uid=Uid.new().text,
        saved=saved,
        grant=desk.grant.text,
        release=second.uid,
        before=first.uid,
        ran_at=NOW,
        lines=1,
        files=1,
        is_exact=True,
        unsearched=0,
        places=b"",
    )
    objects = {
        **spoken,
        "after": second.uid,
        "arrival": arrival(place, booking).uid,
        "before": first.uid,
        "engagement": engagement.uid,
        "booking": booking.uid,
        "detection": Detection.objects.get().uid,
        "brought": bring(house, is_tried=False).text,
        "event": entry.uid,
        "grant": desk.grant.text,
        "path": "src/main.c",
        "person": house.cast.reviewer.uid.text,
        "place": place.room.text,
        "product": first.product.uid,
        "proposal": proposal.uid,
        "release": first.uid,
        "request_uid": str(engagement.request),
        "site": place.site.text,
        "run": run.uid,
        "saved": saved.uid,
        "scan": ask_for_scan(desk),
        "hold": set_hold(house.cast.manager, "reviewer@regulator.example", "A dispute.", now=NOW).uid,
        "session": sign_in(house.cast.reviewer).origin.session,
        "ticket": "0123456789abcdef" * 2,
        "verdict": judge(desk).text,
        "visit": desk.visit.text,
        "workstation": place.left.text,
    }
    return Room(desk, objects)


def ask_for_scan(desk: Desk) -> str:
    """A scan that the reviewer asked for under their grant."""
    ToolSeen.objects.create(tool="ruff", state="ready", seen_at=NOW)
    return readingroom.start_scan(desk.viewer, desk.grant, desk.release, ["ruff"], now=NOW).scan.uid


def judge(desk: Desk) -> Uid:
    """A verdict of the reviewer's."""
    new = NewVerdict(JudgedAs.CONFIRMED, "So.")
    where = Where(desk.release, desk.grant)
    return readingroom.judge(desk.viewer, where, [Uid(Detection.objects.get().uid)], new, now=NOW)


def speak(house: House, desk: Desk) -> dict[str, str]:
    """A note of the reviewer's, a finding raised from it, a question, and the notice of its answer."""
    owner = add("answers@vendor.example", "Vendor", Role.PRODUCT_OWNER, is_vendor=True)
    shown = readingroom.open_file(desk.viewer, desk.grant, desk.release, MAIN, Span(1, 9), now=NOW)
    at = (desk.viewer, desk.grant, shown.view.recorded.uid)
    note = readingroom.write_note(*at, "A note.", span=Span(2, 3), now=NOW)
    finding = readingroom.raise_from_note(desk.viewer, note, "A finding", Severity.LOW, "So.", now=NOW)
    question = readingroom.ask_question(*at, "A question?", span=Span(4, 4), now=NOW)
    readingroom.reply_to_question(owner, question, "An answer.", now=NOW)
    notice = Notice.objects.get(person_id=house.cast.reviewer.row, kind="threads.answered")
    return {"finding": finding.text, "note": note.text, "notice": notice.uid, "question": question.text}


def asked(client: Client, path: str) -> list[int]:
    """Ask in every way that a browser can."""
    return [
        client.get(path).status_code,
        client.get(path, headers={"hx-request": "true"}).status_code,
        client.post(path, {"verdict": "agree", "digest": "0" * 64, "reason": "x", "basis": "x"}).status_code,
    ]


def test_each_kind_of_object_is_tried() -> None:
    named = set().union(*(names for name, names in web_routes() if name not in OTHERS))
    assert named == {
        *HOUSE,
        *ENGAGED,
        *JUDGED,
        *("after", "before", "event", "grant", "path", "person", "product", "proposal", "release", "ticket", "visit"),
        *("finding", "note", "notice", "question"),
        *("detection", "hold", "run", "saved", "scan", "session", "verdict"),
    }


@pytest.mark.parametrize("role", ROLES)
def test_abuse_case_2_a_strangers_role_opens_no_object_of_the_reviewer(
    room: Room, browser_of: Browse, role: Role
) -> None:
    client = browser_of(add("outsider@other.example", "Laboratory B", role))
    for name, names in web_routes():
        if names and name not in OTHERS:
            assert set(asked(client, room.path_of(name, names))) <= {404, 405}, name


@pytest.mark.parametrize("role", [role for role in ROLES if role not in {Role.LAB_MANAGER, Role.CUSTODIAN}])
def test_abuse_case_22_no_role_of_the_vendor_reads_what_was_granted_to_the_reviewer(
    room: Room, browser_of: Browse, role: Role
) -> None:
    client = browser_of(add("insider@vendor.example", "Vendor", role, is_vendor=True))
    for name, names in web_routes():
        is_theirs = role in {Role.EXPORT_OFFICER, Role.AUDITOR} and not names.isdisjoint(ENGAGED)
        is_theirs |= role in SPOKEN and name in DETECTED
        is_theirs |= not names.isdisjoint(SPOKEN.get(role, set())) or (role, name) == (Role.AUDITOR, "hold-lift")
        if names and not is_theirs and name not in {*OTHERS, "product-reading", "proposal"}:
            assert set(asked(client, room.path_of(name, names))) <= {404, 405}, name


@pytest.mark.parametrize("arranger", ["manager", "custodian"])
def test_who_arranges_visits_reads_none_of_what_they_arranged(
    room: Room, house: House, browser_of: Browse, arranger: str
) -> None:
    client = browser_of(getattr(house.cast, arranger))
    spoken = SPOKEN[Role.LAB_MANAGER] if arranger == "manager" else set()
    read = DETECTED if arranger == "manager" else set()
    for name, names in web_routes():
        if (
            names
            and names.isdisjoint(HOUSE | ENGAGED | JUDGED | spoken)
            and name not in {*OTHERS, *read, "product-reading", "proposal", "grant-resume", "grant-revoke"}
            and (name, arranger) not in {("session-end", "custodian"), ("hold-lift", "manager")}
        ):
            assert set(asked(client, room.path_of(name, names))) <= {404, 405}, name


def test_a_colleague_of_the_reviewer_reads_nothing_of_theirs(room: Room, house: House, browser_of: Browse) -> None:
    client = browser_of(house.cast.colleague)
    for name, names in web_routes():
        if names and name not in OTHERS:
            assert set(asked(client, room.path_of(name, names))) <= {404, 405}, name


def test_the_reviewer_reaches_each_of_them(room: Room, browser_of: Browse) -> None:
    client = browser_of(room.desk.viewer)
    reached = {
        name: client.get(room.path_of(name, names)).status_code
        for name, names in web_routes()
        if names and name not in OTHERS
    }
    expected = dict.fromkeys(reached, 200) | {
        "arrival-depart": 405,
        "arrival-escort": 405,
        "arrive": 404,  # the custodian's alone, as are the others of houses
        "booking-cancel": 405,
        "booking-new": 404,
        "measures-of": 404,
        "measures-of-folder": 404,
        "detections-of": 404,  # of the vendor's readers, as is a detection without a grant
        "detection": 404,
        "detections-since": 404,
        "brought-again": 405,
        "brought-decide": 405,
        "brought-withdraw": 405,
        "scan-brought-under": 405,
        "detections-judge": 405,
        "detections-judge-under": 405,
        "detections-put-under": 405,
        "verdict": 302,  # leads on to the list
        "verdicts-of": 302,
        "conclusions-of": 302,  # leads on to the newest release
        "engagement-amend": 404,  # the vendor's, as are vetting, export decision and refusal
        "engagement-renew": 405,
        "export-withdraw": 404,
        "finding-step": 405,
        "grant-resume": 404,
        "grant-revoke": 404,
        "note-new": 404,  # the entry shows no lines
        "note-share": 405,
        "notice": 405,
        "product-reading": 404,
        "proposal": 404,
        "question-close": 405,
        "question-new": 404,
        "request-export": 404,
        "request-propose": 405,
        "request-refuse": 404,
        "request-vet": 404,
        "request-withdraw": 405,
        "search-again": 404,  # the entry is none of a search
        "references": 409,  # no searcher runs
        "saved-end": 405,
        "saved-new": 403,  # what it looks for was erased
        "saved-rename": 405,
        "search-save": 405,
        "hold-lift": 404,  # of those who keep holds
        "session-end": 404,  # the custodian's alone
        "session-end-own": 405,
        "receipt": 409,  # not under a signed head yet
        "site-change": 404,
        "scan": 404,  # of the vendor's readers, as are a release's scans without a grant
        "scan-stop": 405,
        "scan-stop-under": 405,
        "scans-of": 404,
        "still": 204,
        "site-close": 405,
        "tlog-proof": 409,
        "uses": 405,
        "visit-begin": 405,
        "workstation": 404,
        "workstation-end": 405,
        "workstation-enrol": 404,
        "workstation-new": 404,
        "workstation-retire": 405,
        "workstation-word": 405,
    }
    assert reached == expected


@pytest.mark.parametrize("role", ROLES)
def test_lists_answer_a_stranger_without_a_foreign_object(room: Room, browser_of: Browse, role: Role) -> None:
    client = browser_of(add("outsider@other.example", "Laboratory B", role))
    for name, names in web_routes():
        if names or name in MAKING or name.startswith(("account_", "mfa_", "usersessions_")):
            continue
        answer = client.get(reverse(name), follow=True)
        assert answer.status_code == 200, name
        text = answer.content.decode()
        # Whoever asks for an engagement may wish for a house, so its name and uid are no secret there.
        told = {room.objects["site"]} if name == "engagement-ask" else set()
        assert [secret for secret in room.secrets if secret in text and secret not in told] == [], name


@pytest.mark.parametrize("role", ROLES)
def test_nobody_outside_the_vendor_puts_anything_up_for_decision(room: Room, browser_of: Browse, role: Role) -> None:
    del room
    client = browser_of(add("outsider@other.example", "Laboratory B", role))
    for name in sorted(MAKING):
        assert set(asked(client, reverse(name))) <= {404, 405}, name


def test_an_object_that_never_was_looks_like_a_foreign_one(room: Room, house: House, browser_of: Browse) -> None:
    client = browser_of(house.cast.stranger)
    foreign = client.get(f"/r/{room.desk.grant}/{room.desk.release}/file/src/main.c")
    absent = client.get(f"/r/{Uid.new()}/{Uid.new()}/file/src/main.c")
    assert _without_tokens(foreign.content) == _without_tokens(absent.content)


def test_each_refusal_of_a_signed_in_person_is_in_the_journal(room: Room, house: House, browser_of: Browse) -> None:
    browser_of(house.cast.stranger).get(f"/r/{room.desk.grant}/{room.desk.release}/file/src/main.c")
    refused = Event.objects.filter(kind="http.refused").get()
    assert refused.actor == house.cast.stranger.uid.text


def test_a_product_owner_sees_releases_and_no_reader(room: Room, browser_of: Browse) -> None:
    del room
    owner: Viewer = add("owner@vendor.example", "Vendor", Role.PRODUCT_OWNER, is_vendor=True)
    text = browser_of(owner).get("/").content.decode()
    assert "server 1" in text
    assert "Reviewer" not in text
    assert "Regulator" not in text


def _without_tokens(page: bytes) -> bytes:
    # The form that signs out carries a token of its own in every page.
    head, _, rest = page.partition(b'name="csrfmiddlewaretoken" value="')
    return head + rest.partition(b'"')[2]
