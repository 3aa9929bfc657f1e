# SPDX-License-Identifier: Apache-2.0
"""Who copies is asked to wait for a person; who reads never is."""

import itertools
from collections.abc import Iterable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glasshouse.domain.access.models import Budget
from glasshouse.domain.access.pace import LEAST_PACE, ROUND_STEPS, SWEEP_SECONDS, SWEEP_STEPS, Step, Trail, follow
from glasshouse.domain.access.values import Pause

TARGETED = 12_000
FULL = 40_000
NOON = 1_795_000_000 // 60 * 60


def blob(number: int) -> str:
    return f"{number:032x}"


def walk(steps: Iterable[Step], *, hour_limit: int = TARGETED) -> tuple[int, Pause | None]:
    """Return after how many steps the grant waits, and why; the trail goes through its row each time."""
    trail, count = "", 0
    for count, step in enumerate(steps, 1):
        after, pause = follow(Trail.parse(trail), step, hour_limit=hour_limit)
        trail = str(after)
        if pause is not None:
            return count, pause
    return count, None


def cover_to_cover(files: Iterable[int], *, seconds: int, lines: int = 10) -> Iterator[Step]:
    """Open file after file, each whole."""
    for number, file in enumerate(files):
        yield Step(NOON + number * seconds, lines, blob(file), 1, lines, lines)


def test_a_script_that_takes_file_after_file_is_stopped_soon() -> None:
    assert walk(cover_to_cover(range(10_000), seconds=2)) == (SWEEP_STEPS + 1, Pause.SWEEP)


def test_the_order_of_the_files_is_no_way_past() -> None:
    files = [number * 7_919 % 10_000 for number in range(10_000)]
    assert walk(cover_to_cover(files, seconds=2)) == (SWEEP_STEPS + 1, Pause.SWEEP)


def test_one_large_file_window_after_window_is_a_sweep_too() -> None:
    windows = (Step(NOON + 5 * n, 100, blob(1), 1 + 100 * n, 100 + 100 * n, 10**6) for n in range(1_000))
    assert walk(windows, hour_limit=FULL) == (SWEEP_STEPS + 1, Pause.SWEEP)


def test_windows_that_overlap_are_a_sweep_all_the_same() -> None:
    windows = (Step(NOON + 5 * n, 90, blob(1), max(1, 90 * n), 100 + 90 * n, 10**6) for n in range(1_000))
    assert walk(windows, hour_limit=FULL)[1] is Pause.SWEEP


def test_searches_in_between_hide_no_sweep() -> None:
    steps = itertools.chain.from_iterable(
        (step, Step(step.at + 1, 3)) for step in cover_to_cover(range(10_000), seconds=2)
    )
    assert walk(steps)[1] is Pause.SWEEP


def test_a_file_out_of_order_now_and_then_hides_no_sweep() -> None:
    def steps() -> Iterator[Step]:
        for number, step in enumerate(cover_to_cover(range(10_000), seconds=2)):
            yield step
            if number % 20 == 19:
                yield Step(step.at + 1, 10, blob(10**6 + number), 500, 509, 5_000)

    count, pause = walk(steps())
    assert pause is Pause.SWEEP
    assert count < 100


def test_a_very_long_round_is_asked_about_however_slow() -> None:
    assert walk(cover_to_cover(range(10_000), seconds=600)) == (ROUND_STEPS + 1, Pause.ROUND)


def test_more_lines_in_a_minute_than_anybody_reads_are_asked_about() -> None:
    jumps = [Step(NOON + n, 100, blob(n), 200, 299, 5_000) for n in range(60)]
    assert walk(jumps) == (TARGETED // 6 // 100 + 1, Pause.PACE)
    assert walk(jumps, hour_limit=FULL) == (60, None), "a deeper review reads faster before anybody asks"


def test_searching_is_held_to_the_same_pace_as_reading() -> None:
    assert walk(Step(NOON + n, 50) for n in range(60)) == (41, Pause.PACE)


def test_the_turn_of_a_minute_begins_no_new_allowance() -> None:
    before = [Step(NOON + 59, 1_900)]
    assert walk([*before, Step(NOON + 61, 200)]) == (2, Pause.PACE)
    assert walk([*before, Step(NOON + 121, 200)]) == (2, None)


def test_a_clock_that_is_behind_begins_no_new_allowance() -> None:
    assert walk([Step(NOON + 60, 1_900), Step(NOON + 30, 200)]) == (2, Pause.PACE)


def test_a_small_budget_is_not_held_against_a_quick_eye() -> None:
    assert walk([Step(NOON + n, 100) for n in range(LEAST_PACE // 100)], hour_limit=137) == (10, None)


def test_a_reader_who_takes_their_time_is_never_asked() -> None:
    # A window every forty seconds, down whole files, one after another, with a jump to a definition in each fifth.
    def reading() -> Iterator[Step]:
        at = NOON
        for file in range(200):
            for window in range(3):
                at += 40
                yield Step(at, 100, blob(file), 1 + 100 * window, 100 + 100 * window, 300)
            if file % 5 == 4:
                at += 20
                yield Step(at, 100, blob(1_000 + file), 400, 499, 900)

    assert walk(reading())[1] is None


def test_a_reader_who_follows_search_hits_quickly_is_never_asked() -> None:
    places = [(n * 7_919 % 400, 50 + n * 6_131 % 3_950) for n in range(2_000)]
    hits = (Step(NOON + 4 * n, 100, blob(file), first, first + 99, 5_000) for n, (file, first) in enumerate(places))
    assert walk(hits, hour_limit=FULL)[1] is None


@pytest.mark.parametrize("seconds", [1, SWEEP_SECONDS - 1])
def test_speed_is_judged_over_the_whole_stretch(seconds: int) -> None:
    assert walk(cover_to_cover(range(1_000), seconds=seconds))[1] is Pause.SWEEP
    slow = cover_to_cover(range(ROUND_STEPS), seconds=SWEEP_SECONDS)
    assert walk(slow)[1] is None


@given(
    st.lists(
        st.builds(
            Step,
            at=st.integers(0, 2**33),
            cost=st.integers(0, 10**12),
            blob=st.sampled_from(["", blob(1), blob(2**127)]),
            first=st.integers(1, 10**9),
            last=st.integers(1, 10**9),
            of=st.integers(0, 10**9),
        ),
        max_size=60,
    )
)
def test_what_is_kept_is_bounded_whatever_is_done(steps: list[Step]) -> None:
    limit = Budget._meta.get_field("trail").max_length
    trail = Trail()
    for step in steps:
        trail, _ = follow(trail, step, hour_limit=TARGETED)
        assert Trail.parse(str(trail)) == trail
        assert limit is not None
        assert len(str(trail)) <= limit


@pytest.mark.parametrize("text", ["", "x", "1 2 3", " ".join("1" * 9)])
def test_what_cannot_be_read_is_no_trail(text: str) -> None:
    assert Trail.parse(text) == Trail()
