# SPDX-License-Identifier: Apache-2.0
"""Rows of people. Deliberately absent: usernames, photographs, telephone numbers, identity documents."""

from typing import ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models

from glasshouse.domain.people.values import Role, SessionEnd, plain_address

UID = 26


class Organisation(models.Model):
    """A vendor, a customer, a regulator, a test laboratory."""

    uid = models.CharField(max_length=UID, unique=True)
    name = models.CharField(max_length=200, unique=True)
    is_vendor = models.BooleanField(default=False)
    country = models.CharField(max_length=2, blank=True, default="", help_text="ISO 3166-1 alpha-2; empty: unknown")

    def __str__(self) -> str:
        """Return the name."""
        return self.name


class PersonManager(BaseUserManager["Person"]):
    """Finds persons by address, as Django's sign-in expects."""

    def get_by_natural_key(self, username: str | None) -> "Person":
        """Find by address, letter case aside."""
        return self.get(email=plain_address(username or ""))


class Person(AbstractBaseUser):
    """Somebody who signs in. Rows are never deleted; an erased person keeps a uid and nothing else."""

    uid = models.CharField(max_length=UID, unique=True)
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=200)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="persons")
    is_active = models.BooleanField(default=True)

    objects = PersonManager()
    # Set by the one statement that looks up who asks; else None, and the rows are asked.
    known_roles: frozenset[Role] | None = None

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    def __str__(self) -> str:
        """Return the name."""
        return self.name


class RoleHeld(models.Model):
    """A role that a person holds."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="roles")
    role = models.CharField(max_length=20, choices=Role)

    class Meta:
        """A role is held once."""

        constraints: ClassVar = [models.UniqueConstraint(fields=["person", "role"], name="people_role_once")]

    def __str__(self) -> str:
        """Return the role."""
        return self.role


class Passkey(models.Model):
    """The public half of a passkey, as it stands in the ledger; a visit's close is checked against it."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="passkeys")
    credential = models.BinaryField(max_length=1024, unique=True)
    cose = models.BinaryField(max_length=4096)
    fingerprint = models.CharField(max_length=64)
    enrolled_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        """Return the first digits of the fingerprint."""
        return self.fingerprint[:16]


class EnrolmentLink(models.Model):
    """A one-time link for a first sign-in. Only the digest of its secret is kept."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="links")
    secret_digest = models.BinaryField(max_length=32, unique=True)
    until = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        """Say whose it is."""
        return f"enrolment link of {self.person_id}"


class DeviceSignIn(models.Model):
    """A terminal that asks to be signed in; the person approves it in the browser.

    `session_key` is set at approval and taken once; the terminal then acts under that session alone.
    """

    device_digest = models.BinaryField(max_length=32, unique=True)
    user_code = models.CharField(max_length=9, unique=True)
    terminal = models.CharField(max_length=200)
    until = models.DateTimeField()
    person = models.ForeignKey(Person, on_delete=models.PROTECT, null=True)
    approved_at = models.DateTimeField(null=True)
    collected_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        """Return the code that the person compares."""
        return self.user_code


class EndedSession(models.Model):
    """A session that somebody ended, by its name, for a day: so that its browser can be told why."""

    name = models.CharField(max_length=64, unique=True)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="ended_sessions")
    ended_at = models.DateTimeField()
    why = models.CharField(max_length=10, choices=SessionEnd)

    def __str__(self) -> str:
        """Return the first digits of the name."""
        return self.name[:16]


class Hold(models.Model):
    """A reason to keep a person's data that is stronger than their erasure, until somebody lifts it."""

    uid = models.CharField(max_length=UID, unique=True)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="holds")
    reason = models.CharField(max_length=500)
    set_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    set_at = models.DateTimeField()
    lifted_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        """Return the uid."""
        return self.uid


class Scope(models.TextChoices):
    """What a token may read. There is no scope for source, and none that changes anything."""

    RELEASES = "releases:read", "the releases that its person may name"
    VISITS = "visits:read", "its person's visits, without what was shown"
    LEDGER = "ledger:read", "checkpoints, and proofs of its person's own entries"


class Token(models.Model):
    """A program's leave to read a little in a person's name. Only the digest of its secret is kept."""

    uid = models.CharField(max_length=UID, unique=True)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="tokens")
    name = models.CharField(max_length=80)
    scopes = models.JSONField()
    secret_digest = models.BinaryField(max_length=32, unique=True)
    made_at = models.DateTimeField()
    until = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        """Tokens are listed as they were made."""

        ordering: ClassVar = ["made_at", "pk"]

    def __str__(self) -> str:
        """Return the uid."""
        return self.uid
