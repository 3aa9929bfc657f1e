# SPDX-License-Identifier: Apache-2.0
"""What may be searched is exactly what the patterns cover, found in one pass over all paths."""

import re

import re2
from hypothesis import given
from hypothesis import strategies as st

from glasshouse.domain.access.globs import Globs, expression
from glasshouse.domain.access.values import Patterns
from glasshouse.domain.releases import indexing, queries, searching
from glasshouse.kernel.ids import Uid
from tests.lab import Files, House

PARTS = st.lists(st.sampled_from([b"**", b"**/", b"/**", b"*", b"?", b"/", b"a", b"b", b".c", b"\xff", b"\n", b"$"]))
PATHS = st.lists(st.binary(min_size=1, max_size=8).map(lambda raw: raw.replace(b"\0", b"/")), max_size=20, unique=True)
WHOLE = 2**40


@given(globs=st.lists(PARTS.map(b"".join).filter(bool), min_size=1, max_size=3), paths=PATHS)
def test_one_pass_finds_what_the_automaton_matches(globs: list[bytes], paths: list[bytes]) -> None:
    paths += [b"a", b"a/b", b"a/b.c", b"b/a/b.c", b"a/a/a", b".c", b"a\nb", b"a$"]
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    joined = b"".join(b"\0/%s\0" % path for path in paths)
    found = {match[0][2:-1] for match in re2.compile(expression(globs), options).finditer(joined)}
    automaton = Globs(globs)
    assert found == {path for path in paths if automaton.match(path)}


def test_the_columns_of_a_release_are_its_files(house: House) -> None:
    taken = house.take()
    ref = queries.ref(taken)
    files = searching.files_of(Uid(taken.product.uid), ref.root, WHOLE)
    entries = list(queries.manifest(ref).entries())
    assert [files.path(row) for row in range(len(files))] == [entry.path for entry in entries]
    assert [files.digest(row) for row in range(len(files))] == [entry.digest.raw for entry in entries]
    kinds = {str(files.path(row)): searching.KINDS[files.kinds[row]] for row in range(len(files)) if files.kinds[row]}
    assert kinds == {"latest": "link", "logo.png": "binary"}
    assert [str(files.path(row)) for row in range(len(files)) if files.is_empty[row]] == ["empty.txt"]


def test_a_release_is_narrowed_by_patterns_and_language(house: House) -> None:
    ref = queries.ref(house.take())
    files = searching.files_of(ref.product, ref.root, 5_000)
    for globs in (
        ("**",),
        ("src",),
        ("**/*.c",),
        ("docs/*", "README"),
        ("nothing/**",),
        ("?EADME", "s*/**"),
        ("*",),
        ("**/",),
        ("*/*",),
    ):
        patterns = Patterns(globs)
        mask = searching.narrowed(files, [patterns], "")
        assert mask.tolist() == [patterns.covers(files.path(row)) for row in range(len(files))]
    in_c = searching.narrowed(files, [Patterns(("src/**",))], "C")
    assert [files.raw_path(int(row)) for row in in_c.nonzero()[0]] == [
        b"src/long.c",
        b"src/main.c",
        b"src/net/http.c",
    ]
    too_large = [str(files.path(row)) for row in range(len(files)) if files.kinds[row] == 2]
    assert all(re.fullmatch(r"src/(long|net/http)\.c", path) for path in too_large)
    assert len(too_large) == 2


def test_the_first_line_names_a_language_where_the_name_does_not(house: House) -> None:
    files: Files = {
        "server-1/bin/start": b"#!/bin/sh\nexec server\n",
        "server-1/bin/tool": b"#!/usr/bin/env python3\nprint(1)\n",
        "server-1/lib/odd.c": b"#!/usr/bin/python3\nint odd;\n",
        "server-1/notes": b"notes\n#!/bin/sh\n",
        "server-1/one.py": b"one = 1\n",
        "server-1/page": b"<?xml version='1.0'?>\n<a/>\n",
    }
    ref = queries.ref(house.take(files=files))
    expected = {"Shell": ["bin/start"], "Python": ["bin/tool", "one.py"], "C": ["lib/odd.c"], "XML": ["page"]}

    def found(language: str) -> list[str]:
        release = searching.files_of(ref.product, ref.root, WHOLE)
        return [str(release.path(int(row))) for row in searching.narrowed(release, [], language).nonzero()[0]]

    assert (found("Shell"), found("Python")) == ([], ["one.py"]), "before it is indexed"
    indexing.index(ref.product, [ref])
    assert {language: found(language) for language in expected} == expected
    more: Files = {**files, **{f"server-1/s{number}": b"#!/bin/bash\n# %d\n" % number for number in range(6)}}
    for number in range(6):
        last = queries.ref(house.take(f"2.{number}", {name: more[name] for name in [*files, f"server-1/s{number}"]}))
        indexing.index(ref.product, [ref, last])
    assert len(indexing.names(ref.product)) < 6, "they were merged"
    assert found("Shell") == expected["Shell"]
    release = searching.files_of(last.product, last.root, WHOLE)
    assert searching.narrowed(release, [], "Shell").sum() == 2
