# SPDX-License-Identifier: Apache-2.0
"""How structural search says no. A message names no path and no line of source."""

from glasshouse.kernel.errors import ConflictError, InvalidError


class StructureError(InvalidError):
    """A pattern that cannot be searched for; the message says why to the person who typed it."""

    code = "codeindex.structure"


class StructureToolError(ConflictError):
    """The tool does not find what a known sample holds, so it is asked nothing else."""

    code = "codeindex.structure-tool-unfit"


class AnswersDamagedError(ConflictError):
    """Answers that were kept are not what was written."""

    code = "codeindex.structure-damaged"
