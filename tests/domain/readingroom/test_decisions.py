# SPDX-License-Identifier: Apache-2.0
"""Grants, erasures and the end of a product: proposed, decided by two, carried out with the last word."""

import json
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator as SecondFactor
from allauth.usersessions.models import UserSession
from axes.models import AccessAttempt
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import connection

from glasshouse.domain.access.errors import GrantRevokedError
from glasshouse.domain.access.models import Grant
from glasshouse.domain.access.values import Limits, NewGrant, Patterns
from glasshouse.domain.approvals.errors import AlreadyDecidedError, BasisMissingError, NotIndependentError
from glasshouse.domain.approvals.models import Proposal
from glasshouse.domain.approvals.values import State, Verdict
from glasshouse.domain.engagements.models import Engagement
from glasshouse.domain.journal import audit
from glasshouse.domain.journal import queries as journal
from glasshouse.domain.journal.models import Event, Seed, SeedClass
from glasshouse.domain.people import commands as people
from glasshouse.domain.people.errors import RoleMissingError
from glasshouse.domain.people.models import Person
from glasshouse.domain.people.values import Role
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.readingroom import commands, proposals, queries
from glasshouse.domain.readingroom.errors import ProductDestroyedError
from glasshouse.domain.releases import vault
from glasshouse.engines.store.errors import KeyDestroyedError
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.errors import InvalidError, NotFoundError
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.lines import Span
from tests.domain.readingroom.passkeys import enrol
from tests.lab import EXPORT, FILES, MAIN, NOW, Desk, House, add
from tests.verifier.synthetic import Authenticator


def agree(proposal: Proposal, viewer: Viewer) -> Proposal:
    digest = Digest(bytes(proposal.digest))
    return commands.decide(viewer, Uid(proposal.uid), Verdict.AGREE, digest=digest, now=NOW)


def test_a_grant_opens_with_the_second_agreement_and_not_before(house: House) -> None:
    proposal = house.propose(house.take(), patterns=("src/**",))
    assert house.agree(proposal, house.cast.custodian).state == State.OPEN
    assert Grant.objects.count() == 0
    assert house.agree(proposal, house.cast.officer, basis=EXPORT).state == State.AGREED
    grant = Grant.objects.get()
    assert grant.proposal == proposal.uid
    assert grant.holder.uid == house.cast.reviewer.uid.text
    assert queries.patterns_of(Uid(grant.product), bytes(grant.patterns)) == Patterns.of(["src/**"])
    opened = Event.objects.get(kind="access.grant-opened")
    assert opened.actor == house.cast.officer.uid.text
    assert (opened.number, Event.objects.get(kind="engagements.opened").number) == (3, 1)


def test_two_agreements_without_an_export_decision_open_nothing(house: House) -> None:
    proposal = house.propose(house.take())
    second = add("second@vendor.example", "Vendor", Role.LAB_MANAGER, is_vendor=True)
    house.agree(proposal, house.cast.custodian)
    assert house.agree(proposal, second).state == State.OPEN
    assert Grant.objects.count() == 0
    with pytest.raises(BasisMissingError):
        house.agree(proposal, house.cast.officer)
    assert house.agree(proposal, house.cast.officer, basis=EXPORT).state == State.AGREED


def test_an_agreement_and_the_grant_it_opens_are_one_transaction(open_house: House) -> None:
    proposal = open_house.propose(open_house.take())
    open_house.agree(proposal, open_house.cast.custodian)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "CREATE TRIGGER full_disk BEFORE INSERT ON access_budget FOR EACH ROW EXECUTE FUNCTION journal_refuse()"
            )
        else:
            cursor.execute(
                "CREATE TRIGGER full_disk BEFORE INSERT ON access_budget"
                " BEGIN SELECT RAISE(ABORT, 'the journal is never changed'); END"
            )
    before = Event.objects.count()
    with pytest.raises(Exception, match="never changed"):
        open_house.agree(proposal, open_house.cast.officer, basis=EXPORT)
    proposal.refresh_from_db()
    assert (proposal.state, proposal.decisions.count(), Grant.objects.count()) == (State.OPEN, 1, 0)
    assert Event.objects.count() == before


def test_organisations_of_one_product_have_one_engagement_each(house: House) -> None:
    first, second = house.take(), house.take("2", {**FILES, "server-1/more": b"more\n"})
    for viewer in (house.cast.reviewer, house.cast.colleague, house.cast.stranger):
        house.grant(first, second, holder=viewer)
    labels = dict(Engagement.objects.values_list("organisation__name", "label"))
    assert labels == {"Regulator A": "26-001", "Laboratory B": "26-002"}


@pytest.mark.parametrize("holder", ["nobody@nowhere.example", "manager@vendor.example"])
def test_a_grant_is_for_a_reviewer_who_exists(house: House, holder: str) -> None:
    release = house.take()
    with pytest.raises((NotFoundError, InvalidError)):
        house.propose(release, holder=holder)
    assert Proposal.objects.filter(kind="access.grant").count() == 0


def test_a_grant_names_releases_of_one_product_and_ends_in_the_future(house: House) -> None:
    ours, other = house.take(), house.take("1", {"other/a.c": b"int a;\n"}, product="client")
    with pytest.raises(InvalidError):
        house.propose(ours, other)
    with pytest.raises(InvalidError):
        house.propose(ours, begins=NOW - timedelta(days=2), ends=NOW)
    engagement = house.engage(house.cast.reviewer, ours)
    new = NewGrant(
        *(engagement, "reviewer@regulator.example", Uid(ours.product.uid), (Uid.new(),), Patterns.of(["**"])),
        *(NOW, NOW + timedelta(days=1), Limits()),
    )
    with pytest.raises(NotFoundError):
        commands.propose_grant(house.cast.manager, new, now=NOW)


def test_strangers_find_nothing_to_propose_decide_or_revoke(house: House, desk: Desk) -> None:
    release = desk.taken[0]
    proposal = house.propose(release)
    new = NewGrant(
        *(
            house.engage(desk.viewer, release),
            "reviewer@regulator.example",
            Uid(release.product.uid),
            (Uid(release.uid),),
            Patterns.of(["**"]),
        ),
        *(NOW, NOW + timedelta(days=1), Limits()),
    )
    outsider = add("boss@other.example", "Laboratory B", Role.LAB_MANAGER, Role.EXPORT_OFFICER, Role.CUSTODIAN)
    for viewer in (house.cast.stranger, house.cast.reviewer, outsider):
        with pytest.raises(NotFoundError):
            commands.propose_grant(viewer, new, now=NOW)
        with pytest.raises(NotFoundError):
            commands.propose_erasure(viewer, house.cast.reviewer.uid, now=NOW, reason="Asked for.")
        with pytest.raises((NotFoundError, RoleMissingError)):
            commands.propose_shredding(viewer, "server", now=NOW)
        with pytest.raises(NotFoundError):
            commands.revoke_grant(viewer, desk.grant, now=NOW)
        with pytest.raises(NotFoundError):
            agree(proposal, viewer)
        with pytest.raises(NotFoundError):
            proposals.proposal_page(viewer, Uid(proposal.uid))
    with pytest.raises(RoleMissingError):
        commands.revoke_grant(house.cast.officer, desk.grant, now=NOW)
    assert Grant.objects.get(uid=desk.grant.text).revoked_at is None


def test_one_person_revokes_and_nobody_twice(house: House, desk: Desk) -> None:
    commands.revoke_grant(house.cast.manager, desk.grant, now=NOW)
    revoked = Event.objects.get(kind="access.grant-revoked")
    assert (revoked.actor, revoked.subject) == (house.cast.manager.uid.text, desk.grant.text)
    with pytest.raises(GrantRevokedError):
        commands.revoke_grant(house.cast.manager, desk.grant, now=NOW)
    with pytest.raises(NotFoundError):
        commands.revoke_grant(house.cast.manager, Uid.new(), now=NOW)


def test_the_decision_page_shows_all_that_is_decided(house: House) -> None:
    proposal = house.propose(house.take(), patterns=("src/**", "docs/*"))
    page = proposals.proposal_page(house.cast.officer, Uid(proposal.uid))
    assert page.patterns == Patterns.of(["src/**", "docs/*"])
    assert [str(one) for one in page.releases] == ["server 1"]
    assert (page.product, page.may_decide, page.names_basis) == ("server", True, True)
    assert not proposals.proposal_page(house.cast.manager, Uid(proposal.uid)).may_decide
    assert b"src/**" not in bytes(proposal.sealed) + proposal.statement.encode()


def erase(house: House, person: Uid) -> None:
    house.part()
    proposal = commands.propose_erasure(house.cast.manager, person, now=NOW, reason="Asked for.")
    agree(proposal, house.cast.custodian)
    assert agree(proposal, house.cast.officer).state == State.AGREED


def test_an_erasure_by_two_removes_the_person_and_leaves_the_proofs(house: House, desk: Desk) -> None:
    commands.open_file(desk.viewer, desk.grant, desk.release, MAIN, Span(1, 3), now=NOW)
    enrol(desk.viewer, Authenticator.es256())
    of_person = list(Event.objects.filter(actor=desk.viewer.uid.text).values_list("pk", flat=True))
    house.sign()
    assert audit.audit_rows(0, journal.log_size()) == []

    erase(house, desk.viewer.uid)
    house.sign()
    person = Person.objects.get(uid=desk.viewer.uid.text)
    assert (person.name, person.email) == ("Erased person", f"{desk.viewer.uid}@erased.invalid")
    assert not person.is_active
    assert not person.has_usable_password()
    assert (person.links.count(), person.passkeys.count()) == (0, 0)
    assert Seed.objects.filter(event__in=of_person, seed_class=SeedClass.PERSONAL).count() == 0
    assert Seed.objects.filter(event__in=of_person, seed_class=SeedClass.SHARED).count() == len(of_person)
    added = Event.objects.get(kind="people.person-added", subject=desk.viewer.uid.text)
    assert journal.open_event(added, vault.journal_sealer, classes=tuple(SeedClass)).missing == ("email", "name")

    size = journal.log_size()
    assert [*audit.audit_tree(), *audit.audit_order(), *audit.audit_rows(0, size)] == []
    erasure = Event.objects.get(kind="journal.seeds-erased")
    assert erasure.actor == house.cast.officer.uid.text
    named = journal.open_event(erasure, vault.journal_sealer).fields["events"]
    assert isinstance(named, list)
    assert {row.uid for row in Event.objects.filter(pk__in=of_person)} <= set(named)


def test_a_seed_that_goes_without_an_erasure_is_damage(house: House, desk: Desk) -> None:
    house.sign()
    Seed.objects.filter(event__actor=desk.viewer.uid.text, seed_class=SeedClass.PERSONAL).delete()
    findings = audit.audit_rows(0, journal.log_size())
    assert findings
    assert all("gone without an erasure" in finding.message for finding in findings)


def test_an_erased_person_has_no_way_in_left_and_no_trace_in_any_column(house: House, desk: Desk) -> None:
    email = "reviewer@regulator.example"
    person = Person.objects.get(email=email)
    EmailAddress.objects.create(user=person, email=email, verified=True, primary=True)
    SecondFactor.objects.create(user=person, type=SecondFactor.Type.TOTP, data={"secret": "x"})
    session = SessionStore()
    session["_auth_user_id"] = str(person.pk)
    session.create()
    UserSession.objects.create(user=person, ip="192.0.2.7", user_agent="Reviewer's browser", session_key="x")
    AccessAttempt.objects.create(
        username=email, ip_address="192.0.2.7", user_agent="Reviewer's browser", failures_since_start=1
    )
    device = people.start_device("reviewer's laptop", now=NOW)
    people.approve_device(desk.viewer, device.user_code, now=NOW)
    other = SessionStore()
    other["_auth_user_id"] = str(house.cast.colleague.row)
    other.create()
    assert {"people_person", "account_emailaddress", "axes_accessattempt"} <= tables_with("reviewer@regulator")

    erase(house, desk.viewer.uid)
    assert tables_with("reviewer@regulator") == set()
    assert tables_with("192.0.2.7") == set()
    assert tables_with("Reviewer's browser") | tables_with("reviewer's laptop") == set()
    assert SecondFactor.objects.filter(user=person).count() == 0
    assert [row.session_key for row in Session.objects.all()] == [other.session_key]
    with pytest.raises(NotFoundError):
        commands.propose_erasure(house.cast.manager, desk.viewer.uid, now=NOW, reason="Asked for.")


def tables_with(word: str) -> set[str]:
    """Name every table of which a column holds the word."""
    found = set()
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608 -- names of the schema
            for row in cursor.fetchall():
                if any(word in str(bytes(one) if isinstance(one, memoryview) else one) for one in row):
                    found.add(table)
    return found


def test_nobody_decides_on_their_own_erasure(house: House) -> None:
    proposal = commands.propose_erasure(house.cast.manager, house.cast.officer.uid, now=NOW, reason="Asked for.")
    with pytest.raises(NotIndependentError):
        agree(proposal, house.cast.officer)
    with pytest.raises(NotIndependentError):
        agree(proposal, house.cast.manager)


def test_a_refused_proposal_changes_nothing(house: House, desk: Desk) -> None:
    house.part()
    proposal = commands.propose_erasure(house.cast.manager, desk.viewer.uid, now=NOW, reason="Asked for.")
    digest = Digest(bytes(proposal.digest))
    commands.decide(
        house.cast.custodian, Uid(proposal.uid), Verdict.REFUSE, digest=digest, now=NOW, reason="a case is open"
    )
    with pytest.raises(AlreadyDecidedError):
        agree(proposal, house.cast.officer)
    assert Person.objects.get(uid=desk.viewer.uid.text).is_active
    assert Event.objects.filter(kind="journal.seeds-erased").count() == 0


def test_a_destroyed_product_opens_for_nobody_and_its_views_stay_provable(house: House, desk: Desk) -> None:
    shown = commands.open_file(desk.viewer, desk.grant, desk.release, MAIN, Span(1, 3), now=NOW)
    proposal = commands.propose_shredding(house.cast.manager, "server", now=NOW)
    agree(proposal, house.cast.custodian)
    commands.open_file(desk.viewer, desk.grant, desk.release, MAIN, Span(1, 3), now=NOW)
    agree(proposal, house.cast.officer)
    for _ in range(2):
        with pytest.raises(ProductDestroyedError):
            commands.open_file(desk.viewer, desk.grant, desk.release, MAIN, Span(1, 3), now=NOW)
        vault.close()  # as another process would find it
    with pytest.raises(KeyDestroyedError):
        vault.product_store(Uid(desk.taken[0].product.uid)).manifest(Digest(bytes(desk.taken[0].root)))
    with pytest.raises(ProductDestroyedError):
        commands.open_folder(desk.viewer, desk.grant, desk.release, None, now=NOW)

    house.sign()
    proof = queries.proof_of(desk.viewer, shown.view.recorded.uid)
    assert proof.is_in_tree
    assert proof.faults == []
    assert "file" in proof.event.missing
    assert {"shown", "release"} <= set(proof.event.fields)
    assert json.dumps([str(one.value) for one in proof.openings]).find("main.c") < 0
    assert queries.desk(desk.viewer, NOW)
    assert queries.record_of(desk.viewer).events
