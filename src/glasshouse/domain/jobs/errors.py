# SPDX-License-Identifier: Apache-2.0
"""How jobs says no."""

from glasshouse.kernel.errors import ConflictError


class StaleTokenError(ConflictError):
    """The job was claimed by another worker meanwhile."""

    code = "jobs.stale-token"
