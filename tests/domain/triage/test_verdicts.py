# SPDX-License-Identifier: Apache-2.0
"""Verdicts: whose they are and who reads them, what they come to, and that nobody changes or removes one."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from glasshouse.domain.deadlines import commands as deadlines
from glasshouse.domain.findings import queries as findings
from glasshouse.domain.findings.models import Finding
from glasshouse.domain.findings.values import Severity as Grade
from glasshouse.domain.journal import queries as journal
from glasshouse.domain.journal.models import Event, SeedClass
from glasshouse.domain.notices import queries as notices
from glasshouse.domain.people.values import Role
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.readingroom import commands, raised, triaging
from glasshouse.domain.readingroom.triaging import Where
from glasshouse.domain.releases import reliances, vault
from glasshouse.domain.triage import commands as triage
from glasshouse.domain.triage import queries
from glasshouse.domain.triage.errors import (
    NoDetectionError,
    NotPossibleError,
    NotYoursToJudgeError,
    UnusableVerdictError,
)
from glasshouse.domain.triage.models import Reason, Verdict, VerdictOn
from glasshouse.domain.triage.values import Entry, NewVerdict, Opinion, Origin, Side, State
from glasshouse.kernel.errors import NotFoundError, RefusedError
from glasshouse.kernel.ids import Uid
from tests.domain.triage.conftest import FOUND, KEYS, MAIN, Bench
from tests.lab import FILES, NOW, add, next_version
from tests.plaintext import Search

DAY = timedelta(days=1)
WORDS = "The numbat guards this"
CONFIRMED = NewVerdict(State.CONFIRMED, WORDS)
FALSE = NewVerdict(State.FALSE_POSITIVE, WORDS)
ALL = (20, 7, 3)


def say(
    bench: Bench,
    viewer: Viewer,
    new: NewVerdict,
    lines: Sequence[int] = (20,),
    *,
    where: Where | None = None,
    now: datetime = NOW,
) -> Uid:
    return commands.judge(viewer, where or bench.where(), [bench.at(line) for line in lines], new, now=now)


def states(bench: Bench, viewer: Viewer, where: Where | None = None, now: datetime = NOW) -> dict[str, int]:
    scope = triaging.scope_of(viewer, where or bench.where(), now)
    return {state.value: count for state, count in queries.tally(viewer, scope, now).states.items() if count}


def opinions(
    bench: Bench, viewer: Viewer, where: Where | None = None, *, line: int = 20, now: datetime = NOW
) -> list[Opinion]:
    scope = triaging.scope_of(viewer, where or bench.where(), now)
    (spot,) = queries.spots(viewer, scope, [bench.at(line)])
    return queries.opinions(viewer, scope, [spot], now)[spot.row]


def history(bench: Bench, viewer: Viewer, where: Where | None = None, now: datetime = NOW) -> list[Entry]:
    scope = triaging.scope_of(viewer, where or bench.where(), now)
    (spot,) = queries.spots(viewer, scope, [bench.at(20)])
    return queries.history(viewer, scope, spot, now)


def brief(found: list[Opinion]) -> list[tuple[Side, State, bool]]:
    return [(one.side, one.standing.state, one.is_mine) for one in found]


def test_some_detections_are_judged_with_one_reason_and_one_entry(bench: Bench) -> None:
    uid = say(bench, bench.owner, FALSE, ALL)
    assert states(bench, bench.owner) == {"false-positive": 3}
    event = Event.objects.get(kind="triage.judged")
    assert event.subject == uid.text
    told = journal.open_event(event, vault.journal_sealer, classes=(SeedClass.SHARED,)).fields["verdict"]
    assert isinstance(told, dict)
    assert (told["state"], len(told["detections"])) == ("false-positive", 3)
    assert Reason.objects.count() == 1
    assert WORDS not in str(told)


def test_one_that_may_not_be_judged_leaves_all_of_them_unjudged(bench: Bench) -> None:
    known = bench.at(20)
    for unknown in ([known, Uid.new()], [Uid.new()], []):
        with pytest.raises((NoDetectionError, UnusableVerdictError)):
            commands.judge(bench.owner, bench.where(), unknown, FALSE, now=NOW)
    assert not Verdict.objects.exists()


def test_the_opinions_of_owner_assessor_and_visitor_stand_side_by_side(bench: Bench) -> None:
    reviewer = bench.house.cast.reviewer
    here = bench.where(bench.grant(reviewer))
    say(bench, bench.owner, FALSE)
    say(bench, bench.assessor, NewVerdict(State.OPEN, "Looked at next."))
    say(bench, reviewer, NewVerdict(State.CONFIRMED, "It is real.", is_shared=True), where=here)
    owner, assessor, visitor = (
        (Side.OWNER, State.FALSE_POSITIVE),
        (Side.ASSESSOR, State.OPEN),
        (Side.VISITOR, State.CONFIRMED),
    )
    assert brief(opinions(bench, bench.owner)) == [(*owner, True), (*assessor, False), (*visitor, False)]
    assert brief(opinions(bench, reviewer, here)) == [(*visitor, True), (*owner, False), (*assessor, False)]
    assert states(bench, reviewer, here) == {"open": 2, "confirmed": 1}
    assert states(bench, bench.owner) == {"open": 2, "false-positive": 1}


def test_a_visitor_s_verdict_is_unknown_to_the_vendor_whatever_the_role(bench: Bench) -> None:
    reviewer = bench.house.cast.reviewer
    here = bench.where(bench.grant(reviewer))
    uid = say(bench, reviewer, CONFIRMED, where=here)
    assert brief(opinions(bench, reviewer, here)) == [(Side.VISITOR, State.CONFIRMED, True)]
    for viewer in (bench.owner, bench.assessor, bench.house.cast.manager):
        assert opinions(bench, viewer) == []
        assert history(bench, viewer) == []
        assert states(bench, viewer) == {"open": 3}
        with pytest.raises(NoDetectionError):
            queries.verdict(viewer, uid)
    event = Event.objects.get(kind="triage.judged")
    opened = journal.open_event(event, vault.journal_sealer, classes=(SeedClass.SHARED,))
    assert opened.fields.keys() == {"chain", "head"} & opened.fields.keys()


def test_another_visitor_reads_nothing_of_it_and_a_colleague_under_a_grant_does(bench: Bench) -> None:
    cast = bench.house.cast
    here = bench.where(bench.grant(cast.reviewer))
    say(bench, cast.reviewer, CONFIRMED, where=here)
    say(bench, cast.reviewer, NewVerdict(State.CONFIRMED, WORDS, is_shared=True), (7,), where=here)
    theirs, ours = bench.where(bench.grant(cast.stranger)), bench.where(bench.grant(cast.colleague))
    assert opinions(bench, cast.stranger, theirs) == opinions(bench, cast.stranger, theirs, line=7) == []
    assert brief(opinions(bench, cast.colleague, ours)) == [(Side.VISITOR, State.CONFIRMED, True)]
    assert [one.who for one in history(bench, cast.colleague, ours)] == ["Reviewer"]


def test_who_shared_a_verdict_is_told_to_who_manages_the_lab_and_not_to_the_owner(bench: Bench) -> None:
    reviewer = bench.house.cast.reviewer
    say(bench, reviewer, NewVerdict(State.CONFIRMED, WORDS, is_shared=True), where=bench.where(bench.grant(reviewer)))
    assert [one.who for one in opinions(bench, bench.owner)] == [""]
    assert [(one.who, one.reason) for one in history(bench, bench.owner)] == [("", WORDS)]
    assert [one.who for one in opinions(bench, bench.house.cast.manager)] == ["Regulator A"]


def test_a_narrow_grant_reaches_its_own_detections_and_counts_no_others(bench: Bench) -> None:
    reviewer = bench.house.cast.reviewer
    here = bench.where(bench.grant(reviewer, "src/net/**"))
    say(bench, bench.owner, FALSE, ALL)
    assert states(bench, reviewer, here) == {"open": 1}
    for line in (20, 3):
        with pytest.raises(NoDetectionError):
            say(bench, reviewer, CONFIRMED, (line,), where=here)
        with pytest.raises(NoDetectionError):
            say(bench, reviewer, CONFIRMED, (7, line), where=here)
    say(bench, reviewer, CONFIRMED, (7,), where=here)
    assert states(bench, reviewer, here) == {"confirmed": 1}


def test_without_a_grant_for_tools_that_is_in_force_there_is_nothing_to_judge(bench: Bench) -> None:
    cast = bench.house.cast
    reading = bench.house.grant(*bench.taken)  # for reading and searching alone
    ended = bench.grant(cast.colleague)
    commands.revoke_grant(cast.manager, ended, now=NOW)
    for viewer, where in (
        (cast.reviewer, bench.where(reading)),
        (cast.colleague, bench.where(ended)),
        (cast.stranger, bench.where(ended)),
        (cast.stranger, bench.where()),
        (cast.officer, bench.where()),
        (bench.owner, bench.where(ended)),
    ):
        with pytest.raises((NotFoundError, RefusedError)):
            say(bench, viewer, CONFIRMED, where=where)
    with pytest.raises(NotYoursToJudgeError):
        say(bench, cast.manager, CONFIRMED)
    assert not Verdict.objects.exists()


def test_what_only_a_visitor_s_organisation_was_told_by_its_tool_nobody_else_can_judge(bench: Bench) -> None:
    reviewer = bench.house.cast.reviewer
    party = reviewer.organisation.text
    bench.scan(bench.taken[0], [("their-rule", "src/main.c", 11)], party=party)
    (own,) = bench.uids(bench.taken[0], party=party).values()
    for viewer, where in (
        (bench.owner, bench.where()),
        (bench.house.cast.stranger, bench.where(bench.grant(bench.house.cast.stranger))),
    ):
        with pytest.raises(NoDetectionError):
            commands.judge(viewer, where, [own], CONFIRMED, now=NOW)
    here = bench.where(bench.grant(reviewer))
    commands.judge(reviewer, here, [own], CONFIRMED, now=NOW)
    assert states(bench, reviewer, here) == {"open": 3, "confirmed": 1}


@pytest.mark.parametrize("table", ["triage_verdict", "triage_verdicton"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET uid = 'x'", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_the_database_refuses_to_change_or_remove_a_verdict(bench: Bench, table: str, statement: str) -> None:
    say(bench, bench.owner, FALSE)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format(table))
    assert (Verdict.objects.count(), VerdictOn.objects.count()) == (1, 1)


def test_a_reason_can_go_and_never_be_another(bench: Bench) -> None:
    say(bench, bench.owner, FALSE)
    with pytest.raises(DatabaseError), transaction.atomic():
        Reason.objects.update(sealed=b"x")
    Reason.objects.all().delete()
    (entry,) = history(bench, bench.owner)
    assert (entry.reason, entry.told.state) == (None, State.FALSE_POSITIVE)


def test_an_expired_verdict_gives_way_to_the_one_before_and_its_author_is_told_once(bench: Bench) -> None:
    say(bench, bench.owner, CONFIRMED)
    uid = say(
        bench,
        bench.owner,
        NewVerdict(State.WONT_FIX, "Not this year.", expires_at=NOW + 2 * DAY),
        (20, 7),
        now=NOW + DAY,
    )
    assert states(bench, bench.owner, now=NOW + DAY) == {"open": 1, "wont-fix": 2}
    late = NOW + 3 * DAY
    assert states(bench, bench.owner, now=late) == {"open": 2, "confirmed": 1}
    assert [(one.told.state, one.has_expired, one.counts) for one in history(bench, bench.owner, now=late)] == [
        (State.CONFIRMED, False, True),
        (State.WONT_FIX, True, False),
    ]
    for _ in range(2):
        deadlines.look(now=late)
    told = [one for one in notices.inbox(bench.owner) if one.kind == "deadlines.verdict-expired"]
    assert [(one.route, one.subject) for one in told] == [("verdict", uid.text)]


def test_a_verdict_on_a_rule_covers_its_paths_and_what_comes_later_and_a_word_on_one_goes_before(bench: Bench) -> None:
    wide = NewVerdict(State.WONT_FIX, "Only tests.", expires_at=NOW + 30 * DAY)
    commands.judge_rule(bench.owner, bench.where(), bench.at(20), "src/net/**", wide, now=NOW)
    assert states(bench, bench.owner) == {"open": 2, "wont-fix": 1}
    bench.scan(bench.taken[0], [*FOUND, ("use-after-free", "src/net/http.c", 90), ("other", "src/net/http.c", 9)])
    assert states(bench, bench.owner) == {"open": 3, "wont-fix": 2}
    say(bench, bench.owner, CONFIRMED, (90,))
    commands.judge_rule(bench.owner, bench.where(), bench.at(20), "**", wide, now=NOW + DAY)
    assert states(bench, bench.owner, now=NOW + DAY) == {"open": 2, "wont-fix": 2, "confirmed": 1}
    assert states(bench, bench.owner, now=NOW + 60 * DAY) == {"open": 4, "confirmed": 1}


def test_a_visitor_s_word_on_a_rule_is_theirs_too(bench: Bench) -> None:
    reviewer = bench.house.cast.reviewer
    here = bench.where(bench.grant(reviewer, "src/**"))
    wide = NewVerdict(State.FALSE_POSITIVE, "A quirk.", expires_at=NOW + DAY)
    commands.judge_rule(reviewer, here, bench.at(20), "src/**", wide, now=NOW)
    assert states(bench, reviewer, here) == {"false-positive": 2}
    assert history(bench, bench.owner) == []
    with pytest.raises(NoDetectionError):
        commands.judge_rule(reviewer, here, bench.at(3), "**", wide, now=NOW)


def test_a_fix_is_claimed_by_the_owner_and_verified_by_others_in_a_release_without_it(bench: Bench) -> None:
    reviewer = bench.house.cast.reviewer
    second = bench.house.take("2", next_version(FILES))
    there = bench.where(bench.grant(reviewer, taken=[*bench.taken, second]), second)
    verified = NewVerdict(State.FIX_VERIFIED, "Gone, and read.")
    with pytest.raises(NotPossibleError):
        say(bench, bench.assessor, verified)
    say(bench, bench.owner, NewVerdict(State.FIX_CLAIMED, "Freed once."))
    with pytest.raises(NotPossibleError):
        say(bench, bench.assessor, verified)  # the tool still finds it here
    bench.scan(second, [("use-after-free", "src/net/web.c", 7), KEYS])
    for viewer, where in ((bench.assessor, bench.where(release=second)), (reviewer, there)):
        say(bench, viewer, verified, where=where)
    both = add("both@vendor.example", "Vendor", Role.PRODUCT_OWNER, Role.ASSESSOR, is_vendor=True)
    for viewer in (bench.owner, both):
        with pytest.raises(NotYoursToJudgeError):
            say(bench, viewer, verified, where=bench.where(release=second))
    with pytest.raises(NotYoursToJudgeError):
        say(bench, reviewer, NewVerdict(State.FIX_CLAIMED, "x"), where=there)
    told = brief(opinions(bench, bench.owner, bench.where(release=second)))
    assert told == [(Side.OWNER, State.FIX_CLAIMED, True), (Side.ASSESSOR, State.FIX_VERIFIED, False)]


def test_a_verdict_follows_what_moved_and_asks_again_where_its_lines_changed(bench: Bench) -> None:
    bench.scan(bench.taken[0], [*FOUND, ("use-after-free", "src/main.c", 30)])
    say(bench, bench.owner, FALSE, (20, 7, 30))
    second = bench.house.take("2", next_version(FILES))
    reliances.judge(Uid(second.product.uid), now=lambda: NOW, lapsed=triage.tell_of_lapses)
    bench.scan(
        second,
        [
            ("use-after-free", "src/main.c", 20),
            ("use-after-free", "src/main.c", 31),
            ("use-after-free", "src/net/web.c", 7),
            KEYS,
        ],
    )
    there = bench.where(release=second)
    scope = triaging.scope_of(bench.owner, there, NOW)
    told = queries.tally(bench.owner, scope, NOW)
    assert (told.states[State.FALSE_POSITIVE], told.states[State.OPEN], told.ask_again) == (3, 1, 1)
    asking = {bench.uids(second)[key] for key in bench.uids(second) if key[1] == 20}
    spots = queries.spots(bench.owner, scope, list(bench.uids(second).values()))
    assert {
        one.uid
        for one in spots
        if (found := queries.standings(bench.owner, scope, NOW).get(one.row)) and found.asks_again
    } == asking
    lapsed = [(one.kind, one.subject) for one in notices.inbox(bench.owner)]
    assert lapsed == [("triage.verdicts-lapsed", second.uid)]
    again = bench.at(20, second)
    commands.judge(bench.owner, there, [again], CONFIRMED, now=NOW + DAY)
    assert queries.tally(bench.owner, scope, NOW + DAY).ask_again == 0


def test_a_suppression_in_the_source_silences_nothing_until_a_person_takes_it_up(bench: Bench) -> None:
    bench.scan(bench.taken[0], FOUND, suppressed=[MAIN])
    scope = triaging.scope_of(bench.owner, bench.where(), NOW)
    told = queries.tally(bench.owner, scope, NOW)
    assert (told.states[State.OPEN], told.suppressed) == (3, 1)
    new = NewVerdict(State.WONT_FIX, "As the source says.")
    with pytest.raises(NotPossibleError):
        commands.judge(bench.owner, bench.where(), [bench.at(20), bench.at(7)], new, now=NOW, origin=Origin.SUPPRESSION)
    commands.judge(bench.owner, bench.where(), [bench.at(20)], new, now=NOW, origin=Origin.SUPPRESSION)
    told = queries.tally(bench.owner, scope, NOW)
    assert (told.states[State.OPEN], told.states[State.WONT_FIX], told.suppressed) == (2, 1, 0)
    assert [one.origin for one in history(bench, bench.owner)] == [Origin.SUPPRESSION]


def test_a_finding_raised_from_detections_names_them_and_the_detection_names_it(bench: Bench) -> None:
    reviewer = bench.house.cast.reviewer
    here = bench.where(bench.grant(reviewer))
    behind = [bench.at(20), bench.at(7)]
    uid = commands.raise_from_detections(
        reviewer, here, behind, title="Freed twice", severity=Grade.HIGH, words="See both.", now=NOW
    )
    for viewer in (reviewer, bench.owner):
        page = raised.finding_page(viewer, uid, NOW)
        assert [(str(one.path), str(one.span)) for one in page.places or ()] in (
            [("src/main.c", "20"), ("src/net/http.c", "7")],
            [("src/net/http.c", "7"), ("src/main.c", "20")],
        )
        assert page.due_at == NOW + timedelta(hours=48)
        assert findings.detections_behind(page.finding) == sorted(behind, key=lambda one: one.text)
    assert [row.uid for row, _ in findings.raised_from(bench.owner, behind[0], frozenset())] == [uid.text]
    assert findings.raised_from(bench.house.cast.stranger, behind[0], frozenset()) == []
    for viewer, where in ((bench.owner, bench.where()), (bench.house.cast.stranger, here)):
        with pytest.raises(NotFoundError):
            commands.raise_from_detections(viewer, where, behind, title="x", severity=Grade.LOW, words="x", now=NOW)
    assert Finding.objects.count() == 1


def test_the_reason_of_an_erased_visitor_goes_and_what_both_sides_read_stays(bench: Bench) -> None:
    reviewer = bench.house.cast.reviewer
    here = bench.where(bench.grant(reviewer))
    say(bench, reviewer, CONFIRMED, where=here)
    say(bench, reviewer, NewVerdict(State.OPEN, "Shared.", is_shared=True), where=here, now=NOW + DAY)
    triage.forget_reasons(reviewer.row)
    assert [one.reason for one in history(bench, reviewer, here, now=NOW + DAY)] == [None, "Shared."]


def test_no_word_and_no_pattern_of_a_verdict_rests_in_the_open(bench: Bench) -> None:
    reviewer = bench.house.cast.reviewer
    here = bench.where(bench.grant(reviewer))
    say(bench, reviewer, CONFIRMED, where=here)
    wide = NewVerdict(State.FALSE_POSITIVE, WORDS, expires_at=NOW + DAY)
    commands.judge_rule(reviewer, here, bench.at(20), "src/net/**", wide, now=NOW)
    search = Search([WORDS.encode(), b"src/net/**", b"false-positive"])
    assert search.rows() == set()
