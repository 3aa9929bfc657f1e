# SPDX-License-Identifier: Apache-2.0
"""The room as a Django app."""

from django.apps import AppConfig


class ScansConfig(AppConfig):
    """Names the room's tables."""

    name = "glasshouse.domain.scans"
    label = "scans"
