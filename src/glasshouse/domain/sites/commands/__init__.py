# SPDX-License-Identifier: Apache-2.0
"""Verbs of sites."""

from glasshouse.domain.sites.commands.arrivals import arrive, change_escort, depart
from glasshouse.domain.sites.commands.bookings import book, cancel_booking
from glasshouse.domain.sites.commands.houses import (
    add_room,
    add_site,
    add_workstation,
    set_hours,
    set_retention,
    set_text,
)
from glasshouse.domain.sites.commands.keys import Asserted, assert_workstation, challenge, end_key, enrol_key

__all__ = [
    "Asserted",
    "add_room",
    "add_site",
    "add_workstation",
    "arrive",
    "assert_workstation",
    "book",
    "cancel_booking",
    "challenge",
    "change_escort",
    "depart",
    "end_key",
    "enrol_key",
    "set_hours",
    "set_retention",
    "set_text",
]
