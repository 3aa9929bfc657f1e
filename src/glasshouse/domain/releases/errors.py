# SPDX-License-Identifier: Apache-2.0
"""How releases says no."""

from glasshouse.kernel.errors import ConflictError, InvalidError, NotFoundError, RefusedError


class ReleaseUnknownError(NotFoundError):
    """No such release, or not yours."""

    code = "releases.release-unknown"


class ReleaseExistsError(ConflictError):
    """The version is taken; a release is frozen."""

    code = "releases.release-exists"


class BadNameError(InvalidError):
    """A product's or version's name that cannot stand in an address."""

    code = "releases.bad-name"


class NotTextError(RefusedError):
    """A binary file: it is listed with its digest and not shown as lines."""

    code = "releases.not-text"


class TooLargeToCompareError(RefusedError):
    """A file too large to be compared line by line."""

    code = "releases.too-large-to-compare"


class BadReadingError(InvalidError):
    """A reading policy that contradicts itself."""

    code = "releases.bad-reading"


class SymbolsBusyError(ConflictError):
    """Another process looks for the symbols of this product."""

    code = "releases.symbols-busy"


class SymbolsDamagedError(ConflictError):
    """A table of symbols was changed on the disk."""

    code = "releases.symbols-damaged"


class ForeignSymbolsError(InvalidError):
    """A symbol index in which no document is of the release that it was given for."""

    code = "releases.foreign-symbols"


class TooManySymbolIndexesError(ConflictError):
    """A release has as many symbol indexes as are asked for one name."""

    code = "releases.too-many-symbol-indexes"
