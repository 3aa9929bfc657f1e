# SPDX-License-Identifier: Apache-2.0
from tests.domain.scans.tools.samples import Sample

FLAWED = b"""\
#include <stdlib.h>

int read_past(void)
{
    int table[4] = {0};
    return table[4];
}

void give_back(int *cell)
{
    free(cell);
    free(cell);
}
"""
SAMPLE = Sample(
    suffix=b".c",
    flawed=FLAWED,
    found=frozenset({("arrayIndexOutOfBounds", 6), ("doubleFree", 12)}),
    clean=b"int add(int one, int two)\n{\n    return one + two;\n}\n",
    broken=(
        b'#error "configure me"\n' + FLAWED,
        b'#include "generated.h"\n#if GENERATED < 3\n#error "too old"\n#endif\n' + FLAWED,
        b"int broken( {",
        b"",
    ),
    silenced=FLAWED.replace(b"    return table", b"    // cppcheck-suppress arrayIndexOutOfBounds\n    return table"),
    settings={b"suppressions.txt": b"*\n", b"cppcheck.cfg": b"<def></def>\n", b"std.cfg": b"<def></def>\n"},
)
