# SPDX-License-Identifier: Apache-2.0
"""The ways search says no."""

from glasshouse.kernel.errors import InvalidError


class PatternError(InvalidError):
    """The pattern cannot be searched as it was typed."""

    code = "search.pattern"
