# SPDX-License-Identifier: Apache-2.0
"""The ways search says no. A message names no file and shows no source; a pattern is its asker's own."""

from glasshouse.kernel.errors import ConflictError, InvalidError


class PatternError(InvalidError):
    """The pattern cannot be searched as it was typed."""

    code = "codeindex.pattern"


class SegmentDamagedError(ConflictError):
    """A part of the index is not what was written; build it again from the documents."""

    code = "codeindex.segment-damaged"


class SegmentFullError(InvalidError):
    """More chunks than one segment may number; build two."""

    code = "codeindex.segment-full"
