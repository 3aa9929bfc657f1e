# SPDX-License-Identifier: Apache-2.0
"""What stays one finding, and what does not."""

import random
import time
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glasshouse.engines.identity import Keys, Match, Near, Sighting, Tier, texts_at
from glasshouse.engines.identity.matching import match
from glasshouse.kernel.paths import TreePath
from tests.engines.identity.code import matched, seen, tiers

A = """\
int copy(char *to, char *from)
{
    int n = 0;
    strcpy(to, from);
    return n;
}

int other(char *to)
{
    strcpy(to, "x");
    log(to);
}
"""
LINES = [Tier.LINE, Tier.LINE]


def test_the_same_code_is_the_same() -> None:
    assert matched({"a.c": A}, {"a.c": A}) == [Match(0, 0, Tier.LINE), Match(1, 1, Tier.LINE)]


def test_lines_inserted_above_change_nothing() -> None:
    assert tiers({"a.c": A}, {"a.c": "/* licence */\n" * 40 + A}) == LINES


def test_white_space_changes_nothing() -> None:
    assert tiers({"a.c": A}, {"a.c": A.replace("    strcpy(to, ", "\tstrcpy (to,  ")}) == LINES


def test_a_renamed_function_keeps_its_finding() -> None:
    assert tiers({"a.c": A}, {"a.c": A.replace("int copy", "int copy_all")}) == [Tier.FILE, Tier.LINE]


def test_a_moved_file_keeps_its_findings() -> None:
    assert tiers({"src/a.c": A}, {"lib/copying.c": A}) == [Tier.FUNCTION] * 2
    assert tiers({"src/a.c": A}, {"lib/a.c": A.replace("int copy", "int copy_all")}) == [Tier.AROUND, Tier.FUNCTION]
    changed = A.replace("int copy", "int copy_all").replace("return n", "return n + 1").replace("int n", "long n")
    assert tiers({"src/a.c": A}, {"lib/a.c": changed}) == [Tier.NAME, Tier.FUNCTION]


def test_a_line_outside_all_functions_keeps_its_finding_when_its_file_is_moved_and_renamed() -> None:
    text = "#include <a.h>\n#define COPY strcpy(x, y)\n#include <b.h>\n"
    (found,) = match(_outside(text, "a.h"), _outside(text, "lib/b.h"))
    assert found.tier is Tier.AROUND


def _outside(text: str, name: str) -> list[Sighting]:
    tokens, near = texts_at(text.encode(), [(2, 1)])[2, 1]
    return [Sighting(Keys.of("r", TreePath(name.encode()), "", tokens, near), name.encode(), 2, 1, near)]


def test_an_edited_line_needs_a_person() -> None:
    (first, _) = matched({"a.c": A}, {"a.c": A.replace("strcpy(to, from)", "strcpy(to, from + 1)")})
    assert first == Match(0, 0, Tier.EDITED)
    assert first.tier.needs_human


def test_another_rule_is_another_finding() -> None:
    assert match(seen({"a.c": A}), seen({"a.c": A}, rule="tool/gets")) == []


def test_what_is_gone_and_what_is_new_match_nothing() -> None:
    assert matched({"a.c": A}, {"b.c": "int new(void)\n{\n    strcpy(x, y);\n}\n"}) == []


def test_among_equal_lines_the_lines_round_them_decide() -> None:
    block = "    first(n);\n    strcpy(a, b);\n    {0}(n);\n"
    body = [block.replace("{0}", name).replace("first", f"before_{name}") for name in ("one", "two", "three")]
    before = "int f(void)\n{\n" + "".join(body) + "}\n"
    after = "int f(void)\n{\n" + body[0] + body[2] + "}\n"
    assert [(one.before, one.after) for one in matched({"a.c": before}, {"a.c": after})] == [(0, 0), (2, 1)]
    swapped = "int f(void)\n{\n" + body[2] + body[0] + body[1] + "}\n"
    assert {(one.before, one.after) for one in matched({"a.c": before}, {"a.c": swapped})} == {(2, 0), (0, 1), (1, 2)}


def test_equal_lines_among_equal_lines_pair_in_the_order_of_the_source() -> None:
    text = "int f(void)\n{\n" + "    strcpy(a, b);\n" * 9 + "}\n"
    assert [(one.before, one.after) for one in matched({"a.c": text}, {"a.c": text})] == [(n, n) for n in range(9)]


def test_a_hint_pairs_what_was_edited_and_nothing_else() -> None:
    one = Sighting(Keys.of("r", TreePath(b"a.c"), "f", b"x"), b"a.c", 1, hint="k=1")
    two = Sighting(Keys.of("r", TreePath(b"a.c"), "f", b"y"), b"a.c", 2, hint="k=2")
    later = [
        replace(two, keys=Keys.of("r", TreePath(b"a.c"), "f", b"yy")),
        replace(one, keys=Keys.of("r", TreePath(b"a.c"), "f", b"xx"), line=9),
    ]
    assert match([one, two], later) == [Match(1, 0, Tier.EDITED), Match(0, 1, Tier.EDITED)]
    elsewhere = replace(one, keys=Keys.of("other", TreePath(b"a.c"), "f", b"x"))
    assert match([one], [elsewhere]) == []


WORDS = st.sampled_from(["a", "b", "c"])
SIGHTINGS = st.lists(
    st.builds(
        lambda rule, name, scope, tokens, line, near: Sighting(
            Keys.of(rule, TreePath(name.encode()), scope, tokens.encode(), Near(before=near)),
            name.encode(),
            line,
            near=Near(before=near),
        ),
        WORDS,
        st.sampled_from(["a.c", "b.c", "x/a.c"]),
        st.sampled_from(["", "f", "g"]),
        WORDS,
        st.integers(1, 9),
        st.sampled_from([b"", b"1", b"2"]),
    ),
    max_size=30,
)


@given(SIGHTINGS, SIGHTINGS)
def test_nobody_is_matched_twice_and_never_with_another_rule(before: list[Sighting], after: list[Sighting]) -> None:
    found = match(before, after)
    assert len({one.before for one in found}) == len({one.after for one in found}) == len(found)
    assert [one.after for one in found] == sorted(one.after for one in found)
    key = {tier: tier.name.lower() for tier in Tier} | {Tier.EDITED: "form"}
    for one in found:
        assert getattr(before[one.before].keys, key[one.tier]) == getattr(after[one.after].keys, key[one.tier])


@given(SIGHTINGS)
def test_the_same_twice_is_nothing_new_and_nothing_gone(sightings: list[Sighting]) -> None:
    found = match(sightings, sightings)
    assert len(found) == len(sightings)
    assert {one.tier for one in found} <= {Tier.LINE}
    assert all(sightings[one.before] == sightings[one.after] for one in found)


@given(SIGHTINGS, SIGHTINGS, st.randoms(use_true_random=False))
def test_the_order_in_which_a_tool_reports_decides_nothing(
    before: list[Sighting], after: list[Sighting], chance: random.Random
) -> None:
    mixed = chance.sample(range(len(after)), len(after))
    plain = {(before[one.before], after[one.after], one.tier) for one in match(before, after)}
    assert {(before[a], after[mixed[b]], tier) for a, b, tier in match(before, [after[n] for n in mixed])} == plain


@pytest.mark.parametrize("groups", [1, 50_000])
def test_fifty_thousand_equal_lines_are_no_harder_than_different_ones(groups: int) -> None:
    keys = [Keys.of("r", TreePath(b"a.c"), "f", b"%d" % (n % groups)) for n in range(50_000)]
    sightings = [Sighting(one, b"a.c", n) for n, one in enumerate(keys)]
    begun = time.process_time()
    found = match(sightings, [*sightings[25_000:], *sightings[:24_000]])
    assert len(found) == 49_000
    assert time.process_time() - begun < 5
