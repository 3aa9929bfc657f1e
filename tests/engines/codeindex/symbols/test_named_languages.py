# SPDX-License-Identifier: Apache-2.0
"""Every language that is promised to a reviewer is coloured, and has symbols or says that no parser knows it."""

from typing import Final

import pytest

from glasshouse.engines.codeindex.colour import colour
from glasshouse.engines.codeindex.languages import Language, language_of
from glasshouse.engines.codeindex.symbols import extraction
from glasshouse.engines.codeindex.symbols.extraction import Run
from glasshouse.engines.codeindex.symbols.forms import document_of, may_have_symbols
from glasshouse.engines.codeindex.symbols.values import Document, Gap
from glasshouse.engines.codeindex.text import Role
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.paths import TreePath
from tests.engines.codeindex.symbols.samples import SAMPLES

DEVICE_TREE: Final = b"""\
/dts-v1/;
/* a board */
/ {
	model = "board";
	uart0: serial@10000 {
		reg = <0x10000 0x100>;
	};
};
"""
YANG: Final = b"""\
module door { // a lock
  namespace "urn:door";
  prefix d;
  container lock { leaf open { type boolean; default "false"; } }
}
"""
ASN1: Final = b"""\
Door DEFINITIONS ::= BEGIN -- a lock
Lock ::= SEQUENCE { open BOOLEAN, name UTF8String ("front") }
END
"""
# Each promised language: a path, its content, and symbols that are in it; None where the tool has no parser.
PROMISED: Final[dict[Language, tuple[str, bytes, set[str] | None]]] = {
    language: (path, SAMPLES[path][0], {name for name, _, _ in SAMPLES[path][1]})
    for language, path in (
        (Language.C, "src/a.c"),
        (Language.CPP, "src/a.cc"),
        (Language.JAVA, "Door.java"),
        (Language.GO, "main.go"),
        (Language.RUST, "wire.rs"),
        (Language.PYTHON, "door.py"),
        (Language.JAVASCRIPT, "door.js"),
        (Language.TYPESCRIPT, "box.ts"),
        (Language.PHP, "door.php"),
        (Language.PERL, "Door.pm"),
        (Language.SHELL, "run.sh"),
        (Language.ASSEMBLER, "boot.S"),
        (Language.MAKE, "Makefile"),
        (Language.KCONFIG, "net/Kconfig"),
        (Language.SQL, "schema.sql"),
    )
} | {
    Language.DEVICE_TREE: ("board.dts", DEVICE_TREE, {"uart0"}),
    Language.YANG: ("door.yang", YANG, None),
    Language.ASN1: ("door.asn1", ASN1, None),
}


@pytest.mark.parametrize("language", PROMISED)
def test_a_promised_language_is_coloured_and_has_symbols_or_says_why_not(run: Run, language: Language) -> None:
    path, content, wanted = PROMISED[language]
    place = TreePath(path.encode())
    assert language_of(place, content) is language
    lines = content.splitlines()
    coloured = colour(lines, language)
    roles = {token.role for line in coloured for token in line} - {Role.PLAIN}
    assert len(roles) >= 2, roles
    assert ["".join(token.text for token in line) for line in coloured] == [line.decode() for line in lines]
    made = document_of(Digest.of(content).raw, place, content)
    if wanted is None:
        assert made is Gap.NO_PARSER
        assert not may_have_symbols(place)
        return
    assert isinstance(made, Document)
    [outline] = extraction.extract([made], run)
    assert wanted <= {symbol.name for symbol in outline}
