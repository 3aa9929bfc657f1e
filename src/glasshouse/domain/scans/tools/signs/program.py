# SPDX-License-Identifier: Apache-2.0
"""Looks for signs in texts: `program.py FILE…`, a line of JSON for each file, `program.py --version`.

It runs in the sandbox under the system's Python, with the standard library alone, and depends on no table that a newer
Python would have otherwise: the letters that it knows are written down here.
"""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

VERSION = "1.0"
MOST = 1_000
Sign = tuple[str, int, int, int, str]
"""The rule, line and columns counted from one, the second behind the last letter, and the character where it is one."""

# Order that a display is told to change, and what takes it back.
_OPENING = "\u202a\u202b\u202d\u202e\u2066\u2067\u2068"
_CLOSING = "\u202c\u2069"
_ORDER = re.compile(f"[{_OPENING}{_CLOSING}]")
# Characters that leave no mark. Joiners and selectors belong to many scripts and to emoji: they are signs only beside
# letters of ASCII, the others everywhere.
_NEVER = "\u180e\u2060-\u2064\u206a-\u206f\u115f\u1160\u3164\uffa0\ufff9-\ufffb\U000e0001\U000e0020-\U000e007f"
_BESIDE = "\u00ad\u034f\u200b-\u200f\u061c\ufeff\ufe00-\ufe0f\U000e0100-\U000e01ef"
_HIDDEN = re.compile(f"[{_NEVER}]|(?<=[A-Za-z0-9_])[{_BESIDE}]|[{_BESIDE}](?=[A-Za-z0-9_])")
_CARRIED = re.compile("[\u200b-\u200d\u2060-\u2064\ufe00-\ufe0f\U000e0020-\U000e007f\U000e0100-\U000e01ef]{12,}")
# What a terminal obeys: escape, backspace, delete, the eight-bit introducers, and a return that is no line's end.
_CONTROL = re.compile("[\x08\x1b\x7f\x90\x9b\x9d]|\r(?=[^\r\n])")
_BREAK = re.compile("[\x85\u2028\u2029]")
_FAR = re.compile(r"\S[ \t]{160,}(?=\S)")
# Letters of other scripts that look like one of ours.
_LOOKALIKES = str.maketrans(
    {
        # Cyrillic
        0x0410: "A",
        0x0412: "B",
        0x0415: "E",
        0x041A: "K",
        0x041C: "M",
        0x041D: "H",
        0x041E: "O",
        0x0420: "P",
        0x0421: "C",
        0x0422: "T",
        0x0423: "Y",
        0x0425: "X",
        0x0405: "S",
        0x0406: "I",
        0x0408: "J",
        0x050C: "G",
        0x051A: "Q",
        0x051C: "W",
        0x0430: "a",
        0x0435: "e",
        0x043E: "o",
        0x0440: "p",
        0x0441: "c",
        0x0443: "y",
        0x0445: "x",
        0x0455: "s",
        0x0456: "i",
        0x0458: "j",
        0x0501: "d",
        0x04BB: "h",
        0x051B: "q",
        0x051D: "w",
        0x04CF: "l",
        # Greek
        0x0391: "A",
        0x0392: "B",
        0x0395: "E",
        0x0396: "Z",
        0x0397: "H",
        0x0399: "I",
        0x039A: "K",
        0x039C: "M",
        0x039D: "N",
        0x039F: "O",
        0x03A1: "P",
        0x03A4: "T",
        0x03A5: "Y",
        0x03A7: "X",
        0x03BF: "o",
        # Armenian
        0x0555: "O",
        0x054F: "S",
        0x0578: "n",
        0x057D: "u",
        0x0585: "o",
        0x0581: "g",
        0x0570: "h",
        # Cherokee
        0x13AA: "A",
        0x13F4: "B",
        0x13DF: "C",
        0x13A0: "D",
        0x13AC: "E",
        0x13BB: "H",
        0x13AB: "J",
        0x13E6: "K",
        0x13DE: "L",
        0x13B7: "M",
        0x13E2: "P",
        0x13D2: "R",
        0x13DA: "S",
        0x13A2: "T",
        0x13D9: "V",
        0x13D4: "W",
        0x13C3: "Z",
    }
)
_FULLWIDTH = {code: code - 0xFEE0 for code in (*range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))}
# Thirteen alphabets, bold and italic and so on, of capital and small letters each.
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_MATHEMATICAL = {0x1D400 + number: letter for number, letter in enumerate(_ALPHABET * 13)}
_PLAIN = _LOOKALIKES | _FULLWIDTH | _MATHEMATICAL
_LATIN = re.compile("[A-Za-z]")
_WORD = re.compile(r"\w+")
_ACCOUNT = re.compile(r"^([A-Za-z_][\w.-]{0,31}):([^:\s]{0,200}):0:\d{1,10}:[^:\n]{0,200}:[^:\n]{0,200}:[^:\s]{0,200}$")
_HASH = re.compile(r"^[A-Za-z_][\w.-]{0,31}:\$(?:1|2[abxy]?|5|6|7|y|gy|md5|sha1)\$[^:\s]{8,200}(?::|$)")
_KEY = re.compile(
    r"^(?:[\w,=\"@.*/ -]{1,300} )?(?:ssh-(?:rsa|ed25519|dss)|ecdsa-sha2-nistp\d+|sk-\S+) AAAA[\w+/=]{40,}"
)
_TRANSLATIONS = (".po", ".pot", ".xlf", ".xliff", ".arb")
"""Texts in many languages, which no machine runs; of these the order and the letters are no signs."""
_SHORTEST_TWIN = 3
_USUAL = frozenset({"root", "toor", "shutdown", "halt", "sync", "operator"})


def text_of(content: bytes) -> str | None:
    """Return a text, None for what is none. A byte that is no UTF-8 stays a byte and is no sign."""
    for mark, encoding in ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if content.startswith(mark):
            return content.decode(encoding, "replace")
    if b"\0" in content:
        return None
    return content.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogateescape")


def signs(text: str, name: str) -> Iterator[Sign]:
    """Yield the signs in a text, in the order of lines."""
    words = frozenset(_WORD.findall(text)) if not text.isascii() else frozenset()
    for number, line in enumerate(text.split("\n"), 1):
        for rule, start, stop, what in _in_line(line, words):
            if rule in {"carried", "control", "out-of-sight"} or not name.endswith(_TRANSLATIONS):
                yield (rule, number, start + 1, stop + 1, what)
        for rule, pattern in (("account", _ACCOUNT), ("password-hash", _HASH)):
            match = pattern.match(line.rstrip("\r"))
            if match and (rule != "account" or match[1] not in _USUAL or not match[2]):
                yield (rule, number, 1, len(line) + 1, "")
        if name.startswith("authorized_keys") and _KEY.match(line):
            yield ("authorized-key", number, 1, len(line) + 1, "")


def _in_line(line: str, words: frozenset[str]) -> Iterator[tuple[str, int, int, str]]:
    for match in _FAR.finditer(line):
        yield ("out-of-sight", match.end(), len(line), "")
    for match in _CONTROL.finditer(line):
        yield ("control", *match.span(), f"U+{ord(match[0]):04X}")
    if line.isascii():
        return
    order = _ORDER.findall(line)
    if order:
        is_open = sum(one in _OPENING for one in order) != sum(one in _CLOSING for one in order)
        first = _ORDER.search(line)
        assert first is not None  # noqa: S101 -- just found
        yield ("bidi" if is_open else "bidi-closed", *first.span(), f"U+{ord(first[0]):04X}")
    for match in _CARRIED.finditer(line):
        yield ("carried", *match.span(), f"U+{ord(match[0][0]):04X}")
    for match in _HIDDEN.finditer(line):
        yield ("invisible", *match.span(), f"U+{ord(match[0]):04X}")
    for match in _BREAK.finditer(line):
        yield ("line-break", *match.span(), f"U+{ord(match[0]):04X}")
    for match in _WORD.finditer(line):
        other = _mistaken(match[0], words)
        if other:
            yield ("lookalike", *match.span(), other)


def _mistaken(word: str, words: frozenset[str]) -> str:
    """Return the letter by which a word can be mistaken for one in ASCII, "" where there is none.

    A word of two scripts that reads as ASCII can, and one wholly of another script where the text has its twin.
    """
    if word.isascii():
        return ""
    plain = word.translate(_PLAIN)
    if not plain.isascii() or not _LATIN.search(plain):
        return ""
    if not _LATIN.search(word) and (len(word) < _SHORTEST_TWIN or plain not in words):
        return ""
    return f"U+{next(ord(one) for one in word if not one.isascii()):04X}"


def main() -> None:
    """Print a line a file."""
    if sys.argv[1:] == ["--version"]:
        sys.stdout.write(f"signs {VERSION}\n")
        return
    for name in sys.argv[1:]:
        text = text_of(Path(name).read_bytes())
        found = [] if text is None else sorted(set(signs(text, Path(name).name)), key=lambda sign: sign[1:])
        told = {"file": name, "is_text": text is not None, "signs": found[:MOST], "more": max(0, len(found) - MOST)}
        sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main()
