# SPDX-License-Identifier: Apache-2.0
from tests.domain.scans.tools.samples import Sample

FLAWED = b"""\
#include <stdlib.h>

int order(const char *text, char *room)
{
    if (room == NULL);
        room = NULL;
    system(text);
    return atoi(text);
}
"""
SAMPLE = Sample(
    suffix=b".c",
    flawed=FLAWED,
    found=frozenset({("bugprone-suspicious-semicolon", 5), ("cert-env33-c", 7), ("cert-err34-c", 8)}),
    clean=b"int add(int one, int two)\n{\n    return one + two;\n}\n",
    broken=(b'#error "configure me"\n' + FLAWED, b'#include "generated.h"\n' + FLAWED, b"int broken( {"),
    silenced=FLAWED.replace(b"    system", b"    /* NOLINTNEXTLINE */\n    system")
    .replace(b"atoi(text);", b"atoi(text); // NOLINT")
    .replace(b"    if", b"    // NOLINTBEGIN\n    if"),
    settings={b".clang-tidy": b"Checks: '-*'\n", b".clangd": b"Diagnostics: {Suppress: '*'}\n"},
)
