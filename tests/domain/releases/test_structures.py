# SPDX-License-Identifier: Apache-2.0
"""Answers of structural searches at rest: asked for once, sealed, one person's own, gone with the product's key."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import pytest

from glasshouse.domain.releases import shelves, structures, structuretool, vault
from glasshouse.domain.releases.structures import SOME_SLOW, Answers
from glasshouse.engines.codeindex.structure.analysis import Document
from glasshouse.engines.codeindex.structure.errors import StructureError, StructureToolError
from glasshouse.engines.codeindex.structure.values import Ended, Gap, Match, Printed, Structure
from glasshouse.engines.store.errors import KeyDestroyedError
from glasshouse.kernel.ids import Uid
from tests.lab import House

ME, OTHER = Uid.new(), Uid.new()
PATTERN = Structure("release_numbat($P)", "C")
ONE = b"void f(void)\n{\n\trelease_numbat(p);\n}\n"
NONE = b"void g(void) { /* release_numbat */ }\n"


class Tool:
    """The real tool, and what it was given."""

    def __init__(self) -> None:
        self.given: list[bytes] = []

    def __call__(self, rule: bytes, files: Sequence[tuple[str, bytes]]) -> Printed:
        self.given += [content for _, content in files]
        return structuretool.run(rule, files)


def of(*contents: bytes) -> list[Document]:
    return [Document(hashlib.sha256(content).digest(), content) for content in contents]


def stop() -> bool:
    return False


@pytest.fixture
def product(house: House) -> Uid:
    taken = house.take()
    uid = Uid(taken.product.uid)
    structures.folder(uid).mkdir(parents=True, exist_ok=True)
    return uid


def kept(product: Uid) -> list[Path]:
    return sorted(structures.folder(product).glob("structure-*"))


def ask(product: Uid, *contents: bytes, person: Uid = ME, tool: Tool | None = None) -> Answers:
    answers = Answers(product, person, PATTERN, run=tool or Tool())
    answers.ask([one for one in of(*contents) if answers.known(one.digest) is None], is_out=stop)
    answers.keep()
    return answers


def test_a_document_is_asked_about_once_for_all_later_searches(product: Uid) -> None:
    ask(product, ONE, NONE)
    tool = Tool()
    again = ask(product, ONE, NONE, tool=tool)
    assert [again.known(one.digest) for one in of(ONE, NONE)] == [(Match(3, 3),), ()]
    assert not {ONE, NONE}.intersection(tool.given)


def test_neither_pattern_nor_place_nor_person_can_be_read_on_the_disk(product: Uid) -> None:
    ask(product, ONE)
    [path] = kept(product)
    content = path.read_bytes()
    digest = hashlib.sha256(ONE).digest()
    for told in (b"numbat", digest, digest.hex().encode(), ME.text.encode()):
        assert told not in content
        assert told not in path.name.encode()


def test_a_persons_answers_serve_nobody_else(product: Uid) -> None:
    ask(product, ONE)
    tool = Tool()
    ask(product, ONE, person=OTHER, tool=tool)
    assert ONE in tool.given
    assert len(kept(product)) == 2


def test_another_tool_is_asked_anew(product: Uid, monkeypatch: pytest.MonkeyPatch) -> None:
    ask(product, ONE)
    monkeypatch.setattr(structuretool, "digest", lambda: b"\1" * 32)
    tool = Tool()
    ask(product, ONE, tool=tool)
    assert ONE in tool.given


def test_answers_that_were_changed_on_the_disk_are_asked_for_again(product: Uid) -> None:
    ask(product, ONE)
    [path] = kept(product)
    for at in range(0, path.stat().st_size, 7):
        content = bytearray(path.read_bytes())
        content[at] ^= 1
        path.write_bytes(content)
        tool = Tool()
        again = ask(product, ONE, tool=tool)
        assert again.known(of(ONE)[0].digest) == (Match(3, 3),)
        assert ONE in tool.given


def test_answers_go_with_the_products_key(product: Uid) -> None:
    answers = ask(product, ONE)
    vault.ring().destroy(product)
    shelves.remove(product)
    assert not structures.folder(product).exists()
    answers.note_none(b"\0" * 32)
    with pytest.raises(KeyDestroyedError):
        answers.keep()
    assert not structures.folder(product).exists()


def test_the_oldest_answers_make_room(product: Uid, monkeypatch: pytest.MonkeyPatch) -> None:
    ask(product, ONE)
    [oldest] = kept(product)
    monkeypatch.setattr(structures, "MAX_KEPT", oldest.stat().st_size + 16)
    ask(product, ONE, person=OTHER)
    assert len(kept(product)) == 1
    assert not oldest.exists()


def test_a_pattern_that_takes_too_long_everywhere_is_refused_and_a_few_slow_files_are_not(product: Uid) -> None:
    def slow(rule: bytes, files: Sequence[tuple[str, bytes]]) -> Printed:
        if any(b"tar pit" in content for _, content in files):
            return Printed(b"", b"", Ended.TOO_SLOW)
        return structuretool.run(rule, files)

    pits = [b"/* tar pit %d */ release_numbat(p);\n" % number for number in range(SOME_SLOW + 1)]
    good = [b"/* %d */\n" % number + ONE for number in range(3 * SOME_SLOW)]
    answers = Answers(product, ME, PATTERN, run=slow)
    answers.ask(of(*good), is_out=stop)
    answers.ask(of(*pits), is_out=stop)
    assert {answers.known(one.digest) for one in of(*pits)} == {Gap.TOO_SLOW}
    assert {answers.known(one.digest) for one in of(*good)} == {(Match(4, 4),)}
    with pytest.raises(StructureError, match="takes too long"):
        Answers(product, OTHER, PATTERN, run=slow).ask(of(*pits), is_out=stop)


def test_a_tool_that_finds_nothing_is_told_as_unfit_and_answers_nothing(product: Uid) -> None:
    with pytest.raises(StructureToolError, match="known sample"):
        Answers(product, ME, PATTERN, run=lambda _rule, _files: Printed(b"", b"", Ended.WELL))
    assert kept(product) == []


def test_the_sandbox_of_the_tool_sees_nothing_of_the_lab_and_no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same walls, with a program of ours in the tool's place that looks round."""
    looking = Path("/usr/bin/find")
    monkeypatch.setattr(structuretool, "tool", lambda: looking)
    arguments = (
        "/tool/ast-grep",
        "/",
        "-maxdepth",
        "2",
        "-not",
        "-path",
        "/proc/*",
        "-not",
        "-path",
        "/usr/*",
    )
    monkeypatch.setattr(structuretool, "_ARGV", arguments)
    printed = structuretool.run(b"{}", [("0.c", b"int x;\n")])
    places = set(printed.stdout.decode().split())
    assert {"/rule/rule.yml", "/src/0.c", "/tool/ast-grep"} <= places
    assert not {place for place in places if place.startswith(("/home", "/etc", "/root", "/var", "/work"))}
