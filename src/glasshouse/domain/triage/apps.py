# SPDX-License-Identifier: Apache-2.0
"""The room as a Django app."""

from django.apps import AppConfig


class TriageConfig(AppConfig):
    """Names the room's tables."""

    name = "glasshouse.domain.triage"
    label = "triage"
