# SPDX-License-Identifier: Apache-2.0
"""Typed readers of the lab's settings: an environment variable first, then `lab.toml`, then a default.

A value that is not understood stops the start: a lab that guesses is a lab that shows too much. A secret may
come from a file named by `NAME_FILE`.
"""

import os
import tomllib
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from glasshouse.config.lab import Cluster
from glasshouse.engines.ledger.errors import MalformedError
from glasshouse.engines.ledger.notes import VerifierKey
from glasshouse.engines.mail import MailServer, Security
from glasshouse.kernel.errors import InvalidError

NAMES = frozenset(
    {
        "checkpoint_seconds",
        "compute_credentials",
        "compute_host",
        "compute_scheduler",
        "compute_workers",
        "database",
        "demo",
        "escalate_days",
        "grant_end_days",
        "keys",
        "mail_authorities",
        "mail_from",
        "mail_host",
        "mail_password",
        "mail_port",
        "mail_security",
        "mail_user",
        "master_passphrase",
        "name",
        "origin",
        "public_checkpoint_seconds",
        "remind_days",
        "search_file_mb",
        "font",
        "search_memory_mb",
        "searches_per_minute",
        "searches_per_minute_organisation",
        "time_zone",
        "trusted_proxies",
        "url",
        "witnesses",
    }
)
"""Every setting there is."""


class SettingError(InvalidError):
    """A setting that cannot be understood; says which and what it may be."""

    code = "config.setting"


@dataclass(frozen=True, slots=True)
class Environment:
    """The settings of one lab, read once at start."""

    variables: dict[str, str]
    file: dict[str, Any]

    @classmethod
    def of(cls, home: Path) -> "Environment":
        """Read the process's environment and, where the lab exists, its `lab.toml`."""
        path = home / "lab.toml"
        try:
            content = tomllib.loads(path.read_text("utf-8")) if path.exists() else {}
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise SettingError(f"{path} is not TOML: {error}") from error
        unknown = sorted(content.keys() - NAMES)
        if unknown:
            raise SettingError(f"{path} holds what is no setting: {', '.join(unknown)}")
        return cls(dict(os.environ), content)

    def text(self, name: str, default: str = "") -> str:
        """Read GLASSHOUSE_NAME, the file that GLASSHOUSE_NAME_FILE names, or `name` in lab.toml."""
        variable = f"GLASSHOUSE_{name.upper()}"
        if variable in self.variables:
            return self.variables[variable]
        if f"{variable}_FILE" in self.variables:
            path = Path(self.variables[f"{variable}_FILE"])
            try:
                return path.read_text("utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                raise SettingError(f"{variable}_FILE names {path}, which cannot be read") from error
        value = self.file.get(name, default)
        if not isinstance(value, str):
            raise SettingError(f"{name} in lab.toml is text in quotes, not {value!r}")
        return value

    def flag(self, name: str) -> bool:
        """Read a setting that is `true` or `false` and nothing else; absent means false."""
        value = self.text(name, "false")
        if value not in {"true", "false"}:
            raise SettingError(f"{name} is true or false, not {value!r}")
        return value == "true"

    def number(self, name: str, default: int, *, least: int, most: int) -> int:
        """Read a whole number within its bounds."""
        value = self.text(name, str(default))
        if not (value.isascii() and value.isdigit()) or not least <= int(value) <= most:
            raise SettingError(f"{name} is a whole number from {least} to {most}, not {value!r}")
        return int(value)

    def words(self, name: str) -> list[str]:
        """Read a list separated by commas or white space."""
        return self.text(name).replace(",", " ").split()

    def networks(self, name: str) -> tuple[IPv4Network | IPv6Network, ...]:
        """Read a list of addresses and networks such as `10.0.0.0/8`."""
        try:
            return tuple(ip_network(text) for text in self.words(name))
        except ValueError as error:
            raise SettingError(f"{name} is a list of addresses and networks: {error}") from error

    def witnesses(self, name: str) -> tuple[str, ...]:
        """Read a list of `URL|VKEY`, or `|VKEY` for a witness that files carry checkpoints to."""
        found = tuple(self.words(name))
        for text in found:
            url, bar, vkey = text.partition("|")
            if not bar or (url and urlsplit(url).scheme not in {"http", "https"}):
                raise SettingError(f"{name} is a list of URL|VKEY, not {text!r}")
            try:
                VerifierKey.parse(vkey)
            except MalformedError as error:
                raise SettingError(f"{name}: {text!r} holds no verifier key: {error}") from error
        return found

    def cluster(self) -> Cluster | None:
        """Read which cluster elsewhere runs analysers; None where this machine does."""
        scheduler, host, folder = (self.text(f"compute_{name}") for name in ("scheduler", "host", "credentials"))
        if not scheduler and not host and not folder:
            return None
        if urlsplit(scheduler).scheme != "tls" or not host or not Path(folder).is_dir():
            raise SettingError(
                "compute_scheduler is tls://HOST:PORT, and goes with compute_host, this machine's address, and"
                " compute_credentials, the folder of the cluster's credentials"
            )
        return Cluster(scheduler, host, Path(folder))

    def mail(self) -> MailServer | None:
        """Read where mail is handed in; None where no `mail_host` is named. A password without one is a slip."""
        host = self.text("mail_host")
        if not host:
            if stray := [name for name in sorted(NAMES) if name.startswith("mail_") and self.text(name)]:
                raise SettingError(f"{', '.join(stray)} without mail_host: name the server, or none of these")
            return None
        security = self.text("mail_security", Security.STARTTLS)
        if security not in set(Security):
            raise SettingError(f"mail_security is {', '.join(Security)}, not {security!r}")
        usual = 465 if security == Security.TLS else 25 if security == Security.NONE else 587
        authorities = self.text("mail_authorities")
        if authorities and not Path(authorities).is_file():
            raise SettingError(f"mail_authorities names {authorities}, which is no file")
        try:
            return MailServer(
                host=host,
                port=self.number("mail_port", usual, least=1, most=65_535),
                security=Security(security),
                sender=self.text("mail_from"),
                user=self.text("mail_user"),
                password=self.text("mail_password"),
                authorities=Path(authorities) if authorities else None,
            )
        except SettingError:
            raise
        except InvalidError as error:
            raise SettingError(f"mail_host, mail_from, mail_user, mail_password, mail_security: {error}") from error


def database(url: str, home: Path) -> dict[str, Any]:
    """Turn `sqlite:///path` or `postgresql://user:password@host:port/name?host=/socket/folder` into Django's form."""
    if not url:
        url = f"sqlite:///{home.absolute() / 'lab.sqlite3'}"
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": _sqlite_name(parts.path),
            "OPTIONS": {
                # IMMEDIATE takes the write lock first, so that no transaction fails half way; FULL syncs each
                # commit, because an entry that a power cut can lose was not recorded.
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=16000;",
            },
            "CONN_MAX_AGE": None,
        }
    if parts.scheme == "postgresql":
        query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": unquote(parts.path.removeprefix("/")),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": query.pop("host", parts.hostname or ""),
            "PORT": query.pop("port", str(parts.port or "")),
            # An entry that a power cut can lose was not recorded; the server's own default may be looser.
            "OPTIONS": {"options": "-c synchronous_commit=on"} | query,
            "CONN_MAX_AGE": None,
        }
    raise SettingError(f"database is sqlite:///path or postgresql://…, not {parts.scheme}://…")


def _sqlite_name(path: str) -> str:
    # sqlite:////srv/lab.sqlite3 is absolute, sqlite:///lab.sqlite3 relative, as SQLAlchemy and others write it.
    name = unquote(path[1:])
    if not name:
        raise SettingError("the database's file is missing after sqlite:///")
    return name
