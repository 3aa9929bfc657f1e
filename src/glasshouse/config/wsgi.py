# SPDX-License-Identifier: Apache-2.0
"""The WSGI application that granian serves: `glasshouse.config.wsgi:application`."""

import gc
import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "glasshouse.config.settings")

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

from glasshouse.kernel.memory import give_large_blocks_back

give_large_blocks_back()
_django = get_wsgi_application()
get_resolver().url_patterns.copy()  # loads every view now
# What is loaded lives as long as the process. Left to the collector, looking it through takes over 100 ms each time,
# and some reader waits for it.
gc.collect()
gc.freeze()
# A page makes some thousand objects. Looked through more often than that, they are taken for lasting ones, and what
# caches hold is then looked through with them, several times a second and 15 to 70 ms each time.
gc.set_threshold(10_000, 10, 100)

# The server hands every request the environment of its process, secrets included; sign-in libraries copy a
# request's strings into a session. Only what belongs to a request goes on.
_OF_THE_PROCESS: Final = frozenset(os.environ)
_OF_A_REQUEST: Final = frozenset(
    {
        "CONTENT_LENGTH",
        "CONTENT_TYPE",
        "PATH_INFO",
        "QUERY_STRING",
        "REMOTE_ADDR",
        "REQUEST_METHOD",
        "SCRIPT_NAME",
        "SERVER_NAME",
        "SERVER_PORT",
        "SERVER_PROTOCOL",
    }
)


def application(environ: dict[str, Any], start_response: "StartResponse") -> Iterable[bytes]:
    """Answer one request, without the process's environment in it."""
    own = {name: value for name, value in environ.items() if name in _OF_A_REQUEST or name not in _OF_THE_PROCESS}
    return _django(own, start_response)
