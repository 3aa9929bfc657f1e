# SPDX-License-Identifier: Apache-2.0
"""Questions on lines that a visitor was shown, as each side reads them.

Who asked is for the visitor's side and for who manages the lab. A product owner answers without learning it: a
question tells which lines somebody wants explained, and neither whose they are nor what else was read.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Self

from glasshouse.domain.engagements import queries as engagements
from glasshouse.domain.engagements.models import Engagement
from glasshouse.domain.people.values import Role
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.readingroom import places
from glasshouse.domain.readingroom.places import Place
from glasshouse.domain.releases import queries as releases
from glasshouse.domain.releases import vault
from glasshouse.domain.releases.models import Release
from glasshouse.domain.threads import queries as threads
from glasshouse.domain.threads import rules
from glasshouse.domain.threads.models import Thread
from glasshouse.domain.threads.values import AboutKind, Said, Side, State
from glasshouse.engines.store import Sealer
from glasshouse.kernel.ids import Uid

PURPOSE: Final = rules.SEALED_FOR


@dataclass(frozen=True, slots=True)
class Question:
    """A question as somebody with a part in it reads it.

    `place` is None where the product's key was destroyed or, for a colleague, where no grant of theirs covers it.
    `engagement` is empty for those who do not learn who asks. `grant` leads the viewer to the lines, where one does.
    """

    uid: Uid
    engagement: str
    product: str
    release: str
    place: Place | None
    grant: Uid | None
    state: State
    opened_at: datetime
    due_at: datetime
    is_late: bool
    escalated_at: datetime | None
    closed_at: datetime | None
    said: Sequence[Said] = field(repr=False)
    may_reply: bool
    may_close: bool

    @property
    def first(self) -> str:
        """Return the first line of what was asked."""
        return self.said[0].words.splitlines()[0][:120] if self.said else ""


def questions_of(
    viewer: Viewer, now: datetime, *, engagement: Uid | None = None, skip: int = 0, most: int | None = None
) -> list[Question]:
    """Return the questions that the viewer has a part in, `most` after `skip`: what waits first, by its clock."""
    rows = threads.threads_of(viewer, reach_of(viewer), kind=AboutKind.LINES)
    if engagement is not None:
        rows = rows.filter(engagement=engagement.text)
    rows = rows[skip : None if most is None else skip + most]
    names, reach = _Names.of(rows), places.Reach(viewer)
    return [_told(viewer, row, now, names, reach) for row in rows]


def question(viewer: Viewer, uid: Uid, now: datetime) -> Question:
    """Return one question that the viewer has a part in."""
    row = threads.thread(viewer, uid, reach_of(viewer), kind=AboutKind.LINES)
    return _told(viewer, row, now, _Names.of([row]), places.Reach(viewer))


def reach_of(viewer: Viewer) -> frozenset[Uid]:
    """Return the engagements whose threads and findings a visitor may see; the vendor's roles are judged as such.

    Those that name them: who asked for an engagement, and is not of its people, reads its story alone.
    """
    if viewer.is_vendor:
        return frozenset()
    return frozenset(Uid(uid) for uid in engagements.engagements_naming(viewer).values_list("uid", flat=True))


def learns_who(viewer: Viewer) -> bool:
    """Say whether a viewer is told who asked or found something."""
    return not viewer.is_vendor or viewer.may_act_as(Role.LAB_MANAGER)


def sealer_of(engagement: Uid) -> Sealer:
    """Return what seals the words of an engagement's threads for both its parties."""
    return vault.party_sealer(engagement, PURPOSE)


def seal_place(place: Place, engagement: Uid, product: Uid) -> bytes:
    """Seal the lines that a thread is about, without what leads to who was shown them."""
    return places.seal(place.of_nobody, sealer_of(engagement), product, purpose=PURPOSE, context=engagement.text)


def said_in(viewer: Viewer, row: Thread) -> list[Said]:
    """Return what was said in a thread that was judged, as the viewer reads it."""
    return named_for(viewer, threads.messages(row, sealer_of(Uid(row.engagement))))


def named_for(viewer: Viewer, said: Sequence[Said]) -> list[Said]:
    """Return messages with the names of the visitor's side taken away for those who do not learn them."""
    if learns_who(viewer):
        return list(said)
    return [one if one.side is Side.VENDOR else Said(0, "", one.side, one.at, one.words) for one in said]


@dataclass(frozen=True, slots=True)
class _Names:
    """What the uids of some questions are called: looked up once for a list, however long it is."""

    products: Mapping[str, str]
    releases: Mapping[str, str]
    engagements: Mapping[str, str]

    @classmethod
    def of(cls, rows: Iterable[Thread]) -> Self:
        about, engaged = {row.about for row in rows}, {row.engagement for row in rows}
        return cls(
            releases.product_slugs(),
            dict(Release.objects.filter(uid__in=about).values_list("uid", "version")),
            dict(Engagement.objects.filter(uid__in=engaged).values_list("uid", "label")),
        )


def _told(viewer: Viewer, row: Thread, now: datetime, names: _Names, reach: places.Reach) -> Question:
    engagement, product = Uid(row.engagement), Uid(row.product)
    sealer = sealer_of(engagement)
    place = places.unseal(bytes(row.place), sealer, product, purpose=PURPOSE, context=engagement.text)
    grant = reach.grant_to(engagement, place) if place and not viewer.is_vendor else None
    side, state = rules.side_of(viewer), State(row.state)
    return Question(
        uid=Uid(row.uid),
        engagement=names.engagements[row.engagement] if learns_who(viewer) else "",
        product=names.products.get(row.product, ""),
        release=names.releases.get(row.about, ""),
        place=place if viewer.is_vendor or grant else None,
        grant=grant,
        state=state,
        opened_at=row.opened_at,
        due_at=row.due_at,
        is_late=rules.is_late(state, row.due_at, now),
        escalated_at=row.escalated_at,
        closed_at=row.closed_at,
        said=said_in(viewer, row),
        may_reply=state != State.CLOSED,
        may_close=state != State.CLOSED and side is Side.VISITOR,
    )
