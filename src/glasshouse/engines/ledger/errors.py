# SPDX-License-Identifier: Apache-2.0
"""The ways the ledger says no."""

from glasshouse.kernel.errors import ConflictError, InvalidError, NotFoundError


class MalformedError(InvalidError):
    """Text or bytes that are not the format they claim to be."""

    code = "ledger.malformed"


class ProofError(InvalidError):
    """A Merkle proof that does not prove what it claims."""

    code = "ledger.proof-refused"


class SignatureError(InvalidError):
    """A signature of a known key that does not verify, or none of a known key."""

    code = "ledger.signature-refused"


class QuorumError(InvalidError):
    """Fewer witnesses cosigned than the policy asks for."""

    code = "ledger.quorum-missing"


class DamagedError(InvalidError):
    """A file of the log is absent or does not hold what it must."""

    code = "ledger.damaged"


class OutOfRangeError(NotFoundError):
    """An index or a size that the log has not reached."""

    code = "ledger.out-of-range"


class LogBusyError(ConflictError):
    """Another process is the sequencer of this log."""

    code = "ledger.busy"


class AppendConflictError(ConflictError):
    """Entries asked for at a place where the log holds others, or has not yet arrived."""

    code = "ledger.append-conflict"


class ForkError(ConflictError):
    """A tree that does not extend the last one that was signed."""

    code = "ledger.fork"


class StaleRequestError(ConflictError):
    """A request that starts from another size than the last signed one; `size` says which to start from."""

    code = "ledger.stale"

    def __init__(self, message: str, *, size: int, hint: str = "") -> None:
        """Keep the size that the next request must start from."""
        super().__init__(message, hint=hint)
        self.size = size


class StateError(NotFoundError):
    """A signer without its state signs nothing: an empty state is founded once, on purpose."""

    code = "ledger.state-missing"


class StorageError(ConflictError):
    """The disk took no more; nothing was acknowledged, and the same entries can be appended again."""

    code = "ledger.storage"


class WitnessRefusedError(ConflictError):
    """A witness answered with something other than its cosignature."""

    code = "ledger.witness-refused"


class SignerSilentError(ConflictError):
    """The signer's process cannot be reached."""

    code = "ledger.signer-silent"
