# SPDX-License-Identifier: Apache-2.0
"""Rows of engagements. What a visitor wrote and why something was refused is not here: it is sealed in the journal."""

from typing import ClassVar

from django.db import models

from glasshouse.domain.engagements.values import Category, Depth, Ending, Ground, State, TermsKind
from glasshouse.domain.people.models import UID, Organisation, Person


class Request(models.Model):
    """What an organisation asks for, and where it stands. `words` names the entry that holds what they wrote.

    `product`, `service` and `releases` say what vetting found to be meant; `releases` maps uid to root. `country` is
    the organisation's when it asked, so that a count never changes afterwards. `proposal` is the opening that is
    decided on; an earlier one opens and refuses nothing any more.
    """

    uid = models.CharField(max_length=UID, unique=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="requests")
    country = models.CharField(max_length=2, blank=True)
    asked_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    words = models.CharField(max_length=UID)
    people = models.ManyToManyField(Person, related_name="+")
    sites = models.JSONField(default=list)
    category = models.CharField(max_length=10, choices=Category)
    depth = models.CharField(max_length=10, choices=Depth)
    begins = models.DateTimeField()
    ends = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State, default=State.RECEIVED)
    vetted_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    product = models.CharField(max_length=UID, blank=True)
    service = models.CharField(max_length=200, blank=True)
    releases = models.JSONField(default=dict)
    ground = models.CharField(max_length=12, choices=Ground, blank=True)
    settled_at = models.DateTimeField(null=True)
    proposal = models.CharField(max_length=UID, blank=True)

    class Meta:
        """The desk lists what waits, oldest first; counts go by period."""

        indexes: ClassVar = [
            models.Index(fields=["state", "asked_at"], name="engagements_request_waiting"),
            models.Index(fields=["organisation", "state"], name="engagements_request_of"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(state=State.REFUSED) ^ models.Q(ground=""), name="engagements_refusal_has_ground"
            ),
            models.CheckConstraint(
                condition=models.Q(settled_at=None)
                ^ models.Q(state__in=[State.OPENED, State.REFUSED, State.WITHDRAWN]),
                name="engagements_settled_has_time",
            ),
        ]

    def __str__(self) -> str:
        """Return the uid."""
        return self.uid


class ExportDecision(models.Model):
    """A named officer's word that persons may read a class of product at places, until a time."""

    uid = models.CharField(max_length=UID, unique=True)
    request = models.ForeignKey(Request, on_delete=models.PROTECT, related_name="exports")
    number = models.CharField(max_length=80)
    officer = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    product_class = models.CharField(max_length=80)
    people = models.ManyToManyField(Person, related_name="+")
    sites = models.JSONField(default=list)
    countries = models.JSONField(default=list)
    decided_at = models.DateTimeField()
    until = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        """Return the number."""
        return self.number


class Engagement(models.Model):
    """One organisation that looks at one product or service, or has it tested. `product` is empty for a service.

    Its scope stands in its newest agreement; `people`, `releases` and `ends` repeat it for look-ups.
    """

    uid = models.CharField(max_length=UID, unique=True)
    label = models.CharField(max_length=20, unique=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="engagements")
    request = models.OneToOneField(Request, on_delete=models.PROTECT, null=True, related_name="engagement")
    category = models.CharField(max_length=10, choices=Category, default=Category.PRODUCT)
    depth = models.CharField(max_length=10, choices=Depth, default=Depth.TARGETED)
    product = models.CharField(max_length=UID, blank=True)
    service = models.CharField(max_length=200, blank=True)
    releases = models.JSONField(default=dict)
    people = models.ManyToManyField(Person, related_name="engagements")
    opened_at = models.DateTimeField()
    begins = models.DateTimeField(null=True)
    ends = models.DateTimeField(null=True)
    agreement = models.PositiveIntegerField(default=0)
    closed_at = models.DateTimeField(null=True)
    ending = models.CharField(max_length=20, choices=Ending, blank=True)

    class Meta:
        """An engagement that is closed says how it ended."""

        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(closed_at=None) ^ ~models.Q(ending=""), name="engagements_closed_has_ending"
            ),
        ]

    def __str__(self) -> str:
        """Return the label."""
        return self.label


class Terms(models.Model):
    """One version of a text that agreements pin by digest; never changed, only followed by another."""

    kind = models.CharField(max_length=8, choices=TermsKind)
    version = models.PositiveIntegerField()
    text = models.TextField()
    digest = models.BinaryField(max_length=32)
    published_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    published_at = models.DateTimeField()

    class Meta:
        """A version is given once."""

        constraints: ClassVar = [models.UniqueConstraint(fields=["kind", "version"], name="engagements_terms_once")]

    def __str__(self) -> str:
        """Return kind and version."""
        return f"{self.kind} {self.version}"


class Agreement(models.Model):
    """Scope and terms of an engagement in the bytes that its people sign. A change is another agreement."""

    engagement = models.ForeignKey(Engagement, on_delete=models.PROTECT, related_name="agreements")
    number = models.PositiveIntegerField()
    statement = models.TextField()
    digest = models.BinaryField(max_length=32)
    terms = models.ManyToManyField(Terms, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        """Agreements of an engagement are numbered from one."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["engagement", "number"], name="engagements_agreement_once"),
        ]

    def __str__(self) -> str:
        """Return the number."""
        return f"agreement {self.number}"


class Signature(models.Model):
    """A person's passkey's word on one agreement, as a verifier reads it."""

    agreement = models.ForeignKey(Agreement, on_delete=models.PROTECT, related_name="signatures")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    signed_at = models.DateTimeField()
    word = models.JSONField()

    class Meta:
        """A person signs an agreement once."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["agreement", "person"], name="engagements_signature_once"),
        ]

    def __str__(self) -> str:
        """Return who and what."""
        return f"signature of {self.person_id} on {self.agreement_id}"
