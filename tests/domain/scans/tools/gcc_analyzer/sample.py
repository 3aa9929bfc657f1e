# SPDX-License-Identifier: Apache-2.0
from tests.domain.scans.tools.samples import Sample

FLAWED = b"""\
#include <stdlib.h>

int use_after(int *cell)
{
    free(cell);
    return *cell;
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
    found=frozenset({("-Wanalyzer-use-after-free", 6), ("-Wanalyzer-double-free", 12)}),
    clean=b"int add(int one, int two)\n{\n    return one + two;\n}\n",
    broken=(b'#error "configure me"\n' + FLAWED, b'#include "generated.h"\n' + FLAWED, b"int broken( {"),
    silenced=FLAWED.replace(
        b"    return *cell", b'#pragma GCC diagnostic ignored "-Wanalyzer-use-after-free"\n    return *cell'
    ),
)
