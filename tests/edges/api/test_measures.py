# SPDX-License-Identifier: Apache-2.0
"""Measures by API: whole for the vendor's readers, narrowed and recorded under a grant, null where nothing is known."""

from glasshouse.domain.access.values import Purpose
from glasshouse.domain.measures import commands
from glasshouse.kernel.ids import Uid
from tests.edges.api.conftest import program, signed_in
from tests.lab import NOW, House

FILES = {
    "p/Makefile": b"CFLAGS = -fstack-protector-strong\n",
    "p/safe.h": b"#define memcpy_s(d, n, s, c) memcpy(d, s, c)\n",
    "p/src/a.c": b"int f(char *d, char *s) {\n  strcpy(d, s);\n  memcpy_s(d, 4, s, 4);\n}\n",
    "p/src/b.py": b"x = 1\n",
}


def test_measures_are_whole_for_the_vendor_and_narrowed_under_a_grant(house: House) -> None:
    release = house.take("1", FILES)
    vendor = signed_in(house.cast.manager)
    whole = f"/api/v1/releases/{release.uid}/measures"
    assert vendor.get(whole).status_code == 409
    commands.measure(Uid(release.product.uid), actor="operator:tests", now=lambda: NOW)
    told = vendor.get(whole).json()
    assert told["whole"]["calls"]["memcpy-like"]["unsafe"] == 1
    assert [(one["name"], one["path"], one["line"]) for one in told["shadows"]] == [("memcpy_s", "safe.h", 1)]
    assert told["protections"][0]["on"] == ["Makefile:1"]
    assert told["showing"] is None
    desk = house.seat(
        house.cast.reviewer, release, patterns=("src/*.py",), purposes=frozenset({Purpose.READ, Purpose.TOOLS})
    )
    under = f"/api/v1/grants/{desk.grant}/releases/{desk.release}/measures"
    told = signed_in(desk.viewer).get(under, {"path": "src"}).json()
    assert [one["path"] for one in told["parts"]] == ["src/b.py"]
    assert told["whole"]["unsafe_share"] is None
    assert told["shadows"] == []
    assert told["showing"]["charged"] == 0
    assert signed_in(desk.viewer).get(whole).status_code == 404
    for address in (whole, under):
        assert signed_in(house.cast.stranger).get(address).status_code == 404
        assert program().get(address).status_code == 401
