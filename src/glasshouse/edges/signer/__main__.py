# SPDX-License-Identifier: Apache-2.0
"""`python -m glasshouse.edges.signer --socket PATH --key FOLDER --origin NAME`."""

import argparse
import contextlib
import os
import signal
import socket
import stat
import sys
from pathlib import Path

from glasshouse.engines.ledger.notes import SigningKey
from glasshouse.engines.ledger.signer import Signer
from glasshouse.engines.ledger.signing import answer
from glasshouse.kernel.errors import GlasshouseError, NotFoundError, RefusedError

KEY = "log.key"


def main(arguments: list[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="glasshouse sign", description=__doc__)
    parser.add_argument("--socket", type=Path, required=True, help="where to listen; the folder must be 0700")
    parser.add_argument("--key", type=Path, required=True, help="the folder of the log's key")
    parser.add_argument("--state", type=Path, required=True, help="the file of the last state it signed")
    parser.add_argument("--origin", required=True, help="the log's origin")
    chosen = parser.parse_args(arguments)
    try:
        signer = Signer(_key(chosen.key / KEY), chosen.origin, chosen.state)
        signer.last()  # a missing state is told at start, not at the first entry
    except GlasshouseError as error:
        sys.stderr.write(f"{error.message} {error.hint}\n")
        return error.exit_code
    signal.signal(signal.SIGTERM, _stop)
    with contextlib.suppress(KeyboardInterrupt):
        serve(chosen.socket, signer)
    return 0


def _key(path: Path) -> SigningKey:
    try:
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise RefusedError(f"{path} can be read by others.", hint="chmod 0600 it.")
        return SigningKey.parse(path.read_text("ascii").strip())
    except OSError as error:
        raise NotFoundError(
            f"The log's key cannot be read: {path}: {error.strerror}.",
            hint="Put it back from where the lab's keys are kept; a log has one key for life.",
        ) from error


def serve(path: Path, signer: Signer) -> None:
    """Answer requests one at a time at a socket that only this user can reach."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listening:
        mask = os.umask(0o177)
        try:
            listening.bind(str(path))
        finally:
            os.umask(mask)
        listening.listen(8)
        while True:
            connection, _ = listening.accept()
            with connection:
                answer(connection, signer)


def _stop(_signal: int, _frame: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
