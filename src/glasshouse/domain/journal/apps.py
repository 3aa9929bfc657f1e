# SPDX-License-Identifier: Apache-2.0
"""The journal as a Django app."""

from django.apps import AppConfig


class JournalConfig(AppConfig):
    """The lowest room of the domain."""

    name = "glasshouse.domain.journal"
    label = "journal"
