# SPDX-License-Identifier: Apache-2.0
"""Characters are written as escapes here, so that this file is what it looks like."""

from tests.domain.scans.tools.samples import Sample

FLAWED = (
    "if admin != 'user\u202e \u2066// only for admins\u2069 \u2066':\n"
    "p\u0430ssword = 4\n"
    "harm\u200bless = 4\n"
    "helper:x:0:0::/:/bin/sh\n"
).encode()
SAMPLE = Sample(
    suffix=b".txt",
    flawed=FLAWED,
    found=frozenset({("signs.bidi", 1), ("signs.lookalike", 2), ("signs.invisible", 3), ("signs.account", 4)}),
    clean="gr\u00fc\u00dfe, \u043f\u0440\u0438\u0432\u0435\u0442, \u03b1, \u00b5s\r\nroot:x:0:0::/:/bin/sh\n".encode(),
    broken=(b"\0binary",),
    settings={b".gitattributes": b"* binary\n"},
)
