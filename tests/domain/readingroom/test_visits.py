# SPDX-License-Identifier: Apache-2.0
"""Beginning a visit, and its close: the visitor's own word on all that the visit holds, or none."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection

from glasshouse.domain.access.errors import GrantEndedError, GrantUnknownError
from glasshouse.domain.journal import queries as journal
from glasshouse.domain.journal.models import Event
from glasshouse.domain.people import commands as people
from glasshouse.domain.readingroom import commands, queries, rules
from glasshouse.domain.readingroom.errors import CloseNotSignedError, NoVisitError, VisitClosedError
from glasshouse.domain.readingroom.models import Visit
from glasshouse.domain.readingroom.values import CloseStatement
from glasshouse.kernel.errors import NotFoundError
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.lines import Span
from tests.domain.readingroom.passkeys import answer, enrol
from tests.lab import MAIN, NOW, Desk, House
from tests.verifier.synthetic import Authenticator

LATER = NOW + timedelta(seconds=5)


def read(desk: Desk, first: int = 1, last: int = 5) -> None:
    commands.open_file(desk.viewer, desk.grant, desk.release, MAIN, Span(first, last), now=NOW)


def close(desk: Desk, one: Authenticator, credential: bytes, statement: CloseStatement) -> Visit:
    assertion = answer(one, credential, statement)
    return commands.close_visit(desk.viewer, desk.visit, now=LATER, statement=statement.text, assertion=assertion)


def test_a_visit_that_is_open_is_returned_and_not_begun_again(desk: Desk) -> None:
    again = commands.begin_visit(desk.viewer, desk.grant, desk.release, now=NOW)
    assert again.uid == desk.visit.text
    assert Visit.objects.count() == 1


def test_visits_of_an_engagement_are_numbered_whoever_begins_them(house: House, desk: Desk) -> None:
    commands.close_visit(desk.viewer, desk.visit, now=NOW)
    mine = commands.begin_visit(desk.viewer, desk.grant, desk.release, now=NOW)
    theirs = house.seat(house.cast.colleague, *desk.taken)
    numbers = dict(Visit.objects.values_list("uid", "number"))
    assert numbers == {desk.visit.text: 1, mine.uid: 2, theirs.visit.text: 3}


def test_nobody_begins_a_visit_under_somebody_elses_grant(house: House, desk: Desk) -> None:
    for viewer in (house.cast.stranger, house.cast.colleague, house.cast.manager):
        with pytest.raises(GrantUnknownError):
            commands.begin_visit(viewer, desk.grant, desk.release, now=NOW)
    with pytest.raises(GrantEndedError):
        commands.begin_visit(desk.viewer, desk.grant, desk.release, now=NOW + timedelta(days=3))


def test_nobody_closes_or_prepares_to_close_somebody_elses_visit(house: House, desk: Desk) -> None:
    for viewer in (house.cast.stranger, house.cast.colleague, house.cast.manager):
        with pytest.raises(NotFoundError):
            commands.prepare_close(viewer, desk.visit)
        with pytest.raises(NotFoundError):
            commands.close_visit(viewer, desk.visit, now=NOW)
        assert queries.visits_of(viewer) == []
    assert [one.uid for one in queries.visits_of(desk.viewer)] == [desk.visit.text]


def test_the_statement_spans_the_whole_visit(desk: Desk) -> None:
    read(desk)
    read(desk, 6, 7)
    statement = commands.prepare_close(desk.viewer, desk.visit)
    events = list(Event.objects.filter(subject=desk.visit.text).order_by("number"))
    assert (statement.count, statement.first, statement.last) == (3, events[0].number, events[-1].number)
    head = bytes(events[-1].commitment).hex()
    assert statement.text.startswith(b'{"count":3,"engagement":"')
    assert f'"head":"{head}"'.encode() in statement.text


@pytest.mark.parametrize("make", [Authenticator.es256, Authenticator.eddsa, Authenticator.rs256])
def test_a_close_signed_by_the_visitors_passkey_is_kept_with_the_visit(
    desk: Desk, make: Callable[[], Authenticator]
) -> None:
    one = make()
    credential = enrol(desk.viewer, one)
    read(desk)
    statement = commands.prepare_close(desk.viewer, desk.visit)
    closed = close(desk, one, credential, statement)
    assert closed.closed_at == LATER
    assert closed.close is not None
    assert closed.close["credential"] == one.fingerprint
    assert closed.close["statement"]["count"] == 2
    assert closed.last == statement.last + 1
    with pytest.raises(VisitClosedError):
        commands.prepare_close(desk.viewer, desk.visit)
    with pytest.raises(VisitClosedError):
        commands.close_visit(desk.viewer, desk.visit, now=LATER)
    with pytest.raises(NoVisitError):
        read(desk)


def test_a_view_shown_since_the_statement_was_made_voids_it(desk: Desk) -> None:
    one = Authenticator.es256()
    credential = enrol(desk.viewer, one)
    statement = commands.prepare_close(desk.viewer, desk.visit)
    read(desk)
    with pytest.raises(CloseNotSignedError, match="shown since"):
        close(desk, one, credential, statement)
    assert queries.visit(desk.viewer, desk.visit).closed_at is None
    assert Event.objects.filter(kind="readingroom.visit-closed").count() == 0
    assert close(desk, one, credential, commands.prepare_close(desk.viewer, desk.visit)).close is not None


def test_a_statement_of_ones_own_making_is_refused(desk: Desk) -> None:
    one = Authenticator.es256()
    credential = enrol(desk.viewer, one)
    read(desk)
    real = commands.prepare_close(desk.viewer, desk.visit)
    for text in (real.text.replace(b'"count":2', b'"count":1'), real.text + b" ", b"{}", b"no JSON", b""):
        forged = replace(real, text=text, challenge=rules.close_challenge(text))
        with pytest.raises(CloseNotSignedError):
            close(desk, one, credential, forged)
    assert queries.visit(desk.viewer, desk.visit).closed_at is None


def test_statement_and_signature_come_together_or_not_at_all(desk: Desk) -> None:
    statement = commands.prepare_close(desk.viewer, desk.visit)
    one = Authenticator.es256()
    assertion = answer(one, enrol(desk.viewer, one), statement)
    with pytest.raises(CloseNotSignedError):
        commands.close_visit(desk.viewer, desk.visit, now=NOW, statement=statement.text)
    with pytest.raises(CloseNotSignedError):
        commands.close_visit(desk.viewer, desk.visit, now=NOW, assertion=assertion)
    assert commands.close_visit(desk.viewer, desk.visit, now=NOW).close is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"challenge": b"\0" * 32},
        {"flags": 0x01},
        {"flags": 0x04},
        {"flags": 0x45},
        {"flags": 0x85},
        {"rp": "elsewhere.example"},
        {"told": {"type": "webauthn.create"}},
        {"told": {"origin": "http://localhost:8001"}},
        {"told": {"origin": "https://localhost:8000"}},
        {"told": {"crossOrigin": True}},
        {"told": {"challenge": 7}},
        {"told": {"challenge": None}},
    ],
)
def test_an_answer_to_another_question_or_without_its_holder_is_refused(desk: Desk, wrong: dict[str, object]) -> None:
    one = Authenticator.es256()
    credential = enrol(desk.viewer, one)
    statement = commands.prepare_close(desk.viewer, desk.visit)
    assertion = answer(one, credential, statement, **wrong)  # type: ignore[arg-type] # keywords of many types
    with pytest.raises(CloseNotSignedError):
        commands.close_visit(desk.viewer, desk.visit, now=NOW, statement=statement.text, assertion=assertion)


@pytest.mark.parametrize("part", ["authenticator_data", "client_data", "signature"])
@pytest.mark.parametrize("made", [b"", b"[]", b"{}", b"\xff", b"null", b"x" * 37])
def test_malformed_answers_are_refused_and_never_a_crash(desk: Desk, part: str, made: bytes) -> None:
    one = Authenticator.es256()
    statement = commands.prepare_close(desk.viewer, desk.visit)
    good = answer(one, enrol(desk.viewer, one), statement)
    bad = {
        "authenticator_data": replace(good, authenticator_data=made),
        "client_data": replace(good, client_data=made),
        "signature": replace(good, signature=made),
    }[part]
    with pytest.raises(CloseNotSignedError):
        commands.close_visit(desk.viewer, desk.visit, now=NOW, statement=statement.text, assertion=bad)


def test_a_passkey_of_another_person_or_one_removed_closes_nothing(house: House, desk: Desk) -> None:
    one = Authenticator.eddsa()
    theirs = enrol(house.cast.colleague, one)
    statement = commands.prepare_close(desk.viewer, desk.visit)
    with pytest.raises(CloseNotSignedError, match="not one of yours"):
        close(desk, one, theirs, statement)
    mine = enrol(desk.viewer, one)
    people.record_passkey_removed(desk.viewer.uid, mine, now=NOW)
    with pytest.raises(CloseNotSignedError, match="not one of yours"):
        close(desk, one, mine, statement)


def test_an_enrolled_key_that_is_no_key_closes_nothing(desk: Desk) -> None:
    one = Authenticator.es256()
    for number, cose in enumerate((b"\xa0", b"\x01", b"\xff", b"", one.cose[:-4])):
        broken = Authenticator("ES256", cose, one.sign)
        credential = bytes([number]) * 16
        people.record_passkey_enrolled(
            desk.viewer.uid, people.NewPasskey(credential, broken.cose, "ES256", "localhost"), now=NOW
        )
        with pytest.raises(CloseNotSignedError):
            close(desk, broken, credential, commands.prepare_close(desk.viewer, desk.visit))


def test_twelve_tabs_that_begin_at_once_begin_one_visit(open_house: House) -> None:
    release = open_house.take()
    grant = open_house.grant(release)
    ready = threading.Barrier(12)

    def tab(_: int) -> str:
        try:
            ready.wait(30)
            return commands.begin_visit(open_house.cast.reviewer, grant, Uid(release.uid), now=NOW).uid
        finally:
            connection.close()

    with ThreadPoolExecutor(12) as pool:
        assert len(set(pool.map(tab, range(12)))) == 1
    assert Visit.objects.count() == 1


def test_no_view_slips_in_behind_a_close(open_house: House) -> None:
    """Readers and one who closes race; every view stands before the close in the chain, or was refused."""
    desk = open_house.desk()
    ready = threading.Barrier(9)

    def reader(number: int) -> None:
        try:
            ready.wait(30)
            for step in range(6):
                read(desk, 1 + number, 1 + number + step)
        except NoVisitError:
            pass
        finally:
            connection.close()

    def closer() -> None:
        try:
            ready.wait(30)
            commands.close_visit(desk.viewer, desk.visit, now=NOW)
        finally:
            connection.close()

    with ThreadPoolExecutor(9) as pool:
        jobs = [pool.submit(reader, number) for number in range(8)] + [pool.submit(closer)]
        for job in jobs:
            job.result()
    events = journal.events_of_subject(desk.visit)
    closed = Visit.objects.get(uid=desk.visit.text)
    assert events[-1].number == closed.last
    assert Event.objects.get(number=closed.last).kind == "readingroom.visit-closed"


def test_of_two_closes_one_wins(open_house: House) -> None:
    desk = open_house.desk()
    ready = threading.Barrier(6)

    def closer(_: int) -> bool:
        try:
            ready.wait(30)
            commands.close_visit(desk.viewer, desk.visit, now=NOW)
        except VisitClosedError:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(closer, range(6))) == 1
    assert Event.objects.filter(kind="readingroom.visit-closed").count() == 1


def test_an_uid_that_names_nothing_is_not_found(desk: Desk) -> None:
    for call in (commands.prepare_close, queries.visit, queries.own_event):
        with pytest.raises(NotFoundError):
            call(desk.viewer, Uid.new())
