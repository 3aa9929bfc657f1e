# SPDX-License-Identifier: Apache-2.0
"""Hours by a house's own clock, over the days on which it is changed."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glasshouse.domain.sites import rules
from glasshouse.domain.sites.errors import HoursError, OutsideHoursError
from glasshouse.domain.sites.values import SLOT_SECONDS, Hours, told, week
from glasshouse.kernel.errors import InvalidError

BRUSSELS = ZoneInfo("Europe/Brussels")
ALWAYS = tuple(Hours(day, 0, 1440) for day in range(7))
SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type,misc] # year to minute


def test_a_week_is_read_as_people_write_it() -> None:
    assert week("mon-fri 08:30-18:00, sat 09:00-12:00") == (
        *(Hours(day, 510, 1080) for day in range(5)),
        Hours(5, 540, 720),
    )
    assert week("sun 00:00-24:00") == (Hours(6, 0, 1440),)


@given(st.sets(st.integers(0, 6)), st.sets(st.integers(0, 6)))
def test_a_week_is_told_as_it_is_read(early: set[int], late: set[int]) -> None:
    hours = tuple(Hours(day, 480 if day in early else 600, 1080) for day in sorted(early | late))
    assert week(", ".join(f"{days} {span}" for days, span in told(hours))) == hours


def test_neighbouring_days_of_one_span_stand_together() -> None:
    assert told(week("mon-wed 08:30-18:00, fri-sun 08:30-18:00")) == [
        ("mon-wed", "08:30-18:00"),
        ("fri-sun", "08:30-18:00"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "mon",
        "mon 8-18",
        "mon 18:00-08:30",
        "mon 08:30-25:00",
        "mon 08:60-09:00",
        "mon 08:00-08:00",
        "mon 0\u0668:00-09:00",
        "fri-mon 08:00-09:00",
        "mon 08:00-09:00, mon-tue 10:00-11:00",
        "day 08:00-09:00",
    ],
)
def test_hours_that_no_week_has_are_refused(text: str) -> None:
    with pytest.raises(HoursError):
        week(text)


def test_the_same_hours_are_another_moment_in_winter() -> None:
    hours = week("mon-fri 08:30-18:00")
    rules.check_open(hours, BRUSSELS, utc(2026, 7, 6, 6, 30), utc(2026, 7, 6, 16, 0))
    rules.check_open(hours, BRUSSELS, utc(2026, 11, 23, 7, 30), utc(2026, 11, 23, 17, 0))
    for begins, ends in (
        (utc(2026, 11, 23, 6, 30), utc(2026, 11, 23, 12, 0)),
        (utc(2026, 7, 6, 6, 30), utc(2026, 7, 6, 17, 0)),
        (utc(2026, 11, 28, 9, 0), utc(2026, 11, 28, 10, 0)),
        (utc(2026, 11, 23, 9, 0), utc(2026, 11, 24, 10, 0)),
    ):
        with pytest.raises(OutsideHoursError):
            rules.check_open(hours, BRUSSELS, begins, ends)


def test_a_day_has_23_24_or_25_hours() -> None:
    for day, length in ((SPRING, 23), (AUTUMN, 25), (date(2026, 11, 23), 24)):
        begins, ends = rules.day_of(BRUSSELS, day)
        assert ends - begins == timedelta(hours=length)
        rules.check_open(ALWAYS, BRUSSELS, begins, ends)


def test_a_house_that_opens_in_the_skipped_hour_opens_when_the_clock_is_moved() -> None:
    night = (Hours(6, 150, 300),)
    assert rules.instant(BRUSSELS, SPRING, 150) == utc(2026, 3, 29, 1, 0)
    rules.check_open(night, BRUSSELS, utc(2026, 3, 29, 1, 0), utc(2026, 3, 29, 3, 0))
    with pytest.raises(OutsideHoursError):
        rules.check_open(night, BRUSSELS, utc(2026, 3, 29, 0, 45), utc(2026, 3, 29, 3, 0))


def test_an_hour_that_comes_twice_is_open_twice() -> None:
    night = (Hours(6, 120, 180),)
    rules.check_open(night, BRUSSELS, utc(2026, 10, 25, 0, 0), utc(2026, 10, 25, 2, 0))
    with pytest.raises(OutsideHoursError):
        rules.check_open(night, BRUSSELS, utc(2026, 10, 25, 0, 0), utc(2026, 10, 25, 2, 15))


def test_half_an_hour_is_skipped_at_lord_howe() -> None:
    lord_howe = ZoneInfo("Australia/Lord_Howe")
    assert rules.instant(lord_howe, date(2026, 10, 4), 135) == utc(2026, 10, 3, 15, 30)


def test_a_moment_that_never_is_or_comes_twice_is_refused() -> None:
    assert rules.moment_of(BRUSSELS, datetime(2026, 7, 6, 8, 30)) == utc(2026, 7, 6, 6, 30)  # noqa: DTZ001 -- as a wall shows it
    for shown in (datetime(2026, 3, 29, 2, 30), datetime(2026, 10, 25, 2, 30)):  # noqa: DTZ001 -- the same
        with pytest.raises(HoursError):
            rules.moment_of(BRUSSELS, shown)


@given(
    zone=st.sampled_from(sorted(rules.zones())),
    day=st.dates(date(2020, 1, 1), date(2035, 12, 31)),
    minute=st.integers(0, 95).map(lambda quarter: quarter * 15),
)
def test_every_minute_of_every_zone_is_a_quarter_hour_in_its_order(zone: str, day: date, minute: int) -> None:
    here = rules.zone_of(zone)
    moment, later = rules.instant(here, day, minute), rules.instant(here, day, minute + 15)
    assert moment.timestamp() % SLOT_SECONDS == 0
    assert moment <= later
    assert rules.instant(here, day, minute, is_end=True) >= moment


@pytest.mark.parametrize(
    "name", ["", "CET", "Etc/GMT+5", "../etc/passwd", "/etc/localtime", "Europe/Atlantis", "europe/brussels"]
)
def test_what_names_no_zone_is_refused(name: str) -> None:
    with pytest.raises(HoursError):
        rules.zone_of(name)


def test_a_booking_is_a_whole_number_of_quarter_hours() -> None:
    assert len(rules.slots(utc(2026, 11, 23, 9, 0), utc(2026, 11, 23, 10, 30))) == 6
    for begins, ends in (
        (utc(2026, 11, 23, 9, 1), utc(2026, 11, 23, 10, 0)),
        (utc(2026, 11, 23, 9, 0), utc(2026, 11, 23, 9, 50)),
        (utc(2026, 11, 23, 9, 0), utc(2026, 11, 23, 9, 0)),
    ):
        with pytest.raises(HoursError):
            rules.slots(begins, ends)


@pytest.mark.parametrize(
    "ranges", [[], [""], ["192.0.2.1/24"], ["0.0.0.0/0"], ["::/0"], ["lab.example"], ["192.0.2.0/33"]]
)
def test_a_range_that_keeps_nobody_out_is_refused(ranges: list[str]) -> None:
    with pytest.raises(InvalidError):
        rules.networks_of(ranges)
