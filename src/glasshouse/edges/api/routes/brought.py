# SPDX-License-Identifier: Apache-2.0
"""What visitors bring: handed in and used by their side, decided by a custodian who is told no name and no text.

Rules come in the body; an image is handed in on the page.
"""

import base64
import binascii
import io
from datetime import datetime
from http import HTTPStatus
from typing import Final, Self

from django.http import HttpRequest
from ninja import Field, Router, Schema, Status

from glasshouse.domain.admissions import commands, queries, rules
from glasshouse.domain.admissions.licences import MAX
from glasshouse.domain.admissions.values import MIB, Kind, NewBrought, Told
from glasshouse.domain.readingroom import commands as readingroom
from glasshouse.edges.api.auth import ACTING, DECIDING, SOURCE
from glasshouse.edges.api.shapes import Done, answering
from glasshouse.edges.http.viewer import viewer_of
from glasshouse.kernel import clock
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.errors import InvalidError
from glasshouse.kernel.ids import Uid

router: Final = Router(tags=["brought"])
_LONGEST: Final = 4 * MIB // 3 + 4


class Brought(Schema):
    """Something brought; `name` is null for the vendor. `trial` and `state` are names of ours, `why` our words."""

    uid: str
    engagement: str
    organisation: str
    kind: str
    name: str | None
    digest: str
    size: int
    licence: str
    is_open_licence: bool
    is_licence_waived: bool
    purpose: str
    state: str
    trial: str
    why: str
    tool: str
    rules: int
    languages: list[str]
    brought_at: datetime
    due_at: datetime
    is_late: bool
    settled_at: datetime | None
    reason: str

    @classmethod
    def of(cls, told: Told) -> Self:
        """Describe it as its reader may see it."""
        return cls(
            uid=told.uid.text,
            engagement=told.engagement_label,
            organisation=told.organisation,
            kind=told.kind.value,
            name=told.name or None,
            digest=str(told.digest),
            size=told.size,
            licence=told.licence,
            is_open_licence=told.is_open_licence,
            is_licence_waived=told.is_licence_waived,
            purpose=told.purpose,
            state=told.state.value,
            trial=told.tried.outcome.value,
            why=told.tried.why,
            tool=f"{told.tried.tool} {told.tried.version}".strip(),
            rules=told.tried.rules,
            languages=list(told.tried.languages),
            brought_at=told.brought_at,
            due_at=told.due_at,
            is_late=told.is_late,
            settled_at=told.settled_at,
            reason=told.reason,
        )


class HandedIn(Schema):
    """Rules that are handed in; `content` is base64."""

    engagement: str
    kind: Kind
    name: str = Field(min_length=1, max_length=rules.MAX_NAME)
    licence: str = Field(min_length=1, max_length=MAX)
    purpose: str = Field(min_length=1, max_length=rules.MAX_WORDS)
    content: str = Field(max_length=_LONGEST)


class Decided(Schema):
    """A custodian's word on exactly the bytes of a digest."""

    digest: str
    reason: str = Field(min_length=1, max_length=rules.MAX_WORDS)


class Admitted(Decided):
    """That they may be used here; a licence that is not open is waived or stands in the way."""

    waives_licence: bool = False


class RulesNamed(Schema):
    """Which admitted rules a scan runs."""

    brought: str


class ScanStarted(Schema):
    """The scan that was asked for, or that was under way with the same rules."""

    scan: str
    is_new: bool


@router.get("/brought", auth=SOURCE, response=answering(list[Brought]), url_name="brought")
def list_brought(request: HttpRequest) -> list[Brought]:
    """List what the caller's organisation brought; for a custodian, what everybody did, the waiting first."""
    viewer = viewer_of(request)
    if viewer.is_vendor:
        rules.check_decides(viewer)
    return [Brought.of(one) for one in queries.brought_of(viewer, clock.now())]


@router.post("/brought", auth=ACTING, response=answering(Brought, HTTPStatus.CREATED), url_name="hand_in")
def hand_in(request: HttpRequest, asked: HandedIn) -> Status[Brought]:
    """Hand rules in, sealed to the caller's organisation; they are tried soon, and a custodian's clock runs."""
    try:
        content = base64.b64decode(asked.content, validate=True)
    except binascii.Error as error:
        raise InvalidError("The content is not base64.") from error
    viewer, now = viewer_of(request), clock.now()
    at = Uid.parse(asked.engagement)
    new = NewBrought(at, asked.kind, asked.name, asked.licence, asked.purpose, io.BytesIO(content))
    made = commands.hand_in(viewer, new, now=now)
    return Status(HTTPStatus.CREATED, Brought.of(queries.brought(viewer, made, now)))


@router.get("/brought/{brought}", auth=SOURCE, response=answering(Brought), url_name="brought_one")
def one(request: HttpRequest, brought: str) -> Brought:
    """Show one thing that was brought."""
    return _one(request, brought)


@router.post("/brought/{brought}/admit", auth=DECIDING, response=answering(Brought), url_name="admit_brought")
def admit(request: HttpRequest, brought: str, asked: Admitted) -> Brought:
    """Admit exactly the bytes of a digest, for a custodian or lab manager."""
    commands.admit(
        viewer_of(request),
        Uid.parse(brought),
        asked.reason,
        digest=Digest.parse(asked.digest),
        waives_licence=asked.waives_licence,
        now=clock.now(),
    )
    return _one(request, brought)


@router.post("/brought/{brought}/refuse", auth=DECIDING, response=answering(Brought), url_name="refuse_brought")
def refuse(request: HttpRequest, brought: str, asked: Decided) -> Brought:
    """Refuse it; its content is removed."""
    digest = Digest.parse(asked.digest)
    commands.refuse(viewer_of(request), Uid.parse(brought), asked.reason, digest=digest, now=clock.now())
    return _one(request, brought)


@router.post("/brought/{brought}/withdraw", auth=ACTING, response=answering(Done), url_name="withdraw_brought")
def withdraw(request: HttpRequest, brought: str) -> Done:
    """Take back what the caller's organisation brought; a scan by it ends early."""
    uid, now = Uid.parse(brought), clock.now()
    commands.withdraw(viewer_of(request), uid, now=now)
    return Done(uid=uid.text, at=now)


@router.post(
    "/grants/{grant}/releases/{release}/brought-scans",
    auth=ACTING,
    response=answering(ScanStarted, HTTPStatus.CREATED),
    url_name="start_brought_scan",
)
def start(request: HttpRequest, grant: str, release: str, asked: RulesNamed) -> Status[ScanStarted]:
    """Ask for a scan by admitted rules under the caller's own grant, in an open visit; its organisation's alone."""
    at = (Uid.parse(grant), Uid.parse(release), Uid.parse(asked.brought))
    made = readingroom.start_brought_scan(viewer_of(request), *at, now=clock.now())
    return Status(HTTPStatus.CREATED, ScanStarted(scan=made.scan.uid, is_new=made.is_new))


def _one(request: HttpRequest, brought: str) -> Brought:
    return Brought.of(queries.brought(viewer_of(request), Uid.parse(brought), clock.now()))
