# SPDX-License-Identifier: Apache-2.0
"""From request to signed terms in one go, by the product's own commands, each in the name of who may do it.

For the demo, the benchmarks and the tests of what comes after: they differ in how far both sides have come.
"""

import hashlib
import json
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from django.conf import settings
from fido2 import cbor

from glasshouse.domain.approvals.models import Proposal
from glasshouse.domain.approvals.values import Verdict
from glasshouse.domain.engagements import commands, queries
from glasshouse.domain.engagements.models import Engagement, Terms
from glasshouse.domain.engagements.values import (
    Amendment,
    Category,
    Depth,
    NewExportDecision,
    NewRequest,
    TermsKind,
    Vetting,
    Words,
)
from glasshouse.domain.people import commands as people
from glasshouse.domain.people import queries as people_queries
from glasshouse.domain.people.assertions import Assertion
from glasshouse.domain.people.models import Person
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.readingroom import commands as readingroom
from glasshouse.domain.releases import queries as releases
from glasshouse.domain.releases.models import Release
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.ids import Uid

LENGTH: Final = timedelta(days=3650)
_PRESENT_AND_VERIFIED: Final = 0x05


@dataclass(frozen=True, slots=True)
class Officers:
    """The vendor's three who arrange; `export` is the number of the decisions that the officer takes."""

    manager: Viewer
    custodian: Viewer
    officer: Viewer
    export: str = "EC-2026-1"


def engage(
    office: Officers,
    viewer: Viewer,
    taken: Sequence[Uid],
    *,
    now: datetime,
    depth: Depth = Depth.TARGETED,
    length: timedelta = LENGTH,
) -> Uid:
    """Return an open engagement of the viewer's organisation that covers them and these releases.

    Asks, vets, decides on the export and opens; where there is one of this product already, it is widened.
    """
    named = [releases.release(office.manager, uid) for uid in taken]
    found = Engagement.objects.filter(
        organisation__uid=viewer.organisation.text, product=named[0].product.uid, closed_at=None, depth=depth
    ).first()
    if found is None:
        return _open(office, viewer, named, now=now, depth=depth, length=length)
    uid = Uid(found.uid)
    if found.releases.keys() >= {one.text for one in taken} and found.people.filter(pk=viewer.row).exists():
        return uid
    if found.request is not None:
        everybody = sorted({viewer.uid, *queries.scope_of(found).people})
        _clear(office, Uid(found.request.uid), everybody, now, length)
    change = Amendment(releases=tuple(taken), people=(viewer.uid,))
    agree(office, commands.propose_amendment(office.manager, uid, change, now=now), now)
    return uid


def sign(engagement: Uid, *, now: datetime) -> None:
    """Let each person of an engagement sign its agreement, with a passkey that they have for this moment alone."""
    found = Engagement.objects.get(uid=engagement.text)
    signed = queries.signatures(found)
    for person in found.people.select_related("organisation"):
        if person.pk not in signed:
            _sign(people_queries.viewer(person), engagement, now)


def _open(
    office: Officers, viewer: Viewer, taken: Sequence[Release], *, now: datetime, depth: Depth, length: timedelta
) -> Uid:
    for kind in TermsKind:
        if not Terms.objects.filter(kind=kind).exists():
            commands.publish_terms(office.manager, kind, TEXTS[kind], now=now)
    wanted = NewRequest(
        category=Category.TESTS if depth == Depth.TEST_ONLY else Category.PRODUCT,
        depth=depth,
        words=Words(
            str(taken[0].product),
            taken[0].version,
            "To see for ourselves what we run.",
            tests="As the catalogue has them.",
        ),
        people=(Person.objects.get(uid=viewer.uid.text).email,),
        begins=now,
        ends=now + length,
    )
    request = Uid(commands.request_engagement(viewer, wanted, now=now).uid)
    commands.vet(office.manager, request, Vetting(releases=tuple(Uid(one.uid) for one in taken)), now=now)
    _clear(office, request, [viewer.uid], now, length)
    agree(office, commands.propose_opening(office.manager, request, now=now), now)
    return Uid(Engagement.objects.get(request__uid=request.text).uid)


def _clear(office: Officers, request: Uid, named: Sequence[Uid], now: datetime, length: timedelta) -> None:
    decision = NewExportDecision(
        number=office.export,
        product_class="5D002",
        people=tuple(named),
        until=now + length,
        countries=("BE",),
    )
    commands.decide_export(office.officer, request, decision, now=now)


def agree(office: Officers, proposal: Proposal, now: datetime) -> None:
    """Let the two who did not propose agree."""
    digest = Digest(bytes(proposal.digest))
    for viewer in (office.custodian, office.officer):
        readingroom.decide(viewer, Uid(proposal.uid), Verdict.AGREE, digest=digest, now=now)


def _sign(viewer: Viewer, engagement: Uid, now: datetime) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    point = key.public_key().public_numbers()
    # RFC 9053, 7.1.1: a key of two coordinates on P-256, for ES256.
    cose = cbor.encode({1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32, "big"), -3: point.y.to_bytes(32, "big")})
    credential = secrets.token_bytes(32)
    host = settings.GLASSHOUSE.url.split("//")[1].split(":")[0]
    people.record_passkey_enrolled(viewer.uid, people.NewPasskey(credential, cose, "ES256", host), now=now)
    asked = commands.prepare_signature(viewer, engagement, now=now)
    client = {
        "type": "webauthn.get",
        "challenge": urlsafe_b64encode(asked.challenge).rstrip(b"=").decode(),
        "origin": settings.GLASSHOUSE.url,
        "crossOrigin": False,
    }
    told = json.dumps(client).encode()
    answer = hashlib.sha256(host.encode()).digest() + bytes([_PRESENT_AND_VERIFIED]) + bytes(4)
    signature = key.sign(answer + hashlib.sha256(told).digest(), ec.ECDSA(SHA256()))
    commands.sign_terms(viewer, engagement, asked.text, Assertion(credential, answer, told, signature), now=now)
    people.record_passkey_removed(viewer.uid, credential, now=now)


TEXTS: Final = {
    TermsKind.RULES: """\
1. You read in the lab's pages alone. What you are shown is recorded before it is shown, and you get the record.
2. You keep nothing of the source; notes leave after two people have looked at them.
3. You may publish that you found something once its clock has run out, and never the source.
4. What you find is answered in writing; where it is not, the clock escalates it.
""",
    TermsKind.NDA: """\
You keep confidential what you are shown and what you learn from it, except where the law has you tell.

This ends three years after the engagement does.

It covers no verdict of yours: whether you trust the product, you may always say.
""",
}
