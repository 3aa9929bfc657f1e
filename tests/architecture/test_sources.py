# SPDX-License-Identifier: Apache-2.0
"""What every file of the repository keeps to, where no linter looks."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
SRC: Final = ROOT / "src" / "glasshouse"
SPDX: Final = "SPDX-License-Identifier: Apache-2.0"
CODE: Final = frozenset({".py", ".sh", ".toml", ".html", ".css", ".js", ".sql", ".typ"})
CODE_WITHOUT_SUFFIX: Final = frozenset({"Makefile", ".ci/run"})
LONGEST: Final = 400
LONGER: Final[dict[str, str]] = {}  # path: why it may be longer

# In pieces, so that this file does not name what it forbids.
FORBIDDEN: Final = {
    "a registry's host": r"\b(pypi|pythonhosted|npmjs|debian)\.(org|com)\b".replace(
        "debian", "(deb|security)[.]debian"
    ),
    "a path of one machine": r"(?<![\w.])/(work/(main|shared|[.]library)|root/[.]|tmp/contract)\b",
    "a loose end without an issue": r"\b(TO" + r"DO|FIX" + r"ME|X" + r"XX)\b(?!\S* ?\(?#\d)",
}


def files() -> Iterator[Path]:
    """Every file that is in the repository, or would be with the next commit."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    for name in listed.stdout.decode().split("\0"):
        path = ROOT / name
        if name and path.is_file() and "vendor" not in path.parts:
            yield path


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def imports(path: Path) -> Iterator[str]:
    """Every module that a file imports, at whatever depth, except for annotations only."""
    tree = ast.parse(path.read_text("utf-8"))
    typing_only = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) in typing_only:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_every_source_file_starts_with_its_licence() -> None:
    without = []
    for path in files():
        if path.suffix in CODE or name_of(path) in CODE_WITHOUT_SUFFIX:
            lines = path.read_text("utf-8").splitlines()
            first = lines[1:2] if lines and lines[0].startswith("#!") else lines[:1]
            if not first or SPDX not in first[0]:
                without.append(name_of(path))
    assert without == []


def test_no_source_file_outgrows_one_idea() -> None:
    long = [
        f"{name_of(path)}: {lines} lines"
        for path in files()
        if path.is_relative_to(SRC) and path.suffix == ".py" and name_of(path) not in LONGER
        if (lines := len(path.read_text("utf-8").splitlines())) > LONGEST
    ]
    assert long == []


def test_nothing_of_one_machine_and_no_loose_end_is_committed() -> None:
    patterns = {what: re.compile(pattern) for what, pattern in FORBIDDEN.items()}
    found = []
    for path in files():
        try:
            text = path.read_text("utf-8")
        except UnicodeDecodeError:
            continue  # a vector or an image
        for number, line in enumerate(text.splitlines(), 1):
            found += [f"{name_of(path)}:{number}: {what}" for what, pattern in patterns.items() if pattern.search(line)]
    assert found == []


def test_only_the_settings_read_the_environment() -> None:
    # The terminal names the lab before the settings are read, and hands the environment to what it starts.
    readers = [
        f"{name_of(path)}:{node.lineno}"
        for path in files()
        if path.is_relative_to(SRC) and path.suffix == ".py"
        if not path.is_relative_to(SRC / "config") and not path.is_relative_to(SRC / "edges" / "cli")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in {"environ", "environb", "getenv"}
    ]
    assert readers == []


def test_edges_import_no_models() -> None:
    importers = [
        f"{name_of(path)}: {module}"
        for path in files()
        if path.is_relative_to(SRC / "edges") and path.suffix == ".py"
        for module in imports(path)
        if module.startswith("glasshouse.domain.") and "models" in module.split(".")
    ]
    assert importers == []


def test_the_verifier_stands_alone_and_opens_no_socket() -> None:
    network = {"asyncio", "ftplib", "http", "multiprocessing", "socket", "socketserver", "ssl", "subprocess", "urllib"}
    verifier = ROOT / "verifier"
    ours = [
        f"{path.name}: {module}"
        for path in sorted(verifier.glob("*.py"))
        for module in imports(path)
        if module.split(".")[0] == "glasshouse"
    ]
    opens = [module for module in imports(verifier / "glasshouse_verify.py") if module.split(".")[0] in network]
    assert (ours, opens) == ([], [])
