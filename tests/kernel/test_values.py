# SPDX-License-Identifier: Apache-2.0
"""Digests, uids, spans and moments: each has one text form, and whatever else is refused."""

import hashlib
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glasshouse.kernel import clock
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.errors import InvalidError, NotFoundError
from glasshouse.kernel.ids import LENGTH, Uid
from glasshouse.kernel.lines import MAX_LINE, Span


@given(st.binary(max_size=100))
def test_a_digest_is_sha_256_and_reads_back(content: bytes) -> None:
    digest = Digest.of(content)
    assert str(digest) == hashlib.sha256(content).hexdigest()
    assert Digest.parse(str(digest)) == digest


@pytest.mark.parametrize("text", ["", "0" * 63, "0" * 65, "A" * 64, "g" * 64, " " + "0" * 63, "\u0660" * 64])
def test_another_spelling_of_a_digest_is_refused(text: str) -> None:
    with pytest.raises(InvalidError):
        Digest.parse(text)


def test_uids_are_drawn_afresh_and_read_back() -> None:
    drawn = {Uid.new() for _ in range(1000)}
    assert len(drawn) == 1000
    assert all(Uid.parse(uid.text) == uid and len(uid.text) == LENGTH for uid in drawn)


@pytest.mark.parametrize(
    "text", ["", "0" * 25, "0" * 27, "8" + "0" * 25, "0" * 25 + "u", "0" * 25 + "A", "0" * 25 + "\n"]
)
def test_what_is_no_uid_names_nothing(text: str) -> None:
    with pytest.raises(NotFoundError):
        Uid.parse(text)


@given(st.integers(1, MAX_LINE), st.integers(0, 1000))
def test_a_span_reads_back(first: int, more: int) -> None:
    span = Span(first, min(first + more, MAX_LINE))
    assert Span.parse(str(span)) == span
    assert span.count == span.last - span.first + 1


@pytest.mark.parametrize(
    "text", ["", "0", "0-1", "2-1", "-1", "1-", "1-2-3", "01", " 1", "1\n", "\u0661", "9" * 14, "1,2"]
)
def test_what_is_no_span_is_refused(text: str) -> None:
    with pytest.raises(InvalidError):
        Span.parse(text)


@given(st.datetimes(min_value=datetime(1000, 1, 2), timezones=st.just(UTC)))  # noqa: DTZ001 -- the strategy wants it so
def test_a_moment_reads_back_to_the_microsecond(moment: datetime) -> None:
    assert clock.parse(clock.to_text(moment)) == moment


def test_a_moment_is_written_in_utc_wherever_it_was_taken() -> None:
    brussels = datetime(2026, 11, 23, 9, 30, tzinfo=timezone(timedelta(hours=1)))
    assert clock.to_text(brussels) == "2026-11-23T08:30:00.000000Z"
    with pytest.raises(InvalidError):
        clock.to_text(brussels.replace(tzinfo=None))


@pytest.mark.parametrize(
    "text",
    ["", "2026-11-23", "2026-11-23T08:30:00Z", "2026-11-23T08:30:00.000000+00:00", "2026-02-30T00:00:00.000000Z"],
)
def test_another_form_of_a_moment_is_refused(text: str) -> None:
    with pytest.raises(InvalidError):
        clock.parse(text)


def test_the_clock_is_aware() -> None:
    assert clock.now().tzinfo is UTC
