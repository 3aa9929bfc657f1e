# SPDX-License-Identifier: Apache-2.0
"""What a unit is given travels whole, rules that were brought too."""

from glasshouse.domain.scans.descriptions import Description
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.paths import TreePath

TEXTS = {Digest.of(text): text for text in (b"int a;\n", b"#define B\n", b"rule: r\n")}
A, B, RULES = TEXTS


def test_a_description_comes_back_as_it_went_with_every_text_once() -> None:
    described = Description(
        "ast-grep",
        ((TreePath(b"a.c"), A), (TreePath(b"\xff.c"), A)),
        ((TreePath(b"b.h"), B),),
        ((TreePath(b"r"), RULES),),
    )
    assert Description.from_bytes(described.to_bytes()) == described
    assert described.digests == (A, B, RULES)
    unit = described.unit(TEXTS.__getitem__)
    assert [file.content for file in (*unit.files, *unit.closure, *unit.rules)] == [
        *[TEXTS[A]] * 2,
        TEXTS[B],
        TEXTS[RULES],
    ]
