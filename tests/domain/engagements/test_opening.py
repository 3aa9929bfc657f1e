# SPDX-License-Identifier: Apache-2.0
"""The export decision, the opening by two, the frozen scope and how it is changed."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from glasshouse.domain.access.models import Grant
from glasshouse.domain.access.values import Conditions
from glasshouse.domain.approvals.errors import AlreadyDecidedError, NotIndependentError
from glasshouse.domain.approvals.models import Proposal
from glasshouse.domain.approvals.values import State as ProposalState
from glasshouse.domain.approvals.values import Verdict
from glasshouse.domain.engagements import commands, queries
from glasshouse.domain.engagements import errors as engaged
from glasshouse.domain.engagements.models import Engagement
from glasshouse.domain.engagements.values import Amendment, Depth, Ending, Ground, State, Vetting
from glasshouse.domain.journal.models import Event
from glasshouse.domain.people.errors import RoleMissingError
from glasshouse.domain.people.values import Role
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.readingroom import commands as readingroom
from glasshouse.domain.readingroom import queries as reading
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.errors import InvalidError, NotFoundError
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.texts import UnreadableTextError
from tests.domain.engagements.steps import (
    MONTH,
    REVIEWER,
    ask,
    clear,
    grant,
    opened,
    proposed,
    publish,
    request_of,
    vetted,
)
from tests.domain.sites.place import settle
from tests.lab import EXPORT, FILES, NOW, House, add, next_version

BEFORE, AFTER = NOW - timedelta(days=1), NOW + MONTH + timedelta(days=1)


@pytest.mark.parametrize(
    "wrong",
    [
        {"until": NOW},
        {"until": BEFORE},
        {"countries": ()},
        {"countries": ("XX",)},
        {"countries": ("be",)},
        {"people": ()},
        {"people": (Uid("0" * 26),)},
        {"number": " "},
        {"number": "EC\u202e1"},
        {"product_class": ""},
    ],
)
def test_an_export_decision_says_on_whom_where_and_until_when(house: House, wrong: dict[str, Any]) -> None:
    uid = vetted(house, house.take())
    with pytest.raises(InvalidError):
        clear(house, uid, **wrong)
    assert queries.request(house.cast.officer, uid).state == State.VETTED


def test_an_export_decision_is_on_people_whom_the_request_names(house: House) -> None:
    uid = vetted(house, house.take())
    with pytest.raises(InvalidError, match="whom the request names"):
        clear(house, uid, house.cast.reviewer, house.cast.colleague)


def test_the_export_decision_is_the_officers_and_never_the_vetters(house: House) -> None:
    both = add("both@vendor.example", "Vendor", Role.LAB_MANAGER, Role.EXPORT_OFFICER, is_vendor=True)
    uid = ask(house)
    release = Uid(house.take().uid)
    commands.vet(both, uid, Vetting(releases=(release,)), now=NOW)
    with pytest.raises(engaged.NotIndependentError):
        clear(house, uid, officer=both)
    with pytest.raises(engaged.NotIndependentError):
        commands.refuse(both, uid, Ground.EXPORT, "No.", now=NOW)
    with pytest.raises(RoleMissingError):
        clear(house, uid, officer=house.cast.manager)
    clear(house, uid)
    assert queries.request(house.cast.officer, uid).state == State.CLEARED


def test_nothing_is_put_up_for_opening_before_the_export_decision(house: House) -> None:
    publish(house)
    for uid in (ask(house), vetted(house, house.take())):
        with pytest.raises(engaged.StepNotPossibleError):
            commands.propose_opening(house.cast.manager, uid, now=NOW)
    assert not Proposal.objects.exists()


def test_nothing_is_put_up_for_opening_without_terms(house: House) -> None:
    uid = vetted(house, house.take())
    clear(house, uid)
    with pytest.raises(engaged.NoTermsError):
        commands.propose_opening(house.cast.manager, uid, now=NOW)
    assert queries.request(house.cast.manager, uid).state == State.CLEARED


def test_an_engagement_opens_with_the_second_word_and_its_proposer_gives_none(house: House) -> None:
    release = house.take()
    uid, proposal = proposed(house, release)
    with pytest.raises(NotIndependentError):
        house.agree(proposal, house.cast.manager)
    house.agree(proposal, house.cast.custodian)
    assert not Engagement.objects.exists()
    house.agree(proposal, house.cast.officer)
    found = Engagement.objects.get()
    assert queries.request(house.cast.reviewer, uid).state == State.OPENED
    assert (found.label, found.product, found.depth) == ("26-001", release.product.uid, Depth.TARGETED)
    assert found.releases == {release.uid: bytes(release.root).hex()}
    assert [person.uid for person in found.people.all()] == [house.cast.reviewer.uid.text]
    event = Event.objects.get(kind="engagements.opened")
    assert (event.number, event.engagement) == (1, found.uid)


def test_a_visitor_finds_no_proposal_to_decide_on(house: House) -> None:
    _, proposal = proposed(house)
    for viewer in (house.cast.reviewer, house.cast.stranger):
        with pytest.raises(NotFoundError):
            house.agree(proposal, viewer)


def test_a_refusal_of_the_opening_refuses_the_request_with_its_reason(house: House) -> None:
    uid, proposal = proposed(house)
    digest = Digest(bytes(proposal.digest))
    with pytest.raises(UnreadableTextError):
        readingroom.decide(house.cast.custodian, Uid(proposal.uid), Verdict.REFUSE, digest=digest, now=NOW)
    proposal.refresh_from_db()
    assert proposal.state == ProposalState.OPEN
    readingroom.decide(
        house.cast.custodian, Uid(proposal.uid), Verdict.REFUSE, digest=digest, now=NOW, reason="Not this year."
    )
    page = queries.request_page(house.cast.reviewer, uid)
    assert (page.request.state, page.request.ground, page.timeline[-1].text) == (
        State.REFUSED,
        Ground.LEGAL,
        "Not this year.",
    )


def test_while_two_decide_nobody_refuses_alone_and_the_visitor_may_withdraw(house: House) -> None:
    uid, proposal = proposed(house)
    with pytest.raises(engaged.StepNotPossibleError):
        commands.refuse(house.cast.manager, uid, Ground.LEGAL, "No.", now=NOW)
    commands.withdraw_request(house.cast.reviewer, uid, now=NOW)
    house.agree(proposal, house.cast.custodian)
    with pytest.raises(engaged.StepNotPossibleError, match="was withdrawn"):
        house.agree(proposal, house.cast.officer)
    assert not Engagement.objects.exists()


@pytest.mark.parametrize("spoilt", ["ended", "withdrawn"])
def test_the_last_word_opens_nothing_once_the_export_decision_is_gone(house: House, spoilt: str) -> None:
    publish(house)
    uid = vetted(house, house.take())
    clear(house, uid, until=NOW + timedelta(hours=1))
    proposal = commands.propose_opening(house.cast.manager, uid, now=NOW)
    house.agree(proposal, house.cast.custodian)
    now = NOW + timedelta(hours=2) if spoilt == "ended" else NOW
    if spoilt == "withdrawn":
        commands.withdraw_export(house.cast.officer, uid, "The class was wrong.", now=NOW)
    with pytest.raises(engaged.NotCoveredError):
        house.agree(proposal, house.cast.officer, now=now)
    proposal.refresh_from_db()
    assert (proposal.state, proposal.decisions.count()) == (ProposalState.OPEN, 1)
    assert not Engagement.objects.exists()


def test_an_opening_is_put_up_again_once_another_export_decision_is_taken(house: House) -> None:
    uid, stale = proposed(house)
    house.agree(stale, house.cast.custodian)
    clear(house, uid, number="EC-2026-2")
    with pytest.raises(engaged.StepNotPossibleError):
        house.agree(stale, house.cast.officer)
    fresh = commands.propose_opening(house.cast.manager, uid, now=NOW)
    with pytest.raises(engaged.StepNotPossibleError, match="put up again"):
        house.agree(stale, house.cast.officer)
    refuse_opening(house, stale)
    assert queries.request(house.cast.manager, uid).state == State.PROPOSED
    house.agree(fresh, house.cast.custodian)
    house.agree(fresh, house.cast.officer)
    assert queries.request(house.cast.manager, uid).state == State.OPENED


def test_an_opening_of_a_withdrawn_request_is_laid_aside_and_says_nothing_more(house: House) -> None:
    uid, proposal = proposed(house)
    commands.withdraw_request(house.cast.reviewer, uid, now=NOW)
    refuse_opening(house, proposal)
    proposal.refresh_from_db()
    assert proposal.state == ProposalState.REFUSED
    assert queries.request(house.cast.manager, uid).state == State.WITHDRAWN


def refuse_opening(house: House, proposal: Proposal) -> None:
    digest = Digest(bytes(proposal.digest))
    readingroom.decide(
        house.cast.officer, Uid(proposal.uid), Verdict.REFUSE, digest=digest, now=NOW, reason="Overtaken."
    )


def test_a_narrower_export_decision_revokes_what_it_does_not_cover(house: House) -> None:
    release = house.take()
    mine, theirs = house.grant(release), house.grant(release, holder=house.cast.colleague)
    long = house.grant(release, ends=NOW + 2 * MONTH)
    clear(house, request_of(Engagement.objects.get()), house.cast.reviewer)
    revoked = dict(Grant.objects.values_list("uid", "revoked_at"))
    assert revoked == {mine.text: None, theirs.text: NOW, long.text: NOW}


def test_two_last_words_at_once_open_one_engagement(open_house: House) -> None:
    house = open_house
    _, proposal = proposed(house)
    viewers = [house.cast.custodian, house.cast.officer]
    viewers += [add(f"second{one}@vendor.example", "Vendor", Role.LAB_MANAGER, is_vendor=True) for one in range(3)]
    ready = threading.Barrier(len(viewers))

    def speak(viewer: Viewer) -> bool:
        try:
            ready.wait(30)
            house.agree(proposal, viewer)
        except AlreadyDecidedError:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(len(viewers)) as pool:
        assert sum(pool.map(speak, viewers)) == 2
    assert Engagement.objects.count() == Event.objects.filter(kind="engagements.opened").count() == 1


def test_engagements_opened_at_once_have_labels_of_their_own(open_house: House) -> None:
    house, release = open_house, open_house.take()
    publish(house)
    proposals = []
    for _ in range(4):
        uid = vetted(house, release)
        clear(house, uid)
        proposals.append(commands.propose_opening(house.cast.manager, uid, now=NOW))
        house.agree(proposals[-1], house.cast.custodian)

    def speak(proposal: Proposal) -> None:
        try:
            house.agree(proposal, house.cast.officer)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(proposals)) as pool:
        list(pool.map(speak, proposals))
    assert sorted(Engagement.objects.values_list("label", flat=True)) == ["26-001", "26-002", "26-003", "26-004"]


def test_no_grant_rests_on_another_persons_clearance(house: House) -> None:
    release = house.take()
    uid = Uid(opened(house, release).uid)
    colleague = house.cast.colleague
    clearance = queries.clearance(uid, colleague.row, NOW)
    assert (clearance.is_open, clearance.is_named, clearance.countries) == (True, False, frozenset())
    with pytest.raises(engaged.NotNamedError):
        readingroom.propose_grant(house.cast.manager, grant(uid, "colleague@regulator.example", release), now=NOW)
    with pytest.raises(engaged.NotNamedError):
        readingroom.propose_grant(house.cast.manager, grant(uid, "stranger@other.example", release), now=NOW)


def test_a_grant_stays_inside_scope_time_and_export_decision(house: House) -> None:
    release, later = house.take(), house.take("2", next_version(FILES))
    found = opened(house, release)
    uid, reviewer = Uid(found.uid), "reviewer@regulator.example"
    with pytest.raises(engaged.OutsideScopeError):
        readingroom.propose_grant(house.cast.manager, grant(uid, reviewer, later), now=NOW)
    with pytest.raises(engaged.NotCoveredError, match="ends with the engagement"):
        readingroom.propose_grant(house.cast.manager, grant(uid, reviewer, release, days=31), now=NOW)
    with pytest.raises(engaged.EngagementClosedError):
        readingroom.propose_grant(house.cast.manager, grant(uid, reviewer, release, days=40), now=AFTER)
    with pytest.raises(NotFoundError):
        readingroom.propose_grant(house.cast.manager, grant(Uid.new(), reviewer, release), now=NOW)
    commands.withdraw_export(house.cast.officer, request_of(found), "The class was wrong.", now=NOW)
    with pytest.raises(engaged.NotCoveredError):
        readingroom.propose_grant(house.cast.manager, grant(uid, reviewer, release), now=NOW)


def test_a_grant_names_the_export_decision_that_it_rests_on(house: House) -> None:
    release = house.take()
    proposal = house.propose(release)
    house.agree(proposal, house.cast.custodian)
    with pytest.raises(engaged.NotCoveredError, match=f"rests on the export decision {EXPORT}"):
        house.agree(proposal, house.cast.officer, basis="EC-OF-SOMETHING-ELSE")
    assert not Grant.objects.exists()
    house.agree(proposal, house.cast.officer, basis=EXPORT)
    assert Grant.objects.count() == 1


def test_a_grant_is_opened_on_the_export_decision_that_it_names_and_on_no_later_one(house: House) -> None:
    release = house.take()
    proposal = house.propose(release)
    house.agree(proposal, house.cast.custodian)
    clear(house, request_of(Engagement.objects.get()), number="EC-2026-2", until=NOW + 12 * MONTH)
    with pytest.raises(engaged.NotCoveredError, match="rests on the export decision EC-2026-2"):
        house.agree(proposal, house.cast.officer, basis=EXPORT)
    assert not Grant.objects.exists()


def test_a_grant_stays_at_the_places_of_the_export_decision(house: House) -> None:
    site, release = settle(house).site, house.take()
    found = opened(house, release)
    uid = Uid(found.uid)
    there, anywhere = (
        replace(grant(uid, REVIEWER, release), conditions=Conditions(sites=sites))
        for sites in (frozenset({site}), frozenset[Uid]())
    )
    with pytest.raises(engaged.NotCoveredError, match="place of reading"):
        readingroom.propose_grant(house.cast.manager, there, now=NOW)
    clear(house, request_of(found), sites=(site,), countries=())
    with pytest.raises(engaged.NotCoveredError, match="place of reading"):
        readingroom.propose_grant(house.cast.manager, anywhere, now=NOW)
    clear(house, request_of(found), sites=(site,), countries=("BE",))
    for new in (there, anywhere):
        proposal = readingroom.propose_grant(house.cast.manager, new, now=NOW)
        house.agree(proposal, house.cast.custodian)
        house.agree(proposal, house.cast.officer, basis=EXPORT)
    clear(house, request_of(found), sites=(), countries=("BE",))
    revoked = {bool(one.sites): one.revoked_at for one in Grant.objects.all()}
    assert revoked == {True: NOW, False: None}


def test_a_page_judged_before_an_amendment_is_not_shown_after_it(house: House) -> None:
    desk = house.desk()
    before = Grant.objects.get().version
    uid = Uid(Engagement.objects.get().uid)
    proposal = commands.propose_amendment(house.cast.manager, uid, Amendment(ends=NOW + 500 * MONTH), now=NOW)
    house.agree(proposal, house.cast.custodian)
    house.agree(proposal, house.cast.officer)
    # What is charged names the version that was judged; the guard refuses any other.
    assert Grant.objects.get().version == before + 1
    with pytest.raises(engaged.TermsNotSignedError):
        reading.check_may_go_on(desk.viewer, desk.grant, None, now=NOW)


def test_withdrawing_the_export_decision_revokes_what_rests_on_it(house: House) -> None:
    desk = house.desk()
    found = Engagement.objects.get()
    with pytest.raises(RoleMissingError):
        commands.withdraw_export(house.cast.manager, request_of(found), "No.", now=NOW)
    commands.withdraw_export(house.cast.officer, request_of(found), "Sanctions since today.", now=NOW)
    assert Grant.objects.get(uid=desk.grant.text).revoked_at == NOW
    with pytest.raises(engaged.NotCoveredError):
        commands.withdraw_export(house.cast.officer, request_of(found), "Again.", now=NOW)


@pytest.mark.parametrize("ending", ["withdrawn", "closed"])
def test_no_grant_slips_in_while_what_it_rests_on_ends(open_house: House, ending: str) -> None:
    house = open_house
    proposal = house.propose(house.take())
    house.agree(proposal, house.cast.custodian)
    found = Engagement.objects.get()
    ready = threading.Barrier(2)

    def opens() -> None:
        try:
            ready.wait(30)
            house.agree(proposal, house.cast.officer, basis=EXPORT)
        except (engaged.NotCoveredError, engaged.EngagementClosedError):
            pass
        finally:
            connection.close()

    def ends() -> None:
        try:
            ready.wait(30)
            if ending == "withdrawn":
                commands.withdraw_export(house.cast.officer, request_of(found), "Sanctions since today.", now=NOW)
            else:
                commands.close_engagement(house.cast.manager, Uid(found.uid), Ending.COMPLETED, "", now=NOW)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(opens), pool.submit(ends)]:
            done.result()
    assert not Grant.objects.filter(revoked_at=None).exists()


def test_an_amendment_is_agreed_by_two_and_signed_anew(house: House) -> None:
    first, second = house.take(), house.take("2", next_version(FILES))
    uid = house.engage(house.cast.reviewer, first)
    change = Amendment(releases=(Uid(second.uid),))
    proposal = commands.propose_amendment(house.cast.manager, uid, change, now=NOW)
    with pytest.raises(NotIndependentError):
        house.agree(proposal, house.cast.manager)
    house.agree(proposal, house.cast.custodian)
    assert queries.clearance(uid, house.cast.reviewer.row, NOW).has_signed
    house.agree(proposal, house.cast.officer)
    clearance = queries.clearance(uid, house.cast.reviewer.row, NOW)
    assert clearance.releases == {Uid(first.uid), Uid(second.uid)}
    assert not clearance.has_signed


def test_an_amendment_that_shortens_an_engagement_ends_the_grants_that_outlast_it(house: House) -> None:
    release = house.take()
    uid = house.engage(house.cast.reviewer, release)
    longer = house.grant(release)
    shorter = house.grant(release, holder=house.cast.colleague, ends=NOW + timedelta(hours=12))
    change = Amendment(ends=NOW + timedelta(days=1))
    proposal = commands.propose_amendment(house.cast.manager, uid, change, now=NOW)
    house.agree(proposal, house.cast.custodian)
    house.agree(proposal, house.cast.officer)
    assert {Uid(one.uid): one.revoked_at for one in Grant.objects.all()} == {longer: NOW, shorter: None}


def test_the_second_of_two_amendments_at_once_is_proposed_again(house: House) -> None:
    first, second = house.take(), house.take("2", next_version(FILES))
    uid = house.engage(house.cast.reviewer, first)
    longer = commands.propose_amendment(house.cast.manager, uid, Amendment(ends=AFTER + 400 * MONTH), now=NOW)
    wider = commands.propose_amendment(house.cast.manager, uid, Amendment(releases=(Uid(second.uid),)), now=NOW)
    for proposal in (longer, wider):
        house.agree(proposal, house.cast.custodian)
    house.agree(wider, house.cast.officer)
    with pytest.raises(engaged.AgreementChangedError):
        house.agree(longer, house.cast.officer)
    assert set(Engagement.objects.get().releases) == {first.uid, second.uid}


def test_an_amendment_adds_releases_of_the_product_and_reviewers_of_the_organisation(house: House) -> None:
    release, other = house.take(), house.take(product="client")
    uid = house.engage(house.cast.reviewer, release)
    for change in (
        Amendment(releases=(Uid(other.uid),)),
        Amendment(people=(house.cast.stranger.uid,)),
        Amendment(people=(house.cast.manager.uid,)),
        Amendment(ends=NOW),
        Amendment(releases=(Uid(release.uid),)),
        Amendment(),
    ):
        with pytest.raises(InvalidError):
            commands.propose_amendment(house.cast.manager, uid, change, now=NOW)
    with pytest.raises(RoleMissingError):
        commands.propose_amendment(house.cast.officer, uid, Amendment(), now=NOW)
    for viewer in (house.cast.reviewer, house.cast.stranger):
        with pytest.raises(NotFoundError):
            commands.propose_amendment(viewer, uid, Amendment(), now=NOW)
