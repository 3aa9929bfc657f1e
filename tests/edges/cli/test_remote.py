# SPDX-License-Identifier: Apache-2.0
"""A terminal's session goes to its lab and nowhere else, and nothing that a lab sends acts on the terminal."""

import stat
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glasshouse.edges.cli import promises, remote
from glasshouse.edges.cli.output import safe
from glasshouse.kernel.errors import GlasshouseError, InvalidError


class Elsewhere(BaseHTTPRequestHandler):
    """A server that sends everybody on, and remembers what they brought."""

    seen: list[tuple[str, str]]
    location = ""

    def do_GET(self) -> None:
        self.seen.append((self.path, self.headers.get("Cookie", "")))
        self.send_response(302 if self.location else 200)
        if self.location:
            self.send_header("Location", self.location)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the library's name
        del format, args


@pytest.fixture
def server() -> Iterator[tuple[str, type[Elsewhere]]]:
    handler = type("Handler", (Elsewhere,), {"seen": []})
    with HTTPServer(("127.0.0.1", 0), handler) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}", handler
        running.shutdown()
        thread.join()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    return tmp_path


def test_a_redirect_is_not_followed(server: tuple[str, type[Elsewhere]]) -> None:
    url, handler = server
    handler.location = f"http://localhost:{url.rpartition(':')[2]}/stolen"
    with remote.opened(url, {"session": "secret"}) as lab, pytest.raises(remote.LabFailedError):
        lab.get("/me")
    assert handler.seen == [("/api/v1/me", "session=secret")]


@pytest.mark.parametrize(
    "url",
    [
        "http://lab.example",
        "http://192.0.2.1",
        "ftp://localhost",
        "localhost:8000",
        "https://",
        "https://lab.example/elsewhere",
        "https://lab.example?x=1",
        "http://localhost.evil.example",
        "file:///etc/passwd",
    ],
)
def test_a_session_is_asked_for_over_https_or_on_this_machine_alone(url: str) -> None:
    with pytest.raises(InvalidError):
        remote.lab_address(url)


@pytest.mark.parametrize("url", ["https://lab.example", "https://lab.example:8443/", "http://localhost:8000"])
def test_a_lab_s_address_is_taken(url: str) -> None:
    assert remote.lab_address(url) == url.rstrip("/")


def test_the_session_is_for_its_owner_alone(home: Path) -> None:
    kept = remote.Session("https://lab.example", "session", "secret", "uid", "2026-11-23")
    path = remote.session_file()
    path.parent.mkdir(parents=True)
    path.write_text("an older one", "utf-8")
    path.chmod(0o644)
    kept.keep()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert remote.Session.load() == kept
    assert [one.name for one in path.parent.iterdir()] == ["session.json"]
    assert home in path.parents


@pytest.mark.parametrize("content", ["", "{", "[]", '{"url": "x"}', '{"url": "x", "surplus": 1}'])
@pytest.mark.usefixtures("home")
def test_a_damaged_session_is_no_session(content: str) -> None:
    remote.session_file().parent.mkdir(parents=True)
    remote.session_file().write_text(content, "utf-8")
    with pytest.raises(remote.NotSignedInError):
        remote.Session.load()


@pytest.mark.usefixtures("home")
def test_promises_are_appended_and_never_written_over() -> None:
    showing = {"event": "e1", "promise": {"origin": "lab", "number": 1, "signature": "s"}}
    promises.keep(showing)
    promises.keep({**showing, "event": "e2"})
    lines = promises.promises_file().read_text("utf-8").splitlines()
    assert len(lines) == 2
    assert '"event": "e1"' in lines[0]
    assert stat.S_IMODE(promises.promises_file().stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("status", "body", "exit_code"),
    [
        (401, '{"code": "http.not-signed-in", "message": "m", "hint": ""}', 3),
        (403, '{"code": "access.grant-ended", "message": "m", "hint": "h"}', 3),
        (404, '{"code": "not-found", "message": "m", "hint": ""}', 4),
        (409, '{"code": "conflict", "message": "m", "hint": ""}', 5),
        (422, '{"code": "invalid", "message": "m", "hint": ""}', 2),
        (429, '{"code": "api.too-many", "message": "m", "hint": ""}', 5),
        (500, '{"code": "http.failed", "message": "m", "hint": ""}', 1),
        (403, "<html>a proxy's page</html>", 1),
        (404, '{"detail": "another server"}', 1),
        (403, '["code"]', 1),
    ],
)
def test_a_lab_s_refusal_has_the_exit_code_of_its_family(status: int, body: str, exit_code: int) -> None:
    error = remote.refusal(httpx.Response(status, text=body))
    assert isinstance(error, GlasshouseError)
    assert error.exit_code == exit_code
    if "access" in body:
        assert (error.code, error.message, error.hint) == ("access.grant-ended", "m", "h")


@given(st.text())
def test_nothing_that_acts_on_a_terminal_is_printed(text: str) -> None:
    shown = safe(text)
    assert all(char.isprintable() or char == "\t" for char in shown)
    assert safe(shown) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b]0;owned\x07", "[U+001B]]0;owned[U+0007]"),
        ("\x9b31m", "[U+009B]31m"),
        ("a\u202eb", "a[U+202E]b"),
        ("a\rb\nc", "a[U+000D]b[U+000A]c"),
        ("zero\u200bwidth", "zero[U+200B]width"),
        (":bug: [bold]x[/bold]", ":bug: [bold]x[/bold]"),
    ],
)
def test_what_a_screen_would_hide_is_shown(text: str, shown: str) -> None:
    assert safe(text) == shown
