# SPDX-License-Identifier: Apache-2.0
"""People come in by an operator's word and a link that works once; nobody is found by whom it does not concern."""

import hashlib
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from pytest_django.fixtures import Settings

from glasshouse.domain.journal import queries as journal
from glasshouse.domain.journal.models import Event, SeedClass
from glasshouse.domain.people import commands, queries
from glasshouse.domain.people.errors import (
    DeviceCodeError,
    DevicePendingError,
    LinkSpentError,
    NotAnAddressError,
    PersonExistsError,
    RoleMissingError,
)
from glasshouse.domain.people.models import EnrolmentLink, Organisation, Passkey, Person
from glasshouse.domain.people.values import Role
from glasshouse.domain.releases import vault
from glasshouse.kernel.errors import InvalidError, NotFoundError
from glasshouse.kernel.ids import Uid
from tests.domain.readingroom.passkeys import enrol
from tests.engines.mail.post_office import PostOffice, opened
from tests.lab import NOW, House, add
from tests.verifier.synthetic import Authenticator

ADA = commands.NewPerson(" Ada@Tester.Example ", " Ada N. ", " Tester ", [Role.REVIEWER, Role.REVIEWER])
ZOE = commands.NewPerson("Zoe\u0308@Tester.Example", "Zo\u00eb", "Tester", [Role.REVIEWER])
END = NOW + timedelta(hours=72)


def test_a_person_is_added_with_a_link_and_their_name_is_personal_in_the_journal(house: House) -> None:
    made = commands.add_person("operator:root", ADA, now=NOW)
    person = Person.objects.get(uid=made.person.text)
    assert (person.email, person.name, person.organisation.name) == ("ada@tester.example", "Ada N.", "Tester")
    assert [held.role for held in person.roles.all()] == [Role.REVIEWER]
    assert not person.has_usable_password()
    assert made.until == END
    event = Event.objects.get(kind="people.person-added", subject=made.person.text)
    assert event.actor == "operator:root"
    shared = journal.open_event(event, vault.journal_sealer)
    assert "ada@tester.example" not in str(shared)
    personal = journal.open_event(event, vault.journal_sealer, classes=[SeedClass.PERSONAL])
    assert personal.fields == {"email": "ada@tester.example", "name": "Ada N."}
    assert house.cast.reviewer.uid != made.person


def test_a_country_is_the_organisations_and_is_given_once(house: House) -> None:
    del house
    commands.add_person("operator:root", ADA, now=NOW)
    assert Organisation.objects.get(name="Tester").country == ""
    for email, country in (("bo@tester.example", "be"), ("cy@tester.example", "FR")):
        new = commands.NewPerson(email, "B", "Tester", [Role.REVIEWER], country=country)
        commands.add_person("operator:root", new, now=NOW)
        assert Organisation.objects.get(name="Tester").country == "BE"
    with pytest.raises(InvalidError, match="no country"):
        commands.add_person(
            "operator:root", commands.NewPerson("d@x.example", "D", "X", [Role.REVIEWER], country="XX"), now=NOW
        )
    assert not Organisation.objects.filter(name="X").exists()


def test_the_links_secret_is_kept_nowhere(house: House) -> None:
    del house
    made = commands.add_person("operator:root", ADA, now=NOW)
    link = EnrolmentLink.objects.get(person__uid=made.person.text)
    assert bytes(link.secret_digest) == hashlib.sha256(made.secret.encode()).digest()


@pytest.mark.parametrize("email", ["", "ada", "ada@", "@x.example", "a b@x.example", "ada@x.example\nBcc: b@x.example"])
def test_what_is_no_address_is_refused(house: House, email: str) -> None:
    del house
    with pytest.raises(NotAnAddressError):
        commands.add_person("operator:root", commands.NewPerson(email, "Ada", "T", [Role.REVIEWER]), now=NOW)


def test_an_address_is_given_once_whatever_its_letters(house: House) -> None:
    del house
    commands.add_person("operator:root", ADA, now=NOW)
    with pytest.raises(PersonExistsError):
        commands.add_person("operator:root", ADA, now=NOW)
    for new in (
        commands.NewPerson("b@x.example", " ", "T", [Role.REVIEWER]),
        commands.NewPerson("b@x.example", "B", "T", []),
    ):
        with pytest.raises(InvalidError):
            commands.add_person("operator:root", new, now=NOW)
    assert not Organisation.objects.filter(name="T").exists()


def test_a_link_works_once_and_until_its_end(house: House) -> None:
    del house
    made = commands.add_person("operator:root", ADA, now=NOW)
    with pytest.raises(LinkSpentError):
        commands.redeem_link(made.secret, now=END)
    assert commands.redeem_link(made.secret, now=END - timedelta(microseconds=1)).uid == made.person.text
    for secret in (made.secret, "", "x" * 43):
        with pytest.raises(LinkSpentError) as refused:
            commands.redeem_link(secret, now=NOW)
        assert refused.value.message == "This link was used or has ended."


def test_a_new_link_ends_the_earlier_ones(house: House) -> None:
    del house
    first = commands.add_person("operator:root", ADA, now=NOW)
    second = commands.new_link("operator:root", "ADA@tester.example", now=NOW)
    with pytest.raises(LinkSpentError):
        commands.redeem_link(first.secret, now=NOW)
    assert commands.redeem_link(second.secret, now=NOW).uid == first.person.text
    with pytest.raises(InvalidError):
        commands.new_link("operator:root", "nobody@tester.example", now=NOW)


def test_a_link_used_by_ten_tabs_at_once_lets_one_in(open_house: House) -> None:
    made = commands.add_person("operator:root", ADA, now=NOW)
    ready = threading.Barrier(10)

    def tab(_: int) -> bool:
        try:
            ready.wait(30)
            commands.redeem_link(made.secret, now=NOW)
        except LinkSpentError:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(10) as pool:
        assert sum(pool.map(tab, range(10))) == 1
    assert Event.objects.filter(kind="people.link-used").count() == 1
    assert open_house.folder.exists()


def test_an_inactive_persons_link_lets_nobody_in(house: House) -> None:
    del house
    made = commands.add_person("operator:root", ADA, now=NOW)
    Person.objects.filter(uid=made.person.text).update(is_active=False)
    with pytest.raises(LinkSpentError):
        commands.redeem_link(made.secret, now=NOW)
    with pytest.raises(NotFoundError):
        queries.viewer_by_row(Person.objects.get(uid=made.person.text).pk)


def test_people_name_themselves_their_colleagues_and_nobody_else(house: House) -> None:
    cast = house.cast
    assert queries.person_by_uid(cast.reviewer, cast.reviewer.uid).uid == cast.reviewer.uid.text
    assert queries.person_by_uid(cast.reviewer, cast.colleague.uid).uid == cast.colleague.uid.text
    assert queries.person_by_email(cast.manager, " Stranger@Other.example ").uid == cast.stranger.uid.text
    for uid in (cast.stranger.uid, cast.manager.uid, Uid.new()):
        with pytest.raises(NotFoundError):
            queries.person_by_uid(cast.reviewer, uid)
    for email in ("stranger@other.example", "nobody@nowhere.example"):
        with pytest.raises(NotFoundError):
            queries.person_by_email(cast.reviewer, email)
    assert queries.organisation_names(cast.reviewer) == ["Regulator A"]
    assert queries.organisation_names(cast.manager) == ["Laboratory B", "Regulator A", "Vendor"]
    assert {person.email for person in queries.reviewers_of(cast.manager)} == {
        *("reviewer@regulator.example", "colleague@regulator.example", "stranger@other.example"),
    }
    # What somebody is elsewhere says nothing here.
    boss = add("boss@other.example", "Laboratory B", Role.LAB_MANAGER, Role.CUSTODIAN, Role.EXPORT_OFFICER)
    for viewer in (cast.stranger, boss):
        with pytest.raises(NotFoundError):
            queries.reviewers_of(viewer)
        with pytest.raises(NotFoundError):
            queries.person_by_uid(viewer, cast.reviewer.uid)
        assert queries.organisation_names(viewer) == ["Laboratory B"]
    owner = add("owner@vendor.example", "Vendor", Role.PRODUCT_OWNER, is_vendor=True)
    with pytest.raises(RoleMissingError):
        queries.reviewers_of(owner)


def test_passkeys_are_ones_own_and_one_that_was_removed_is_none(house: House) -> None:
    one, other = Authenticator.es256(), Authenticator.eddsa()
    credential = enrol(house.cast.reviewer, one)
    enrol(house.cast.stranger, other)
    assert [key.fingerprint for key in queries.passkeys_of(house.cast.reviewer)] == [one.fingerprint]
    commands.record_passkey_removed(house.cast.stranger.uid, credential, now=NOW)
    assert Passkey.objects.get(credential=credential).removed_at is None
    commands.record_passkey_removed(house.cast.reviewer.uid, credential, now=NOW)
    assert queries.passkeys_of(house.cast.reviewer) == []
    event = Event.objects.get(kind="people.passkey-enrolled", subject=house.cast.reviewer.uid.text)
    field = journal.open_event(event, vault.journal_sealer).fields["passkey"]
    assert isinstance(field, dict)
    assert (field["fingerprint"], field["algorithm"], field["rp"]) == (one.fingerprint, "ES256", "localhost")


def test_a_terminal_signs_in_once_after_its_person_agreed_and_in_time(house: House) -> None:
    viewer = house.cast.reviewer
    code = commands.start_device("laptop", now=NOW)
    with pytest.raises(DevicePendingError):
        commands.collect_device(code.secret, now=NOW)
    with pytest.raises(DeviceCodeError):
        commands.approve_device(viewer, "BCDF-GHJK", now=NOW)
    with pytest.raises(DeviceCodeError):
        commands.approve_device(viewer, code.user_code, now=code.until)
    commands.approve_device(viewer, f" {code.user_code.lower()} ", now=NOW)
    with pytest.raises(DeviceCodeError):
        commands.approve_device(house.cast.stranger, code.user_code, now=NOW)
    for secret, now in ((code.secret, code.until), ("x", NOW)):
        with pytest.raises(DeviceCodeError):
            commands.collect_device(secret, now=now)
    assert commands.collect_device(code.secret, now=NOW).uid == viewer.uid.text
    with pytest.raises(DeviceCodeError):
        commands.collect_device(code.secret, now=NOW)


def test_an_address_that_no_server_here_would_take_is_refused_when_it_is_entered(
    house: House, settings: Settings
) -> None:
    del house
    with pytest.raises(NotAnAddressError, match="not ASCII"):
        commands.add_person("operator:root", ZOE, now=NOW)
    for takes in (False, True):
        with opened(PostOffice(), enable_SMTPUTF8=takes) as server:
            settings.GLASSHOUSE = replace(settings.GLASSHOUSE, mail=server)
            if takes:
                commands.add_person("operator:root", ZOE, now=NOW)
            else:
                with pytest.raises(NotAnAddressError, match="not ASCII"):
                    commands.add_person("operator:root", ZOE, now=NOW)
    settings.GLASSHOUSE = replace(settings.GLASSHOUSE, mail=None)
    person = queries.anybody_by_email(" ZO\u00cb@tester.example")
    assert person.email == "zo\u00eb@tester.example"
    assert commands.new_link("operator:root", "zoe\u0308@tester.example", now=NOW).person.text == person.uid
