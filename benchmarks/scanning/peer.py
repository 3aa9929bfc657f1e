# SPDX-License-Identifier: Apache-2.0
"""CodeChecker over the same files with the same flags, as a person would run it."""

import json
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path
from typing import Any, Final

VERSION: Final = "6.29.0"
TOOLS: Final = ("clang-analyzer", "clang-tidy", "cppcheck")
_BINARIES: Final = "clangsa:/usr/bin/clang-19;clang-tidy:/usr/bin/clang-tidy-19;cppcheck:/usr/bin/cppcheck"
_CHECKERS: Final = ("--enable", "prefix:bugprone", "--enable", "prefix:cert")


def codechecker(folder: Path, product: str, tree: Path, *, workers: int) -> dict[str, Any]:
    """Analyse and return the seconds of the processor and how many files of reports there are, or the trouble."""
    program = _installed(folder / "codechecker")
    if program is None:
        return {"trouble": f"CodeChecker {VERSION} could not be installed"}
    database = folder / "codechecker" / "compile_commands.json"
    database.write_text(json.dumps(list(_commands(product, tree))), "utf-8")
    reports = folder / "codechecker" / "reports"
    shutil.rmtree(reports, ignore_errors=True)
    command = [str(program), "analyze", str(database), "--output", str(reports), "--jobs", str(workers)]
    command += ["--analyzers", "clangsa", "clang-tidy", "cppcheck", *_CHECKERS]
    path = f"{program.parent}:/usr/bin:/bin"
    environment = {"PATH": path, "HOME": str(folder), "CC_ANALYZER_BIN": _BINARIES, "LC_ALL": "C.UTF-8"}
    with (folder / "codechecker" / "log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in {0, 2, 3}:
        return {"trouble": f"CodeChecker ended with {process.returncode}"}
    found = len(list(reports.glob("*.plist")))
    return {"cpu": used.ru_utime + used.ru_stime, "reports": found, "status": process.returncode}


def _installed(place: Path) -> Path | None:
    program = place / "venv" / "bin" / "CodeChecker"
    if not program.exists():
        venv.create(place / "venv", with_pip=True)
        command = [str(place / "venv" / "bin" / "python"), "-m", "pip", "install", "--quiet", f"codechecker=={VERSION}"]
        subprocess.run(command, check=False, stdout=sys.stderr)
    return program if program.exists() else None


def _commands(product: str, tree: Path) -> Any:  # noqa: ANN401 -- JSON
    """Yield a compile database of what the lab's last run of clang-tidy on the base was given."""
    from glasshouse.domain.releases import queries
    from glasshouse.domain.scans import record
    from glasshouse.domain.scans.models import ScanRun
    from glasshouse.domain.scans.tools import compilers
    from glasshouse.domain.scans.tools.values import Names, SourceFile, Unit

    release = queries.named(product, "1")
    run = ScanRun.objects.filter(release=release.uid, tool="clang-tidy").exclude(kept="").latest("pk")
    for one in record.read(run).inputs.wanted:
        unit = Unit((SourceFile(one.file[0], b""),), tuple(SourceFile(path, b"") for path, _ in one.closure), one.flags)
        flags = (word.replace("/src", str(tree)) for word in compilers.flags(unit, Names.of(unit)))
        path = str(tree / os.fsdecode(one.file[0].raw))
        compiler = "clang" if path.endswith(".c") else "clang++"
        yield {"directory": str(tree), "file": path, "arguments": [compiler, "-w", *flags, "-c", path]}
