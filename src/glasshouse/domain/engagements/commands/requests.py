# SPDX-License-Identifier: Apache-2.0
"""Asking for an engagement, taking the wish back, vetting it, refusing it."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from glasshouse.domain.engagements import queries, rules
from glasshouse.domain.engagements.commands.locking import locked_organisation, locked_request, move
from glasshouse.domain.engagements.commands.notifying import tell_asker, tell_next
from glasshouse.domain.engagements.errors import ManyRequestsError, NotOfYourOrganisationError, OutsideScopeError
from glasshouse.domain.engagements.models import Request
from glasshouse.domain.engagements.values import Category, Ground, NewRequest, State, Step, Vetting, Words
from glasshouse.domain.journal import commands as journal
from glasshouse.domain.journal.values import Fields
from glasshouse.domain.people.models import Person
from glasshouse.domain.people.values import Role, plain_address
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.releases import queries as releases
from glasshouse.domain.releases.models import Release
from glasshouse.domain.sites import queries as sites
from glasshouse.kernel import clock
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.errors import InvalidError, NotFoundError
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.texts import readable


def request_engagement(viewer: Viewer, new: NewRequest, *, now: datetime) -> Request:
    """Ask for an engagement in the visitor's own words.

    Whether a product of that name exists is not looked up here, so neither the answer nor its time tells.
    """
    if viewer.is_vendor:
        raise NotFoundError
    words = _checked(new.words, new.category)
    if new.ends <= now:
        raise InvalidError("A request ends in the future.")
    people = _colleagues(viewer, new.people)
    check_sites(viewer, new.sites)
    uid = Uid.new()
    with journal.transaction():
        organisation = locked_organisation(viewer.organisation)  # two requests at once are counted one by one
        waiting = Request.objects.filter(organisation=organisation, settled_at=None).count()
        if waiting >= rules.MAX_OPEN_REQUESTS:
            raise ManyRequestsError(
                f"{waiting} requests of your organisation wait for an answer; that many may.",
                hint="Withdraw one that you no longer need.",
            )
        recorded = journal.record(
            "engagements.requested",
            actor=viewer.uid.text,
            at=now,
            subject=uid,
            fields=_asked(viewer, new, words, people),
            personal={"interests": words.interests},
        )
        request = Request.objects.create(
            uid=uid.text,
            organisation=organisation,
            country=organisation.country,
            asked_by_id=viewer.row,
            asked_at=now,
            words=recorded.uid.text,
            sites=sorted(site.text for site in new.sites),
            category=new.category,
            depth=new.depth,
            begins=new.begins,
            ends=new.ends,
        )
        request.people.set(people)
        tell_next(request, Step.VET, "requested", now=now)
    return request


def _asked(viewer: Viewer, new: NewRequest, words: Words, people: Sequence[Person]) -> Fields:
    return {
        "request": {
            "begins": clock.to_text(new.begins),
            "category": new.category.value,
            "depth": new.depth.value,
            "ends": clock.to_text(new.ends),
            "organisation": viewer.organisation.text,
            "people": sorted(person.uid for person in people),
            "sites": sorted(site.text for site in new.sites),
        },
        "words": {
            "named": words.named,
            "purpose": words.purpose,
            "tests": words.tests,
            "tools": words.tools,
            "version": words.version,
        },
    }


def withdraw_request(viewer: Viewer, uid: Uid, *, now: datetime) -> Request:
    """Take a request back before it is opened; its own organisation's named people may, and who asked."""
    if viewer.is_vendor:
        raise NotFoundError
    queries.request(viewer, uid)
    with journal.transaction():
        request = locked_request(uid)
        move(request, Step.WITHDRAW, now)
        journal.record("engagements.withdrawn", actor=viewer.uid.text, at=now, subject=uid)
        tell_next(request, Step.VET, "withdrawn", now=now)
    return request


def vet(viewer: Viewer, uid: Uid, found: Vetting, *, now: datetime) -> Request:
    """Say what a request means here, and that nothing speaks against it so far; the export decision is next."""
    queries.request(viewer, uid)
    rules.check_office(viewer, Step.VET)
    note = readable(found.note, what="The note", may_be_empty=True, limit=rules.MAX_TEXT)
    rows = [releases.release(viewer, release) for release in dict.fromkeys(found.releases)]
    with journal.transaction():
        request = locked_request(uid)
        request.vetted_by_id = viewer.row
        request.product, request.service = _meant(Category(request.category), found, rows)
        request.releases = {row.uid: str(Digest(bytes(row.root))) for row in rows}
        move(request, Step.VET, now, "vetted_by", "product", "service", "releases")
        journal.record(
            "engagements.vetted",
            actor=viewer.uid.text,
            at=now,
            subject=uid,
            fields={
                "note": note,
                "scope": {"product": request.product, "releases": request.releases, "service": request.service},
            },
        )
        tell_next(request, Step.CLEAR, "vetted", but=[viewer.row], now=now)
    return request


def refuse(viewer: Viewer, uid: Uid, ground: Ground, reason: str, *, now: datetime) -> Request:
    """Refuse a request with a ground from the closed list and a reason that both parties keep."""
    request = queries.request(viewer, uid)
    rules.check_office(viewer, Step.VET, Step.CLEAR)
    told = readable(reason, what="The reason", limit=rules.MAX_TEXT)
    with journal.transaction():
        request = locked_request(uid)
        may = rules.refused_by(State(request.state))
        if may:
            viewer.check_role(*sorted(may))
        if not may and request.state == State.PROPOSED:
            rules.next_state(State.OPENED, Step.REFUSE)  # two people have the word now; theirs is a decision
        if viewer.may_act_as(Role.EXPORT_OFFICER) and request.state == State.VETTED:
            rules.check_independent(request.vetted_by_id, viewer.row)
        record_refusal(request, ground, told, actor=viewer.uid.text, now=now)
    return request


def record_refusal(request: Request, ground: Ground, reason: str, *, actor: str, now: datetime) -> None:
    """Refuse a request inside the caller's transaction; who may is judged."""
    request.ground = ground
    move(request, Step.REFUSE, now, "ground")
    journal.record(
        "engagements.refused",
        actor=actor,
        at=now,
        subject=Uid(request.uid),
        fields={"ground": ground.value, "reason": reason},
    )
    tell_asker(request, "refused", now=now)


def check_sites(viewer: Viewer, named: Iterable[Uid]) -> None:
    """Raise unless each of these is one of the lab's sites."""
    if not set(named) <= {site.uid for site in sites.sites(viewer)}:
        raise InvalidError("One of these is no site of the lab.", hint="Choose from the list of sites.")


def _checked(told: Words, category: Category) -> Words:
    is_tests = category == Category.TESTS
    return Words(
        named=readable(told.named, what="What you ask for", limit=rules.MAX_NAME),
        version=readable(
            told.version, what="The exact release", limit=rules.MAX_NAME, may_be_empty=category == Category.SERVICE
        ),
        purpose=readable(told.purpose, what="The purpose", limit=rules.MAX_TEXT),
        tests=readable(told.tests, what="The list of tests", may_be_empty=not is_tests, limit=rules.MAX_TEXT),
        tools=readable(told.tools, what="The list of your own tools", may_be_empty=True, limit=rules.MAX_TEXT),
        interests=readable(told.interests, what="What could make you partial", may_be_empty=True, limit=rules.MAX_TEXT),
    )


def _colleagues(viewer: Viewer, addresses: Sequence[str]) -> list[Person]:
    wanted = list(dict.fromkeys(plain_address(address) for address in addresses if address.strip()))
    if not 1 <= len(wanted) <= rules.MAX_PEOPLE:
        raise InvalidError(f"A request names 1 to {rules.MAX_PEOPLE} people.")
    found = {
        person.email: person
        for person in Person.objects.filter(
            email__in=wanted,
            is_active=True,
            organisation__uid=viewer.organisation.text,
            roles__role=Role.REVIEWER,
        )
    }
    missing = [address for address in wanted if address not in found]
    if missing:
        raise NotOfYourOrganisationError(
            f"No reviewer of your organisation has the address {missing[0][:80]}.",
            hint="Ask the lab's operator to add them first.",
        )
    return [found[address] for address in wanted]


def _meant(category: Category, found: Vetting, rows: Sequence[Release]) -> tuple[str, str]:
    products = {row.product.uid for row in rows}
    if category == Category.SERVICE:
        if rows:
            raise OutsideScopeError("A service has no release here.", hint="Vet a review of a product instead.")
        return "", readable(found.service, what="The name of the service", limit=rules.MAX_NAME)
    if len(products) != 1:
        raise OutsideScopeError("Name the exact releases, one at least, all of one product.")
    return products.pop(), ""
