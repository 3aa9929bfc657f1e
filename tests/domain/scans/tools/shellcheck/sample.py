# SPDX-License-Identifier: Apache-2.0
from tests.domain.scans.tools.samples import Sample

FLAWED = b"""\
#!/bin/sh
target=$1
rm -rf $target/*
cd "$2"
"""
SAMPLE = Sample(
    suffix=b".sh",
    flawed=FLAWED,
    found=frozenset({("SC2115", 3), ("SC2086", 3), ("SC2164", 4)}),
    clean=b'#!/bin/sh\necho "$1"\n',
    broken=(
        b"#!/bin/sh\nif then\n",
        b"#!/bin/sh\n}\necho $1\n",
        b"#!/bin/sh\ncat <<END\nno end\n",
        b"#!/bin/zsh\nfor f (*) print $f\n",
    ),
    silenced=FLAWED.replace(b"rm", b"# shellcheck disable=SC2115,SC2086\nrm").replace(
        b"cd", b"# shellcheck disable=all\ncd"
    ),
    settings={b".shellcheckrc": b"disable=all\n", b"shellcheckrc": b"disable=all\n"},
)
