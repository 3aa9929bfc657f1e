# SPDX-License-Identifier: Apache-2.0
"""Verbs of sites."""

from glasshouse.domain.sites.commands.bookings import book, cancel_booking
from glasshouse.domain.sites.commands.houses import (
    add_room,
    add_site,
    add_workstation,
    set_hours,
    set_retention,
    set_text,
)

__all__ = [
    "add_room",
    "add_site",
    "add_workstation",
    "book",
    "cancel_booking",
    "set_hours",
    "set_retention",
    "set_text",
]
