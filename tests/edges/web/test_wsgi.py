# SPDX-License-Identifier: Apache-2.0
import os
import subprocess
import sys

ASK = """
import io
from glasshouse.config import wsgi
seen = {}
wsgi._django = lambda environ, start: seen.update(environ) or []
import os
request = {"REQUEST_METHOD": "GET", "PATH_INFO": "/", "HTTP_HOST": "localhost", "wsgi.input": io.BytesIO()}
wsgi.application({**os.environ, **request}, None)
print(*sorted(seen))
"""


def test_the_secrets_of_the_process_are_not_in_a_request() -> None:
    environment = {**os.environ, "GLASSHOUSE_MASTER_PASSPHRASE": "open sesame", "ANY_OTHER": "x"}
    done = subprocess.run([sys.executable, "-c", ASK], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["HTTP_HOST", "PATH_INFO", "REQUEST_METHOD", "wsgi.input"]
