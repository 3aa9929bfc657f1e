# SPDX-License-Identifier: Apache-2.0
"""The room as a Django app."""

from django.apps import AppConfig


class AdmissionsConfig(AppConfig):
    """Names the room's tables."""

    name = "glasshouse.domain.admissions"
    label = "admissions"
