# SPDX-License-Identifier: Apache-2.0
"""Verbs of the reading room."""

from glasshouse.domain.approvals.values import Verdict
from glasshouse.domain.readingroom.commands.decisions import (
    decide,
    propose_erasure,
    propose_grant,
    propose_shredding,
    revoke_grant,
)
from glasshouse.domain.readingroom.commands.exact import BY_NAME
from glasshouse.domain.readingroom.commands.receipts import make_receipt
from glasshouse.domain.readingroom.commands.saved import (
    RERUN,
    ask_for_missing_runs,
    end_search,
    open_new_lines,
    rename_search,
    run_saved_searches,
    save_search,
)
from glasshouse.domain.readingroom.commands.search import search, search_tally, structural_search
from glasshouse.domain.readingroom.commands.symbols import (
    enter,
    find_definitions,
    find_references,
    open_definitions,
    open_function_changes,
    open_history,
    open_outline,
    open_references,
)
from glasshouse.domain.readingroom.commands.views import (
    open_changes,
    open_difference,
    open_facts,
    open_file,
    open_folder,
    open_left_out,
)
from glasshouse.domain.readingroom.commands.visits import begin_visit, close_visit, prepare_close

__all__ = [
    "BY_NAME",
    "RERUN",
    "Verdict",
    "ask_for_missing_runs",
    "begin_visit",
    "close_visit",
    "decide",
    "end_search",
    "enter",
    "find_definitions",
    "find_references",
    "make_receipt",
    "open_changes",
    "open_definitions",
    "open_difference",
    "open_facts",
    "open_file",
    "open_folder",
    "open_function_changes",
    "open_history",
    "open_left_out",
    "open_new_lines",
    "open_outline",
    "open_references",
    "prepare_close",
    "propose_erasure",
    "propose_grant",
    "propose_shredding",
    "rename_search",
    "revoke_grant",
    "run_saved_searches",
    "save_search",
    "search",
    "search_tally",
    "structural_search",
]
