# SPDX-License-Identifier: Apache-2.0
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glasshouse.kernel.texts import UnreadableTextError, readable, unhidden


def kept(text: str, limit: int = 100) -> str:
    return readable(text, what="The note", limit=limit)


@pytest.mark.parametrize(
    "text",
    [
        "left\u202eright",  # right-to-left override
        "a\u2066b\u2069",  # isolates
        "zero\u200bwidth",
        "\ufeffmark",
        "soft\u00adhyphen",
        "bell\a",
        "nul\0",
        "line\u2028separator",
        "lone\ud800surrogate",
        "private\ue000use",
        "tag\U000e0041",
    ],
)
def test_a_character_that_does_not_show_is_refused_by_its_number(text: str) -> None:
    with pytest.raises(UnreadableTextError, match=r"U\+[0-9A-F]{4,6}"):
        kept(text)


@pytest.mark.parametrize(
    "text",
    ["<script>alert(1)</script>", "नमस्\u200dते", "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", "שלום", "a\tb\nc"],
)
def test_what_languages_and_programs_are_written_with_is_kept(text: str) -> None:
    assert kept(text) == text


def test_ends_are_trimmed_and_line_ends_are_newlines() -> None:
    assert kept("  a\r\nb\rc \n") == "a\nb\nc"


@pytest.mark.parametrize("text", ["", "  ", "\n\t"])
def test_nothing_is_refused_unless_it_may_be_left_out(text: str) -> None:
    with pytest.raises(UnreadableTextError, match="is missing"):
        kept(text)
    assert readable(text, what="The note", limit=1, may_be_empty=True) == ""


def test_the_limit_counts_what_is_kept() -> None:
    assert kept("  ab  ", limit=2) == "ab"
    with pytest.raises(UnreadableTextError, match="3 characters"):
        kept("abc", limit=2)


@given(st.text())
def test_whatever_is_kept_shows_every_character(text: str) -> None:
    try:
        told = readable(text, what="It", limit=10_000, may_be_empty=True)
    except UnreadableTextError:
        return
    hidden = [char for char in told if unicodedata.category(char) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}]
    assert set(hidden) <= set("\n\t\u200c\u200d")
    assert readable(told, what="It", limit=10_000, may_be_empty=True) == told


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("plain\n\ttext", "plain\n\ttext"),
        ("a\u202eb", "a[U+202E]b"),
        ("\x1b[31m", "[U+001B][31m"),
        ("\u00e9\u65e5", "\u00e9\u65e5"),
        ("\U000e0041", "[U+E0041]"),
    ],
)
def test_a_text_for_people_hides_nothing(text: str, said: str) -> None:
    assert unhidden(text) == said
    assert unhidden(said) == said
