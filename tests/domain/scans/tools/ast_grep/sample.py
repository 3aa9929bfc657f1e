# SPDX-License-Identifier: Apache-2.0
from tests.domain.scans.tools.samples import Sample

FLAWED = b"""\
#include <stdlib.h>

int order(const char *text, char *room)
{
    gets(room);
    if (setuid(0))
        return 1;
    return system(text);
}
"""
SAMPLE = Sample(
    suffix=b".c",
    flawed=FLAWED,
    found=frozenset({("cert.STR31-C.gets", 5), ("backdoor.setuid-root", 6), ("cert.ENV33-C", 8)}),
    clean=b"int add(int one, int two)\n{\n    return one + two;\n}\n",
    broken=(b"int broken( {", b"def of(another):\n    language = 1\n", b"\x01\x02\x03 (((( \xff\xfe }}}} ;\n"),
    silenced=FLAWED.replace(b"gets(room);", b"gets(room); // ast-grep-ignore").replace(
        b"    return system", b"    // ast-grep-ignore: cert.ENV33-C@C\n    return system"
    ),
    settings={b"sgconfig.yml": b"ruleDirs: []\n", b".gitignore": b"*\n", b".ignore": b"*\n"},
)
