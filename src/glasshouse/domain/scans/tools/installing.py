# SPDX-License-Identifier: Apache-2.0
"""Which tools are on this machine, and at exactly which bytes.

A tool that we install lies in a folder that is named by its digest, below the folder of all tools. The record
beside it is written last: an installation that was interrupted is none. Each look takes the digest anew, so that a
changed byte makes a tool `altered`, and an altered tool runs nothing.

The folder is readable by everyone: commands in the sandbox run as nobody. It holds programs and nothing of a lab.
"""

import functools
import hashlib
import json
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from glasshouse.domain.scans.tools import bringing
from glasshouse.domain.scans.tools.errors import ToolMissingError
from glasshouse.domain.scans.tools.values import TOOL_FOLDER, Debian, Installed, State, Tool
from glasshouse.engines import sandbox
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.errors import InvalidError

_RECORD: Final = "installed.json"
_STATUS: Final = Path("/var/lib/dpkg/status")
_PROBE: Final = sandbox.Limits(wall=60, cpu=20, address_space=2**36, scratch=2**20, stream=2**16)


def standard_folder() -> Path:
    """Return where tools stand unless the operator says otherwise: beside the program, outside every lab's folder."""
    return Path(sys.prefix) / "tools"


def find(tool: Tool, folder: Path) -> Installed:
    """Say whether a tool can be used here, and at which version and digest; a missing tool is an answer."""
    if isinstance(tool.source, Debian):
        return _of_system(tool, tool.source)
    return _of_ours(tool, folder)


def find_again(tool: Tool, folder: Path) -> Installed:
    """Return what `find` says, asked anew only once a file of the tool was written, exchanged, added or removed.

    For a process that starts a tool thousands of times. It believes the file system's times, which only root can set.
    """
    return _found(tool, folder, _times(tool, folder))


@functools.lru_cache(maxsize=64)
def _found(tool: Tool, folder: Path, _at: tuple[tuple[str, int, int, int, int], ...]) -> Installed:
    return find(tool, folder)


def _times(tool: Tool, folder: Path) -> tuple[tuple[str, int, int, int, int], ...]:
    if isinstance(tool.source, Debian):
        paths = [Path(part).resolve() for part in tool.source.parts]
    else:
        paths = sorted((folder / tool.folder).rglob("*"))
    found = []
    for path in paths:
        try:
            status = path.lstat()
        except OSError:
            found.append((str(path), 0, 0, 0, 0))
        else:
            found.append((str(path), status.st_ino, status.st_size, status.st_ctime_ns, status.st_mode))
    return tuple(found)


def packages(tool: Tool) -> dict[str, str]:
    """Return the versions of the system's packages that a tool comes with: it reads headers beside its programs."""
    if not isinstance(tool.source, Debian):
        return {}
    try:
        versions = _versions(_STATUS.stat().st_mtime_ns)
    except OSError:
        versions = {}
    return {name: versions.get(name, "") for name in tool.source.package.split()}


@functools.lru_cache(maxsize=1)
def _versions(_changed: int) -> dict[str, str]:
    """Return the version of every package that the system says is installed."""
    found = {}
    for paragraph in _STATUS.read_text("utf-8", "replace").split("\n\n"):
        fields = dict(line.split(": ", 1) for line in paragraph.split("\n") if re.match(r"[A-Z][\w-]*: ", line))
        if fields.get("Status", "").endswith(" installed"):
            found[fields.get("Package", "")] = fields.get("Version", "")
    return found


def install(tool: Tool, folder: Path) -> Installed:
    """Bring a tool here at the bytes of its lock, unless it is here already; what was there before is removed."""
    if isinstance(tool.source, Debian):
        found = find(tool, folder)
        if found.state is State.READY:
            return found
        raise ToolMissingError(f"{tool.name} comes with the system and is {found.state}.", hint=found.hint)
    found = find(tool, folder)
    if found.state is State.READY:
        return found
    place = folder / tool.folder
    place.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="making-", dir=folder) as making:
        fresh = Path(making) / "tool"
        bringing.bring(tool, fresh)
        digest = tree_digest(fresh)
        target = place / str(digest)
        if target.exists():
            shutil.rmtree(target)
        fresh.rename(target)
    for parent in (folder, place):
        parent.chmod(0o755)
    record = {"digest": str(digest), "lock": str(_lock_digest(tool))}
    (place / f"{_RECORD}.new").write_text(json.dumps(record, indent=2) + "\n")
    (place / f"{_RECORD}.new").replace(place / _RECORD)
    for old in place.iterdir():
        if old.is_dir() and old != target:
            shutil.rmtree(old)
    return find(tool, folder)


def tree_digest(folder: Path) -> Digest:
    """Return the digest over every file below a folder: name, whether it can be run, content. Links are refused."""
    whole = hashlib.sha256()
    for path in sorted(_files(folder), key=lambda path: os.fsencode(path.relative_to(folder))):
        with path.open("rb") as content:
            inner = hashlib.file_digest(content, "sha256").digest()
        name = os.fsencode(path.relative_to(folder))
        whole.update(len(name).to_bytes(4) + name + bytes([os.access(path, os.X_OK)]) + inner)
    return Digest(whole.digest())


def _files(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        if path.is_symlink():
            raise InvalidError(f"a tool's folder holds a link: {path.name[:60]!r}")
        if path.is_file():
            yield path


def _of_ours(tool: Tool, folder: Path) -> Installed:
    place, hint = folder / tool.folder, f"glasshouse tools install {tool.name}"
    try:
        record = json.loads((place / _RECORD).read_text())
        digest = Digest.parse(record["digest"])
        is_pinned = record["lock"] == str(_lock_digest(tool))
    except (OSError, ValueError, LookupError, TypeError, InvalidError):
        return Installed(tool=tool, state=State.MISSING, hint=hint)
    home = place / str(digest)
    try:
        is_whole = tree_digest(home) == digest
    except (OSError, InvalidError):
        is_whole = False
    if not is_whole:
        return Installed(tool=tool, state=State.ALTERED, digest=digest, hint=f"Look into it, then: {hint}")
    if not is_pinned:
        return Installed(tool=tool, state=State.OUTDATED, digest=digest, hint=hint)
    return _told(tool, digest, (sandbox.Input(home, TOOL_FOLDER),), hint=f"Look into it, then: {hint}")


def _of_system(tool: Tool, source: Debian) -> Installed:
    hint = f"sudo apt-get install -y --no-install-recommends {source.package}"
    paths = [Path(part).resolve() for part in source.parts]
    if not all(path.is_file() for path in paths):
        return Installed(tool=tool, state=State.MISSING, hint=hint)
    whole = hashlib.sha256()
    for path in paths:
        status = path.stat()
        whole.update(_file_digest(path, status.st_mtime_ns, status.st_size))
    return _told(tool, Digest(whole.digest()), (), hint=f"It does not run. Reinstall it: {hint}")


@functools.lru_cache(maxsize=64)
def _file_digest(path: Path, _changed: int, _size: int) -> bytes:
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").digest()


def _told(tool: Tool, digest: Digest, inputs: tuple[sandbox.Input, ...], *, hint: str) -> Installed:
    """Ask the tool itself for its version, in the sandbox; one that does not answer is broken."""
    result = sandbox.run(sandbox.Command(argv=tool.version, inputs=inputs), _PROBE)
    told = re.search(tool.version_pattern, result.stdout.decode(errors="replace"))
    if result.outcome is not sandbox.Outcome.OK or told is None:
        return Installed(tool=tool, state=State.BROKEN, digest=digest, hint=hint)
    return Installed(tool=tool, state=State.READY, version=told[1], digest=digest, inputs=inputs)


def _lock_digest(tool: Tool) -> Digest:
    return Digest.of(_lock(tool))


def _lock(tool: Tool) -> bytes:
    """Return all that decides which bytes are installed: the locks, and our own program beside them."""
    return b"".join(bringing.own(tool).values())
