# SPDX-License-Identifier: Apache-2.0
"""Outlines, definitions and changes by function, each narrowed to a release and to what a grant covers."""

from collections.abc import Iterator

import pytest

from glasshouse.domain.access.values import Patterns
from glasshouse.domain.releases import defining, queries, searching, symbols, symbolshelf
from glasshouse.domain.releases.functionchanges import function_changes
from glasshouse.domain.releases.values import ReleaseRef
from glasshouse.engines.codeindex.symbols.functions import Step
from glasshouse.engines.codeindex.symbols.ranking import Hit, Use
from glasshouse.engines.codeindex.symbols.tables import How, Wanted
from glasshouse.engines.codeindex.symbols.values import Family, Gap
from glasshouse.kernel.errors import NotFoundError
from glasshouse.kernel.paths import TreePath
from tests.engines.codeindex.symbols.samples import CPP, C
from tests.lab import House

WHOLE = Patterns(("**",))
SRC = Patterns(("src/**",))
AREA = b"int area(int x)\n{\n\treturn x;\n}\n"
FIRST = {
    "p/src/a.c": C,
    "p/src/b.c": AREA,
    "p/src/net/queue.cc": CPP,
    "p/secret/copy.c": AREA,
    "p/secret/only.c": b"int hidden_name(void) { return 0; }\n",
    "p/data.json": b'{"a": 1}\n',
    "p/logo.png": b"\x89PNG\0\0",
    "p/empty.c": b"",
    "p/bad.c": b"{" * 500_000,
}
SECOND = {**FIRST, "p/src/b.c": b"int fresh(void)\n{\n\treturn 2;\n}\n\n" + AREA.replace(b"return x", b"return -x")}


@pytest.fixture(autouse=True)
def _forgotten() -> Iterator[None]:
    yield
    defining.forget()
    searching.forget()


@pytest.fixture
def releases(house: House) -> tuple[ReleaseRef, ReleaseRef]:
    first, second = (queries.ref(house.take(str(number), files)) for number, files in enumerate((FIRST, SECOND), 1))
    symbols.index(first.product, [first, second])
    return first, second


def paths(found: defining.Definitions) -> list[tuple[str, int]]:
    return [(str(one.path), one.line) for one in found.items]


def test_a_name_is_found_at_every_path_that_is_covered_and_at_no_other(releases: tuple[ReleaseRef, ReleaseRef]) -> None:
    first, _ = releases
    assert sorted(paths(defining.definitions(first, WHOLE, Wanted("area")))) == [
        ("secret/copy.c", 1),
        ("src/a.c", 12),
        ("src/a.c", 14),
        ("src/b.c", 1),
    ]
    narrowed = defining.definitions(first, SRC, Wanted("area"))
    assert sorted(paths(narrowed)) == [("src/a.c", 12), ("src/a.c", 14), ("src/b.c", 1)]
    for how in How:
        assert paths(defining.definitions(first, SRC, Wanted("hidden_name", how))) == []
    assert paths(defining.definitions(first, WHOLE, Wanted("hidden_", How.PREFIX))) == [("secret/only.c", 1)]


def test_a_release_answers_for_itself_alone(releases: tuple[ReleaseRef, ReleaseRef]) -> None:
    first, second = releases
    assert paths(defining.definitions(first, WHOLE, Wanted("fresh"))) == []
    assert paths(defining.definitions(second, WHOLE, Wanted("fresh"))) == [("src/b.c", 1)]
    assert ("src/b.c", 6) in paths(defining.definitions(second, WHOLE, Wanted("area")))


def test_going_to_a_definition_prefers_the_same_file_and_what_defines(releases: tuple[ReleaseRef, ReleaseRef]) -> None:
    first, _ = releases
    for near, wanted in (
        (b"src/b.c", ("src/b.c", 1)),
        (b"src/a.c", ("src/a.c", 14)),
        (b"secret/only.c", ("secret/copy.c", 1)),
    ):
        found = defining.definitions(first, WHOLE, Wanted("area"), near=TreePath(near))
        assert paths(found)[0] == wanted
        assert paths(found)[-1] == ("src/a.c", 12)  # only declares


def test_families_narrow_and_limits_are_told(releases: tuple[ReleaseRef, ReleaseRef]) -> None:
    first, _ = releases
    macros = defining.definitions(first, WHOLE, Wanted("l", How.PREFIX, frozenset({Family.MACRO})))
    assert [one.label for one in macros.items] == ["LIMIT"]
    assert not macros.is_cut
    cut = defining.definitions(first, WHOLE, Wanted("a", How.PREFIX), limit=2)
    assert (len(cut.items), cut.is_cut) == (2, True)


def test_an_outline_is_nested_and_is_no_outline_outside_the_grant(releases: tuple[ReleaseRef, ReleaseRef]) -> None:
    first, _ = releases
    found = defining.outline(first, SRC, TreePath(b"src/net/queue.cc"))
    assert [node.symbol.name for top in found.nodes for node in top.walk()][:3] == ["net", "Queue", "push"]
    assert (found.symbols, found.gap, found.is_pending) == (6, None, False)
    for path in (b"secret/only.c", b"src/none.c", b"src"):
        with pytest.raises(NotFoundError):
            defining.outline(first, SRC, TreePath(path))


def test_what_has_no_symbols_says_why(releases: tuple[ReleaseRef, ReleaseRef]) -> None:
    first, _ = releases
    wanted = {"bad.c": Gap.CRASHED, "data.json": Gap.NO_PARSER, "logo.png": Gap.BINARY}
    assert {str(path): gap for path, gap in defining.without_symbols(first, WHOLE)} == wanted
    assert not list(defining.without_symbols(first, SRC))
    for path, gap in wanted.items():
        assert defining.outline(first, WHOLE, TreePath(path.encode())).gap is gap
        assert gap.sentence
    empty = defining.outline(first, WHOLE, TreePath(b"empty.c"))
    assert (empty.symbols, empty.gap, empty.is_pending) == (0, None, False)


def test_before_anybody_looked_it_is_pending_and_never_none(house: House) -> None:
    ref = queries.ref(house.take("1", FIRST))
    assert defining.outline(ref, WHOLE, TreePath(b"src/a.c")).is_pending
    assert defining.definitions(ref, WHOLE, Wanted("area")).is_pending
    assert function_changes(ref, TreePath(b"src/a.c"), ref, TreePath(b"src/b.c"), WHOLE).is_pending
    symbols.index(ref.product, [ref])
    assert not defining.outline(ref, WHOLE, TreePath(b"src/a.c")).is_pending
    assert not defining.definitions(ref, WHOLE, Wanted("area")).is_pending


def test_references_are_ordered_by_use_and_never_widen_the_grant(releases: tuple[ReleaseRef, ReleaseRef]) -> None:
    first, _ = releases
    texts = [
        (b"src/b.c", 1, AREA.split(b"\n")[0]),
        (b"secret/copy.c", 1, AREA.split(b"\n")[0]),
        (b"src/a.c", 3, b"// area"),
        (b"src/a.c", 12, b"int area(const struct point *p);"),
        (b"src/a.c", 9, b"\tarea(p);"),
    ]
    hits = [Hit(TreePath(path), line, text, text.index(b"area"), text.index(b"area") + 4) for path, line, text in texts]
    found = defining.references(first, SRC, "area", hits, here=TreePath(b"src/a.c"))
    assert [(one.use, one.hit.line) for one in found] == [
        (Use.DEFINITION, 1),
        (Use.DECLARATION, 12),
        (Use.CALL, 9),
        (Use.TEXT, 3),
    ]


def test_what_changed_in_a_file_is_said_by_function(releases: tuple[ReleaseRef, ReleaseRef]) -> None:
    first, second = releases
    path = TreePath(b"src/b.c")
    found = function_changes(first, path, second, path, SRC)
    assert [(one.step, one.name) for one in found.changes.functions] == [(Step.ADDED, "fresh"), (Step.CHANGED, "area")]
    assert (found.gaps, found.is_pending, found.changes.elsewhere) == ((), False, False)
    new_file = function_changes(first, None, second, path, SRC)
    assert [one.step for one in new_file.changes.functions] == [Step.ADDED, Step.ADDED]
    with pytest.raises(NotFoundError):
        function_changes(first, TreePath(b"secret/copy.c"), second, path, SRC)
    assert function_changes(first, TreePath(b"bad.c"), second, path, WHOLE).gaps == (Gap.CRASHED,)
    assert function_changes(first, TreePath(b"data.json"), second, path, WHOLE).gaps == (Gap.NO_PARSER,)


def test_every_table_is_asked(house: House) -> None:
    ref = queries.ref(house.take("1", FIRST))
    other = queries.ref(house.take("2", SECOND))
    symbols.index(ref.product, [ref])
    symbols.index(ref.product, [ref, other])
    assert len(symbolshelf.names(ref.product)) == 2
    assert ("src/b.c", 6) in paths(defining.definitions(other, WHOLE, Wanted("area")))
    assert ("src/a.c", 14) in paths(defining.definitions(other, WHOLE, Wanted("area")))
