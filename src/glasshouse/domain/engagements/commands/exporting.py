# SPDX-License-Identifier: Apache-2.0
"""The export decision: one named officer's, before anything is opened; taken again when it ends or covers too few."""

from datetime import datetime

from django.db.models import QuerySet

from glasshouse.domain.access import commands as access
from glasshouse.domain.access.models import Grant
from glasshouse.domain.engagements import queries, rules
from glasshouse.domain.engagements.commands.locking import locked_request, move
from glasshouse.domain.engagements.commands.notifying import tell_both, tell_next
from glasshouse.domain.engagements.commands.requests import check_sites
from glasshouse.domain.engagements.errors import NotCoveredError
from glasshouse.domain.engagements.models import Engagement, ExportDecision
from glasshouse.domain.engagements.values import NewExportDecision, Step
from glasshouse.domain.journal import commands as journal
from glasshouse.domain.people.models import Person
from glasshouse.domain.people.viewer import Viewer
from glasshouse.kernel import clock
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.texts import readable

_MAX_NUMBER = 80


def decide_export(viewer: Viewer, uid: Uid, new: NewExportDecision, *, now: datetime) -> ExportDecision:
    """Decide that these persons may read this class of product at these places until then.

    The newest decision counts, so one that is taken again says everything anew, and grants that it does not cover are
    revoked in the same moment. It is refused by `refuse`.
    """
    queries.request(viewer, uid)
    rules.check_office(viewer, Step.CLEAR)
    number = readable(new.number, what="The decision's number", limit=_MAX_NUMBER)
    product_class = readable(new.product_class, what="The class of product", limit=_MAX_NUMBER)
    check_sites(viewer, new.sites)
    with journal.transaction():
        request = locked_request(uid)
        rules.check_independent(request.vetted_by_id, viewer.row)
        engagement = getattr(request, "engagement", None)
        if engagement is not None:
            rules.check_open(closed_at=engagement.closed_at, ends=None, now=now)
        named = [Uid(person.uid) for person in queries.may_be_covered(request)]
        rules.check_export(new, named=named, now=now)
        move(request, Step.CLEAR, now)
        decision = ExportDecision.objects.create(
            uid=Uid.new().text,
            request=request,
            number=number,
            officer_id=viewer.row,
            product_class=product_class,
            sites=sorted(site.text for site in set(new.sites)),
            countries=sorted(set(new.countries)),
            decided_at=now,
            until=new.until,
        )
        decision.people.set(Person.objects.filter(uid__in=[person.text for person in new.people]))
        journal.record(
            "engagements.export-decided",
            actor=viewer.uid.text,
            at=now,
            subject=uid,
            engagement=Uid(engagement.uid) if engagement else None,
            fields={
                "decision": {
                    "class": product_class,
                    "countries": decision.countries,
                    "number": number,
                    "people": sorted(person.text for person in set(new.people)),
                    "sites": decision.sites,
                    "until": clock.to_text(new.until),
                }
            },
        )
        tell_next(request, Step.PROPOSE, "cleared", now=now)
        if engagement is not None:
            _revoke_uncovered(engagement, decision, actor=viewer.uid.text, now=now)
    return decision


def withdraw_export(viewer: Viewer, uid: Uid, reason: str, *, now: datetime) -> None:
    """End the export decision that stands for a request; grants that rest on it are revoked in the same moment."""
    queries.request(viewer, uid)
    rules.check_office(viewer, Step.CLEAR)
    told = readable(reason, what="The reason", limit=rules.MAX_TEXT)
    with journal.transaction():
        request = locked_request(uid)
        standing = queries.standing_export(request, now)
        if standing is None:
            raise NotCoveredError("No export decision stands for this request.")
        ExportDecision.objects.filter(pk=standing.pk).update(ended_at=now)
        engagement = getattr(request, "engagement", None)
        journal.record(
            "engagements.export-withdrawn",
            actor=viewer.uid.text,
            at=now,
            subject=uid,
            engagement=Uid(engagement.uid) if engagement else None,
            fields={"number": standing.number, "reason": told},
        )
        if engagement is None:
            tell_next(request, Step.PROPOSE, "export-withdrawn", now=now)
        else:
            revoke_grants(Uid(engagement.uid), actor=viewer.uid.text, now=now)
            tell_both(engagement, "export-withdrawn", by=viewer.row, now=now)


def _revoke_uncovered(engagement: Engagement, decision: ExportDecision, *, actor: str, now: datetime) -> None:
    """End the grants that the decision of before covered and this one does not."""
    named = set(decision.people.values_list("pk", flat=True))
    for grant in _live_grants(Uid(engagement.uid), now):
        is_covered = rules.covers_place(decision.sites, decision.countries, grant.sites)
        if not is_covered or grant.ends > decision.until or grant.holder_id not in named:
            access.revoke(grant, actor=actor, now=now)


def revoke_grants(engagement: Uid, *, actor: str, now: datetime) -> None:
    """End every grant of an engagement that is not ended yet, inside the caller's transaction."""
    for grant in _live_grants(engagement, now):
        access.revoke(grant, actor=actor, now=now)


def revoke_outlasting(engagement: Engagement, *, actor: str, now: datetime) -> None:
    """End the grants that would outlast an engagement whose end came nearer, inside the caller's transaction."""
    for grant in _live_grants(Uid(engagement.uid), now).filter(ends__gt=engagement.ends):
        access.revoke(grant, actor=actor, now=now)


def _live_grants(engagement: Uid, now: datetime) -> QuerySet[Grant]:
    return Grant.objects.filter(engagement=engagement.text, revoked_at=None, ends__gt=now).order_by("pk")
