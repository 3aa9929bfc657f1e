# SPDX-License-Identifier: Apache-2.0
"""What I was shown: mine alone, opened for me, with its place in the tree; nobody else's exists."""

from datetime import timedelta

import glasshouse_verify as verifier
import pytest

from glasshouse.domain.access.rules import Standing
from glasshouse.domain.journal import queries as journal
from glasshouse.domain.journal.models import Event
from glasshouse.domain.readingroom import commands, queries
from glasshouse.kernel.errors import ConflictError, NotFoundError
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.lines import Span
from tests.lab import MAIN, NOW, Desk, House


def read(desk: Desk, first: int) -> Uid:
    shown = commands.open_file(desk.viewer, desk.grant, desk.release, MAIN, Span(first, first), now=NOW)
    return shown.view.recorded.uid


def test_my_record_holds_my_views_newest_first_in_pages(house: House, desk: Desk) -> None:
    theirs = read(house.seat(house.cast.colleague, *desk.taken), 9)
    mine = [read(desk, first) for first in (1, 2, 3)]
    page = queries.record_of(desk.viewer, size=2)
    assert [event.uid for event in page.events] == [mine[2], mine[1]]
    assert page.older is not None
    rest = queries.record_of(desk.viewer, size=2, before=page.older)
    assert rest.events[0].uid == mine[0]
    assert rest.events[0].fields["file"] == page.events[0].fields["file"]
    whole = {event.uid for event in queries.record_of(desk.viewer).events}
    assert set(mine) <= whole
    assert theirs not in whole
    assert queries.record_of(house.cast.stranger).events == []
    assert {event.uid for event in queries.record_of(desk.viewer, visit=desk.visit).events} >= set(mine)
    assert queries.record_of(house.cast.colleague, visit=desk.visit).events == []


def test_a_seal_says_in_tree_once_a_signed_head_covers_the_entry(house: House, desk: Desk) -> None:
    uid = read(desk, 1)
    assert not queries.seal_of(desk.viewer, uid).is_in_tree
    assert queries.record_of(desk.viewer).in_tree == frozenset()
    house.sign()
    seal = queries.seal_of(desk.viewer, uid)
    assert (seal.uid, seal.number, seal.is_in_tree) == (uid, 5, True)
    assert uid in queries.record_of(desk.viewer).in_tree


def test_an_entrys_proof_verifies_under_the_signed_head_and_is_its_actors_alone(house: House, desk: Desk) -> None:
    uid = read(desk, 1)
    early = queries.proof_of(desk.viewer, uid)
    assert (early.is_in_tree, list(early.path)) == (False, [])
    with pytest.raises(ConflictError):
        queries.tlog_proof_of(desk.viewer, uid)
    house.sign()
    proof = queries.proof_of(desk.viewer, uid)
    head = journal.signed_head()
    assert head is not None
    assert proof.index is not None
    assert verifier.verify_inclusion(
        proof.index, head[0].size, verifier.leaf_hash(proof.commitment), list(proof.path), head[0].root
    )
    assert {"actor", "chain", "file", "head", "reading", "release", "shown"} == {one.name for one in proof.openings}
    assert queries.tlog_proof_of(desk.viewer, uid).startswith(b"c2sp.org/tlog-proof@v1")
    foreign = (house.cast.stranger, house.cast.colleague, house.cast.manager)
    for viewer in foreign:
        for query in (queries.proof_of, queries.seal_of, queries.own_event, queries.tlog_proof_of):
            with pytest.raises(NotFoundError):
                query(viewer, uid)


def test_the_desk_is_its_holders_and_keeps_what_has_ended(house: House, desk: Desk) -> None:
    found = queries.desk(desk.viewer, NOW)
    assert [one.grant.uid for one in found] == [desk.grant.text]
    assert found[0].visit is not None
    assert found[0].visit.uid == desk.visit.text
    assert found[0].standing is Standing.OPEN
    assert queries.desk(desk.viewer, NOW + timedelta(days=3))[0].standing is Standing.ENDED
    for viewer in (house.cast.stranger, house.cast.colleague, house.cast.manager):
        assert queries.desk(viewer, NOW) == []
        with pytest.raises(NotFoundError):
            queries.room(viewer, desk.grant, desk.release)


def test_the_vendors_officers_acts_stand_under_their_own_name(house: House, desk: Desk) -> None:
    del desk
    acts = dict(Event.objects.exclude(actor__startswith="operator:").values_list("kind", "actor"))
    assert acts["access.grant-opened"] == acts["engagements.opened"] == house.cast.officer.uid.text
    assert acts["readingroom.visit-opened"] == house.cast.reviewer.uid.text
