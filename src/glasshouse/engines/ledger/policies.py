# SPDX-License-Identifier: Apache-2.0
"""Trust policies (c2sp.org/tlog-policy): which logs, which witnesses, and how many of them must have cosigned."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Self

from glasshouse.engines.ledger.checkpoints import Checkpoint
from glasshouse.engines.ledger.encoding import parse_number
from glasshouse.engines.ledger.errors import MalformedError, QuorumError, SignatureError
from glasshouse.engines.ledger.notes import KeyKind, Note, VerifierKey, open_note

MAX_LINES = 1000
NONE = "none"


@dataclass(frozen=True, slots=True)
class Group:
    """Witnesses or groups, of which at least `threshold` must have witnessed."""

    threshold: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Cosigned:
    """A witness, by its name in the policy, and when it cosigned, in seconds since the epoch."""

    witness: str
    timestamp: int


@dataclass(frozen=True, slots=True)
class Trusted:
    """A checkpoint that the policy accepts, and who vouched for it."""

    checkpoint: Checkpoint
    log: VerifierKey
    cosigned: tuple[Cosigned, ...]


@dataclass(frozen=True, slots=True)
class Policy:
    """Known logs, known witnesses by name, groups of them, and the name that makes the quorum."""

    logs: tuple[VerifierKey, ...]
    witnesses: Mapping[str, VerifierKey]
    groups: Mapping[str, Group]
    quorum: str

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """Read a policy; addresses after a key are accepted and not used."""
        draft = _Draft()
        lines = raw.decode("utf-8", "surrogateescape").split("\n")
        if lines.pop() != "" or len(lines) > MAX_LINES:
            raise MalformedError("a policy is a number of lines, each ended by a newline")
        for number, line in enumerate(lines, 1):
            if any((char < " " and char != "\t") or char == "\x7f" for char in line):
                raise MalformedError(f"line {number} of the policy holds a control character")
            words = line.replace("\t", " ").split(" ")
            words = [word for word in words if word]
            if words and not words[0].startswith("#"):
                draft.read(number, words)
        if draft.quorum is None:
            raise MalformedError("a policy names its quorum")
        return cls(tuple(draft.logs), draft.witnesses, draft.groups, draft.quorum)

    def check(self, note: Note) -> Trusted:
        """Verify a signed checkpoint: one known log, and the quorum of witnesses."""
        opened = open_note(note, [*self.logs, *self.witnesses.values()])
        checkpoint = Checkpoint.parse(opened.text)
        by_key = {found.key: found.timestamp for found in opened.verified}
        log = next((key for key in self.logs if key in by_key and key.name == checkpoint.origin), None)
        if log is None:
            raise SignatureError("the checkpoint is signed by no log of the policy")
        cosigned = tuple(
            Cosigned(name, timestamp)
            for name, key in self.witnesses.items()
            if (timestamp := by_key.get(key)) is not None
        )
        if not self.is_met_by(seen.witness for seen in cosigned):
            raise QuorumError(f"the quorum {self.quorum} is missing: {len(cosigned)} known witnesses cosigned")
        return Trusted(checkpoint, log, cosigned)

    def is_met_by(self, witnesses: Iterable[str]) -> bool:
        """Say whether these witnesses make the quorum."""
        met = set(witnesses) & set(self.witnesses)
        # A group names only what stands before it, so one pass in order settles every group.
        for name, group in self.groups.items():
            if sum(member in met for member in group.members) >= group.threshold:
                met.add(name)
        return self.quorum == NONE or self.quorum in met


@dataclass(slots=True)
class _Draft:
    """A policy while its lines are read."""

    logs: list[VerifierKey] = field(default_factory=list)
    witnesses: dict[str, VerifierKey] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    quorum: str | None = None

    def read(self, number: int, words: list[str]) -> None:
        readers: dict[str, Callable[[list[str]], None]] = {
            "log": self._log,
            "witness": self._witness,
            "group": self._group,
            "quorum": self._quorum,
        }
        reader = readers.get(words[0])
        if reader is None:
            raise MalformedError(f"line {number} of the policy begins with no known word")
        try:
            reader(words[1:])
        except MalformedError as error:
            raise MalformedError(f"line {number} of the policy: {error.message}") from error

    def _log(self, words: list[str]) -> None:
        if len(words) not in {1, 2}:
            raise MalformedError("a log is a key and perhaps an address")
        self.logs.append(_key(words[0], KeyKind.ED25519, self.logs))

    def _witness(self, words: list[str]) -> None:
        if len(words) not in {2, 3}:
            raise MalformedError("a witness is a name, a key and perhaps an address")
        self._check_new(words[0])
        self.witnesses[words[0]] = _key(words[1], KeyKind.COSIGNATURE, self.witnesses.values())

    def _group(self, words: list[str]) -> None:
        if len(words) < len(("name", "threshold", "member")):
            raise MalformedError("a group is a name, all, any or a number, and members")
        name, threshold, *members = words
        self._check_new(name)
        grouped = {member for group in self.groups.values() for member in group.members}
        for place, member in enumerate(members):
            self._check_known(member)
            if member in grouped or member in members[:place]:
                raise MalformedError(f"{member} is in a group already")
        count = {"all": len(members), "any": 1}.get(threshold) or parse_number(threshold)
        if not 1 <= count <= len(members):
            raise MalformedError(f"of {len(members)} members {count} cannot be asked for")
        self.groups[name] = Group(count, tuple(members))

    def _quorum(self, words: list[str]) -> None:
        if len(words) != 1 or self.quorum is not None:
            raise MalformedError("a policy has one quorum, one name")
        if words[0] != NONE:
            self._check_known(words[0])
        self.quorum = words[0]

    def _check_new(self, name: str) -> None:
        if name == NONE or name in self.witnesses or name in self.groups:
            raise MalformedError(f"the name {name} is taken")

    def _check_known(self, name: str) -> None:
        if name not in self.witnesses and name not in self.groups:
            raise MalformedError(f"{name} is not defined before")


def _key(vkey: str, kind: KeyKind, others: Iterable[VerifierKey]) -> VerifierKey:
    key = VerifierKey.parse(vkey)
    if key.kind is not kind:
        raise MalformedError(f"a key of type {kind} is needed, not {key.kind}")
    if any(key.public == other.public for other in others):
        raise MalformedError("the same public key twice")
    return key
