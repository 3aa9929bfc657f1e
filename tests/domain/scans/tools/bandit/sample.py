# SPDX-License-Identifier: Apache-2.0
from tests.domain.scans.tools.samples import Sample

FLAWED = b"""\
import subprocess

TOKEN_PASSWORD = "correct horse"


def serve(order):
    subprocess.call(order, shell=True)
    return eval(order)
"""
SAMPLE = Sample(
    suffix=b".py",
    flawed=FLAWED,
    found=frozenset({("B404", 1), ("B105", 3), ("B602", 7), ("B307", 8)}),
    clean=b"def add(one, two):\n    return one + two\n",
    broken=(b"def broken(:\n    pass\n", b"print 'of another age'\n", b"\x00\x01\x02", b"# coding: latin-9x\nx = 1\n"),
    silenced=FLAWED.replace(b"\n", b"  # nosec\n"),
    settings={
        b".bandit": b"[bandit]\nskips = B404,B105,B602,B307\nexclude = lib\n",
        b"pyproject.toml": b"[tool.bandit]\nskips = ['B404', 'B105', 'B602', 'B307']\n",
        b"setup.cfg": b"[bandit]\nskips = B404,B105,B602,B307\n",
        b"yaml.py": b"raise SystemExit(0)\n",
        b"subprocess.py": b"raise SystemExit(0)\n",
    },
)
