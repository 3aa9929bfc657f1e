# SPDX-License-Identifier: Apache-2.0
"""`python -m glasshouse.edges.searcher --socket PATH`: hold the index and answer until told to stop."""

import argparse
import resource
import signal
import sys
from pathlib import Path

from glasshouse.edges.searcher.listening import SearcherRunsError, listening_at
from glasshouse.kernel.stopping import Stop


def main(arguments: list[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT; end at once with 1 where another searcher serves."""
    parser = argparse.ArgumentParser(prog="glasshouse search process", description=__doc__)
    parser.add_argument("--socket", type=Path, required=True, help="where to listen; the folder must be 0700")
    chosen = parser.parse_args(arguments)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # plain text is in this memory, and a core file would rest
    stop = Stop()
    stop.on(signal.SIGTERM, signal.SIGINT)
    try:
        with listening_at(chosen.socket) as listening:
            import django  # noqa: PLC0415 -- loading it takes a second, in which questions may wait

            django.setup()
            from glasshouse.edges.searcher.serving import serve  # noqa: PLC0415 -- models load after setup

            serve(listening, stop)
    except SearcherRunsError as error:
        sys.stderr.write(f"{error.message}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
