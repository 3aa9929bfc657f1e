# SPDX-License-Identifier: Apache-2.0
"""Hostile rule packs and images: tried behind walls, refused with words of ours, nothing of them repeated."""

import time
from pathlib import Path

import pytest

from glasshouse.domain.admissions import commands, queries, trying
from glasshouse.domain.admissions.errors import UnfitError
from glasshouse.domain.admissions.values import MIB, Kind, State, Trial
from glasshouse.domain.scans.tools import installing
from tests.domain.admissions.bringing import LAYER, SECRET, bring, docker, oci, tar
from tests.lab import NOW, House

HEAD = b"id: a\nlanguage: C\n"
FOLDED = b"".join(b"  %c: &%c [%s]\n" % (name, name, b",".join([b"*%c" % (name - 1)] * 9)) for name in b"bcdefghij")
PACKS = {
    "aliases that unfold without end": HEAD + b"rule: {pattern: a}\nmetadata:\n  a: &a [x]\n" + FOLDED,
    "twenty thousand levels": HEAD + b"rule: " + b"{not: " * 20_000 + b"{pattern: a}" + b"}" * 20_000,
    "a bracket that never closes": HEAD + b"rule: " + b"[" * 200_000,
    "a language that nobody speaks": b"id: a\nlanguage: Klingon\nrule: {pattern: a}\n",
    "a list": b"- a\n- b\n",
    "no rule at all": b"# nothing\n",
    "a tag that would make an object": b"!!python/object/apply:os.system ['id']\n",
    "an expression that does not end": HEAD + b"rule: {regex: '(a', kind: identifier}\n",
}


@pytest.mark.parametrize("name", PACKS)
def test_a_hostile_pack_fails_its_trial_soon(name: str) -> None:
    begun = time.monotonic()
    tried = trying.attempt(Kind.AST_GREP, [PACKS[name]])
    assert (tried.outcome, tried.tool) == (Trial.FAILED, "ast-grep")
    assert tried.why in {"it does not take them as its rules", "there is no rule in them"}
    assert time.monotonic() - begun < 15


def test_what_fails_is_settled_and_the_tools_words_are_for_the_visitor_alone(house: House) -> None:
    uid = bring(house, f"id: {SECRET}\nlanguage: Klingon\nrule: {{pattern: {SECRET}}}\n".encode())
    mine, theirs = (queries.brought(one, uid, NOW) for one in (house.cast.reviewer, house.cast.custodian))
    assert (mine.state, theirs.state) == (State.BROKEN, State.BROKEN)
    assert SECRET in mine.tried.said
    assert theirs.tried.said == ""


def test_names_of_languages_come_from_a_closed_list() -> None:
    pack = b"id: a\nlanguage: C\nrule: {pattern: a}\nmetadata:\n  b: |\n    x\nnote: |\n  y\n"
    assert trying.attempt(Kind.AST_GREP, [pack + b"url: 'language'\n"]).languages == ("C",)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"a" * (MIB + 1), "at most"),
        (b"id: \xff", "UTF-8"),
        (b"id: a\x00", "control"),
        (b"id: \x1b[2J", "control"),
    ],
)
def test_what_is_no_text_of_a_bearable_size_is_not_taken(house: House, content: bytes, said: str) -> None:
    with pytest.raises(UnfitError, match=said):
        bring(house, content)


YARA = b"""
rule first { strings: $a = "quokka" condition: $a }
private rule second { condition: filesize > 3 }
"""


def test_yara_rules_are_compiled_and_counted() -> None:
    tried = trying.attempt(Kind.YARA, [YARA])
    assert (tried.outcome, tried.tool, tried.rules, tried.languages) == (Trial.PASSED, "yara-x", 2, ())
    assert tried.version


@pytest.mark.parametrize(
    "rules",
    [
        b"rule a { condition: b }",
        b'include "/etc/passwd"\nrule a { condition: true }',
        b"rule a { strings: $a = /(/ condition: $a }",
        b"rule a { condition: " + b"(" * 100_000 + b" }",
        b'import "console"',
    ],
)
def test_hostile_yara_rules_fail_their_trial(rules: bytes) -> None:
    assert trying.attempt(Kind.YARA, [rules]).outcome == Trial.FAILED


def test_rules_for_a_tool_that_the_lab_lacks_are_not_tried(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(installing, "standard_folder", lambda: tmp_path)
    tried = trying.attempt(Kind.YARA, [YARA])
    assert (tried.outcome, tried.why) == (Trial.NOT_RUN, "yara-x is not installed in this lab")


@pytest.mark.parametrize("content", [oci(), docker()], ids=["oci", "docker"])
def test_an_image_is_admitted_by_digest_and_told_that_it_runs_nowhere_here(house: House, content: bytes) -> None:
    uid = bring(house, content, Kind.IMAGE)
    shown = queries.brought(house.cast.custodian, uid, NOW)
    assert shown.tried.image is not None
    assert (shown.tried.image.layers, shown.tried.image.files) == (1, 2)
    assert shown.tried.image.entry_point in {("/bin/tool", "--all"), ("tool",)}
    assert "runsc" in shown.tried.tier
    commands.admit(house.cast.custodian, uid, "Known.", digest=shown.digest, now=NOW)
    assert queries.brought(house.cast.reviewer, uid, NOW).state == State.ADMITTED


IMAGES = {
    "no archive": b"\x7fELF" + bytes(2_000),
    "no image": tar({"README": b"nothing"}),
    "a blob that is not what its digest says": oci(spoiled=True),
    "a layer that is no archive": oci(b"nothing" * 200),
    "a layer that leads out": oci(tar({"../../etc/passwd": b"root"})),
    "no entry point": oci(entry_point=[]),
    "an index too deep": tar({"oci-layout": b"{}", "index.json": b"[" * 100_000}),
    "a path as a digest": tar({"oci-layout": b"{}", "index.json": b'{"manifests":[{"digest":"sha256:../../x"}]}'}),
    "two images": tar({"manifest.json": b"[{},{}]"}),
    "words for objects": tar({"manifest.json": b'["a"]'}),
    "a layer that is not there": tar({"manifest.json": b'[{"Config":"c","Layers":["x"]}]', "c": b"{}"}),
}


@pytest.mark.parametrize("name", IMAGES)
def test_a_hostile_image_fails_its_trial(name: str) -> None:
    tried = trying.attempt(Kind.IMAGE, [IMAGES[name]])
    assert (tried.outcome, tried.image) == (Trial.FAILED, None)
    assert tried.why


def test_an_entry_point_hides_nothing() -> None:
    tried = trying.attempt(Kind.IMAGE, [oci(entry_point=["/bin/\u202eloot", "a" * 9_000, 7])])
    assert tried.image is not None
    assert tried.image.entry_point == ("/bin/?loot", "a" * 200, "?")


def test_a_layer_is_read_as_often_as_it_differs() -> None:
    tried = trying.attempt(Kind.IMAGE, [oci(LAYER)])
    assert tried.image is not None
    assert tried.image.size == len(b"#!/bin/sh\necho found\n") + len(b"all\n")
