# SPDX-License-Identifier: Apache-2.0
"""A vendor's names and lines are data on every page: inert, and in no log."""

import logging
import re
from html.parser import HTMLParser
from typing import NoReturn
from urllib.parse import quote

import pytest
from django.test import Client

from glasshouse.domain.people.models import Person
from glasshouse.domain.releases.values import Line
from glasshouse.edges.http.headers import CONTENT_SECURITY_POLICY
from glasshouse.edges.web import code
from glasshouse.edges.web.views import reading
from glasshouse.engines.codeindex.text import Role, Token
from glasshouse.kernel.paths import TreePath
from tests.edges.web.conftest import Browse, base
from tests.lab import Desk, House

# Each breaks out of a place where a page puts text: an element, an attribute in either quote, a comment, a JSON
# block, an SVG, a template, a style.
PAYLOADS = (
    "<script>alert(1)</script>",
    "</code></li></ol><img src=x onerror=alert(1)>",
    '" onmouseover="alert(1)',
    "' autofocus onfocus='alert(1)",
    "<svg/onload=alert(1)>",
    "--><script>alert(1)</script><!--",
    "</title><script>alert(1)</script>",
    "javascript:alert(1)",
    "{{ 7|add:7 }}{% now 'Y' %}",
    "<style>@import '//evil.example'</style>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "<base href=//evil.example>",
    "<meta http-equiv=refresh content=0;url=//evil.example>",
    "<a href=javascript:alert(1) data-key=y>",
    "<form action=//evil.example><input name=csrfmiddlewaretoken>",
    "\u202e/*evil*/\u2066",
    "%3Cscript%3E",
    "\\x3cscript\\x3e",
    "hx-get=//evil.example",
)


ICON = {"viewbox": "0 0 20 20", "aria-hidden": "true"}
STAMP = {"class": "stamp", "width": "100%", "height": "100%", "aria-hidden": "true", "focusable": "false"}


class Elements(HTMLParser):
    """What a browser would make of a page: its elements and their attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def elements(page: str) -> Elements:
    parsed = Elements()
    parsed.feed(page)
    return parsed


def foreign(page: str) -> list[tuple[str, dict[str, str | None]]]:
    """Return every element that acts, or leads away, and is not one of ours."""
    return [(tag, found) for tag, found in elements(page).found if not _is_ours(tag, found)]


def _is_ours(tag: str, found: dict[str, str | None]) -> bool:
    if tag in {"style", "iframe", "object", "embed", "base", "template"} or "http-equiv" in found:
        return False
    if tag == "script" and not (found.get("src") or "").startswith("/static/"):
        return False
    if tag == "svg" and found not in (ICON, STAMP):
        return False
    if "fill" in found and not re.fullmatch(r"#6f7f80|url\(#w\d+-[0-9a-z]+\)", found["fill"] or ""):
        return False
    if any(name.startswith("on") or name == "style" for name in found):
        return False
    led = [found[name] or "" for name in ("href", "src", "action", "formaction", "hx-get") if name in found]
    return all(re.match(r"[/?#](?!/)", one) for one in led)


def files(payload: str) -> dict[str, bytes]:
    """A release that says the payload wherever it can: in names of folders and files, in lines."""
    name = payload.replace("/", "\u2215")  # a name holds no slash; this one looks like it
    line = payload.encode()
    return {
        f"r/{name}/{name}.c": b"int a; /* " + line + b' */ char *s = "' + line + b'";\n' + line + b"\n",
        f"r/{name}.html": line + b"\n",
        "r/plain.c": b"int plain;\n",
    }


@pytest.mark.parametrize("payload", PAYLOADS)
def test_names_and_lines_are_text_on_every_page(house: House, browser_of: Browse, payload: str) -> None:
    first = house.take("1", files(payload))
    changed = {path: content + b"// more\n" for path, content in files(payload).items()}
    desk = house.seat(house.cast.reviewer, first, house.take("2", changed))
    client = browser_of(desk.viewer)
    folder, file = (
        TreePath(path.removeprefix("r/").encode())
        for path in (next(iter(files(payload))).rpartition("/")[0], next(iter(files(payload))))
    )
    second = desk.taken[1].uid
    addresses = [
        f"{base(desk)}file/{quote(str(file))}",
        f"{base(desk)}folder/{quote(str(folder))}",
        base(desk),
        f"/changes/{desk.grant}/{desk.release}/{second}/",
        f"/changes/{desk.grant}/{desk.release}/{second}/file/{quote(str(file))}",
        "/record/",
        f"/record/visits/{desk.visit}",
    ]
    for address in addresses:
        answer = client.get(address)
        page = answer.content.decode()
        assert answer.status_code == 200, address
        assert answer.headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY
        assert foreign(page) == [], address


def test_the_search_for_foreign_elements_finds_them() -> None:
    escaped = {"&lt;script&gt;alert(1)&lt;/script&gt;", "javascript:alert(1)", "{{ 7|add:7 }}{% now 'Y' %}"}
    for payload in PAYLOADS:
        if payload.startswith(("<", "--><", "</")) and payload not in escaped:
            assert foreign(f"<p>{payload}</p>"), payload


def test_a_line_is_shown_as_it_stands(house: House, browser_of: Browse) -> None:
    payload = PAYLOADS[1]
    desk = house.seat(house.cast.reviewer, house.take(files={"r/a.txt": payload.encode() + b"\n", "r/b": b"x"}))
    page = browser_of(desk.viewer).get(f"{base(desk)}file/a.txt").content.decode()
    assert payload in "".join(elements(page).text)


def test_a_character_that_a_screen_would_hide_is_shown_by_its_number(house: House, browser_of: Browse) -> None:
    source = "if (admin) {\u202e // \u2066 check\n".encode() + b"caf\xe9\n"
    desk = house.seat(house.cast.reviewer, house.take(files={"r/a.c": source, "r/b": b"x"}))
    page = browser_of(desk.viewer).get(f"{base(desk)}file/a.c").content.decode()
    assert '<span class="x">[U+202E]</span>' in page
    assert '<span class="x">[E9]</span>' in page
    assert "\u202e" not in page


def test_a_name_in_any_bytes_has_one_address(house: House, browser_of: Browse) -> None:
    odd = b"caf\xe9\n?#%2e.c".decode("utf-8", "surrogateescape")
    desk = house.seat(house.cast.reviewer, house.take(files={f"r/{odd}": b"int x;\n", "r/b": b"x"}))
    client = browser_of(desk.viewer)
    listed = re.search(r'<th scope="row"><a href="([^"]*file/caf[^"]*)"', client.get(base(desk)).content.decode())
    assert listed
    assert "int" in client.get(listed[1]).content.decode()


def test_a_token_that_held_the_separator_would_stop_the_page() -> None:
    with pytest.raises(ValueError, match="zip"):
        code.coloured([Line(1, (Token(Role.PLAIN, "a\0<script>"),))])


def test_a_bug_while_source_is_on_the_page_tells_nobody_what_it_was(
    desk: Desk, reviewer: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> NoReturn:
        raise RuntimeError("int line_20; in src/main.c")

    monkeypatch.setattr(reading, "window_html", broken)
    caplog.set_level(logging.DEBUG)
    answer = reviewer.get(f"{base(desk)}file/src/main.c")
    assert answer.status_code == 500
    for told in (answer.content.decode(), caplog.text):
        assert "line_20" not in told
        assert "main.c" not in told
    assert "RuntimeError" in caplog.text


def test_no_refusal_writes_a_path_into_a_log(desk: Desk, reviewer: Client, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for path in ("src/absent_file.c", "..%2f..%2fetc", "src/main.c?lines=bad_lines"):
        assert reviewer.get(f"{base(desk)}file/{path}").status_code in {404, 422}
    said = [record.getMessage() for record in caplog.records if not record.name.startswith("django.db")]
    for told in said:
        assert "absent_file" not in told
        assert "etc" not in told
        assert "bad_lines" not in told


def test_a_watermark_holds_the_name_as_text(house: House, browser_of: Browse) -> None:
    desk = house.desk()
    Person.objects.filter(pk=desk.viewer.row).update(name='</text><script>alert(1)</script>" onload="x')
    client = browser_of(desk.viewer)
    page = client.get(f"{base(desk)}file/src/main.c").content.decode()
    address = re.search(r'src="(/record/entries/[^"]+watermark.svg)"', page)
    assert address
    picture = client.get(address[1])
    assert picture.headers["Content-Type"] == "image/svg+xml"
    assert "<script" not in picture.content.decode()
    assert "&lt;script&gt;" in picture.content.decode()
    assert "style=" not in picture.content.decode()
