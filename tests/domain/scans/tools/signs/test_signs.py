# SPDX-License-Identifier: Apache-2.0
"""What a reader sees and what a machine reads are told apart; honest text of other scripts is left alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glasshouse.domain.scans.tools.signs import program
from glasshouse.domain.scans.tools.signs.adapter import RULES
from glasshouse.domain.scans.tools.values import Coverage
from tests.domain.scans.tools.samples import coverage, run


def rules(text: str, name: str = "a.c") -> list[tuple[str, int]]:
    return [(rule, line) for rule, line, *_ in program.signs(text, name)]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("/* \u202e } \u2066if (admin)\u2069 \u2066 begin */", "bidi"),
        ("/* \u2067\u05d0\u2069 */", "bidi-closed"),
        ("a\u200bb", "invisible"),
        ("x = '\u3164'", "invisible"),
        ("key = '" + "\U000e0101" * 40 + "'", "carried"),
        ("sc\u043epe", "lookalike"),
        ("\uff45val(x)", "lookalike"),
        ("copy(a)\n\u0441\u043e\u0440\u0443(a)", "lookalike"),
        ("echo \x1b[2Kharmless", "control"),
        ("harm()\rless()", "control"),
        ("a\u2028b", "line-break"),
        ("x = 1;" + " " * 300 + "harm()", "out-of-sight"),
        ("helper::0:0::/:/bin/sh", "account"),
        ("root::0:0::/root:/bin/sh", "account"),
        ("admin:$6$saltsalt$hashhashhash:19000:0:99999:7:::", "password-hash"),
    ],
)
def test_each_sign_is_seen(text: str, rule: str) -> None:
    assert rule in {found for found, _ in rules(text)}
    assert rule in RULES


@pytest.mark.parametrize(
    "text",
    [
        "\u0444\u0443\u043d\u043a\u0446\u0438\u044f(\u0430) # \u0441\u043e\u0440\u0443",  # Russian
        "\u0394t = 4 * \u03c0 * r; 5 \u00b5s; na\u00efve",
        "\U0001f468\u200d\U0001f469\u200d\U0001f467 \u2764\ufe0f",  # a family and a heart, joined as they should be
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",  # Persian with its joiner
        "root:x:0:0:root:/root:/bin/bash",
        "a\r\nb\r\n\tc\f",
        "| a" + " " * 100 + "| b |",
    ],
)
def test_honest_text_has_none(text: str) -> None:
    assert rules(text) == []


def test_a_key_that_lets_somebody_in_is_a_sign_where_such_keys_lie() -> None:
    key = "ssh-ed25519 " + "AAAA" + "C3NzaC1lZDI1NTE5" * 4 + " somebody"
    assert rules(key, "authorized_keys") == [("authorized-key", 1)]
    assert rules(key, "notes.txt") == []


def test_a_mark_at_the_beginning_and_sixteen_bits_are_read_and_other_bytes_are_no_sign() -> None:
    files = {
        b"mark.c": b"\xef\xbb\xbfint a;\n",
        b"latin.c": b"/* gr\xfc\xdfe */\n",
        b"wide.txt": "a\u200bb\n".encode("utf-16"),
        b"empty.txt": b"",
    }
    analysis = run("signs", files)
    assert set(coverage(analysis).values()) == {Coverage.ANALYSED}
    (result,) = analysis.results
    assert result.place is not None
    assert (result.rule_id, str(result.place.path)) == ("signs.invisible", "wide.txt")
    assert result.place.region is not None
    assert (result.place.region.start_line, result.place.region.start_column) == (1, 2)


def test_a_flood_of_signs_is_cut_and_the_cut_is_told() -> None:
    analysis = run("signs", {b"a.txt": "a\u200bb\n".encode() * 3000})
    assert len(analysis.results) == program.MOST
    assert (analysis.outcomes[0].coverage, analysis.outcomes[0].reason) != (Coverage.ANALYSED, "")


@given(st.binary(max_size=400))
def test_any_bytes_are_read_to_the_end(content: bytes) -> None:
    text = program.text_of(content)
    if text is not None:
        for rule, line, start, stop, _ in program.signs(text, "a"):
            assert rule in RULES
            assert 1 <= line <= text.count("\n") + 1
            assert 1 <= start <= stop
