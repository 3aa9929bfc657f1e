# SPDX-License-Identifier: Apache-2.0
"""What a newer release leaves of a conclusion: by digest, by line, moved or gone."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glasshouse.domain.jobs.models import Job
from glasshouse.domain.journal import commands as journal
from glasshouse.domain.journal.models import Event
from glasshouse.domain.releases import queries, reliances
from glasshouse.domain.releases.models import Judgement, Outcome, Reason, Release, Reliance
from glasshouse.domain.releases.reliances import RELIANCE, Ground, Standing, Verdict, by_lines
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.lines import Span
from glasshouse.kernel.paths import TreePath
from tests.lab import FILES, HTTP, MAIN, NOW, House, next_version

KIND = "tests.conclusion"
OLD = TreePath(b"docs/old.md")


def conclude(release: Release, path: TreePath | None = None, lines: str = "") -> Uid:
    """Conclude something that rests on a file, some lines of it, or all of a release."""
    found, subject = queries.ref(release), Uid.new()
    digest = queries.entry(found, path).digest if path else found.root
    with journal.transaction():
        ground = Ground(digest, path, Span.parse(lines) if lines else None)
        reliances.rely(found, KIND, subject, [ground], actor="operator:tests", now=NOW)
    return subject


def judge(release: Release) -> dict[Outcome, int]:
    return reliances.judge(Uid(release.product.uid), now=lambda: NOW)


def seen(subject: Uid, release: Release) -> Standing:
    (found,) = reliances.standings(KIND, [subject], Uid(release.uid))
    return found


def verdict(subject: Uid, release: Release) -> Verdict:
    found = seen(subject, release).verdict
    assert found is not None
    return found


@pytest.mark.django_db(transaction=True)
def test_a_conclusion_stands_while_its_file_does_not_change(house: House) -> None:
    first = house.take("1")
    guide = conclude(first, TreePath(b"docs/guide.md"))
    second = house.take("2", next_version(FILES))
    judge(first)
    assert verdict(guide, second).outcome is Outcome.STANDS


@pytest.mark.django_db(transaction=True)
def test_a_conclusion_on_a_changed_file_lapses_with_the_lines_that_differ(house: House) -> None:
    first = house.take("1")
    main = conclude(first, MAIN)
    second = house.take("2", next_version(FILES))
    judge(first)
    found = verdict(main, second)
    assert (found.outcome, found.reason, found.lines) == (Outcome.LAPSED, Reason.CHANGED, 2)


@pytest.mark.django_db(transaction=True)
def test_lines_that_did_not_change_stand_and_those_behind_the_change_moved(house: House) -> None:
    first = house.take("1")
    above, across, below = (conclude(first, MAIN, lines) for lines in ("1-19", "18-22", "21-40"))
    second = house.take("2", next_version(FILES))
    judge(first)
    assert verdict(above, second).outcome is Outcome.STANDS
    assert (verdict(across, second).outcome, verdict(across, second).reason) == (Outcome.LAPSED, Reason.CHANGED)
    moved = verdict(below, second)
    assert moved.outcome is Outcome.MOVED
    assert moved.now is not None
    assert moved.now.span == Span(22, 41)


@pytest.mark.django_db(transaction=True)
def test_a_moved_file_is_recognised_and_a_removed_one_lapses(house: House) -> None:
    first = house.take("1")
    http, old = conclude(first, HTTP, "1-9"), conclude(first, OLD)
    second = house.take("2", next_version(FILES))
    judge(first)
    moved = verdict(http, second)
    assert moved.outcome is Outcome.MOVED
    assert moved.now is not None
    assert moved.now.path == TreePath(b"src/net/web.c")
    assert (verdict(old, second).outcome, verdict(old, second).reason) == (Outcome.LAPSED, Reason.REMOVED)


@pytest.mark.django_db(transaction=True)
def test_a_conclusion_on_a_whole_release_lapses_with_any_change_and_stands_where_nothing_did(house: House) -> None:
    first = house.take("1")
    whole = conclude(first)
    same = house.take("1-again")
    second = house.take("2", next_version(FILES))
    judge(first)
    assert verdict(whole, same).outcome is Outcome.STANDS
    assert verdict(whole, second).reason == Reason.OTHER_RELEASE


@pytest.mark.django_db(transaction=True)
def test_what_was_not_judged_yet_is_neither_standing_nor_lapsed(house: House) -> None:
    first = house.take("1")
    main = conclude(first, MAIN)
    second = house.take("2", next_version(FILES))
    assert seen(main, second).verdict is None


@pytest.mark.django_db(transaction=True)
def test_an_import_asks_for_judging_only_where_something_rests_on_the_product(house: House) -> None:
    first = house.take("1")
    house.take("2", next_version(FILES))
    assert not Job.objects.filter(kind=RELIANCE).exists()
    conclude(first, MAIN)  # a newer release is here already
    assert Job.objects.filter(kind=RELIANCE).count() == 1
    house.take("3")
    assert Job.objects.filter(kind=RELIANCE).count() == 2


@pytest.mark.django_db(transaction=True)
def test_judging_again_changes_nothing_and_is_recorded_once(house: House) -> None:
    first = house.take("1")
    conclude(first, MAIN)
    house.take("2", next_version(FILES))
    assert judge(first) == {Outcome.STANDS: 0, Outcome.MOVED: 0, Outcome.LAPSED: 1}
    assert judge(first) == dict.fromkeys(Outcome, 0)
    assert Judgement.objects.count() == 1
    assert Event.objects.filter(kind="releases.reliance-judged").count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_release_that_restores_a_file_lets_the_conclusion_stand_there(house: House) -> None:
    first = house.take("1")
    main = conclude(first, MAIN)
    second, third = house.take("2", next_version(FILES)), house.take("3")
    judge(first)
    assert verdict(main, second).outcome is Outcome.LAPSED
    assert verdict(main, third).outcome is Outcome.STANDS


@pytest.mark.django_db(transaction=True)
def test_a_withdrawn_conclusion_is_judged_no_more(house: House) -> None:
    first = house.take("1")
    main = conclude(first, MAIN)
    with journal.transaction():
        reliances.end(KIND, main, now=NOW)
    second = house.take("2", next_version(FILES))
    judge(first)
    assert reliances.standings(KIND, [main], Uid(second.uid)) == []
    assert not Judgement.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_no_path_and_no_digest_rests_in_the_open(house: House) -> None:
    first = house.take("1")
    conclude(first, MAIN, "21-40")
    house.take("2", next_version(FILES))
    judge(first)
    digest = queries.entry(queries.ref(first), MAIN).digest
    rows = [vars(one) for one in (*Reliance.objects.all(), *Judgement.objects.all())]
    told = b"".join(bytes(value) for row in rows for value in row.values() if isinstance(value, bytes | memoryview))
    told += repr([value for row in rows for value in row.values() if isinstance(value, str | int | datetime)]).encode()
    assert not any(one in told for one in (b"main.c", digest.raw, str(digest).encode()))


LINES = st.lists(st.sampled_from([b"a\n", b"b\n", b"c\n", b"}\n", b"\n"]), min_size=1, max_size=12)


@given(LINES, LINES, LINES, st.data())
def test_lines_that_stand_are_the_same_lines_wherever_they_are(
    head: list[bytes], body: list[bytes], tail: list[bytes], data: st.DataObject
) -> None:
    before, after = head + body + tail, data.draw(st.permutations([head, body, tail]))
    lines = [line for part in after for line in part]
    first = data.draw(st.integers(1, len(before)))
    span = Span(first, data.draw(st.integers(first, len(before))))
    found = by_lines(Ground(Digest(bytes(32)), MAIN, span), Ground(Digest(bytes(32)), MAIN), before, lines)
    if found.outcome is Outcome.LAPSED:
        assert found.lines >= 1
    else:
        assert found.now is not None
        assert found.now.span is not None
        there = found.now.span
        assert lines[there.first - 1 : there.last] == before[span.first - 1 : span.last]
