# SPDX-License-Identifier: Apache-2.0
"""Values of engagements: what is asked for, where it stands, what a grant may rest on."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import TextChoices

from glasshouse.kernel.digests import Digest
from glasshouse.kernel.errors import InvalidError
from glasshouse.kernel.ids import Uid


class Category(TextChoices):
    """What is asked for."""

    PRODUCT = "product", "review of a product"
    SERVICE = "service", "review of a service"
    TESTS = "tests", "tests by the lab"


class Depth(TextChoices):
    """How deep a review goes."""

    OVERVIEW = "overview", "overview"
    TARGETED = "targeted", "targeted"
    FULL = "full", "full"
    TEST_ONLY = "test-only", "tests only, no reading"


class State(TextChoices):
    """Where a request stands."""

    RECEIVED = "received", "waits for vetting"
    VETTED = "vetted", "waits for the export decision"
    CLEARED = "cleared", "waits to be put up for opening"
    PROPOSED = "proposed", "waits for two approvals"
    OPENED = "opened", "opened"
    REFUSED = "refused", "refused"
    WITHDRAWN = "withdrawn", "withdrawn"


class Step(TextChoices):
    """What moves a request on."""

    VET = "vet", "vet"
    CLEAR = "clear", "decide on the export"
    PROPOSE = "propose", "put up for opening"
    OPEN = "open", "open"
    REFUSE = "refuse", "refuse"
    WITHDRAW = "withdraw", "withdraw"


class Ground(TextChoices):
    """Why a request is refused: a closed list, so that refusals can be counted.

    There is deliberately no ground for a product that is unknown: absent and not offered read alike.
    """

    NOT_OFFERED = "not-offered", "not offered for this review"
    INTEREST = "interest", "conflict of interest"
    PURPOSE = "purpose", "purpose"
    EXPORT = "export", "export control"
    CAPACITY = "capacity", "no capacity in the asked time"
    INCOMPLETE = "incomplete", "incomplete"
    LEGAL = "legal", "other legal reason"


class TermsKind(TextChoices):
    """The texts that every agreement pins."""

    RULES = "rules", "rules of engagement"
    NDA = "nda", "non-disclosure agreement"


class Ending(TextChoices):
    """How an engagement ended."""

    COMPLETED = "completed", "completed"
    ENDED_BY_VISITOR = "ended-by-visitor", "ended by the visitor"
    ENDED_BY_LAB = "ended-by-lab", "ended by the lab"


@dataclass(frozen=True, slots=True)
class Words:
    """What a request says in its visitor's own words; they rest sealed in the request's entry.

    `named` is the product or service, and `version` its exact release, as the visitor knows them: nothing is looked up.
    """

    named: str
    version: str
    purpose: str
    tests: str = ""
    tools: str = ""
    interests: str = ""


@dataclass(frozen=True, slots=True)
class NewRequest:
    """A request as it is made. `people` are addresses of the same organisation; places are wishes."""

    category: Category
    depth: Depth
    words: Words
    people: tuple[str, ...]
    begins: datetime
    ends: datetime
    sites: tuple[Uid, ...] = ()

    def __post_init__(self) -> None:
        """Refuse an empty window of time, and tests that are asked for by another name."""
        if self.begins >= self.ends:
            raise InvalidError("A request ends after it begins.")
        if (self.category == Category.TESTS) != (self.depth == Depth.TEST_ONLY):
            raise InvalidError("Tests by the lab are asked for with the depth of tests only, and no other is.")


@dataclass(frozen=True, slots=True)
class Vetting:
    """What vetting found that a request means: releases of one product, or a service by its name here.

    `note` goes to both parties.
    """

    releases: tuple[Uid, ...] = ()
    service: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class NewExportDecision:
    """A named officer's word on product class, persons and places of reading.

    A place is one of the lab's sites, or a country (ISO 3166-1 alpha-2) for reading from outside a site.
    """

    number: str
    product_class: str
    people: tuple[Uid, ...]
    until: datetime
    sites: tuple[Uid, ...] = ()
    countries: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Scope:
    """What an engagement is about, frozen: any change is another agreement."""

    category: Category
    depth: Depth
    product: str
    service: str
    releases: Mapping[Uid, Digest]
    people: frozenset[Uid]
    begins: datetime
    ends: datetime


@dataclass(frozen=True, slots=True)
class Amendment:
    """What is added to an engagement's scope, and until when it runs then."""

    releases: tuple[Uid, ...] = ()
    people: tuple[Uid, ...] = ()
    ends: datetime | None = None


@dataclass(frozen=True, slots=True)
class Clearance:
    """What one person's grant in one engagement may rest on at one moment.

    `sites` and `countries` are the places of reading that the export decision covers for this person, both empty where
    it does not cover them; `until` is when the decision or the engagement ends, whichever is first; `export` is the
    decision's number.
    """

    is_open: bool
    is_named: bool
    has_signed: bool
    reads: bool
    sites: frozenset[Uid]
    countries: frozenset[str]
    until: datetime
    export: str
    releases: frozenset[Uid]


@dataclass(frozen=True, slots=True)
class SignatureAsked:
    """What a person's passkey signs: their word on one agreement, in canonical bytes, and the challenge made of it."""

    engagement: Uid
    agreement: int
    text: bytes
    challenge: bytes
