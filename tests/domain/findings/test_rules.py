# SPDX-License-Identifier: Apache-2.0
"""Which step follows and whose it is: every state, every step, every role."""

from itertools import product

import pytest

from glasshouse.domain.findings import rules
from glasshouse.domain.findings.errors import FixNotNamedError, StepNotPossibleError
from glasshouse.domain.findings.values import Severity, State, Step
from glasshouse.domain.people.values import Role
from glasshouse.domain.people.viewer import Viewer
from glasshouse.kernel.ids import Uid

ALLOWED = {
    State.RAISED: {Step.CONFIRM, Step.DISPUTE, Step.WITHDRAW},
    State.DISPUTED: {Step.CONFIRM, Step.REOPEN, Step.WITHDRAW},
    State.CONFIRMED: {Step.FIX, Step.WITHDRAW},
    State.FIXED: {Step.VERIFY, Step.REOPEN, Step.WITHDRAW},
    State.VERIFIED: {Step.REOPEN},
    State.WITHDRAWN: set(),
}


def somebody(*roles: Role, is_vendor: bool = True) -> Viewer:
    return Viewer(Uid.new(), 1, "Somebody", Uid.new(), "Somewhere", is_vendor, frozenset(roles))


@pytest.mark.parametrize(("state", "step"), list(product(State, Step)))
def test_a_step_follows_where_it_is_listed_and_nowhere_else(state: State, step: Step) -> None:
    if step in ALLOWED[state]:
        assert rules.next_state(state, step) != state
    else:
        with pytest.raises(StepNotPossibleError):
            rules.next_state(state, step)
    assert rules.steps_from(state) == ALLOWED[state]


def test_nothing_is_verified_but_a_claimed_fix() -> None:
    into = {state for state, step in product(State, Step) if step in ALLOWED[state] and step == Step.VERIFY}
    assert into == {State.FIXED}


@pytest.mark.parametrize("role", Role)
def test_each_role_of_the_vendor_takes_its_own_steps(role: Role) -> None:
    mine = {step for step in Step if rules.may_take(somebody(role), step)}
    expected = {
        Role.PRODUCT_OWNER: {Step.CONFIRM, Step.DISPUTE, Step.FIX},
        Role.ASSESSOR: {Step.VERIFY, Step.REOPEN},
    }
    assert mine == expected.get(role, set())


def test_who_owns_the_product_judges_no_fix_of_it_in_any_other_role_either() -> None:
    everything = somebody(*Role)
    assert not rules.may_take(everything, Step.VERIFY)
    assert not rules.may_take(everything, Step.REOPEN)


@pytest.mark.parametrize("role", Role)
def test_a_visitors_role_gives_none_of_the_vendors_steps(role: Role) -> None:
    visitor = somebody(role, is_vendor=False)
    assert {step for step in Step if rules.may_take(visitor, step)} == {Step.VERIFY, Step.REOPEN, Step.WITHDRAW}


@pytest.mark.parametrize("step", Step)
def test_a_fix_and_nothing_else_names_a_release(step: Step) -> None:
    with pytest.raises(FixNotNamedError):
        rules.check_fix(step, "" if step == Step.FIX else "x")
    rules.check_fix(step, "x" if step == Step.FIX else "")


def test_what_is_worse_is_answered_sooner() -> None:
    hours = [rules.clock_of(severity).hours for severity in Severity]
    assert hours == sorted(set(hours))
