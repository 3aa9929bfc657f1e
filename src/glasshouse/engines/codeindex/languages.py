# SPDX-License-Identifier: Apache-2.0
"""Which language a file is written in: by its name, its extension, or what its first line says of itself."""

import re
from enum import StrEnum
from typing import Final

from glasshouse.kernel.paths import TreePath


class Language(StrEnum):
    """A language that can be coloured; the value is its name on a page."""

    ADA = "Ada"
    ASN1 = "ASN.1"
    ASSEMBLER = "Assembler"
    AWK = "AWK"
    C = "C"
    CMAKE = "CMake"
    CPP = "C++"
    CSHARP = "C#"
    CSS = "CSS"
    DEVICE_TREE = "Device tree"
    DOCKERFILE = "Dockerfile"
    ERLANG = "Erlang"
    GO = "Go"
    HASKELL = "Haskell"
    HTML = "HTML"
    INI = "INI"
    INTEL_ASSEMBLER = "Assembler (Intel)"
    JAVA = "Java"
    JAVASCRIPT = "JavaScript"
    JSON = "JSON"
    KCONFIG = "Kconfig"
    KOTLIN = "Kotlin"
    LINKER_SCRIPT = "Linker script"
    LUA = "Lua"
    MAKE = "Makefile"
    MESON = "Meson"
    OBJECTIVE_C = "Objective-C"
    PERL = "Perl"
    PHP = "PHP"
    PROTOBUF = "Protocol Buffers"
    PYTHON = "Python"
    RUBY = "Ruby"
    RUST = "Rust"
    SCALA = "Scala"
    SHELL = "Shell"
    SQL = "SQL"
    SWIFT = "Swift"
    TCL = "Tcl"
    TOML = "TOML"
    TTCN3 = "TTCN-3"
    TYPESCRIPT = "TypeScript"
    VERILOG = "Verilog"
    VHDL = "VHDL"
    XML = "XML"
    YAML = "YAML"
    YANG = "YANG"


_NAMES: Final = {
    b"makefile": Language.MAKE,
    b"gnumakefile": Language.MAKE,
    b"bsdmakefile": Language.MAKE,
    b"kbuild": Language.MAKE,
    b"kconfig": Language.KCONFIG,
    b"config.in": Language.KCONFIG,
    b"cmakelists.txt": Language.CMAKE,
    b"dockerfile": Language.DOCKERFILE,
    b"containerfile": Language.DOCKERFILE,
    b"meson.build": Language.MESON,
    b"meson_options.txt": Language.MESON,
    b"sconstruct": Language.PYTHON,
    b"sconscript": Language.PYTHON,
    b"wscript": Language.PYTHON,
    b"rakefile": Language.RUBY,
    b"gemfile": Language.RUBY,
    b"vagrantfile": Language.RUBY,
    b"cargo.lock": Language.TOML,
    b"configure": Language.SHELL,
    b"pkgbuild": Language.SHELL,
    b".gitconfig": Language.INI,
    b".editorconfig": Language.INI,
    b".clang-format": Language.YAML,
}
# Name and anything after a dot: Makefile.am, Kconfig.debug, Dockerfile.release.
_STEMS: Final = {
    b"makefile": Language.MAKE,
    b"kconfig": Language.KCONFIG,
    b"dockerfile": Language.DOCKERFILE,
}
# Whose case means something: GCC reads .C and .H as C++, and .S after its preprocessor.
_CASED: Final = {b"C": Language.CPP, b"H": Language.CPP, b"M": Language.OBJECTIVE_C}
_BY_LANGUAGE: Final = {
    Language.ADA: "adb ads ada gpr",
    Language.ASN1: "asn asn1 asn1c mib",
    Language.ASSEMBLER: "s sx",
    Language.AWK: "awk gawk",
    Language.C: "c h",
    Language.CMAKE: "cmake",
    Language.CPP: "cc cp cpp cxx c++ hh hp hpp hxx h++ inl ipp tpp txx cu cuh ino",
    Language.CSHARP: "cs csx",
    Language.CSS: "css scss less",
    Language.DEVICE_TREE: "dts dtsi dtso overlay",
    Language.DOCKERFILE: "dockerfile",
    Language.ERLANG: "erl hrl escript",
    Language.GO: "go",
    Language.HASKELL: "hs hsc",
    Language.HTML: "html htm xhtml",
    Language.INI: "ini cfg conf properties desktop service socket timer",
    Language.INTEL_ASSEMBLER: "asm nasm yasm",
    Language.JAVA: "java aidl",
    Language.JAVASCRIPT: "js mjs cjs jsx es6",
    Language.JSON: "json jsonc json5 geojson sarif",
    Language.KOTLIN: "kt kts",
    Language.LINKER_SCRIPT: "ld lds",
    Language.LUA: "lua",
    Language.MAKE: "mk mak make",
    Language.OBJECTIVE_C: "mm",
    Language.PERL: "pl pm pod t perl",
    Language.PHP: "php php3 php4 php5 php7 php8 phtml phpt",
    Language.PROTOBUF: "proto",
    Language.PYTHON: "py pyi pyw pyx pxd bzl star",
    Language.RUBY: "rb rake gemspec",
    Language.RUST: "rs",
    Language.SCALA: "scala sc sbt",
    Language.SHELL: "sh bash ksh zsh ash dash bats ebuild bb bbclass bbappend",
    Language.SQL: "sql ddl pgsql plsql pks pkb",
    Language.SWIFT: "swift",
    Language.TCL: "tcl tk",
    Language.TOML: "toml",
    Language.TTCN3: "ttcn ttcn3 ttcnpp",
    Language.TYPESCRIPT: "ts tsx mts cts",
    Language.VERILOG: "v vh sv svh",
    Language.VHDL: "vhd vhdl",
    Language.XML: "xml xsd xsl xslt wsdl svg plist rng xmi",
    Language.YAML: "yaml yml",
    Language.YANG: "yang",
}
_EXTENSIONS: Final = {
    word.encode("ascii"): language for language, words in _BY_LANGUAGE.items() for word in words.split()
}
_INTERPRETERS: Final = {
    b"sh": Language.SHELL,
    b"bash": Language.SHELL,
    b"dash": Language.SHELL,
    b"ash": Language.SHELL,
    b"ksh": Language.SHELL,
    b"zsh": Language.SHELL,
    b"python": Language.PYTHON,
    b"pypy": Language.PYTHON,
    b"perl": Language.PERL,
    b"ruby": Language.RUBY,
    b"lua": Language.LUA,
    b"luajit": Language.LUA,
    b"php": Language.PHP,
    b"node": Language.JAVASCRIPT,
    b"nodejs": Language.JAVASCRIPT,
    b"deno": Language.TYPESCRIPT,
    b"awk": Language.AWK,
    b"gawk": Language.AWK,
    b"mawk": Language.AWK,
    b"tclsh": Language.TCL,
    b"wish": Language.TCL,
    b"expect": Language.TCL,
    b"make": Language.MAKE,
    b"escript": Language.ERLANG,
}
# The names that Emacs gives to modes, where no extension has the same word.
_MODES: Final = {
    b"c++": Language.CPP,
    b"python": Language.PYTHON,
    b"cperl": Language.PERL,
    b"shell-script": Language.SHELL,
    b"makefile": Language.MAKE,
    b"makefile-gmake": Language.MAKE,
    b"ruby": Language.RUBY,
    b"tcl": Language.TCL,
    b"javascript": Language.JAVASCRIPT,
    b"fundamental": None,
}
_HEAD_BYTES: Final = 4096
_LINE_BYTES: Final = 200
_SHEBANG: Final = re.compile(
    rb"#![ \t]*+(?:\S*/)?(?:env[ \t]++(?:-\S++[ \t]++)*+(?:\w++=\S*+[ \t]++)*+(?:\S*/)?)?([a-z]++)"
)
_MODE: Final = re.compile(rb"-\*-[ \t]*+(?:mode:[ \t]*+)?([A-Za-z+-]{1,40}?)(?:[ \t;]|-\*-)")
_CPP_SIGNS: Final = re.compile(
    rb"^[ \t]{0,40}(?:namespace\b|template[ \t]?<|class[ \t]+\w|using[ \t]+\w|(?:public|private|protected)[ \t]*:"
    rb"|#[ \t]*include[ \t]*<[a-z_]{1,30}>)",  # headers of C have an extension
    re.MULTILINE,
)
_OBJC_SIGNS: Final = re.compile(
    rb"^[ \t]{0,40}(?:@(?:interface|protocol|implementation|class|import)\b|#import\b)", re.MULTILINE
)
_XML_SIGN: Final = re.compile(rb"(?:\xef\xbb\xbf)?\s{0,40}<(?:\?xml|!DOCTYPE TS)\b")
_PHP_SIGN: Final = re.compile(rb"\s{0,40}<\?php\b")


def language_by_head(head: bytes) -> Language | None:
    """Name the language that a file's first line tells, whatever its name: an interpreter, a mode, a declaration."""
    return _by_head(head.partition(b"\n")[0][:_HEAD_BYTES])


def language_of(path: TreePath, head: bytes) -> Language | None:
    """Name the language of a file from its path and first bytes (4 KB of them count), None where none is known."""
    head = head[:_HEAD_BYTES]
    name = path.raw.rpartition(b"/")[2]
    for candidate in (name, name.removesuffix(b".in")):  # config.h.in is a header
        if language := _by_name(candidate, head):
            return language
    return _by_head(head)


def _by_name(name: bytes, head: bytes) -> Language | None:
    lower = name.lower()
    if language := _NAMES.get(lower):
        return language
    stem, dot, extension = name.rpartition(b".")
    if not dot:
        return None
    if language := _CASED.get(extension):
        return language
    language = _EXTENSIONS.get(extension.lower())
    if language is None:
        first = lower.partition(b".")[0]
        return _objective_or_none(extension, head) or _STEMS.get(first)
    return _told_apart(language, extension.lower(), stem, head)


def _told_apart(language: Language, extension: bytes, stem: bytes, head: bytes) -> Language:
    """Settle extensions that several languages share."""
    if extension == b"h":
        if _OBJC_SIGNS.search(head):
            return Language.OBJECTIVE_C
        return Language.CPP if _CPP_SIGNS.search(head) else Language.C
    if extension == b"ts" and _XML_SIGN.match(head):  # a translation of Qt
        return Language.XML
    if extension == b"s" and stem.endswith(b".lds"):  # a linker script that the preprocessor reads first
        return Language.LINKER_SCRIPT
    return language


def _objective_or_none(extension: bytes, head: bytes) -> Language | None:
    """`.m` is Objective-C where it says so, else one of several that have no colour."""
    return Language.OBJECTIVE_C if extension == b"m" and _OBJC_SIGNS.search(head) else None


def _by_head(head: bytes) -> Language | None:
    first = head.partition(b"\n")[0][:_LINE_BYTES]
    if match := _SHEBANG.match(first):
        return _INTERPRETERS.get(match[1])
    if match := _MODE.search(first):
        mode = match[1].lower()
        return _MODES.get(mode) or _EXTENSIONS.get(mode)
    if _XML_SIGN.match(head):
        return Language.XML
    return Language.PHP if _PHP_SIGN.match(head) else None
