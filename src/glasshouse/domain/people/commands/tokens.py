# SPDX-License-Identifier: Apache-2.0
"""Tokens: a program reads a little in its person's name, for at most ninety days, and never source."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from glasshouse.domain.journal import commands as journal
from glasshouse.domain.people.models import Scope, Token
from glasshouse.domain.people.viewer import Viewer
from glasshouse.kernel.errors import InvalidError, NotFoundError
from glasshouse.kernel.ids import Uid

PREFIX: Final = "ght_"  # so that scanners of leaked secrets know one when they see it
MAX_DAYS: Final = 90
MAX_NAME: Final = 80


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token that was just made; `secret` is shown once and kept nowhere."""

    uid: Uid
    secret: str
    until: datetime


def make_token(viewer: Viewer, name: str, scopes: Sequence[Scope], days: int, *, now: datetime) -> NewToken:
    """Make a token for these scopes that ends after 1 to 90 days."""
    wanted = sorted(set(scopes))
    if not 1 <= len(name.strip()) <= MAX_NAME or not wanted:
        raise InvalidError("A token has a name of up to 80 characters and at least one scope.")
    if not 1 <= days <= MAX_DAYS:
        raise InvalidError(f"A token ends after 1 to {MAX_DAYS} days, not {days}.", hint="Make another when it ends.")
    secret = PREFIX + secrets.token_urlsafe(32)
    uid, until = Uid.new(), now + timedelta(days=days)
    with journal.transaction():
        Token.objects.create(
            uid=uid.text,
            person_id=viewer.row,
            name=name.strip(),
            scopes=wanted,
            secret_digest=digest_of(secret),
            made_at=now,
            until=until,
        )
        journal.record(
            "people.token-made",
            actor=viewer.uid.text,
            at=now,
            subject=uid,
            fields={"days": days, "scopes": [scope.value for scope in wanted]},
            personal={"name": name.strip()},
        )
    return NewToken(uid, secret, until)


def revoke_token(viewer: Viewer, uid: Uid, *, now: datetime) -> None:
    """End one of the viewer's own tokens at once; ending it again changes nothing."""
    with journal.transaction():
        mine = Token.objects.filter(uid=uid.text, person_id=viewer.row)
        if not mine.exists():
            raise NotFoundError
        if mine.filter(revoked_at=None).update(revoked_at=now):
            journal.record("people.token-revoked", actor=viewer.uid.text, at=now, subject=uid)


def digest_of(secret: str) -> bytes:
    """Return what is kept of a token's secret: it has 256 random bits, so one plain hash suffices."""
    return hashlib.sha256(secret.encode()).digest()
