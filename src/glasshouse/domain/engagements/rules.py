# SPDX-License-Identifier: Apache-2.0
"""Decisions of engagements as pure functions: which step follows, who may take it, what a grant may rest on."""

import hashlib
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Final

from glasshouse.domain.engagements.errors import (
    EngagementClosedError,
    NotCoveredError,
    NotIndependentError,
    NotNamedError,
    OutsideScopeError,
    StepNotPossibleError,
    TermsNotSignedError,
)
from glasshouse.domain.engagements.values import Clearance, Depth, Ending, NewExportDecision, State, Step
from glasshouse.domain.people.values import Role
from glasshouse.domain.people.viewer import Viewer
from glasshouse.kernel import countries
from glasshouse.kernel.errors import InvalidError, NotFoundError
from glasshouse.kernel.ids import Uid

__all__ = ["Depth"]

MAX_OPEN_REQUESTS: Final = 20
"""An organisation's requests that wait for an answer; more would only be noise to those who vet."""
MAX_NAME: Final = 200
MAX_TEXT: Final = 4_000
MAX_PEOPLE: Final = 50
MAX_TERMS: Final = 200_000

AWAITED: Final[Mapping[State, Step]] = {
    State.RECEIVED: Step.VET,
    State.VETTED: Step.CLEAR,
    State.CLEARED: Step.PROPOSE,
}
"""The step of the vendor that a request waits for; what two people decide on waits for their words."""

_UNANSWERED: Final = (State.RECEIVED, State.VETTED, State.CLEARED, State.PROPOSED)
_NEXT: Final[Mapping[tuple[State, Step], State]] = {
    (State.RECEIVED, Step.VET): State.VETTED,
    (State.VETTED, Step.CLEAR): State.CLEARED,
    # A decision that ended before the opening is taken again; it moves nothing.
    (State.CLEARED, Step.CLEAR): State.CLEARED,
    (State.OPENED, Step.CLEAR): State.OPENED,
    # While two decide, what they decide on rests on the decision of before: the opening is put up again.
    (State.PROPOSED, Step.CLEAR): State.CLEARED,
    (State.CLEARED, Step.PROPOSE): State.PROPOSED,
    (State.PROPOSED, Step.OPEN): State.OPENED,
    **{(state, Step.REFUSE): State.REFUSED for state in _UNANSWERED},
    **{(state, Step.WITHDRAW): State.WITHDRAWN for state in _UNANSWERED},
}

ROLES: Final[Mapping[Step, frozenset[Role]]] = {
    Step.VET: frozenset({Role.LAB_MANAGER, Role.CUSTODIAN}),
    Step.CLEAR: frozenset({Role.EXPORT_OFFICER}),
    Step.PROPOSE: frozenset({Role.LAB_MANAGER, Role.CUSTODIAN}),
}
"""Who of the vendor takes a step. An opening is decided by two; a request is withdrawn by its own side."""


def next_state(state: State, step: Step) -> State:
    """Return where a request stands after a step; raise where the step does not follow."""
    try:
        return _NEXT[state, step]
    except KeyError:
        raise StepNotPossibleError(
            f"This request {_stands(state)}; it cannot be {_done(step)} now.", hint="Load the page again."
        ) from None


def steps_from(state: State) -> frozenset[Step]:
    """Return the steps that may follow."""
    return frozenset(step for before, step in _NEXT if before == state)


def check_office(viewer: Viewer, *steps: Step) -> None:
    """Raise unless the viewer is of the vendor and takes one of these steps; a visitor's own roles count nothing."""
    if not viewer.is_vendor:
        raise NotFoundError
    viewer.check_role(*sorted(frozenset[Role]().union(*(ROLES[step] for step in steps))))


def refused_by(state: State) -> frozenset[Role]:
    """Return the roles that may refuse a request where it stands; while two decide, their refusal is the only one."""
    if state == State.RECEIVED:
        return ROLES[Step.VET]
    if state == State.VETTED:
        return ROLES[Step.CLEAR]
    if state == State.CLEARED:
        return ROLES[Step.VET] | ROLES[Step.CLEAR]
    return frozenset()


def _stands(state: State) -> str:
    return state.label if state.label.startswith("waits") else f"was {state.label}"


def _done(step: Step) -> str:
    return {
        Step.VET: "vetted",
        Step.CLEAR: "decided on",
        Step.PROPOSE: "put up for opening",
        Step.OPEN: "opened",
        Step.REFUSE: "refused",
        Step.WITHDRAW: "withdrawn",
    }[step]


def check_independent(vetted_by: int | None, viewer: int) -> None:
    """Raise when whoever vetted a request would decide on its export too; both are rows of persons."""
    if vetted_by == viewer:
        raise NotIndependentError(
            "You vetted this request; another officer takes the export decision.",
            hint="Vetting and export decision are two people's.",
        )


def check_export(new: NewExportDecision, *, named: Collection[Uid], now: datetime) -> None:
    """Raise unless an export decision says on whom, where and until when, about people whom the request names."""
    if not new.people or not set(new.people) <= set(named):
        raise InvalidError("An export decision is on persons whom the request names, one at least.")
    if not new.sites and not new.countries:
        raise InvalidError("An export decision names a place of reading: a site, or a country for reading elsewhere.")
    for country in new.countries:
        if countries.parse(country) != country:
            raise InvalidError(f"A country is written in capitals, not {country!r}.")
    if new.until <= now:
        raise InvalidError("An export decision that has ended covers nothing.")


def check_decision_stands(until: datetime, ended_at: datetime | None, now: datetime) -> None:
    """Raise unless an export decision holds at this moment."""
    if ended_at is not None and ended_at <= now:
        raise NotCoveredError("The export decision was withdrawn.", hint="The export officer can take another one.")
    if now >= until:
        raise NotCoveredError(
            f"The export decision ended on {until:%d %b %Y, %H:%M} UTC.",
            hint="The export officer can take another one.",
        )


def check_may_propose(
    clearance: Clearance,
    *,
    releases: Collection[Uid],
    ends: datetime,
    sites: Collection[Uid] = (),
) -> None:
    """Raise unless a grant of these releases may rest on a clearance. A grant without sites is read from anywhere."""
    _check_engaged(clearance)
    if not clearance.reads:
        raise OutsideScopeError("This engagement is for tests by the lab; nobody reads in it.")
    if not set(releases) <= clearance.releases:
        raise OutsideScopeError(
            "The engagement's scope does not name each of these releases.", hint="Propose an amendment first."
        )
    _check_covered(clearance)
    if not covers_place(clearance.sites, clearance.countries, sites):
        raise NotCoveredError("The export decision does not cover this place of reading.")
    if ends > clearance.until:
        raise NotCoveredError(
            f"A grant ends with the engagement and its export decision, by {clearance.until:%d %b %Y, %H:%M} UTC.",
            hint="Choose an earlier end.",
        )


def covers_place(sites: Collection[object], countries: Collection[str], wanted: Collection[object]) -> bool:
    """Say whether an export decision on these places covers a grant's sites; a grant without sites is read anywhere."""
    return set(wanted) <= set(sites) if wanted else bool(countries)


def check_may_visit(clearance: Clearance) -> None:
    """Raise unless a person may be shown something in an engagement now."""
    _check_engaged(clearance)
    _check_covered(clearance)
    check_has_signed(has_signed=clearance.has_signed)


def check_may_write(clearance: Clearance) -> None:
    """Raise unless a person may still write in an engagement: notes, questions, findings on what they were shown."""
    _check_engaged(clearance)


def check_has_signed(*, has_signed: bool) -> None:
    """Raise unless the person has signed what holds now: an agreement that changed is signed again."""
    if not has_signed:
        raise TermsNotSignedError(
            "You have not signed this engagement's present terms and scope.",
            hint="Sign them with your passkey on the engagement's page; what you were shown remains yours.",
        )


def check_basis(basis: str, export: str) -> None:
    """Raise when an agreement to a grant names another export decision than the one that the grant rests on."""
    if basis and basis != export:
        raise NotCoveredError(
            f"This grant rests on the export decision {export}, not on {basis[:40]!r}.",
            hint="Name the decision that the statement names.",
        )


def check_rests_on(named: str, standing: str) -> None:
    """Raise when the export decision that a grant was put up on is not the one that stands."""
    if named != standing:
        raise NotCoveredError(
            f"This grant was put up on the export decision {named}; it now rests on the export decision {standing}.",
            hint="Refuse it, and propose it again: what is agreed to names the decision that holds.",
        )


def check_open(*, closed_at: datetime | None, ends: datetime | None, now: datetime) -> None:
    """Raise unless an engagement is open at this moment."""
    if closed_at is not None:
        raise EngagementClosedError(f"This engagement was closed on {closed_at:%d %b %Y, %H:%M} UTC.")
    if ends is not None and now >= ends:
        raise EngagementClosedError(f"This engagement ended on {ends:%d %b %Y, %H:%M} UTC.")


def check_may_end(ending: Ending, *, is_vendor: bool) -> None:
    """Raise when one party would say that the other ended an engagement."""
    if ending == (Ending.ENDED_BY_VISITOR if is_vendor else Ending.ENDED_BY_LAB):
        raise InvalidError("Each party says for itself that it ends an engagement.")


def period_of(moment: datetime) -> str:
    """Name the quarter of a moment, in UTC: `2026-Q4`. Names sort as time runs."""
    here = moment.astimezone(UTC)
    return f"{here:%Y}-Q{(here.month + 2) // 3}"


def hidden(cells: Mapping[str, int], *, small: int) -> dict[str, int | None]:
    """Return the cells of one row with those below `small` hidden, none of them recoverable from the row's sum.

    Zero is not small: it names nobody. What is left of the sum is told by what is not hidden: one hidden cell alone
    would be it, and two that add up to two would be one each. So the next smallest are hidden with them, until what is
    left is not small and of more than one cell.
    """
    risky = [name for name, number in cells.items() if 0 < number < small]
    others = sorted((number, name) for name, number in cells.items() if number >= small)
    while risky and others and (len(risky) == 1 or sum(cells[name] for name in risky) < small):
        risky.append(others.pop(0)[1])
    return {name: None if name in risky else number for name, number in cells.items()}


def agreement_challenge(statement: bytes) -> bytes:
    """Return what a passkey is asked to sign for a person's word on an agreement."""
    return hashlib.sha256(b"glasshouse/terms/v1\n" + statement).digest()


def _check_engaged(clearance: Clearance) -> None:
    if not clearance.is_open:
        raise EngagementClosedError("This engagement is closed, or its time is over.")
    if not clearance.is_named:
        raise NotNamedError("This engagement does not name this person.", hint="An amendment can add them.")


def _check_covered(clearance: Clearance) -> None:
    if not clearance.sites and not clearance.countries:
        raise NotCoveredError(
            "No export decision that stands covers this person.", hint="The export officer can take one."
        )
