# SPDX-License-Identifier: Apache-2.0
from tests.domain.scans.tools.samples import Sample

RULES = b"""\
rules:
  - id: no-eval
    languages: [python]
    severity: ERROR
    message: told by them
    metadata: {cwe: ["CWE-95: Eval", "CWE-78"]}
    pattern: eval(...)
  - id: no-shell
    languages: [python]
    severity: WARNING
    message: told by them
    pattern: os.system($X)
"""
FLAWED = b"""\
import os

order = input()
eval(order)
os.system(order)
"""
SAMPLE = Sample(
    suffix=b".py",
    flawed=FLAWED,
    found=frozenset({("no-eval", 4), ("no-shell", 5)}),
    clean=b"def add(one, two):\n    return one + two\n",
    broken=(b"def broken(:\n    eval(\n)))) }}\n",),
    silenced=FLAWED.replace(b"eval(order)", b"eval(order)  # nosemgrep").replace(
        b"os.system(order)", b"os.system(order)  # nosem: no-shell"
    ),
    settings={
        b".semgrepignore": b"*\n",
        b".gitignore": b"*\n",
        b".semgrep.yml": b"rules: []\n",
        b".semgrep/settings.yml": b"has_shown_metrics_notification: true\n",
    },
    rules={b"pack.yml": RULES},
)
