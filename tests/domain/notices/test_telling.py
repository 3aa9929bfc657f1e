# SPDX-License-Identifier: Apache-2.0
"""Every step tells whom it concerns, in its own transaction: who takes the next one, and whom it is about."""

from collections import Counter

import pytest

from glasshouse.domain.approvals.values import Verdict
from glasshouse.domain.engagements import commands as engagements
from glasshouse.domain.engagements.values import Ending, Ground
from glasshouse.domain.journal import commands as journal
from glasshouse.domain.notices import commands, queries
from glasshouse.domain.notices.kinds import KINDS
from glasshouse.domain.notices.models import Notice
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.readingroom import commands as readingroom
from glasshouse.domain.releases import reliances
from glasshouse.edges.web.words import NOTICES
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.lines import Span
from tests.domain.engagements.steps import ask, clear, opened, proposed, publish, vetted
from tests.domain.sites.place import settle
from tests.lab import FILES, MAIN, NOW, House, next_version


def heard(viewer: Viewer) -> list[tuple[str, str]]:
    """Return kind and route of what somebody was told since last asked, oldest first."""
    found = [(one.kind, one.route) for one in queries.inbox(viewer).filter(seen_at=None)]
    if found:
        commands.see_all(viewer, now=NOW)
    return found[::-1]


def test_each_kind_that_is_told_has_words_on_the_page() -> None:
    assert NOTICES.keys() == KINDS.keys()


def test_a_kind_without_words_is_told_to_nobody(house: House) -> None:
    with journal.transaction(), pytest.raises(ValueError, match="no words"):
        commands.tell([house.cast.manager.row], "lab.gossip", subject=Uid.new(), route="question", now=NOW)


def test_a_request_tells_who_takes_the_next_step(house: House) -> None:
    cast, taken = house.cast, house.take()
    publish(house)
    uid = vetted(house, taken)
    assert heard(cast.manager) == heard(cast.custodian) == [("engagements.requested", "request")]
    assert heard(cast.officer) == [("engagements.vetted", "request")]
    clear(house, uid)
    assert heard(cast.manager) == heard(cast.custodian) == [("engagements.cleared", "request")]
    proposal = engagements.propose_opening(cast.manager, uid, now=NOW)
    assert heard(cast.manager) == []
    assert heard(cast.custodian) == heard(cast.officer) == [("approvals.proposed", "proposal")]
    house.agree(proposal, cast.custodian)
    assert heard(cast.custodian) == []
    assert heard(cast.officer) == [("approvals.second-word", "proposal")]
    assert heard(cast.reviewer) == []
    house.agree(proposal, cast.officer)
    assert heard(cast.manager) == [("approvals.agreed", "proposal")]
    assert heard(cast.reviewer) == [("engagements.opened", "engagement-sign")]
    assert heard(cast.colleague) == heard(cast.stranger) == []


def test_who_asked_hears_of_a_refusal_and_who_vets_of_a_wish_taken_back(house: House) -> None:
    cast = house.cast
    engagements.refuse(cast.manager, ask(house), Ground.CAPACITY, "Not this year.", now=NOW)
    assert heard(cast.reviewer) == [("engagements.refused", "request")]
    heard(cast.custodian)
    engagements.withdraw_request(cast.reviewer, ask(house), now=NOW)
    assert [kind for kind, _ in heard(cast.custodian)] == ["engagements.requested", "engagements.withdrawn"]


def test_a_refused_opening_tells_both_who_proposed_it_and_who_asked(house: House) -> None:
    _, proposal = proposed(house)
    heard(house.cast.manager)
    digest = Digest(bytes(proposal.digest))
    readingroom.decide(
        house.cast.custodian, Uid(proposal.uid), Verdict.REFUSE, digest=digest, reason="Not this year.", now=NOW
    )
    assert ("approvals.refused", "proposal") in heard(house.cast.manager)
    assert heard(house.cast.reviewer) == [("engagements.refused", "request")]


def test_both_parties_hear_of_the_end_and_who_ended_it_does_not(house: House) -> None:
    cast, uid = house.cast, Uid(opened(house).uid)
    for viewer in (cast.manager, cast.custodian, cast.reviewer):
        heard(viewer)
    engagements.close_engagement(cast.manager, uid, Ending.COMPLETED, "", now=NOW)
    assert heard(cast.reviewer) == heard(cast.custodian) == [("engagements.closed", "engagement")]
    assert heard(cast.manager) == []


def test_the_last_signature_tells_who_arranges(house: House) -> None:
    house.engage(house.cast.reviewer, house.take())
    assert heard(house.cast.custodian)[-1] == ("engagements.signed", "engagement")


def test_the_holder_of_a_grant_hears_of_its_life(house: House) -> None:
    desk, cast = house.desk(), house.cast
    assert heard(cast.reviewer)[-1] == ("access.grant-opened", "engagement")
    for verdict, told in ((Verdict.REFUSE, "access.more-refused"), (Verdict.AGREE, "access.limits-raised")):
        more = readingroom.ask_for_more(desk.viewer, desk.grant, "hour", now=NOW)
        for decider in (cast.manager, cast.custodian)[: 1 if verdict is Verdict.REFUSE else 2]:
            digest = Digest(bytes(more.digest))
            readingroom.decide(decider, Uid(more.uid), verdict, digest=digest, reason="So.", now=NOW)
        assert heard(cast.reviewer) == [(told, "grant-more")]
        assert ("approvals.proposed", "proposal") in heard(cast.officer)
    readingroom.revoke_grant(cast.custodian, desk.grant, now=NOW)
    assert heard(cast.reviewer) == [("access.grant-revoked", "engagement")]


def test_a_booking_tells_its_custodian_and_its_visitors_and_not_who_booked(house: House) -> None:
    place = settle(house)
    booking = place.book()
    told = Counter(Notice.objects.filter(subject=booking.uid).values_list("person", "kind", "route"))
    assert told == {(row, "sites.booked", "booking"): 1 for row in (house.cast.custodian.row, house.cast.reviewer.row)}


@pytest.mark.parametrize("is_granted", [True, False])
def test_only_who_may_see_a_release_hears_that_it_lapsed_their_conclusions(house: House, *, is_granted: bool) -> None:
    first, second = house.take("1"), house.take("2", next_version(FILES))
    desk = house.seat(house.cast.reviewer, first, *([second] if is_granted else []))
    readingroom.open_file(desk.viewer, desk.grant, desk.release, MAIN, Span(1, 40), now=NOW)
    readingroom.mark_read(desk.viewer, desk.grant, desk.release, MAIN, now=NOW)
    heard(desk.viewer)
    for _ in range(2):
        reliances.judge(Uid(first.product.uid), now=lambda: NOW, lapsed=readingroom.tell_of_lapses)
    lapsed = [("readingroom.conclusions-lapsed", "conclusions-of")]
    assert heard(desk.viewer) == (lapsed if is_granted else [])
    house.grant(first, second)
    after = [told for told in heard(desk.viewer) if told in lapsed]
    assert after == ([] if is_granted else lapsed), "a grant that names it tells it, once"
