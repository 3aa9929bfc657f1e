# SPDX-License-Identifier: Apache-2.0
"""Licences by SPDX identifier, and which of them the Open Source Initiative has approved.

The list holds what rule packs and tools are published under, not all that was ever approved: a licence that is missing
here costs a custodian's sentence and nothing else.
"""

import re
from typing import Final

from glasshouse.domain.admissions.errors import LicenceError

MAX: Final = 80
_SPDX: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,79}")
OPEN: Final = frozenset(
    {
        *("0BSD", "AFL-3.0", "AGPL-3.0-only", "AGPL-3.0-or-later", "Apache-1.1", "Apache-2.0", "Artistic-2.0"),
        *("BlueOak-1.0.0", "BSD-1-Clause", "BSD-2-Clause", "BSD-2-Clause-Patent", "BSD-3-Clause", "BSL-1.0"),
        *("CDDL-1.0", "ECL-2.0", "EPL-1.0", "EPL-2.0", "EUPL-1.1", "EUPL-1.2", "GPL-2.0-only", "GPL-2.0-or-later"),
        *("GPL-3.0-only", "GPL-3.0-or-later", "ISC", "LGPL-2.0-or-later", "LGPL-2.1-only", "LGPL-2.1-or-later"),
        *("LGPL-3.0-only", "LGPL-3.0-or-later", "MIT", "MIT-0", "MPL-1.1", "MPL-2.0", "MS-PL", "MS-RL"),
        *("MulanPSL-2.0", "NCSA", "OSL-3.0", "PostgreSQL", "Python-2.0", "Unicode-DFS-2016", "Unlicense", "UPL-1.0"),
        *("W3C", "Zlib", "ZPL-2.1"),
    }
)


def parse(text: str) -> str:
    """Return an SPDX identifier as it is written; what stands under none is called `LicenseRef-` and a name."""
    told = text.strip()
    if not _SPDX.fullmatch(told):
        raise LicenceError(
            "A licence is named by one SPDX identifier.", hint="MIT, for instance; your own rules: LicenseRef-Ours."
        )
    return next((one for one in OPEN if one.lower() == told.lower()), told)


def is_open(licence: str) -> bool:
    """Say whether a licence is one that was approved as open source."""
    return licence in OPEN
