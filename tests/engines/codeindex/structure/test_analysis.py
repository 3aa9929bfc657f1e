# SPDX-License-Identifier: Apache-2.0
"""The real tool in the real sandbox: hostile documents and patterns first, then honest ones of many languages."""

import hashlib

import pytest

from glasshouse.engines.codeindex.languages import Language
from glasshouse.engines.codeindex.structure import rules
from glasshouse.engines.codeindex.structure.analysis import BATCH_DOCUMENTS, Document, analyse, batches
from glasshouse.engines.codeindex.structure.errors import StructureError, StructureToolError
from glasshouse.engines.codeindex.structure.values import (
    MAX_DOCUMENT,
    MAX_MATCHES,
    MAX_PATTERN,
    Ended,
    Gap,
    Match,
    Printed,
    Run,
    Structure,
)

FREE = Structure("free($P)", "C")
HONEST = b"void f(char *p)\n{\n\tif (p)\n\t\tfree(p);\n}\n"


def of(content: bytes) -> Document:
    return Document(hashlib.sha256(content).digest(), content)


def lines(structure: Structure, content: bytes, run: Run) -> list[tuple[int, int]]:
    answer = analyse(structure, [of(content)], run)[of(content).digest]
    assert not isinstance(answer, Gap), answer
    return [(one.first, one.last) for one in answer]


def ever_deeper(levels: int) -> bytes:
    return b"void f(void) {\n" + b"if (a) {\n" * levels + b"free(p);\n" + b"}\n" * levels + b"}\n"


def test_hostile_documents_cost_themselves_their_answer_and_nobody_else(run: Run) -> None:
    hostile = {
        b"int x = " + b"a+" * (5 * 2**20) + b"a;\n": Gap.TOO_LARGE,
        b"x" * (MAX_DOCUMENT + 1): Gap.TOO_LARGE,
        b"void f(void) {" + b"\nfree(p);" * (MAX_MATCHES + 1) + b"}": Gap.TOO_MANY,
    }
    documents = [of(content) for content in (HONEST, *hostile, ever_deeper(600), b"", b"{" * 500_000)]
    answers = analyse(FREE, documents, run)
    assert {content: answers[of(content).digest] for content in hostile} == hostile
    assert answers[of(HONEST).digest] == (Match(4, 4),)
    assert answers[of(ever_deeper(600)).digest] == (Match(602, 602),)
    assert answers[of(b"").digest] == ()
    assert of(b"{" * 500_000).digest in answers


def test_a_pattern_that_matches_every_block_of_ever_deeper_ones_is_bounded(run: Run) -> None:
    found = lines(Structure("if ($C) { $$$ }", "C"), ever_deeper(600), run)
    assert found == [(level + 2, 1202 - level) for level in range(600)]


def test_documents_that_are_no_utf_8_are_analysed_and_their_lines_stay(run: Run) -> None:
    odd = b'/* \xff\xfe caf\xe9 */\r\nvoid f\xff(void)\r\n{\r\n\tfree("\xe9");\r\n}\r\n'
    assert lines(FREE, odd, run) == [(4, 4)]
    assert lines(Structure('puts("größe")', "C"), 'int i = 1;\nvoid f(){puts("größe");}\n'.encode(), run) == [(2, 2)]


def test_a_document_that_breaks_a_run_is_found_by_halving() -> None:
    broken, asked = {3, 17}, []

    def breaking(_rule: bytes, files: list[tuple[str, bytes]]) -> Printed:
        asked.append(len(files))
        if any(int(content) in broken for _, content in files):
            return Printed(b"::notice file=/src/0.c,line=1,en", b"sg: entity|file|/src/0.c: lang", Ended.CRASHED)
        seen = b"\n".join(
            b"sg: entity|file|/src/%s: language=C,appliedRuleCount=1" % name.encode() for name, _ in files
        )
        return Printed(b"::notice file=/src/0.c,line=1,endLine=1,title=m::m\n", seen, Ended.WELL)

    documents = [of(b"%d" % number) for number in range(32)]
    answers = analyse(FREE, documents, breaking)  # type: ignore[arg-type] # a list is a sequence
    gaps = {number for number, one in enumerate(documents) if isinstance(answers[one.digest], Gap)}
    assert gaps == broken
    assert len(answers) == 32
    assert len(asked) <= 2 * 2 * 6 + 1


def test_what_was_told_to_stop_has_no_answer_instead_of_an_empty_one(run: Run) -> None:
    assert analyse(FREE, [of(HONEST)], run, is_out=lambda: True) == {}


@pytest.mark.parametrize(
    ("stdout", "stderr"),
    [
        (b"::notice file=/src/7.c,line=1,endLine=1,title=m::m\n", b""),
        (b"::notice file=/src/0.c,line=2,endLine=1,title=m::m\n", b""),
        (b"::notice file=/src/0.c,line=0,endLine=1,title=m::m\n", b""),
        (b"::notice file=/etc/passwd,line=1,endLine=1,title=m::m\n", b""),
        (b"::notice file=/src/0.c,line=99999999999999999999,endLine=1,title=m::m\n", b""),
        (b"::notice file=/src/0.c,line=6,endLine=7,title=m::m\n", b""),
        (b'{"range": {"start": {"line": 1}}\n', b""),
        (b"\xff\x00\n", b""),
        (b"", b"sg: entity|file|/src/1.c: language=C,appliedRuleCount=1\n"),
        (b"", b"sg: entity|file|/src/0.c: skipped=invalidUtf8\n"),
    ],
)
def test_an_answer_that_is_none_is_a_gap(stdout: bytes, stderr: bytes) -> None:
    seen = stderr or b"sg: entity|file|/src/0.c: language=C,appliedRuleCount=1\n"
    answers = analyse(FREE, [of(HONEST)], lambda _rule, _files: Printed(stdout, seen, Ended.WELL))
    assert list(answers.values()) == [Gap.NOT_PARSED]


@pytest.mark.parametrize(
    "pattern", ["", " \n\t", "$A", "$$$", "$$$REST", "x" * (MAX_PATTERN + 1), "a\0b", "a\x1bb", "a\ud800b", "a\r\nb"]
)
def test_a_pattern_that_is_none_is_refused_before_anything_runs(pattern: str) -> None:
    with pytest.raises(StructureError):
        Structure(pattern, "C")


def test_an_unknown_language_is_refused() -> None:
    for language in ("", "COBOL", "Cpp", "Makefile", "../x"):
        with pytest.raises(StructureError, match="language"):
            Structure("free($P)", language)


@pytest.mark.parametrize(
    "pattern",
    ["memcpy(", "}}}{{{", "int a; int b;", "(" * MAX_PATTERN, "$A b $C d", "def f(): pass", "((a+" * 400],
)
def test_a_pattern_that_is_no_piece_of_the_language_is_refused_with_a_reason(pattern: str, run: Run) -> None:
    with pytest.raises(StructureError) as refused:
        rules.check(Structure(pattern, "C"), run)
    assert refused.value.message.startswith("The pattern is")
    with pytest.raises(StructureError):
        analyse(Structure(pattern, "C"), [of(HONEST)], run)


def test_a_pattern_is_data_whatever_it_spells(run: Run) -> None:
    pattern = 'puts("\'; id: x\\n--- severity: error $(touch /src/0.c) {{}} \\"")'
    rules.check(Structure(pattern, "C"), run)
    assert lines(Structure(pattern, "C"), b"int x;\nvoid f(void) { %s; }\n" % pattern.encode(), run) == [(2, 2)]


def test_a_tool_that_finds_nothing_is_unfit(run: Run) -> None:
    rules.prove(run)
    with pytest.raises(StructureToolError):
        rules.prove(lambda _rule, _files: Printed(b"", b"", Ended.WELL))


SAMPLES = {
    (Language.C, "free($P)"): (HONEST, [(4, 4)]),
    (Language.C, "$X = malloc($Y)"): (b"int f(void)\n{\n\tchar *p;\n\tp = malloc(\n\t\t4);\n}\n", [(4, 5)]),
    (Language.C, "$P->ops->go($$$)"): (b"int f(void)\n{\n\tp->ops->go(1, 2);\n\tp->ops->stop(1);\n}\n", [(3, 3)]),
    (Language.C, "if (!$X) return $E;"): (b"int f(int *x)\n{\n\tif (!x)\n\t\treturn -1;\n\treturn 0;\n}\n", [(3, 4)]),
    (Language.C, "$F($$$)"): (b"int f(void)\n{\n\treturn g(1) + h();\n}\n", [(3, 3)]),
    (Language.CPP, "std::move($X)"): (b"void f() {\n  auto y = std::move(x);\n  move(x);\n}\n", [(2, 2)]),
    (Language.CSHARP, "Console.WriteLine($X)"): (b"class A {\n void F() {\n  Console.WriteLine(1);\n }\n}\n", [(3, 3)]),
    (Language.GO, "fmt.Println($$$)"): (b'package main\n\nfunc f() {\n\tfmt.Println("a", 1)\n}\n', [(4, 4)]),
    (Language.GO, "if err != nil { $$$ }"): (
        b"package a\nfunc f() {\n\tif err != nil {\n\t\treturn\n\t}\n}\n",
        [(3, 5)],
    ),
    (Language.JAVA, "$X.equals($Y)"): (
        b"class A {\n  boolean f(A b) {\n    return this.x.equals(b.x);\n  }\n}\n",
        [(3, 3)],
    ),
    (Language.JAVASCRIPT, "eval($X)"): (b"function f(a) {\n  return eval(a);\n}\n", [(2, 2)]),
    (Language.KOTLIN, "println($X)"): (b"fun f() {\n  println(1)\n}\n", [(2, 2)]),
    (Language.LUA, "print($X)"): (b"function f()\n  print(1)\nend\n", [(2, 2)]),
    (Language.PHP, "eval_it($X)"): (b"<?php\nfunction f($a) {\n  return eval_it($a);\n}\n", [(3, 3)]),
    (Language.PYTHON, "subprocess.run($$$, shell=True)"): (
        b"import subprocess\n\ndef f(a):\n    subprocess.run(a, shell=True)\n    subprocess.run(a)\n",
        [(4, 4)],
    ),
    (Language.RUBY, "system($X)"): (b"def f(a)\n  system(a)\nend\n", [(2, 2)]),
    (Language.RUST, "unsafe { $$$ }"): (b"fn f(p: *const u8) -> u8 {\n    unsafe {\n        *p\n    }\n}\n", [(2, 4)]),
    (Language.RUST, "$X.unwrap()"): (b"fn f(a: Option<u8>) -> u8 {\n    a.unwrap()\n}\n", [(2, 2)]),
    (Language.SHELL, "eval $X"): (b'f() {\n  eval "$1"\n}\n', [(2, 2)]),
    (Language.SWIFT, "print($X)"): (b"func f() {\n  print(1)\n}\n", [(2, 2)]),
    (Language.TYPESCRIPT, "$X as any"): (b"function f(a: string): number {\n  return a as any;\n}\n", [(2, 2)]),
}


@pytest.mark.parametrize(("language", "pattern"), SAMPLES)
def test_honest_code_is_found_where_it_stands(language: Language, pattern: str, run: Run) -> None:
    content, wanted = SAMPLES[language, pattern]
    structure = Structure(pattern, language.value)
    rules.check(structure, run)
    assert lines(structure, content, run) == wanted
    assert all(word.encode() in content for word in structure.words)


def test_words_are_those_that_every_match_holds() -> None:
    assert Structure("memcpy($DST, $SRC, sizeof($DST))", "C").words == ("memcpy", "sizeof")
    assert Structure("$OBJ->lock($$$ARGS)", "C").words == ("lock",)
    assert Structure("f(a) /* known */", "C").words == ()
    assert Structure("if ($A) x;", "C").words == ()


def test_batches_are_bounded_in_bytes_and_in_documents() -> None:
    sizes = [len(group) for group in batches(Document(b"", b"x") for _ in range(BATCH_DOCUMENTS + 1))]
    assert sizes == [BATCH_DOCUMENTS, 1]
    assert [len(group) for group in batches(Document(b"", b"x" * 2**20) for _ in range(5))] == [2, 2, 1]


def test_a_document_that_takes_too_long_is_told_as_such() -> None:
    answers = analyse(FREE, [of(HONEST)], lambda _rule, _files: Printed(b"", b"", Ended.TOO_SLOW))
    assert list(answers.values()) == [Gap.TOO_SLOW]
