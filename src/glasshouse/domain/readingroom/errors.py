# SPDX-License-Identifier: Apache-2.0
"""How the reading room says no."""

from glasshouse.kernel.errors import ConflictError, InvalidError, NotFoundError, RefusedError


class NoVisitError(RefusedError):
    """Source is shown during a visit only."""

    code = "readingroom.no-visit"


class ProductDestroyedError(RefusedError):
    """The product's key was destroyed; its source is gone for everybody."""

    code = "readingroom.product-destroyed"


class VisitClosedError(ConflictError):
    """The visit ended before."""

    code = "readingroom.visit-closed"


class PicturesOnlyError(RefusedError):
    """The product is shown in pictures, and this way in draws none."""

    code = "readingroom.pictures-only"


class NotCarriedOffError(RefusedError):
    """What tools found is read here, and leaves by no call of a visitor's."""

    code = "readingroom.not-carried-off"


class CloseNotSignedError(InvalidError):
    """The passkey's word on the close does not hold."""

    code = "readingroom.close-not-signed"


class ReceiptTooEarlyError(ConflictError):
    """The last view is not under a signed tree head yet."""

    code = "readingroom.receipt-too-early"


class NoWordError(InvalidError):
    """There is no word at this place of a file."""

    code = "readingroom.no-word"


class NoSavedSearchError(NotFoundError):
    """No such saved search, or somebody else's, or it was deleted."""

    code = "readingroom.no-saved-search"


class ManySavedSearchesError(ConflictError):
    """A person keeps a bounded number of saved searches a grant: each tells counts without a visit."""

    code = "readingroom.many-saved-searches"


class SearchErasedError(RefusedError):
    """What the saved search looked for was erased."""

    code = "readingroom.search-erased"


class NoNoteError(NotFoundError):
    """No such note, or somebody else's that is not shared with the viewer, or it was removed."""

    code = "readingroom.no-note"


class ManyNotesError(ConflictError):
    """A person keeps a bounded number of notes an engagement."""

    code = "readingroom.many-notes"


class NotShownError(InvalidError):
    """The entry that a note would hang on did not show these lines."""

    code = "readingroom.not-shown"


class ErasureBoundError(ConflictError):
    """Something keeps a person's data for now: an open engagement, a stay in the house, a legal hold."""

    code = "readingroom.erasure-bound"


class NoTierError(RefusedError):
    """A visitor's own program needs stronger walls than this lab has."""

    code = "readingroom.no-tier"
