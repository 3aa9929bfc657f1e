# SPDX-License-Identifier: Apache-2.0
"""Finding requests, engagements, terms, clearance.

The vendor's arrangers see all, and so does its auditor, who changes nothing; a visitor sees what names them.
"""

from collections.abc import Mapping
from datetime import datetime

from django.db.models import Q, QuerySet

from glasshouse.domain.engagements import rules
from glasshouse.domain.engagements.errors import NoTermsError
from glasshouse.domain.engagements.models import Agreement, Engagement, ExportDecision, Request, Signature, Terms
from glasshouse.domain.engagements.values import Category, Clearance, Depth, Scope, State, Step, TermsKind
from glasshouse.domain.people.models import Person
from glasshouse.domain.people.values import Role
from glasshouse.domain.people.viewer import Viewer
from glasshouse.kernel import clock
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.errors import NotFoundError
from glasshouse.kernel.ids import Uid

ARRANGERS = (Role.LAB_MANAGER, Role.CUSTODIAN, Role.EXPORT_OFFICER)


def arranges(viewer: Viewer) -> bool:
    """Say whether the viewer is of the vendor's people who bring requests on."""
    return viewer.is_vendor and viewer.may_act_as(*ARRANGERS)


def sees_all(viewer: Viewer) -> bool:
    """Say whether the viewer sees each request and what came of it: who arranges, and who audits them."""
    return arranges(viewer) or (viewer.is_vendor and viewer.may_act_as(Role.AUDITOR))


def requests_of(viewer: Viewer) -> QuerySet[Request]:
    """Return the requests that the viewer may see, newest first: a visitor's are those they made or are named in."""
    rows = Request.objects.select_related("organisation", "asked_by").order_by("-asked_at", "-pk")
    if viewer.is_vendor:
        return rows if sees_all(viewer) else rows.none()
    return rows.filter(Q(asked_by_id=viewer.row) | Q(people=viewer.row)).distinct()


def awaiting(viewer: Viewer) -> list[tuple[Step, list[Request]]]:
    """Return the requests whose next step is the viewer's, oldest first, by that step; others have none."""
    found = []
    for state, step in rules.AWAITED.items():
        if viewer.is_vendor and viewer.may_act_as(*rules.ROLES[step]):
            rows = requests_of(viewer).filter(state=state).order_by("asked_at", "pk")
            # Whoever vetted a request takes no export decision on it.
            found.append((step, list(rows.exclude(vetted_by_id=viewer.row) if step == Step.CLEAR else rows)))
    return [(step, rows) for step, rows in found if rows]


def request(viewer: Viewer, uid: Uid) -> Request:
    """Return one request that the viewer may see."""
    found = requests_of(viewer).filter(uid=uid.text).first()
    if found is None:
        raise NotFoundError
    return found


def engagements_of(viewer: Viewer) -> QuerySet[Engagement]:
    """Return the engagements that the viewer may see, newest first; closed ones too."""
    rows = Engagement.objects.select_related("organisation", "request__asked_by").order_by("-opened_at", "-pk")
    if viewer.is_vendor:
        return rows if sees_all(viewer) else rows.none()
    mine = Q(people=viewer.row) | Q(request__asked_by_id=viewer.row)
    return rows.filter(mine, organisation__uid=viewer.organisation.text).distinct()


def engagements_naming(viewer: Viewer) -> QuerySet[Engagement]:
    """Return the engagements that the viewer may see and is named in, closed ones too."""
    return engagements_of(viewer).filter(people=viewer.row)


def open_engagements(viewer: Viewer, now: datetime) -> QuerySet[Engagement]:
    """Return the engagements that the viewer may see and that are open at this moment."""
    return engagements_of(viewer).filter(closed_at=None, ends__gt=now)


def open_labels(person: int, now: datetime) -> list[str]:
    """Return the labels of open engagements that name a person, for the rooms that would erase them."""
    rows = Engagement.objects.filter(Q(ends=None) | Q(ends__gt=now), people=person, closed_at=None)
    return list(rows.order_by("opened_at").values_list("label", flat=True))


def engagement_by_name(viewer: Viewer, name: str) -> Engagement:
    """Return one engagement that the viewer may see, by its label or uid."""
    found = engagements_of(viewer).filter(Q(label=name) | Q(uid=name)).first()
    if found is None:
        raise NotFoundError
    return found


def engagement(viewer: Viewer, uid: Uid) -> Engagement:
    """Return one engagement that the viewer may see."""
    found = engagements_of(viewer).filter(uid=uid.text).first()
    if found is None:
        raise NotFoundError
    return found


def terms_of_kind(kind: TermsKind) -> QuerySet[Terms]:
    """Return the versions of a text, newest first. Whoever belongs to a party may read them."""
    return Terms.objects.filter(kind=kind).order_by("-version")


def unpublished(viewer: Viewer) -> int:
    """Return how many of the texts that an agreement pins are published in no version, for who publishes them."""
    if not viewer.is_vendor or not viewer.may_act_as(Role.LAB_MANAGER):
        return 0
    return len(TermsKind) - Terms.objects.values("kind").distinct().count()


def newest_terms() -> list[Terms]:
    """Return the newest version of each text that an agreement pins; raise when the lab lacks one."""
    found = []
    for kind in TermsKind:
        newest = terms_of_kind(kind).first()
        if newest is None:
            raise NoTermsError(
                f"The lab has published no {kind.label} yet.", hint="The lab manager publishes the lab's terms first."
            )
        found.append(newest)
    return found


def terms_shown(kind: TermsKind, version: int) -> Terms:
    """Return one version of a text; whoever belongs to a party may read them all."""
    found = terms_of_kind(kind).filter(version=version).first()
    if found is None:
        raise NotFoundError
    return found


def may_be_covered(found: Request) -> QuerySet[Person]:
    """Return whom an export decision on a request may name.

    Those whom the request names; once it is opened any reviewer of the organisation, for whoever an amendment is to
    add is decided on before it.
    """
    people: QuerySet[Person] = Person.objects.filter(is_active=True, organisation_id=found.organisation_id)
    if found.state != State.OPENED:
        return people.filter(pk__in=found.people.values("pk")).order_by("name")
    return people.filter(roles__role=Role.REVIEWER).order_by("name")


def newest_export(found: Request) -> ExportDecision | None:
    """Return the last export decision on a request, whether it stands or not."""
    return found.exports.order_by("-decided_at", "-pk").first()


def standing_export(found: Request, now: datetime) -> ExportDecision | None:
    """Return the export decision that stands for a request at this moment."""
    newest = newest_export(found)
    is_standing = newest is not None and newest.ended_at is None and now < newest.until
    return newest if is_standing else None


def scope_asked(found: Request) -> Scope:
    """Return what a vetted request would open."""
    return Scope(
        category=Category(found.category),
        depth=Depth(found.depth),
        product=found.product,
        service=found.service,
        releases=_roots(found.releases),
        people=frozenset(Uid(person.uid) for person in found.people.all()),
        begins=found.begins,
        ends=found.ends,
    )


def scope_of(found: Engagement) -> Scope:
    """Return an engagement's present scope."""
    return Scope(
        category=Category(found.category),
        depth=Depth(found.depth),
        product=found.product,
        service=found.service,
        releases=_roots(found.releases),
        people=frozenset(Uid(person.uid) for person in found.people.all()),
        begins=found.begins or found.opened_at,
        ends=found.ends or found.opened_at,
    )


def scope_from(statement: Mapping[str, object]) -> Scope:
    """Read the scope that a statement holds."""
    people, named = statement["people"], statement["releases"]
    return Scope(
        category=Category(str(statement["category"])),
        depth=Depth(str(statement["depth"])),
        product=str(statement["product"]),
        service=str(statement["service"]),
        releases=_roots(named if isinstance(named, dict) else {}),
        people=frozenset(Uid(str(uid)) for uid in (people if isinstance(people, list) else [])),
        begins=clock.parse(str(statement["begins"])),
        ends=clock.parse(str(statement["ends"])),
    )


def agreement_of(found: Engagement) -> Agreement | None:
    """Return an engagement's present agreement; none was made where it was opened before there were any."""
    return found.agreements.filter(number=found.agreement).first()


def signatures(found: Engagement) -> dict[int, Signature]:
    """Return who has signed the present agreement, by row of the person."""
    rows = Signature.objects.filter(agreement__engagement=found, agreement__number=found.agreement)
    return {row.person_id: row for row in rows}


def unsigned_people(found: Engagement) -> QuerySet[Person]:
    """Return an engagement's people who have not signed its present agreement."""
    rows = Signature.objects.filter(agreement__engagement=found, agreement__number=found.agreement)
    return found.people.exclude(pk__in=rows.values("person"))


def unsigned(viewer: Viewer, now: datetime) -> list[Engagement]:
    """Return the open engagements that name the viewer and that they have not signed as they stand."""
    named = open_engagements(viewer, now).filter(people=viewer.row)
    return [found for found in named if viewer.row not in signatures(found)]


def clearance(uid: Uid, person: int, now: datetime) -> Clearance:
    """Return what a grant of this person in an engagement may rest on now; for the rooms that judged who asks."""
    found = Engagement.objects.select_related("request").filter(uid=uid.text).first()
    if found is None:
        raise NotFoundError
    ends = found.ends or found.opened_at
    export = standing_export(found.request, now) if found.request else None
    is_covered = export is not None and export.people.filter(pk=person).exists()
    return Clearance(
        is_open=found.closed_at is None and now < ends,
        is_named=found.people.filter(pk=person).exists(),
        has_signed=person in signatures(found),
        reads=found.depth != Depth.TEST_ONLY,
        sites=frozenset(Uid(site) for site in export.sites) if export and is_covered else frozenset(),
        countries=frozenset(export.countries) if export and is_covered else frozenset(),
        until=min(ends, export.until) if export else ends,
        export=export.number if export else "",
        releases=frozenset(Uid(release) for release in found.releases),
    )


def _roots(stored: Mapping[str, str]) -> dict[Uid, Digest]:
    return {Uid(uid): Digest.parse(root) for uid, root in stored.items()}
