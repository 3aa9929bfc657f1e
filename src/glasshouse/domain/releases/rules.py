# SPDX-License-Identifier: Apache-2.0
"""Names of products and versions."""

import re

from glasshouse.domain.releases.errors import BadNameError

_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,78}[a-z0-9])?", re.ASCII)
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+~_:-]{0,79}", re.ASCII)


def check_names(product: str, version: str) -> None:
    """Raise unless both names can stand in a command and in an address."""
    if not _SLUG.fullmatch(product):
        raise BadNameError(
            f"Not a product's name: {product[:80]!r}", hint="Use lower-case letters, digits and inner hyphens: c-ares."
        )
    if not _VERSION.fullmatch(version):
        raise BadNameError(
            f"Not a version: {version[:80]!r}", hint="Use letters, digits and . + ~ _ : - after the first: 1.18.1-3."
        )
