# SPDX-License-Identifier: Apache-2.0
"""A real lab for tests of the edges: founded by the command, with people, a release, a grant, and its processes."""

import copy
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import httpx

from tests.edges.forge import ROOT, the_forge
from tests.lab import Files, tar_of

START_SECONDS: Final = 60
# These start others, or copy a lab that goes on: they start like any other process, and take as long.
STARTED: Final = frozenset({"serve", "work", "sign", "backup"})

# What happened before the test: people who are enrolled and showed it, a release, a grant of two. As JSON.
SET_THE_SCENE: Final = """
import json, sys, time
from datetime import timedelta
import django
django.setup()
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth import SESSION_KEY, BACKEND_SESSION_KEY, HASH_SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from glasshouse.domain.access.values import USUAL, Limits, NewGrant, Patterns, Purpose
from glasshouse.domain.people import commands as people, queries as people_queries
from glasshouse.domain.people.models import Person
from glasshouse.domain.people.values import Role
from glasshouse.domain.readingroom import commands as readingroom
from glasshouse.domain.releases import queries as releases
from glasshouse.kernel import clock
from glasshouse.kernel.digests import Digest
from glasshouse.kernel.ids import Uid

asked = json.load(sys.stdin)
sys.path.insert(0, asked["root"])
now = clock.now()

def add(email, organisation, role, is_vendor):
    new = people.NewPerson(email, email.partition("@")[0].title(), organisation, [Role(role)], is_vendor)
    uid = people.add_person("operator:tests", new, now=now).person
    person = Person.objects.get(uid=uid.text)
    Authenticator.objects.create(user=person, type="totp", data={"secret": "sealed"})
    session = SessionStore()
    session[SESSION_KEY] = str(person.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[-1]
    session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    session["account_authentication_methods"] = [
        {"method": "mfa", "type": "totp", "at": time.time(), "reauthenticated": True}
    ]
    session["account_authentication_methods_user"] = str(person.pk)
    session.create()
    return {"email": email, "uid": uid.text, "session": session.session_key}, people_queries.viewer_by_row(person.pk)

cast, viewers = {}, {}
for role in ("lab-manager", "custodian", "export-officer", "product-owner", "auditor"):
    cast[role], viewers[role] = add(f"{role}@vendor.example", "Vendor", role, True)
reviewers = ["reviewer"] + [f"reviewer{number}" for number in range(2, asked["reviewers"] + 1)]
for who in reviewers:
    cast[who], viewers[who] = add(f"{who}@regulator.example", "Regulator A", "reviewer", False)
cast["stranger"], viewers["stranger"] = add("stranger@other.example", "Laboratory B", "reviewer", False)
answer = {"cast": cast}

def grant(who):
    office = engaging.Officers(viewers["lab-manager"], viewers["custodian"], viewers["export-officer"], "EC-1")
    engagement = engaging.engage(office, viewers[who], [Uid(row.uid) for row in rows], now=now)
    engaging.sign(engagement, now=now)
    new = NewGrant(engagement, cast[who]["email"],
                   Uid(rows[0].product.uid), tuple(Uid(row.uid) for row in rows),
                   Patterns.of(asked["patterns"]), now, now + timedelta(days=2), Limits(**asked["limits"]),
                   USUAL | frozenset(map(Purpose, asked["purposes"])))
    made = readingroom.propose_grant(viewers["lab-manager"], new, now=now)
    for role, basis in (("custodian", ""), ("export-officer", "EC-1")):
        readingroom.decide(viewers[role], Uid(made.uid), readingroom.Verdict.AGREE,
                           digest=Digest(bytes(made.digest)), now=now, basis=basis)
    return queries.desk(viewers[who], now)[0].grant.uid

rows = list(releases.all_releases())
if rows:
    from glasshouse.domain.readingroom import queries
    from scripts import engaging
    grants = {who: grant(who) for who in reviewers}
    answer |= {"grants": grants, "releases": {row.version: row.uid for row in rows}}
print(json.dumps(answer))
"""

# From a person's request to their word on the terms, for journeys that begin after it.
ENGAGE: Final = """
import json, sys
import django
django.setup()
from glasshouse.domain.engagements.models import Engagement
from glasshouse.domain.people import queries as people
from glasshouse.domain.people.models import Person
from glasshouse.domain.releases import queries as releases
from glasshouse.kernel import clock
from glasshouse.kernel.ids import Uid

asked = json.load(sys.stdin)
sys.path.insert(0, asked["root"])
from scripts import engaging

def viewer(uid):
    return people.viewer(Person.objects.select_related("organisation").get(uid=uid))

office = engaging.Officers(*(viewer(uid) for uid in asked["office"]), asked["export"])
person = viewer(Person.objects.get(email=asked["email"]).uid)
taken = [Uid(row.uid) for row in releases.all_releases()]
uid = engaging.engage(office, person, taken, now=clock.now())
engaging.sign(uid, now=clock.now())
print(Engagement.objects.get(uid=uid.text).label)
"""

# A session as the front door would open one, its person's second factor just shown.
SIGN_IN: Final = """
import sys, time
import django
django.setup()
from django.conf import settings
from django.contrib.auth import SESSION_KEY, BACKEND_SESSION_KEY, HASH_SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from glasshouse.domain.people.models import Person
person = Person.objects.get(uid=sys.stdin.read().strip())
session = SessionStore()
session[SESSION_KEY] = str(person.pk)
session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[-1]
session[HASH_SESSION_KEY] = person.get_session_auth_hash()
session["account_authentication_methods"] = [
    {"method": "mfa", "type": "totp", "at": time.time(), "reauthenticated": True}
]
session["account_authentication_methods_user"] = str(person.pk)
session.create()
print(session.session_key)
"""

# Everybody's second factor shown anew, in the sessions that they still have.
CONFIRM: Final = """
import sys, time
import django
django.setup()
from django.contrib.sessions.backends.db import SessionStore
for key in sys.stdin.read().split():
    session = SessionStore(key)
    for shown in session.get("account_authentication_methods", []):  # none of a session that ended
        session["account_authentication_methods"] = [{**shown, "at": time.time()}]
        session.save()
"""
CONFIRMED_FOR: Final = 60.0  # seconds; the lab's own five minutes, less what a turn takes on a busy machine

# What the product's owner lets a reader's browser do.
LET: Final = """
import sys, django
django.setup()
from glasshouse.domain.people import queries as people
from glasshouse.domain.people.models import Person
from glasshouse.domain.releases import commands
from glasshouse.domain.releases.models import Product
from glasshouse.domain.releases.reading import Reading
from glasshouse.kernel import clock
from glasshouse.kernel.ids import Uid
owner = people.viewer(Person.objects.select_related("organisation").get(email="product-owner@vendor.example"))
reading = Reading.parse(sys.stdin.read())
commands.set_reading(owner, Uid(Product.objects.get().uid), reading, reason="x", now=clock.now())
"""

# What the lab's own process looks at once it has run for a while.
LOOK_AT_TOOLS: Final = """
import sys, django
django.setup()
from glasshouse.domain.scans import surveying
from glasshouse.domain.scans.tools import installing
from glasshouse.kernel import clock
surveying.look(installing.standard_folder(), sys.stdin.read().split(), now=clock.now())
"""


@dataclass(slots=True)
class RunningLab:
    """One lab in a folder of its own; `cast` holds each person's address, uid and session.

    `grant` is the reviewer's. Where tests share a lab, `reviewers` are those whom none has met yet, each with a grant.
    """

    home: Path
    url: str
    environment: dict[str, str]
    cast: dict[str, dict[str, str]] = field(default_factory=dict)
    grant: str = ""
    reviewers: list[tuple[str, str]] = field(default_factory=list)
    releases: dict[str, str] = field(default_factory=dict)
    confirmed_at: float = 0.0
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @classmethod
    def found(cls, folder: Path, database_url: str) -> "RunningLab":
        """Found a lab as an operator does."""
        lab = cls._in(folder)
        keys = str(folder / "keys")
        lab.command("init", "--name", "Lab B", "--url", lab.url, "--database", database_url, "--keys", keys)
        return lab

    @classmethod
    def _in(cls, folder: Path) -> "RunningLab":
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        home = folder / "lab"
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("GLASSHOUSE_", "DJANGO_"))},
            "GLASSHOUSE_HOME": str(home),
            "HOME": str(folder / "somebody"),
            "PYTHONPATH": str(ROOT / "src"),
            "DJANGO_SETTINGS_MODULE": "glasshouse.config.settings",
            "GLASSHOUSE_CHECKPOINT_SECONDS": "1",
        }
        (folder / "somebody").mkdir(parents=True, exist_ok=True)
        return cls(home, f"http://localhost:{port}", environment)

    def copy(self, folder: Path, database_url: str) -> "RunningLab":
        """Return a lab just like this one, of which nothing runs, in another folder, at another address.

        `database_url` names a copy of this one's database.
        """
        before = self.home.parent
        shutil.copytree(before, folder, symlinks=True, dirs_exist_ok=True)
        lab = self._in(folder)
        path = lab.home / "lab.toml"
        told = tomllib.loads(path.read_text("utf-8"))
        told |= {"database": database_url, "keys": str(folder / "keys"), "url": lab.url}
        path.write_text("".join(f'{name} = "{value}"\n' for name, value in told.items()), "utf-8")
        told = {"grant": self.grant, "releases": dict(self.releases), "confirmed_at": self.confirmed_at}
        return replace(lab, cast=copy.deepcopy(self.cast), reviewers=list(self.reviewers), **told)

    def of_another(self) -> "RunningLab":
        """Return the same lab, whose one reviewer is one whom no test has met."""
        assert self.reviewers, "every reviewer was met: set_the_scene needs one for each test"
        who, grant = self.reviewers.pop(0)
        others = {name: person for name, person in self.cast.items() if not name.startswith("reviewer")}
        return replace(self, cast={**others, "reviewer": self.cast[who]}, grant=grant)

    def command(self, *words: str, told: str = "", expected: int = 0) -> str:
        """Run a command and return what it printed; any other exit code fails the test."""
        done = self.run_command(*words, told=told)
        assert done.returncode == expected, (done.returncode, done.stdout, done.stderr)
        return done.stdout

    def run_command(self, *words: str, told: str = "", home: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Run a command; `home` is another person's home folder."""
        environment = {**self.environment, **({"HOME": str(home)} if home else {})}
        command = ["-m", "glasshouse.edges.cli", *words]
        if words[0] not in STARTED:
            return the_forge().run(command, told, environment)
        return subprocess.run(
            [sys.executable, *command], env=environment, input=told, capture_output=True, text=True, check=False
        )

    def python(self, code: str, told: str = "") -> str:
        """Run Python with the lab's settings and return what it printed."""
        done = the_forge().run(["-c", code], told, self.environment)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def set_the_scene(
        self, patterns: Sequence[str] = ("**",), *, reviewers: int = 1, purposes: Sequence[str] = (), **limits: int
    ) -> None:
        """Add the cast and, where a release is here, open a grant on all releases for each reviewer.

        `purposes` are those beyond the usual.
        """
        asked = {
            "patterns": list(patterns),
            "limits": limits,
            "purposes": list(purposes),
            "reviewers": reviewers,
            "root": str(ROOT),
        }
        answer: dict[str, Any] = json.loads(self.python(SET_THE_SCENE, json.dumps(asked)))
        self.cast = answer["cast"]
        self.confirmed_at = time.time()
        self.reviewers = list(answer.get("grants", {}).items())
        self.grant = self.reviewers[0][1] if self.reviewers else ""
        self.releases = answer.get("releases", {})

    def take(self, version: str, files: Files) -> None:
        """Import a release of `server` as the operator does."""
        archive = self.home.parent / f"server-{version}.tar.gz"
        archive.write_bytes(tar_of(files))
        self.command("release", "import", "server", version, str(archive))

    def look_at(self, *tools: str) -> None:
        """Have the lab know of these tools at once."""
        self.python(LOOK_AT_TOOLS, " ".join(tools))

    def engage(self, email: str, export: str = "EC-1") -> str:
        """Open an engagement on all releases for somebody, its terms signed; return its label."""
        office = [self.cast[role]["uid"] for role in ("lab-manager", "custodian", "export-officer")]
        asked = {"email": email, "export": export, "office": office, "root": str(ROOT)}
        return self.python(ENGAGE, json.dumps(asked)).strip()

    def let(self, words: str) -> None:
        """Set how the one product is read."""
        self.python(LET, words)

    def sign_in(self, who: str) -> None:
        """Give somebody a new session: those of before are in no backup."""
        self.cast[who]["session"] = self.python(SIGN_IN, self.cast[who]["uid"]).strip()

    def session(self, who: str) -> str:
        """Return somebody's session, in which they may decide: their second factor was shown a moment ago."""
        if time.time() - self.confirmed_at > CONFIRMED_FOR:
            self.confirmed_at = time.time()
            self.python(CONFIRM, " ".join(person["session"] for person in self.cast.values()))
        return self.cast[who]["session"]

    def serve(self, workers: int = 2) -> None:
        """Start web, worker and signer, and wait until the web answers."""
        command = [sys.executable, "-m", "glasshouse.edges.cli", "serve", "--workers", str(workers)]
        with (self.home / "serve.log").open("wb") as log:
            started = subprocess.Popen(command, env=self.environment, stdout=log, stderr=log, start_new_session=True)
        self.processes.append(started)
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            assert started.poll() is None, (self.home / "serve.log").read_text("utf-8")
            try:
                if httpx.get(f"{self.url}/sign-in", timeout=5).status_code == httpx.codes.OK:
                    return
            except httpx.TransportError:
                time.sleep(0.1)
        raise AssertionError((self.home / "serve.log").read_text("utf-8"))

    def client(self, who: str, **headers: str) -> httpx.Client:
        """Return a client in somebody's session; close it."""
        return httpx.Client(
            base_url=f"{self.url}/api/v1",
            cookies={"session": self.session(who)},
            headers={"X-Glasshouse": "tests", **headers},
            timeout=60,
        )

    def sign_terminal_in(self, who: str, home: Path) -> None:
        """Put somebody's session where `glasshouse login` would."""
        folder = home / ".config" / "glasshouse"
        folder.mkdir(parents=True, exist_ok=True)
        kept = {"url": self.url, "cookie": "session", "value": self.session(who), "person": self.cast[who]["uid"]}
        kept["until"] = ""
        (folder / "session.json").write_text(json.dumps(kept), "utf-8")

    def stop(self) -> None:
        """End what was started."""
        for process in self.processes:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
                process.wait(timeout=30)
        self.processes.clear()


def make_source(folder: Path, *, files: int = 3, lines: int = 60) -> Path:
    """Write a small release to import: plain files, a binary, and one whose text would act on a terminal."""
    source = folder / "source"
    (source / "src").mkdir(parents=True)
    for number in range(files):
        text = "".join(f"int line_{number}_{line}(void);\n" for line in range(1, lines + 1))
        (source / "src" / f"file{number}.c").write_text(text, "utf-8")
    (source / "src" / "hostile.c").write_bytes(
        b"/* \x1b]0;owned\x07 \x1b[31mred \xe2\x80\xae edoc \xc2\x9b31m :bug: [bold]x */\nint ok;\r\n\xff\xfe\n"
    )
    (source / "logo.bin").write_bytes(b"\0\1\2" * 50)
    return source
