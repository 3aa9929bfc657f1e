# SPDX-License-Identifier: Apache-2.0
"""Beginning and closing visits. The close is the visitor's own word, signed by their passkey."""

import base64
import hashlib
import json
from collections.abc import Mapping
from datetime import datetime

import rfc8785
from cryptography.exceptions import InvalidSignature
from django.conf import settings
from django.db.models import Max
from fido2 import cbor
from fido2.cose import CoseKey

from glasshouse.domain.access import rules
from glasshouse.domain.journal import commands as journal
from glasshouse.domain.journal import queries as journal_queries
from glasshouse.domain.people.models import Passkey
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.readingroom import queries
from glasshouse.domain.readingroom.errors import CloseNotSignedError, VisitClosedError
from glasshouse.domain.readingroom.models import Engagement, Visit
from glasshouse.domain.readingroom.values import Assertion, CloseStatement
from glasshouse.kernel.ids import Uid

_USER_PRESENT, _USER_VERIFIED = 0x01, 0x04


def begin_visit(viewer: Viewer, grant: Uid, release: Uid, *, now: datetime) -> Visit:
    """Open a visit in a grant's engagement, or return the one that is open."""
    room = queries.room(viewer, grant, release)
    rules.check_is_open(room.terms, now)
    with journal.transaction():
        engagement = Engagement.objects.get(uid=room.engagement.text)
        open_visit = engagement.visits.filter(person_id=viewer.row, closed_at=None).first()
        if open_visit is not None:
            return open_visit
        number = (engagement.visits.aggregate(Max("number"))["number__max"] or 0) + 1
        uid = Uid.new()
        recorded = journal.record(
            "readingroom.visit-opened",
            actor=viewer.uid.text,
            at=now,
            subject=uid,
            engagement=room.engagement,
            fields={"visit": {"number": number, "uid": uid.text}},
        )
        return Visit.objects.create(
            uid=uid.text,
            engagement=engagement,
            person_id=viewer.row,
            number=number,
            opened_at=now,
            first=recorded.number or 0,
        )


def prepare_close(viewer: Viewer, visit: Uid) -> CloseStatement:
    """Return what the passkey signs: the visit's first and last number, its count of entries, the last commitment."""
    found = _open_visit(viewer, visit)
    events = journal_queries.events_of_subject(visit)
    first, last = events[0], events[-1]
    text = rfc8785.dumps(
        {
            "count": len(events),
            "engagement": found.engagement.uid,
            "first": first.number,
            "head": last.commitment.hex(),
            "last": last.number,
            "origin": settings.GLASSHOUSE.origin,
            "visit": visit.text,
        }
    )
    challenge = hashlib.sha256(b"glasshouse/visit-close/v1\n" + text).digest()
    return CloseStatement(visit, text, challenge, len(events), first.number, last.number)


def close_visit(
    viewer: Viewer, visit: Uid, *, now: datetime, statement: bytes | None = None, assertion: Assertion | None = None
) -> Visit:
    """End a visit, with the passkey's word on its statement, or without: the receipt then says unacknowledged."""
    found = _open_visit(viewer, visit)
    engagement = Uid(found.engagement.uid)
    close = None
    if statement is not None and assertion is not None:
        _check_statement(viewer, visit, statement)
        close = _checked_close(viewer, statement, assertion)
    with journal.transaction():
        # The condition in the UPDATE decides between two tabs.
        if not Visit.objects.filter(pk=found.pk, closed_at=None).update(closed_at=now, close=close):
            raise VisitClosedError("This visit was closed before.")
        recorded = journal.record(
            "readingroom.visit-closed",
            actor=viewer.uid.text,
            at=now,
            subject=visit,
            engagement=engagement,
            fields={"close": {"statement": hashlib.sha256(statement or b"").hexdigest(), "visit": visit.text}},
        )
        Visit.objects.filter(pk=found.pk).update(last=recorded.number)
    found.refresh_from_db()
    return found


def _open_visit(viewer: Viewer, visit: Uid) -> Visit:
    found = queries.visit(viewer, visit)
    if found.closed_at is not None:
        raise VisitClosedError("This visit was closed before.", hint="Its receipt is under My record.")
    return found


def _check_statement(viewer: Viewer, visit: Uid, statement: bytes) -> None:
    if statement != prepare_close(viewer, visit).text:
        raise CloseNotSignedError(
            "Something was shown since you began to close, or this close is of another visit.",
            hint="Load the page again and close then.",
        )


def _checked_close(viewer: Viewer, statement: bytes, assertion: Assertion) -> dict[str, str]:
    """Verify a WebAuthn assertion over the statement (W3C Web Authentication 3, 7.2) and return it for keeping."""
    key = Passkey.objects.filter(credential=assertion.credential, person_id=viewer.row, removed_at=None).first()
    if key is None:
        raise CloseNotSignedError("This passkey is not one of yours.")
    challenge = hashlib.sha256(b"glasshouse/visit-close/v1\n" + statement).digest()
    try:
        client = json.loads(assertion.client_data)
        told = base64.urlsafe_b64decode(client["challenge"] + "==")
        origin, kind = client["origin"], client["type"]
    except (ValueError, KeyError, TypeError) as error:
        raise CloseNotSignedError("The passkey's answer is malformed.") from error
    if kind != "webauthn.get" or told != challenge or origin != settings.GLASSHOUSE.url:
        raise CloseNotSignedError("The passkey answered another question.")
    data = assertion.authenticator_data
    host = settings.GLASSHOUSE.url.split("//", 1)[1].split(":")[0].split("/")[0]
    wanted = _USER_PRESENT | _USER_VERIFIED
    if len(data) < 37 or data[:32] != hashlib.sha256(host.encode()).digest() or data[32] & wanted != wanted:  # noqa: PLR2004 -- 6.1: hash, flags, counter
        raise CloseNotSignedError("The passkey did not check who holds it.")
    try:
        cose = cbor.decode(bytes(key.cose))
        if not isinstance(cose, Mapping):
            raise CloseNotSignedError("The passkey that was enrolled is malformed.")
        CoseKey.parse(cose).verify(data + hashlib.sha256(assertion.client_data).digest(), assertion.signature)
    except InvalidSignature as error:
        raise CloseNotSignedError("The passkey's signature does not hold.") from error
    return {
        "authenticator_data": base64.b64encode(data).decode(),
        "client_data": base64.b64encode(assertion.client_data).decode(),
        "credential": key.fingerprint,
        "signature": base64.b64encode(assertion.signature).decode(),
        "statement": base64.b64encode(statement).decode(),
    }
