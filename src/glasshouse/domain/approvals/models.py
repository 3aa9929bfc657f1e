# SPDX-License-Identifier: Apache-2.0
"""Rows of approvals. There is no `edited` state: a changed proposal is another proposal."""

from typing import ClassVar

from django.db import models

from glasshouse.domain.approvals.values import State, Verdict
from glasshouse.domain.people.models import UID, Person


class Proposal(models.Model):
    """What is to happen, in the bytes that everybody decides on.

    `sealed` holds what derives from source (path patterns), under the product's key; the statement holds its
    digest, so that both are decided on together.
    """

    uid = models.CharField(max_length=UID, unique=True)
    kind = models.CharField(max_length=80)
    subject = models.CharField(max_length=UID)
    beneficiary = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    statement = models.TextField()
    sealed = models.BinaryField(blank=True, default=b"")
    digest = models.BinaryField(max_length=32)
    proposed_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="proposals")
    proposed_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)

    class Meta:
        """The desk lists open proposals, oldest first."""

        indexes: ClassVar = [models.Index(fields=["state", "proposed_at"], name="approvals_proposal_open")]

    def __str__(self) -> str:
        """Return kind and state."""
        return f"{self.kind}, {self.state}"


class Decision(models.Model):
    """One person's word on a proposal, with what it rests on."""

    proposal = models.ForeignKey(Proposal, on_delete=models.PROTECT, related_name="decisions")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="decisions")
    verdict = models.CharField(max_length=8, choices=Verdict)
    reason = models.TextField(blank=True)
    basis = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()

    class Meta:
        """A person speaks once."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["proposal", "person"], name="approvals_decision_once"),
        ]

    def __str__(self) -> str:
        """Return the verdict."""
        return self.verdict
