# SPDX-License-Identifier: Apache-2.0
import json
from datetime import timedelta
from typing import Any, Final

import pytest
from django.test import Client

from glasshouse.domain.journal.models import Event
from glasshouse.domain.people import commands as people
from glasshouse.domain.people.commands import Scope
from glasshouse.domain.people.models import Person, Token
from glasshouse.domain.readingroom import commands as readingroom
from glasshouse.edges.api.api import api
from glasshouse.kernel import clock
from glasshouse.kernel.lines import Span
from tests.edges.api.conftest import bearing, program, signed_in
from tests.lab import MAIN, NOW, SECRET, Desk, House

SCOPE_OF: Final = {
    "/api/v1/releases": Scope.RELEASES,
    "/api/v1/visits": Scope.VISITS,
    "/api/v1/record/{event}/seal": Scope.LEDGER,
    "/api/v1/record/{event}/proof": Scope.LEDGER,
    "/api/v1/ledger/checkpoint": Scope.LEDGER,
}
UID: Final = "0123456789abcdefghjkmnpqrs"


def operations(*, takes_tokens: bool) -> list[tuple[str, str, list[dict[str, Any]]]]:
    """Return the operations of the document that take tokens, or those that want a session."""
    return [
        (method, path, details["parameters"])
        for path, methods in api.get_openapi_schema()["paths"].items()
        for method, details in methods.items()
        if "Sender" not in details["security"][0]
        if takes_tokens == any("Token" in way for way in details["security"])
    ]


def ask(client: Client, method: str, path: str, parameters: list[dict[str, Any]]) -> Any:
    filled = path.format(**{one["name"]: UID for one in parameters if one["in"] == "path"})
    query = {one["name"]: UID for one in parameters if one["in"] == "query" and one["required"]}
    if method == "get":
        return client.get(filled, query)
    return client.post(filled, "{}", content_type="application/json")


def test_a_token_with_every_scope_is_refused_wherever_source_or_deeds_are(desk: Desk) -> None:
    client = bearing(desk.viewer, *Scope)
    closed = operations(takes_tokens=False)
    assert len(closed) >= 18
    for operation in closed:
        answer = ask(client, *operation)
        assert (answer.status_code, answer.json()["code"]) == (403, "api.session-wanted"), operation
    answer = ask(client, *next(one for one in closed if one[1].endswith("/file")))
    assert answer.json()["message"] == "Tokens never carry source."
    assert Event.objects.filter(kind="http.refused", actor=desk.viewer.uid.text).count() == len(closed) + 1


def test_a_session_beside_the_token_does_not_help_it(desk: Desk) -> None:
    made = people.make_token(desk.viewer, "x", list(Scope), 7, now=NOW)
    client = signed_in(desk.viewer)
    path = f"/api/v1/grants/{desk.grant}/releases/{desk.release}/file"
    answer = client.get(path, {"path": str(MAIN)}, headers={"Authorization": f"Bearer {made.secret}"})
    assert (answer.status_code, answer.json()["code"]) == (403, "api.session-wanted")
    assert client.get(path, {"path": str(MAIN)}).status_code == 200


def test_a_token_reads_what_its_scope_names_and_nothing_else(desk: Desk) -> None:
    found = operations(takes_tokens=True)
    assert {path for _, path, _ in found} == set(SCOPE_OF)
    for method, path, parameters in found:
        for scope in Scope:
            answer = ask(bearing(desk.viewer, scope), method, path, parameters)
            if scope == SCOPE_OF[path]:
                assert answer.status_code in {200, 404, 409}, (path, scope)
            else:
                assert (answer.status_code, answer.json()["code"]) == (403, "api.scope-missing"), (path, scope)


def test_what_tokens_read_names_no_file(house: House, desk: Desk) -> None:
    shown = readingroom.open_file(desk.viewer, desk.grant, desk.release, SECRET, Span(1, 3), now=NOW)
    house.sign()
    event = shown.view.recorded.uid.text
    client = bearing(desk.viewer, *Scope)
    for path in SCOPE_OF:
        answer = client.get(path.format(event=event))
        assert answer.status_code in {200, 409}, path
        for name in ("secret", "keys.c", "canary", str(shown.window.digest)):
            assert name not in answer.content.decode(), (path, name)
    assert client.get("/api/v1/record").status_code == 403


@pytest.mark.parametrize("given", ["", "Bearer", "Bearer ", "Bearer ght_nothing", "Basic eDp5", "Token x", "ght_x"])
def test_what_is_no_token_is_nobody(house: House, given: str) -> None:
    client = program(Authorization=given)
    for operation in [*operations(takes_tokens=True), *operations(takes_tokens=False)]:
        answer = ask(client, *operation)
        assert (answer.status_code, answer.json()["code"]) == (401, "http.not-signed-in"), (house, operation)
    assert client.get("/api/v1/openapi.json").status_code == 401


def test_a_token_ends(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    client = bearing(desk.viewer, Scope.VISITS, days=2)
    for later, status in ((timedelta(days=2, seconds=-1), 200), (timedelta(days=2), 401), (timedelta(days=9), 401)):
        moment = NOW + later
        monkeypatch.setattr(clock, "now", lambda moment=moment: moment)
        assert client.get("/api/v1/visits").status_code == status, later


def test_a_revoked_token_and_one_of_a_person_who_left_end_at_once(house: House, desk: Desk) -> None:
    client = bearing(desk.viewer, Scope.VISITS)
    session = signed_in(desk.viewer)
    uid = session.get("/api/v1/tokens").json()[0]["uid"]
    for _ in range(2):
        assert session.post(f"/api/v1/tokens/{uid}/revoke", content_type="application/json").status_code == 200
    assert client.get("/api/v1/visits").status_code == 401
    assert Event.objects.filter(kind="people.token-revoked").count() == 1

    second = bearing(house.cast.colleague, Scope.VISITS)
    assert second.get("/api/v1/visits").status_code == 200
    Person.objects.filter(pk=house.cast.colleague.row).update(is_active=False)
    assert second.get("/api/v1/visits").status_code == 401


def test_the_secret_is_shown_once_and_kept_nowhere(desk: Desk) -> None:
    session = signed_in(desk.viewer)
    asked = {"name": "nightly check", "scopes": ["ledger:read"], "days": 30}
    made = session.post("/api/v1/tokens", json.dumps(asked), content_type="application/json")
    assert made.status_code == 201
    secret = made.json()["secret"]
    assert secret.startswith("ght_")
    assert secret not in session.get("/api/v1/tokens").content.decode()
    row = Token.objects.get()
    assert secret.encode() not in bytes(row.secret_digest)
    assert secret not in repr(vars(row))
    assert Event.objects.filter(kind="people.token-made", subject=row.uid).count() == 1


@pytest.mark.parametrize(
    "asked",
    [
        {"name": "x", "scopes": ["ledger:read"], "days": 91},
        {"name": "x", "scopes": ["ledger:read"], "days": 0},
        {"name": "x", "scopes": []},
        {"name": "x", "scopes": ["source:read"]},
        {"name": " ", "scopes": ["ledger:read"]},
        {"name": "x" * 81, "scopes": ["ledger:read"]},
    ],
)
def test_a_token_that_would_not_end_or_has_no_scope_is_not_made(desk: Desk, asked: dict[str, Any]) -> None:
    answer = signed_in(desk.viewer).post("/api/v1/tokens", json.dumps(asked), content_type="application/json")
    assert answer.status_code == 422
    assert not Token.objects.exists()
