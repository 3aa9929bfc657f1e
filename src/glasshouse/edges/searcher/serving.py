# SPDX-License-Identifier: Apache-2.0
"""Answering on a socket, each question in a thread of its own, while others keep the index fresh and load text."""

import gc
import logging
import socket
import sys
import threading
from collections.abc import Callable
from typing import Final

from django.conf import settings
from django.db import close_old_connections

from glasshouse.edges.searcher.searches import Searches
from glasshouse.edges.searcher.shelf import Shelf
from glasshouse.engines.codeindex.search import asking
from glasshouse.kernel.memory import give_large_blocks_back
from glasshouse.kernel.stopping import Stop

log = logging.getLogger("glasshouse.searcher")
REFRESH: Final = 0.5
_PULSE: Final = 0.2
_SWITCH: Final = 0.0005  # seconds that a thread which answers waits for one that counts, a tenth of what is usual
_CONNECTIONS: Final = 256


def serve(listening: socket.socket, stop: Stop) -> None:
    """Answer the questions that come to a socket, each in a thread of its own, until told to stop."""
    sys.setswitchinterval(_SWITCH)
    give_large_blocks_back()
    gc.freeze()  # what was loaded to begin with is not looked through again and again
    shelf = Shelf(settings.GLASSHOUSE.search_memory_bytes)
    searches = Searches(shelf)
    listening.settimeout(_PULSE)
    for work, pause in ((shelf.refresh, REFRESH), (lambda: shelf.load(is_out=lambda: stop.is_set), _PULSE)):
        threading.Thread(target=_keep, args=(work, pause, stop), daemon=True).start()
    free = threading.Semaphore(_CONNECTIONS)
    while not stop.is_set:
        try:
            connection, _ = listening.accept()
        except TimeoutError:
            continue
        free.acquire()
        threading.Thread(target=_answer, args=(connection, searches, free), daemon=True).start()
    searches.close()


def _answer(connection: socket.socket, searches: Searches, free: threading.Semaphore) -> None:
    try:
        with connection:
            asking.answer(connection, searches)
    finally:
        free.release()


def _keep(work: Callable[[], None], pause: float, stop: Stop) -> None:
    while not stop.is_set:
        try:
            work()
        except Exception:  # the disk, the database: searching goes on with what is held
            log.exception("the index could not be read again")
            close_old_connections()  # one that the server dropped would stay dropped
        stop.wait(pause)
