# SPDX-License-Identifier: Apache-2.0
"""Questions about people."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import QuerySet

from glasshouse.domain.people.assertions import Assertion, check_assertion
from glasshouse.domain.people.commands.tokens import digest_of
from glasshouse.domain.people.errors import PasskeyWordError
from glasshouse.domain.people.models import Organisation, Passkey, Person, Scope, Token
from glasshouse.domain.people.values import Role, plain_address
from glasshouse.domain.people.viewer import Viewer
from glasshouse.kernel.errors import NotFoundError
from glasshouse.kernel.ids import Uid


def viewer(person: Person) -> Viewer:
    """Return the person as the code sees one, roles as of now."""
    return Viewer(
        uid=Uid(person.uid),
        row=person.pk,
        name=person.name,
        organisation=Uid(person.organisation.uid),
        organisation_name=person.organisation.name,
        is_vendor=person.organisation.is_vendor,
        roles=person.known_roles
        if person.known_roles is not None
        else frozenset(Role(held.role) for held in person.roles.all()),
    )


_ASKER = """
SELECT p.id, p.password, p.uid, p.email, p.name, p.organisation_id, p.is_active, o.uid, o.name, o.is_vendor, r.role
  FROM people_person p
  JOIN people_organisation o ON o.id = p.organisation_id
  LEFT JOIN people_roleheld r ON r.person_id = p.id
 WHERE p.id = %s AND p.is_active
"""
_ARRANGERS = (Role.LAB_MANAGER, Role.CUSTODIAN, Role.EXPORT_OFFICER)
# In the order of the models' fields, as `from_db` wants them.
_PERSON = ("id", "password", "uid", "email", "name", "organisation_id", "is_active")
_ORGANISATION = ("id", "uid", "name", "is_vendor")


def asker(row: int) -> Person | None:
    """Return the active person of a session with everything `viewer` needs, in one statement: every page asks."""
    with connection.cursor() as cursor:
        cursor.execute(_ASKER, [row])
        found = cursor.fetchall()
    if not found:
        return None
    first = found[0]
    person = Person.from_db(connection.alias, _PERSON, first[:7])
    person.organisation = Organisation.from_db(connection.alias, _ORGANISATION, (first[5], *first[7:10]))
    person.known_roles = frozenset(Role(line[10]) for line in found if line[10])
    return person


def viewer_by_row(row: int) -> Viewer:
    """Return an active person by internal id, in one join and one look at the roles."""
    person = Person.objects.select_related("organisation").filter(pk=row, is_active=True).first()
    if person is None:
        raise NotFoundError
    return viewer(person)


def _arranges(asker: Viewer) -> bool:
    """Say whether the asker is of the vendor's people who arrange visits: a visitor's own roles count nothing here."""
    return asker.is_vendor and asker.may_act_as(*_ARRANGERS)


def person_by_uid(asker: Viewer, uid: Uid) -> Person:
    """Return a person whom the asker may name: themselves, a colleague, or anyone for those who arrange visits."""
    persons: QuerySet[Person] = Person.objects.select_related("organisation").filter(uid=uid.text, is_active=True)
    if not _arranges(asker):
        persons = persons.filter(organisation__uid=asker.organisation.text)
    person = persons.first()
    if person is None:
        raise NotFoundError
    return person


def person_by_email(asker: Viewer, email: str) -> Person:
    """Return a person by address, under the same narrowing as by uid."""
    return person_by_uid(asker, Uid(anybody_by_email(email).uid))


def anybody_by_email(email: str) -> Person:
    """Return an active person by address, for the commands of those who may name everybody."""
    person = Person.objects.filter(email=plain_address(email), is_active=True).first()
    if person is None:
        raise NotFoundError
    return person


def reviewers_of(asker: Viewer) -> QuerySet[Person]:
    """Return the reviewers whom the asker may propose a grant for."""
    if not asker.is_vendor:
        raise NotFoundError
    asker.check_role(*_ARRANGERS)
    return (
        Person.objects.filter(is_active=True, roles__role=Role.REVIEWER)
        .select_related("organisation")
        .order_by("organisation__name", "name")
    )


def staff(asker: Viewer, *roles: Role) -> QuerySet[Person]:
    """Return the vendor's own people whom the asker may name, those with one of the roles if any is named."""
    if not asker.is_vendor:
        raise NotFoundError
    asker.check_role(Role.LAB_MANAGER, Role.CUSTODIAN, Role.EXPORT_OFFICER)
    persons = Person.objects.filter(is_active=True, organisation__is_vendor=True)
    if roles:
        persons = persons.filter(roles__role__in=roles)
    return persons.select_related("organisation").distinct().order_by("name")


def office(*roles: Role) -> set[int]:
    """Return the rows of the vendor's active people with one of these roles: to be told something, shown to nobody."""
    people = Person.objects.filter(is_active=True, organisation__is_vendor=True, roles__role__in=roles)
    return set(people.values_list("pk", flat=True))


def organisation_names(asker: Viewer) -> list[str]:
    """Return the organisations the asker may name."""
    if _arranges(asker):
        return list(Organisation.objects.order_by("name").values_list("name", flat=True))
    return [asker.organisation_name]


def passkeys_of(viewer: Viewer) -> list[Passkey]:
    """Return the viewer's own passkeys as the ledger knows them, those removed left out."""
    return list(Passkey.objects.filter(person_id=viewer.row, removed_at=None).order_by("enrolled_at"))


def key_that_signed(viewer: Viewer, assertion: Assertion, *, challenge: bytes, url: str) -> Passkey:
    """Return the viewer's own passkey that answered a challenge; raises when none did, or the answer does not hold."""
    key = Passkey.objects.filter(credential=assertion.credential, person_id=viewer.row, removed_at=None).first()
    if key is None:
        raise PasskeyWordError("This passkey is not one of yours.")
    check_assertion(assertion, cose=bytes(key.cose), challenge=challenge, url=url)
    return key


def tokens_of(viewer: Viewer) -> QuerySet[Token]:
    """Return the viewer's own tokens, ended and revoked ones too."""
    return Token.objects.filter(person_id=viewer.row)


@dataclass(frozen=True, slots=True)
class TokenHolder:
    """Whose token a program showed, and what it may read."""

    person: Person
    scopes: frozenset[Scope]


def token_holder(secret: str, *, now: datetime) -> TokenHolder | None:
    """Return whose token this is; None when it ended, was revoked, never was, or its person is gone."""
    live = Token.objects.filter(until__gt=now, revoked_at=None, person__is_active=True)
    found = live.select_related("person__organisation").filter(secret_digest=digest_of(secret)).first()
    return TokenHolder(found.person, frozenset(Scope(scope) for scope in found.scopes)) if found else None
