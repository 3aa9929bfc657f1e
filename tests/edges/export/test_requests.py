# SPDX-License-Identifier: Apache-2.0
"""What the public site says of requests: whole quarters, nothing small, nobody's name."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from glasshouse.domain.people.models import Organisation
from glasshouse.edges.export.site import write_site
from glasshouse.kernel import clock
from tests.domain.engagements.steps import ask
from tests.lab import NOW, House


@pytest.fixture
def house(db: None, furnished: House) -> House:
    """A founded lab with its cast."""
    del db
    return furnished


def written(folder: Path, monkeypatch: pytest.MonkeyPatch, days: int) -> tuple[str, object]:
    """Write the site as it would be after some days; return its page and what the file of requests holds."""
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(days=days))
    write_site(folder / "site")
    page = (folder / "site" / "index.html").read_text("utf-8")
    return page, json.loads((folder / "site" / "requests.json").read_text("utf-8"))


def test_a_quarter_is_told_once_it_is_over_and_singles_nobody_out(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Organisation.objects.filter(name="Regulator A").update(country="BE")
    for _ in range(6):
        ask(house)
    ask(house, house.cast.stranger, people=("stranger@other.example",))
    page, told = written(tmp_path, monkeypatch, days=0)
    assert told == []
    assert "No quarter is over yet" in page
    page, told = written(tmp_path, monkeypatch, days=60)
    assert told == [
        {
            "period": "2026-Q4",
            "received": 7,
            "answered": 0,
            "categories": {"product": 7},
            "countries": {"unknown": "not told", "BE": "not told"},
            "outcomes": {},
        }
    ]
    assert "review of a product: 7" in page
    for secret in ("Regulator", "Laboratory", "Reviewer", "reviewer@", "server"):
        assert secret not in page
