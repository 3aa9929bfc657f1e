# SPDX-License-Identifier: Apache-2.0
"""The ways the store says no. A message names products, packs and blocks; never a path, a name or source."""

from glasshouse.kernel.errors import ConflictError, InvalidError, NotFoundError, RefusedError


class KeyNotFoundError(NotFoundError):
    """No key was ever made for this product."""

    code = "store.key-not-found"


class KeyDestroyedError(RefusedError):
    """The product's key was destroyed, and its source with it."""

    code = "store.key-destroyed"


class KeyExistsError(ConflictError):
    """The product has a key already."""

    code = "store.key-exists"


class WrongMasterKeyError(RefusedError):
    """The master key, or the passphrase, is not the one this product's key was wrapped with."""

    code = "store.master-key-wrong"


class UnsafeMasterKeyError(RefusedError):
    """The master key's file could be read or changed by somebody else."""

    code = "store.master-key-unsafe"


class MasterKeyError(InvalidError):
    """There is no master key at this place, or what lies there is none."""

    code = "store.master-key"


class BrokenSealError(ConflictError):
    """A sealed value was changed, cut, moved to another place, or belongs to another key."""

    code = "store.seal-broken"


class DamagedError(ConflictError):
    """Something in the store is not what was written; the message names product, pack and block."""

    code = "store.damaged"


class DiskFullError(ConflictError):
    """The disk of the store is full; what was being made is gone, what was there before is whole."""

    code = "store.disk-full"


class BusyError(ConflictError):
    """Another intake of the same product is under way."""

    code = "store.busy"


class AbandonedError(ConflictError):
    """The intake has ended; nothing more can be added to it."""

    code = "store.intake-ended"


class ClashError(InvalidError):
    """A source gave one path twice, or a path that is both file and folder."""

    code = "store.path-clash"


class WrongSizeError(InvalidError):
    """A member's content is longer or shorter than it was said to be."""

    code = "store.wrong-size"


class WrongGitIdError(InvalidError):
    """A git object's content does not have the id under which the repository files it."""

    code = "store.wrong-git-id"


class ReleaseNotFoundError(NotFoundError):
    """The product has no release with this root."""

    code = "store.release-not-found"


class EntryNotFoundError(NotFoundError):
    """The release holds nothing at this path."""

    code = "store.entry-not-found"


class LinesNotFoundError(NotFoundError):
    """The file ends before these lines."""

    code = "store.lines-not-found"
