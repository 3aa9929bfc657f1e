# SPDX-License-Identifier: Apache-2.0
"""The pages of what visitors bring: two sides of one thing, and nothing of it for anybody else."""

import io
import os
import re

import pytest
from django.test import Client

from glasshouse.domain.access.values import USUAL, Purpose
from glasshouse.domain.admissions import commands, queries
from glasshouse.domain.admissions.models import Brought
from glasshouse.domain.admissions.values import Kind, State, Trial
from glasshouse.domain.people.values import Role
from glasshouse.domain.readingroom import commands as readingroom
from glasshouse.domain.scans import surveying
from glasshouse.domain.scans.models import Scan
from glasshouse.domain.scans.tools import installing
from glasshouse.edges.http import uploads
from glasshouse.kernel.ids import Uid
from tests.domain.admissions.bringing import NAME, RULES, SECRET, admit, bring, engaged, oci
from tests.edges.web.conftest import Browse
from tests.lab import NOW, House, add


def hand_in(client: Client, house: House, content: bytes = RULES, **told: str) -> int:
    form = {"engagement": engaged(house).text, "kind": "ast-grep", "name": NAME, "licence": "MIT", "purpose": "Calls."}
    answer = client.post("/brought/new", {**form, **told, "file": io.BytesIO(content)})
    return answer.status_code


def only() -> Uid:
    return Uid(Brought.objects.get().uid)


def test_a_visitor_hands_in_and_a_custodian_admits(house: House, browser_of: Browse) -> None:
    visitor, custodian = browser_of(house.cast.reviewer), browser_of(house.cast.custodian)
    assert hand_in(visitor, house) == 302
    uid = only()
    commands.attempt(uid, now=NOW)
    page = custodian.get(f"/brought/{uid}/").content.decode()
    assert "C, Python" in page
    assert not {SECRET, NAME, "numbat", "Reviewer"} & set(re.split(r"[<>]", page))
    assert SECRET not in page
    assert "numbat" not in page
    digest = str(queries.brought(house.cast.custodian, uid, NOW).digest)
    said = {"digest": digest, "reason": "Small.", "verdict": "admit"}
    assert custodian.post(f"/brought/{uid}/decide", said).status_code == 302
    mine = visitor.get(f"/brought/{uid}/").content.decode()
    assert "numbat" in mine
    assert "Small." in mine
    assert Brought.objects.get().state == State.ADMITTED
    assert str(uid) in visitor.get("/brought/").content.decode()


def test_a_licence_that_is_not_open_is_told_beside_its_field(house: House, browser_of: Browse) -> None:
    uid = bring(house, licence="LicenseRef-Ours")
    custodian = browser_of(house.cast.custodian)
    digest = str(queries.brought(house.cast.custodian, uid, NOW).digest)
    said = {"digest": digest, "reason": "Small.", "verdict": "admit"}
    answer = custodian.post(f"/brought/{uid}/decide", said)
    assert answer.status_code == 422
    assert "not an approved open-source licence" in answer.content.decode()
    assert custodian.post(f"/brought/{uid}/decide", {**said, "waives_licence": "on"}).status_code == 302
    assert Brought.objects.get().is_licence_waived


def test_a_decision_asks_for_a_fresh_factor(house: House, browser_of: Browse) -> None:
    uid = bring(house)
    custodian = browser_of(house.cast.custodian)
    session = custodian.session
    session["account_authentication_methods"] = []
    session.save()
    digest = str(queries.brought(house.cast.custodian, uid, NOW).digest)
    answer = custodian.post(f"/brought/{uid}/decide", {"digest": digest, "reason": "Small.", "verdict": "admit"})
    assert answer.status_code == 302
    assert "me/confirm" in answer["Location"]
    assert Brought.objects.get().state == State.WAITING


@pytest.mark.parametrize(
    ("content", "told", "said"),
    [
        (b"id: \xff", {}, "UTF-8"),
        (b"", {}, "empty"),
        (RULES, {"licence": "as you like"}, "SPDX"),
        (RULES, {"engagement": Uid.new().text}, "valid choice"),
        (RULES, {"kind": "binary"}, "valid choice"),
    ],
)
def test_what_is_wrong_stands_in_the_form(
    house: House, browser_of: Browse, content: bytes, told: dict[str, str], said: str
) -> None:
    visitor = browser_of(house.cast.reviewer)
    form = {"engagement": engaged(house).text, "kind": "ast-grep", "name": NAME, "licence": "MIT", "purpose": "Calls."}
    answer = visitor.post("/brought/new", {**form, **told, "file": io.BytesIO(content)})
    assert answer.status_code == 200
    assert said in answer.content.decode()
    assert not Brought.objects.exists()


@pytest.mark.parametrize("role", [role for role in Role if role not in {Role.CUSTODIAN, Role.LAB_MANAGER}])
def test_abuse_case_22_to_no_other_role_of_the_vendor_was_anything_brought(
    house: House, browser_of: Browse, role: Role
) -> None:
    uid = bring(house)
    client = browser_of(add("other@vendor.example", "Vendor", role, is_vendor=True))
    for address in ("/brought/", f"/brought/{uid}/", "/brought/new"):
        assert client.get(address).status_code == 404
    for verb in ("decide", "withdraw", "again"):
        assert client.post(f"/brought/{uid}/{verb}").status_code == 404


def test_a_stranger_finds_what_never_was(house: House, browser_of: Browse) -> None:
    uid = bring(house)
    client = browser_of(house.cast.stranger)
    assert client.get(f"/brought/{uid}/").status_code == 404
    for verb in ("decide", "withdraw", "again"):
        assert client.post(f"/brought/{uid}/{verb}").status_code == 404
    assert str(uid) not in client.get("/brought/").content.decode()


def test_its_visitor_takes_it_back(house: House, browser_of: Browse) -> None:
    uid = bring(house)
    assert browser_of(house.cast.custodian).post(f"/brought/{uid}/withdraw").status_code == 404
    assert browser_of(house.cast.reviewer).post(f"/brought/{uid}/withdraw").status_code == 302
    assert Brought.objects.get().state == State.WITHDRAWN


def test_what_could_not_be_tried_is_tried_again(house: House, browser_of: Browse) -> None:
    uid = bring(house)
    Brought.objects.update(trial=Trial.NOT_RUN)
    assert "Try it again" in browser_of(house.cast.custodian).get(f"/brought/{uid}/").content.decode()
    assert browser_of(house.cast.custodian).post(f"/brought/{uid}/again").status_code == 302
    assert Brought.objects.get().trial == Trial.PENDING


def test_a_file_is_taken_by_its_page_alone(house: House, browser_of: Browse, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    real = os.memfd_create

    def counted(name: str, flags: int) -> int:
        made.append(name)
        return real(name, flags)

    monkeypatch.setattr(os, "memfd_create", counted)
    visitor = browser_of(house.cast.reviewer)
    visitor.post("/engagements/ask", {"purpose": "x", "file": io.BytesIO(RULES)})
    Client().post("/brought/new", {"file": io.BytesIO(RULES)})
    assert made == []
    assert hand_in(visitor, house) == 302
    assert made[0] == "upload"


def test_of_a_file_that_is_too_large_no_more_is_kept_than_tells_it(
    house: House, browser_of: Browse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "LARGEST", 100)
    visitor = browser_of(house.cast.reviewer)
    assert hand_in(visitor, house, b"a" * 10_000_000) == 302
    assert Brought.objects.get().size == 101


def test_admitted_rules_are_started_from_the_releases_scans(house: House, browser_of: Browse) -> None:
    desk = house.seat(house.cast.reviewer, house.take(), purposes=USUAL | {Purpose.TOOLS})
    surveying.look(installing.standard_folder(), ["ast-grep"], now=NOW)
    visitor, place = browser_of(house.cast.reviewer), f"/r/{desk.grant}/{desk.release}/scans/"
    assert "No rules of yours are admitted here" in visitor.get(place).content.decode()
    uid = bring(house)
    admit(house, uid)
    assert "numbat" in visitor.get(place).content.decode()
    answer = visitor.post(f"{place}brought", {"brought": uid.text})
    assert answer.status_code == 302
    scan = Scan.objects.get()
    assert answer["Location"] == f"{place}{scan.uid}/"
    assert "what you brought" in visitor.get(answer["Location"]).content.decode()
    assert "by rules that you brought" in visitor.get(place).content.decode()
    manager = browser_of(house.cast.manager)
    assert manager.get(f"/scans/{desk.release}/runs/{scan.uid}/").status_code == 404
    for address in (f"/scans/{desk.release}/", "/scans/"):
        assert scan.uid not in manager.get(address).content.decode()


def test_abuse_case_22_another_organisations_grant_does_not_show_the_scan(house: House, browser_of: Browse) -> None:
    desk = house.seat(house.cast.reviewer, house.take(), purposes=USUAL | {Purpose.TOOLS})
    surveying.look(installing.standard_folder(), ["ast-grep"], now=NOW)
    uid = bring(house)
    admit(house, uid)
    started = readingroom.start_brought_scan(desk.viewer, desk.grant, desk.release, uid, now=NOW)
    theirs = house.seat(house.cast.stranger, *desk.taken, purposes=USUAL | {Purpose.TOOLS})
    client, place = browser_of(house.cast.stranger), f"/r/{theirs.grant}/{theirs.release}/scans/"
    assert started.scan.uid not in client.get(place).content.decode()
    for address in ("", "files"):
        assert client.get(f"{place}{started.scan.uid}/{address}").status_code == 404
    assert client.post(f"{place}{started.scan.uid}/stop").status_code == 404
    assert client.post(f"{place}brought", {"brought": uid.text}).status_code == 404


def test_a_tool_of_a_visitors_own_is_refused_with_the_self_tests_words(house: House, browser_of: Browse) -> None:
    desk = house.seat(house.cast.reviewer, house.take(), purposes=USUAL | {Purpose.TOOLS})
    uid = bring(house, oci(), Kind.IMAGE)
    admit(house, uid)
    visitor = browser_of(house.cast.reviewer)
    assert "runsc" in visitor.get(f"/brought/{uid}/").content.decode()
    answer = visitor.post(f"/r/{desk.grant}/{desk.release}/scans/brought", {"brought": uid.text})
    assert answer.status_code == 403
    assert "runsc" in answer.content.decode()
