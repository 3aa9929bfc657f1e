# SPDX-License-Identifier: Apache-2.0
"""Verbs of the journal."""

from glasshouse.domain.journal.commands.erasing import erase
from glasshouse.domain.journal.commands.publishing import keep_checkpoint
from glasshouse.domain.journal.commands.recording import check_may_show, record, start_chain, transaction
from glasshouse.domain.journal.commands.sequencing import integrate, keep_head, sequence, sign_head, tidy

__all__ = [
    "check_may_show",
    "erase",
    "integrate",
    "keep_checkpoint",
    "keep_head",
    "record",
    "sequence",
    "sign_head",
    "start_chain",
    "tidy",
    "transaction",
]
