# SPDX-License-Identifier: Apache-2.0
"""People who read, search and think, each signed in and with a connection of their own, in a process beside the lab.

`python -m benchmarks.reviewing.persons < plan` prints JSON. A plan names the port, the seconds, the time to think, the
people, and the files to begin with. Each person opens the release, goes on in a file or to another one, and searches
for names that they have just read. With each page they fetch what a browser fetches with it: outline, notes, watermark
and seal.
"""

import http.client
import json
import random
import re
import resource
import sys
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import unescape
from typing import Any, Final

SEARCHES: Final = 0.15
_FOLDERS: Final = 0.10
_GOES_ON: Final = 0.45
_PAUSE: Final = 0.05
_SEAL: Final = 0.7
_HEADER: Final = "Glasshouse-Promise"
_EVENT: Final = re.compile(r"/record/entries/([0-9a-z]{20,})")
_WITH_PAGE: Final = re.compile(r'<img class="watermark" src="([^"]+)"|hx-get="([^"]+)" hx-trigger="load"')
_SEALED: Final = re.compile(r'hx-get="([^"]+/seal)"')
_NEXT: Final = re.compile(r'<a class="more" href="(\?from=\d+)" rel="next">')
_LINK: Final = re.compile(r'<li><a href="([^"]+/file/[^"]+)">')
_CODE: Final = re.compile(r"<ol data-lines.*?</ol>", re.DOTALL)
_NAME: Final = re.compile(r">(\w*[a-z]_\w{5,})<")


@dataclass(slots=True)
class Taken:
    """What all of them saw: times in milliseconds, the entries of what they were shown, answers that were none."""

    pages: list[float] = field(default_factory=list)
    searches: list[float] = field(default_factory=list)
    pieces: list[float] = field(default_factory=list)
    events: list[str] = field(default_factory=list)
    bad: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)


@dataclass(slots=True)
class Person:
    """One person, where they are, and what they read last."""

    seat: dict[str, str]
    port: int
    files: Sequence[str]
    draw: random.Random
    taken: Taken
    at: str = ""
    page: str = ""

    def run(self, until: float, think: float) -> None:
        """Read until it is time to go."""
        time.sleep(self.draw.random() * think)
        while time.monotonic() < until:
            # A browser opens its connections anew when it has not used them for a while.
            connection = http.client.HTTPConnection("localhost", self.port, timeout=60)
            pause = think * self.draw.uniform(0.5, 1.5)
            try:
                pause -= self._step(connection)
            except (OSError, http.client.HTTPException) as error:
                self._miss(type(error).__name__)
            finally:
                connection.close()
            time.sleep(pause)

    def _step(self, connection: http.client.HTTPConnection) -> float:
        """Search, or open a page with all that belongs to it; return the seconds that were spent on waiting alone."""
        drawn = self.draw.random()
        names = [name for code in _CODE.findall(self.page) for name in _NAME.findall(code)]
        if drawn < SEARCHES and names:
            self._search(connection, self.draw.choice(names))
            return 0
        self._open(connection, self._whither())
        for picture, piece in _WITH_PAGE.findall(self.page):
            self._fetch(connection, unescape(picture or piece))
        seals = _SEALED.findall(self.page)
        if not seals:
            return 0
        time.sleep(_SEAL)
        self._fetch(connection, unescape(seals[0]))
        return _SEAL

    def _whither(self) -> str:
        drawn, base = self.draw.random(), f"/r/{self.seat['grant']}/{self.seat['release']}/"
        if not self.page or drawn < _FOLDERS:
            return base
        further, beside = _NEXT.search(self.page), _LINK.findall(self.page)
        if further and drawn < _FOLDERS + _GOES_ON:
            return self.at.partition("?")[0] + further[1]
        if beside and drawn < 1 - (1 - _FOLDERS - _GOES_ON) / 2:
            return unescape(self.draw.choice(beside))
        return f"{base}file/{self.draw.choice(self.files)}"

    def _open(self, connection: http.client.HTTPConnection, address: str) -> None:
        begun = time.perf_counter()
        answer, text = self._ask(connection, "GET", address)
        took = (time.perf_counter() - begun) * 1000
        if answer.status != http.client.OK or not answer.getheader(_HEADER):
            self._miss(str(answer.status))
            return
        self.at, self.page = address, text
        told = _EVENT.search(text)
        with self.taken.lock:
            self.taken.pages.append(took)
            self.taken.events.append(told[1] if told else "")

    def _search(self, connection: http.client.HTTPConnection, name: str) -> None:
        asked = {"releases": [self.seat["release"]], "pattern": name, "is_literal": True, "whole_word": True}
        begun = time.perf_counter()
        while True:
            answer, text = self._ask(connection, "POST", f"/api/v1/grants/{self.seat['grant']}/search", asked)
            if answer.status != http.client.OK:
                self._miss(f"search {answer.status}")
                return
            showing = json.loads(text)["showing"]
            if showing is not None:
                break
            time.sleep(_PAUSE)
        took = (time.perf_counter() - begun) * 1000
        with self.taken.lock:
            self.taken.searches.append(took)
            self.taken.events.append(showing["event"])

    def _fetch(self, connection: http.client.HTTPConnection, address: str) -> None:
        begun = time.perf_counter()
        answer, text = self._ask(connection, "GET", address)
        took = (time.perf_counter() - begun) * 1000
        if answer.status >= http.client.BAD_REQUEST:
            self._miss(f"piece {answer.status}")
        told = _EVENT.search(text) if answer.getheader(_HEADER) else None  # an outline is a showing of its own
        with self.taken.lock:
            self.taken.pieces.append(took)
            self.taken.events += [told[1]] if told else []

    def _ask(
        self, connection: http.client.HTTPConnection, method: str, address: str, asked: dict[str, Any] | None = None
    ) -> tuple[http.client.HTTPResponse, str]:
        headers = {"Cookie": self.seat["cookie"], "X-Glasshouse": "benchmark", "Accept": "text/html"}
        if asked is not None:
            headers |= {"Content-Type": "application/json", "Accept": "application/json"}
        connection.request(method, address, json.dumps(asked) if asked is not None else None, headers)
        answer = connection.getresponse()
        return answer, answer.read().decode()

    def _miss(self, what: str) -> None:
        with self.taken.lock:
            self.taken.bad[what] += 1


def main() -> None:
    """Let all of them read, and print what they saw."""
    plan = json.load(sys.stdin)
    taken = Taken()
    until = time.monotonic() + plan["seconds"]
    persons = [
        Person(seat, plan["port"], plan["files"], random.Random(number), taken)  # noqa: S311 -- repeatable, not secret
        for number, seat in enumerate(plan["people"])
    ]
    threads = [threading.Thread(target=person.run, args=(until, plan["think"])) for person in persons]
    begun = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    used = resource.getrusage(resource.RUSAGE_SELF)
    told = {
        "seconds": time.monotonic() - begun,
        "processors": used.ru_utime + used.ru_stime,
        "pages": sorted(taken.pages),
        "searches": sorted(taken.searches),
        "pieces": sorted(taken.pieces),
        "events": taken.events,
        "bad": taken.bad,
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main()
