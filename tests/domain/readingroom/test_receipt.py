# SPDX-License-Identifier: Apache-2.0
"""A receipt is judged by the verifier that the other side reads, which has no code of ours."""

import json
import zipfile
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import glasshouse_verify as verifier
import pytest
from django.db import connection

from glasshouse.domain.approvals.values import Verdict
from glasshouse.domain.people.viewer import Viewer
from glasshouse.domain.readingroom import commands, queries
from glasshouse.domain.readingroom.errors import ReceiptTooEarlyError
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.errors import NotFoundError
from glasshouse.kernel.ids import Uid
from glasshouse.kernel.lines import Span
from glasshouse.kernel.paths import TreePath
from tests.domain.readingroom.passkeys import RP, answer, enrol
from tests.lab import FILES, HTTP, MAIN, NOW, Desk, House, next_version
from tests.verifier.synthetic import Authenticator

LATER = NOW + timedelta(seconds=5)


def judge(data: bytes, trust: str) -> verifier.Verdict:
    """Verify as a visitor does, years later, on a machine that knows nothing of the lab."""
    return verifier.verify_receipt(data, verifier.Trust.parse(trust.encode()), now=datetime(2030, 1, 1, tzinfo=UTC))


def read(desk: Desk, first: int = 1, last: int = 5, path: TreePath = MAIN, column: int = 0) -> None:
    commands.open_file(desk.viewer, desk.grant, desk.release, path, Span(first, last), now=NOW, column=column)


def receipt(house: House, desk: Desk) -> bytes:
    house.sign()
    return commands.make_receipt(desk.viewer, desk.visit, now=LATER)


def content(data: bytes) -> dict[str, Any]:
    with zipfile.ZipFile(BytesIO(data)) as archive:
        assert archive.namelist() == ["README.txt", "checkpoint", "receipt.json"]
        value: dict[str, Any] = json.loads(archive.read("receipt.json"))
    return value


def close_by_passkey(desk: Desk, one: Authenticator) -> None:
    credential = enrol(desk.viewer, one)
    statement = commands.prepare_close(desk.viewer, desk.visit)
    commands.close_visit(
        desk.viewer,
        desk.visit,
        now=LATER,
        statement=statement.text,
        assertion=answer(one, credential, statement),
    )


@pytest.mark.parametrize("one", [Authenticator.es256(), Authenticator.eddsa()], ids=["ES256", "EdDSA"])
def test_a_visit_closed_by_a_trusted_passkey_verifies_whole(house: House, desk: Desk, one: Authenticator) -> None:
    read(desk)
    read(desk, 100, 140, HTTP)
    close_by_passkey(desk, one)
    made = receipt(house, desk)
    verdict = judge(made, f"{house.trust}passkey {one.fingerprint} {RP}\n")
    assert (verdict.outcome, verdict.exit_code) == (verifier.Outcome.PROVED, 0), verdict.lines
    told = [(view["path"], view["first"], view["last"]) for view in verdict.facts["views"]]
    assert told == [("src/main.c", 1, 5), ("src/net/http.c", 100, 140)]
    assert content(made)["person"] == desk.viewer.uid.text


def test_a_passkey_that_the_trust_file_does_not_name_acknowledges_nothing(house: House, desk: Desk) -> None:
    read(desk)
    close_by_passkey(desk, Authenticator.es256())
    verdict = judge(receipt(house, desk), house.trust)
    assert verdict.exit_code != 0
    assert any("not in your trust file" in line.text for line in verdict.lines)


@pytest.mark.parametrize("is_closed", [False, True])
def test_an_open_visit_and_one_closed_without_a_passkey_are_unacknowledged(
    house: House, desk: Desk, *, is_closed: bool
) -> None:
    read(desk)
    if is_closed:
        commands.close_visit(desk.viewer, desk.visit, now=LATER)
    verdict = judge(receipt(house, desk), house.trust)
    assert verdict.outcome is verifier.Outcome.INCOMPLETE
    assert any("unacknowledged: 1 view" in line.text for line in verdict.lines)


def test_every_kind_of_showing_stands_in_the_receipt(house: House) -> None:
    first, second = house.take(), house.take("2", next_version(FILES))
    desk = house.seat(house.cast.reviewer, second, first)
    read(desk)
    read(desk, 2, 2, TreePath(b"src/long.c"), column=4096)
    commands.open_folder(desk.viewer, desk.grant, desk.release, None, now=NOW)
    commands.open_facts(desk.viewer, desk.grant, desk.release, TreePath(b"logo.png"), now=NOW)
    commands.open_left_out(desk.viewer, desk.grant, desk.release, now=NOW)
    commands.open_changes(desk.viewer, desk.grant, Uid(first.uid), Uid(second.uid), now=NOW)
    commands.open_difference(desk.viewer, desk.grant, Uid(first.uid), Uid(second.uid), MAIN, now=NOW)
    one = Authenticator.es256()
    close_by_passkey(desk, one)
    verdict = judge(receipt(house, desk), f"{house.trust}passkey {one.fingerprint} {RP}\n")
    assert verdict.exit_code == 0, verdict.lines
    assert [other["kind"] for other in verdict.facts["others"]] == [
        "readingroom.columns-shown",
        "readingroom.folder-shown",
        "readingroom.facts-shown",
        "readingroom.left-out-shown",
        "readingroom.changes-shown",
        "readingroom.difference-shown",
    ]


def test_two_visitors_interleaved_each_prove_their_own_and_open_nothing_of_the_other(house: House) -> None:
    release = house.take()
    desks = [house.seat(viewer, release) for viewer in (house.cast.reviewer, house.cast.colleague)]
    for step in range(3):
        for desk in desks:
            read(desk, 1 + step, 4 + step)
    keys = [Authenticator.es256(), Authenticator.eddsa()]
    for desk, one in zip(desks, keys, strict=True):
        close_by_passkey(desk, one)
    for desk, one in zip(desks, keys, strict=True):
        made = receipt(house, desk)
        verdict = judge(made, f"{house.trust}passkey {one.fingerprint} {RP}\n")
        assert verdict.exit_code == 0, verdict.lines
        assert len(verdict.facts["views"]) == 3
        for event in content(made)["events"]:
            names = {opening["name"] for opening in event["openings"]}
            assert names == {"chain"} or {"actor", "head"} <= names
            actors = {opening["value"] for opening in event["openings"] if opening["name"] == "actor"}
            assert actors <= {desk.viewer.uid.text}
        other = desks[1 - desks.index(desk)].viewer
        assert other.uid.text not in json.dumps(content(made))


def test_a_view_that_the_administrator_dropped_shows_in_the_receipt(
    house: House, desk: Desk, database_kind: str
) -> None:
    for first in (1, 6, 11):
        read(desk, first, first + 4)
    one = Authenticator.es256()
    close_by_passkey(desk, one)
    trust = f"{house.trust}passkey {one.fingerprint} {RP}\n"
    assert judge(receipt(house, desk), trust).exit_code == 0
    dropped = queries.visit(desk.viewer, desk.visit).last
    assert dropped is not None
    _delete(database_kind, dropped - 2)
    verdict = judge(commands.make_receipt(desk.viewer, desk.visit, now=LATER), trust)
    assert verdict.outcome in {verifier.Outcome.BROKEN, verifier.Outcome.INCOMPLETE}
    assert any("missing" in line.text or "not all" in line.text for line in verdict.lines), verdict.lines


def _delete(kind: str, number: int) -> None:
    """Do what an administrator can who knows the schema and owns the database."""
    on = {table: "" if kind == "sqlite" else f" ON journal_{table}" for table in ("event", "leaf")}
    with connection.cursor() as cursor:
        for table, suffix in on.items():
            cursor.execute(f"DROP TRIGGER journal_{table}_no_delete{suffix}")
        cursor.execute("CREATE TEMPORARY TABLE victims AS SELECT id FROM journal_event WHERE number = %s", [number])
        cursor.execute("DELETE FROM journal_seed WHERE event_id IN (SELECT id FROM victims)")
        cursor.execute("DELETE FROM journal_leaf WHERE event_id IN (SELECT id FROM victims)")
        cursor.execute("DELETE FROM journal_event WHERE id IN (SELECT id FROM victims)")
        cursor.execute("DROP TABLE victims")


def test_a_receipt_waits_for_the_last_entry_to_be_signed(house: House, desk: Desk) -> None:
    read(desk)
    with pytest.raises(ReceiptTooEarlyError):
        commands.make_receipt(desk.viewer, desk.visit, now=NOW)
    house.sign()
    read(desk, 6, 7)
    with pytest.raises(ReceiptTooEarlyError):
        commands.make_receipt(desk.viewer, desk.visit, now=NOW)


def test_nobody_else_gets_the_receipt(house: House, desk: Desk) -> None:
    read(desk)
    house.sign()
    strangers: tuple[Viewer, ...] = (house.cast.stranger, house.cast.colleague, house.cast.manager)
    for viewer in strangers:
        with pytest.raises(NotFoundError):
            commands.make_receipt(viewer, desk.visit, now=NOW)


def test_after_the_source_is_destroyed_the_receipt_still_proves_that_something_was_shown(
    house: House, desk: Desk
) -> None:
    read(desk)
    one = Authenticator.es256()
    close_by_passkey(desk, one)
    proposal = commands.propose_shredding(house.cast.manager, "server", now=NOW)
    for viewer in (house.cast.custodian, house.cast.officer):
        commands.decide(viewer, Uid(proposal.uid), Verdict.AGREE, digest=Digest(bytes(proposal.digest)), now=NOW)
    made = receipt(house, desk)
    verdict = judge(made, f"{house.trust}passkey {one.fingerprint} {RP}\n")
    assert verdict.outcome is not verifier.Outcome.BROKEN, verdict.lines
    assert "src/main.c" not in json.dumps(content(made))
    assert content(made)["manifest_proofs"] == []
    assert any("path is kept closed" in line.text for line in verdict.lines)
