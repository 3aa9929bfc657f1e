# SPDX-License-Identifier: Apache-2.0
"""A credential is found wherever it stands and shown nowhere."""

from glasshouse.domain.scans.tools.values import Coverage
from tests.domain.scans.tools.kingfisher.sample import FLAWED, TOKEN
from tests.domain.scans.tools.samples import coverage, found, run


def test_one_secret_in_many_files_is_told_for_each_and_never_repeated() -> None:
    binary = bytes(range(256)) * 10
    files = {b"a.py": FLAWED, b"copy.py": FLAWED, b"notes.txt": b"\n" + FLAWED, b"empty": b"", b"image.bin": binary}
    analysis = run("kingfisher", files)
    assert set(coverage(analysis).values()) == {Coverage.ANALYSED}
    assert [sorted(found(analysis, path)) for path in (b"a.py", b"copy.py", b"notes.txt", b"empty")] == [
        [("betterleaks.github-pat", 2)],
        [("betterleaks.github-pat", 2)],
        [("betterleaks.github-pat", 3)],
        [],
    ]
    assert TOKEN.decode() not in repr(analysis)
