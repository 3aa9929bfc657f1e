# SPDX-License-Identifier: Apache-2.0
"""What a side's opinion comes to is worked out of its verdicts alone, whatever they are and in whatever order."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glasshouse.domain.people.values import Role
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.triage import rules
from glasshouse.domain.triage.errors import NotPossibleError, NotYoursToJudgeError, UnusableVerdictError
from glasshouse.domain.triage.rules import Fix
from glasshouse.domain.triage.values import Given, Justification, NewVerdict, Side, State, Told, VexStatus
from glasshouse.engines.formats.cvss import InvalidVectorError
from glasshouse.engines.formats.sarif import Severity
from glasshouse.engines.identity import DetectionState
from glasshouse.kernel.ids import Uid
from tests.lab import NOW

HOUR = timedelta(hours=1)


@st.composite
def verdicts(draw: st.DrawFn) -> list[Given]:
    """Some verdicts of one side on one detection, the time of each its own or shared."""
    found = []
    for number in range(draw(st.integers(0, 8))):
        at = NOW + HOUR * draw(st.integers(0, 5))
        lasts = draw(st.none() | st.integers(1, 8))
        expires = at + HOUR * lasts if lasts else None
        told = Told(draw(st.sampled_from(State)))
        found.append(Given(Uid.new(), number, told, 1, at, "r", expires, is_wide=draw(st.booleans())))
    return found


def lasting(found: Sequence[Given], hours: int) -> list[Given]:
    return [one for one in found if one.expires_at is None or one.expires_at > NOW + HOUR * hours]


@given(verdicts(), st.integers(0, 14), st.randoms())
def test_an_opinion_is_the_same_in_whatever_order_its_verdicts_are_read(
    found: list[Given], at: int, chance: object
) -> None:
    shuffled = list(found)
    chance.shuffle(shuffled)  # type: ignore[attr-defined] # hypothesis' own Random
    assert rules.standing(shuffled, NOW + HOUR * at) == rules.standing(found, NOW + HOUR * at)


@given(verdicts(), st.integers(0, 14))
def test_an_expired_verdict_leaves_the_opinion_as_if_it_had_never_been_given(found: list[Given], at: int) -> None:
    now = NOW + HOUR * at
    assert rules.standing(found, now) == rules.standing(lasting(found, at), now)
    assert (rules.standing(found, now) is None) == (not lasting(found, at))


@given(verdicts(), st.integers(0, 14))
def test_a_word_on_the_detection_goes_before_every_word_on_its_rule(found: list[Given], at: int) -> None:
    standing = rules.standing(found, NOW + HOUR * at)
    if any(not one.is_wide for one in lasting(found, at)):
        assert standing is not None
        assert not standing.is_wide
        assert standing.number == max(one.number for one in lasting(found, at) if not one.is_wide)


def viewer(*roles: Role, row: int = 1, is_vendor: bool = True) -> Viewer:
    return Viewer(Uid.new(), row, "", Uid.new(), "", is_vendor, frozenset(roles))


OWNER, ASSESSOR = viewer(Role.PRODUCT_OWNER, row=1), viewer(Role.ASSESSOR, row=2)
BOTH, VISITOR = viewer(Role.PRODUCT_OWNER, Role.ASSESSOR, row=3), viewer(Role.REVIEWER, row=4, is_vendor=False)
CLAIMED = Fix(is_claimed=True, claimed_by={1})
GONE = DetectionState.ABSENT


def test_each_speaks_for_one_side_and_who_owns_a_product_never_for_its_assessor() -> None:
    assert [rules.side_of(one) for one in (OWNER, ASSESSOR, BOTH, VISITOR)] == [
        Side.OWNER,
        Side.ASSESSOR,
        Side.OWNER,
        Side.VISITOR,
    ]
    for role in set(Role) - {Role.PRODUCT_OWNER, Role.ASSESSOR}:
        with pytest.raises(NotYoursToJudgeError):
            rules.side_of(viewer(role))


def test_a_fix_is_claimed_by_the_owner_and_verified_by_nobody_who_answers_for_it() -> None:
    rules.check_may_say(OWNER, State.FIX_CLAIMED, CLAIMED, GONE)
    for one in (ASSESSOR, VISITOR):
        rules.check_may_say(one, State.FIX_VERIFIED, CLAIMED, GONE)
        with pytest.raises(NotYoursToJudgeError):
            rules.check_may_say(one, State.FIX_CLAIMED, CLAIMED, GONE)
    turncoat = viewer(Role.ASSESSOR, row=1)  # claimed it while owning the product
    for one in (OWNER, BOTH, turncoat):
        with pytest.raises(NotYoursToJudgeError):
            rules.check_may_say(one, State.FIX_VERIFIED, CLAIMED, GONE)


def test_no_fix_is_verified_that_nobody_claims_or_where_the_tool_still_finds_it() -> None:
    with pytest.raises(NotPossibleError):
        rules.check_may_say(ASSESSOR, State.FIX_VERIFIED, Fix(is_claimed=False, claimed_by={1}), GONE)
    for state in (DetectionState.UNCHANGED, DetectionState.EDITED, DetectionState.REOPENED):
        with pytest.raises(NotPossibleError):
            rules.check_may_say(ASSESSOR, State.FIX_VERIFIED, CLAIMED, state)
    rules.check_may_say(ASSESSOR, State.FIX_VERIFIED, CLAIMED, DetectionState.UNKNOWN)


@pytest.mark.parametrize(
    ("new", "is_wide"),
    [
        (NewVerdict(State.OPEN, "x", expires_at=NOW), False),
        (NewVerdict(State.CONFIRMED, "x", justification=Justification.NO_CODE), False),
        (NewVerdict(State.FIX_CLAIMED, "x", expires_at=NOW + HOUR), True),
        (NewVerdict(State.FALSE_POSITIVE, "x"), True),
        (NewVerdict(State.FALSE_POSITIVE, "x", expires_at=NOW + timedelta(days=400)), True),
    ],
)
def test_a_verdict_that_contradicts_itself_is_refused(new: NewVerdict, *, is_wide: bool) -> None:
    with pytest.raises(UnusableVerdictError):
        rules.check_verdict(new, NOW, is_wide=is_wide)


def test_a_claimed_fix_is_none_to_vex_and_what_will_not_be_fixed_affects_unless_justified() -> None:
    told = {state: rules.vex_status(state, None) for state in State}
    assert told == {
        State.OPEN: VexStatus.UNDER_INVESTIGATION,
        State.CONFIRMED: VexStatus.AFFECTED,
        State.FALSE_POSITIVE: VexStatus.NOT_AFFECTED,
        State.WONT_FIX: VexStatus.AFFECTED,
        State.FIX_CLAIMED: VexStatus.AFFECTED,
        State.FIX_VERIFIED: VexStatus.FIXED,
    }
    assert rules.vex_status(State.WONT_FIX, Justification.MITIGATED) is VexStatus.NOT_AFFECTED


def test_a_vector_comes_to_its_severity_and_one_that_does_not_tell_it_needs_a_word() -> None:
    worst = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
    newer = "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N"
    assert rules.rating_of(NewVerdict(State.CONFIRMED, "x", vector=worst)).severity is Severity.CRITICAL
    told = rules.rating_of(NewVerdict(State.CONFIRMED, "x", vector=newer, severity=Severity.HIGH))
    assert (told.vector, told.severity) == (newer, Severity.HIGH)
    for vector, severity in ((newer, None), (worst, Severity.LOW)):
        with pytest.raises(UnusableVerdictError):
            rules.rating_of(NewVerdict(State.CONFIRMED, "x", vector=vector, severity=severity))
    with pytest.raises(InvalidVectorError):
        rules.rating_of(NewVerdict(State.CONFIRMED, "x", vector="AV:N"))
