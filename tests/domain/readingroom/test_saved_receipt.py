# SPDX-License-Identifier: Apache-2.0
"""New lines of a saved search stand in the receipt of the visit that showed them, whoever wrote between its entries."""

from collections.abc import Iterator

import glasshouse_verify as verifier
import pytest

from glasshouse.domain.readingroom import commands
from glasshouse.domain.readingroom.models import SavedRun
from glasshouse.kernel.ids import Uid
from tests.domain.readingroom.passkeys import RP
from tests.domain.readingroom.test_receipt import close_by_passkey, judge, receipt
from tests.domain.readingroom.test_saved import run, save, seated
from tests.lab import NOW, House
from tests.searching import searcher
from tests.verifier.synthetic import Authenticator


@pytest.fixture(autouse=True)
def _searcher(house: House) -> Iterator[None]:
    del house
    with searcher():
        yield


def test_a_visit_in_which_a_saved_search_ran_and_was_opened_verifies_whole(house: House) -> None:
    desk = seated(house)
    uid = save(desk, "^int ")
    run(desk.taken[0])
    found = Uid(SavedRun.objects.get().uid)
    commands.open_new_lines(desk.viewer, uid, found, now=NOW)
    commands.rename_search(desk.viewer, uid, "other", now=NOW)
    commands.end_search(desk.viewer, uid, now=NOW)
    one = Authenticator.es256()
    close_by_passkey(desk, one)
    verdict = judge(receipt(house, desk), f"{house.trust}passkey {one.fingerprint} {RP}\n")
    assert (verdict.outcome, verdict.exit_code) == (verifier.Outcome.PROVED, 0), verdict.lines
    told = [(one["kind"], one["shown"].get("saved"), one["shown"]["of"]) for one in verdict.facts["others"]]
    assert told == [("readingroom.search-shown", None, 42), ("readingroom.search-shown", uid.text, 2)]
