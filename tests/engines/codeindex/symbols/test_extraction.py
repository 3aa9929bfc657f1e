# SPDX-License-Identifier: Apache-2.0
"""Real runs of the real tool in the real sandbox: honest files of each language, and files that break it."""

from functools import partial

import pytest

from glasshouse.domain.releases import symboltool
from glasshouse.engines.codeindex.symbols import ctags, extraction
from glasshouse.engines.codeindex.symbols.errors import SymbolToolError
from glasshouse.engines.codeindex.symbols.extraction import Ended, Printed, Run
from glasshouse.engines.codeindex.symbols.forms import document_of, form_of, may_have_symbols
from glasshouse.engines.codeindex.symbols.values import MAX_DOCUMENT, MAX_SYMBOLS, Document, Gap, Outline
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.paths import TreePath
from tests.engines.codeindex.symbols.samples import SAMPLES, C


def document(path: str | bytes, content: bytes) -> Document:
    raw = path.encode() if isinstance(path, str) else path
    made = document_of(Digest.of(content).raw, TreePath(raw), content)
    assert isinstance(made, Document), path
    return made


def names(outline: Outline) -> list[str]:
    return [symbol.name for symbol in outline]


def answer(printed: Printed, stdin: bytes) -> Printed:
    assert stdin
    return printed


# Each of these ends the tool or keeps it for minutes.
HANGS = document("a.md", b"#" * 700_000)
CRASHES = document("a.c", b"{" * 500_000)
FLOODS = document("b.c", b"#define A\n" * 700_000)
GOOD = [document(f"{number}.c", b"int good_%d(void) { return 0; }\n" % number) for number in range(40)]


def test_a_bad_document_loses_its_own_symbols_and_nobody_elses() -> None:
    batch = [*GOOD[:10], CRASHES, *GOOD[10:20], HANGS, CRASHES, *GOOD[20:], HANGS]
    outlines = extraction.extract(batch, partial(symboltool.run, seconds=1))
    gaps = [outline.gap for outline in outlines]
    assert [gap for gap in gaps if gap] == [Gap.CRASHED, Gap.TOO_SLOW, Gap.CRASHED, Gap.TOO_SLOW]
    found = [name for outline in outlines for name in names(outline)]
    assert found == [f"good_{number}" for number in range(40)]


def test_a_flood_of_symbols_is_cut_and_told(run: Run) -> None:
    before, flood, after = extraction.extract([GOOD[0], FLOODS, GOOD[1]], run)
    assert (names(before), names(after)) == (["good_0"], ["good_1"])
    assert flood.gap is Gap.TOO_MANY
    assert 100_000 < len(flood) <= MAX_SYMBOLS


@pytest.mark.parametrize("path", sorted(SAMPLES))
def test_each_language_gives_its_symbols(run: Run, path: str) -> None:
    content, wanted = SAMPLES[path]
    (outline,) = extraction.extract([document(path, content)], run)
    assert outline.gap is None
    assert wanted <= {(symbol.name, symbol.kind, symbol.line) for symbol in outline}


def test_ranges_scopes_and_signatures_are_kept(run: Run) -> None:
    (outline,) = extraction.extract([document("a.c", C)], run)
    by_name = {(symbol.name, symbol.kind): symbol for symbol in outline}
    area = by_name["area", "function"]
    assert (area.line, area.end, area.signature, area.language) == (14, 18, "(const struct point * p)", "C")
    assert by_name["x", "member"].scope == "point"


@pytest.mark.parametrize(
    "path",
    [b"-.c", b"--version.c", b"a\nb.c", b"\xff\xfe.c", b'"},{".c', b"@list.c", b"$(id).c", b" .c", b"x" * 250 + b".c"],
)
def test_no_name_of_a_file_reaches_the_tool(run: Run, path: bytes) -> None:
    asked = document(path, b"int f(void) { return 0; }\n")
    assert path not in ctags.request([asked])
    (outline,) = extraction.extract([asked], run)
    assert names(outline) == ["f"]


def test_names_that_are_not_utf_8_are_found_as_latin_1(run: Run) -> None:
    (outline,) = extraction.extract([document("a.php", b"<?php\nfunction caf\xe9() {}\nfunction plain() {}\n")], run)
    assert names(outline) == ["caf\u00e9", "plain"]


def test_content_that_looks_like_the_conversation_is_content(run: Run) -> None:
    forged = b'{"command":"generate-tags","filename":"y.c","size":9}\nint zz;\n'
    first, second = extraction.extract([document("a.c", forged + b"int real;\n"), GOOD[0]], run)
    assert "real" in names(first)
    assert names(second) == ["good_0"]


def test_an_empty_file_has_no_symbols_and_no_gap(run: Run) -> None:
    empty, good = extraction.extract([document("a.c", b""), GOOD[0]], run)
    assert (len(empty), empty.gap) == (0, None)
    assert names(good) == ["good_0"]


def test_the_tool_proves_itself_and_one_that_finds_nothing_is_unfit(run: Run) -> None:
    extraction.prove(run)
    silent = Printed(b'{"_type": "program", "name": "Universal Ctags", "version": "5.9.0"}\n', Ended.WELL)
    completed = Printed(silent.stdout + b'{"_type": "completed", "command": "generate-tags"}\n', Ended.WELL)
    for printed in (Printed(b"", Ended.WELL), Printed(b"", Ended.CRASHED), silent, completed):
        with pytest.raises(SymbolToolError):
            extraction.prove(partial(answer, printed))


def test_a_tool_that_is_not_there_ends_the_work_and_empties_no_file() -> None:
    with pytest.raises(SymbolToolError):
        extraction.extract(GOOD, partial(answer, Printed(b"", Ended.CRASHED)))


def test_a_run_that_says_well_and_stops_early_is_a_crash_of_the_next_document() -> None:
    begin = b'{"_type": "program", "name": "Universal Ctags", "version": "5.9.0"}\n'
    done = b'{"_type": "completed", "command": "generate-tags"}\n'

    def stops_at_the_third(stdin: bytes) -> Printed:
        return Printed(begin + done * min(2, stdin.partition(b"good_2")[0].count(b"generate-tags") - 1), Ended.WELL)

    outlines = extraction.extract(GOOD[:3], stops_at_the_third)
    assert [outline.gap for outline in outlines] == [None, None, Gap.CRASHED]


def test_batches_keep_the_order_and_the_size() -> None:
    sizes = [10, 10, 30, 5, 5, 5, 100, 1]
    documents = [document(f"{number}.c", b"x" * size) for number, size in enumerate(sizes)]
    groups = list(extraction.batches(iter(documents), size=30))
    assert [[len(one.content) for one in group] for group in groups] == [[10, 10], [30], [5, 5, 5], [100], [1]]


def test_what_is_not_asked_says_why() -> None:
    content = bytes(MAX_DOCUMENT + 1)
    assert document_of(bytes(32), TreePath(b"a.c"), content) is Gap.TOO_LARGE
    for name in (b"a.json", b"a.unknown", b"a", b"a.yang"):
        assert document_of(bytes(32), TreePath(name), b"text\n") is Gap.NO_PARSER


def test_a_form_is_a_short_word_of_ours_whatever_the_name() -> None:
    assert [
        form_of(TreePath(name))
        for name in (b"a.c", b"a.h", b"Makefile.am", b"a.pas", b"a", b"a.\xff", b"a." + b"q" * 200)
    ] == [
        "C",
        "C",
        "Makefile",
        "pas",
        "",
        "",
        "",
    ]
    assert may_have_symbols(TreePath(b"bin/start"))
    assert not may_have_symbols(TreePath(b"a.json"))
