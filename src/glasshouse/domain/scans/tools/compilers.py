# SPDX-License-Identifier: Apache-2.0
"""What tools that read C and C++ share: which flags of a build they are given, and where they look for headers."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Final

from glasshouse.domain.scans.tools.values import SOURCE_FOLDER, Coverage, Names, Outcome, SourceFile, Unit
from glasshouse.kernel.errors import InvalidError
from glasshouse.kernel.paths import TreePath

C: Final = frozenset({".c"})
CPP: Final = frozenset({".cc", ".cpp", ".cxx", ".c++"})
LLVM: Final = ("/usr/lib/x86_64-linux-gnu/libclang-cpp.so.19.1", "/usr/lib/x86_64-linux-gnu/libLLVM.so.19.1")
"""What clang and clang-tidy are, beside their small programs."""
CAVEAT: Final = "without a compile database in a best-effort mode: no generated headers, no settings of the build"
LACKING: Final = "a header that is not in the unit"
MISSING_HEADER: Final = "a header that it includes is not in the unit"
STOPPED: Final = "the compiler stopped at an error"
_PLACES: Final = ("-I", "-isystem", "-iquote", "-include")
_MACRO: Final = re.compile(r"-[DU]([A-Za-z_][A-Za-z0-9_]*)(?:\([\w, ]*\))?(?:=[^\x00-\x1f\x7f]*)?")
_PLAIN: Final = re.compile(r"-std=[a-z0-9+:]{1,20}|-pthread|-f(?:un)?signed-char|-fshort-enums|-fno-builtin")
_OF_TOOLS: Final = frozenset({"__clang_analyzer__", "__cppcheck__", "__CPPCHECK__"})
"""By these, code is hidden from an analyser alone."""
_MOST_FOLDERS: Final = 60


def may_stay(flag: str) -> bool:
    """Say whether a flag in one word says what a file means and nothing else: a macro, the edition, how types are."""
    macro = _MACRO.fullmatch(flag)
    return macro[1] not in _OF_TOOLS if macro else _PLAIN.fullmatch(flag) is not None


def flags(unit: Unit, names: Names) -> Iterator[str]:
    """Yield the flags that a tool may have: macros, the language's edition, and folders of the release.

    A compile database is the vendor's word: a flag outside this list (plug-ins, output files, response files, a folder
    of the machine) is left out. Without any, the folders of the headers in the unit are searched.
    """
    words = iter(unit.flags)
    for word in words:
        option = next((each for each in _PLACES if word.startswith(each)), None)
        if option is not None:
            place = word.removeprefix(option) or next(words, "")
            inside = _inside(place, names)
            if inside is not None:
                yield from (option, inside)
        elif may_stay(word):
            yield word
    if not unit.flags:
        for folder in _folders(unit, names):
            yield from ("-I", folder)


def cannot_compile(file: SourceFile, *, is_missing: bool) -> Outcome:
    """Return what a file is that the compiler did not get through."""
    return Outcome(file.path, Coverage.SKIPPED, MISSING_HEADER if is_missing else STOPPED)


def lacks_headers(unit: Unit, file: SourceFile) -> bool:
    """Say whether the file includes a header in quotes that the unit does not hold; some tools go on without it."""
    held = {each.path.raw.rpartition(b"/")[2] for each in (*unit.files, *unit.closure)}
    wanted = re.findall(rb'^[ \t]*#[ \t]*include[ \t]*"([^"\n]+)"', file.content, re.MULTILINE)
    return any(header.rpartition(b"/")[2] not in held for header in wanted)


def _inside(place: str, names: Names) -> str | None:
    """Return a path of the release as the sandbox has it; a folder whose name is not plain has nothing there."""
    if place in {".", "./"}:
        return SOURCE_FOLDER
    try:
        path = TreePath(place.removesuffix("/").encode("utf-8", "surrogateescape"))
    except InvalidError:
        return None
    return f"{SOURCE_FOLDER}/{names.inside.get(path, place.removesuffix('/'))}"


def _folders(unit: Unit, names: Names) -> list[str]:
    found = {SOURCE_FOLDER: None}
    for file in unit.closure:
        inside = PurePosixPath(SOURCE_FOLDER, names.inside[file.path])
        # `#include "net/ip.h"` is looked for from each folder above the header.
        found |= {str(folder): None for folder in inside.parents if folder.is_relative_to(SOURCE_FOLDER)}
    return list(found)[:_MOST_FOLDERS]
