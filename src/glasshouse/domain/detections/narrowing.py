# SPDX-License-Identifier: Apache-2.0
"""What a list of detections is narrowed to, by whoever looks at it; what they may see is another matter."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Self

from glasshouse.domain.detections.values import SEEN, RuleName
from glasshouse.engines.formats.sarif import Severity
from glasshouse.engines.identity import DetectionState
from glasshouse.kernel.errors import InvalidError
from glasshouse.kernel.paths import TreePath

_MAX_WORDS: Final = 200
_MAX_CWE: Final = 10**6
_RULE: Final = 16
_MAX_LABEL: Final = 20


@dataclass(frozen=True, slots=True)
class Labels:
    """What a room above says of detections, by their rows; `rest` is what it says of all that it does not name."""

    of: Mapping[int, frozenset[str]]
    rest: str = ""


UNLABELLED: Final = Labels({})


class Which(StrEnum):
    """Which standings: what was found by the newest reports, what is new since the release before, or one state."""

    FOUND = "found"
    NEW = "new"
    UNCHANGED = "unchanged"
    MOVED = "moved"
    EDITED = "edited"
    UNKNOWN = "unknown"
    ABSENT = "absent"
    EVERY = "every"

    def holds(self, state: DetectionState, *, is_new: bool) -> bool:
        """Say whether a standing is one of these; `is_new` says that the release before had it not."""
        if self is Which.EVERY:
            return True
        if self is Which.FOUND:
            return state in SEEN
        if self is Which.NEW:
            return is_new
        return state.value == self.value


@dataclass(frozen=True, slots=True)
class Narrowing:
    """What is asked for; each field that is not told narrows nothing.

    `rule` is the tag of a rule, `words` stand in a rule's name or text, or name a CWE, `judged` is a label of `Labels`.
    """

    which: Which = Which.FOUND
    severity: Severity | None = None
    rule: bytes = b""
    cwe: int = 0
    tool: str = ""
    suppressed: bool | None = None
    words: str = ""
    folder: TreePath | None = None
    judged: str = ""

    @classmethod
    def parse(cls, asked: Mapping[str, str]) -> Self:
        """Read what an address or a form says; raises InvalidError for what is no value of its field."""
        try:
            return cls(
                which=Which(asked.get("which") or Which.FOUND),
                severity=Severity(asked["severity"]) if asked.get("severity") else None,
                rule=_rule(asked.get("rule", "")),
                cwe=_number(asked.get("cwe", "")),
                tool=asked.get("tool", ""),
                suppressed={"": None, "yes": True, "no": False}[asked.get("suppressed", "")],
                words=asked.get("words", "").strip()[:_MAX_WORDS],
                folder=_folder(asked.get("folder", "")),
                judged=asked.get("judged", "")[:_MAX_LABEL],
            )
        except (KeyError, ValueError) as error:
            raise InvalidError("This is no way to narrow a list of detections.") from error

    def told(self) -> dict[str, str]:
        """Return what `parse` reads, without what narrows nothing."""
        told = {
            "which": self.which.value if self.which is not Which.FOUND else "",
            "severity": self.severity.value if self.severity else "",
            "rule": self.rule.hex(),
            "cwe": str(self.cwe or ""),
            "tool": self.tool,
            "suppressed": {None: "", True: "yes", False: "no"}[self.suppressed],
            "words": self.words,
            "folder": str(self.folder or ""),
            "judged": self.judged,
        }
        return {name: value for name, value in told.items() if value}

    def without(self, name: str) -> Self:
        """Return the same with one field not told."""
        return self.parse({kind: value for kind, value in self.told().items() if kind != name})

    def names_rule(self, tag: bytes, name: RuleName) -> tuple[bool, bool, bool]:
        """Say of a rule whether it is the one, whether it has the CWE, and whether the words name it."""
        return self.rule in (b"", tag), self.cwe == 0 or self.cwe in name.cwes, self._says(name)

    def _says(self, name: RuleName) -> bool:
        wanted = self.words.casefold()
        said = (name.id, name.summary, name.component, *(f"CWE-{cwe}" for cwe in name.cwes))
        return not wanted or any(wanted in one.casefold() for one in said)


def _rule(text: str) -> bytes:
    tag = bytes.fromhex(text)
    if len(tag) not in (0, _RULE):
        raise ValueError(text)
    return tag


def _number(text: str) -> int:
    if text and not (text.isascii() and text.isdigit() and 0 < int(text[:9]) < _MAX_CWE and len(text) < 8):  # noqa: PLR2004
        raise ValueError(text)
    return int(text or 0)


def _folder(text: str) -> TreePath | None:
    trimmed = text.strip().strip("/")
    return TreePath.parse(trimmed) if trimmed else None
