# SPDX-License-Identifier: Apache-2.0
"""What changed between two versions of a file, by function."""

import re
from array import array

from hypothesis import given
from hypothesis import strategies as st

from glasshouse.engines.codeindex.symbols import extraction
from glasshouse.engines.codeindex.symbols.extraction import Run
from glasshouse.engines.codeindex.symbols.forms import document_of
from glasshouse.engines.codeindex.symbols.functions import Changes, Step, carried, compare, functions_of
from glasshouse.engines.codeindex.symbols.values import Columns, Document, Outline
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.paths import TreePath


def outline_of(content: bytes) -> Outline:
    """Find functions of three lines, without the tool."""
    found = [
        (match[1].decode(), content[: match.start()].count(b"\n") + 1)
        for match in re.finditer(rb"^int (\w+)\(\)\n\{.*\}$", content, re.MULTILINE)
    ]
    names, lines = [name for name, _ in found], array("I", [line for _, line in found])
    blank = [""] * len(found)
    ends = array("I", [line + 1 for line in lines])
    return Outline(Columns(names, ["function"] * len(found), lines, ends, blank, blank, ["C"] * len(found)))


def changes(before: bytes, after: bytes) -> Changes:
    return compare(outline_of(before), before, outline_of(after), after)


def said(found: Changes) -> list[tuple[str, str]]:
    return [(change.step.value, change.name) for change in found.functions]


def f(name: str, body: str = "") -> bytes:
    return f"int {name}()\n{{{body}}}\n".encode()


def test_added_changed_removed_and_moved_are_told_apart() -> None:
    before = f("a") + f("b") + f("c") + f("gone") + f("d")
    after = f("new") + f("a") + f("c", "1;") + f("d") + f("b")
    found = changes(before, after)
    assert said(found) == [("added", "new"), ("changed", "c"), ("moved", "b"), ("removed", "gone")]
    assert not found.elsewhere


def test_lines_that_only_shift_are_no_change() -> None:
    found = changes(f("a") + f("b"), b"\n\n\n" + f("a") + b"\n" + f("b"))
    assert (said(found), found.elsewhere) == ([], False)


def test_what_changes_outside_every_function_is_told() -> None:
    found = changes(b"int x = 1;\n" + f("a"), b"int x = 2;\n" + f("a"))
    assert (said(found), found.elsewhere) == ([], True)


def test_two_of_one_name_are_paired_with_their_equals_first() -> None:
    before = f("a", "1") + f("a", "2") + f("a", "3")
    after = f("a", "2") + f("a", "3") + f("a", "9")
    found = changes(before, after)
    assert [
        (one.step, one.before and one.before.span.first, one.after and one.after.span.first) for one in found.functions
    ] == [(Step.CHANGED, 1, 5)]


@given(
    st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from(["", "1"]))),
    st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from(["", "1"]))),
)
def test_every_function_of_both_versions_is_accounted_for(
    old: list[tuple[str, str]], new: list[tuple[str, str]]
) -> None:
    before, after = b"".join(f(*one) for one in old), b"".join(f(*one) for one in new)
    found = changes(before, after)
    steps = [one.step for one in found.functions]
    same = len(old) - steps.count(Step.REMOVED) - steps.count(Step.CHANGED) - steps.count(Step.MOVED)
    assert len(new) == same + steps.count(Step.ADDED) + steps.count(Step.CHANGED) + steps.count(Step.MOVED)
    assert (not found.functions) == (old == new)
    for one in found.functions:
        if one.step is Step.CHANGED:
            assert one.before
            assert one.after
            assert one.before.digest != one.after.digest
        if one.step is Step.MOVED:
            assert one.before
            assert one.after
            assert one.before.digest == one.after.digest
    assert not found.elsewhere


@given(
    st.binary(max_size=60),
    st.binary(max_size=60),
    st.lists(st.tuples(st.integers(1, 2**32 - 1), st.integers(0, 2**32 - 1)), max_size=5),
)
def test_ranges_of_any_outline_over_any_content_never_raise(
    before: bytes, after: bytes, rows: list[tuple[int, int]]
) -> None:
    rows = [(line, end if end >= line else 0) for line, end in rows]
    blank = [""] * len(rows)
    names = [f"n{place % 2}" for place in range(len(rows))]
    columns = Columns(
        names,
        ["function"] * len(rows),
        array("I", [line for line, _ in rows]),
        array("I", [end for _, end in rows]),
        blank,
        blank,
        blank,
    )
    compare(Outline(columns), before, Outline(), after)
    compare(Outline(), before, Outline(columns), after)


def test_a_function_that_went_to_another_file_is_carried() -> None:
    one, two = f("a") + f("b", "1"), f("x") + f("b", "1") + f("a", "other")
    moved = list(carried(functions_of(outline_of(one), one), functions_of(outline_of(two), two)))
    assert [(before.name, before.span.first, after.span.first) for before, after in moved] == [("b", 3, 3)]


def test_real_versions_of_real_languages(run: Run) -> None:
    for path, before, after, wanted in (
        (
            b"a.c",
            b"int a(void)\n{\n\treturn 1;\n}\n\nint b(void)\n{\n\treturn 2;\n}\n",
            b"int b(void)\n{\n\treturn 3;\n}\n\nint c(void)\n{\n\treturn 2;\n}\n",
            [("changed", "b"), ("added", "c"), ("removed", "a")],
        ),
        (
            b"a.py",
            b"class A:\n    def m(self):\n        return 1\n\n\ndef f():\n    pass\n",
            b"class A:\n    def m(self):\n        return 2\n\n\ndef f():\n    pass\n",
            [("changed", "m")],
        ),
        (
            b"a.js",
            b"function a() {\n  return 1;\n}\nfunction b() {\n  return 1;\n}\n",
            b"function a() {\n  return 1;\n}\nfunction b() {\n  return 2;\n}\n",
            [("changed", "b")],
        ),
    ):
        documents = [document_of(Digest.of(content).raw, TreePath(path), content) for content in (before, after)]
        old, new = extraction.extract([one for one in documents if isinstance(one, Document)], run)
        assert said(compare(old, before, new, after)) == wanted
