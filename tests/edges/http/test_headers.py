# SPDX-License-Identifier: Apache-2.0
import pytest
from django.test import Client

from glasshouse.edges.http.headers import CONTENT_SECURITY_POLICY, FIXED
from tests.edges.conftest import BACKEND, Cast
from tests.edges.routes import routes


def test_the_policy_allows_nothing_unsafe_and_nothing_from_elsewhere() -> None:
    directives = dict(part.strip().split(" ", 1) for part in CONTENT_SECURITY_POLICY.split(";"))
    assert "unsafe" not in CONTENT_SECURITY_POLICY
    assert set(directives.values()) == {"'none'", "'self'"}
    assert directives["default-src"] == directives["frame-ancestors"] == directives["base-uri"] == "'none'"


def test_every_answer_of_every_route_has_the_headers_and_is_never_kept(cast: Cast, client: Client) -> None:
    for person in (None, cast.newcomer, cast.reviewer):
        for route in routes():
            client.logout()
            if person is not None:
                client.force_login(person, BACKEND)
            for answer in (client.get(route.path), client.post(route.path)):
                assert answer.status_code < 500, route
                assert {name: answer.headers.get(name) for name in FIXED} == FIXED, route
                assert answer.headers["Cache-Control"] == "no-store", route


@pytest.mark.django_db
def test_a_path_without_a_route_and_a_static_file_have_the_headers(client: Client) -> None:
    for path in ("/nothing/here", "/static/look/tokens.css", "/static/../settings.py", "/static/absent.css"):
        answer = client.get(path)
        assert {name: answer.headers.get(name) for name in FIXED} == FIXED, path
        is_kept = path == "/static/look/tokens.css"
        assert answer.headers["Cache-Control"].startswith("max-age") == is_kept, path
        assert answer.status_code == (200 if is_kept else 404)
        answer.close()


def test_sign_out_empties_the_browser(reader: Client) -> None:
    answer = reader.post("/sign-out")
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert "Clear-Site-Data" not in reader.get("/sign-in").headers


def test_sign_out_at_a_workstation_keeps_the_machines_key(reader: Client) -> None:
    reader.cookies["workstation"] = "1"
    assert reader.post("/sign-out").headers["Clear-Site-Data"] == '"cache"'


@pytest.mark.django_db
def test_https_is_kept_for_a_year(client: Client, settings: object) -> None:
    settings.SECURE_HSTS_SECONDS = 31_536_000  # type: ignore[attr-defined] # pytest-django's fixture has no type
    assert client.get("/sign-in", secure=True).headers["Strict-Transport-Security"].startswith("max-age=31536000")
    assert "Strict-Transport-Security" not in client.get("/sign-in").headers


@pytest.mark.django_db
def test_an_unknown_host_is_not_answered(client: Client) -> None:
    answer = client.get("/sign-in", SERVER_NAME="elsewhere.example")
    assert answer.status_code == 400
    assert b"elsewhere" not in answer.content
