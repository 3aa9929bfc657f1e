# SPDX-License-Identifier: Apache-2.0
"""How the journal says no."""

from glasshouse.kernel.errors import ConflictError, GlasshouseError, NotFoundError, RefusedError


class JournalStalledError(ConflictError):
    """Events wait unsequenced for too long: nothing may be shown."""

    code = "journal.stalled"


class EventUnknownError(NotFoundError):
    """No such event, or not yours."""

    code = "journal.event-unknown"


class NotInTreeYetError(ConflictError):
    """The event is committed but not yet under a signed tree head."""

    code = "journal.not-in-tree-yet"


class JournalDamagedError(GlasshouseError):
    """A row, a tile or a checkpoint is not what was committed. A finding for the audit, never repaired silently."""

    code = "journal.damaged"


class KeyGoneError(RefusedError):
    """A source-derived field whose product's key is not at hand."""

    code = "journal.key-gone"
