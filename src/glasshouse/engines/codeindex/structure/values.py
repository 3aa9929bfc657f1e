# SPDX-License-Identifier: Apache-2.0
"""What is asked, of which documents, and what comes of it."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, NamedTuple

from glasshouse.engines.codeindex.languages import Language
from glasshouse.engines.codeindex.structure.errors import StructureError

MAX_PATTERN: Final = 2_000
MAX_DOCUMENT: Final = 2**20
"""Bytes above which a document is not analysed: a syntax tree takes two hundred times its source."""
MAX_MATCHES: Final = 10_000
_HIDDEN: Final = re.compile(r"[^\S\n\t ]|[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_HOLE: Final = re.compile(r"\$+\w*")
_WORD: Final = re.compile(r"(?<![^\W])[A-Za-z_]\w{2,}", re.ASCII)
# In these a word may stand that a match need not hold.
_COMMENT: Final = ("//", "/*", "#", "--", "<!")


@dataclass(frozen=True, slots=True)
class Structure:
    """A pattern: a piece of code of one language, with `$NAME` for any one node and `$$$` for any number of them.

    `language` is a name of `Language`. Raises StructureError with a reason for people.
    """

    pattern: str
    language: str

    def __post_init__(self) -> None:
        """Refuse what is no pattern; whether it is code, only the tool knows."""
        if self.language not in LANGUAGES:
            raise StructureError(
                f"Structural search does not know the language {self.language[:40]!r}.",
                hint="It knows " + ", ".join(LANGUAGES) + ".",
            )
        if not self.pattern.strip():
            raise StructureError("The pattern is empty.", hint="Write a piece of code, such as free($P).")
        if len(self.pattern) > MAX_PATTERN:
            raise StructureError(f"A pattern has at most {MAX_PATTERN:,} characters, not {len(self.pattern):,}.")
        if _HIDDEN.search(self.pattern):
            raise StructureError("The pattern holds a character that cannot be seen.")
        if not _HOLE.sub("", self.pattern).strip():
            raise StructureError(
                "A hole alone matches everything.", hint="Write some code round it, such as return $X;."
            )

    @property
    def words(self) -> tuple[str, ...]:
        """Return words that every match holds, each in one line; a document without one of them is not analysed."""
        if any(sign in self.pattern for sign in _COMMENT):
            return ()
        return tuple(sorted(set(_WORD.findall(_HOLE.sub(" ", self.pattern)))))


class Form(NamedTuple):
    """What the tool calls a language, and the extension that we give its documents."""

    tool: str
    extension: str


FORMS: Final = {
    Language.C: Form("C", "c"),
    Language.CPP: Form("Cpp", "cpp"),
    Language.CSHARP: Form("CSharp", "cs"),
    Language.CSS: Form("Css", "css"),
    Language.GO: Form("Go", "go"),
    Language.HASKELL: Form("Haskell", "hs"),
    Language.HTML: Form("Html", "html"),
    Language.JAVA: Form("Java", "java"),
    Language.JAVASCRIPT: Form("JavaScript", "js"),
    Language.JSON: Form("Json", "json"),
    Language.KOTLIN: Form("Kotlin", "kt"),
    Language.LUA: Form("Lua", "lua"),
    Language.PHP: Form("Php", "php"),
    Language.PYTHON: Form("Python", "py"),
    Language.RUBY: Form("Ruby", "rb"),
    Language.RUST: Form("Rust", "rs"),
    Language.SCALA: Form("Scala", "scala"),
    Language.SHELL: Form("Bash", "sh"),
    Language.SWIFT: Form("Swift", "swift"),
    # Its grammar with elements reads the one without, but for casts in angle brackets, which few write.
    Language.TYPESCRIPT: Form("Tsx", "tsx"),
    Language.YAML: Form("Yaml", "yml"),
}
LANGUAGES: Final = tuple(language.value for language in FORMS)
"""The names of languages whose structure can be searched."""


class Gap(StrEnum):
    """Why a document has no answer."""

    TOO_LARGE = "too-large"
    NOT_PARSED = "not-parsed"
    TOO_SLOW = "too-slow"
    TOO_MANY = "too-many-matches"


class Match(NamedTuple):
    """Where a match stands: its first and its last line, from one."""

    first: int
    last: int


Answer = tuple[Match, ...] | Gap
"""The matches of a document, in order, one for each first line; or why there is no answer."""


class Ended(StrEnum):
    """How a run of the tool ended."""

    WELL = "well"
    REFUSED = "refused"
    TOO_SLOW = "too-slow"
    TOO_MUCH = "too-much"
    CRASHED = "crashed"


@dataclass(frozen=True, slots=True)
class Printed:
    """What a run printed, also one that was ended, and how it ended: `REFUSED` when it did not take the rule."""

    stdout: bytes = field(repr=False)
    stderr: bytes = field(repr=False)
    ended: Ended


Run = Callable[[bytes, Sequence[tuple[str, bytes]]], Printed]
"""Runs the tool with a rule on documents by name, with caps on time, memory and what it prints."""
