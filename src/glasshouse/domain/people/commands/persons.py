# SPDX-License-Identifier: Apache-2.0
"""Adding persons and letting them in for the first time."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.sessions.models import Session

from glasshouse.domain.journal import commands as journal
from glasshouse.domain.people.errors import LinkSpentError, NotAnAddressError, PersonExistsError
from glasshouse.domain.people.models import DeviceSignIn, EnrolmentLink, Organisation, Person, RoleHeld
from glasshouse.domain.people.values import Role, plain_address
from glasshouse.engines.mail import Mailer, on_the_wire
from glasshouse.kernel import countries
from glasshouse.kernel.errors import InvalidError
from glasshouse.kernel.ids import Uid

LINK_HOURS = 72


@dataclass(frozen=True, slots=True)
class NewPerson:
    """Who is to be added. The vendor's own people belong to an organisation that `is_vendor`.

    `country` is the organisation's, ISO 3166-1 alpha-2; it counts for an organisation that is new or has none.
    """

    email: str
    name: str
    organisation: str
    roles: Sequence[Role]
    is_vendor: bool = False
    country: str = ""


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A person and the secret of their one-time link; the secret is shown once and kept nowhere."""

    person: Uid
    secret: str
    until: datetime


@dataclass(frozen=True, slots=True)
class DemoPassword:
    """The password of a demo's person, shown once."""

    person: Uid
    password: str


def add_person(actor: str, new: NewPerson, *, now: datetime) -> Enrolment:
    """Add a person and, where it is new, their organisation; the address counts as verified by the operator."""
    email = _address(new.email)
    _check_is_served(email)
    name = new.name.strip()
    country = countries.parse(new.country) if new.country else ""
    if not name or not new.roles:
        raise InvalidError("A person has a name and at least one role.")
    with journal.transaction():
        if Person.objects.filter(email=email).exists():
            raise PersonExistsError(f"{email} is already here.", hint="Make a new link with `person link`.")
        organisation, _ = Organisation.objects.get_or_create(
            name=new.organisation.strip(),
            defaults={"uid": Uid.new().text, "is_vendor": new.is_vendor, "country": country},
        )
        if country:
            Organisation.objects.filter(pk=organisation.pk, country="").update(country=country)
        person = Person(uid=Uid.new().text, email=email, name=name, organisation=organisation)
        person.set_unusable_password()
        person.save()
        RoleHeld.objects.bulk_create(RoleHeld(person=person, role=role) for role in dict.fromkeys(new.roles))
        secret, until = _make_link(person, now)
        journal.record(
            "people.person-added",
            actor=actor,
            at=now,
            subject=Uid(person.uid),
            fields={"organisation": organisation.uid, "roles": sorted(set(new.roles))},
            personal={"email": email, "name": name},
        )
    return Enrolment(Uid(person.uid), secret, until)


def new_link(actor: str, email: str, *, now: datetime) -> Enrolment:
    """Make a fresh one-time link for a person who lost theirs; earlier links end."""
    with journal.transaction():
        person = Person.objects.filter(email=_address(email), is_active=True).first()
        if person is None:
            raise InvalidError(f"Nobody here has the address {email}.", hint="Add them with `person add`.")
        person.links.filter(used_at=None).update(used_at=now)
        secret, until = _make_link(person, now)
        journal.record("people.link-made", actor=actor, at=now, subject=Uid(person.uid))
    return Enrolment(Uid(person.uid), secret, until)


def redeem_link(secret: str, *, now: datetime) -> Person:
    """Spend a one-time link and return whose it was; a spent, ended or unknown link is refused alike."""
    digest = hashlib.sha256(secret.encode()).digest()
    with journal.transaction():
        link = EnrolmentLink.objects.select_related("person").filter(secret_digest=digest).first()
        # The condition in the UPDATE decides a race between two tabs.
        if (
            link is None
            or link.until <= now
            or not link.person.is_active
            or not EnrolmentLink.objects.filter(pk=link.pk, used_at=None).update(used_at=now)
        ):
            raise LinkSpentError("This link was used or has ended.", hint="Ask the lab's operator for a new one.")
        journal.record("people.link-used", actor=link.person.uid, at=now, subject=Uid(link.person.uid))
    return link.person


def set_demo_password(actor: str, email: str, *, now: datetime) -> DemoPassword:
    """Give a demo's person a random password; the command line offers this in a lab marked as a demo only."""
    password = "-".join(secrets.token_hex(2) for _ in range(4))
    with journal.transaction():
        person = Person.objects.get(email=_address(email))
        person.set_password(password)
        person.save(update_fields=["password"])
        journal.record("people.password-set", actor=actor, at=now, subject=Uid(person.uid))
    return DemoPassword(Uid(person.uid), password)


def _make_link(person: Person, now: datetime) -> tuple[str, datetime]:
    secret = secrets.token_urlsafe(32)
    until = now + timedelta(hours=LINK_HOURS)
    EnrolmentLink.objects.create(person=person, secret_digest=hashlib.sha256(secret.encode()).digest(), until=until)
    return secret, until


def _address(text: str) -> str:
    email = plain_address(text)
    try:
        on_the_wire(email)
    except InvalidError as error:
        raise NotAnAddressError(f"{text[:80]!r} is not an e-mail address.", hint=error.hint) from error
    return email


def _check_is_served(email: str) -> None:
    """Raise unless the lab could mail this address: now is when somebody can still give another."""
    server = settings.GLASSHOUSE.mail
    if on_the_wire(email).isascii():
        return
    if server is not None:
        with Mailer(server) as mailer:
            if mailer.takes_utf8():
                return
    raise NotAnAddressError(
        "What stands before the @ is not ASCII, and no mail server of this lab takes that.",
        hint="Name one that offers SMTPUTF8 (mail_host), or give another address.",
    )


def forget_person(person: Uid) -> None:
    """Remove a person's name, address and ways in, inside the transaction of an approved erasure; the uid stays."""
    found = Person.objects.get(uid=person.text)
    address = found.email
    found.name = "Erased person"
    found.email = f"{found.uid}@erased.invalid"
    found.is_active = False
    found.set_unusable_password()
    found.save()
    found.links.all().delete()
    found.passkeys.all().delete()
    DeviceSignIn.objects.filter(person=found).delete()
    # What the sign-in libraries keep of somebody: addresses, second factors, where each session came from.
    EmailAddress.objects.filter(user=found).delete()
    Authenticator.objects.filter(user=found).delete()
    UserSession.objects.filter(user=found).delete()
    for row in Session.objects.all().iterator():
        if row.get_decoded().get("_auth_user_id") == str(found.pk):
            row.delete()
    AccessAttempt.objects.filter(username=address).delete()
    found.ended_sessions.all().delete()
    found.holds.all().delete()  # lifted ones, whose reasons may tell of them; a standing one stops the erasure
    found.tokens.all().delete()
