# SPDX-License-Identifier: Apache-2.0
import errno
import logging
from typing import NoReturn

import pytest
from django.conf import settings
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import include, path

from glasshouse.domain.journal import queries as journal
from glasshouse.domain.journal.models import Event
from glasshouse.edges.http import answers, refusals
from glasshouse.kernel.errors import ConflictError, InvalidError, NotFoundError, RefusedError
from tests.edges.conftest import Cast

SECRET_FILE = "src/secret_name.c"


class EndedError(RefusedError):
    code = "tests.ended"


def refuse(request: HttpRequest, name: str) -> NoReturn:
    del request, name
    raise EndedError("the grant ended on Friday.", hint="Ask for another.")


def miss(request: HttpRequest, name: str) -> NoReturn:
    del request, name
    raise NotFoundError


def invalid(request: HttpRequest, name: str) -> NoReturn:
    del request, name
    raise InvalidError("lines end before they begin.")


def conflict(request: HttpRequest, name: str) -> NoReturn:
    del request, name
    raise ConflictError("the journal lags.")


def bug(request: HttpRequest, name: str) -> NoReturn:
    del request
    raise ValueError(f"int main(void) in {name}")


urlpatterns = [
    path("refuse/<path:name>", refuse, name="refuse"),
    path("miss/<path:name>", miss, name="miss"),
    path("invalid/<path:name>", invalid, name="invalid"),
    path("conflict/<path:name>", conflict, name="conflict"),
    path("bug/<path:name>", bug, name="bug"),
    path("api/refuse/<path:name>", refuse, name="api-refuse"),
    path("", include(settings.ROOT_URLCONF)),
]
handler500 = "glasshouse.edges.http.answers.failed"
handler404 = "glasshouse.edges.http.answers.not_found"

pytestmark = pytest.mark.urls(__name__)


@pytest.mark.parametrize(
    ("route", "status", "said"),
    [
        ("refuse", 403, "Refused: the grant ended on Friday."),
        ("miss", 404, "Nothing here"),
        ("invalid", 422, "Cannot be done: lines end before they begin."),
        ("conflict", 409, "Not now: the journal lags."),
        ("bug", 500, "The lab failed to answer"),
    ],
)
def test_each_family_has_its_status_and_its_page(reader: Client, route: str, status: int, said: str) -> None:
    answer = reader.get(f"/{route}/{SECRET_FILE}")
    assert answer.status_code == status
    assert said in answer.content.decode()
    assert b"<html" in answer.content

    fragment = reader.get(f"/{route}/{SECRET_FILE}", headers={"hx-request": "true"})
    assert fragment.status_code == status
    assert said in fragment.content.decode()
    assert b"<html" not in fragment.content


def test_a_program_reads_code_message_and_hint(reader: Client) -> None:
    expected = {"code": "tests.ended", "message": "the grant ended on Friday.", "hint": "Ask for another."}
    assert reader.get(f"/api/refuse/{SECRET_FILE}").json() == expected
    assert reader.get(f"/refuse/{SECRET_FILE}", headers={"accept": "application/json"}).json() == expected


def test_a_refusal_of_a_person_is_in_the_journal_without_the_path(reader: Client, cast: Cast) -> None:
    answer = reader.get(f"/refuse/{SECRET_FILE}")
    assert "The attempt is recorded." in answer.content.decode()
    row = Event.objects.get(kind="http.refused")
    opened = journal.open_event(row, lambda _: pytest.fail("nothing here derives from source"))
    assert row.actor == cast.reviewer.uid
    assert opened.fields == {"code": "tests.ended", "route": "refuse"}


def test_what_is_absent_or_foreign_is_recorded_too(reader: Client) -> None:
    reader.get(f"/miss/{SECRET_FILE}")
    reader.get("/no/such/route")
    assert Event.objects.filter(kind="http.refused").count() == 2


def test_a_wrong_or_early_request_is_no_refusal(reader: Client) -> None:
    reader.get(f"/invalid/{SECRET_FILE}")
    reader.get(f"/conflict/{SECRET_FILE}")
    assert not Event.objects.filter(kind="http.refused").exists()


@pytest.mark.django_db
def test_a_flood_of_strangers_is_counted_and_fills_no_journal(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    count = refusals.AnonymousCount()
    monkeypatch.setattr(refusals, "anonymous", count)  # a fresh one: the process's own is told and reset each minute
    for _ in range(20):
        client.get("/no/such/route")
    assert count.total() == 20
    assert not Event.objects.exists()


def test_the_count_is_told_once_a_minute(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    count = refusals.AnonymousCount()
    with caplog.at_level(logging.INFO, logger="glasshouse"):
        count.add("home", "http.not-signed-in")
        monkeypatch.setattr(refusals, "REPORT_SECONDS", 0)
        count.add("home", "http.not-signed-in")
    assert caplog.messages == ["http.anonymous-refused route=home code=http.not-signed-in count=2"]
    assert count.total() == 0


def test_a_bug_is_logged_by_place_and_kind_and_says_nothing_of_the_source(
    reader: Client, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    answer = reader.get(f"/bug/{SECRET_FILE}")
    told = caplog.text + answer.content.decode() + "".join(capfd.readouterr())
    assert "http.failed route=bug error=ValueError at=" in caplog.text
    assert "test_answers.py:" in caplog.text
    assert "int main" not in told
    assert "secret_name" not in told


def test_a_refusal_that_cannot_be_recorded_does_not_claim_to_be(
    reader: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*args: object, **kwargs: object) -> NoReturn:
        del args, kwargs
        raise OSError("No space left on device")

    monkeypatch.setattr("glasshouse.edges.http.refusals.journal.record", full)
    answer = reader.get(f"/refuse/{SECRET_FILE}")
    assert answer.status_code == 403
    assert "recorded" not in answer.content.decode()
    assert "http.refusal-not-recorded" in caplog.text


@pytest.mark.parametrize(
    "fault", [OperationalError("database or disk is full"), OSError(errno.ENOSPC, "no space left")]
)
@pytest.mark.parametrize("accept", ["text/html", "application/json"])
def test_nothing_is_shown_when_nothing_can_be_recorded(fault: Exception, accept: str) -> None:
    request = RequestFactory().get("/r/x", headers={"accept": accept})
    response = answers.ErrorMiddleware(lambda _request: HttpResponse()).process_exception(request, fault)
    assert response is not None
    assert response.status_code == 409
    assert "cannot record it" in response.content.decode()
    assert "disk is full" not in response.content.decode()


def test_another_fault_stays_a_bug() -> None:
    request = RequestFactory().get("/r/x")
    middleware = answers.ErrorMiddleware(lambda _request: HttpResponse())
    assert middleware.process_exception(request, OSError(errno.EIO, "bad disk")) is None
