# SPDX-License-Identifier: Apache-2.0
"""JavaScript in its several forms, and TypeScript, are read; none is left out for where it lies."""

from glasshouse.domain.scans.tools.bringing import own
from glasshouse.domain.scans.tools.eslint.adapter import RULES, TOOL
from glasshouse.domain.scans.tools.values import Coverage
from tests.domain.scans.tools.samples import coverage, found, run

EVAL = "security/detect-eval-with-expression"


def test_each_form_of_the_language_is_read() -> None:
    files = {
        b"module.mjs": b"import x from 'y';\neval(x);\n",
        b"script.js": b"with (a) { b; }\neval(a);\n",
        b"common.cjs": b"const a = require('a');\neval(a);\n",
        b"page.jsx": b"const a = (x) => <b>{x}</b>;\neval(a);\n",
        b"typed.ts": b"const a: string = b as string;\neval(a);\n",
        b"page.tsx": b"const a = (x: string) => <b>{x}</b>;\neval(a);\n",
        b"node_modules/left/index.js": b"\neval(a);\n",
        b"x.min.js": b"\neval(a);\n",
    }
    analysis = run("eslint", files)
    assert set(coverage(analysis).values()) == {Coverage.ANALYSED}
    assert {path: found(analysis, path) for path in files} == dict.fromkeys(files, frozenset({(EVAL, 2)}))


def test_every_rule_has_its_weakness() -> None:
    assert all(cwe for _, cwe in RULES.values())
    assert b"security" in own(TOOL)["program.mjs"]
