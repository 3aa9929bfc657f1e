# SPDX-License-Identifier: Apache-2.0
"""References by what their lines do with the word; then the same file, the same folder, the rest."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glasshouse.engines.codeindex.languages import Language
from glasshouse.engines.codeindex.symbols.ranking import Hit, Known, Use, ranked, use_of
from glasshouse.kernel.paths import TreePath

C = Language.C


def use(text: str, language: Language | None = C) -> Use:
    """Return the use of the word marked by brackets `«»`."""
    raw = text.replace("«", "").replace("»", "").encode()
    start = len(text[: text.index("«")].encode())
    return use_of(raw, start, start + len(text[text.index("«") + 1 : text.index("»")].encode()), language)


@pytest.mark.parametrize(
    ("text", "language", "wanted"),
    [
        ("\treturn «area»(p);", C, Use.CALL),
        ("  «area» (p);", C, Use.CALL),
        ("let v = «parse»::<u32>(x);", Language.RUST, Use.OTHER),
        ("«make»<int>(3);", Language.CPP, Use.CALL),
        ("\t«count» = 3;", C, Use.ASSIGNMENT),
        ("\t«count» += 3;", C, Use.ASSIGNMENT),
        ("\t«count»++;", C, Use.ASSIGNMENT),
        ("\t--«count»;", C, Use.ASSIGNMENT),
        ("\t«p»->x = 3;", C, Use.ASSIGNMENT),
        ("\t«table»[4] = 3;", C, Use.ASSIGNMENT),
        ("\t«x» := 4", Language.GO, Use.ASSIGNMENT),
        ("\tif («count» == 3)", C, Use.OTHER),
        ("\tif («count» <= 3)", C, Use.OTHER),
        ("\tstruct «point» *p;", C, Use.TYPE),
        ("\t«point_t» *p;", C, Use.TYPE),
        ("\t«point_t» p = { 0 };", C, Use.TYPE),
        ("\treturn new «Door»(3);", Language.JAVA, Use.TYPE),
        ("class A extends «Door» {", Language.JAVA, Use.TYPE),
        ("def f(x: «Door») -> None:", Language.PYTHON, Use.TYPE),
        ("\tx = y + «count»;", C, Use.OTHER),
        ("\t// see «area»(p)", C, Use.TEXT),
        (" * «area»() is called", C, Use.TEXT),
        ("\tx = 1; /* «area» */", C, Use.TEXT),
        ('\tprintf("«area»(%d)", 3);', C, Use.TEXT),
        ('\tprintf("a", «area»);', C, Use.OTHER),
        ('\tx = "//"; «area»();', C, Use.CALL),
        ("x = 1  # «area»()", Language.PYTHON, Use.TEXT),
        ("-- «area»", Language.SQL, Use.TEXT),
        ("#include <«area».h>", C, Use.OTHER),
        ("\tx = *«p»;", C, Use.OTHER),
    ],
)
def test_what_a_line_does_with_a_word(text: str, language: Language | None, wanted: Use) -> None:
    assert use(text, language) is wanted


def test_definitions_come_first_and_comments_last_and_near_before_far() -> None:
    here = TreePath(b"src/net/a.c")
    lines = {
        b"src/net/a.c": [b"\tarea(p);", b"/* area */"],
        b"src/net/b.c": [b"\tarea(p);", b"int area(void);"],
        b"src/b.c": [b"int area(void)", b"\tarea(p);"],
        b"lib/z.c": [b"\tarea(p);"],
    }
    hits = [
        (Hit(TreePath(path), number, text, text.index(b"area"), text.index(b"area") + 4), C)
        for path, texts in lines.items()
        for number, text in enumerate(texts, 1)
    ]
    known = Known({(TreePath(b"src/b.c"), 1)}, {(TreePath(b"src/net/b.c"), 2)})
    order = [(one.use.value, str(one.hit.path)) for one in ranked(hits, known, here=here)]
    assert order == [
        ("definition", "src/b.c"),
        ("declaration", "src/net/b.c"),
        ("call", "src/net/a.c"),
        ("call", "src/net/b.c"),
        ("call", "lib/z.c"),
        ("call", "src/b.c"),
        ("comment or string", "src/net/a.c"),
    ]


@given(st.binary(max_size=200), st.integers(0, 220), st.integers(0, 220), st.sampled_from([None, *Language]))
def test_no_line_makes_it_raise(text: bytes, start: int, end: int, language: Language | None) -> None:
    assert isinstance(use_of(text, min(start, end), max(start, end), language), Use)


@pytest.mark.parametrize(
    "unit",
    [
        b'"',
        b"\\",
        b"'",
        b"/*",
        b"/",
        b"*",
        b"<",
        b"<a",
        b"(",
        b" ",
        b"[",
        b"].a",
        b"->a",
        b"a ",
        b"#",
        b"-",
        b": ",
        b"=",
        b"::",
    ],
)
def test_a_line_made_to_be_slow_is_not(unit: bytes) -> None:
    text = unit * (100_000 // len(unit))
    begun = time.thread_time()
    for language in (C, Language.PYTHON, Language.SQL):
        for start in (0, 2_000, 4_000):
            use_of(text, start, start + 1, language)
    assert time.thread_time() - begun < 0.1
