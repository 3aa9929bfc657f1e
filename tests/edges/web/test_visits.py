# SPDX-License-Identifier: Apache-2.0
import io
import json
import re
import zipfile
from base64 import b64encode

import glasshouse_verify
import pytest
from django.test import Client

from glasshouse.domain.readingroom import commands
from glasshouse.domain.readingroom.models import Visit
from tests.edges.web.conftest import Moment, base
from tests.lab import NOW, Desk, House


def close(desk: Desk) -> str:
    return f"/record/visits/{desk.visit}/close"


def trust(house: House) -> glasshouse_verify.Trust:
    return glasshouse_verify.Trust.parse(house.trust.encode())


def test_the_record_lists_what_was_shown_newest_first(desk: Desk, reviewer: Client) -> None:
    reviewer.get(f"{base(desk)}folder/src")
    reviewer.get(f"{base(desk)}file/src/main.c?from=11")
    page = reviewer.get("/record/").content.decode()
    shown = re.findall(r'<span class="mono">([^<]+)</span> <span class="nowrap">([^<]+)</span>', page)
    assert shown == [("src/main.c", "lines 11\u201340"), ("src", "3 items")]
    assert page.count("not yet") >= 2


def test_the_record_is_paged_and_each_entry_appears_once(desk: Desk, reviewer: Client) -> None:
    for first in range(1, 31):
        reviewer.get(f"{base(desk)}file/src/main.c?from={first}")
    for first in range(1, 101):
        commands.open_folder(desk.viewer, desk.grant, desk.release, None, now=desk.taken[0].imported_at, first=first)
    seen: list[str] = []
    address = "/record/"
    while address:
        page = reviewer.get(address).content.decode()
        seen += re.findall(r'/record/entries/[a-z0-9]+">#(\d+)<', page)
        older = re.search(r'href="(\?before=\d+)"', page)
        address = f"/record/{older[1]}" if older else ""
    # Entries 1 and 3 opened engagement and grant, 2 is the reviewer's word on the terms; the visit begins with 4.
    assert seen == [*(str(number) for number in range(134, 3, -1)), "2"]


def test_what_is_no_page_of_the_record_is_not_found(reviewer: Client) -> None:
    for before in ("x", "-1", "9" * 30, "\u0663"):
        assert reviewer.get("/record/", {"before": before}).status_code == 404


def test_an_entry_is_opened_for_its_actor_with_its_way_to_the_root(desk: Desk, reviewer: Client, house: House) -> None:
    reviewer.get(f"{base(desk)}file/src/main.c")
    address = re.findall(r'href="(/record/entries/[a-z0-9]+)">#', reviewer.get("/record/").content.decode())[0]
    waiting = reviewer.get(address).content.decode()
    assert "Not in the tree yet" in waiting
    house.sign()
    page = reviewer.get(address).content.decode()
    assert "does not match" not in page
    assert "&quot;path&quot;: &quot;src/main.c&quot;" in page

    proof = reviewer.get(f"{address}/tlog-proof")
    commitment = re.search(r"--commitment ([0-9a-f]{64})", page)
    assert commitment
    verdict = glasshouse_verify.verify_file(
        proof.content, trust(house), now=NOW, commitment=bytes.fromhex(commitment[1])
    )
    assert verdict.exit_code == 0, verdict.lines


def test_a_visit_is_closed_without_a_passkey_and_says_unacknowledged(
    desk: Desk, reviewer: Client, house: House
) -> None:
    reviewer.get(f"{base(desk)}file/src/main.c")
    page = reviewer.get(close(desk)).content.decode()
    assert "You have no passkey" in page
    assert "2 of this visit" in page
    assert reviewer.post(close(desk)).headers["Location"] == f"/record/visits/{desk.visit}"
    assert "unacknowledged" in reviewer.get(f"/record/visits/{desk.visit}").content.decode()
    assert reviewer.get(f"{base(desk)}file/src/main.c").status_code == 403
    assert reviewer.get(close(desk)).status_code == 409

    early = reviewer.get(f"/record/visits/{desk.visit}/receipt.zip")
    assert early.status_code == 409
    assert "Ask again" in early.content.decode()
    house.sign()
    receipt = reviewer.get(f"/record/visits/{desk.visit}/receipt.zip")
    assert receipt.headers["Content-Type"] == "application/zip"
    assert receipt.headers["Content-Disposition"] == 'attachment; filename="receipt-26-001-visit-1.zip"'
    assert set(zipfile.ZipFile(io.BytesIO(receipt.content)).namelist()) == {"README.txt", "checkpoint", "receipt.json"}
    verdict = glasshouse_verify.verify_file(receipt.content, trust(house), now=NOW)
    assert verdict.exit_code == 4  # proved, but unacknowledged


@pytest.mark.parametrize(
    "credential",
    ["", "{}", "[]", "null", '"x"', "not json", '{"rawId": 7, "response": {}}', '{"rawId": "AA", "response": null}'],
)
def test_an_answer_that_is_no_passkeys_closes_nothing(desk: Desk, reviewer: Client, credential: str) -> None:
    answer = reviewer.post(close(desk), {"credential": credential, "statement": b64encode(b"{}").decode()})
    assert answer.status_code == 422
    assert Visit.objects.get().closed_at is None


def test_a_passkey_of_nobody_closes_nothing(desk: Desk, reviewer: Client) -> None:
    statement = re.search(
        r'"statement_text":|aria-label="Statement">([^<]+)<', reviewer.get(close(desk)).content.decode()
    )
    assert statement
    response = {"authenticatorData": "AA", "clientDataJSON": "AA", "signature": "AA"}
    credential = json.dumps({"rawId": "AA", "response": response})
    told = commands.prepare_close(desk.viewer, desk.visit).text
    answer = reviewer.post(close(desk), {"credential": credential, "statement": b64encode(told).decode()})
    assert answer.status_code == 422
    assert "not one of yours" in answer.content.decode()
    assert Visit.objects.get().closed_at is None


def test_a_receipt_stays_ones_own_after_the_grant_has_ended(
    desk: Desk, reviewer: Client, house: House, moment: Moment
) -> None:
    reviewer.get(f"{base(desk)}file/src/main.c")
    house.sign()
    moment.pass_by(days=400)
    assert reviewer.get(f"/record/visits/{desk.visit}/receipt.zip").status_code == 200
    assert reviewer.get("/record/").status_code == 200


def test_the_keys_to_trust_are_those_that_the_verifier_reads(reviewer: Client, house: House) -> None:
    page = reviewer.get("/record/trust").content.decode()
    lines = re.search(r'aria-label="keys.txt">(.*?)</pre>', page, re.DOTALL)
    assert lines
    assert glasshouse_verify.Trust.parse(lines[1].encode()) == trust(house)


def test_a_visit_is_begun_once_and_gone_on_with(desk: Desk, reviewer: Client) -> None:
    assert reviewer.post(f"{base(desk)}begin").status_code == 302
    assert Visit.objects.count() == 1
    assert "Go on reading" in reviewer.get("/").content.decode()
