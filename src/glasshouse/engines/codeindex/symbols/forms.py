# SPDX-License-Identifier: Apache-2.0
"""Which files the symbol tool is asked about, and the names of ours that it is told."""

from typing import Final

from glasshouse.engines.codeindex.languages import Language, language_of
from glasshouse.engines.codeindex.symbols.values import MAX_DOCUMENT, Document, Gap, Key
from glasshouse.kernel.paths import TreePath

# What the tool takes each language for; those that are absent it does not know, or it knows them as lists of data
# whose every number would be a symbol (JSON, XML, YAML).
_NAMES: Final = {
    Language.ADA: "x.adb",
    Language.ASSEMBLER: "x.s",
    Language.AWK: "x.awk",
    Language.C: "x.c",
    Language.CMAKE: "x.cmake",
    Language.CPP: "x.cpp",
    Language.CSHARP: "x.cs",
    Language.CSS: "x.css",
    Language.DEVICE_TREE: "x.dts",
    Language.ERLANG: "x.erl",
    Language.GO: "x.go",
    Language.HASKELL: "x.hs",
    Language.HTML: "x.html",
    Language.INI: "x.ini",
    Language.INTEL_ASSEMBLER: "x.asm",
    Language.JAVA: "x.java",
    Language.JAVASCRIPT: "x.js",
    Language.KCONFIG: "Kconfig",
    Language.KOTLIN: "x.kt",
    Language.LINKER_SCRIPT: "x.lds",
    Language.LUA: "x.lua",
    Language.MAKE: "x.mk",
    Language.MESON: "meson.build",
    Language.OBJECTIVE_C: "x.mm",
    Language.PERL: "x.pm",
    Language.PHP: "x.php",
    Language.PROTOBUF: "x.proto",
    Language.PYTHON: "x.py",
    Language.RUBY: "x.rb",
    Language.RUST: "x.rs",
    Language.SHELL: "x.sh",
    Language.SQL: "x.sql",
    Language.TCL: "x.tcl",
    Language.TTCN3: "x.ttcn",
    Language.TYPESCRIPT: "x.ts",
    Language.VERILOG: "x.sv",
    Language.VHDL: "x.vhdl",
}
# Extensions of languages that have no colour here and a parser there.
_WORDS: Final = (
    "ac adoc as au3 bas bat bib clj cljs cob d di el elm ex exs f f03 f08 f77 f90 f95 for gdb hx jl l lisp lsp m4 md"
    " ml mli myr nsi pas pod ps1 pp r rkt robot rst scm sml spec stp tex varlink vim y"
)
_OTHERS: Final = frozenset(_WORDS.split())


def form_of(path: TreePath) -> str:
    """Return what kind of source a file is by its name alone: a short word of ours, "" where the name tells nothing."""
    language = language_of(path, b"")
    if language is not None:
        return language.value
    extension = path.raw.rpartition(b"/")[2].rpartition(b".")[2].lower().decode("ascii", "replace")
    return extension if extension in _OTHERS else ""


def tool_name(path: TreePath, head: bytes) -> str | None:
    """Return the name that the tool is told of a file with these first bytes (4 KB count); None for no parser."""
    language = language_of(path, head)
    if language is not None:
        return _NAMES.get(language)
    form = form_of(path)
    return f"x.{form}" if form else None


def may_have_symbols(path: TreePath) -> bool:
    """Say whether a file can have symbols, as far as its name tells; only a look at its first bytes knows better."""
    form = form_of(path)
    return not form or form in _OTHERS or Language(form) in _NAMES or form in _TOLD_BY_CONTENT


# Extensions of these languages are shared with others that have a parser.
_TOLD_BY_CONTENT: Final = frozenset({Language.XML.value})


def document_of(digest: bytes, path: TreePath, content: bytes) -> Document | Gap:
    """Return the document to ask the tool about, or why it is not asked."""
    if len(content) > MAX_DOCUMENT:
        return Gap.TOO_LARGE
    name = tool_name(path, content[:4096])
    return Gap.NO_PARSER if name is None else Document(Key(digest, form_of(path)), name, content)
