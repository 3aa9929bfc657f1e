# SPDX-License-Identifier: Apache-2.0
"""What the sign-in libraries report: the ways in that a person gains, uses and loses."""

import base64
import hashlib
from dataclasses import dataclass
from datetime import datetime

from glasshouse.domain.journal import commands as journal
from glasshouse.domain.people.models import Passkey, Person
from glasshouse.kernel.ids import Uid


@dataclass(frozen=True, slots=True)
class NewPasskey:
    """A credential's public half: its id, COSE key bytes, algorithm name and relying party."""

    credential: bytes
    cose: bytes
    algorithm: str
    rp: str

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the COSE key, in hexadecimal: what stands in a trust file."""
        return hashlib.sha256(self.cose).hexdigest()


def record_passkey_enrolled(person: Uid, passkey: NewPasskey, *, now: datetime) -> None:
    """Put the public key of a passkey in the ledger, so that closes signed with it verify offline."""
    with journal.transaction():
        Passkey.objects.create(
            person=Person.objects.get(uid=person.text),
            credential=passkey.credential,
            cose=passkey.cose,
            fingerprint=passkey.fingerprint,
            enrolled_at=now,
        )
        journal.record(
            "people.passkey-enrolled",
            actor=person.text,
            at=now,
            subject=person,
            fields={
                "passkey": {
                    "algorithm": passkey.algorithm,
                    "cose": base64.b64encode(passkey.cose).decode("ascii"),
                    "fingerprint": passkey.fingerprint,
                    "rp": passkey.rp,
                }
            },
        )


def record_totp_enrolled(person: Uid, *, now: datetime) -> None:
    """Record that a person set up codes from an app; the secret is not recorded."""
    _record("people.totp-enrolled", person, now)


def record_recovery_codes_made(person: Uid, *, now: datetime) -> None:
    """Record that a person has new recovery codes."""
    _record("people.recovery-codes-made", person, now)


def record_passkey_removed(person: Uid, credential: bytes, *, now: datetime) -> None:
    """Record that a passkey was removed; closes that it signed before stay valid."""
    with journal.transaction():
        Passkey.objects.filter(person__uid=person.text, credential=credential).update(removed_at=now)
        journal.record("people.passkey-removed", actor=person.text, at=now, subject=person)


def record_totp_removed(person: Uid, *, now: datetime) -> None:
    """Record that codes from an app no longer let a person in."""
    _record("people.totp-removed", person, now)


def record_signed_in(person: Uid, *, now: datetime) -> None:
    """Record a sign-in."""
    _record("people.signed-in", person, now)


def record_signed_out(person: Uid, *, now: datetime) -> None:
    """Record a sign-out."""
    _record("people.signed-out", person, now)


def _record(kind: str, person: Uid, now: datetime) -> None:
    with journal.transaction():
        journal.record(kind, actor=person.text, at=now, subject=person)
