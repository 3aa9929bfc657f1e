# SPDX-License-Identifier: Apache-2.0
"""How admissions say no."""

from glasshouse.kernel.errors import ConflictError, InvalidError, NotFoundError, RefusedError


class NotBroughtError(NotFoundError):
    """Nothing of this name was brought, or nothing that the viewer may see."""

    code = "admissions.not-brought"


class UnfitError(InvalidError):
    """What was handed in cannot be what it is said to be."""

    code = "admissions.unfit"


class LicenceError(InvalidError):
    """A licence that is no SPDX identifier, or none that is open and nobody waived that."""

    code = "admissions.licence"


class BroughtAlreadyError(ConflictError):
    """The same bytes wait or are admitted in this engagement."""

    code = "admissions.brought-already"


class ManyBroughtError(ConflictError):
    """An engagement has a bounded number of things that wait for the custodian."""

    code = "admissions.many-brought"


class SettledError(ConflictError):
    """This was decided, withdrawn, or failed its trial."""

    code = "admissions.settled"


class OtherBytesError(ConflictError):
    """The decision names another digest than that of what was tried."""

    code = "admissions.other-bytes"


class NotTriedError(ConflictError):
    """Nothing is admitted that did not pass its trial."""

    code = "admissions.not-tried"


class NotAdmittedError(RefusedError):
    """Yours, but not admitted, or no longer."""

    code = "admissions.not-admitted"


class AdmissionsBusyError(ConflictError):
    """Another process takes something of this organisation in."""

    code = "admissions.busy"
