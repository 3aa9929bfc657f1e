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
    forget_person,
    new_link,
    redeem_link,
    set_demo_password,
)
from glasshouse.domain.people.commands.signins import (
    NewPasskey,
    record_passkey_enrolled,
    record_passkey_removed,
    record_recovery_codes_made,
    record_signed_in,
    record_signed_out,
    record_totp_enrolled,
    record_totp_removed,
)

__all__ = [
    "DemoPassword",
    "Enrolment",
    "NewPasskey",
    "NewPerson",
    "add_person",
    "approve_device",
    "collect_device",
    "forget_person",
    "new_link",
    "record_passkey_enrolled",
    "record_passkey_removed",
    "record_recovery_codes_made",
    "record_signed_in",
    "record_signed_out",
    "record_totp_enrolled",
    "record_totp_removed",
    "redeem_link",
    "set_demo_password",
    "start_device",
    "waiting_device",
]
