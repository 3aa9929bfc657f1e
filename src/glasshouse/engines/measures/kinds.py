# SPDX-License-Identifier: Apache-2.0
"""How a document is read, by its name alone."""

import re
from typing import Final

from glasshouse.engines.measures.values import Kind
from glasshouse.kernel.paths import TreePath


def _endings(words: str) -> frozenset[str]:
    return frozenset(words.split())


_C: Final = _endings("c h cc cpp cxx c++ hh hpp hxx h++ inl ipp tcc inc m mm cu cuh")
_HEADERS: Final = _endings("h hh hpp hxx h++ inl ipp tcc inc cuh def")
_PYTHON: Final = _endings("py pyi pyw")
_OTHER: Final = _endings(
    "js jsx mjs cjs ts tsx java kt kts go rs rb pl pm php sh bash cs scala swift lua groovy tf pks"
)
_BUILD: Final = _endings("mk mak cmake am ac m4 gyp gypi pri pro bazel bzl gn gni ninja")
_BUILD_NAMES: Final = re.compile(
    r"(?:gnu)?makefile(?:\..{1,20})?|kbuild|configure\.(?:ac|in)|cmakelists\.txt|meson\.build|meson_options\.txt"
    r"|compile_commands\.json|sconstruct|sconscript|jamfile|build\.gn|build|setup\.cfg|buildflags"
)
_RULES: Final = re.compile(r"(?:^|/)debian/rules$")


def kind_of(path: TreePath) -> Kind | None:
    """Return how a file is read, None where it is nothing that is measured."""
    text = path.raw.decode("utf-8", "replace").lower()
    name = text.rpartition("/")[2]
    if _RULES.search(text) or _BUILD_NAMES.fullmatch(name):
        return Kind.BUILD
    ending = _ending(name)
    for known, kind in ((_C, Kind.C), (_PYTHON, Kind.PYTHON), (_BUILD, Kind.BUILD), (_OTHER, Kind.OTHER)):
        if ending in known:
            return kind
    return None


def is_header(path: TreePath) -> bool:
    """Say whether other files include this one, as far as its name tells: then they see its macros."""
    return _ending(path.raw.decode("utf-8", "replace").lower().rpartition("/")[2]) in _HEADERS


def _ending(name: str) -> str:
    return name.rpartition(".")[2] if "." in name else ""
