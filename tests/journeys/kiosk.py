# SPDX-License-Identifier: Apache-2.0
"""A kiosk: real Chromium under a managed policy, in a mount namespace, with a page that tells what it could do.

The browser runs whole, without a display and without `--headless`, so that printing and downloads take their usual
way. Its page reports to the server by itself: under the policy nothing else can look into the browser.
"""

import json
import os
import shlex
import signal
import subprocess
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, urlsplit

CHROMIUM: Final = "/usr/bin/chromium"
POLICY: Final = Path(__file__).resolve().parents[2] / "docs" / "operating" / "kiosk-policy.json"
SECONDS: Final = 60
SETTLE_SECONDS: Final = 4
WHOLE: Final = ("--ozone-platform=headless", "--kiosk-printing")
PROBES: Final = """<!doctype html><title>sheet</title><p>secret text</p><script>
const say = (what, how) => fetch(`/said?${what}=${encodeURIComponent(how)}`, { method: "POST" });
const rest = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));
const elsewhere = "ELSEWHERE";
const tried = async (what, work) => {
  try { await say(what, await work()); } catch (error) { await say(what, error.name); }
};
(async () => {
  const link = Object.assign(document.createElement("a"), { href: "/file.bin", download: "file.bin" });
  document.body.append(link);
  link.click();
  document.body.append(Object.assign(document.createElement("iframe"), { src: `${elsewhere}/frame` }));
  window.open(`${elsewhere}/window`);
  await tried("fetch", async () => { await fetch(`${elsewhere}/fetch`, { mode: "no-cors" }); return "done"; });
  await rest(1000);
  window.print();
  await say("all", "done");
  location = `${elsewhere}/top`;
})();
</script>"""
CLIPBOARD: Final = """<!doctype html><title>page</title><script>
const say = (what, how) => fetch(`/said?${what}=${encodeURIComponent(how)}`, { method: "POST" });
const tried = async (what, work) => {
  try { await say(what, await work()); } catch (error) { await say(what, error.name); }
};
(async () => {
  await tried("write", async () => { await navigator.clipboard.writeText("secret"); return "done"; });
  await tried("read", () => navigator.clipboard.readText());
  setTimeout(() => say("all", "done"), 1000);
})();
</script>"""
EXTENSION: Final = {
    "manifest_version": 3,
    "name": "smuggler",
    "version": "1",
    "content_scripts": [{"matches": ["http://localhost/*"], "js": ["smuggle.js"]}],
}


@dataclass(slots=True)
class Site:
    """A small server that remembers what it was asked for."""

    page: str
    asked: list[str] = field(default_factory=list)
    said: dict[str, str] = field(default_factory=dict)
    server: ThreadingHTTPServer | None = None

    def start(self) -> int:
        """Serve on a free port of this machine."""
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.asked.append(self.path)
                is_file = self.path == "/file.bin"
                self.send_response(200)
                self.send_header("Content-Type", "application/octet-stream" if is_file else "text/html")
                self.end_headers()
                self.wfile.write(b"x" * 100 if is_file else site.page.encode())

            def do_POST(self) -> None:
                site.said.update(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return int(self.server.server_port)

    def stop(self) -> None:
        """Serve no more."""
        if self.server is not None:
            self.server.shutdown()
            self.server.server_close()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a browser under one policy did."""

    said: Mapping[str, str]
    elsewhere: frozenset[str]
    files: frozenset[str]
    is_debuggable: bool


def policy(url: str, *, without: tuple[str, ...] = ()) -> dict[str, object]:
    """Return the policy as it is handed out, for a lab at this address."""
    shipped: dict[str, object] = json.loads(POLICY.read_text("utf-8"))
    return {**{name: value for name, value in shipped.items() if name not in without}, "URLAllowlist": [url]}


def command(folder: Path, managed: Mapping[str, object]) -> list[str]:
    """Return how Chromium is started so that this policy, and no other of this machine, is its managed one."""
    policies = folder / "managed"
    policies.mkdir(parents=True)
    (policies / "kiosk.json").write_text(json.dumps(managed), "utf-8")
    mount = ["bwrap", "--dev-bind", "/", "/", "--tmpfs", "/etc/chromium"]
    mount += ["--ro-bind", str(policies), "/etc/chromium/policies/managed", "--die-with-parent"]
    return [*mount, CHROMIUM, *(["--no-sandbox"] if os.geteuid() == 0 else [])]


def script(folder: Path, managed: Mapping[str, object]) -> Path:
    """Write that command as a program, for what starts browsers by itself."""
    words = command(folder, managed)
    target = folder / "chromium"
    target.write_text(f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n', "utf-8")
    target.chmod(0o755)
    return target


def run(
    folder: Path, managed: Mapping[str, object], lab: Site, url: str, elsewhere: Site, *, has_extension: bool = False
) -> Outcome:
    """Open the page under a policy, let it try everything, and say what came of it.

    With an extension the browser runs headless: whole, it would wait for somebody to read why it was refused. There
    its window has the focus too, which scripts need for the clipboard.
    """
    home, profile, extension = folder / "home", folder / "profile", folder / "extension"
    for one in (home, profile / "Default", extension):
        one.mkdir(parents=True)
    (extension / "manifest.json").write_text(json.dumps(EXTENSION), "utf-8")
    (extension / "smuggle.js").write_text('fetch("/said?extension=ran", { method: "POST" });\n', "utf-8")
    (profile / "Default" / "Preferences").write_text(json.dumps(_preferences(home)), "utf-8")
    flags = ["--disable-gpu", "--no-first-run", "--disable-popup-blocking", "--remote-debugging-port=0"]
    flags += ["--headless=new", f"--load-extension={extension}"] if has_extension else list(WHOLE)
    with (folder / "browser.log").open("wb") as log:
        browser = subprocess.Popen(
            [*command(folder, managed), *flags, f"--user-data-dir={profile}", url],
            env={**os.environ, "HOME": str(home)},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        until = time.monotonic() + SECONDS
        while "all" not in lab.said and time.monotonic() < until:
            time.sleep(0.1)
        time.sleep(SETTLE_SECONDS)
        is_debuggable = (profile / "DevToolsActivePort").exists()
    finally:
        os.killpg(browser.pid, signal.SIGKILL)
        browser.wait()
    files = frozenset(path.name for path in home.rglob("*") if path.suffix in {".bin", ".pdf"})
    return Outcome(dict(lab.said), frozenset(elsewhere.asked) - {"/favicon.ico"}, files, is_debuggable)


def _preferences(home: Path) -> dict[str, object]:
    """Return a profile in which printing saves a PDF without asking: what leaves, leaves as a file."""
    sheet = {"id": "Save as PDF", "origin": "local", "account": ""}
    state = {"version": 2, "recentDestinations": [sheet], "selectedDestinationId": "Save as PDF"}
    return {
        "download": {"default_directory": str(home)},
        "printing": {"print_preview_sticky_settings": {"appState": json.dumps(state)}},
        "savefile": {"default_directory": str(home)},
    }
