# SPDX-License-Identifier: Apache-2.0
"""The room as a Django app."""

from django.apps import AppConfig


class AccessConfig(AppConfig):
    """Names the room's tables."""

    name = "glasshouse.domain.access"
    label = "access"
