# SPDX-License-Identifier: Apache-2.0
"""The edge as a Django app."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """Brings the static files, the shared cache's table and the sign-in libraries' signals."""

    name = "glasshouse.edges.web"
    label = "web"

    def ready(self) -> None:
        """Connect the signals of the sign-in libraries."""
        from glasshouse.edges.web import signals  # noqa: PLC0415 -- models exist from here on, not before

        signals.connect()
