# SPDX-License-Identifier: Apache-2.0
"""What the sign-in libraries report: the ways in that a person gains, uses and loses."""

import base64
import hashlib
from dataclasses import dataclass
from datetime import datetime

from glasshouse.domain.journal import commands as journal
from glasshouse.kernel.ids import Uid


@dataclass(frozen=True, slots=True)
class Passkey:
    """A credential's public half: its COSE key bytes, algorithm name and relying party."""

    cose: bytes
    algorithm: str
    rp: str

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the COSE key, in hexadecimal: what stands in a trust file."""
        return hashlib.sha256(self.cose).hexdigest()


def record_passkey_enrolled(person: Uid, passkey: Passkey, *, now: datetime) -> None:
    """Put the public key of a passkey in the ledger, so that closes signed with it verify offline."""
    with journal.transaction():
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


def record_authenticator_removed(person: Uid, *, now: datetime) -> None:
    """Record that a way in was removed."""
    _record("people.authenticator-removed", person, now)


def record_signed_in(person: Uid, *, now: datetime) -> None:
    """Record a sign-in."""
    _record("people.signed-in", person, now)


def record_signed_out(person: Uid, *, now: datetime) -> None:
    """Record a sign-out."""
    _record("people.signed-out", person, now)


def _record(kind: str, person: Uid, now: datetime) -> None:
    with journal.transaction():
        journal.record(kind, actor=person.text, at=now, subject=person)
