# SPDX-License-Identifier: Apache-2.0
"""Names of products and versions; who says how a product is read."""

import re

from glasshouse.domain.people.values import Role
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.releases.errors import BadNameError, ReleaseUnknownError

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


def check_may_set(viewer: Viewer) -> None:
    """Raise unless the viewer owns products of the vendor: how the vendor's source is shown is the vendor's to say."""
    if not viewer.is_vendor:
        raise ReleaseUnknownError
    viewer.check_role(Role.PRODUCT_OWNER)
