# SPDX-License-Identifier: Apache-2.0
from tests.domain.scans.tools.samples import Sample

FLAWED = b"""\
import pickle
import subprocess

password = "correct horse"


def serve(order):
    subprocess.call(order, shell=True)
    return pickle.loads(order)
"""
SAMPLE = Sample(
    suffix=b".py",
    flawed=FLAWED,
    found=frozenset({("S105", 4), ("S602", 8), ("S301", 9)}),
    clean=b"def add(one, two):\n    return one + two\n",
    broken=(b"def broken(:\n    pass\n", b"print 'of another age'\n", b"\xff\xfe\x00x"),
    silenced=b"# ruff: noqa\n" + FLAWED.replace(b'horse"\n', b'horse"  # noqa: S105\n'),
    settings={
        b"ruff.toml": b"[lint]\nignore = ['S']\nexclude = ['lib/*']\n",
        b".ruff.toml": b"exclude = ['lib']\n",
        b"pyproject.toml": b"[tool.ruff.lint]\nper-file-ignores = {'*' = ['S']}\n",
        b".gitignore": b"*\n",
    },
)
