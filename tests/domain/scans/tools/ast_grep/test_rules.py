# SPDX-License-Identifier: Apache-2.0
"""Each rule of ours finds the bad lines of its example, in each of its languages, and none of the good ones."""

import dataclasses
import re

import pytest

from glasshouse.domain.scans.tools.ast_grep import pack
from glasshouse.domain.scans.tools.ast_grep.adapter import ENDING, MOSTLY, PARTLY
from glasshouse.domain.scans.tools.running import analyse
from glasshouse.domain.scans.tools.values import Coverage
from glasshouse.kernel.paths import TreePath
from tests.domain.scans.tools.samples import coverage, found, ready, run, sources, unit

LANGUAGES = sorted({language for rule in pack.rules().values() for language in rule.languages})


def bad(example: str) -> set[int]:
    return {number for number, line in enumerate(example.split("\n"), 1) if re.search(r"\bBAD\b", line)}


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_rule_finds_its_bad_lines_and_no_good_one(language: str) -> None:
    suffix = pack.LANGUAGES[language][0]
    rules = [rule for rule in pack.rules().values() if language in rule.languages]
    files = {f"{rule.id}{suffix}".encode(): rule.example.encode() for rule in rules}
    analysis = run("ast-grep", files)
    told = {
        rule.id: {line for name, line in found(analysis, f"{rule.id}{suffix}".encode()) if name == rule.id}
        for rule in rules
    }
    assert told == {rule.id: bad(rule.example) for rule in rules}
    assert set(coverage(analysis).values()) == {Coverage.ANALYSED}
    assert [outcome for outcome in analysis.outcomes if outcome.reason] == []


def test_each_rule_says_what_it_is_about() -> None:
    for rule in pack.rules().values():
        lines = rule.example.strip("\n").split("\n")
        assert 0 < len(bad(rule.example)) < len(lines), rule.id
        assert rule.cwes, rule.id
        assert rule.message.endswith("."), rule.id
        assert re.fullmatch(r"(cert|backdoor)\.[A-Za-z0-9.-]+", rule.id), rule.id


def test_a_result_carries_our_words_and_never_the_source() -> None:
    (result,) = run("ast-grep", {b"a.c": b'void f(void) { gets("a secret"); }\n'}).results
    rule = pack.rules()["cert.STR31-C.gets"]
    assert (result.message, result.severity, result.cwes) == (rule.message, rule.severity, rule.cwes)
    assert "secret" not in repr(result)


def test_what_could_not_be_parsed_is_told_and_most_of_a_file_is_too_much() -> None:
    whole = b"int add(int one, int two)\n{\n    return one + two;\n}\n" * 20
    analysis = run(
        "ast-grep", {b"a.c": whole + b"int broken( {\n", b"b.c": b"@@@ ((( %%%\n" * 30 + whole, b"c.c": b"\n"}
    )
    assert [(one.coverage, one.reason) for one in analysis.outcomes] == [
        (Coverage.ANALYSED, PARTLY),
        (Coverage.SKIPPED, MOSTLY),
        (Coverage.ANALYSED, ""),
    ]
    (told,) = run("ast-grep", {b"a.C": whole}).outcomes
    assert (told.coverage, told.reason) == (Coverage.SKIPPED, ENDING)


def test_a_brace_too_many_in_one_branch_spoils_no_file() -> None:
    odd = b"void f(int a)\n{\n#ifdef A\n    if (a) {\n#endif\n    gets(a);\n}\n"
    rest = b"int add(int one, int two)\n{\n    return one + two;\n}\n" * 20
    analysis = run("ast-grep", {b"a.c": odd + rest})
    assert [(one.coverage, one.reason) for one in analysis.outcomes] == [(Coverage.ANALYSED, PARTLY)]
    assert ("cert.STR31-C.gets", 6) in found(analysis)


def test_text_of_another_encoding_is_read_all_the_same() -> None:
    analysis = run("ast-grep", {b"a.c": b"/* gr\xfc\xdfe */ void f(char *a) { gets(a); } /* \xff */\n"})
    assert coverage(analysis) == {b"a.c": Coverage.ANALYSED}
    (place,) = (result.place for result in analysis.results)
    assert place is not None
    assert place.region is not None
    assert (place.region.start_line, place.region.start_column) == (1, 31)


def test_rules_that_were_brought_take_the_place_of_ours() -> None:
    brought = b"---\nid: theirs\nlanguage: C\nseverity: error\nmessage: told by them\nrule: {pattern: 'int $A = 4;'}\n"
    whole = unit({b"a.c": b"int a = 4;\nvoid f(char *a) { gets(a); }\n"})
    analysis = analyse(ready("ast-grep"), dataclasses.replace(whole, rules=sources({b"their/rule.yml": brought})))
    assert found(analysis, b"a.c") == {("theirs", 1)}
    assert analysis.results[0].message == "told by them"
    torn = dataclasses.replace(unit({b"a.c": b"@@@ ((( %%%\n" * 9}), rules=sources({b"r.yml": brought}))
    assert coverage(analyse(ready("ast-grep"), torn)) == {b"a.c": Coverage.SKIPPED}
    broken = analyse(ready("ast-grep"), dataclasses.replace(whole, rules=sources({b"r.yml": b"rule: ["})))
    assert (coverage(broken), broken.results) == ({b"a.c": Coverage.CRASHED}, ())
    assert broken.outcomes[0].path == TreePath(b"a.c")
