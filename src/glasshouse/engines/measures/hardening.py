# SPDX-License-Identifier: Apache-2.0
"""What a build file says of a compiler's protections, and which warnings it turns off.

Flags are read where they stand, in whichever branch, and nothing is run: what a build really passes, its compile
database tells. A comment says nothing.
"""

import re
from dataclasses import dataclass
from typing import Final

from glasshouse.engines.measures.values import Hardened


@dataclass(frozen=True, slots=True)
class Protection:
    """A protection: what it is called, what it is for, and the flags that turn it on and off."""

    name: str
    why: str
    on: str
    off: str


PROTECTIONS: Final = (
    Protection(
        "-fstack-protector-strong",
        "a canary before the return address",
        r"-fstack-protector-(?:strong|all)",
        r"-fno-stack-protector(?:-strong|-all)?",
    ),
    Protection(
        "-D_FORTIFY_SOURCE",
        "copying functions that know their target's size",
        r"-D_FORTIFY_SOURCE=[1-9]|-Wp,-D_FORTIFY_SOURCE=[1-9]",
        r"-U_FORTIFY_SOURCE|-D_FORTIFY_SOURCE=0",
    ),
    Protection(
        "-fPIE and -pie",
        "a program that is loaded anywhere",
        r"-fPIE|-fpie|-pie|-Wl,-pie|b_pie=true",
        r"-no-pie|-nopie|-fno-pie|-fno-PIE|b_pie=false",
    ),
    Protection("-z relro", "tables of the linker become read-only", r"-Wl,-z,relro|-zrelro", r"-Wl,-z,norelro"),
    Protection("-z now", "all of them, because all are filled at the start", r"-Wl,-z,now|-znow", r"-Wl,-z,lazy"),
    Protection(
        "-fstack-clash-protection",
        "a stack cannot jump its guard",
        r"-fstack-clash-protection",
        r"-fno-stack-clash-protection",
    ),
    Protection(
        "-fcf-protection",
        "jumps land where jumps may",
        r"-fcf-protection(?:=(?:full|branch|return|check))?|-mbranch-protection=(?:standard|pac-ret|bti)",
        r"-fcf-protection=none|-mbranch-protection=none",
    ),
    Protection(
        "-Wformat-security",
        "a warning of formats that a caller chooses",
        r"-Wformat-security|-Werror=format-security|-Wformat=2",
        r"-Wno-format-security|-Wno-format|-Wno-error=format-security",
    ),
    Protection(
        "-z noexecstack", "a stack that cannot be run", r"-Wl,-z,noexecstack|-znoexecstack", r"-Wl,-z,execstack"
    ),
)
_DEBIAN: Final = {"pie": 2, "relro": 3, "bindnow": 4, "stackprotectorstrong": 0, "fortify": 1, "format": 7, "branch": 6}
_FLAG: Final = re.compile(
    r"(?<![\w./+-])(?:-{1,2}[A-Za-z][\w+.-]*+(?:[=,:][\w+.,=-]*+)?+|/(?:wd[0-9]{3,5}|W0)\b|b_pie=\w++)"
)
_SPACED: Final = re.compile(r"-Wl,-z[ ,]-Wl,|-Xlinker -z -Xlinker |(?<![\w,-])-z (?=[a-z])")
_HARDENING: Final = re.compile(r"\bhardening=((?:[+-][a-z]++,?)++)")
_MATCHERS: Final = tuple((re.compile(one.on), re.compile(one.off)) for one in PROTECTIONS)
_QUIET: Final = re.compile(
    r"-w|-Wno-(?!error)[\w+=-]++|--no-warnings|/wd[0-9]++|/W0"
    r"|-D_CRT_SECURE_NO_(?:WARNINGS|DEPRECATE)"
)
_SPEAKS: Final = re.compile(r"-|b_pie|hardening=|/[wW]")
_COMPILES: Final = re.compile(r"(?i)flags|compile|argument|option|command|\bg?cc\b|clang")
_COMMENT: Final = re.compile(r"(?:^|(?<=\s))(?:#|dnl\b).*+")
_FORTIFY: Final = 1


def without_comment(line: str) -> str:
    """Return a line of a build file without its comment."""
    return _COMMENT.sub("", line) if "#" in line or "dnl" in line else line


def said(line: str, number: int) -> tuple[list[Hardened], int]:
    """Return what a line says of protections, and how many warnings it turns off."""
    if not _SPEAKS.search(line):
        return [], 0
    flags = [one for flag in _FLAG.findall(_SPACED.sub("-Wl,-z,", line)) for one in _parted(flag)]
    found = [
        Hardened(place, is_on, number)
        for flag in flags
        for place, matchers in enumerate(_MATCHERS)
        for is_on, matcher in zip((True, False), matchers, strict=True)
        if matcher.fullmatch(flag)
    ]
    # Undefining it on the line that defines it anew is how a build replaces what its compiler brought.
    if any(one.protection == _FORTIFY and one.is_on for one in found):
        found = [one for one in found if one.protection != _FORTIFY or one.is_on]
    for words in _HARDENING.findall(line):
        found += _debian(words, number)
    compiles = _COMPILES.search(line) is not None  # other programs have a -w of their own
    quiet = sum(_QUIET.fullmatch(flag) is not None and (compiles or flag != "-w") for flag in flags)
    return list(dict.fromkeys(found)), quiet


def _parted(flag: str) -> list[str]:
    """Return what the linker is told in one word as words of one thing each."""
    if not flag.startswith("-Wl,"):
        return [flag]
    parts = flag.split(",")[1:]
    return [
        f"-Wl,-z,{parts[at + 1]}" if part == "-z" and at + 1 < len(parts) else f"-Wl,{part}"
        for at, part in enumerate(parts)
    ]


def _debian(words: str, number: int) -> list[Hardened]:
    """Return what Debian's `hardening=` says."""
    found: list[Hardened] = []
    for word in filter(None, words.split(",")):
        name, is_on = word[1:], word[0] == "+"
        places = sorted(_DEBIAN.values()) if name == "all" else [_DEBIAN[name]] if name in _DEBIAN else []
        found += [Hardened(place, is_on, number) for place in places]
    return found
