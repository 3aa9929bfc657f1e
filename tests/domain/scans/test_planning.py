# SPDX-License-Identifier: Apache-2.0
"""Which headers of a release a file is given."""

import hashlib

import pytest

from glasshouse.domain.scans.planning import Headers
from glasshouse.engines.store.entries import Content

FILES = {
    "app/src/main.c": '#include <time.h>\n#include <vector>\n#include <net/ip.h>\n#include "util.h"\n',
    "app/src/util.h": "#include <string.h>\n",
    "app/src/string.h": "/* another */\n",
    "app/include/net/ip.h": "",
    "crypto/tests/include/baremetal/time.h": "#error there is no time here\n",
    "crypto/tests/include/baremetal/vector": "",
    "crypto/tests/clock.c": '#include "time.h"\n',
    "crypto/tests/include/baremetal/test.c": '#include "time.h"\n',
    "crypto/net/ip.h": "",
}


def headers_of(source: str, *flags: str) -> list[str]:
    """Return the paths of what a file includes, directly and not."""
    texts = {hashlib.sha256(text.encode()).digest(): text.encode() for text in FILES.values()}
    contents = {
        path: Content(
            path.encode(),
            number,
            hashlib.sha256(text.encode()).digest(),
            len(text),
            is_link=False,
            is_binary=False,
            lines=1,
        )
        for number, (path, text) in enumerate(FILES.items())
    }
    found = Headers(list(contents.values()), lambda digest: texts[digest.raw])
    return [path.raw.decode() for path, _ in found.closure(contents[source], flags)]


def test_a_header_is_found_beside_the_file_or_as_the_nearest_of_its_name() -> None:
    assert headers_of("app/src/main.c") == ["app/include/net/ip.h", "app/src/util.h"]


@pytest.mark.parametrize("source", ["app/src/main.c", "crypto/tests/clock.c"])
def test_a_projects_replacement_of_a_standard_header_is_not_read_by_who_did_not_ask_for_it(source: str) -> None:
    assert not any("baremetal" in path or path.endswith("string.h") for path in headers_of(source))


def test_a_standard_name_is_read_where_the_file_or_its_build_says_so() -> None:
    assert headers_of("crypto/tests/include/baremetal/test.c") == ["crypto/tests/include/baremetal/time.h"]
    built = headers_of("app/src/main.c", "-I", "crypto/tests/include/baremetal")
    assert built[-2:] == ["crypto/tests/include/baremetal/time.h", "crypto/tests/include/baremetal/vector"]
