# SPDX-License-Identifier: Apache-2.0
"""Rows of access. No path stands here in plain text: patterns are sealed, blobs and paths have opaque ids."""

from typing import ClassVar

from django.db import models

from glasshouse.domain.access.values import Pause
from glasshouse.domain.people.models import UID, Person

NO_LIMIT = 2**53


class Grant(models.Model):
    """One person's leave to look at releases of one product.

    `purposes` are written one after another with a space between, `sites` are uids. A pause counts up `version` as a
    revocation does: a page that was judged before it is not shown after it.
    """

    uid = models.CharField(max_length=UID, unique=True)
    engagement = models.CharField(max_length=UID)
    proposal = models.CharField(max_length=UID, unique=True)
    holder = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="grants")
    product = models.CharField(max_length=UID)
    purposes = models.CharField(max_length=40)
    sites = models.JSONField(default=list)
    at_workstation = models.BooleanField(default=False)
    accompanied = models.BooleanField(default=False)
    patterns = models.BinaryField()
    begins = models.DateTimeField()
    ends = models.DateTimeField()
    opened_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    paused_at = models.DateTimeField(null=True)
    pause = models.CharField(max_length=8, choices=Pause, blank=True, default="")
    version = models.PositiveIntegerField(default=1)

    class Meta:
        """Grants are looked up by holder; a pause says why."""

        indexes: ClassVar = [models.Index(fields=["holder", "-opened_at"], name="access_grant_holder")]
        constraints: ClassVar = [
            models.CheckConstraint(condition=~models.Q(purposes=""), name="access_grant_has_purpose"),
            models.CheckConstraint(
                condition=models.Q(paused_at=None) ^ ~models.Q(pause=""), name="access_pause_has_reason"
            ),
        ]

    def __str__(self) -> str:
        """Return the uid."""
        return self.uid


class GrantedRelease(models.Model):
    """A release that a grant covers, by uid and root digest."""

    grant = models.ForeignKey(Grant, on_delete=models.PROTECT, related_name="releases")
    release = models.CharField(max_length=UID)
    root = models.BinaryField(max_length=32)

    class Meta:
        """A release is granted once a grant."""

        constraints: ClassVar = [models.UniqueConstraint(fields=["grant", "release"], name="access_release_once")]

    def __str__(self) -> str:
        """Return the release's uid."""
        return self.release


class Scope(models.TextChoices):
    """Whose lines a budget counts."""

    GRANT = "grant", "this grant"
    PERSON = "person", "your grants for this product together"
    ORGANISATION = "organisation", "your organisation's grants for this product together"


class Budget(models.Model):
    """Distinct lines shown, against their limits. `hour` and `day` count from the epoch, in UTC.

    `trail` is kept in the grant's own row alone: how the last new lines were come by, for `pace`. It stands here and
    not in a row of its own because the one UPDATE that pays writes it too.
    """

    scope = models.CharField(max_length=12, choices=Scope)
    key = models.CharField(max_length=UID)
    product = models.CharField(max_length=UID)
    hour = models.IntegerField(default=0)
    hour_used = models.BigIntegerField(default=0)
    hour_limit = models.BigIntegerField(default=NO_LIMIT)
    day = models.IntegerField(default=0)
    day_used = models.BigIntegerField(default=0)
    day_limit = models.BigIntegerField(default=NO_LIMIT)
    visit = models.CharField(max_length=UID, blank=True, default="")
    visit_used = models.BigIntegerField(default=0)
    visit_limit = models.BigIntegerField(default=NO_LIMIT)
    total_used = models.BigIntegerField(default=0)
    total_limit = models.BigIntegerField(default=NO_LIMIT)
    trail = models.CharField(max_length=120, blank=True, default="")

    class Meta:
        """One row for each whose lines are counted."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["scope", "key", "product"], name="access_budget_once"),
        ]

    def __str__(self) -> str:
        """Return the scope."""
        return self.scope


class Seen(models.Model):
    """Which lines of a blob were shown under a grant: one bit a line, 8,192 lines a row.

    `read` has those of them that were opened or compared; the others were shown by searches alone.
    """

    grant = models.ForeignKey(Grant, on_delete=models.PROTECT, related_name="+")
    blob = models.BinaryField(max_length=16)
    part = models.IntegerField()
    bits = models.BinaryField(max_length=1024)
    read = models.BinaryField(max_length=1024, default=b"")

    class Meta:
        """One row for each part of a blob."""

        constraints: ClassVar = [models.UniqueConstraint(fields=["grant", "blob", "part"], name="access_seen_once")]

    def __str__(self) -> str:
        """Return the part's number."""
        return f"part {self.part}"
