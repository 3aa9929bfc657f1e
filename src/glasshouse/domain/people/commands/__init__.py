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
from glasshouse.domain.people.commands.sessions import (
    MAX_REASON,
    SEEN_EVERY,
    confirm_session,
    end_other_sessions,
    end_session,
    end_session_of,
    forget_sign_ins,
    keep_to_limit,
    note_seen,
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
from glasshouse.domain.people.commands.tokens import NewToken, make_token, revoke_token
from glasshouse.domain.people.models import Scope

__all__ = [
    "MAX_REASON",
    "SEEN_EVERY",
    "DemoPassword",
    "Enrolment",
    "NewPasskey",
    "NewPerson",
    "NewToken",
    "Scope",
    "add_person",
    "approve_device",
    "collect_device",
    "confirm_session",
    "end_other_sessions",
    "end_session",
    "end_session_of",
    "forget_person",
    "forget_sign_ins",
    "keep_to_limit",
    "make_token",
    "new_link",
    "note_seen",
    "record_passkey_enrolled",
    "record_passkey_removed",
    "record_recovery_codes_made",
    "record_signed_in",
    "record_signed_out",
    "record_totp_enrolled",
    "record_totp_removed",
    "redeem_link",
    "revoke_token",
    "set_demo_password",
    "start_device",
    "waiting_device",
]
