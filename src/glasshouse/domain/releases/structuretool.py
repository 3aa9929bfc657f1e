# SPDX-License-Identifier: Apache-2.0
"""The tool for structural search behind the sandbox's walls: no network, the rule and the source as files in memory."""

import functools
import hashlib
import sysconfig
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from glasshouse.engines import sandbox
from glasshouse.engines.codeindex.structure.analysis import FOLDER, MAX_PRINTED
from glasshouse.engines.codeindex.structure.errors import StructureToolError
from glasshouse.engines.codeindex.structure.values import Ended, Printed
from glasshouse.engines.sandbox import Outcome
from glasshouse.kernel.paths import TreePath

MIB: Final = 2**20
_TOOL: Final = "/tool/ast-grep"
_RULE: Final = "/rule/rule.yml"
_ARGV: Final = (
    *(_TOOL, "scan", "--rule", _RULE, "--format", "github", "--inspect", "entity", "--color", "never"),
    *("--threads", "1", "--no-ignore", "hidden", "--no-ignore", "dot", "--no-ignore", "vcs", FOLDER),
)
_REFUSED: Final = 8
_NOT_STARTED: Final = (125, 126, 127)
# Two megabytes of C take a third of a second; what takes this long does not end.
_SECONDS: Final = 2
_SECONDS_PER_MIB: Final = 2
# The processor may be shared by many: time on the wall is a last resort, never what judges a document.
_WALL: Final = 10
_ENDED: Final = {
    Outcome.OK: Ended.WELL,
    Outcome.TIMEOUT: Ended.TOO_SLOW,
    Outcome.CPU_EXHAUSTED: Ended.TOO_SLOW,
    Outcome.OUTPUT_TOO_LARGE: Ended.TOO_MUCH,
}


def tool() -> Path:
    """Return where the program of the package ast-grep-cli stands, if it is installed."""
    return Path(sysconfig.get_path("scripts")) / "ast-grep"


def digest() -> bytes:
    """Return the SHA-256 of the tool, as another may answer otherwise; raises StructureToolError without one."""
    try:
        status = tool().stat()
    except OSError as error:
        raise StructureToolError(
            "Structural search is not installed in this lab.",
            hint="The operator installs it with `make setup`, which brings ast-grep-cli.",
        ) from error
    return _digest(tool(), status.st_mtime_ns, status.st_size)


@functools.lru_cache(maxsize=1)
def _digest(path: Path, _changed: int, _size: int) -> bytes:
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").digest()


def run(rule: bytes, files: Sequence[tuple[str, bytes]], *, cancel: threading.Event | None = None) -> Printed:
    """Run the tool with a rule on files under names of ours; setting `cancel` ends it soon.

    Raises StructureToolError when it did not run, or not to its end because of `cancel`.
    """
    seconds = _SECONDS + _SECONDS_PER_MIB * (sum(len(content) for _, content in files) // MIB)
    limits = sandbox.Limits(
        wall=float(seconds * _WALL),
        cpu=seconds,
        address_space=1536 * MIB,
        memory=1024 * MIB,
        file_size=MIB,
        open_files=64,
        processes=8,
        scratch=MIB,
        stream=MAX_PRINTED,
    )
    with sandbox.staging() as staged:
        staged.put(TreePath(b"rule/rule.yml"), rule)
        for name, content in files:
            staged.put(TreePath(f"src/{name}".encode()), content)
        command = sandbox.Command(
            argv=_ARGV,
            inputs=(
                sandbox.Input(tool(), _TOOL),
                staged.input(TreePath(b"rule"), "/rule"),
                staged.input(TreePath(b"src"), FOLDER),
            ),
        )
        result = sandbox.run(command, limits, cancel=cancel)
    if result.outcome is Outcome.CANCELLED or result.exit_status in _NOT_STARTED:  # no document's doing
        raise StructureToolError(
            "The tool for structural search did not run.", hint="Try again; the operator's log may say why."
        )
    ended = Ended.REFUSED if result.exit_status == _REFUSED else _ENDED.get(result.outcome, Ended.CRASHED)
    return Printed(result.stdout, result.stderr, ended)
