# SPDX-License-Identifier: Apache-2.0
"""Promises: a commitment signed by the web's key at the moment of showing.

A visitor who keeps promises can show later that an entry was promised and is missing. The key that signs them is
delegated by an entry of the log (`ledger.web-key-delegated`), so a verifier needs no further trust.
"""

import functools
import os
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from django.conf import settings

from glasshouse.domain.journal.commands.recording import record, transaction
from glasshouse.domain.journal.values import Recorded
from glasshouse.engines.ledger import commitments
from glasshouse.engines.ledger.encoding import to_base64
from glasshouse.kernel import clock
from glasshouse.kernel.errors import ConflictError

KEY_LIFE = timedelta(days=730)


@dataclass(frozen=True, slots=True)
class Promise:
    """The signature over one commitment, and the key that made it."""

    signature: bytes
    key: bytes

    @property
    def header(self) -> str:
        """Return the form that a response carries: key and signature in base64."""
        return f"{to_base64(self.key)} {to_base64(self.signature)}"


def delegate_key(actor: str, *, now: datetime) -> None:
    """Make the web's key and put its public half in the ledger; the file is 0600 and never in a backup."""
    path = settings.GLASSHOUSE.web / "promise.key"
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    key = Ed25519PrivateKey.generate()
    with transaction():
        record(
            "ledger.web-key-delegated",
            actor=actor,
            at=now,
            fields={
                "key": {
                    "algorithm": "ed25519",
                    "from": clock.to_text(now),
                    "public": to_base64(_public(key)),
                    "until": clock.to_text(now + KEY_LIFE),
                }
            },
        )
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption()))
    _key.cache_clear()


def promise(recorded: Recorded) -> Promise:
    """Sign the commitment of an engagement's event; call after its transaction has committed."""
    if recorded.engagement is None or recorded.number is None:
        raise TypeError("only an engagement's events are promised")
    key = _key()
    text = commitments.promise_text(
        settings.GLASSHOUSE.origin, recorded.engagement.text, recorded.number, recorded.commitment
    )
    return Promise(key.sign(text), _public(key))


@functools.cache
def _key() -> Ed25519PrivateKey:
    path = settings.GLASSHOUSE.web / "promise.key"
    try:
        return Ed25519PrivateKey.from_private_bytes(path.read_bytes())
    except FileNotFoundError as error:
        raise ConflictError(
            "This lab has no key for promises, so nothing is shown.", hint="Run `glasshouse init` again."
        ) from error


def _public(key: Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
