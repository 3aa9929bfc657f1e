# SPDX-License-Identifier: Apache-2.0
"""Verbs of admissions."""

from glasshouse.domain.admissions.commands.deciding import admit, refuse
from glasshouse.domain.admissions.commands.ending import end_over, withdraw
from glasshouse.domain.admissions.commands.handing import hand_in
from glasshouse.domain.admissions.commands.trying import TRY, attempt, try_again

__all__ = ["TRY", "admit", "attempt", "end_over", "hand_in", "refuse", "try_again", "withdraw"]
