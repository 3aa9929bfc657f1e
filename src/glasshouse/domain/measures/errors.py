# SPDX-License-Identifier: Apache-2.0
"""The ways measures say no."""

from glasshouse.kernel.errors import ConflictError


class MeasuresBusyError(ConflictError):
    """The product is being measured by another process or thread."""

    code = "measures.busy"


class NotMeasuredError(ConflictError):
    """Nothing is known of this release yet."""

    code = "measures.not-measured"
