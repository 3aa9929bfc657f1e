# SPDX-License-Identifier: Apache-2.0
"""Fetching real source by ordinary package clients, none of whose packages' code runs outside a sandbox."""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path


class NoSourceError(Exception):
    """Nothing could be fetched; the message says why in one line."""


def python_source(name: str, version: str, sha256: str, folder: Path) -> Path:
    """Fetch a source distribution with pip and check its digest.

    pip runs a package's own code to learn its metadata, so pip runs in a sandbox that can write to one folder,
    sees no home folder, and holds no key of any lab.
    """
    wanted = folder / f"{name}-{version}.tar.gz"
    if not wanted.exists():
        with tempfile.TemporaryDirectory(prefix="glasshouse-fetch-", dir=folder) as drop:
            command = [*("pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:"), "--dest", drop]
            done = subprocess.run(
                _sandboxed([sys.executable, "-m", *command, f"{name}=={version}"], Path(drop)),
                capture_output=True,
                text=True,
                check=False,
            )
            found = list(Path(drop).glob("*.tar.gz"))
            if done.returncode or not found:
                reason = (done.stderr.strip().splitlines() or ["no answer"])[-1]
                raise NoSourceError(f"{name} {version} could not be fetched: {reason[:200]}")
            shutil.move(found[0], wanted)
    _check(wanted, sha256)
    return wanted


def debian_source(version: str, folder: Path) -> Path:
    """Fetch a version of Debian's linux-source and return the kernel's own archive from it; runs no package code."""
    archive = folder / f"linux-source-{version}.tar.xz"
    if archive.exists():
        return archive
    with tempfile.TemporaryDirectory(prefix="glasshouse-fetch-", dir=folder) as drop:
        done = subprocess.run(
            ["apt-get", "download", "-qq", f"linux-source-6.1={version}"],
            cwd=drop,
            capture_output=True,
            text=True,
            check=False,
        )
        packages = list(Path(drop).glob("*.deb"))
        if done.returncode or not packages:
            raise NoSourceError(f"linux-source {version} could not be fetched: {done.stderr.strip()[:200]}")
        subprocess.run(["dpkg-deb", "-x", packages[0], drop], check=True)
        shutil.move(Path(drop) / "usr/src/linux-source-6.1.tar.xz", archive)
    return archive


def debian_original(package: str, sha256: str, folder: Path) -> Path:
    """Fetch the archive that a source package of Debian was made from, check its digest, and run no code of it.

    It asks where this machine's packages come from; lists of sources, which it may have none of, are kept in `folder`.
    """
    kept = folder / f"{package}-{sha256[:12]}.orig.tar"
    if kept.exists():
        return kept
    options = _source_lists(folder / "apt")
    with tempfile.TemporaryDirectory(prefix="glasshouse-fetch-", dir=folder) as drop:
        command = ["apt-get", "-qq", *options, "source", "--download-only", package]
        done = subprocess.run(command, cwd=drop, capture_output=True, text=True, check=False)
        for found in Path(drop).glob("*.orig.tar.*"):
            with found.open("rb") as file:
                if hashlib.file_digest(file, "sha256").hexdigest() == sha256:
                    shutil.move(found, kept)
                    return kept
    reason = done.stderr.strip().splitlines()[-1:] or ["its archive is another than the one expected"]
    raise NoSourceError(f"{package} could not be fetched: {reason[0][:200]}")


def _source_lists(folder: Path) -> list[str]:
    """Return apt's options for lists of sources of our own, fetched once."""
    sources = folder / "sources.sources"
    options = [
        *("-o", f"Dir::Etc::SourceList={sources}", "-o", "Dir::Etc::SourceParts=/dev/null"),
        *("-o", f"Dir::State::Lists={folder / 'lists'}"),
    ]
    if not sources.exists():
        (folder / "lists" / "partial").mkdir(parents=True, exist_ok=True)
        installed = Path("/etc/apt/sources.list.d/debian.sources")
        if not installed.exists():
            raise NoSourceError(f"There is no {installed} to learn from where packages come.")
        sources.write_text(installed.read_text("utf-8").replace("Types: deb\n", "Types: deb-src\n"), "utf-8")
        done = subprocess.run(["apt-get", "-qq", *options, "update"], capture_output=True, text=True, check=False)
        if done.returncode:
            sources.unlink()
            raise NoSourceError(f"The lists of sources could not be fetched: {done.stderr.strip()[:200]}")
    return options


def debian_versions() -> list[str]:
    """Return the versions of linux-source that the package lists offer, oldest first."""
    told = subprocess.run(
        ["apt-cache", "madison", "linux-source-6.1"], capture_output=True, text=True, check=False
    ).stdout
    versions = dict.fromkeys(line.split("|")[1].strip() for line in told.splitlines() if "|" in line)
    return list(versions)[::-1]


def _check(path: Path, sha256: str) -> None:
    with path.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != sha256:
            path.unlink()
            raise NoSourceError(f"{path.name} is not the file that was expected; it was removed.")


def _sandboxed(command: list[str], drop: Path) -> list[str]:
    seen = [Path(sys.base_prefix), Path(sys.prefix), *_pip_settings()]
    drop.chmod(0o777)
    passed = {name: value for name, value in os.environ.items() if name.startswith("PIP_") or name.endswith("_proxy")}
    return [
        *("bwrap", "--unshare-all", "--share-net", "--die-with-parent", "--new-session", "--cap-drop", "ALL"),
        *("--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc"),
        *(part for hidden in ("/root", "/home", "/tmp") for part in ("--tmpfs", hidden)),  # noqa: S108 -- inside
        *(part for path in seen if path.exists() for part in ("--ro-bind", str(path), str(path))),
        *("--bind", str(drop), str(drop), "--chdir", str(drop), "--clearenv"),
        *("--setenv", "PATH", "/usr/bin:/bin", "--setenv", "HOME", "/tmp"),  # noqa: S108 -- inside
        *(part for name, value in passed.items() for part in ("--setenv", name, value)),
        *command,
    ]


def _pip_settings() -> list[Path]:
    home = Path.home()
    named = os.environ.get("PIP_CONFIG_FILE")
    return [home / ".config/pip", home / ".pip", *([Path(named)] if named else [])]
