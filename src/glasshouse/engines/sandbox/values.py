# SPDX-License-Identifier: Apache-2.0
"""What goes into a sandbox and what comes out, as values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path, PurePosixPath

from glasshouse.engines.sandbox.errors import InvalidCommandError
from glasshouse.kernel.paths import TreePath

KIB = 1024
MIB = 1024 * KIB
# Below this the shell that applies the limits cannot itself run.
MIN_ADDRESS_SPACE = 64 * MIB
# Where the sandbox's own parts stand; an input over one of them would take a wall down.
SHARED = PurePosixPath("/", "dev", "shm")
SCRATCH = PurePosixPath("/", "tmp")
OUT = PurePosixPath("/", "out")
_RESERVED = (SCRATCH, OUT, *(PurePosixPath("/", name) for name in ("usr", "bin", "lib", "lib64", "proc", "dev")))


class Tier(StrEnum):
    """How strong the walls are. Only tiers that are built have a name."""

    BUBBLEWRAP = "bwrap+seccomp+rlimits"


class Origin(StrEnum):
    """Who brought the program that runs. What it reads is hostile either way."""

    HOUSE = "house"
    VISITOR = "visitor"


class Outcome(StrEnum):
    """How a command ended. Only `OK` may be read as "the tool did its work".

    `OUTPUT_INCOMPLETE` goes before `FAILED`: the exit status is in the result, the missing files are nowhere.
    """

    OK = "ok"
    FAILED = "failed"
    KILLED = "killed"
    TIMEOUT = "timeout"
    CPU_EXHAUSTED = "cpu-exhausted"
    OUT_OF_MEMORY = "out-of-memory"
    OUTPUT_TOO_LARGE = "output-too-large"
    OUTPUT_INCOMPLETE = "output-incomplete"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one command may use. Sizes are bytes, times seconds.

    `wall`, `cpu`, `address_space`, `file_size`, `open_files` and `processes` hold on every machine; `cpu` and
    `address_space` are per process. `memory` and `cores` bound all processes together and hold only where the
    capability reports a cgroup. `scratch` is the size of each of /tmp, /out and /dev/shm. `stream` caps stdout and
    stderr each; `output_bytes`, `output_files` and `output_depth` (folders on the way to a file, and it) cap what is
    collected from /out. Going over a cap ends the command.
    """

    wall: float = 60.0
    cpu: int = 60
    address_space: int = 1536 * MIB
    memory: int = 1024 * MIB
    cores: float = 1.0
    file_size: int = 64 * MIB
    open_files: int = 256
    processes: int = 64
    scratch: int = 64 * MIB
    stream: int = 8 * MIB
    output_bytes: int = 32 * MIB
    output_files: int = 1000
    output_depth: int = 32

    def __post_init__(self) -> None:
        """Refuse a limit that is none."""
        numbers = {name: getattr(self, name) for name in self.__slots__}
        for name, number in numbers.items():
            if not number > 0:
                raise InvalidCommandError(f"the limit {name} must be more than zero, not {number}")
        if self.address_space < MIN_ADDRESS_SPACE:
            raise InvalidCommandError(f"an address space below {MIN_ADDRESS_SPACE} bytes starts nothing")


@dataclass(frozen=True, slots=True)
class Input:
    """A host file or folder that the command sees read-only at `target`, an absolute path inside.

    The caller answers for `source`: it is resolved on the host, links included. What lies below it is mounted as it
    is, and links in it lead to places inside the sandbox. The command can learn the name of `source` from its mount
    table, so the name should say nothing.
    """

    source: Path
    target: str

    def __post_init__(self) -> None:
        """Refuse targets that would cover the sandbox's own parts."""
        target = PurePosixPath(self.target)
        normal = self.target.startswith("/") and not self.target.startswith("//") and str(target) == self.target
        if not normal or "\0" in self.target or ".." in target.parts or self.target == "/":
            raise InvalidCommandError(f"not a plain absolute path inside the sandbox: {self.target[:80]!r}")
        for part in _RESERVED:
            if target == part or part in target.parents:
                raise InvalidCommandError(f"{part} belongs to the sandbox itself", hint="Use a target such as /src.")
        if not self.source.is_absolute():
            raise InvalidCommandError("an input is named by its absolute path on the host")


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One untrusted command: what runs, what it sees, what it is told.

    `environment` is the whole environment of the command; PATH is /usr/bin and HOME /tmp unless it says otherwise.
    `stdin` is content, an open descriptor, or nothing. With `collect`, the regular files that the command leaves in
    /out come back in the result. `origin` says who brought the program, not who brought what it
    reads. Arguments and environment stand in the host's process list: secrets belong in `stdin`.
    """

    argv: tuple[str | bytes, ...]
    inputs: tuple[Input, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    stdin: bytes | int | None = None
    folder: str = "/out"
    collect: bool = False
    origin: Origin = Origin.HOUSE

    def __post_init__(self) -> None:
        """Refuse what could not be handed over exactly."""
        words = [*self.argv, self.folder, *self.environment, *self.environment.values()]
        if any("\0" in word if isinstance(word, str) else b"\0" in word for word in words):
            raise InvalidCommandError("a zero byte cannot be part of a command")
        if not self.argv or not self.argv[0]:
            raise InvalidCommandError("a command has at least a name")
        name = self.argv[0]
        if ("=" in name) if isinstance(name, str) else (b"=" in name):
            raise InvalidCommandError("a command's name holds no equals sign")
        if any(not key or "=" in key for key in self.environment):
            raise InvalidCommandError("a variable has a name without an equals sign")
        if isinstance(self.stdin, int) and self.stdin < 0:
            raise InvalidCommandError("the input is content, an open descriptor, or nothing")
        if not self.folder.startswith("/"):
            raise InvalidCommandError("the command starts in an absolute folder of the sandbox")


@dataclass(frozen=True, slots=True)
class OutputFile:
    """A regular file that the command left in /out. Its name and content are the command's word: hostile."""

    path: TreePath
    content: bytes


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something in /out that was not taken: the name as it came, cut to 255 bytes, and why."""

    name: bytes
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What all processes of the command used together, its launcher included.

    `wall` and `cpu` are seconds. `peak_memory` is bytes of all processes and of what they wrote into the sandbox's
    memory, known only where there is a cgroup: the kernel's other count starts at the size of the *calling* process.
    """

    wall: float
    cpu: float
    peak_memory: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of a command. When it is returned, no process of the command exists any more.

    `exit_status` is the shell's: 128 + n for signal n, 126 and 127 when the command could not be started, None when
    the sandbox ended it. Everything but `outcome` and `usage` is the command's own word.
    """

    outcome: Outcome
    exit_status: int | None
    stdout: bytes
    stderr: bytes
    outputs: tuple[OutputFile, ...]
    left_out: tuple[LeftOut, ...]
    usage: Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class Capability:
    """What the self-test found on this machine.

    `cgroup` is an addition to the tier, never a part of it: `cgroup_reason` says why it is absent. `confirmed` names
    the attempts that were really made inside and refused. `visitors_refused` says why a visitor's own binary is not run
    at this tier.
    """

    tier: Tier
    launcher: Path
    version: str
    cgroup: bool
    cgroup_reason: str
    visitors_refused: str
    confirmed: tuple[str, ...]
