# SPDX-License-Identifier: Apache-2.0
"""Compile databases: how a build says which flags each of its files was compiled with.

`compile_commands.json` (as CMake, bear, meson and `CodeChecker log` write it) is the vendor's word, made on a machine
of theirs: it is read in bounds, nothing of it is run, and of its flags only those stay that say what a file means:
macros, the language's edition, folders of headers in the release. A plug-in, a response file, a file to write, a folder
of the machine is not among them. Its absolute names are brought to the release's by the ends that they share.
"""

import json
import shlex
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from glasshouse.domain.scans.tools import compilers
from glasshouse.kernel.errors import InvalidError
from glasshouse.kernel.paths import TreePath

NAME: Final = b"compile_commands.json"
MAX_BYTES: Final = 32 * 2**20
MAX_COMMANDS: Final = 50_000
_MAX_COMMAND: Final = 64 * 1024
_MAX_WORDS: Final = 4_000
_MAX_FLAGS: Final = 600
_MAX_WORD: Final = 4_096
_MAX_DEPTH: Final = 100
_FOLLOWED: Final = ("-isystem", "-iquote", "-idirafter", "-include", "-I")
_SPLIT: Final = frozenset({"-D", "-U"})


class NoDatabaseError(InvalidError):
    """A file is no compile database, or none that says anything of the release."""

    code = "scans.invalid-compile-database"


@dataclass(frozen=True, slots=True)
class Database:
    """Which flags a build gave to which files of a release. `others` is how many commands name no file of it."""

    flags: Mapping[TreePath, tuple[str, ...]]
    others: int


@dataclass(frozen=True, slots=True)
class _Command:
    folder: str
    file: str
    words: tuple[str, ...]


def read(content: bytes, paths: Sequence[TreePath]) -> Database:
    """Read a compile database for a release of these paths; a file that is compiled twice has its first flags.

    Raises NoDatabaseError for what is none, is too large, or names no file of the release.
    """
    commands = list(_commands(content))
    known = {path.raw.decode("utf-8", "surrogateescape"): path for path in paths}
    root = _root((_absolute(one.folder, one.file) for one in commands), known)
    if root is None:
        raise NoDatabaseError("The compile database names no file of the release.")
    here = _Here(root, frozenset(known), frozenset(folder for name in known for folder in _above(name)))
    found: dict[TreePath, tuple[str, ...]] = {}
    others = 0
    for one in commands:
        inside = here.inside(_absolute(one.folder, one.file))
        if inside is None or inside not in known:
            others += 1
        elif known[inside] not in found:
            found[known[inside]] = tuple(islice(_kept(one, here), _MAX_FLAGS))
    return Database(found, others)


@dataclass(frozen=True, slots=True)
class _Here:
    """Where the release lay on the build's machine, and what it holds."""

    root: str
    files: frozenset[str]
    folders: frozenset[str]

    def inside(self, name: str) -> str | None:
        """Return the name below the root, None where it is not below it; the root itself is `.`."""
        if name == self.root:
            return "."
        if not self.root:
            return name
        return name.removeprefix(f"{self.root}/") if name.startswith(f"{self.root}/") else None


def _commands(content: bytes) -> Iterator[_Command]:
    if len(content) > MAX_BYTES:
        raise NoDatabaseError(f"The compile database is larger than {MAX_BYTES:,} bytes.")
    try:
        told = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise NoDatabaseError("The compile database is not JSON.") from error
    if not isinstance(told, list) or len(told) > MAX_COMMANDS:
        raise NoDatabaseError(f"A compile database is a list of at most {MAX_COMMANDS:,} commands.")
    for one in told:
        if not isinstance(one, dict):
            raise NoDatabaseError("A command of a compile database is an object.")
        folder, file = one.get("directory"), one.get("file")
        if not (_is_name(folder) and _is_name(file)):
            raise NoDatabaseError("A command of a compile database names its folder and its file.")
        yield _Command(str(folder), str(file), _words(one.get("arguments"), one.get("command")))


def _is_name(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _MAX_WORD and "\0" not in value


def _words(arguments: object, command: object) -> tuple[str, ...]:
    """Return the words of a command without the compiler; a command that cannot be split has none."""
    if isinstance(arguments, list):
        words = [word for word in arguments[:_MAX_WORDS] if isinstance(word, str)]
        return tuple(words[1:])
    if not isinstance(command, str) or len(command) > _MAX_COMMAND:
        return ()
    try:
        return tuple(shlex.split(command)[1:_MAX_WORDS])
    except ValueError:
        return ()


def _absolute(folder: str, name: str) -> str:
    """Return a name with its folder before it, without `.` and `..`; drives and back-slashes stay what they are."""
    parts: list[str] = []
    for part in (name if name.startswith("/") else f"{folder}/{name}").split("/"):
        if part == "..":
            parts = parts[:-1]
        elif part not in {"", "."}:
            parts.append(part)
    return "/".join(parts)


def _root(names: Iterable[str], known: Mapping[str, TreePath]) -> str | None:
    """Return the folder of the build's machine that the release is: the one under which most files are found."""
    votes: Counter[str] = Counter()
    for name in names:
        parts = name.split("/")
        for at in range(len(parts) if len(parts) <= _MAX_DEPTH else 0):
            if "/".join(parts[at:]) in known:
                votes["/".join(parts[:at])] += 1
    return min(votes, key=lambda root: (-votes[root], len(root), root)) if votes else None


def _above(name: str) -> Iterator[str]:
    yield "."
    parts = name.split("/")
    yield from ("/".join(parts[:at]) for at in range(1, len(parts)))


def _kept(one: _Command, here: _Here) -> Iterator[str]:
    """Yield the flags that stay, those with a place as two words."""
    words = iter(one.words)
    for word in words:
        option = next((each for each in _FOLLOWED if word.startswith(each)), None)
        if option is not None:
            place = word.removeprefix(option) or next(words, "")
            inside = here.inside(_absolute(one.folder, place)) if _is_name(place) else None
            if inside is not None and inside in (here.files if option == "-include" else here.folders):
                yield from ("-isystem" if option == "-idirafter" else option, inside)
            continue
        flag = word + next(words, "") if word in _SPLIT else word
        if len(flag) <= _MAX_WORD and compilers.may_stay(flag):
            yield flag
