# SPDX-License-Identifier: Apache-2.0
"""`glasshouse serve`: four processes that begin and end together, and one clear line when one cannot begin."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from glasshouse.edges.cli import processes
from tests.edges.running import RunningLab

SECONDS = 30


def members(lab: RunningLab) -> list[str]:
    """Return the command lines of this machine's processes that work for this lab."""
    wanted = f"GLASSHOUSE_HOME={lab.home}".encode()
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if wanted in (folder / "environ").read_bytes().split(b"\0"):
                found.append((folder / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            continue  # ended meanwhile, or somebody else's
    return found


def wait_until_none(lab: RunningLab) -> list[str]:
    until = time.monotonic() + SECONDS
    while members(lab) and time.monotonic() < until:
        time.sleep(0.1)
    return members(lab)


def refused_start(lab: RunningLab) -> str:
    """Start a lab that cannot start, and return what the operator reads."""
    done = lab.run_command("serve", "--workers", "1")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert not wait_until_none(lab)
    return done.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_no_process_outlives_the_lab_however_it_ends(founded: RunningLab, number: signal.Signals) -> None:
    founded.serve(workers=1)
    assert len(members(founded)) >= 6
    [serving] = founded.processes
    os.kill(serving.pid, number)
    assert serving.wait(SECONDS) == (-number if number == signal.SIGKILL else 0)
    assert not wait_until_none(founded)
    founded.serve(workers=1)
    assert httpx.get(f"{founded.url}/sign-in", timeout=5).status_code == httpx.codes.OK
    founded.stop()


def test_a_searcher_that_is_killed_begins_again_and_the_lab_goes_on(founded: RunningLab) -> None:
    founded.serve(workers=1)
    first = searcher_of(founded)
    os.kill(first, signal.SIGKILL)
    until = time.monotonic() + SECONDS
    while searcher_of(founded) in {0, first} and time.monotonic() < until:
        time.sleep(0.1)
    assert searcher_of(founded) not in {0, first}
    assert httpx.get(f"{founded.url}/sign-in", timeout=5).status_code == httpx.codes.OK
    assert "The searcher ended with status -9; it is started again." in (founded.home / "serve.log").read_text("utf-8")
    founded.stop()
    assert not wait_until_none(founded)


def searcher_of(lab: RunningLab) -> int:
    """Return the process id of a lab's searcher, 0 while there is none."""
    socket = str(lab.home / "run" / "search.sock").encode()
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if socket in (folder / "cmdline").read_bytes():
                return int(folder.name)
    return 0


def test_a_missing_key_of_the_log_is_named(founded: RunningLab) -> None:
    key = founded.home.parent / "keys" / "signer" / "log.key"
    key.rename(key.with_suffix(".away"))
    said = refused_start(founded)
    assert f"The log's key cannot be read: {key}" in said
    assert "The signer ended with status 4; the lab is stopped." in said


def test_a_key_of_the_log_that_others_can_read_is_refused(founded: RunningLab) -> None:
    (founded.home.parent / "keys" / "signer" / "log.key").chmod(0o640)
    said = refused_start(founded)
    assert "can be read by others. chmod 0600 it." in said


@pytest.mark.parametrize("name", ["master.key", "web/django.key", "web/promise.key"])
def test_without_a_key_of_the_web_nothing_begins(founded: RunningLab, name: str) -> None:
    (founded.home.parent / "keys" / name).unlink()
    done = founded.run_command("serve", "--workers", "1")
    assert done.returncode in {2, 3, 4}
    assert "key" in done.stderr
    assert "Traceback" not in done.stderr
    assert not members(founded)


def test_a_missing_state_of_the_signer_is_not_begun_anew(founded: RunningLab) -> None:
    [state] = (founded.home.parent / "keys" / "signer").glob("state-????????????????")
    state.unlink()
    assert "a fork could be signed" in refused_start(founded)


def test_a_port_that_is_taken_is_said_so_before_anything_begins(founded: RunningLab) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", urlsplit(founded.url).port or 0))
        taken.listen()
        done = founded.run_command("serve", "--workers", "1")
    assert done.returncode == 5
    assert done.stderr.startswith("The web cannot listen at 127.0.0.1:")
    assert "Address already in use" in done.stderr
    assert len(done.stderr.splitlines()) == 2


def test_a_certificate_that_is_missing_is_named(founded: RunningLab) -> None:
    done = founded.run_command("serve", "--tls-cert", "absent.pem", "--tls-key", "absent.key")
    assert done.returncode == 2
    assert "absent.pem" in done.stderr


def test_a_setting_that_is_not_understood_is_one_line(founded: RunningLab) -> None:
    founded.environment["GLASSHOUSE_TRUSTED_PROXIES"] = "everybody"
    done = founded.run_command("release", "list")
    assert done.returncode == 2
    assert done.stderr.startswith("trusted_proxies is a list of addresses and networks")
    assert "Traceback" not in done.stderr


def test_a_database_that_cannot_be_reached_is_one_line(founded: RunningLab) -> None:
    founded.environment["GLASSHOUSE_DATABASE"] = "sqlite:////nowhere/at/all.sqlite3"
    done = founded.run_command("release", "list")
    assert done.returncode == 5
    assert done.stderr.startswith("The machine refused: unable to open database file.")
    assert "Traceback" not in done.stderr


def test_a_copy_without_room_leaves_nothing_of_itself(founded: RunningLab, tmp_path: Path) -> None:
    place = tmp_path / "copies"
    place.mkdir()
    command = "ulimit -f 64; exec glasshouse backup copies/today"
    bin_folder = Path(sys.executable).parent
    environment = {**founded.environment, "PATH": f"{bin_folder}:{os.environ['PATH']}"}
    environment["PYTHONDONTWRITEBYTECODE"] = "1"  # it would be cut off as well, and read by who comes next
    done = subprocess.run(
        ["bash", "-c", command], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 5, done.stderr
    assert "The copy could not be made" in done.stderr
    assert not list(place.iterdir())


def test_the_signer_ends_after_whatever_may_still_ask_it(tmp_path: Path) -> None:
    ended = tmp_path / "ended"
    body = f"""
import signal, sys, time
def stop(*_):
    time.sleep(float(sys.argv[2]))
    with open({str(ended)!r}, "a") as file:
        file.write(sys.argv[1] + " ")
    sys.exit()
signal.signal(signal.SIGTERM, stop)
print("up", flush=True)
while True:
    time.sleep(1)
"""
    running = []
    for name, seconds in (("signer", 0.0), ("worker", 0.5)):
        command = [sys.executable, "-c", body, name, str(seconds)]
        running.append(subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True))
        assert running[-1].stdout.readline() == b"up\n"  # type: ignore[union-attr] # it is a pipe
    processes.end(running)
    assert ended.read_text("ascii").split() == ["worker", "signer"]
    for one in running:
        one.communicate()
