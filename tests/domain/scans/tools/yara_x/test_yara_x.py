# SPDX-License-Identifier: Apache-2.0
"""Each rule of ours finds what it is for and leaves its neighbour alone; binary files are read as well as text."""

import base64
import dataclasses
import re

import pytest

from glasshouse.domain.scans.tools.running import analyse
from glasshouse.domain.scans.tools.values import Coverage
from glasshouse.domain.scans.tools.yara_x import adapter
from tests.domain.scans.tools.samples import coverage, found, ready, run, sources, unit
from tests.domain.scans.tools.yara_x.sample import KEY, SHELL

ELF = b"\x7fELF\x02\x01\x01" + bytes(200)
PNG = b"\x89PNG\r\n\x1a\n" + bytes(60)
EXAMPLES = {
    "executable_binary": (ELF, b"ELF is a format\n"),
    "packed_executable": (ELF + b"UPX!" + bytes(20), b"UPX! is a packer\n"),
    "private_key": (KEY, b"-----BEGIN PUBLIC KEY-----\n" + b"A" * 64),
    "shell_code": (bytes(9) + b"\x31\xc0\x50\x68//shh" + b"/bin\x89\xe3" + bytes(9), b"execve(/bin/sh)\n"),
    "embedded_archive": (PNG + b"PK\x03\x04\x14\0" + bytes(30), PNG),
    "self_extracting_script": (b"#!/bin/sh\ntail -n +3 $0 | tar xz\n\x1f\x8b\x08\x00" + bytes(20), b"#!/bin/sh\nls\n"),
    "program_as_text": (b"run('" + base64.b64encode(ELF) + b"')\n", base64.b64encode(b"harmless" * 40)),
    "web_shell": (b"<?php ev" + b"al($_PO" + b"ST['a']); ?>", b"<?php echo $_POST['a']; ?>"),
    "reverse_shell": (SHELL, b"bash -i\n"),
    "mining": (b"url = stratum" + b"+tcp://pool.example.org:3333\n", b"stratum of rock\n"),
    "test_virus": (b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EI" + b"CAR-STANDARD", b"EICAR\n"),
}


def test_every_rule_of_ours_has_an_example() -> None:
    told = b"".join(adapter.ours().values()).decode()
    assert set(re.findall(r"^rule (\w+)", told, re.MULTILINE)) == set(EXAMPLES)


def test_each_rule_finds_its_bad_example_and_not_the_good_one() -> None:
    bad = {b"bad/" + name.encode(): content for name, (content, _) in EXAMPLES.items()}
    good = {b"good/" + name.encode(): content for name, (_, content) in EXAMPLES.items()}
    analysis = run("yara-x", bad | good)
    assert set(coverage(analysis).values()) == {Coverage.ANALYSED}
    for name in EXAMPLES:
        assert name in {rule for rule, _ in found(analysis, b"bad/" + name.encode())}, name
        assert name not in {rule for rule, _ in found(analysis, b"good/" + name.encode())}, name
    assert all(result.cwes and result.message.endswith(".") for result in analysis.results)


def test_what_is_no_text_has_an_offset_and_no_line() -> None:
    (result,) = run("yara-x", {b"picture.png": EXAMPLES["embedded_archive"][0]}).results
    assert result.place is not None
    assert result.place.region is None
    assert dict(result.properties) == {"offset": len(PNG)}


def test_rules_that_were_brought_take_the_place_of_ours() -> None:
    one = b'rule theirs { meta: severity = "high" strings: $a = "secret" condition: $a }'
    two = b'rule theirs { strings: $b = "other" condition: $b }'
    whole = unit({b"a.txt": b"first\nsecret\nother\n" + KEY})
    analysis = analyse(ready("yara-x"), dataclasses.replace(whole, rules=sources({b"-one": one, b"\xff": two})))
    assert found(analysis) == {("theirs", 2), ("theirs", 3)}
    assert {result.severity.value for result in analysis.results if result.severity} == {"high", "medium"}


@pytest.mark.parametrize("rules", [b"rule broken {", b"\xff\xfe", b'include "/etc/passwd"', b'import "nothing"'])
def test_rules_that_cannot_be_compiled_analyse_nothing(rules: bytes) -> None:
    whole = dataclasses.replace(unit({b"a.txt": KEY}), rules=sources({b"r": rules}))
    analysis = analyse(ready("yara-x"), whole)
    assert (coverage(analysis), analysis.results) == ({b"a.txt": Coverage.CRASHED}, ())
