# SPDX-License-Identifier: Apache-2.0
"""What a run means for a finding: nothing is closed by silence, and a fingerprint of a tool is no proof."""

import pytest

from glasshouse.engines.identity import Coverage, DetectionState, Tier, coverage_of, state_of
from glasshouse.engines.identity.hints import hints
from glasshouse.kernel.paths import TreePath

S = DetectionState
A, B, GONE = (TreePath(name) for name in (b"a.c", b"b.c", b"gone.c"))


@pytest.mark.parametrize("last", S)
@pytest.mark.parametrize("coverage", [Coverage.NOT_ANALYSED, Coverage.RULE_OFF])
def test_silence_closes_nothing(last: S, coverage: Coverage) -> None:
    assert state_of(last, None, coverage) is S.UNKNOWN


@pytest.mark.parametrize("last", S)
@pytest.mark.parametrize("coverage", [Coverage.ANALYSED, Coverage.GONE])
def test_what_was_looked_for_and_not_found_is_absent(last: S, coverage: Coverage) -> None:
    assert state_of(last, None, coverage) is S.ABSENT


@pytest.mark.parametrize(
    ("last", "tier", "state"),
    [
        (None, None, S.NEW),
        (S.NEW, Tier.LINE, S.UNCHANGED),
        (S.UNKNOWN, Tier.LINE, S.UNCHANGED),
        (S.NEW, Tier.FILE, S.MOVED),
        (S.NEW, Tier.FUNCTION, S.MOVED),
        (S.NEW, Tier.NAME, S.MOVED),
        (S.NEW, Tier.EDITED, S.EDITED),
        (S.ABSENT, Tier.LINE, S.REOPENED),
        (S.ABSENT, Tier.NAME, S.REOPENED),
        (S.ABSENT, Tier.EDITED, S.EDITED),
    ],
)
def test_what_is_seen_again(last: S | None, tier: Tier | None, state: S) -> None:
    assert state_of(last, tier, Coverage.ANALYSED) is state


@pytest.mark.parametrize(
    ("path", "rule_is_on", "is_complete", "coverage"),
    [
        (A, True, False, Coverage.ANALYSED),
        (A, False, True, Coverage.RULE_OFF),
        (B, True, False, Coverage.NOT_ANALYSED),
        (B, True, True, Coverage.NOT_ANALYSED),
        (GONE, True, True, Coverage.GONE),
        (GONE, True, False, Coverage.NOT_ANALYSED),
        (None, True, True, Coverage.ANALYSED),
        (None, True, False, Coverage.NOT_ANALYSED),
    ],
)
def test_a_run_speaks_of_what_it_read(
    path: TreePath | None, *, rule_is_on: bool, is_complete: bool, coverage: Coverage
) -> None:
    found = coverage_of(path, rule_is_on=rule_is_on, analysed={A}, listed={A, B}, is_complete=is_complete)
    assert found is coverage


def test_a_fingerprint_on_every_result_is_no_hint() -> None:
    told = [(b"%d" % n, [("matchBasedId/v1", "requires login")]) for n in range(5)]
    assert hints(told) == [""] * 5


def test_a_fingerprint_that_unlike_results_share_is_rejected_for_all_of_them_alone() -> None:
    told = [
        (b"1", [("id", "x"), ("other", "1")]),
        (b"2", [("id", "x"), ("other", "2")]),
        (b"3", [("id", "y")]),
        (b"3", [("id", "y")]),
        (b"4", [("id", "")]),
        (b"5", []),
    ]
    assert hints(told) == ["other=1", "other=2", "id=y", "id=y", "", ""]
