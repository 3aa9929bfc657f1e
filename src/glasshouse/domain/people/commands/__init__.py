# SPDX-License-Identifier: Apache-2.0
"""Verbs of people."""

from glasshouse.domain.people.commands.devices import (
    approve_device,
    collect_device,
    start_device,
    waiting_device,
)
from glasshouse.domain.people.commands.persons import (
    DemoPassword,
    Enrolment,
    NewPerson,
    add_person,
    new_link,
    redeem_link,
    set_demo_password,
)
from glasshouse.domain.people.commands.signins import (
    Passkey,
    record_authenticator_removed,
    record_passkey_enrolled,
    record_recovery_codes_made,
    record_signed_in,
    record_signed_out,
    record_totp_enrolled,
)

__all__ = [
    "DemoPassword",
    "Enrolment",
    "NewPerson",
    "Passkey",
    "add_person",
    "approve_device",
    "collect_device",
    "new_link",
    "record_authenticator_removed",
    "record_passkey_enrolled",
    "record_recovery_codes_made",
    "record_signed_in",
    "record_signed_out",
    "record_totp_enrolled",
    "redeem_link",
    "set_demo_password",
    "start_device",
    "waiting_device",
]
