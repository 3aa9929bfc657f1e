# SPDX-License-Identifier: Apache-2.0
"""Keeping what is personal no longer than a house says, and telling its visitors so before they come."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from glasshouse.domain.journal import commands as journal
from glasshouse.domain.people import holds
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.sites import queries
from glasshouse.domain.sites.errors import NoticeChangedError
from glasshouse.domain.sites.models import Arrival, Attendee, Claim, NoticeRead, Site
from glasshouse.domain.sites.values import TextKind
from glasshouse.kernel.ids import Uid


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How many arrivals and how many expected visitors were forgotten."""

    arrivals: int
    expected: int


def forget_past(actor: str, *, now: datetime) -> Forgotten:
    """Forget who came to each house, and who was expected, longer ago than it keeps that; held persons aside.

    The journal's entries stay, with their personal fields sealed: these end by an erasure. Each house is one
    transaction and, where something went, one entry, so a worker that dies goes on where it was.
    """
    arrivals = expected = 0
    for site in Site.objects.order_by("pk"):
        with journal.transaction():
            gone = _forget(site, actor, now)
        arrivals, expected = arrivals + gone.arrivals, expected + gone.expected
    return Forgotten(arrivals, expected)


def acknowledge_notice(viewer: Viewer, site: Uid, version: int, *, now: datetime) -> None:
    """Keep a visitor's word that they read the notice of a house they come to; once for each version."""
    notice = queries.texts(viewer, site).get(TextKind.NOTICE)
    if notice is None or notice.version != version:
        raise NoticeChangedError("This site's notice has changed.", hint="Load the page again and read it.")
    with journal.transaction():
        _, is_new = NoticeRead.objects.get_or_create(person_id=viewer.row, text=notice, defaults={"at": now})
        if is_new:
            journal.record(
                "sites.notice-read",
                actor=viewer.uid.text,
                at=now,
                subject=site,
                fields={"digest": bytes(notice.digest).hex(), "version": notice.version},
            )


def _forget(site: Site, actor: str, now: datetime) -> Forgotten:
    held = holds.held()
    left = now - timedelta(days=site.retention_days)
    over = now - timedelta(days=site.booking_days)
    arrivals, _ = Arrival.objects.filter(site=site, departed_at__lt=left).exclude(person__in=held).delete()
    NoticeRead.objects.filter(text__site=site, at__lt=left).exclude(person__in=held).delete()
    past = Attendee.objects.filter(booking__room__site=site, booking__ends__lt=over).exclude(person__in=held)
    Claim.objects.filter(booking__in=past.values("booking")).delete()  # they name persons, and nothing past is claimed
    expected, _ = past.delete()
    if arrivals or expected:
        journal.record(
            "sites.past-forgotten",
            actor=actor,
            at=now,
            subject=Uid(site.uid),
            fields={
                "arrivals": arrivals,
                "booking_days": site.booking_days,
                "days": site.retention_days,
                "expected": expected,
            },
        )
    return Forgotten(arrivals, expected)
