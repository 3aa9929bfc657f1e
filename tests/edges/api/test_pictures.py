# SPDX-License-Identifier: Apache-2.0
"""A product that is shown in pictures is not read by programs, until its visitor asked for text."""

import pytest

from glasshouse.domain.journal.models import Event
from glasshouse.domain.people.values import Role
from glasshouse.domain.readingroom import commands
from glasshouse.domain.readingroom.values import TextReason
from glasshouse.domain.releases import commands as releases
from glasshouse.domain.releases.reading import Reading
from glasshouse.kernel.ids import Uid
from tests.edges.api.conftest import signed_in
from tests.lab import NOW, Desk, add


@pytest.fixture
def drawn(desk: Desk) -> Desk:
    """The desk, its product shown in pictures."""
    owner = add("owner@vendor.example", "Vendor", Role.PRODUCT_OWNER, is_vendor=True)
    product = Uid(desk.taken[0].product.uid)
    releases.set_reading(owner, product, Reading(in_pictures=True), reason="Trade secret.", now=NOW)
    return desk


def test_a_program_is_refused_with_the_reason_until_text_is_asked_for(drawn: Desk) -> None:
    program = signed_in(drawn.viewer)
    address = f"/api/v1/grants/{drawn.grant}/releases/{drawn.release}/file?path=src/main.c"
    refused = program.get(address)
    assert refused.status_code == 403, refused.content
    assert b"readingroom.pictures-only" in refused.content
    assert b"line_20" not in refused.content
    assert not Event.objects.filter(kind="readingroom.lines-shown").exists()
    commands.ask_for_text(drawn.viewer, drawn.visit, TextReason.ASSISTIVE, now=NOW)
    assert b"line_20" in program.get(address).content
