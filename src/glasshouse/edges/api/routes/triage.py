# SPDX-License-Identifier: Apache-2.0
"""What people say of what tools found. The vendor's people name a release, a visitor the grant that leads there too.

Reasons and patterns may tell of source, so these routes answer a session and no token.
"""

from datetime import datetime
from http import HTTPStatus
from typing import Final

from django.http import HttpRequest
from ninja import Field, Router, Schema, Status

from glasshouse.domain.findings.rules import MAX_TITLE
from glasshouse.domain.findings.values import Severity as Grade
from glasshouse.domain.readingroom import commands, triaging
from glasshouse.domain.readingroom.triaging import Where
from glasshouse.domain.threads.rules import MAX_WORDS
from glasshouse.domain.triage import queries
from glasshouse.domain.triage.errors import UnusableVerdictError
from glasshouse.domain.triage.rules import MAX_AT_ONCE, MAX_REASON
from glasshouse.domain.triage.values import Entry, Justification, NewVerdict, Opinion, Origin, State, severity
from glasshouse.edges.api.auth import ACTING, SOURCE
from glasshouse.edges.api.shapes import answering
from glasshouse.edges.http.viewer import viewer_of
from glasshouse.kernel import clock
from glasshouse.kernel.ids import Uid

router: Final = Router(tags=["triage"])
_GRANT: Final = "A visitor's grant; empty for the vendor's people."


class AskedVerdict(Schema):
    """One verdict with one reason. With a `pattern` it is on the rule of the one detection that is named."""

    grant: str = Field("", description=_GRANT)
    detections: list[str] = Field(min_length=1, max_length=MAX_AT_ONCE)
    pattern: str = Field("", max_length=400, description="Paths such as src/**; such a verdict ends within a year.")
    state: State
    reason: str = Field(max_length=MAX_REASON)
    expires_at: datetime | None = None
    justification: Justification | None = None
    vector: str = Field("", max_length=400, description="CVSS 3.0, 3.1 or 4.0.")
    severity: Grade | None = Field(None, description="What a vector of 4.0 comes to, or a word without a vector.")
    is_shared: bool = Field(default=False, description="The vendor reads it too.")
    from_suppression: bool = Field(default=False, description="It takes up what the source suppresses.")


class AskedPut(Schema):
    """A finding at the lines of detections, in words for both parties."""

    detections: list[str] = Field(min_length=1, max_length=MAX_AT_ONCE)
    title: str = Field(max_length=MAX_TITLE)
    severity: Grade
    words: str = Field(max_length=MAX_WORDS)


class Made(Schema):
    """What was made."""

    uid: str


class Counts(Schema):
    """How many detections that tools see in a release the caller's side has judged how.

    `ask_again` are counted in their state too. `suppressed` are proposals of the source that nobody took up.
    """

    states: dict[str, int]
    ask_again: int
    suppressed: int


class Held(Schema):
    """Where a side stands on a detection; `who` is empty for those who do not learn which visitor it is."""

    side: str
    who: str
    is_mine: bool
    state: str
    asks_again: bool
    given_at: datetime
    expires_at: datetime | None

    @classmethod
    def of(cls, one: Opinion) -> "Held":
        """Describe an opinion."""
        given = one.standing.given
        return cls(
            side=one.side.value,
            who=one.who,
            is_mine=one.is_mine,
            state=one.standing.state.value,
            asks_again=one.standing.asks_again,
            given_at=given.at,
            expires_at=given.expires_at,
        )


class Said(Schema):
    """One verdict in a detection's history; `reason` is null once its author was erased."""

    uid: str
    side: str
    who: str
    is_mine: bool
    state: str
    vex_status: str
    justification: str
    vector: str
    severity: str
    reason: str | None
    given_at: datetime
    expires_at: datetime | None
    has_expired: bool
    counts: bool
    version: str
    pattern: str
    is_shared: bool
    origin: str

    @classmethod
    def of(cls, one: Entry) -> "Said":
        """Describe a verdict."""
        told = one.told
        return cls(
            uid=one.uid.text,
            side=one.side.value,
            who=one.who,
            is_mine=one.is_mine,
            state=told.state.value,
            vex_status=one.vex.value,
            justification=told.justification.value if told.justification else "",
            vector=told.rating.vector,
            severity=told.rating.severity.value if told.rating.severity else "",
            reason=one.reason,
            given_at=one.at,
            expires_at=one.expires_at,
            has_expired=one.has_expired,
            counts=one.counts,
            version=one.version,
            pattern=one.pattern,
            is_shared=one.is_shared,
            origin=one.origin.value,
        )


class Judged(Schema):
    """What is held of a detection, and every verdict on it that the caller reads, the oldest first."""

    opinions: list[Held]
    verdicts: list[Said]


@router.post(
    "/detections/{release}/verdicts", auth=ACTING, response=answering(Made, HTTPStatus.CREATED), url_name="verdicts"
)
def judge(request: HttpRequest, release: str, asked: AskedVerdict) -> Status[Made]:
    """Give one verdict on some detections, all or none of them."""
    viewer, where = viewer_of(request), _where(release, asked.grant)
    detections = [Uid.parse(one) for one in asked.detections]
    new = NewVerdict(
        asked.state,
        asked.reason,
        expires_at=asked.expires_at,
        justification=asked.justification,
        vector=asked.vector,
        severity=severity(asked.severity or ""),
        is_shared=asked.is_shared,
    )
    if not asked.pattern:
        origin = Origin.SUPPRESSION if asked.from_suppression else Origin.WORD
        uid = commands.judge(viewer, where, detections, new, now=clock.now(), origin=origin)
    elif len(detections) == 1:
        uid = commands.judge_rule(viewer, where, detections[0], asked.pattern, new, now=clock.now())
    else:
        raise UnusableVerdictError("A verdict on a rule names one detection of it.")
    return Status(HTTPStatus.CREATED, Made(uid=uid.text))


@router.get("/detections/{release}/verdicts", auth=SOURCE, response=answering(Counts), url_name="verdict_counts")
def counts(request: HttpRequest, release: str, grant: str = "") -> Counts:
    """Count the detections of a release by what the caller's side says of them."""
    viewer, now = viewer_of(request), clock.now()
    told = queries.tally(viewer, triaging.scope_of(viewer, _where(release, grant), now), now)
    states = {state.value: count for state, count in told.states.items()}
    return Counts(states=states, ask_again=told.ask_again, suppressed=told.suppressed)


@router.get(
    "/detections/{release}/{detection}/verdicts", auth=SOURCE, response=answering(Judged), url_name="detection_verdicts"
)
def judged(request: HttpRequest, release: str, detection: str, grant: str = "") -> Judged:
    """Return what is held of one detection, and all that was said of it."""
    viewer, now = viewer_of(request), clock.now()
    scope = triaging.scope_of(viewer, _where(release, grant), now)
    (spot,) = queries.spots(viewer, scope, [Uid.parse(detection)])
    return Judged(
        opinions=[Held.of(one) for one in queries.opinions(viewer, scope, [spot], now)[spot.row]],
        verdicts=[Said.of(one) for one in queries.history(viewer, scope, spot, now)],
    )


@router.post(
    "/grants/{grant}/releases/{release}/detections/findings",
    auth=ACTING,
    response=answering(Made, HTTPStatus.CREATED),
    url_name="detections_finding",
)
def raise_finding(request: HttpRequest, grant: str, release: str, asked: AskedPut) -> Status[Made]:
    """Put detections to the vendor as a finding, which is answered within the clock of its severity."""
    uid = commands.raise_from_detections(
        viewer_of(request),
        Where(Uid.parse(release), Uid.parse(grant)),
        [Uid.parse(one) for one in asked.detections],
        title=asked.title,
        severity=asked.severity,
        words=asked.words,
        now=clock.now(),
    )
    return Status(HTTPStatus.CREATED, Made(uid=uid.text))


def _where(release: str, grant: str) -> Where:
    return Where(Uid.parse(release), Uid.parse(grant) if grant else None)
