# SPDX-License-Identifier: Apache-2.0
"""Answering on a socket, each question in a thread of its own, while another thread keeps the index fresh."""

import logging
import os
import socket
import threading
from pathlib import Path
from typing import Final

from django.conf import settings
from django.db import close_old_connections

from glasshouse.edges.searcher.searches import Searches
from glasshouse.edges.searcher.shelf import Shelf
from glasshouse.engines.codeindex.search import asking
from glasshouse.kernel.stopping import Stop

log = logging.getLogger("glasshouse.searcher")
REFRESH: Final = 0.5
_PULSE: Final = 0.2
_CONNECTIONS: Final = 256


def serve(path: Path, stop: Stop) -> None:
    """Answer questions at a socket that only this user can reach, each in a thread of its own."""
    shelf = Shelf(settings.GLASSHOUSE.search_memory_bytes)
    searches = Searches(shelf)
    with _listening(path) as listening:
        threading.Thread(target=_keep_fresh, args=(shelf, stop), daemon=True, name="refresh").start()
        free = threading.Semaphore(_CONNECTIONS)
        while not stop.is_set:
            try:
                connection, _ = listening.accept()
            except TimeoutError:
                continue
            free.acquire()
            threading.Thread(target=_answer, args=(connection, searches, free), daemon=True).start()
    searches.close()


def _listening(path: Path) -> socket.socket:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    partial = path.with_suffix(".new")
    partial.unlink(missing_ok=True)
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    mask = os.umask(0o177)
    try:
        listening.bind(str(partial))
    finally:
        os.umask(mask)
    listening.listen(64)
    partial.rename(path)  # whoever sees the name is answered
    listening.settimeout(_PULSE)
    return listening


def _answer(connection: socket.socket, searches: Searches, free: threading.Semaphore) -> None:
    try:
        with connection:
            asking.answer(connection, searches)
    finally:
        free.release()


def _keep_fresh(shelf: Shelf, stop: Stop) -> None:
    while not stop.is_set:
        try:
            shelf.refresh()
        except Exception:  # the disk, the database: searching goes on with what is held
            log.exception("the index could not be read again")
            close_old_connections()  # one that the server dropped would stay dropped
        stop.wait(REFRESH)
