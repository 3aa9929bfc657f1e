# SPDX-License-Identifier: Apache-2.0
"""Two people decide what one may not: never on their own matter, never twice, only on the bytes they saw."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from glasshouse.domain.approvals import commands, queries, rules
from glasshouse.domain.approvals.errors import (
    AlreadyDecidedError,
    BasisMissingError,
    NotIndependentError,
    StatementChangedError,
)
from glasshouse.domain.approvals.models import Decision, Proposal
from glasshouse.domain.approvals.values import State, Verdict
from glasshouse.domain.journal import commands as journal
from glasshouse.domain.journal.models import Event
from glasshouse.domain.people.errors import RoleMissingError
from glasshouse.domain.people.models import Person
from glasshouse.domain.people.values import Role
from glasshouse.domain.people.viewer import Viewer
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.errors import NotFoundError
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.texts import UnreadableTextError
from tests.lab import NOW, House, add

GRANT, ERASURE = "access.grant", "journal.erasure"


def propose(viewer: Viewer, kind: str = ERASURE, beneficiary: Viewer | None = None) -> Proposal:
    somebody = Person.objects.get(uid=beneficiary.uid.text) if beneficiary else None
    with journal.transaction():
        return commands.propose(
            viewer, kind, subject=Uid.new(), statement={"what": "this"}, now=NOW, beneficiary=somebody
        )


def decide(
    viewer: Viewer,
    proposal: Proposal,
    verdict: Verdict = Verdict.AGREE,
    *,
    basis: str = "",
    digest: bytes = b"",
    reason: str = "So.",
) -> Proposal:
    stated = Digest(digest or bytes(proposal.digest))
    with journal.transaction():
        return commands.decide(viewer, Uid(proposal.uid), verdict, digest=stated, now=NOW, basis=basis, reason=reason)


def test_two_agreements_of_others_settle_it(house: House) -> None:
    proposal = propose(house.cast.manager)
    assert decide(house.cast.custodian, proposal).state == State.OPEN
    assert decide(house.cast.officer, proposal).state == State.AGREED
    kinds = list(Event.objects.filter(subject=proposal.uid).order_by("pk").values_list("kind", "actor"))
    assert kinds == [
        ("approvals.proposed", house.cast.manager.uid.text),
        ("approvals.decided", house.cast.custodian.uid.text),
        ("approvals.decided", house.cast.officer.uid.text),
    ]


def test_nobody_decides_what_they_proposed_or_gain_by(house: House) -> None:
    proposal = propose(house.cast.manager, beneficiary=house.cast.officer)
    with pytest.raises(NotIndependentError, match="proposed"):
        decide(house.cast.manager, proposal)
    with pytest.raises(NotIndependentError, match="benefit"):
        decide(house.cast.officer, proposal)
    for viewer in (house.cast.manager, house.cast.officer):
        with pytest.raises(NotIndependentError):
            decide(viewer, proposal, Verdict.REFUSE)
        assert not queries.may_decide(viewer, queries.proposal(viewer, Uid(proposal.uid)))
    assert queries.may_decide(house.cast.custodian, queries.proposal(house.cast.custodian, Uid(proposal.uid)))


def test_one_refusal_ends_it_for_all(house: House) -> None:
    proposal = propose(house.cast.manager)
    decide(house.cast.custodian, proposal)
    assert decide(house.cast.officer, proposal, Verdict.REFUSE).state == State.REFUSED
    another = add("auditor@vendor.example", "Vendor", Role.AUDITOR, is_vendor=True)
    with pytest.raises(AlreadyDecidedError):
        decide(another, proposal)
    proposal.refresh_from_db()
    assert proposal.state == State.REFUSED


@pytest.mark.parametrize(
    ("verdict", "reason"),
    [(Verdict.REFUSE, ""), (Verdict.REFUSE, " \n"), (Verdict.REFUSE, "No\u202e."), (Verdict.AGREE, "\x1b[2JYes.")],
)
def test_a_refusal_keeps_its_reason_and_every_reason_shows_what_it_says(
    house: House, verdict: Verdict, reason: str
) -> None:
    proposal = propose(house.cast.manager)
    with pytest.raises(UnreadableTextError):
        decide(house.cast.custodian, proposal, verdict, reason=reason)
    assert not Decision.objects.exists()
    decide(house.cast.custodian, proposal, reason="")


def test_a_person_speaks_once(house: House) -> None:
    proposal = propose(house.cast.manager)
    decide(house.cast.custodian, proposal)
    for verdict in Verdict:
        with pytest.raises(AlreadyDecidedError):
            decide(house.cast.custodian, proposal, verdict)
    assert proposal.decisions.count() == 1


def test_a_word_on_other_bytes_counts_for_nothing(house: House) -> None:
    proposal = propose(house.cast.manager)
    for position in (0, 31):
        other = bytearray(bytes(proposal.digest))
        other[position] ^= 1
        with pytest.raises(StatementChangedError):
            decide(house.cast.custodian, proposal, digest=bytes(other))
    assert proposal.decisions.count() == 0


def test_the_digest_covers_what_is_sealed_too(house: House) -> None:
    with journal.transaction():
        made = [
            commands.propose(house.cast.manager, ERASURE, subject=Uid.new(), statement={"a": 1}, sealed=sealed, now=NOW)
            for sealed in (b"one", b"two", b"one")
        ]
    assert bytes(made[0].digest) == bytes(made[2].digest) != bytes(made[1].digest)
    assert Digest.of(made[0].statement.encode()).raw == bytes(made[0].digest)


def test_only_the_export_officer_names_the_export_decision(house: House) -> None:
    proposal = propose(house.cast.manager, GRANT)
    with pytest.raises(BasisMissingError, match="Only the export officer"):
        decide(house.cast.custodian, proposal, basis="EC-1")
    with pytest.raises(BasisMissingError, match="names the export decision"):
        decide(house.cast.officer, proposal, basis="   ")
    assert decide(house.cast.officer, proposal, basis="EC-1").state == State.OPEN
    assert decide(house.cast.custodian, proposal).state == State.AGREED


def test_the_export_officer_refuses_without_a_number(house: House) -> None:
    proposal = propose(house.cast.manager, GRANT)
    assert decide(house.cast.officer, proposal, Verdict.REFUSE).state == State.REFUSED


def test_strangers_neither_propose_nor_see_nor_decide(house: House) -> None:
    proposal = propose(house.cast.manager)
    outsider = add("boss@other.example", "Laboratory B", *Role)
    for viewer in (house.cast.stranger, house.cast.reviewer, outsider):
        with pytest.raises(NotFoundError):
            propose(viewer)
        with pytest.raises(NotFoundError):
            decide(viewer, proposal)
        with pytest.raises(NotFoundError):
            queries.proposal(viewer, Uid(proposal.uid))
        assert list(queries.proposals_of(viewer)) == []
    owner = add("owner@vendor.example", "Vendor", Role.PRODUCT_OWNER, is_vendor=True)
    with pytest.raises(NotFoundError):
        decide(owner, proposal)
    with pytest.raises(RoleMissingError):
        propose(house.cast.officer)
    with pytest.raises(NotFoundError):
        decide(house.cast.custodian, Proposal(uid=Uid.new().text, digest=bytes(32)))


def test_every_policy_needs_two_and_none_lets_the_first_line_decide() -> None:
    second_line = {Role.LAB_MANAGER, Role.CUSTODIAN, Role.EXPORT_OFFICER, Role.AUDITOR}
    for policy in rules.POLICIES.values():
        assert policy.agreements >= 2
        assert policy.decided_by <= second_line, policy.kind
        # A reviewer may ask for more of what they hold, and puts nothing else up.
        assert (Role.REVIEWER in policy.proposed_by) == (policy.kind == "access.more")
        assert policy.is_asked == (policy.kind == "access.more")
        assert not rules.is_agreed(policy, ["EC-1"])
    grant = rules.POLICIES[GRANT]
    assert not rules.is_agreed(grant, ["", "", ""])
    assert rules.is_agreed(grant, ["", "EC-1"])


def test_abuse_case_23_one_person_at_ten_tabs_speaks_once(open_house: House) -> None:
    proposal = propose(open_house.cast.manager)
    assert _race(proposal, [open_house.cast.custodian] * 10) == 1
    proposal.refresh_from_db()
    assert (proposal.state, Decision.objects.count()) == (State.OPEN, 1)


def test_several_last_words_at_once_settle_it_once(open_house: House) -> None:
    proposal = propose(open_house.cast.manager)
    viewers = [add(f"auditor{number}@vendor.example", "Vendor", Role.AUDITOR, is_vendor=True) for number in range(6)]
    assert _race(proposal, viewers) == 2
    proposal.refresh_from_db()
    assert (proposal.state, Decision.objects.count()) == (State.AGREED, 2)


def _race(proposal: Proposal, viewers: list[Viewer]) -> int:
    """Let all of them agree at the same moment; return how many words counted."""
    ready = threading.Barrier(len(viewers))

    def one(viewer: Viewer) -> bool:
        try:
            ready.wait(30)
            decide(viewer, proposal)
        except AlreadyDecidedError:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(len(viewers)) as pool:
        return sum(pool.map(one, viewers))
