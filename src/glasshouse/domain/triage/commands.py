# SPDX-License-Identifier: Apache-2.0
"""Giving verdicts. Each is one act with one reason, on one detection or some hundreds, and one entry of the journal."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from glasshouse.domain.access.models import Grant
from glasshouse.domain.access.values import Patterns
from glasshouse.domain.journal import commands as journal
from glasshouse.domain.journal import wording
from glasshouse.domain.journal.values import Fields, Json
from glasshouse.domain.notices import commands as notices
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.releases import reliances
from glasshouse.domain.releases.reliances import Ground
from glasshouse.domain.triage import opening, queries, rules
from glasshouse.domain.triage.errors import NoDetectionError, NotPossibleError, UnusableVerdictError
from glasshouse.domain.triage.models import LinkReason, Reason, Verdict, VerdictOn
from glasshouse.domain.triage.values import NewVerdict, Origin, Scope, Side, Spot, State, Told
from glasshouse.kernel import clock
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.lines import Span
from glasshouse.kernel.paths import TreePath
from glasshouse.kernel.texts import readable


def judge(
    viewer: Viewer,
    scope: Scope,
    detections: Sequence[Uid],
    new: NewVerdict,
    *,
    now: datetime,
    origin: Origin = Origin.WORD,
) -> Uid:
    """Give one verdict on some detections that the scope covers, all or none, with one reason; return its uid.

    With the origin of a suppression it makes what the source proposes a verdict of the viewer's, who answers for it.
    Raises NoDetectionError, NotYoursToJudgeError, NotPossibleError, UnusableVerdictError.
    """
    rules.check_verdict(new, now, is_wide=False)
    wanted = list(dict.fromkeys(detections))
    if not 1 <= len(wanted) <= rules.MAX_AT_ONCE:
        raise UnusableVerdictError(f"A verdict is on 1 to {rules.MAX_AT_ONCE} detections.")
    spots = queries.spots(viewer, scope, wanted)
    if origin == Origin.SUPPRESSION and not all(spot.is_suppressed for spot in spots):
        raise NotPossibleError("The source suppresses not all of these.")
    with journal.transaction():
        fixes = queries.fixes(scope.release.product, spots, now) if _is_of_fix(new) else {}
        for spot in spots:
            rules.check_may_say(
                viewer, new.state, fixes.get(spot.row, rules.Fix(is_claimed=False, claimed_by=())), spot.state
            )
        row, told = _write(viewer, scope, new, origin, now)
        on = [VerdictOn(uid=Uid.new().text, verdict=row, detection_id=spot.row) for spot in spots]
        VerdictOn.objects.bulk_create(on)
        grounds = {Uid(one.uid): _grounds(spot) for one, spot in zip(on, spots, strict=True)}
        reliances.rely_all(scope.release, queries.KIND, grounds, actor=viewer.uid.text, now=now)
        _record(viewer, scope, row, {**told, "detections": [spot.uid.text for spot in spots]}, now)
    return Uid(row.uid)


def judge_rule(viewer: Viewer, scope: Scope, detection: Uid, pattern: str, new: NewVerdict, *, now: datetime) -> Uid:
    """Give one verdict on all detections of a detection's rule under a path pattern, those to come too, for a time."""
    rules.check_verdict(new, now, is_wide=True)
    patterns = Patterns.of((pattern,))
    (spot,) = queries.spots(viewer, scope, [detection])
    with journal.transaction():
        row, told = _write(viewer, scope, new, Origin.WORD, now)
        uid = Uid.new().text
        sealed = opening.seal_pattern(patterns, Uid(row.sealed_for), scope.release.product, uid)
        VerdictOn.objects.create(uid=uid, verdict=row, rule_id=spot.rule, pattern=sealed)
        _record(viewer, scope, row, {**told, "rule_of": spot.uid.text}, now)
    return Uid(row.uid)


def tell_of_lapses(release: Uid, subjects: Sequence[Uid], now: datetime) -> None:
    """Tell who gave verdicts whose lines a release changed, inside the transaction that judged it.

    A visitor who has no grant that names the release does not hear of it: there may be no such release to them.
    """
    on = VerdictOn.objects.filter(uid__in=[one.text for one in subjects]).select_related("verdict")
    spoke = {(one.verdict.author_id, one.verdict.engagement) for one in on}
    for person in sorted({person for person, engagement in spoke if _may_hear(person, engagement, release, now)}):
        name = f"verdicts-lapsed:{release}:{person}"
        notices.tell_once(name, [person], "triage.verdicts-lapsed", subject=release, route="verdicts-of", now=now)


def forget_reasons(person: int) -> None:
    """Remove the reasons that a person kept to their own side, in their erasure; what the other party read stays."""
    Reason.objects.filter(verdict__author_id=person, verdict__is_shared=False).delete()
    LinkReason.objects.filter(link__author_id=person).delete()


def _side(viewer: Viewer, scope: Scope) -> Side:
    side = rules.side_of(viewer)
    if (side == Side.VISITOR) != (scope.engagement is not None):
        raise NoDetectionError
    return side


def _is_of_fix(new: NewVerdict) -> bool:
    return new.state in {State.FIX_CLAIMED, State.FIX_VERIFIED}


def _write(
    viewer: Viewer, scope: Scope, new: NewVerdict, origin: Origin, now: datetime
) -> tuple[Verdict, dict[str, Json]]:
    """Write a verdict without what it is on, and return it with what its entry tells of it."""
    side = _side(viewer, scope)
    reason = readable(new.reason, what="The reason", limit=rules.MAX_REASON)
    told = Told(new.state, new.justification, rules.rating_of(new))
    is_shared = new.is_shared or side != Side.VISITOR
    is_between = new.is_shared and scope.engagement is not None
    sealed_for = scope.engagement if is_between and scope.engagement else viewer.organisation
    uid = Uid.new().text
    row = Verdict.objects.create(
        uid=uid,
        product=scope.release.product.text,
        release=scope.release.uid.text,
        side=side,
        organisation=viewer.organisation.text,
        engagement=scope.engagement.text if scope.engagement else "",
        is_shared=is_shared,
        sealed_for=sealed_for.text,
        author_id=viewer.row,
        origin=origin,
        told=opening.key_of(sealed_for).seal(told.to_bytes(), context=uid.encode()),
        at=now,
        expires_at=new.expires_at,
    )
    kept = wording.keep(reason, opening.key_of(sealed_for), context=uid)
    Reason.objects.create(verdict=row, sealed=kept.sealed)
    return row, {
        "expires": clock.to_text(new.expires_at) if new.expires_at else "",
        "justification": new.justification.value if new.justification else "",
        "origin": origin.value,
        "severity": told.rating.severity.value if told.rating.severity else "",
        "side": side.value,
        "state": new.state.value,
        "vector": told.rating.vector,
        "words": str(kept.digest),
    }


def _grounds(spot: Spot) -> list[Ground]:
    """Return the lines that a verdict rests on; none where the release has no such file any more."""
    if spot.path is None or spot.digest is None:
        return []
    span = Span(spot.first, max(spot.first, spot.last)) if spot.first else None
    return [Ground(Digest(spot.digest), TreePath(spot.path), span)]


def _record(viewer: Viewer, scope: Scope, row: Verdict, told: Mapping[str, Json], now: datetime) -> None:
    # What a visitor keeps to their side the vendor cannot open: the entry says only that somebody judged.
    fields: Fields = {"release": scope.release.evidence(), "verdict": dict(told)}
    journal.record(
        "triage.judged",
        actor=viewer.uid.text,
        at=now,
        subject=Uid(row.uid),
        engagement=scope.engagement,
        fields=fields if row.is_shared else None,
        visitor=None if row.is_shared else fields,
    )


def _may_hear(person: int, engagement: str, release: Uid, now: datetime) -> bool:
    if not engagement:
        return True
    grants = Grant.objects.filter(holder_id=person, engagement=engagement, revoked_at=None, ends__gt=now)
    return grants.filter(releases__release=release.text).exists()
