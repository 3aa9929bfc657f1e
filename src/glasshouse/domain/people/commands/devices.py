# SPDX-License-Identifier: Apache-2.0
"""Signing in a terminal: it shows a code, the person approves it in the browser (after RFC 8628)."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from glasshouse.domain.journal import commands as journal
from glasshouse.domain.people.errors import DeviceCodeError, DevicePendingError
from glasshouse.domain.people.models import DeviceSignIn, Person
from glasshouse.domain.people.viewer import Viewer
from glasshouse.kernel.ids import Uid

# No vowels: no words; no look-alikes (RFC 8628, 6.1).
LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
MINUTES = 10


@dataclass(frozen=True, slots=True)
class DeviceCode:
    """What the terminal keeps (`secret`) and what its person compares (`user_code`)."""

    secret: str
    user_code: str
    until: datetime


def start_device(terminal: str, *, now: datetime) -> DeviceCode:
    """Begin a device sign-in; nobody is signed in yet, so nothing is journalled."""
    secret = secrets.token_urlsafe(32)
    letters = "".join(secrets.choice(LETTERS) for _ in range(8))
    code = f"{letters[:4]}-{letters[4:]}"
    until = now + timedelta(minutes=MINUTES)
    DeviceSignIn.objects.filter(until__lt=now - timedelta(days=1)).delete()
    DeviceSignIn.objects.create(device_digest=_digest(secret), user_code=code, terminal=terminal[:200], until=until)
    return DeviceCode(secret, code, until)


def waiting_device(user_code: str, *, now: datetime) -> DeviceSignIn:
    """Return the sign-in that waits under this code."""
    waiting = DeviceSignIn.objects.filter(user_code=user_code.strip().upper(), until__gt=now, approved_at=None).first()
    if waiting is None:
        raise DeviceCodeError("No terminal waits under this code.", hint="Start again with `glasshouse login`.")
    return waiting


def approve_device(viewer: Viewer, user_code: str, *, now: datetime) -> None:
    """Let the terminal that shows this code act as the viewer."""
    with journal.transaction():
        waiting = waiting_device(user_code, now=now)
        if not DeviceSignIn.objects.filter(pk=waiting.pk, approved_at=None).update(
            approved_at=now, person_id=viewer.row
        ):
            raise DeviceCodeError("This code was answered already.")
        journal.record("people.device-approved", actor=viewer.uid.text, at=now, subject=viewer.uid)


def collect_device(secret: str, *, now: datetime) -> Person:
    """Return whose session the terminal may now open, once."""
    waiting = DeviceSignIn.objects.select_related("person").filter(device_digest=_digest(secret)).first()
    if waiting is None or waiting.until <= now or waiting.collected_at is not None:
        raise DeviceCodeError("This sign-in has ended.", hint="Start again with `glasshouse login`.")
    if waiting.person is None:
        raise DevicePendingError("Nobody has approved this sign-in yet.")
    with journal.transaction():
        if not DeviceSignIn.objects.filter(pk=waiting.pk, collected_at=None).update(collected_at=now):
            raise DeviceCodeError("This sign-in was used already.")
        person = waiting.person
        journal.record("people.device-signed-in", actor=person.uid, at=now, subject=Uid(person.uid))
    return person


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
