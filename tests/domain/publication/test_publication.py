# SPDX-License-Identifier: Apache-2.0
"""What the public may see: counts that single nobody out, one checkpoint a day, no name, no file, no party."""

from datetime import timedelta

from glasshouse.domain.jobs import commands as jobs
from glasshouse.domain.journal import commands as journal
from glasshouse.domain.journal import queries as journal_queries
from glasshouse.domain.journal.values import Audience
from glasshouse.domain.publication import queries
from glasshouse.domain.readingroom import commands as readingroom
from glasshouse.engines.ledger.notes import Note
from glasshouse.engines.ledger.witnessing import AddCheckpoint
from glasshouse.kernel.lines import Span
from tests.lab import MAIN, NOW, Desk, House


def counts() -> dict[str, int | None]:
    return {count.kind: count.number for count in queries.counts()}


def test_fewer_than_five_are_not_told_apart_and_zero_is(desk: Desk) -> None:
    assert counts()["readingroom.lines-shown"] == 0
    for number in range(1, 7):
        readingroom.open_file(desk.viewer, desk.grant, desk.release, MAIN, Span(number, number), now=NOW)
        assert counts()["readingroom.lines-shown"] == (number if number >= 5 else None)
    assert counts()["access.grant-opened"] is None


def test_the_public_gets_what_it_was_given_and_the_proof_that_it_grew(house: House, desk: Desk) -> None:
    assert queries.checkpoint() is None
    sizes = []
    for day in (0, 1):
        readingroom.open_file(desk.viewer, desk.grant, desk.release, MAIN, Span(1 + day, 1 + day), now=NOW)
        house.sign()
        head = journal_queries.signed_head()
        assert head is not None
        sizes.append(head[0].size)
        journal.keep_checkpoint(
            *(Audience.PUBLIC,), size=head[0].size, root=head[0].root, note=head[1].decode(), at=NOW + timedelta(day)
        )
    readingroom.open_file(desk.viewer, desk.grant, desk.release, MAIN, Span(9, 9), now=NOW)
    house.sign()
    found = queries.checkpoint()
    assert found is not None
    assert (found.before, found.size) == tuple(sizes)
    assert found.cosigned == []
    grown = AddCheckpoint.parse(found.extension)
    assert grown.old_size == sizes[0]
    assert journal_queries.tree_head(Note.parse(found.note.encode())).size == sizes[1]


def test_the_last_self_test_is_told_passed_or_not(house: House) -> None:
    del house
    assert queries.self_test() is None
    for is_passed in (True, False):
        with journal.transaction():
            jobs.ask("journal.audit", {}, actor="operator:worker", now=NOW)
        held = jobs.claim(now=NOW)
        assert held is not None
        (jobs.finish if is_passed else jobs.fail)(held, "said", now=NOW + timedelta(hours=not is_passed))
        told = queries.self_test()
        assert told is not None
        assert (told.is_passed, told.message) == (is_passed, "said")


def test_nothing_public_names_a_person_a_party_or_a_file(desk: Desk) -> None:
    readingroom.open_file(desk.viewer, desk.grant, desk.release, MAIN, Span(1, 1), now=NOW)
    told = repr((queries.lab(), queries.counts(), queries.checkpoint(), queries.self_test()))
    for word in ("Reviewer", "Regulator", "main.c", desk.viewer.uid.text, desk.grant.text):
        assert word not in told
