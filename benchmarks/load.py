# SPDX-License-Identifier: Apache-2.0
"""A load generator that costs little beside the server: raw sockets, kept open, one thread each.

`python -m benchmarks.load PORT COOKIE SECONDS CONNECTIONS RATE < paths` prints JSON: pages, seconds, times in ms.
RATE 0 asks as fast as answers come; else so many pages a second are asked at fixed times, and a page's time runs from
when it should have been asked, so that a stalled server is not spared the pages that queued behind.
"""

import json
import socket
import sys
import threading
import time
from collections.abc import Sequence

_END = b"\r\n\r\n"


class Connection:
    """One kept connection."""

    def __init__(self, port: int, cookie: str) -> None:
        self._port = port
        self._tail = f"\r\nHost: localhost:{port}\r\nCookie: {cookie}\r\nAccept: text/html\r\n\r\n".encode()
        self._socket = self._open()

    def _open(self) -> socket.socket:
        made = socket.create_connection(("127.0.0.1", self._port), timeout=30)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return made

    def get(self, path: str) -> tuple[int, int]:
        """Return the status and the length of the answer."""
        self._socket.sendall(b"GET " + path.encode() + b" HTTP/1.1" + self._tail)
        answer = bytearray()
        while _END not in answer:
            part = self._socket.recv(65_536)
            if not part:
                raise ConnectionError("the server closed the connection")
            answer += part
        head, _, body = bytes(answer).partition(_END)
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0])
        missing = length - len(body)
        while missing > 0:
            missing -= len(self._socket.recv(min(missing, 262_144)))
        return int(head.split(b" ", 2)[1]), length


def run(
    where: tuple[int, str], paths: Sequence[str], *, seconds: float, connections: int, rate: float
) -> dict[str, object]:
    """Ask for the paths in turn from several threads and return what came back."""
    lock, begun = threading.Lock(), time.perf_counter()
    state = {"next": 0}
    times: list[float] = []
    bad: dict[str, int] = {}

    def take() -> tuple[int, float]:
        with lock:
            number = state["next"]
            state["next"] += 1
        return number, begun + number / rate if rate else 0.0

    def work() -> None:
        connection = Connection(*where)
        while True:
            number, due = take()
            if (due or time.perf_counter()) - begun >= seconds:
                return
            if due:
                time.sleep(max(0.0, due - time.perf_counter()))
            asked = due or time.perf_counter()
            status, _ = connection.get(paths[number % len(paths)])
            taken = time.perf_counter() - asked
            with lock:
                times.append(taken * 1000)
                if status != 200:
                    bad[str(status)] = bad.get(str(status), 0) + 1

    threads = [threading.Thread(target=work) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return {"pages": len(times), "seconds": time.perf_counter() - begun, "times": sorted(times), "bad": bad}


if __name__ == "__main__":
    port, cookie, seconds, connections, rate = sys.argv[1:6]
    paths = sys.stdin.read().split("\n")
    print(
        json.dumps(
            run((int(port), cookie), paths, seconds=float(seconds), connections=int(connections), rate=float(rate))
        )
    )
