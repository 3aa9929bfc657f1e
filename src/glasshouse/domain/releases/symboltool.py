# SPDX-License-Identifier: Apache-2.0
"""The symbol tool behind the sandbox's walls."""

import signal
from typing import Final

from glasshouse.engines import sandbox
from glasshouse.engines.codeindex.symbols import ctags
from glasshouse.engines.codeindex.symbols.extraction import MAX_PRINTED, Ended, Printed
from glasshouse.engines.sandbox import Outcome

MIB: Final = 2**20
# Four megabytes of source take a seventh of a second; a document that takes this long does not end.
_SECONDS: Final = 4
_SECONDS_PER_MIB: Final = 1
# The processor may be shared by many: time on the wall is a last resort, never what judges a document.
_WALL: Final = 15
_ENDED: Final = {
    Outcome.OK: Ended.WELL,
    Outcome.TIMEOUT: Ended.TOO_SLOW,
    Outcome.CPU_EXHAUSTED: Ended.TOO_SLOW,
    Outcome.OUTPUT_TOO_LARGE: Ended.TOO_MUCH,
}
# The tool collects a document's symbols in a file of its own before it prints them.
_COLLECTED: Final = 192 * MIB
_FILE_TOO_LARGE: Final = 128 + signal.SIGXFSZ


def run(stdin: bytes, *, seconds: int = _SECONDS) -> Printed:
    """Run the symbol tool on one stream. Its content is in memory only, and its files are nobody's."""
    cpu = seconds + _SECONDS_PER_MIB * (len(stdin) // MIB)
    limits = sandbox.Limits(
        wall=float(cpu * _WALL),
        cpu=cpu,
        address_space=1536 * MIB,
        memory=1024 * MIB,
        file_size=_COLLECTED,
        open_files=32,
        processes=4,
        scratch=_COLLECTED,
        stream=MAX_PRINTED,
    )
    result = sandbox.run(sandbox.Command(argv=ctags.ARGV, stdin=stdin), limits)
    if result.exit_status == _FILE_TOO_LARGE:
        return Printed(result.stdout, Ended.TOO_MUCH)
    return Printed(result.stdout, _ENDED.get(result.outcome, Ended.CRASHED))
