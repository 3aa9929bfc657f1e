# SPDX-License-Identifier: Apache-2.0
"""Raising findings, moving them on with a reason, and talking about them."""

import json
from collections.abc import Collection
from datetime import datetime
from typing import Final

from django.db import connection
from django.db.models import Max

from glasshouse.domain.detections.models import Detection
from glasshouse.domain.findings import queries, rules
from glasshouse.domain.findings.errors import FixNotNamedError, NoFindingError, StepNotPossibleError
from glasshouse.domain.findings.models import Finding, FindingDetection, FindingPlace
from glasshouse.domain.findings.values import FoundAt, NewFinding, State, Step
from glasshouse.domain.journal import commands as journal
from glasshouse.domain.journal import wording
from glasshouse.domain.journal.values import Fields, SourceFields
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.releases import vault
from glasshouse.domain.releases.models import Release
from glasshouse.domain.threads import commands as threads
from glasshouse.domain.threads import rules as thread_rules
from glasshouse.domain.threads.values import About, AboutKind, NewThread
from glasshouse.kernel.errors import InvalidError
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.texts import readable

_TOLD: Final = {
    Step.CONFIRM: "confirmed",
    Step.DISPUTE: "disputed",
    Step.FIX: "fixed",
    Step.VERIFY: "verified",
    Step.REOPEN: "reopened",
    Step.WITHDRAW: "withdrawn",
}
_MAX_PLACES: Final = 50


def raise_finding(viewer: Viewer, new: NewFinding, *, now: datetime) -> Uid:
    """Raise a finding, told to the product's owners at once; its clock follows its severity."""
    if viewer.is_vendor:
        raise NoFindingError
    title = readable(new.title, what="The title", limit=rules.MAX_TITLE)
    if "\n" in title:
        raise InvalidError("A title has one line.")
    words = readable(new.words, what="The description", limit=thread_rules.MAX_WORDS)
    if not 1 <= len(new.places) <= _MAX_PLACES:
        raise InvalidError(f"A finding has 1 to {_MAX_PLACES} places.")
    uid = Uid.new()
    kept = wording.keep(title, queries.title_sealer(new.engagement), context=uid.text)
    thread = NewThread(new.engagement, new.product, About(AboutKind.FINDING, uid), rules.clock_of(new.severity))
    with journal.transaction():
        made, digest = threads.start(viewer, thread, words, sealer=queries.thread_sealer(new.engagement), now=now)
        journal.record(
            "findings.raised",
            actor=viewer.uid.text,
            at=now,
            subject=uid,
            engagement=new.engagement,
            fields={
                "finding": {
                    "detections": [one.text for one in new.detections],
                    "severity": new.severity.value,
                    "title": str(kept.digest),
                },
                "words": digest,
            },
            source=SourceFields(
                new.product,
                vault.journal_sealer(new.product),
                {"places": [place.evidence() for place in new.places]},
            ),
        )
        # The chain is ours from `record` on, so numbers have no holes.
        last = Finding.objects.filter(engagement=new.engagement.text).aggregate(Max("number"))["number__max"] or 0
        row = Finding.objects.create(
            uid=uid.text,
            engagement=new.engagement.text,
            number=last + 1,
            product=new.product.text,
            title=kept.sealed,
            severity=new.severity,
            thread=made.uid,
            raised_at=now,
            moved_at=now,
        )
        FindingPlace.objects.bulk_create(_place(row, place, new.product) for place in new.places)
        behind = Detection.objects.filter(uid__in=[one.text for one in new.detections])
        FindingDetection.objects.bulk_create(FindingDetection(finding=row, detection=one) for one in behind)
    return uid


def take_step(
    viewer: Viewer, uid: Uid, step: Step, reason: str, *, reach: Collection[Uid], now: datetime, release: str = ""
) -> State:
    """Move a finding on with its reason; a claimed fix names the `release`, by uid, that holds it.

    Raises NoFindingError, StepNotYoursError, StepNotPossibleError, FixNotNamedError.
    """
    seen = queries.finding(viewer, uid, reach)
    rules.check_may_take(viewer, step)
    rules.check_fix(step, release)
    if release and not Release.objects.filter(uid=release, product__uid=seen.product).exists():
        raise FixNotNamedError("This is no release of the product.", hint="Import the release first.")
    words = readable(reason, what="The reason", limit=thread_rules.MAX_WORDS)
    sealer = queries.thread_sealer(Uid(seen.engagement))
    with journal.transaction():
        row = _locked(uid)
        before = State(row.state)
        row.state = rules.next_state(before, step)
        row.fixed_in, row.moved_at = _fixed_in(row, step, release), now
        row.save(update_fields=["state", "fixed_in", "moved_at"])
        thread = threads.locked(Uid(row.thread))
        # What is asked of the vendor anew starts its clock; what settles something, or answers, does not.
        is_asked = step == Step.REOPEN and not viewer.is_vendor
        speak = threads.say if is_asked or step in rules.SAID_BY_VENDOR else threads.settle
        digest = speak(viewer, thread, words, sealer=sealer, now=now)
        told: Fields = {"from": before.value, "release": release, "to": row.state}
        _record(viewer, row, _TOLD[step], now, {"finding": told, "words": digest})
    return State(row.state)


def comment(viewer: Viewer, uid: Uid, text: str, *, reach: Collection[Uid], now: datetime) -> None:
    """Say something of a finding; its state stays, and its clock moves as that of a question does."""
    seen = queries.finding(viewer, uid, reach)
    if not queries.may_comment(viewer, State(seen.state)):
        raise StepNotPossibleError("Nothing can be added to this finding by you.")
    words = readable(text, what="The comment", limit=thread_rules.MAX_WORDS)
    with journal.transaction():
        row = _locked(uid)
        sealer = queries.thread_sealer(Uid(row.engagement))
        digest = threads.say(viewer, threads.locked(Uid(row.thread)), words, sealer=sealer, now=now)
        _record(viewer, row, "commented", now, {"words": digest})


def _fixed_in(row: Finding, step: Step, release: str) -> str:
    if step == Step.FIX:
        return release
    return row.fixed_in if step == Step.VERIFY else ""


def _locked(uid: Uid) -> Finding:
    rows = Finding.objects.filter(uid=uid.text)
    if connection.features.has_select_for_update:
        rows = rows.select_for_update()
    return rows.get()


def _place(row: Finding, place: FoundAt, product: Uid) -> FindingPlace:
    told = json.dumps({"digest": str(place.digest), "path": str(place.path)}).encode()
    return FindingPlace(
        finding=row,
        release=place.release.text,
        blob=vault.blob_id(product, place.digest),
        first=place.span.first,
        last=place.span.last,
        sealed=vault.sealer(product, queries.PURPOSE).seal(told, context=row.uid.encode()),
    )


def _record(viewer: Viewer, row: Finding, what: str, now: datetime, fields: Fields) -> None:
    journal.record(
        f"findings.{what}",
        actor=viewer.uid.text,
        at=now,
        subject=Uid(row.uid),
        engagement=Uid(row.engagement),
        fields=fields,
    )
