# SPDX-License-Identifier: Apache-2.0
"""What visitors bring, by API: the same two sides as on the pages."""

import base64
import json
from typing import Any

import pytest
from django.test import Client

from glasshouse.domain.access.values import USUAL, Purpose
from glasshouse.domain.admissions import commands
from glasshouse.domain.people.values import Role
from glasshouse.domain.scans import surveying
from glasshouse.domain.scans.models import Scan
from glasshouse.domain.scans.tools import installing
from glasshouse.kernel.ids import Uid
from tests.domain.admissions.bringing import NAME, RULES, SECRET, bring
from tests.edges.api.conftest import signed_in
from tests.lab import NOW, House, add


def post(client: Client, address: str, **body: Any) -> Any:
    return client.post(f"/api/v1{address}", json.dumps(body), content_type="application/json")


def test_rules_are_handed_in_admitted_and_used(house: House) -> None:
    desk = house.seat(house.cast.reviewer, house.take(), purposes=USUAL | {Purpose.TOOLS})
    surveying.look(installing.standard_folder(), ["ast-grep"], now=NOW)
    visitor, custodian = signed_in(house.cast.reviewer), signed_in(house.cast.custodian)
    engagement = visitor.get("/api/v1/engagements").json()[0]["uid"]
    content = base64.b64encode(RULES).decode()
    told = {"kind": "ast-grep", "name": NAME, "licence": "MIT", "purpose": "Calls.", "content": content}
    made = post(visitor, "/brought", engagement=engagement, **told)
    assert made.status_code == 201, made.content
    uid = made.json()["uid"]
    commands.attempt(Uid(uid), now=NOW)
    shown = custodian.get(f"/api/v1/brought/{uid}")
    assert (shown.json()["name"], shown.json()["rules"], shown.json()["languages"]) == (None, 2, ["C", "Python"])
    assert SECRET not in shown.content.decode()
    place = f"/brought/{uid}/admit"
    assert post(custodian, place, digest="0" * 64, reason="Small.").status_code == 409
    admitted = post(custodian, place, digest=shown.json()["digest"], reason="Small.")
    assert (admitted.status_code, admitted.json()["state"]) == (200, "admitted")
    started = post(visitor, f"/grants/{desk.grant}/releases/{desk.release}/brought-scans", brought=uid)
    assert (started.status_code, started.json()["scan"]) == (201, Scan.objects.get().uid)
    assert post(visitor, f"/brought/{uid}/withdraw").status_code == 200
    assert visitor.get("/api/v1/brought").json()[0]["state"] == "withdrawn"


@pytest.mark.parametrize("content", ["no base64!", base64.b64encode(b"id: \xff").decode(), ""])
def test_what_is_no_rule_text_is_refused(house: House, content: str) -> None:
    house.engage(house.cast.reviewer, house.take())
    visitor = signed_in(house.cast.reviewer)
    engagement = visitor.get("/api/v1/engagements").json()[0]["uid"]
    told = {"kind": "ast-grep", "name": NAME, "licence": "MIT", "purpose": "Calls.", "content": content}
    assert post(visitor, "/brought", engagement=engagement, **told).status_code == 422


def test_other_roles_and_other_organisations_find_nothing(house: House) -> None:
    uid = bring(house)
    owner = signed_in(add("owner@vendor.example", "Vendor", Role.PRODUCT_OWNER, is_vendor=True))
    stranger = signed_in(house.cast.stranger)
    assert owner.get("/api/v1/brought").status_code == 404
    assert stranger.get("/api/v1/brought").json() == []
    for client in (owner, stranger):
        assert client.get(f"/api/v1/brought/{uid}").status_code == 404
        assert post(client, f"/brought/{uid}/withdraw").status_code == 404
