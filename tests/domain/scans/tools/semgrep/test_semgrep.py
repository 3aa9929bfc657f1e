# SPDX-License-Identifier: Apache-2.0
"""Semgrep runs with brought rules only, and what it cannot tell without an account is not taken from it."""

import dataclasses

from glasshouse.domain.scans.tools import registry
from glasshouse.domain.scans.tools.running import analyse
from glasshouse.domain.scans.tools.semgrep.adapter import NO_RULE
from glasshouse.domain.scans.tools.values import Coverage
from tests.domain.scans.tools.samples import coverage, found, ready, run, sources, unit
from tests.domain.scans.tools.semgrep.sample import FLAWED


def test_a_scan_leaves_it_out_unless_it_is_named() -> None:
    assert "semgrep" in {tool.name for tool in registry.tools()}
    assert "semgrep" not in {tool.name for tool in registry.standard()}


def test_results_say_what_the_rule_says_and_no_fingerprint_that_all_share() -> None:
    analysis = run("semgrep", {b"tests/a.py": FLAWED, b"b.go": b"package b\n"})
    assert {(one.path.raw, one.coverage, one.reason) for one in analysis.outcomes} == {
        (b"tests/a.py", Coverage.ANALYSED, ""),
        (b"b.go", Coverage.NOT_APPLICABLE, NO_RULE),
    }
    first, second = sorted(analysis.results, key=lambda result: result.rule_id)
    assert (first.rule_id, first.message, first.cwes) == ("no-eval", "told by them", (95, 78))
    assert [str(result.severity) for result in (first, second)] == ["high", "medium"]
    assert first.partial_fingerprints == first.fingerprints == ()
    assert "requires login" not in repr(analysis)


def test_rules_that_are_none_analyse_nothing() -> None:
    for rules in (b"rules: [{id: x}]", b"rules: [", b"\xff"):
        whole = dataclasses.replace(unit({b"a.py": FLAWED}), rules=sources({b"r.yml": rules}))
        analysis = analyse(ready("semgrep"), whole)
        assert (coverage(analysis), found(analysis)) == ({b"a.py": Coverage.CRASHED}, frozenset())
