# SPDX-License-Identifier: Apache-2.0
"""Clusters connect what likeness connects and nothing else, whatever the order, however many lie on one line."""

import time
from itertools import combinations

import pytest
from django.db import DatabaseError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from glasshouse.domain.journal import queries as journal
from glasshouse.domain.journal.models import Event, SeedClass
from glasshouse.domain.readingroom import triaging
from glasshouse.domain.releases import vault
from glasshouse.domain.triage import linking, queries
from glasshouse.domain.triage.clusters import Mark, clusters
from glasshouse.domain.triage.commands import forget_reasons
from glasshouse.domain.triage.errors import NoDetectionError, NotYoursToJudgeError, UnusableVerdictError
from glasshouse.domain.triage.families import families
from glasshouse.domain.triage.models import LinkReason
from tests.domain.detections.handing import Told, log
from tests.domain.detections.handing import hand_in as hand_in_file
from tests.domain.triage.conftest import Bench
from tests.lab import NOW

BOUNDS, LEAK = frozenset({"bounds"}), frozenset({"leak"})


@st.composite
def marks(draw: st.DrawFn) -> list[Mark]:
    found = []
    for row in range(draw(st.integers(0, 14))):
        first = draw(st.integers(0, 12))
        found.append(
            Mark(
                row,
                draw(st.sampled_from("ABC")),
                draw(st.sampled_from([1, 2, 0])),
                first,
                first + draw(st.integers(0, 4)),
                draw(st.sampled_from([BOUNDS, LEAK, BOUNDS | LEAK, frozenset()])),
            )
        )
    return found


def by_pairs(found: list[Mark], words: dict[tuple[int, int], bool]) -> list[tuple[int, ...]]:
    """Connect as the definition says: look at every pair."""
    groups = {one.row: {one.row} for one in found}
    for left, right in combinations(found, 2):
        if words.get((left.row, right.row), left.is_like(right)):
            joined = groups[left.row] | groups[right.row]
            groups.update(dict.fromkeys(joined, joined))
    return sorted({tuple(sorted(one)) for one in groups.values() if len(one) > 1}, key=lambda one: one[0])


@given(marks(), st.data())
def test_clusters_are_what_likeness_and_words_connect(found: list[Mark], data: st.DataObject) -> None:
    pairs = [(left.row, right.row) for left, right in combinations(found, 2)]
    words = data.draw(st.dictionaries(st.sampled_from(pairs), st.booleans(), max_size=4)) if pairs else {}
    shuffled = data.draw(st.permutations(found))
    assert [tuple(one) for one in clusters(shuffled, words)] == by_pairs(found, words)


def test_numbers_of_one_defect_are_one_family_and_a_number_of_none_is_its_own() -> None:
    assert families([120]) == families([787]) == BOUNDS
    assert families([415]) != families([401])
    assert families([999_999]) == {"CWE-999999"}
    assert families([]) == frozenset()


def test_a_hundred_thousand_results_on_one_line_are_connected_in_time() -> None:
    here = [Mark(row, f"tool {row % 7}", 1, 1, 1 + row % 50, BOUNDS) for row in range(100_000)]
    start = time.process_time()
    assert clusters(here, {}) == [list(range(100_000))]
    assert time.process_time() - start < 20


def hand_in(bench: Bench, tool: str, cwe: int, found: list[tuple[str, int]]) -> None:
    """Hand in what one tool says of some lines, all by one rule of one CWE."""
    told = [Told("rule", path, line) for path, line in found]
    hand_in_file(bench.house, "1", log(told, tool=tool, cwes={"rule": str(cwe)}), is_complete=True)


def test_tools_that_say_the_same_of_the_same_lines_are_linked_and_each_stays_what_it_is(bench: Bench) -> None:
    hand_in(bench, "left", 120, [("src/main.c", 20), ("src/net/http.c", 7)])
    hand_in(bench, "right", 787, [("src/main.c", 20), ("src/net/http.c", 8)])
    hand_in(bench, "other", 401, [("src/main.c", 20)])
    scope = triaging.scope_of(bench.owner, bench.where(), NOW)
    (cluster,) = linking.clusters_of(bench.owner, scope)
    spots = {spot.uid: spot for spot in queries.spots(bench.owner, scope, cluster)}
    assert {(spot.path, spot.first) for spot in spots.values()} == {(b"src/main.c", 20)}
    assert linking.linked_to(bench.owner, scope, spots[cluster[0]]) == [cluster[1]]
    assert sum(queries.tally(bench.owner, scope, NOW).states.values()) == 8
    narrow = bench.where(bench.grant(bench.house.cast.reviewer, "src/net/**"))
    assert (
        linking.clusters_of(bench.house.cast.reviewer, triaging.scope_of(bench.house.cast.reviewer, narrow, NOW)) == []
    )


def test_a_side_parts_and_links_for_itself_and_its_last_word_counts(bench: Bench) -> None:
    hand_in(bench, "left", 120, [("src/main.c", 20)])
    hand_in(bench, "right", 787, [("src/main.c", 20)])
    reviewer = bench.house.cast.reviewer
    scope = triaging.scope_of(bench.owner, bench.where(), NOW)
    theirs = triaging.scope_of(reviewer, bench.where(bench.grant(reviewer)), NOW)
    (pair,) = linking.clusters_of(bench.owner, scope)
    both = pair[0], pair[1]
    linking.link(bench.owner, scope, both, "Not the same.", is_linked=False, now=NOW)
    assert linking.clusters_of(bench.owner, scope) == []
    assert linking.clusters_of(reviewer, theirs) == [pair]
    linking.link(bench.owner, scope, both, "The same after all.", is_linked=True, now=NOW)
    assert linking.clusters_of(bench.owner, scope) == [pair]
    alone = bench.at(3)
    linking.link(reviewer, theirs, (alone, pair[0]), "One cause.", is_linked=True, now=NOW)
    assert linking.clusters_of(reviewer, theirs) == [sorted([*pair, alone], key=lambda one: one.text)]
    (spot,) = queries.spots(reviewer, theirs, [alone])
    assert linking.linked_to(reviewer, theirs, spot) == sorted(pair, key=lambda one: one.text)
    assert linking.clusters_of(bench.owner, scope) == [pair]
    for statement in (
        "UPDATE triage_link SET uid = 'x'",
        "DELETE FROM triage_link",
        "UPDATE triage_linkreason SET id = 9",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    forget_reasons(reviewer.row)
    assert LinkReason.objects.count() == 2
    event = Event.objects.filter(kind="triage.linked").latest("pk")
    opened = journal.open_event(event, vault.journal_sealer, classes=(SeedClass.SHARED,))
    assert "link" not in opened.fields


def test_who_may_not_judge_links_nothing(bench: Bench) -> None:
    hand_in(bench, "left", 120, [("src/main.c", 20)])
    reviewer, manager = bench.house.cast.reviewer, bench.house.cast.manager
    here = triaging.scope_of(reviewer, bench.where(bench.grant(reviewer, "src/main.c")), NOW)
    with pytest.raises(NoDetectionError):
        linking.link(reviewer, here, (bench.at(20), bench.at(3)), "x", is_linked=True, now=NOW)
    whole = triaging.scope_of(manager, bench.where(), NOW)
    with pytest.raises(NotYoursToJudgeError):
        linking.link(manager, whole, (bench.at(20), bench.at(3)), "x", is_linked=True, now=NOW)
    with pytest.raises(UnusableVerdictError):
        linking.link(bench.owner, whole, (bench.at(3), bench.at(3)), "x", is_linked=True, now=NOW)
