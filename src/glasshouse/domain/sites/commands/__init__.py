# SPDX-License-Identifier: Apache-2.0
"""Verbs of sites."""

from glasshouse.domain.sites.commands.arrivals import arrive, change_escort, depart, forget_arrivals
from glasshouse.domain.sites.commands.bookings import book, cancel_booking
from glasshouse.domain.sites.commands.houses import (
    add_room,
    add_site,
    add_workstation,
    close_site,
    set_hours,
    set_retention,
    set_text,
)
from glasshouse.domain.sites.commands.keys import (
    Asserted,
    assert_workstation,
    challenge,
    end_key,
    enrol_key,
    retire_workstation,
)
from glasshouse.domain.sites.commands.retention import Forgotten, acknowledge_notice, forget_past

__all__ = [
    "Asserted",
    "Forgotten",
    "acknowledge_notice",
    "add_room",
    "add_site",
    "add_workstation",
    "arrive",
    "assert_workstation",
    "book",
    "cancel_booking",
    "challenge",
    "change_escort",
    "close_site",
    "depart",
    "end_key",
    "enrol_key",
    "forget_arrivals",
    "forget_past",
    "retire_workstation",
    "set_hours",
    "set_retention",
    "set_text",
]
