# SPDX-License-Identifier: Apache-2.0
"""`glasshouse init`: found a lab, or bring an old one to this version. What exists is kept."""

import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from glasshouse.edges.cli import laboratory
from glasshouse.engines.ledger.notes import SigningKey
from glasshouse.engines.ledger.signer import Signer, state_name
from glasshouse.engines.store import MasterKey
from glasshouse.kernel import clock
from glasshouse.kernel.errors import InvalidError

LOG_KEY, VKEY = "log.key", "log.vkey"


@dataclass(frozen=True, slots=True)
class Plan:
    """What a new lab is called and where it lies."""

    home: Path
    keys: Path
    name: str
    url: str
    database: str
    is_demo: bool


def found(plan: Plan, actor: str) -> str:
    """Make what is missing of the lab and return the line of its log's key for trust files."""
    os.umask(0o077)  # what is founded is for its user alone
    is_new = not (plan.home / "lab.toml").exists()
    if is_new:
        _write_settings(plan)
        # Before the settings are read, or this process would work under a key that no other has.
        _make_secret(plan.keys / "web" / "django.key")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "glasshouse.config.settings")
    os.environ["GLASSHOUSE_HOME"] = str(plan.home)
    import django

    django.setup()
    from django.conf import settings

    from glasshouse.domain.journal import commands as journal
    from glasshouse.domain.journal import promises

    lab = settings.GLASSHOUSE
    for folder in (lab.home, lab.keys, lab.run, lab.signer, lab.web, lab.ledger):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _make_secret(lab.web / "django.key")
    if not lab.master_passphrase and not lab.master_key.exists():
        MasterKey.create(lab.master_key)
    laboratory.migrate()
    vkey = found_log(lab.signer, lab.ledger, lab.origin)
    if not (lab.web / "promise.key").exists():
        with journal.transaction():
            journal.record("lab.founded", actor=actor, at=clock.now(), fields={"name": lab.name, "origin": lab.origin})
        promises.delegate_key(actor, now=clock.now())
    return f"log {vkey}"


def found_log(signer: Path, ledger: Path, origin: str) -> str:
    """Make the log's key and first state where they are missing; return the verifier key."""
    key_file = signer / LOG_KEY
    if key_file.exists():
        key = SigningKey.parse(key_file.read_text("ascii").strip())
    else:
        key = SigningKey.generate(origin)
        with os.fdopen(os.open(key_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(key.to_text() + "\n")
    state = signer / state_name(origin)
    if not state.exists():
        Signer.found(key, origin, state)
    vkey = str(SigningKey(origin, key.kind, key.private).verifier)
    (ledger / VKEY).write_text(vkey + "\n", "utf-8")
    return vkey


def _write_settings(plan: Plan) -> None:
    url = urlsplit(plan.url)
    if url.scheme not in {"http", "https"} or not url.hostname:
        raise InvalidError(f"Not an address: {plan.url!r}", hint="Write https://lab.example or http://localhost:8000.")
    if not plan.name.strip() or any(character in plan.name for character in '"\\\n'):
        raise InvalidError("The lab's name is a line without quotes.")
    plan.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    settings = {
        "name": plan.name.strip(),
        "origin": f"{url.hostname}/ledger",
        "url": plan.url.rstrip("/"),
        "keys": str(plan.keys),
        "database": plan.database,
        "demo": "true" if plan.is_demo else "false",
    }
    lines = [f'{name} = "{value}"' for name, value in settings.items() if value]
    with os.fdopen(os.open(plan.home / "lab.toml", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write("# SPDX-License-Identifier: Apache-2.0\n" + "\n".join(lines) + "\n")


def _make_secret(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.exists():
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_hex(32) + "\n")
