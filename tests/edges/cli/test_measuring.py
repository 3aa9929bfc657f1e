# SPDX-License-Identifier: Apache-2.0
"""`glasshouse measures`: counts of a release, without a name of its files or functions."""

import json
from pathlib import Path

from tests.edges.running import RunningLab, make_source


def test_a_release_is_measured_from_its_name(founded: RunningLab, tmp_path: Path) -> None:
    source = make_source(tmp_path)
    (source / "src" / "copy.h").write_text("#define memcpy_s(d, n, s, c) memcpy(d, s, c)\n", "utf-8")
    (source / "src" / "copy.c").write_text("void f(void) { memcpy_s(d, 4, s, 4); }\n", "utf-8")
    (source / "Makefile").write_text("CFLAGS = -fstack-protector-strong -Wno-format\n", "utf-8")
    founded.command("release", "import", "tool", "1.0", str(source))
    told = json.loads(founded.command("measures", "tool", "1.0", "--json"))
    assert told["calls"]["memcpy-like"]["unsafe"] == 1
    assert told["safe_names_that_are_unsafe"] == 1
    assert told["silenced"]["flag"] == 1
    assert told["protections"]["-fstack-protector-strong"] == "on"
    assert told["not_measured"] == {}
    shown = founded.command("measures", "tool", "1.0")
    assert "memcpy-like: 1 calls of 1 unsafe functions, 0 of 0 safe ones, 0 of either kind." in shown
    assert "copy.h" not in shown
    assert "no release" in founded.run_command("measures", "tool", "2.0").stderr
