# SPDX-License-Identifier: Apache-2.0
from tests.domain.scans.tools.samples import Sample

FLAWED = b"""\
#include <stdlib.h>

int use_after(int *cell)
{
    free(cell);
    return *cell;
}

int through_nothing(int way)
{
    int *cell = NULL;
    if (way)
        cell = &way;
    return *cell;
}
"""
SAMPLE = Sample(
    suffix=b".c",
    flawed=FLAWED,
    found=frozenset({("unix.Malloc", 6), ("core.NullDereference", 14)}),
    clean=b"int add(int one, int two)\n{\n    return one + two;\n}\n",
    broken=(b'#error "configure me"\n' + FLAWED, b'#include "generated.h"\n' + FLAWED, b"int broken( {"),
    silenced=b"#pragma clang system_header\n#ifndef __clang_analyzer__\n"
    + FLAWED.replace(b"    return *cell;\n}\n\n", b"    [[clang::suppress]]\n    return *cell;\n}\n\n")
    + b"#endif\n",
    settings={b".clang": b"--no-analyze\n", b"clang.cfg": b"-w\n"},
)
