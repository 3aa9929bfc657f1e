# SPDX-License-Identifier: Apache-2.0
"""Verbs of engagements."""

from glasshouse.domain.engagements.commands.closing import close_engagement
from glasshouse.domain.engagements.commands.exporting import decide_export, withdraw_export
from glasshouse.domain.engagements.commands.locking import hold
from glasshouse.domain.engagements.commands.opening import (
    carry_out_amendment,
    carry_out_opening,
    drop_opening,
    propose_amendment,
    propose_opening,
)
from glasshouse.domain.engagements.commands.requests import refuse, request_engagement, vet, withdraw_request
from glasshouse.domain.engagements.commands.terms import prepare_signature, publish_terms, renew_terms, sign_terms

__all__ = [
    "carry_out_amendment",
    "carry_out_opening",
    "close_engagement",
    "decide_export",
    "drop_opening",
    "hold",
    "prepare_signature",
    "propose_amendment",
    "propose_opening",
    "publish_terms",
    "refuse",
    "renew_terms",
    "request_engagement",
    "sign_terms",
    "vet",
    "withdraw_export",
    "withdraw_request",
]
