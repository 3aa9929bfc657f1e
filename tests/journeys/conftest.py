# SPDX-License-Identifier: Apache-2.0
"""A real lab for a journey: its own folder, database and web process, driven by a real headless browser."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright

from tests.edges import running
from tests.journeys.windows import Somebody, Visitor, enrol, opened, window

CHROMIUM: Final = "/usr/bin/chromium"
ARGUMENTS: Final = ["--no-sandbox"] if os.geteuid() == 0 else []
START_SECONDS: Final = 60
ROOT: Final = Path(__file__).resolve().parents[2]

# What an operator does at a terminal, in a process that has the lab's settings.
OPERATE: Final = """
import json, sys
import django
django.setup()
from glasshouse.domain.people import commands as people
from glasshouse.domain.people.values import Role
from glasshouse.kernel import clock
asked = json.load(sys.stdin)
new = people.NewPerson(asked["email"], asked["name"], asked["organisation"], [Role(role) for role in asked["roles"]])
made = people.add_person("operator:tests", new, now=clock.now())
answer = {"uid": made.person.text, "secret": made.secret}
if asked["password"]:
    answer["password"] = people.set_demo_password("operator:tests", asked["email"], now=clock.now()).password
print(json.dumps(answer))
"""


@dataclass(slots=True)
class RunningLab:
    """One lab whose web process serves at `url`."""

    home: Path
    url: str
    environment: dict[str, str]
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def run(self, arguments: Sequence[str], *, told: str = "") -> str:
        """Run Python with the lab's settings and return what it printed."""
        done = subprocess.run(
            [sys.executable, *arguments], env=self.environment, input=told, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def add(
        self,
        email: str,
        *,
        name: str = "Reviewer 7",
        organisation: str = "Regulator A",
        roles: Sequence[str] = ("reviewer",),
        has_password: bool = False,
    ) -> Somebody:
        """Add a person as the operator does."""
        asked = {"email": email, "name": name, "organisation": organisation, "roles": roles, "password": has_password}
        answer: dict[str, Any] = json.loads(self.run(["-c", OPERATE], told=json.dumps(asked)))
        return Somebody(email, answer["uid"], answer["secret"], answer.get("password", ""))

    def kinds(self) -> list[str]:
        """Return the kinds of the journal's events, in order."""
        code = (
            "import django; django.setup();"
            "from glasshouse.domain.journal.models import Event;"
            "print(*Event.objects.order_by('pk').values_list('kind', flat=True))"
        )
        return self.run(["-c", code]).split()

    def serve(self) -> None:
        """Start the web process and wait until it answers."""
        port = self.url.rpartition(":")[2]
        command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", port]
        command += ["--workers", "1", "--blocking-threads", "1", "--no-ws", "--no-access-log", "--log-level", "warning"]
        with (self.home / "web.log").open("wb") as log:
            started = subprocess.Popen(
                [*command, "glasshouse.config.wsgi:application"],
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.processes.append(started)
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            assert started.poll() is None, (self.home / "web.log").read_text("utf-8")
            try:
                if httpx.get(f"{self.url}/sign-in", timeout=5).status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.1)
        raise AssertionError((self.home / "web.log").read_text("utf-8"))

    def stop(self) -> None:
        """End what was started."""
        for process in self.processes:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
                process.wait(timeout=20)


@pytest.fixture
def lab(database_url: str, tmp_path: Path) -> Iterator[RunningLab]:
    """A migrated lab, serving."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    home = tmp_path / "lab"
    home.mkdir()
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("GLASSHOUSE_")},
        "DJANGO_SETTINGS_MODULE": "glasshouse.config.settings",
        "GLASSHOUSE_DATABASE": database_url,
        "GLASSHOUSE_DEMO": "true",
        "GLASSHOUSE_HOME": str(home),
        "GLASSHOUSE_KEYS": str(tmp_path / "keys"),
        "GLASSHOUSE_NAME": "Lab Brussels",
        "GLASSHOUSE_URL": f"http://localhost:{port}",
        "PYTHONPATH": str(ROOT / "src"),
    }
    web_keys = tmp_path / "keys" / "web"
    web_keys.mkdir(parents=True)
    (web_keys / "django.key").write_text("a key of this one journey, long enough for what it does here", "ascii")
    here = RunningLab(home, environment["GLASSHOUSE_URL"], environment)
    try:
        here.serve()
        yield here
    finally:
        here.stop()


@pytest.fixture
def serving(prepared: running.RunningLab) -> running.RunningLab:
    """The lab that the test's module prepares, serving with all its processes."""
    prepared.serve(workers=1)
    return prepared


@pytest.fixture
def served(common: running.RunningLab) -> running.RunningLab:
    """The lab that the module's tests share, serving, with a reviewer who is this test's own."""
    return common.of_another()


@pytest.fixture(scope="module")
def playwright(beginning: object) -> Iterator[Playwright]:
    """Playwright, for a module's tests on one database.

    An event loop runs in this thread as long, in which Django would not ask a database: it must not outlive the module,
    nor the tests of one database, for the next one is made in this process.
    """
    del beginning  # wanted for its order: what is made of it ends first
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="module")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """Headless Chromium of Debian."""
    started = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
    yield started
    started.close()


@pytest.fixture
def browser(chromium: Browser) -> Iterator[Browser]:
    """The browser without a window; those that the test opens, it leaves to be closed."""
    assert not chromium.contexts
    yield chromium
    for context in chromium.contexts:
        context.close()


@pytest.fixture
def visitor(browser: Browser, lab: RunningLab) -> Iterator[Visitor]:
    """A fresh window at the lab; the test fails if the page's policy was violated or a script threw."""
    somebody = opened(browser, lab.url)
    somebody.context.set_default_timeout(15_000)
    yield somebody
    assert somebody.complaints == []


@pytest.fixture
def enrolled(visitor: Visitor, lab: RunningLab) -> Visitor:
    """A reviewer who came in by a link and registered a passkey."""
    visitor.plug_in_authenticator()
    enrol(visitor, lab.add("reviewer@regulator.example"))
    return visitor


@pytest.fixture
def reader(browser: Browser, served: running.RunningLab) -> Iterator[Visitor]:
    """The reviewer in an open visit; a violated policy or an error in a script fails the test."""
    visitor = window(browser, served, "reviewer")
    visitor.page.goto("/")
    visitor.page.get_by_role("button", name="Begin a visit").click()
    visitor.page.get_by_role("navigation", name="Files of this release").wait_for()
    yield visitor
    assert visitor.complaints == []
