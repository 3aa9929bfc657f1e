# SPDX-License-Identifier: Apache-2.0
"""Decisions of the reading room as pure functions."""

import hashlib


def close_challenge(statement: bytes) -> bytes:
    """Return what the passkey is asked to sign for a statement."""
    return hashlib.sha256(b"glasshouse/visit-close/v1\n" + statement).digest()
