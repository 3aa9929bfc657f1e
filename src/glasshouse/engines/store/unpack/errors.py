# SPDX-License-Identifier: Apache-2.0
"""The ways a source is refused as a whole. A message tells where, never a name from inside the source."""

from glasshouse.kernel.errors import InvalidError


class UnpackError(InvalidError):
    """Base of everything that ends an intake: nothing of the source is kept."""

    code = "source.refused"


class UnreadableSourceError(UnpackError):
    """There is no such source, or it cannot be opened."""

    code = "source.unreadable"


class UnknownFormatError(UnpackError):
    """The first bytes are not those of a format that is read here."""

    code = "source.format-unknown"


class CorruptSourceError(UnpackError):
    """The source is truncated, damaged, ambiguous, or followed by something else."""

    code = "source.corrupt"


class OverLimitError(UnpackError):
    """The source unfolds beyond what was allowed: bytes, files, ratio or time."""

    code = "source.over-limit"


class EmptySourceError(UnpackError):
    """Not one file came out."""

    code = "source.empty"


class ChangedSourceError(UnpackError):
    """A folder or file changed while it was read."""

    code = "source.changed"


class UnsafeRepositoryError(UnpackError):
    """A git repository reaches outside itself, or lacks objects."""

    code = "source.repository-unsafe"
