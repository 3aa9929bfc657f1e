# SPDX-License-Identifier: Apache-2.0
"""Terms: published in versions, pinned by digest in agreements, signed by each person with their passkey."""

import hashlib
from datetime import datetime

import rfc8785
from django.conf import settings
from django.db import connection

from glasshouse.domain.engagements import queries, rules
from glasshouse.domain.engagements.commands.locking import locked_engagement
from glasshouse.domain.engagements.commands.notifying import ask_to_sign, tell_arrangers
from glasshouse.domain.engagements.commands.opening import agree_anew
from glasshouse.domain.engagements.errors import AgreementChangedError, AlreadySignedError, NotNamedError
from glasshouse.domain.engagements.models import Agreement, Engagement, Signature, Terms
from glasshouse.domain.engagements.values import SignatureAsked, Step, TermsKind
from glasshouse.domain.journal import commands as journal
from glasshouse.domain.people import queries as people
from glasshouse.domain.people.assertions import Assertion
from glasshouse.domain.people.values import Role
from glasshouse.domain.people.viewer import Viewer
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.errors import NotFoundError
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.texts import readable


def publish_terms(viewer: Viewer, kind: TermsKind, text: str, *, now: datetime) -> Terms:
    """Publish the next version of a text. What was pinned or signed before stays as it is."""
    if not viewer.is_vendor:
        raise NotFoundError
    viewer.check_role(Role.LAB_MANAGER)
    kept = readable(text, what="The text", limit=rules.MAX_TERMS)
    digest = Digest.of(kept.encode())
    with journal.transaction():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:  # versions count up; two texts may be published at once
                cursor.execute("LOCK TABLE engagements_terms IN SHARE ROW EXCLUSIVE MODE")
        newest = queries.terms_of_kind(kind).first()
        if newest is not None and bytes(newest.digest) == digest.raw:
            raise AlreadySignedError("This is the version that holds.", hint="Publish a text that differs.")
        version = (newest.version if newest else 0) + 1
        made = Terms.objects.create(
            kind=kind, version=version, text=kept, digest=digest.raw, published_by_id=viewer.row, published_at=now
        )
        journal.record(
            "engagements.terms-published",
            actor=viewer.uid.text,
            at=now,
            fields={"terms": {"digest": str(digest), "kind": kind.value, "version": version}},
        )
    return made


def renew_terms(viewer: Viewer, uid: Uid, *, now: datetime) -> Agreement:
    """Pin the newest terms to an open engagement; each person signs anew before they are shown more."""
    queries.engagement(viewer, uid)
    rules.check_office(viewer, Step.PROPOSE)
    with journal.transaction():
        engagement = locked_engagement(uid)
        rules.check_open(closed_at=engagement.closed_at, ends=engagement.ends, now=now)
        pinned = queries.agreement_of(engagement)
        if pinned is not None and set(pinned.terms.all()) == set(queries.newest_terms()):
            raise AgreementChangedError("This engagement has the newest terms.")
        agreement = agree_anew(engagement, now=now)
        journal.record(
            "engagements.terms-renewed",
            actor=viewer.uid.text,
            at=now,
            subject=uid,
            engagement=uid,
            fields={"agreement": {"digest": bytes(agreement.digest).hex(), "number": agreement.number}},
        )
        ask_to_sign(engagement, "terms-renewed", now=now)
    return agreement


def prepare_signature(viewer: Viewer, uid: Uid, *, now: datetime, shown: int | None = None) -> SignatureAsked:
    """Return what the viewer's passkey signs for an engagement's present agreement.

    `shown` is the number of the agreement that stands on the page; raises AgreementChangedError for another one.
    """
    engagement = queries.engagement(viewer, uid)
    rules.check_open(closed_at=engagement.closed_at, ends=engagement.ends, now=now)
    asked = _asked(viewer, engagement)
    if shown is not None and shown != asked.agreement:
        raise AgreementChangedError("Terms or scope have just changed.", hint="Load the page again and read them.")
    return asked


def sign_terms(viewer: Viewer, uid: Uid, statement: bytes, assertion: Assertion, *, now: datetime) -> Signature:
    """Take the passkey's word on an agreement; refuse when it is on any other than the present one."""
    queries.engagement(viewer, uid)
    challenge = rules.agreement_challenge(statement)
    key = people.key_that_signed(viewer, assertion, challenge=challenge, url=settings.GLASSHOUSE.url)
    with journal.transaction():
        engagement = locked_engagement(uid)
        rules.check_open(closed_at=engagement.closed_at, ends=engagement.ends, now=now)
        if statement != _asked(viewer, engagement).text:
            raise AgreementChangedError(
                "Terms or scope have changed since you read them.", hint="Load the page again and read what is new."
            )
        agreement = engagement.agreements.get(number=engagement.agreement)
        if agreement.signatures.filter(person_id=viewer.row).exists():
            raise AlreadySignedError("You have signed this.")
        word = {**assertion.kept(key.fingerprint), "statement": statement.decode("ascii")}
        journal.record(
            "engagements.terms-signed",
            actor=viewer.uid.text,
            at=now,
            subject=uid,
            engagement=uid,
            fields={
                "agreement": {"digest": bytes(agreement.digest).hex(), "number": agreement.number},
                "statement": hashlib.sha256(statement).hexdigest(),
            },
            personal={"word": word},
        )
        made = Signature.objects.create(agreement=agreement, person_id=viewer.row, signed_at=now, word=word)
        if not queries.unsigned_people(engagement).exists():
            tell_arrangers(engagement, "signed", now=now)
    return made


def _asked(viewer: Viewer, engagement: Engagement) -> SignatureAsked:
    agreement = queries.agreement_of(engagement)
    if agreement is None or not engagement.people.filter(pk=viewer.row).exists():
        raise NotNamedError("This engagement does not name you; nothing is asked of you.")
    text = rfc8785.dumps(
        {
            "agreement": bytes(agreement.digest).hex(),
            "engagement": engagement.uid,
            "origin": settings.GLASSHOUSE.origin,
            "person": viewer.uid.text,
        }
    )
    return SignatureAsked(Uid(engagement.uid), agreement.number, text, rules.agreement_challenge(text))
