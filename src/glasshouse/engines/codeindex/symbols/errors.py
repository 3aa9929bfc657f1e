# SPDX-License-Identifier: Apache-2.0
"""How symbols say no. A message names no path, no symbol and no line of source."""

from glasshouse.kernel.errors import ConflictError, InvalidError


class SymbolToolError(ConflictError):
    """The tool does not find the symbols of a known sample, so it is asked nothing else."""

    code = "symbols.tool-unfit"


class TableDamagedError(ConflictError):
    """A table of symbols is not what was written."""

    code = "symbols.table-damaged"


class ScipError(InvalidError):
    """Not an index in SCIP's form, or one beyond the caps."""

    code = "symbols.scip-invalid"
