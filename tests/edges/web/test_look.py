# SPDX-License-Identifier: Apache-2.0
import re
from pathlib import Path

import pytest
from django.test import Client

from glasshouse.edges.web.agents import named
from glasshouse.edges.web.qr import modules

WEB = Path(__file__).resolve().parents[3] / "src/glasshouse/edges/web"


def test_the_choice_of_theme_and_keys_is_kept_in_this_browser(reader: Client) -> None:
    answer = reader.post("/me/look", {"theme": "dark", "keys": "off"})
    assert answer.headers["Location"] == "/me/look"
    assert (answer.cookies["look"]["samesite"], answer.cookies["look"]["httponly"]) == ("Strict", True)
    page = reader.get("/me/look").content.decode()
    assert 'data-theme="dark"' in page
    assert 'data-keys="off"' in page


@pytest.mark.parametrize("there", ["https://elsewhere.example/", "//elsewhere.example", "javascript:alert(1)", "/\\x"])
def test_the_choice_leads_to_pages_of_ours_alone(reader: Client, there: str) -> None:
    answer = reader.post("/me/look", {"theme": "dark", "keys": "off", "next": there})
    assert answer.headers["Location"] == "/me/look"


@pytest.mark.parametrize("cookie", ['"><script>', "dark", "-", "blue-on", "x" * 4000])
def test_a_cookie_that_is_not_ours_changes_nothing(reader: Client, cookie: str) -> None:
    reader.cookies["look"] = cookie
    page = reader.get("/").content.decode()
    assert "<script>" not in page
    assert 'data-keys="on"' in page


@pytest.mark.parametrize("template", sorted((WEB / "templates").rglob("*.html")), ids=lambda path: path.name)
def test_no_template_has_style_or_script_of_its_own(template: Path) -> None:
    text = template.read_text("utf-8")
    assert not re.search(r"<[^>]+\s(style|on\w+)\s*=", text)
    assert not re.search(r"<style", text)
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", text))
    assert not re.search(r"(src|href|action)=[\"'](https?:)?//", text)


def test_no_template_turns_escaping_off() -> None:
    for template in (WEB / "templates").rglob("*.html"):
        assert not re.search(r"\|\s*safe\b|autoescape off|safeseq", template.read_text("utf-8")), template


def test_every_colour_is_named_in_the_tokens_alone() -> None:
    text = (WEB / "static/look/components.css").read_text("utf-8")
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL).partition("@layer print")[0]
    raw = set(re.findall(r"#[0-9a-fA-F]{3,8}\b", text)) - {"#pat"}
    assert raw == {"#171f1d66", "#000000a6"}  # the veil behind a dialog


def test_the_drawn_code_is_the_matrix() -> None:
    drawn = modules("otpauth://totp/a%40b.example?secret=JBSWY3DPEHPK3PXP")
    dark = {
        (int(x) + step, int(y))
        for x, y, width in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\d+z", drawn.path)
        for step in range(int(width))
    }
    assert {(4, 4), (10, 4), (4, 10)} <= dark
    assert (5, 5) not in dark
    assert all(4 <= x < drawn.size - 4 and 4 <= y < drawn.size - 4 for x, y in dark)


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/156.0 Safari/537.36", "Chromium or Chrome, Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/156.0 Safari/537.36 Edg/156.0", "Edge, Windows"),
        ("glasshouse/0.1", "glasshouse, in a terminal"),
        ("<script>", "<script>"),
        ("", "unnamed"),
    ],
)
def test_a_session_is_named_as_people_know_it(agent: str, name: str) -> None:
    assert named(agent) == name
