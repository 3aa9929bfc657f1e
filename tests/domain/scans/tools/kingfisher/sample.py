# SPDX-License-Identifier: Apache-2.0
"""The credentials are made up, and put together here so that nobody's scanner finds them in this repository."""

from tests.domain.scans.tools.samples import Sample

TOKEN = b"ghp" + b"_0aB1cD2eF3gH4iJ5kL6mN7oP8qR9sT0uV1wX"
FLAWED = b"# settings\nTOKEN = '" + TOKEN + b"'\n"
SAMPLE = Sample(
    suffix=b".py",
    flawed=FLAWED,
    found=frozenset({("betterleaks.github-pat", 2)}),
    clean=b"def add(one, two):\n    return one + two\n",
    broken=(),
    silenced=FLAWED.replace(b"'\n", b"'  # kingfisher:ignore\n"),
    settings={
        b".gitignore": b"*\n",
        b".kingfisherignore": b"*\n",
        b"kingfisher.yaml": b"exclude: ['*']\n",
        b".git/config": b"[core]\n",
    },
)
