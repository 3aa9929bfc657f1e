# SPDX-License-Identifier: Apache-2.0
"""Asking for an engagement, vetting it, refusing it, taking it back."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from glasshouse.domain.engagements import commands, queries, rules
from glasshouse.domain.engagements.errors import (
    ManyRequestsError,
    NotOfYourOrganisationError,
    OutsideScopeError,
    StepNotPossibleError,
)
from glasshouse.domain.engagements.models import Request
from glasshouse.domain.engagements.values import Category, Depth, Ground, State, Vetting, Words
from glasshouse.domain.journal import queries as journal
from glasshouse.domain.journal.models import Event, SeedClass
from glasshouse.domain.people.errors import RoleMissingError
from glasshouse.domain.people.values import Role
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.readingroom import commands as readingroom
from glasshouse.domain.releases import vault
from glasshouse.domain.releases.errors import ReleaseUnknownError
from glasshouse.kernel.errors import InvalidError, NotFoundError
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.texts import UnreadableTextError
from tests.domain.engagements.steps import COLLEAGUE, REVIEWER, ask, clear, vetted
from tests.domain.readingroom.test_decisions import tables_with
from tests.lab import NOW, House, add


@pytest.mark.parametrize(
    "text",
    ["", "   \n ", "x" * 5_000, "a\0b", "\x1b[31mred", "safe \u202etxt.exe", "\u2066hidden\u2069", "zero\u200bwidth"],
)
def test_words_that_hide_what_they_say_are_refused_with_a_reason(house: House, text: str) -> None:
    with pytest.raises(UnreadableTextError, match="The purpose"):
        ask(house, words=Words("Server", "1", text))
    assert Request.objects.count() == Event.objects.filter(kind="engagements.requested").count() == 0


def test_a_script_in_the_words_is_only_words(house: House) -> None:
    uid = ask(
        house, words=Words("Server", "1", "<script>alert(1)</script>\r\nand \u0646\u0645\u06cc\u200c\u0634\u0648\u062f")
    )
    told = queries.words_of(queries.request(house.cast.manager, uid))
    assert told is not None
    assert told.purpose == "<script>alert(1)</script>\nand \u0646\u0645\u06cc\u200c\u0634\u0648\u062f"


@pytest.mark.parametrize(
    "people", [(), ("stranger@other.example",), ("nobody@regulator.example",), (REVIEWER, "manager@vendor.example")]
)
def test_a_request_names_people_of_its_own_organisation_and_tells_nothing_of_others(
    house: House, people: tuple[str, ...]
) -> None:
    with pytest.raises(InvalidError) as refused:
        ask(house, people=people)
    if people:
        assert isinstance(refused.value, NotOfYourOrganisationError)
        assert refused.value.message == f"No reviewer of your organisation has the address {people[-1]}."


@pytest.mark.parametrize("named", ["server", "Server, the large one", "another-customers-product", "nothing at all"])
def test_a_product_is_named_in_words_and_the_answer_tells_nothing_of_what_is_here(house: House, named: str) -> None:
    house.take()
    uid = ask(house, words=Words(named, "1", "To see."))
    found = queries.request(house.cast.reviewer, uid)
    assert (found.state, found.product, found.service, found.releases) == (State.RECEIVED, "", "", {})


def test_what_a_visitor_writes_rests_in_no_column(house: House) -> None:
    ask(house, words=Words("Serverissimo", "9.9", "Purposeful", "Testable", "Toolish", "Interested"))
    for word in ("Serverissimo", "Purposeful", "Testable", "Toolish", "Interested"):
        assert tables_with(word) == set()
    event = Event.objects.get(kind="engagements.requested")
    assert journal.open_event(event, vault.journal_sealer).missing == ("interests",)
    opened = journal.open_event(event, vault.journal_sealer, classes=(SeedClass.SHARED, SeedClass.PERSONAL))
    assert opened.fields["interests"] == "Interested"


def test_the_vendors_people_ask_for_nothing(house: House) -> None:
    with pytest.raises(NotFoundError):
        ask(house, house.cast.manager, people=("manager@vendor.example",))


def test_who_asks_need_not_read_and_who_is_to_read_is_a_reviewer(house: House) -> None:
    clerk = add("clerk@regulator.example", "Regulator A", Role.AUDITOR)
    ask(house, clerk)
    with pytest.raises(NotOfYourOrganisationError):
        ask(house, clerk, people=("clerk@regulator.example",))


def test_a_wish_for_a_place_names_one_of_the_labs_sites(house: House) -> None:
    with pytest.raises(InvalidError, match="no site of the lab"):
        ask(house, sites=(Uid.new(),))


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"ends": NOW}, InvalidError),
        ({"begins": NOW - timedelta(days=9), "ends": NOW - timedelta(days=1)}, InvalidError),
        ({"depth": Depth.TEST_ONLY}, InvalidError),
        ({"category": Category.TESTS}, InvalidError),
        ({"words": Words("Server", "", "No version.")}, UnreadableTextError),
        ({"category": Category.TESTS, "depth": Depth.TEST_ONLY}, UnreadableTextError),
    ],
)
def test_a_request_that_cannot_be_meant_is_refused(
    house: House, changed: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        ask(house, **changed)


def test_a_flood_of_requests_is_bounded_for_the_organisation_as_a_whole(house: House) -> None:
    first, *_ = [ask(house) for _ in range(rules.MAX_OPEN_REQUESTS)]
    with pytest.raises(ManyRequestsError):
        ask(house, house.cast.colleague, people=(COLLEAGUE,))
    ask(house, house.cast.stranger, people=("stranger@other.example",))
    commands.withdraw_request(house.cast.reviewer, first, now=NOW)
    ask(house)


def test_a_request_is_seen_by_who_made_it_who_is_named_and_who_arranges(house: House) -> None:
    uid = ask(house, people=(REVIEWER, COLLEAGUE))
    owner = add("owner@vendor.example", "Vendor", Role.PRODUCT_OWNER, is_vendor=True)
    third = add("third@regulator.example", "Regulator A")
    for viewer in (house.cast.reviewer, house.cast.colleague, house.cast.manager, house.cast.officer):
        assert queries.request(viewer, uid).uid == uid.text
    for viewer in (house.cast.stranger, owner, third):
        assert list(queries.requests_of(viewer)) == []
        with pytest.raises(NotFoundError):
            queries.request_page(viewer, uid)
        with pytest.raises(NotFoundError):
            commands.withdraw_request(viewer, uid, now=NOW)
        with pytest.raises(NotFoundError):
            commands.vet(viewer, uid, Vetting(), now=NOW)
        with pytest.raises(NotFoundError):
            commands.refuse(viewer, uid, Ground.LEGAL, "No.", now=NOW)


def test_a_visitor_who_holds_the_vendors_roles_elsewhere_vets_nothing(house: House) -> None:
    boss = add("boss@regulator.example", "Regulator A", Role.LAB_MANAGER, Role.EXPORT_OFFICER, Role.REVIEWER)
    uid = ask(house, people=("boss@regulator.example",))
    with pytest.raises(NotFoundError):
        commands.vet(boss, uid, Vetting(), now=NOW)
    with pytest.raises(NotFoundError):
        commands.refuse(boss, uid, Ground.LEGAL, "No.", now=NOW)
    with pytest.raises(NotFoundError):
        clear(house, uid, officer=boss)


def test_vetting_says_which_releases_of_one_product_are_meant(house: House) -> None:
    release, other = house.take(), house.take(product="client")
    uid = ask(house)
    for wrong in ((), (Uid(release.uid), Uid(other.uid))):
        with pytest.raises(OutsideScopeError):
            commands.vet(house.cast.manager, uid, Vetting(releases=wrong), now=NOW)
    with pytest.raises(ReleaseUnknownError):
        commands.vet(house.cast.manager, uid, Vetting(releases=(Uid.new(),)), now=NOW)
    with pytest.raises(RoleMissingError):
        commands.vet(house.cast.officer, uid, Vetting(releases=(Uid(release.uid),)), now=NOW)
    done = commands.vet(house.cast.manager, uid, Vetting(releases=(Uid(release.uid),)), now=NOW)
    assert (done.state, done.product) == (State.VETTED, release.product.uid)
    assert done.releases == {release.uid: bytes(release.root).hex()}
    with pytest.raises(StepNotPossibleError, match="waits for the export decision"):
        commands.vet(house.cast.custodian, uid, Vetting(releases=(Uid(release.uid),)), now=NOW)


def test_a_service_has_a_name_and_no_release(house: House) -> None:
    uid = ask(house, category=Category.SERVICE, words=Words("Your remote support", "", "To see who may log in."))
    with pytest.raises(OutsideScopeError):
        commands.vet(house.cast.manager, uid, Vetting(releases=(Uid(house.take().uid),)), now=NOW)
    with pytest.raises(UnreadableTextError):
        commands.vet(house.cast.manager, uid, Vetting(), now=NOW)
    done = commands.vet(house.cast.manager, uid, Vetting(service="Remote support"), now=NOW)
    assert (done.product, done.service, done.releases) == ("", "Remote support", {})


def test_a_refusal_keeps_its_ground_and_its_reason_for_both_parties(house: House) -> None:
    uid = ask(house)
    with pytest.raises(UnreadableTextError):
        commands.refuse(house.cast.manager, uid, Ground.CAPACITY, " ", now=NOW)
    commands.refuse(house.cast.manager, uid, Ground.CAPACITY, "The room is full until spring.", now=NOW)
    for viewer in (house.cast.reviewer, house.cast.custodian):
        page = queries.request_page(viewer, uid)
        assert (page.request.state, page.request.ground) == (State.REFUSED, Ground.CAPACITY)
        assert page.timeline[-1].text == "The room is full until spring."
    assert tables_with("until spring") == set()
    with pytest.raises(StepNotPossibleError, match="was refused"):
        commands.refuse(house.cast.manager, uid, Ground.LEGAL, "Again.", now=NOW)
    with pytest.raises(StepNotPossibleError, match="was refused"):
        commands.withdraw_request(house.cast.reviewer, uid, now=NOW)


def test_who_may_refuse_follows_where_the_request_stands(house: House) -> None:
    uid = vetted(house, house.take())
    with pytest.raises(RoleMissingError):
        commands.refuse(house.cast.manager, uid, Ground.LEGAL, "No.", now=NOW)
    commands.refuse(house.cast.officer, uid, Ground.EXPORT, "Not to this country.", now=NOW)
    assert queries.request(house.cast.reviewer, uid).ground == Ground.EXPORT


def test_the_first_of_two_steps_that_exclude_each_other_wins(house: House) -> None:
    uid = ask(house)
    commands.withdraw_request(house.cast.reviewer, uid, now=NOW)
    with pytest.raises(StepNotPossibleError, match="was withdrawn"):
        commands.vet(house.cast.manager, uid, Vetting(releases=(Uid(house.take().uid),)), now=NOW)
    assert [event.kind for event in Event.objects.filter(subject=uid.text).order_by("pk")] == [
        "engagements.requested",
        "engagements.withdrawn",
    ]


def test_the_database_refuses_a_refusal_without_a_ground(house: House) -> None:
    uid = ask(house)
    with pytest.raises(Exception, match="engagements_refusal_has_ground"), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE engagements_request SET state = 'refused', settled_at = asked_at WHERE uid = %s", [uid.text]
        )


def test_no_step_follows_the_end_of_a_request() -> None:
    assert rules.steps_from(State.REFUSED) == rules.steps_from(State.WITHDRAWN) == frozenset()


def test_of_two_who_vet_at_once_one_does(open_house: House) -> None:
    house, release = open_house, Uid(open_house.take().uid)
    uid = ask(house)
    viewers = [house.cast.manager, house.cast.custodian] * 3
    ready = threading.Barrier(len(viewers))

    def one(viewer: Viewer) -> bool:
        try:
            ready.wait(30)
            commands.vet(viewer, uid, Vetting(releases=(release,)), now=NOW)
        except StepNotPossibleError:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(len(viewers)) as pool:
        assert sum(pool.map(one, viewers)) == 1
    assert Event.objects.filter(kind="engagements.vetted").count() == 1


def test_a_flood_at_once_does_not_pass_the_bound(open_house: House) -> None:
    house = open_house
    for _ in range(rules.MAX_OPEN_REQUESTS - 1):
        ask(house)

    def one(_: int) -> bool:
        try:
            ask(house)
        except ManyRequestsError:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(one, range(4))) == 1


def test_an_erasure_takes_what_a_person_said_of_themselves_and_leaves_the_request(house: House) -> None:
    uid = ask(house)
    proposal = readingroom.propose_erasure(house.cast.manager, house.cast.reviewer.uid, now=NOW, reason="Asked for.")
    for viewer in (house.cast.custodian, house.cast.officer):
        house.agree(proposal, viewer)
    page = queries.request_page(house.cast.manager, uid)
    assert page.words is not None
    assert (page.words.purpose, page.words.interests) == ("To see what parses what.", "")
    assert page.timeline[0].who == "Erased person"
