# SPDX-License-Identifier: Apache-2.0
"""Values of the journal: what a caller records, what it gets back, what an opened event says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from django.db.models import TextChoices

from glasshouse.kernel.ids import Uid

Json = None | bool | int | str | Sequence["Json"] | Mapping[str, "Json"]
Fields = Mapping[str, Json]


class Tagger(Protocol):
    """The part of a product's sealer that the journal needs: a keyed hash nobody else can compute."""

    def tag(self, value: bytes) -> bytes:
        """Return 32 bytes that depend on the product's key and the value."""
        ...


@dataclass(frozen=True, slots=True)
class SourceFields:
    """Shared fields that derive from source: they rest under the product's key too, and go when it goes."""

    product: Uid
    sealer: Tagger
    fields: Fields


@dataclass(frozen=True, slots=True)
class Recorded:
    """Proof that an event is committed with the transaction: keep it, show its number, sign its promise."""

    row: int
    uid: Uid
    kind: str
    commitment: bytes
    engagement: Uid | None
    number: int | None


@dataclass(frozen=True, slots=True)
class Opened:
    """An event with the fields that could be opened; `missing` names those whose seed or key is gone."""

    uid: Uid
    kind: str
    actor: str
    at: datetime
    subject: str
    engagement: Uid | None
    number: int | None
    fields: Fields
    missing: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Opening:
    """What proves one field of an event to somebody who holds only the commitment."""

    index: int
    name: str
    salt: bytes
    value: Json


class Audience(TextChoices):
    """Who a checkpoint was made for."""

    PARTIES = "parties", "parties and witnesses"
    PUBLIC = "public", "the public"
